//! What `initialize` settled.

use std::sync::OnceLock;

use pontoon_jsonrpc::{Message, Outcome};
use pontoon_mcp::LegacyRevision;
use reqwest::Url;
use reqwest::header::HeaderValue;

/// The session, once the server has answered `initialize`.
#[derive(Debug, Default)]
pub(crate) struct Established {
    session: OnceLock<Session>,
    /// HTTP+SSE: where messages go.
    endpoint: OnceLock<Url>,
}

#[derive(Debug)]
pub(crate) struct Session {
    /// Servers without sessions give none.
    pub(crate) id: Option<HeaderValue>,
    pub(crate) revision: LegacyRevision,
}

impl Established {
    pub(crate) fn get(&self) -> Option<&Session> {
        self.session.get()
    }

    /// Where messages go, if it is not the address itself.
    pub(crate) fn endpoint(&self) -> Option<&Url> {
        self.endpoint.get()
    }

    /// The stream of HTTP+SSE said where messages go.
    pub(crate) fn learn_endpoint(&self, endpoint: Url) {
        let _ = self.endpoint.set(endpoint);
    }

    /// Learns from the answer to `initialize`; `id` is its session header.
    pub(crate) fn learn(&self, id: Option<HeaderValue>, answer: &Message) {
        let Message::Response(response) = answer else {
            return;
        };
        let Outcome::Result(result) = &response.outcome else {
            return;
        };
        let revision = result
            .object()
            .and_then(|result| LegacyRevision::parse(&result.get_str("protocolVersion")?));
        // What the server settles on and we do not know is refused above.
        let revision = revision.unwrap_or(LegacyRevision::NEWEST);
        let _ = self.session.set(Session { id, revision });
    }
}
