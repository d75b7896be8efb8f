//! Writing events.

use std::time::Duration;

use bytes::{BufMut, Bytes, BytesMut};
use memchr::memchr2;

use crate::Field;

/// An event to write. What is absent is left out; an event without `data` tells the reader its id or delay, but
/// is not delivered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Event<'a> {
    /// What the reader sends as `Last-Event-ID` when it comes back.
    pub id: Option<Field<'a>>,
    /// The event's name; readers take an absent one for `message`.
    pub event: Option<Field<'a>>,
    /// How long the reader is to wait before it comes back, written in whole milliseconds.
    pub retry: Option<Duration>,
    /// UTF-8 text of any number of lines, which end with CR, LF or CRLF; readers see LF. Empty text is data too.
    pub data: Option<&'a [u8]>,
}

impl Event<'_> {
    /// Appends the event, after one reservation of its exact length. Lines come in the order id, event, retry,
    /// data.
    pub fn encode(&self, out: &mut BytesMut) {
        let retry = self.retry.map(|delay| Digits::new(delay.as_millis()));
        let retry = retry.as_ref().map(Digits::as_bytes);
        let single = self.data.is_none_or(is_one_line);
        out.reserve(self.len_with(retry, single));
        put_line(out, b"id: ", self.id.map(|id| id.as_str().as_bytes()));
        put_line(out, b"event: ", self.event.map(|event| event.as_str().as_bytes()));
        put_line(out, b"retry: ", retry);
        if single {
            put_line(out, b"data: ", self.data);
        } else {
            lines(self.data.unwrap_or_default()).for_each(|line| put_line(out, b"data: ", Some(line)));
        }
        out.put_u8(b'\n');
    }

    /// The event as bytes of their own.
    pub fn encode_to_bytes(&self) -> Bytes {
        let mut out = BytesMut::new();
        self.encode(&mut out);
        out.freeze()
    }

    fn len_with(&self, retry: Option<&[u8]>, single: bool) -> usize {
        let line = |name: usize, value: Option<usize>| value.map_or(0, |len| name + len + 1);
        let data = match self.data {
            Some(data) if !single => lines(data).map(|text| line(6, Some(text.len()))).sum(),
            data => line(6, data.map(<[u8]>::len)),
        };
        line(4, self.id.map(|id| id.as_str().len()))
            + line(7, self.event.map(|event| event.as_str().len()))
            + line(7, retry.map(<[u8]>::len))
            + data
            + 1
    }
}

/// Appends a comment, one line for each of its lines, and an empty line so that readers that wait for one take
/// it at once. It keeps a connection alive and is otherwise ignored.
pub fn encode_comment(text: &str, out: &mut BytesMut) {
    let bytes = text.as_bytes();
    out.reserve(lines(bytes).map(|line| line.len() + 3).sum::<usize>() + 1);
    lines(bytes).for_each(|line| put_line(out, b": ", Some(line)));
    out.put_u8(b'\n');
}

fn put_line(out: &mut BytesMut, name: &[u8], value: Option<&[u8]>) {
    if let Some(value) = value {
        out.put_slice(name);
        out.put_slice(value);
        out.put_u8(b'\n');
    }
}

/// JSON-RPC messages as they are usually written are one line; this finds out fast.
fn is_one_line(data: &[u8]) -> bool {
    memchr2(b'\r', b'\n', data).is_none()
}

/// The lines of a text, at least one.
fn lines(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = Some(text);
    std::iter::from_fn(move || {
        let text = rest.take()?;
        let Some(end) = memchr2(b'\r', b'\n', text) else {
            return Some(text);
        };
        let (line, tail) = text.split_at(end);
        rest = tail.strip_prefix(b"\r\n").or(tail.get(1..));
        Some(line)
    })
}

/// A number in decimal, without allocation; milliseconds of the longest `Duration` have 23 digits.
struct Digits {
    buffer: [u8; 23],
    start: usize,
}

impl Digits {
    fn new(mut number: u128) -> Digits {
        let mut digits = Digits {
            buffer: [b'0'; 23],
            start: 23,
        };
        loop {
            digits.start -= 1;
            digits.buffer[digits.start] = b'0' + (number % 10) as u8;
            number /= 10;
            if number == 0 {
                return digits;
            }
        }
    }

    fn as_bytes(&self) -> &[u8] {
        &self.buffer[self.start..]
    }
}
