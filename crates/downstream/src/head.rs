//! What hyper accepts in a request head, and we do not.
//!
//! Two readers of one connection, a proxy in front and hyper behind it, must
//! not disagree where a request ends. hyper lets pass, and hides from its
//! service: `Content-Length` beside `Transfer-Encoding` (RFC 9112, section
//! 6.3), a repeated `Content-Length`, and lines that end in a bare line feed
//! (section 2.2). So the bytes of the head are looked at on their way to it.

use memchr::memchr;

/// Longest line start that is compared with anything.
const LONGEST: usize = b"transfer-encoding:".len();

/// What is wrong with the framing of a head, or could be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Framing {
    pub(crate) content_lengths: u8,
    pub(crate) transfer_encodings: u8,
    pub(crate) bare_line_feeds: u8,
}

impl Framing {
    /// Whether the end of the request is beyond doubt.
    pub(crate) fn is_clear(self) -> bool {
        self.bare_line_feeds == 0 && self.content_lengths.saturating_add(self.transfer_encodings) <= 1
    }

    fn add(&mut self, other: Self) {
        self.content_lengths = self.content_lengths.saturating_add(other.content_lengths);
        self.transfer_encodings = self.transfer_encodings.saturating_add(other.transfer_encodings);
        self.bare_line_feeds = self.bare_line_feeds.saturating_add(other.bare_line_feeds);
    }
}

/// Reads one head, in pieces cut anywhere.
#[derive(Debug, Default)]
pub(crate) struct HeadScan {
    /// The first bytes of the current line.
    start: [u8; LONGEST],
    /// Length of the current line so far, line feed not counted.
    length: usize,
    /// The last byte was a carriage return.
    returned: bool,
    /// The request line has been seen.
    begun: bool,
    /// Its length, and whether there is more to it than a method without an end.
    first: Option<(usize, bool)>,
    framing: Framing,
}

impl HeadScan {
    /// Reads on; what was found, once the empty line behind the head has come.
    pub(crate) fn feed(&mut self, mut bytes: &[u8]) -> Option<Framing> {
        while let Some(end) = memchr(b'\n', bytes) {
            self.extend(&bytes[..end]);
            bytes = &bytes[end + 1..];
            if self.end_line() {
                return Some(self.framing);
            }
        }
        self.extend(bytes);
        None
    }

    /// Whether the request line has `limit` bytes or more, and it is the
    /// address that goes on and on.
    pub(crate) fn is_address_over(&self, limit: usize) -> bool {
        let (length, has_address) = self.first.unwrap_or_else(|| self.line());
        length >= limit && has_address
    }

    /// The length of the current line, and whether its method has ended.
    fn line(&self) -> (usize, bool) {
        let start = &self.start[..self.length.min(LONGEST)];
        (self.length, start.contains(&b' '))
    }

    fn extend(&mut self, piece: &[u8]) {
        let Some(last) = piece.last() else { return };
        if self.length < LONGEST {
            let room = LONGEST.min(self.length + piece.len());
            self.start[self.length..room].copy_from_slice(&piece[..room - self.length]);
        }
        self.length += piece.len();
        self.returned = *last == b'\r';
    }

    /// True behind the head.
    fn end_line(&mut self) -> bool {
        let content = self.length - usize::from(self.returned);
        let found = Framing {
            content_lengths: u8::from(self.starts_with(b"content-length:")),
            transfer_encodings: u8::from(self.starts_with(b"transfer-encoding:")),
            bare_line_feeds: u8::from(!self.returned),
        };
        self.framing.add(found);
        let line = self.line();
        self.length = 0;
        self.returned = false;
        // Empty lines in front of the request line are skipped (section 2.2).
        let ends = content == 0 && self.begun;
        if content > 0 && !self.begun {
            self.begun = true;
            self.first = Some(line);
        }
        ends
    }

    fn starts_with(&self, name: &[u8]) -> bool {
        self.length >= name.len() && self.start[..name.len()].eq_ignore_ascii_case(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scan(head: &str) -> Option<Framing> {
        HeadScan::default().feed(head.as_bytes())
    }

    #[test]
    fn ordinary_heads_are_clear() {
        for head in [
            "GET /mcp HTTP/1.1\r\nhost: localhost\r\n\r\n",
            "\r\nPOST /mcp HTTP/1.1\r\nContent-Length: 2\r\nX-Content-Length: 3\r\n\r\n{}",
            "POST /mcp HTTP/1.1\r\nTRANSFER-ENCODING: chunked\r\nhost: a\r\n\r\n0\r\n\r\n",
        ] {
            assert!(scan(head).is_some_and(Framing::is_clear), "{head:?}");
        }
    }

    #[test]
    fn heads_whose_end_is_in_doubt_are_not() {
        for head in [
            "POST / HTTP/1.1\r\ncontent-length: 2\r\ntransfer-encoding: chunked\r\n\r\n",
            "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nContent-Length: 2\r\n\r\n",
            "POST / HTTP/1.1\r\ncontent-length: 2\r\ncontent-length: 2\r\n\r\n",
            "POST / HTTP/1.1\r\ntransfer-encoding: x\r\ntransfer-encoding: chunked\r\n\r\n",
            "GET / HTTP/1.1\nhost: a\n\n",
            "GET / HTTP/1.1\r\nhost: a\nx: y\r\n\r\n",
        ] {
            assert!(scan(head).is_some_and(|framing| !framing.is_clear()), "{head:?}");
        }
    }

    #[test]
    fn it_does_not_matter_how_a_head_is_cut() {
        let head = "POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 2\r\nTransfer-Encoding: chunked\r\n\r\n";
        let whole = scan(head).unwrap();
        for size in 1..head.len() {
            let mut scan = HeadScan::default();
            let found: Vec<_> = head
                .as_bytes()
                .chunks(size)
                .filter_map(|piece| scan.feed(piece))
                .collect();
            assert_eq!(found, [whole], "{size}");
        }
    }

    #[test]
    fn an_address_without_an_end_is_told_from_other_long_lines() {
        let over = |head: &str| {
            let mut scan = HeadScan::default();
            scan.feed(head.as_bytes());
            scan.is_address_over(64)
        };
        let long = "x".repeat(64);
        assert!(over(&format!("GET /{long}")));
        assert!(over(&format!("\r\nGET /{long}")));
        assert!(
            over(&format!("GET /{long} HTTP/1.1\r\nhost: a\r\n\r\n")),
            "it has ended"
        );
        assert!(!over("GET /mcp HTTP/1.1"));
        assert!(!over(&format!("GET /mcp HTTP/1.1\r\nhost: a b {long}\r\n\r\n")));
        assert!(!over(&long), "no method");
        assert!(!over(&format!("GET / HTTP/1.1\r\nx: {long}")), "a header");
    }

    #[test]
    fn a_head_that_has_not_ended_says_nothing() {
        assert_eq!(scan("POST / HTTP/1.1\r\ncontent-length: 2\r\n"), None);
        assert_eq!(scan(""), None);
    }
}
