//! A server behind a URL.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use super::Context;
use super::command::{DEFAULT_IDLE_TIMEOUT, LeaseKind, lease_kind};
use super::keys::{FOR_BUILTINS, ONLY_FOR_COMMANDS};
use super::texts::{self, Names};
use crate::fault::Faults;
use crate::section::Section;
use crate::section::limits::Limits;
use crate::value::{duration, plain, url};

/// A server behind a URL.
///
/// `Debug` shows no value of a header and no path or query: they may be secrets.
#[derive(Clone, PartialEq, Eq)]
pub struct Remote {
    /// Its address, with `${NAME}` already replaced.
    pub url: String,
    /// What it speaks.
    pub transport: Transport,
    /// Sent with every request, with `${NAME}` already replaced.
    pub headers: BTreeMap<String, String>,
    /// Certificates in PEM form that are trusted besides the system's.
    pub ca_file: Option<PathBuf>,
    /// Who shares a session of the server's.
    pub lease: LeaseKind,
    /// A session for clients without sessions ends when it was not used for so long.
    pub idle_timeout: Duration,
    /// Time the server has to answer `initialize`.
    pub start_timeout: Duration,
    /// Time the server has to answer the DELETE at the end of a session.
    pub stop_timeout: Duration,
}

/// What a remote server speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    /// Streamable HTTP or, if it refuses that, HTTP+SSE.
    Auto,
    /// Streamable HTTP (2025-03-26 to 2025-11-25).
    Streamable,
    /// HTTP+SSE (2024-11-05).
    Sse,
}

/// The last three are what clients write into their own files.
const TRANSPORTS: &[(&str, Transport)] = &[
    ("auto", Transport::Auto),
    ("streamable", Transport::Streamable),
    ("sse", Transport::Sse),
    ("http", Transport::Streamable),
    ("streamable-http", Transport::Streamable),
    ("streamableHttp", Transport::Streamable),
];

/// What is wrong with an address or a header that does not come from a file. Never carries what was given.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RemoteError {
    /// No address.
    #[error("the address must be http:// or https:// with a host, and without user and fragment")]
    Url,
    /// A header that cannot be set.
    #[error("the header `{0}` cannot be set: the transport sets it itself, or the name is none")]
    Header(String),
}

impl Remote {
    /// The server at `url`, with the defaults of `limits` and a session for each session of a client.
    ///
    /// # Errors
    ///
    /// `url` is no http or https address.
    pub fn new(url: &str, limits: &Limits) -> Result<Self, RemoteError> {
        Ok(Self {
            url: url::endpoint(url).map_err(|_| RemoteError::Url)?,
            transport: Transport::Auto,
            headers: BTreeMap::new(),
            ca_file: None,
            lease: LeaseKind::Session,
            idle_timeout: DEFAULT_IDLE_TIMEOUT,
            start_timeout: limits.start_timeout,
            stop_timeout: limits.stop_timeout,
        })
    }

    /// Sends a header with every request.
    ///
    /// # Errors
    ///
    /// The transport sets `name` itself, or it is no name of a header.
    pub fn set_header(&mut self, name: &str, value: String) -> Result<(), RemoteError> {
        if !is_header_name(name) {
            return Err(RemoteError::Header(name.to_owned()));
        }
        self.headers.insert(name.to_owned(), value);
        Ok(())
    }

    /// Scheme, host and port: what may be shown of the address.
    pub fn origin(&self) -> &str {
        let host_at = self.url.find("://").map_or(0, |at| at + 3);
        let end = self.url[host_at..].find(['/', '?']);
        &self.url[..end.map_or(self.url.len(), |at| host_at + at)]
    }
}

impl fmt::Debug for Remote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Remote")
            .field("origin", &self.origin())
            .field("transport", &self.transport)
            .field("headers", &self.headers.keys())
            .field("ca_file", &self.ca_file)
            .field("lease", &self.lease)
            .finish_non_exhaustive()
    }
}

const HEADERS: Names = Names {
    allows: is_header_name,
    why: "is no header that can be set",
    allowed: "letters, digits and -; not what the transport sets itself, such as Host, Accept or Mcp-Session-Id",
};

/// Headers that the transport sets itself, or that would change whom it speaks to.
const OWN_HEADERS: [&str; 11] = [
    "accept",
    "connection",
    "content-length",
    "content-type",
    "expect",
    "host",
    "last-event-id",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

fn is_header_name(name: &str) -> bool {
    let is_token = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    let lower = name.to_ascii_lowercase();
    !name.is_empty()
        && name.bytes().all(is_token)
        && !OWN_HEADERS.contains(&lower.as_str())
        && !lower.starts_with("mcp-")
}

pub(super) fn read(section: &Section<'_>, context: &Context<'_>, faults: &mut Faults) -> Option<Remote> {
    section.refuse_present(
        ONLY_FOR_COMMANDS,
        "belongs to a `command`, and this server has a `url`",
        faults,
    );
    section.refuse_present(
        FOR_BUILTINS,
        "belongs to a built-in server, and this one has a `url`",
        faults,
    );
    let limits = context.limits;
    let key_span = section.key_span("url").unwrap_or_default();
    let url = section.read("url", faults, |node| {
        let address = texts::argument(node, context.environment).and_then(|text| url::endpoint(&text));
        // Points at the name: the value may hold secrets.
        address.map_err(|refused| refused.at(key_span))
    });
    let transport = section
        .read("transport", faults, |node| plain::choice(node, TRANSPORTS))
        .unwrap_or(Transport::Auto);
    let headers = match section.get("headers") {
        Some(_) => texts::read(section, "headers", &HEADERS, context.environment, faults),
        None => BTreeMap::new(),
    };
    let ca_file = section
        .read("ca_file", faults, plain::text)
        .map(|file| context.directory.join(file));
    let lease = lease_kind(section, faults);
    if lease == LeaseKind::Shared {
        let why = "needs `lease = \"session\"`: a shared session stays";
        section.refuse_present(&["idle_timeout"], why, faults);
    }
    let mut time = |key, default| section.read(key, faults, duration::parse).unwrap_or(default);
    let idle_timeout = time("idle_timeout", DEFAULT_IDLE_TIMEOUT);
    let start_timeout = time("start_timeout", limits.start_timeout);
    let stop_timeout = time("stop_timeout", limits.stop_timeout);
    Some(Remote {
        url: url?,
        transport,
        headers,
        ca_file,
        lease,
        idle_timeout,
        start_timeout,
        stop_timeout,
    })
}
