//! Why a request got no answer although the connection lives on.

use thiserror::Error;

/// Why one request got no answer. Its `Display` is for the operator's log; it names no path, header or body.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
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

    /// From sending or reading. The text is the cause's: "error sending request" helps nobody.
    /// The outermost names the URL, which may hold secrets.
    pub(crate) fn of(error: &reqwest::Error) -> Self {
        let mut cause = std::error::Error::source(error);
        while let Some(deeper) = cause.and_then(std::error::Error::source) {
            cause = Some(deeper);
        }
        let text = match cause {
            _ if error.is_timeout() => "it took too long".to_owned(),
            Some(cause) => cause.to_string(),
            None => "HTTP failed".to_owned(),
        };
        if error.is_connect() {
            Self::Unreachable(text)
        } else {
            Self::Broken(text)
        }
    }
}
