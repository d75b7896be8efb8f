//! The whole gateway in memory, on virtual time, with chance on both sides.
//!
//! A seed makes a world: two houses with scripted servers, clients of all eras with a plan of random steps,
//! and faults. Everything between them is the real thing: HTTP over pipes in memory, `downstream`, `broker`,
//! `translate`, `session`. What clients and servers see is written down, and when all is over the history is
//! held against the rules in [`check`]. The same seed makes the same history, to the byte.
//!
//! `cargo test -p pontoon-history` tries hundreds of seeds; `cargo run -p pontoon-history -- --seed N` replays
//! one and prints its history.

pub mod books;
pub mod check;
pub mod circumstances;
pub mod client;
pub mod dice;
pub mod mark;
pub mod memory;
mod panics;
pub mod rounds;
pub mod run;
pub mod server;
pub mod world;

pub use run::{Outcome, run, shrink};
pub use world::Limit;
