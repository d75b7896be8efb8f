//! What `initialize` settled.

use std::sync::OnceLock;

use hyper::header::{HeaderMap, HeaderValue};
use pontoon_jsonrpc::{Message, Outcome};
use pontoon_mcp::LegacyRevision;

use crate::http::place::Place;

/// The session, once the server has answered `initialize`.
#[derive(Debug, Default)]
pub(crate) struct Established {
    session: OnceLock<Session>,
    /// HTTP+SSE: where messages go.
    endpoint: OnceLock<Place>,
}

#[derive(Debug)]
pub(crate) struct Session {
    /// Servers without sessions give none.
    pub(crate) id: Option<HeaderValue>,
    pub(crate) revision: &'static str,
    /// What every POST of the session says.
    pub(crate) post_head: HeaderMap,
}

impl Established {
    pub(crate) fn get(&self) -> Option<&Session> {
        self.session.get()
    }

    /// Where messages go, if it is not the address itself.
    pub(crate) fn endpoint(&self) -> Option<&Place> {
        self.endpoint.get()
    }

    /// Whether the server keeps anything that later messages refer to.
    pub(crate) fn is_open(&self) -> bool {
        self.session.get().is_some() || self.endpoint.get().is_some()
    }

    /// The stream of HTTP+SSE said where messages go.
    pub(crate) fn learn_endpoint(&self, endpoint: Place) {
        let _ = self.endpoint.set(endpoint);
    }

    pub(crate) fn learn(&self, session: Session) {
        let _ = self.session.set(session);
    }
}

/// The revision that an answer to `initialize` settles; `None` for an error.
pub(crate) fn settled(answer: &Message) -> Option<LegacyRevision> {
    let Message::Response(response) = answer else {
        return None;
    };
    let Outcome::Result(result) = &response.outcome else {
        return None;
    };
    let revision = result
        .object()
        .and_then(|result| LegacyRevision::parse(&result.get_str("protocolVersion")?));
    // What the server settles on and we do not know is refused above.
    Some(revision.unwrap_or(LegacyRevision::NEWEST))
}
