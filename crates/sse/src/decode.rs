//! Reading events.

use std::{borrow::Cow, sync::Arc, time::Duration};

use bytes::Bytes;
use memchr::memchr;
use thiserror::Error;

use crate::{data::Data, lines::Lines};

/// What a stream may cost its reader.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Most bytes held for one event: its data and name, and the line being read.
    pub max_event_len: usize,
    /// A longer delay before coming back is taken for this one.
    pub max_retry: Duration,
}

impl Default for Limits {
    /// 16 MiB, as large as a line that rmcp reads from a child process; one hour.
    fn default() -> Limits {
        Limits {
            max_event_len: 16 << 20,
            max_retry: Duration::from_secs(3600),
        }
    }
}

/// What a stream says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Item {
    /// An event, complete.
    Event(ReceivedEvent),
    /// A comment line, without its colon and one space.
    Comment(String),
    /// How long to wait before coming back, now also [`Decoder::retry`].
    Retry(Duration),
}

/// An event as it was received.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReceivedEvent {
    /// `message`, if the event has no name.
    pub name: Cow<'static, str>,
    /// The lines of its data, joined with LF. The bytes as they came: unlike a browser this does not replace
    /// what is not UTF-8, its reader must refuse it.
    pub data: Bytes,
    /// The last id the stream gave, with this event or before it; empty if it gave none.
    pub last_event_id: Arc<str>,
}

/// An event was larger than [`Limits::max_event_len`]. It is skipped; the decoder goes on with the next one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("an event of more than {max} bytes was skipped")]
pub struct EventTooLarge {
    /// The limit.
    pub max: usize,
}

/// Reads one stream, in chunks of any size.
///
/// At the end of the stream an event without the empty line that ends it is discarded, as the standard says:
/// there is nothing to call.
#[derive(Debug)]
pub struct Decoder {
    limits: Limits,
    lines: Lines,
    data: Data,
    name: Cow<'static, str>,
    /// The id of the event being read: it counts once the event is complete.
    id: Arc<str>,
    last_event_id: Arc<str>,
    retry: Option<Duration>,
    /// The event being read was too large.
    skipping: bool,
}

impl Default for Decoder {
    fn default() -> Decoder {
        Decoder::new(Limits::default())
    }
}

impl Decoder {
    /// At the start of a stream.
    pub fn new(limits: Limits) -> Decoder {
        let empty: Arc<str> = Arc::from("");
        Decoder {
            limits,
            lines: Lines::new(),
            data: Data::None,
            name: Cow::Borrowed(""),
            id: empty.clone(),
            last_event_id: empty,
            retry: None,
            skipping: false,
        }
    }

    /// At the start of the stream that continues this one: the unfinished event is forgotten, the last id and
    /// the delay are kept.
    #[must_use]
    pub fn reconnected(self) -> Decoder {
        let id = self.last_event_id.clone();
        Decoder {
            id,
            last_event_id: self.last_event_id,
            retry: self.retry,
            ..Decoder::new(self.limits)
        }
    }

    /// At the start of a stream that continues one read elsewhere, up to the event of this id.
    #[must_use]
    pub fn resuming(self, last_event_id: &str) -> Decoder {
        let id: Arc<str> = Arc::from(last_event_id);
        Decoder {
            last_event_id: id.clone(),
            id,
            ..self
        }
    }

    /// The next item, taking what it needs from the front of `chunk`. `None` when the chunk is used up.
    ///
    /// # Errors
    /// If an event exceeds the limit; call again for what follows it.
    pub fn decode(&mut self, chunk: &mut Bytes) -> Option<Result<Item, EventTooLarge>> {
        while let Some(line) = self.lines.next(chunk) {
            if self.skipping {
                self.skipping = !line.is_empty();
            } else if self.held() + line.len() > self.limits.max_event_len {
                let error = self.skip();
                if line.is_empty() {
                    // A name grows where it is no UTF-8: the line that ends the event may be the first to
                    // show it. Nothing is left to skip, and the id counts.
                    self.skipping = false;
                    let _ = self.dispatch();
                }
                return Some(Err(error));
            }
            if let Some(item) = self.interpret(line) {
                return Some(Ok(item));
            }
        }
        if self.skipping {
            self.lines.forget_partial();
        } else if self.held() + self.lines.partial_len() > self.limits.max_event_len {
            return Some(Err(self.skip()));
        }
        None
    }

    /// The id to come back with, in `Last-Event-ID`: that of the last complete event that had one, or empty.
    pub fn last_event_id(&self) -> &str {
        &self.last_event_id
    }

    /// How long the stream wants its reader to wait before coming back.
    pub fn retry(&self) -> Option<Duration> {
        self.retry
    }

    /// Whether the stream, ending here, ends inside an event.
    pub fn is_mid_event(&self) -> bool {
        let held = self.lines.partial_len() + self.name.len();
        self.skipping || held > 0 || !matches!(self.data, Data::None)
    }

    fn held(&self) -> usize {
        self.data.len() + self.name.len()
    }

    fn skip(&mut self) -> EventTooLarge {
        self.skipping = true;
        self.data = Data::None;
        self.name = Cow::Borrowed("");
        self.lines.forget_partial();
        EventTooLarge {
            max: self.limits.max_event_len,
        }
    }

    fn interpret(&mut self, line: Bytes) -> Option<Item> {
        if line.is_empty() {
            return self.dispatch().map(Item::Event);
        }
        if self.skipping {
            return None;
        }
        let colon = memchr(b':', &line);
        let value = colon.map_or_else(Bytes::new, |colon| value_after(&line, colon));
        match &line[..colon.unwrap_or(line.len())] {
            b"" => return Some(Item::Comment(String::from_utf8_lossy(&value).into_owned())),
            b"data" => self.data.push(value),
            b"event" => self.name = name(&value),
            // An id with NUL is ignored, so that nobody's header is cut there.
            b"id" if memchr(0, &value).is_none() => self.id = String::from_utf8_lossy(&value).into(),
            b"retry" => return self.set_retry(&value),
            _ => {}
        }
        None
    }

    fn dispatch(&mut self) -> Option<ReceivedEvent> {
        self.last_event_id = self.id.clone();
        let name = std::mem::replace(&mut self.name, Cow::Borrowed(""));
        let data = self.data.take()?;
        let name = if name.is_empty() {
            Cow::Borrowed("message")
        } else {
            name
        };
        Some(ReceivedEvent {
            name,
            data,
            last_event_id: self.last_event_id.clone(),
        })
    }

    fn set_retry(&mut self, digits: &[u8]) -> Option<Item> {
        if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
            return None;
        }
        let milliseconds = digits.iter().fold(0_u64, |number, digit| {
            number.saturating_mul(10).saturating_add(u64::from(digit - b'0'))
        });
        let delay = Duration::from_millis(milliseconds).min(self.limits.max_retry);
        self.retry = Some(delay);
        Some(Item::Retry(delay))
    }
}

/// What follows the colon, without one space.
fn value_after(line: &Bytes, colon: usize) -> Bytes {
    let space = line.get(colon + 1) == Some(&b' ');
    line.slice(colon + 1 + usize::from(space)..)
}

/// A name, without allocation for the usual one.
fn name(value: &[u8]) -> Cow<'static, str> {
    match value {
        b"message" => Cow::Borrowed("message"),
        other => Cow::Owned(String::from_utf8_lossy(other).into_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::{Decoder, Limits};
    use bytes::Bytes;

    #[test]
    fn what_is_skipped_is_not_held() {
        let mut decoder = Decoder::new(Limits {
            max_event_len: 100,
            ..Limits::default()
        });
        for _ in 0..100 {
            let _ = decoder.decode(&mut Bytes::from_static(&[b'x'; 90]));
            assert!(decoder.lines.partial_len() <= 100);
        }
        assert!(decoder.skipping);
    }
}
