//! The last lines of an endless stream.

use std::collections::VecDeque;

/// Lines kept. With [`MAX_BYTES`] it bounds the memory.
const MAX_LINES: usize = 50;
/// Bytes kept over all lines.
const MAX_BYTES: usize = 8 * 1024;
/// A line is cut here.
pub(crate) const MAX_LINE: usize = 1024;

/// Cuts a stream into lines of at most [`MAX_LINE`] bytes; the rest of a longer line is skipped.
#[derive(Default)]
pub(crate) struct LineCutter {
    partial: Vec<u8>,
}

impl LineCutter {
    /// Takes the next bytes and hands out every line they complete.
    pub(crate) fn push(&mut self, mut chunk: &[u8], mut line: impl FnMut(&[u8])) {
        while let Some(end) = memchr::memchr(b'\n', chunk) {
            self.keep(&chunk[..end]);
            line(&self.partial);
            self.partial.clear();
            chunk = &chunk[end + 1..];
        }
        self.keep(chunk);
    }

    /// The line that was never ended.
    pub(crate) fn finish(self, mut line: impl FnMut(&[u8])) {
        if !self.partial.is_empty() {
            line(&self.partial);
        }
    }

    fn keep(&mut self, part: &[u8]) {
        let room = MAX_LINE - self.partial.len();
        self.partial.extend_from_slice(&part[..part.len().min(room)]);
    }
}

/// A ring of lines.
#[derive(Default)]
pub(crate) struct Tail {
    lines: VecDeque<String>,
    bytes: usize,
}

impl Tail {
    pub(crate) fn push(&mut self, line: String) {
        self.bytes += line.len();
        self.lines.push_back(line);
        while self.lines.len() > MAX_LINES || self.bytes > MAX_BYTES {
            let oldest = self
                .lines
                .pop_front()
                .expect("a ring over its limit is not empty");
            self.bytes -= oldest.len();
        }
    }

    /// The lines, oldest first, joined by newlines.
    pub(crate) fn text(&self) -> String {
        let mut text = String::with_capacity(self.bytes + self.lines.len());
        for line in &self.lines {
            if !text.is_empty() {
                text.push('\n');
            }
            text.push_str(line);
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn cut(chunks: &[&[u8]]) -> Vec<Vec<u8>> {
        let mut lines = Vec::new();
        let mut cutter = LineCutter::default();
        for chunk in chunks {
            cutter.push(chunk, |line| lines.push(line.to_vec()));
        }
        cutter.finish(|line| lines.push(line.to_vec()));
        lines
    }

    #[test]
    fn a_stream_without_newlines_is_held_in_one_line_of_bounded_length() {
        let chunk = [b'x'; 4096];
        let lines = cut(&[&chunk, &chunk, b"\nnext"]);
        assert_eq!(lines, [vec![b'x'; MAX_LINE], b"next".to_vec()]);
    }

    #[test]
    fn the_ring_keeps_the_newest_lines_within_both_limits() {
        let mut tail = Tail::default();
        (0..200).for_each(|n| tail.push(format!("line {n}")));
        assert_eq!(tail.text().lines().count(), MAX_LINES);
        assert!(tail.text().ends_with("line 199"));
        (0..20).for_each(|_| tail.push("y".repeat(MAX_LINE)));
        assert!(tail.text().len() <= MAX_BYTES + MAX_LINES);
        assert_eq!(tail.text().lines().count(), MAX_BYTES / MAX_LINE);
    }

    proptest! {
        #[test]
        fn lines_do_not_depend_on_how_the_stream_was_split(text in "[ab\n]{0,60}", at in 0usize..60) {
            let text = text.as_bytes();
            let at = at.min(text.len());
            prop_assert_eq!(cut(&[text]), cut(&[&text[..at], &text[at..]]));
        }
    }
}
