//! Real processes and real service loops.

mod common;
mod ends;
mod in_process;
mod lines;
mod pool;
mod script;
mod traffic;
