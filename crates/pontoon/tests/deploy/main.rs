//! The deployment artefacts (`deploy/`): proxies really run in front of the binary, the rest is held against what the binary takes.

mod artefacts;
mod book;
mod commands;
mod front;
mod proxies;
#[path = "../running/mod.rs"]
#[expect(dead_code, reason = "other tests use the rest")]
mod running;
mod scratch;
mod wire;
