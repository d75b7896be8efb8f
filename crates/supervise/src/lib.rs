//! Child processes: spawn, group, drain, stop. Knows bytes and exit codes, not MCP.
//!
//! A [`Process`] is one child together with everything it starts. It gets a scrubbed environment
//! ([`Environment`], [`Inherit`]), a session of its own, no descriptor beyond 0 to 2, and a secret mark
//! in its environment by which descendants are found that left the session. Its standard error is read
//! all the time, so that a chatty child never blocks. [`Process::stop`] is the only way out: it closes
//! standard input, then sends SIGTERM, then SIGKILL, and returns when nothing of the tree is left.
//!
//! [`Backoff`] and [`Circuit`] decide when to start again; they are pure, time and chance are parameters.

#[cfg(not(target_os = "linux"))]
compile_error!("children are supervised by means of Linux: pidfd, prctl and /proc");

mod backoff;
mod circuit;
mod descriptors;
mod environment;
mod error;
mod escape;
mod keeper;
mod launch;
mod leader;
mod mark;
mod process;
mod procfs;
mod redact;
mod spec;
mod stderr;
mod stop;
mod subreaper;
mod sweep;
mod tail;
mod throttle;

pub use backoff::{Backoff, BackoffSettings};
pub use circuit::{Circuit, CircuitSettings, Verdict};
pub use descriptors::raise_descriptor_limit;
pub use environment::{Environment, Inherit};
pub use error::SpawnError;
pub use escape::escape_sequence_len;
pub use mark::{ChildToken, MARK_VARIABLE};
pub use process::Process;
pub use spec::CommandSpec;
pub use stderr::StderrTail;
pub use stop::{Grace, Stage, Stopped};
pub use subreaper::become_subreaper;
pub use throttle::{Admission, Throttle};
