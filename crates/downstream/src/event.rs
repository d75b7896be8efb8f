//! The events of MCP streams.

use std::time::Duration;

use bytes::BytesMut;
use pontoon_session::EventId;
use pontoon_sse::{Event, Field};

/// A comment: keeps the connection warm and means nothing to the client.
pub(crate) const COMMENT: &[u8] = b":\n\n";

/// The same for clients that were written to expect these words.
pub(crate) const PING_COMMENT: &[u8] = b": ping\n\n";

/// The same as an event that a page hears. Not for MCP streams.
pub(crate) const PING: &[u8] = b"event: ping\ndata: {}\n\n";

/// What a client of the hub hears last that was cut off. Not for MCP streams.
pub(crate) const TOO_SLOW: &[u8] =
    b"event: error\ndata: {\"reason\":\"too_slow\",\"message\":\"events were not read in time; come back with Last-Event-ID for the rest\"}\n\n";

/// What the event channel says first, for clients of HTTP+SSE that wait for it.
pub(crate) const CONNECT: &[u8] = b"event: connect\ndata: {\"connected\":true}\n\n";

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

/// One message as data alone: readers take it for a `message` event too.
pub(crate) fn nameless(out: &mut BytesMut, data: &[u8]) {
    Event {
        data: Some(data),
        ..Event::default()
    }
    .encode(out);
}

/// An id without data: the client knows where it is, and its page hears nothing.
pub(crate) fn position(out: &mut BytesMut, id: &str, retry: Option<Duration>) {
    Event {
        // What cannot be an id was not one of ours.
        id: Field::new(id).ok(),
        retry,
        ..Event::default()
    }
    .encode(out);
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
