//! Real processes.

mod common;
mod parent_death;
mod spawn;
mod stop;
