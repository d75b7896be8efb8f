//! The one place where the era of a message is decided.

use http::{HeaderMap, HeaderName};
use pontoon_jsonrpc::{Message, Raw};
use pontoon_mcp::{LegacyRevision, Revision, header, meta};

use crate::status::Fault;

const VERSION: HeaderName = HeaderName::from_static(header::PROTOCOL_VERSION);
const SESSION: HeaderName = HeaderName::from_static(header::SESSION_ID);

/// Which rules a message on the Streamable HTTP endpoint, or on a pipe, follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Era {
    /// 2026-07-28 on.
    Modern,
    /// 2025-03-26 to 2025-11-25, and the revision that the header names.
    Legacy(Option<LegacyRevision>),
}

impl Era {
    /// Decides for one message: modern is what says so in its header or in its
    /// `_meta`, or contradicts itself there.
    ///
    /// # Errors
    ///
    /// [`Fault::Version`] for a header that names no revision of either era.
    pub(crate) fn of_message(headers: &HeaderMap, message: &Message) -> Result<Self, Fault> {
        Self::decide(headers, params_of(message))
    }

    /// Decides for one message on a pipe, which has no headers: modern is what
    /// says so in its `_meta`. Both eras may speak on one pipe.
    ///
    /// Source: 2026-07-28, stdio, "Request Metadata".
    pub(crate) fn on_pipe(message: &Message) -> Self {
        match meta::named_revision(params_of(message)) {
            Some(_) => Self::Modern,
            None => Self::Legacy(None),
        }
    }

    /// Decides for a request without a single message: GET, DELETE, a batch.
    ///
    /// # Errors
    ///
    /// As [`Era::of_message`].
    pub(crate) fn of_headers(headers: &HeaderMap) -> Result<Self, Fault> {
        Self::decide(headers, None)
    }

    fn decide(headers: &HeaderMap, params: Option<&Raw>) -> Result<Self, Fault> {
        let named = || meta::named_revision(params).is_some();
        match Version::read(headers) {
            Version::Modern | Version::Unreadable => Ok(Self::Modern),
            // A legacy session has its era already: no need to look into the body.
            Version::Legacy(revision) if headers.contains_key(SESSION) => Ok(Self::Legacy(Some(revision))),
            _ if named() => Ok(Self::Modern),
            Version::Legacy(revision) => Ok(Self::Legacy(Some(revision))),
            Version::Absent => Ok(Self::Legacy(None)),
            Version::Unknown(text) => Err(Fault::Version(text.to_owned())),
        }
    }
}

fn params_of(message: &Message) -> Option<&Raw> {
    match message {
        Message::Request(request) => request.params.as_ref(),
        Message::Notification(notification) => notification.params.as_ref(),
        Message::Response(_) => None,
    }
}

/// What `MCP-Protocol-Version` says.
enum Version<'h> {
    Absent,
    Legacy(LegacyRevision),
    Modern,
    /// Text that is no revision we serve.
    Unknown(&'h str),
    /// Repeated, or not even text: the modern rules have the right error.
    Unreadable,
}

impl<'h> Version<'h> {
    fn read(headers: &'h HeaderMap) -> Self {
        let mut values = headers.get_all(VERSION).iter();
        let Some(value) = values.next() else {
            return Self::Absent;
        };
        let (Ok(text), None) = (value.to_str(), values.next()) else {
            return Self::Unreadable;
        };
        let text = text.trim_matches([' ', '\t']);
        match Revision::parse(text) {
            Some(Revision::Legacy(revision)) => Self::Legacy(revision),
            Some(Revision::Modern(_)) => Self::Modern,
            None => Self::Unknown(text),
        }
    }
}
