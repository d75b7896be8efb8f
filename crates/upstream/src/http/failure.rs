//! Why a request got no answer although the connection lives on.

use std::error::Error;

/// Why one request got no answer. Its `Display` is for the operator's log; it names no path, header or body.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// Nobody answers at the address, or TLS failed: nothing was sent.
    #[error("the server cannot be reached: {0}")]
    Unreachable(String),
    /// The connection broke before the answer was complete.
    #[error("the connection broke before the answer was complete: {0}")]
    Broken(String),
    /// The server wants credentials that it was not given, or refuses those it was given.
    #[error("the server refused our credentials ({0})")]
    Unauthorized(u16),
    /// The server is overloaded or down for a while.
    #[error("the server is busy ({0})")]
    Busy(u16),
    /// Another status that is no answer.
    #[error("the server answered with HTTP status {0}")]
    Status(u16),
    /// An answer that is no MCP.
    #[error("the server's answer is not MCP: {0}")]
    Protocol(&'static str),
    /// An answer over the limit.
    #[error("a message of the server is larger than {0} bytes")]
    TooLarge(usize),
}

impl Failure {
    /// A stable token for metrics and for `data.reason` of errors.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::Unreachable(_) => "upstream_unreachable",
            Self::Broken(_) => "upstream_broken",
            Self::Unauthorized(_) => "upstream_auth",
            Self::Busy(_) => "upstream_busy",
            Self::Status(_) | Self::Protocol(_) => "upstream_protocol",
            Self::TooLarge(_) => "upstream_too_large",
        }
    }

    /// Whether the server may have acted on the request.
    pub fn may_have_been_processed(&self) -> bool {
        match self {
            // RFC 9110, 15.5 and 15.6.4: a client error or 503 is a refusal.
            Self::Unreachable(_) | Self::Unauthorized(_) | Self::Busy(_) => false,
            Self::Status(status) => !(400..500).contains(status),
            Self::Broken(_) | Self::Protocol(_) | Self::TooLarge(_) => true,
        }
    }

    /// Nothing was sent, because of this.
    pub(crate) fn unreachable(error: &(dyn Error + 'static)) -> Self {
        Self::Unreachable(cause(error))
    }

    /// Something may have been sent before this.
    pub(crate) fn broken(error: &(dyn Error + 'static)) -> Self {
        Self::Broken(cause(error))
    }
}

/// The deepest cause: "error sending request" helps nobody.
fn cause(error: &(dyn Error + 'static)) -> String {
    let mut cause = error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    cause.to_string()
}
