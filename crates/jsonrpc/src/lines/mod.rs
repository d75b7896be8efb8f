//! Messages on a byte pipe: one JSON text on each line (MCP, "stdio", the same in every revision).
//!
//! Both sides of a pipe read it: what a server prints and what a client says. A [`Framer`] cuts bytes into lines
//! within a bound; of a line beyond it the [`Edges`] are kept, which may tell whose message it was. What is on a
//! line is for the reader to judge.

mod edges;
mod framer;
mod line;

pub use edges::Edges;
pub use framer::{Frame, Framer};
pub use line::one_line;
