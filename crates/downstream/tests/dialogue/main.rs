//! Dialogues between clients of every revision and a scripted backend, in memory and in virtual time.
#![expect(
    clippy::unwrap_used,
    reason = "helpers of tests fail by panicking, as tests do"
)]

mod article;
mod batch;
mod errors;
mod events;
mod http_sse;
mod legacy;
mod lifecycle;
mod modern;
mod refusals;
mod resume;
mod stdio;
#[path = "../support/mod.rs"]
mod support;
mod trace;
mod wire;
