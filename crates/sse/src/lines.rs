//! Lines out of chunks: LF, CR and CRLF end them, wherever the chunks are cut.

use bytes::{Buf, Bytes, BytesMut};
use memchr::memchr2;

const BYTE_ORDER_MARK: [u8; 3] = *b"\xef\xbb\xbf";

/// What is known of the line that has not ended yet.
#[derive(Debug)]
pub(crate) struct Lines {
    partial: BytesMut,
    /// A carriage return ended the last line, and the line feed that may follow belongs to it.
    after_return: bool,
    /// How much of a byte order mark was seen, while the stream can still begin with one.
    mark: Option<usize>,
}

impl Lines {
    pub(crate) fn new() -> Lines {
        Lines {
            partial: BytesMut::new(),
            after_return: false,
            mark: Some(0),
        }
    }

    /// The next whole line, without its end, as a slice of `chunk` if it lies in it. `None` when the chunk is
    /// used up.
    pub(crate) fn next(&mut self, chunk: &mut Bytes) -> Option<Bytes> {
        self.skip_mark(chunk);
        if self.after_return && !chunk.is_empty() {
            self.after_return = false;
            if chunk.starts_with(b"\n") {
                chunk.advance(1);
            }
        }
        let Some(end) = memchr2(b'\r', b'\n', chunk) else {
            self.partial.extend_from_slice(chunk);
            chunk.clear();
            return None;
        };
        let line = chunk.split_to(end);
        self.after_return = chunk.starts_with(b"\r");
        chunk.advance(1);
        if self.partial.is_empty() {
            return Some(line);
        }
        self.partial.extend_from_slice(&line);
        Some(self.partial.split().freeze())
    }

    /// How much of a line that has not ended yet is held.
    pub(crate) fn partial_len(&self) -> usize {
        self.partial.len()
    }

    /// Forgets the held line but for the fact that there is one.
    pub(crate) fn forget_partial(&mut self) {
        if self.partial.len() > 1 {
            self.partial = BytesMut::from(&self.partial[..1]);
        }
    }

    fn skip_mark(&mut self, chunk: &mut Bytes) {
        while let Some(seen) = self.mark {
            match chunk.first() {
                None => return,
                Some(byte) if *byte == BYTE_ORDER_MARK[seen] => {
                    chunk.advance(1);
                    self.mark = (seen + 1 < BYTE_ORDER_MARK.len()).then_some(seen + 1);
                }
                Some(_) => {
                    self.partial.extend_from_slice(&BYTE_ORDER_MARK[..seen]);
                    self.mark = None;
                }
            }
        }
    }
}
