//! Event ids: which stream of a session, and how far into it.

use std::fmt;

/// One stream of a session, counted from 0 in the order they were opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct StreamId(pub u32);

/// The `id` of an event: `stream-sequence`, both decimal.
///
/// Ids are looked up inside the session that presents them and nowhere else,
/// so they need be neither secret nor signed. They name their stream, as
/// 2025-11-25, Transports, "Resumability and Redelivery" asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EventId {
    /// The stream.
    pub stream: StreamId,
    /// Sequence number of the event; 0 is the priming event, messages follow.
    pub sequence: u64,
}

impl EventId {
    /// Reads `stream-sequence`; `None` for text that no session of ours wrote.
    pub fn parse(text: &str) -> Option<Self> {
        let (stream, sequence) = text.split_once('-')?;
        Some(Self {
            stream: StreamId(decimal(stream)?.try_into().ok()?),
            sequence: decimal(sequence)?,
        })
    }
}

/// Digits as [`fmt::Display`] writes them: no sign, no leading zero.
fn decimal(text: &str) -> Option<u64> {
    let canonical = text == "0" || !text.starts_with('0');
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if canonical && digits {
        text.parse().ok()
    } else {
        None
    }
}

impl fmt::Display for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.stream.0, self.sequence)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn event_ids_read_back() {
        let id = EventId {
            stream: StreamId(7),
            sequence: 41,
        };
        assert_eq!(EventId::parse(&id.to_string()), Some(id));
    }

    #[test]
    fn anything_else_is_refused() {
        for text in [
            "",
            "-",
            "7",
            "7-",
            "-4",
            "+7-4",
            "07-4",
            "7-04",
            "7-4-1",
            "x-y",
            "99999999999-1",
        ] {
            assert_eq!(EventId::parse(text), None, "{text}");
        }
    }
}
