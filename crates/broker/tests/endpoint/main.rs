//! An endpoint between sessions and servers in memory, on a paused clock.
#![expect(
    clippy::unwrap_used,
    reason = "helpers of tests fail by panicking, as tests do"
)]

mod asking;
mod drain;
mod eras;
mod loss;
mod sessions;
mod starting;
mod stateless;
mod storm;
mod support;
mod warm;
