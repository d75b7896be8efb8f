//! An event on its way to be encoded.

use std::borrow::Cow;
use std::time::Duration;

use pontoon_sse::{Event, Field};

/// Longest name and longest id of an event, in bytes. Readers send an id back in a header.
const LONGEST: usize = 256;

/// One event for clients of a [`Hub`](super::Hub).
///
/// Its name and id cannot smuggle in another event: control characters, line breaks and NUL among them, are
/// left out, and what is longer than 256 bytes is cut. Data may have any number of lines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HubEvent<'a> {
    name: Cow<'a, str>,
    data: &'a [u8],
    pub(super) identity: Identity<'a>,
    retry: Option<Duration>,
}

/// Where an event's id comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Identity<'a> {
    /// The hub counts.
    Counted,
    /// Whoever sends it says.
    Given(Cow<'a, str>),
    /// There is none: the event is not kept for clients that come back.
    None,
}

impl<'a> HubEvent<'a> {
    /// An event called `name`; readers take an empty one for `message`. The hub gives it an id.
    pub fn new(name: &'a str, data: &'a str) -> Self {
        Self::of_bytes(name, data.as_bytes())
    }

    /// `data` is UTF-8.
    pub(super) fn of_bytes(name: &'a str, data: &'a [u8]) -> Self {
        Self {
            name: on_one_line(name),
            data,
            identity: Identity::Counted,
            retry: None,
        }
    }

    /// Gives it this id instead of the next number of the hub. A client that comes back with it goes on behind the
    /// latest event that had it.
    #[must_use]
    pub fn with_id(mut self, id: &'a str) -> Self {
        let id = on_one_line(id);
        if !id.is_empty() {
            self.identity = Identity::Given(id);
        }
        self
    }

    /// Gives it no id: it is for those who are there, and not replayed.
    #[must_use]
    pub fn without_id(mut self) -> Self {
        self.identity = Identity::None;
        self
    }

    /// Tells the client how long to wait before it comes back, from here on.
    #[must_use]
    pub fn with_retry(mut self, wait: Duration) -> Self {
        self.retry = Some(wait);
        self
    }

    /// Its bytes with this id. Lines come in the order id, event, retry, data.
    pub(super) fn encode(&self, id: Option<&str>) -> bytes::Bytes {
        let event = Event {
            id: id.map(field),
            event: (!self.name.is_empty()).then(|| field(&self.name)),
            retry: self.retry,
            data: Some(self.data),
        };
        event.encode_to_bytes()
    }

    /// About how many bytes it will be.
    pub(super) fn size(&self) -> usize {
        self.name.len() + self.data.len()
    }
}

/// The text without what would break its line, or a terminal that shows it.
fn on_one_line(text: &str) -> Cow<'_, str> {
    let text = &text[..text.floor_char_boundary(LONGEST)];
    if text.contains(char::is_control) {
        Cow::Owned(text.replace(char::is_control, ""))
    } else {
        Cow::Borrowed(text)
    }
}

fn field(text: &str) -> Field<'_> {
    Field::new(text).expect("control characters were left out")
}
