//! Why a connection ended.

use std::fmt;
use std::process::ExitStatus;

/// Why a connection ended. Its `Display` is fit for clients; the end of the server's standard error is for
/// administrators only, since programs print secrets there.
#[derive(Clone, Debug)]
pub enum Closed {
    /// [`Connection::close`](crate::Connection::close) was called.
    Requested,
    /// Every handle was dropped without `close`.
    Abandoned,
    /// The process ended by itself.
    Exited {
        /// How.
        status: ExitStatus,
        /// The last lines it printed on standard error.
        stderr_tail: String,
    },
    /// The process closed its standard output but lived on. It was stopped.
    StdoutClosed {
        /// The last lines it printed on standard error.
        stderr_tail: String,
    },
    /// The process closed its standard input but lived on. It was stopped.
    StdinClosed {
        /// The last lines it printed on standard error.
        stderr_tail: String,
    },
    /// The process took nothing off its standard input for the whole write deadline. It was stopped.
    Stuck {
        /// The last lines it printed on standard error.
        stderr_tail: String,
    },
    /// A remote server does not know its session any more.
    SessionLost,
    /// A server in our own process panicked or ended its service. The text says what happened.
    Handler(String),
}

impl Closed {
    /// A stable token for metrics and for `data.reason` of errors.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::Requested => "upstream_closed",
            Self::Abandoned => "upstream_abandoned",
            Self::Exited { .. } => "upstream_exited",
            Self::StdoutClosed { .. } | Self::StdinClosed { .. } => "upstream_hung_up",
            Self::Stuck { .. } => "upstream_stuck",
            Self::SessionLost => "upstream_session_lost",
            Self::Handler(_) => "upstream_failed",
        }
    }

    /// The end of standard error, for administrators.
    pub fn stderr_tail(&self) -> Option<&str> {
        match self {
            Self::Exited { stderr_tail, .. }
            | Self::StdoutClosed { stderr_tail }
            | Self::StdinClosed { stderr_tail }
            | Self::Stuck { stderr_tail } => Some(stderr_tail),
            Self::Requested | Self::Abandoned | Self::SessionLost | Self::Handler(_) => None,
        }
    }
}

impl fmt::Display for Closed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Requested | Self::Abandoned => f.write_str("the server was stopped"),
            Self::Exited { status, .. } => write!(f, "the server process ended ({status})"),
            Self::StdoutClosed { .. } => f.write_str("the server process closed its output"),
            Self::StdinClosed { .. } => f.write_str("the server process closed its input"),
            Self::Stuck { .. } => f.write_str("the server process no longer reads its input"),
            Self::SessionLost => f.write_str("the server does not know its session any more"),
            Self::Handler(what) => write!(f, "the server failed: {what}"),
        }
    }
}
