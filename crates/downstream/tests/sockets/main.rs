//! Real sockets on the loopback interface.
#![expect(
    clippy::unwrap_used,
    reason = "helpers of tests fail by panicking, as tests do"
)]

mod events;
mod limits;
mod memory;
#[path = "../support/mod.rs"]
#[expect(dead_code, unused_imports, reason = "shared with the other test binary")]
mod support;
