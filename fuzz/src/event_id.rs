//! Event ids, as clients bring them back in `Last-Event-ID`; and session ids.

use pontoon_session::{EventId, SessionId};

pub(crate) fn target(data: &[u8]) {
    if let Ok(text) = std::str::from_utf8(data)
        && let Some(id) = EventId::parse(text)
    {
        assert_eq!(id.to_string(), text, "an id has one spelling");
    }
    if let Ok(id) = SessionId::parse(data) {
        assert_eq!(id.to_text().as_bytes(), data, "an id has one spelling");
    }
}
