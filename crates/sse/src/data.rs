//! The data of an event, joined from its lines.

use bytes::{BufMut, Bytes, BytesMut};

/// Lines joined with LF. One line, the usual case, stays the slice it is.
#[derive(Debug)]
pub(crate) enum Data {
    None,
    Line(Bytes),
    Lines(BytesMut),
}

impl Data {
    pub(crate) fn len(&self) -> usize {
        match self {
            Data::None => 0,
            Data::Line(line) => line.len(),
            Data::Lines(lines) => lines.len(),
        }
    }

    pub(crate) fn push(&mut self, line: Bytes) {
        match self {
            Data::None => *self = Data::Line(line),
            Data::Line(first) => {
                let mut lines = BytesMut::with_capacity(first.len() + 1 + line.len());
                lines.put_slice(first);
                *self = Data::Lines(lines);
                self.push(line);
            }
            Data::Lines(lines) => {
                lines.reserve(line.len() + 1);
                lines.put_u8(b'\n');
                lines.put_slice(&line);
            }
        }
    }

    pub(crate) fn take(&mut self) -> Option<Bytes> {
        match std::mem::replace(self, Data::None) {
            Data::None => None,
            Data::Line(line) => Some(line),
            Data::Lines(lines) => Some(lines.freeze()),
        }
    }
}
