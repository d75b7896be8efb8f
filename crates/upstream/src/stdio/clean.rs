//! What real servers put around their messages. Pure.

use bytes::{Buf, Bytes};
use pontoon_supervise::escape_sequence_len;

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// What a line is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Line {
    /// Nothing: blank lines mean nothing.
    Blank,
    /// The beginning of an object.
    Object(Bytes),
    /// The beginning of an array: a batch of 2025-03-26.
    Array(Bytes),
    /// Anything else: a banner, a progress bar, what a package manager has to say.
    Noise(Bytes),
}

/// Looks past a byte order mark, terminal escape sequences, white space and the CR of a CRLF.
pub(crate) fn clean(mut line: Bytes) -> Line {
    loop {
        match line.first() {
            None => return Line::Blank,
            Some(b'{') => return Line::Object(line),
            Some(b'[') => return Line::Array(line),
            Some(b' ' | b'\t' | b'\r') => line.advance(1),
            Some(0x1b) => line.advance(escape_sequence_len(&line)),
            Some(_) if line.starts_with(BYTE_ORDER_MARK) => line.advance(BYTE_ORDER_MARK.len()),
            Some(_) => return Line::Noise(line),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_found_behind_marks_escapes_and_white_space() {
        for text in [
            "{}",
            "  {}",
            "\u{feff}{}",
            "\x1b[2J\x1b[H{}",
            "\x1b]0;npm\x07 {}",
            "\r{}",
        ] {
            assert_eq!(
                clean(text.as_bytes().to_vec().into()),
                Line::Object("{}".into()),
                "{text:?}"
            );
        }
        assert_eq!(clean("[{}]".into()), Line::Array("[{}]".into()));
    }

    #[test]
    fn blank_lines_are_no_noise_and_everything_else_is() {
        for text in ["", "\r", " \t", "\u{feff}", "\x1b[0m\r"] {
            assert_eq!(clean(text.as_bytes().to_vec().into()), Line::Blank, "{text:?}");
        }
        for text in ["Server running on stdio", "> start", "\"{}\"", "\u{feff}hello"] {
            assert!(
                matches!(clean(text.as_bytes().to_vec().into()), Line::Noise(_)),
                "{text:?}"
            );
        }
    }
}
