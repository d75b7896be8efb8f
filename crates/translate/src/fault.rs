//! Failures of the gateway's own, as clients see them.

use std::fmt;

use pontoon_jsonrpc::{ErrorObject, Raw, code};

/// A failure that the gateway answers with, not the server.
///
/// It is told from the server's own errors by `data.source`, as 2026-07-28,
/// Overview, "Error Codes" asks of local errors.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// What happened.
    pub reason: Reason,
    /// Whether the server may have seen the request.
    pub sent: Sent,
}

/// Whether a request may have reached the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sent {
    /// It provably did not: asking again is safe.
    No,
    /// It may have been carried out, in whole or in part.
    Perhaps,
}

/// What happened, as a stable token and a sentence for people.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reason {
    /// The server could not be started.
    StartFailed,
    /// The server did not finish its handshake in time.
    StartTimeout,
    /// The server refused the handshake.
    HandshakeFailed,
    /// The server answered the handshake with nonsense.
    Protocol,
    /// The server went away while the request was in flight.
    Exited,
    /// A remote server cannot be reached.
    Unreachable,
    /// The connection to a remote server broke before it answered.
    Broken,
    /// A remote server refuses the credentials that the gateway has for it.
    Unauthorized,
    /// A remote server is overloaded or down for a while.
    Busy,
    /// A remote server's answer is larger than one may be.
    TooLarge,
    /// The server crashed too often and is left alone for a while.
    CircuitOpen,
    /// The server did not answer in time.
    Timeout,
    /// The server does not read what it is sent.
    Stuck,
    /// The client itself cancelled the request.
    Cancelled,
    /// As many processes of this server run as may.
    TooManyProcesses,
    /// As many calls of this client as may be are asked something, or may be.
    NoTurn,
    /// The session has as many requests in flight as it may.
    TooManyCalls,
    /// The gateway stops.
    ShuttingDown,
    /// The session's server is gone for good.
    SessionEnded,
    /// The gateway itself failed.
    Internal,
}

impl Reason {
    /// The token in `data.reason`.
    pub const fn token(self) -> &'static str {
        match self {
            Self::StartFailed => "upstream_start_failed",
            Self::StartTimeout => "upstream_start_timeout",
            Self::HandshakeFailed => "upstream_handshake_failed",
            Self::Protocol => "upstream_protocol",
            Self::Exited => "upstream_exited",
            Self::Unreachable => "upstream_unreachable",
            Self::Broken => "upstream_broken",
            Self::Unauthorized => "upstream_auth",
            Self::Busy => "upstream_busy",
            Self::TooLarge => "upstream_too_large",
            Self::CircuitOpen => "upstream_circuit_open",
            Self::Timeout => "upstream_timeout",
            Self::Stuck => "upstream_stuck",
            Self::Cancelled => "cancelled",
            Self::TooManyProcesses => "too_many_processes",
            Self::NoTurn => "no_turn",
            Self::TooManyCalls => "too_many_calls",
            Self::ShuttingDown => "shutting_down",
            Self::SessionEnded => "session_ended",
            Self::Internal => "internal",
        }
    }

    /// What it is called of a server that was never open: one that is gone before it could be greeted did not start,
    /// whoever hears of that first.
    pub(crate) const fn in_opening(self) -> Self {
        match self {
            Self::Exited => Self::StartFailed,
            other => other,
        }
    }

    /// What a person reads: what was wrong and what to do.
    const fn message(self) -> &'static str {
        match self {
            Self::StartFailed => {
                "The server could not be started; its operator finds the cause in the gateway's log"
            }
            Self::StartTimeout => {
                "The server did not get ready in time; try again, or have start_timeout raised"
            }
            Self::HandshakeFailed => {
                "The server refused the handshake; its operator finds the cause in the gateway's log"
            }
            Self::Protocol => {
                "The server's answer to initialize lacks a known protocolVersion or capabilities, or has members of a wrong type; its maker has to mend it"
            }
            Self::Exited => {
                "The server went away before it answered; it is started again for the next request"
            }
            Self::Unreachable => {
                "The server cannot be reached; try again later, its operator finds the cause in the gateway's log"
            }
            Self::Broken => "The connection to the server broke before it answered",
            Self::Unauthorized => "The gateway has no access to the server; its operator has to give it some",
            Self::Busy => "The server is busy; try again later",
            Self::TooLarge => "The server's answer is too large; ask for less at once",
            Self::CircuitOpen => {
                "The server crashed repeatedly and is left alone for a while; try again later"
            }
            Self::Timeout => "The server did not answer in time; the request was cancelled",
            Self::Stuck => "The server does not read its input; try again later",
            Self::Cancelled => "The request was cancelled by its client",
            Self::TooManyProcesses => "No further process of this server may be started; try again later",
            Self::NoTurn => {
                "Other calls of this account use all the servers that it may have, and took too long; try again when one is over, or have max_processes raised"
            }
            Self::TooManyCalls => "This session has too many requests in flight; wait for some of them",
            Self::ShuttingDown => "The gateway is shutting down; connect again in a moment",
            Self::SessionEnded => "The session has ended; initialize a new one",
            Self::Internal => "The gateway failed to handle the request",
        }
    }

    /// Whether the same request may succeed later.
    const fn retryable(self) -> bool {
        !matches!(
            self,
            Self::Cancelled | Self::SessionEnded | Self::HandshakeFailed | Self::Protocol
        )
    }
}

impl Fault {
    /// A fault before anything was sent.
    pub const fn before(reason: Reason) -> Self {
        Self {
            reason,
            sent: Sent::No,
        }
    }

    /// A fault after the request was sent.
    pub const fn after(reason: Reason) -> Self {
        Self {
            reason,
            sent: Sent::Perhaps,
        }
    }

    /// The error object that clients get.
    pub fn to_error(&self) -> ErrorObject {
        #[derive(serde::Serialize)]
        struct Data {
            source: &'static str,
            reason: &'static str,
            sent: bool,
            retryable: bool,
        }
        let data = Data {
            source: "gateway",
            reason: self.reason.token(),
            sent: self.sent == Sent::Perhaps,
            // What may have been carried out must not be repeated blindly.
            retryable: self.reason.retryable() && self.sent == Sent::No,
        };
        ErrorObject {
            code: code::INTERNAL_ERROR,
            message: self.reason.message().to_owned(),
            data: Some(Raw::encode(&data)),
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.reason.token())
    }
}
