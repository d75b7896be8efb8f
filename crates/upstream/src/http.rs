//! Servers behind a URL.
//!
//! Each message to the server is a POST of its own; what the server says comes in the answers, and on a GET stream where it
//! has one. With HTTP+SSE everything comes on that stream. One task owns all of it, so that a [`Listener`](crate::Listener) hears one thing after the other.
//! (MCP 2025-11-25 and 2026-07-28, basic/transports, "Streamable HTTP".)

mod answer;
mod bell;
mod client;
mod connect;
mod established;
mod events;
mod exchange;
mod failure;
mod handle;
mod idle;
mod line;
mod modern;
mod outgoing;
mod place;
mod remote;
mod source;
mod sse;
mod standalone;
mod task;
mod tools;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use hyper::header::{HeaderMap, HeaderName, HeaderValue};
use pontoon_mcp::header::PARAM_PREFIX;
use thiserror::Error;

pub use self::failure::Failure;
pub use self::source::{EventRequest, EventSource, Happening, Refusal, SourceError, SourceSettings};

use crate::connection::Idle;
use crate::connector::{BoxFuture, ConnectError, Connector};
use handle::IdleRemote;
use remote::Remote;

/// Which transport a remote server speaks. A request whose `_meta` names a revision stands by itself and is sent as
/// 2026-07-28 says, whatever else goes to the same server; only HTTP+SSE has no way for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HttpTransport {
    /// Streamable HTTP or, if the server refuses `initialize` in the way that 2025-11-25,
    /// "Backwards Compatibility", names, HTTP+SSE. What it speaks is remembered.
    Auto,
    /// Streamable HTTP (2025-03-26 to 2026-07-28).
    Streamable,
    /// HTTP+SSE (2024-11-05).
    Sse,
}

/// Limits of a connection to a remote server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HttpSettings {
    /// A longer message from the server fails its request, in bytes. Default 16 MiB.
    pub max_message: usize,
    /// Bytes waiting to be sent; one message may exceed it when nothing else waits. Default 8 MiB.
    pub max_queue: usize,
    /// How long a connection may take to come up. Default 10 s.
    pub connect_timeout: Duration,
    /// How long an answer that has begun may be silent. Default 5 minutes: what a call may take is decided above.
    /// A stream of what belongs to no answer may be silent for ever.
    pub read_timeout: Duration,
    /// How long the server has to take a DELETE at the end. Default 2 s.
    pub stop_timeout: Duration,
}

impl Default for HttpSettings {
    fn default() -> Self {
        Self {
            max_message: 16 << 20,
            max_queue: 8 << 20,
            connect_timeout: Duration::from_secs(10),
            read_timeout: Duration::from_secs(300),
            stop_timeout: Duration::from_secs(2),
        }
    }
}

/// Talks to a server behind a URL.
pub struct Http {
    name: Arc<str>,
    remote: Arc<Remote>,
    settings: HttpSettings,
}

/// Why a remote server cannot even be tried.
#[derive(Debug, Error)]
pub enum HttpError {
    /// No http or https address.
    #[error("the url is no http or https address")]
    Url,
    /// A header that HTTP does not allow. Its value may be a secret and is not told.
    #[error("the header {0:?} has a name or value that HTTP does not allow")]
    Header(String),
    /// A header that the transport sets itself.
    #[error("the header {0:?} is the transport's own; it cannot be set")]
    OwnHeader(String),
    /// A method that HTTP does not allow.
    #[error("this is no HTTP method")]
    Method,
    /// A certificate that is no PEM.
    #[error("the extra CA is no certificate in PEM form")]
    Certificate,
    /// TLS is not to be had.
    #[error("cannot prepare connections: {0}")]
    Client(String),
}

/// Where a remote server is and what it is told.
#[derive(Clone, Default)]
pub struct HttpTarget {
    /// The MCP endpoint.
    pub url: String,
    /// Sent with every request. Values may be secrets: they are never shown.
    pub headers: Vec<(String, String)>,
    /// Certificates in PEM form that are trusted besides the system's.
    pub extra_ca: Option<Vec<u8>>,
}

impl Http {
    /// `name` is the server's name in the log.
    ///
    /// # Errors
    /// What is wrong with the target.
    pub fn new(
        name: impl Into<Arc<str>>,
        target: &HttpTarget,
        transport: HttpTransport,
        settings: HttpSettings,
    ) -> Result<Self, HttpError> {
        let is_own = |name: &str| OWN_HEADERS.contains(&name) || name.starts_with(PARAM_PREFIX);
        let headers = headers(&target.headers, is_own)?;
        let remote = Remote::new(target, headers, transport, &settings)?;
        Ok(Self {
            name: name.into(),
            remote: Arc::new(remote),
            settings,
        })
    }
}

/// Headers that the transport sets, or that would change whom it speaks to.
const OWN_HEADERS: [&str; 11] = [
    "accept",
    "connection",
    "content-length",
    "content-type",
    "host",
    "last-event-id",
    "mcp-method",
    "mcp-name",
    "mcp-protocol-version",
    "mcp-session-id",
    "transfer-encoding",
];

fn headers(configured: &[(String, String)], is_own: impl Fn(&str) -> bool) -> Result<HeaderMap, HttpError> {
    let mut headers = HeaderMap::new();
    for (name, value) in configured {
        let invalid = || HttpError::Header(name.clone());
        let header = HeaderName::try_from(name.as_str()).map_err(|_| invalid())?;
        if is_own(header.as_str()) {
            return Err(HttpError::OwnHeader(name.clone()));
        }
        let mut value = HeaderValue::try_from(value.as_str()).map_err(|_| invalid())?;
        value.set_sensitive(true);
        headers.append(header, value);
    }
    Ok(headers)
}

impl Connector for Http {
    /// There is nothing to bring up: the first message is the first contact.
    fn connect(&self) -> BoxFuture<'_, Result<Idle, ConnectError>> {
        let idle = IdleRemote::new(Arc::clone(&self.name), Arc::clone(&self.remote), self.settings);
        Box::pin(std::future::ready(Ok(Idle::new(idle))))
    }

    /// Scheme, host and port: a path or query may be a secret.
    fn describe(&self) -> String {
        self.remote.origin()
    }
}

impl fmt::Debug for Http {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Http")
            .field("name", &self.name)
            .field("origin", &self.remote.origin())
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for HttpTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.headers.iter().map(|(name, _)| name).collect();
        f.debug_struct("HttpTarget")
            .field("headers", &names)
            .finish_non_exhaustive()
    }
}
