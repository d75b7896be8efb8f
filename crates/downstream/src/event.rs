//! The events of MCP streams.

use std::time::Duration;

use bytes::BytesMut;
use pontoon_session::EventId;
use pontoon_sse::{Event, Field};

/// A comment: keeps the connection warm and means nothing to the client.
pub(crate) const COMMENT: &[u8] = b":\n\n";

const MESSAGE: Field<'static> = Field::from_static("message");
const ENDPOINT: Field<'static> = Field::from_static("endpoint");

/// `event: message` with one JSON-RPC message.
pub(crate) fn message(out: &mut BytesMut, id: Option<EventId>, data: &[u8]) {
    let id = id.map(|id| id.to_string());
    let id = id.as_deref().map(field);
    Event {
        id,
        event: Some(MESSAGE),
        data: Some(data),
        ..Event::default()
    }
    .encode(out);
}

/// An event with an id and empty data, and how long to wait before coming back.
///
/// Source: 2025-11-25, Transports, "Sending Messages to the Server", 6.
pub(crate) fn priming(out: &mut BytesMut, id: EventId, wait: Duration) {
    let id = id.to_string();
    let event = Event {
        id: Some(field(&id)),
        retry: Some(wait),
        data: Some(b""),
        ..Event::default()
    };
    event.encode(out);
}

/// How long to wait before coming back; dispatches no event.
pub(crate) fn retry(out: &mut BytesMut, wait: Duration) {
    Event {
        retry: Some(wait),
        ..Event::default()
    }
    .encode(out);
}

/// `event: endpoint` of HTTP+SSE.
pub(crate) fn endpoint(out: &mut BytesMut, uri: &str) {
    Event {
        event: Some(ENDPOINT),
        data: Some(uri.as_bytes()),
        ..Event::default()
    }
    .encode(out);
}

fn field(id: &str) -> Field<'_> {
    Field::new(id).expect("event ids are digits and a hyphen")
}
