//! Bytes to lines.

use bytes::{Bytes, BytesMut};

use crate::lines::Edges;

/// Space offered to a read, in bytes: the lower one normally, up to the higher while reads fill it. A line is a slice of
/// the buffer it was read into and keeps all of it alive, so a small buffer wastes less.
const SPACE: (usize, usize) = (8 * 1024, 64 * 1024);

/// What the framer found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Frame {
    /// A line without its newline.
    Line(Bytes),
    /// A line over the cap was or will be skipped. Comes as soon as that is known.
    Oversize,
    /// Such a line has ended; what there was at its ends.
    Skipped(Edges),
}

/// Cuts a stream at newlines. Lines are not copied; memory stays below about twice the cap whatever comes.
#[derive(Debug)]
pub struct Framer {
    buffer: BytesMut,
    /// So much of the buffer is known to contain no newline.
    scanned: usize,
    max_line: usize,
    /// The ends of an oversize line whose rest is being skipped.
    skipping: Option<Edges>,
    space: usize,
}

impl Framer {
    /// Skips lines of more than `max_line` bytes.
    pub fn new(max_line: usize) -> Self {
        Self {
            buffer: BytesMut::new(),
            scanned: 0,
            max_line,
            skipping: None,
            space: SPACE.0,
        }
    }

    /// Where to append what is read next. Has room for at least half of the lower bound above.
    pub fn buffer(&mut self) -> &mut BytesMut {
        let room = self.buffer.capacity() - self.buffer.len();
        if room < SPACE.0 / 2 {
            // Doubling keeps the copying linear while one long line grows.
            self.buffer.reserve(self.space.max(self.buffer.len()));
        }
        &mut self.buffer
    }

    /// Tells how much the last read appended, to fit the next one. Returns whether it filled what it was offered.
    pub fn appended(&mut self, bytes: usize) -> bool {
        let filled = bytes >= self.space / 2;
        self.space = if filled {
            (self.space * 2).min(SPACE.1)
        } else {
            SPACE.0
        };
        filled
    }

    /// The next line that is complete. `None` means that more has to be read.
    pub fn next_frame(&mut self) -> Option<Frame> {
        let end = memchr::memchr(b'\n', &self.buffer[self.scanned..]).map(|end| self.scanned + end);
        let length = end.unwrap_or(self.buffer.len());
        if self.skipping.is_none() && length > self.max_line {
            return Some(self.skip());
        }
        let Some(end) = end else {
            self.scanned = self.buffer.len();
            if let Some(edges) = &mut self.skipping {
                edges.extend(&self.buffer);
                self.buffer.clear();
                self.scanned = 0;
            }
            return None;
        };
        self.scanned = 0;
        let mut line = self.buffer.split_to(end + 1);
        line.truncate(end);
        Some(match self.skipping.take() {
            Some(mut edges) => {
                edges.extend(&line);
                Frame::Skipped(edges)
            }
            None => Frame::Line(line.freeze()),
        })
    }

    /// What is left when the stream has ended: a last line without a newline, perhaps cut off.
    pub fn finish(&mut self) -> Option<Bytes> {
        let rest = std::mem::take(&mut self.buffer);
        self.scanned = 0;
        (!rest.is_empty() && self.skipping.is_none()).then(|| rest.freeze())
    }

    fn skip(&mut self) -> Frame {
        let mut edges = Edges::default();
        if let Some(end) = memchr::memchr(b'\n', &self.buffer) {
            // The whole line is here, and perhaps others behind it.
            edges.extend(&self.buffer.split_to(end));
        } else {
            edges.extend(&self.buffer);
            // A new buffer, so that the memory is given back.
            self.buffer = BytesMut::new();
        }
        self.skipping = Some(edges);
        self.scanned = 0;
        Frame::Oversize
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn push(framer: &mut Framer, bytes: &[u8], frames: &mut Vec<Frame>) {
        framer.buffer().extend_from_slice(bytes);
        framer.appended(bytes.len());
        frames.extend(std::iter::from_fn(|| framer.next_frame()));
    }

    fn frames(max_line: usize, chunks: &[&[u8]]) -> Vec<Frame> {
        let mut framer = Framer::new(max_line);
        let mut frames = Vec::new();
        for chunk in chunks {
            push(&mut framer, chunk, &mut frames);
        }
        frames
    }

    fn line(text: &'static str) -> Frame {
        Frame::Line(Bytes::from_static(text.as_bytes()))
    }

    fn skipped(pieces: &[&[u8]]) -> Frame {
        let mut edges = Edges::default();
        pieces.iter().for_each(|piece| edges.extend(piece));
        Frame::Skipped(edges)
    }

    #[test]
    fn several_lines_of_one_read_come_one_by_one() {
        assert_eq!(frames(10, &[b"a\n\nb\nc"]), [line("a"), line(""), line("b")]);
    }

    #[test]
    fn a_line_of_exactly_the_cap_passes_and_one_more_byte_does_not() {
        assert_eq!(
            frames(3, &[b"abc\nabcd\nx\n"]),
            [line("abc"), Frame::Oversize, skipped(&[b"abcd"]), line("x")]
        );
    }

    #[test]
    fn an_endless_line_is_reported_once_and_takes_no_memory() {
        let mut framer = Framer::new(1 << 20);
        let mut found = Vec::new();
        for _ in 0..1000 {
            push(&mut framer, &[b'x'; 64 * 1024], &mut found);
            assert!(
                framer.buffer.capacity() <= 4 << 20,
                "{}",
                framer.buffer.capacity()
            );
        }
        assert_eq!(found, [Frame::Oversize]);
        assert!(
            framer.buffer.capacity() <= 256 * 1024,
            "{}",
            framer.buffer.capacity()
        );
        push(&mut framer, b"tail\nnext\n", &mut found);
        let ends = skipped(&[&[b'x'; 1000], b"tail"]);
        assert_eq!(found, [Frame::Oversize, ends, line("next")]);
    }

    #[test]
    fn a_last_line_without_newline_is_there_at_the_end() {
        let mut framer = Framer::new(10);
        push(&mut framer, b"a\nb", &mut Vec::new());
        assert_eq!(framer.finish().as_deref(), Some(&b"b"[..]));
        assert_eq!(framer.finish(), None);
    }

    #[test]
    fn lines_are_slices_of_the_buffer_they_were_read_into() {
        let found = frames(10, &[b"ab\ncd\n"]);
        let [Frame::Line(first), Frame::Line(second)] = &found[..] else {
            panic!("{found:?}")
        };
        assert_eq!(first.as_ptr().wrapping_add(3), second.as_ptr());
    }

    proptest! {
        #[test]
        fn frames_do_not_depend_on_how_the_stream_was_split(
            text in "[ab\n]{0,80}",
            cuts in proptest::collection::vec(0usize..80, 0..6),
            max_line in 1usize..12,
        ) {
            let text = text.as_bytes();
            let mut cuts: Vec<_> = cuts.into_iter().map(|cut| cut.min(text.len())).collect();
            cuts.extend([0, text.len()]);
            cuts.sort_unstable();
            let chunks: Vec<_> = cuts.windows(2).map(|pair| &text[pair[0]..pair[1]]).collect();
            // An oversize line that has not ended yet is reported as soon as it is over the cap.
            prop_assert_eq!(frames(max_line, &chunks), frames(max_line, &[text]));
        }
    }
}
