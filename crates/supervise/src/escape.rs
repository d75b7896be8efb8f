//! Terminal escape sequences in a child's output.

const ESC: u8 = 0x1b;
const BEL: u8 = 0x07;

/// The length of the terminal escape sequence that `text` begins with, 0 if it begins with none. An
/// unfinished sequence counts to the end. (ECMA-48: CSI `ESC [`, OSC `ESC ]` up to BEL or `ESC \`, else two bytes.)
pub fn escape_sequence_len(text: &[u8]) -> usize {
    if text.first() != Some(&ESC) {
        return 0;
    }
    match text.get(1) {
        Some(b'[') => {
            let body = &text[2..];
            body.iter()
                .position(|byte| (0x40..=0x7e).contains(byte))
                .map_or(text.len(), |end| end + 3)
        }
        Some(b']' | b'P' | b'_' | b'^') => string_sequence_len(text),
        Some(b'(' | b')' | b'#' | b'%') => text.len().min(3),
        Some(_) => 2,
        None => 1,
    }
}

/// OSC, DCS, APC, PM: everything up to the string terminator.
fn string_sequence_len(text: &[u8]) -> usize {
    let end = text[2..]
        .iter()
        .position(|byte| matches!(*byte, BEL | ESC))
        .map(|end| end + 2);
    match end {
        Some(end) if text[end] == BEL => end + 1,
        Some(end) if text.get(end + 1) == Some(&b'\\') => end + 2,
        // An escape inside that terminates nothing: a new sequence begins there.
        Some(end) => end,
        None => text.len(),
    }
}

/// One line of output as plain text: no escape sequences, no control characters, invalid UTF-8 replaced.
/// A child must not be able to forge lines in our log or to drive the terminal that shows it.
pub(crate) fn plain(mut line: &[u8]) -> String {
    let mut kept = Vec::with_capacity(line.len());
    while let Some(&byte) = line.first() {
        let skip = escape_sequence_len(line).max(1);
        match byte {
            b'\t' => kept.push(b' '),
            0..=0x1f | 0x7f => {}
            _ => kept.push(byte),
        }
        line = &line[skip..];
    }
    let text = String::from_utf8_lossy(&kept);
    // C1 controls are two bytes in UTF-8, so the byte filter above cannot see them.
    text.chars()
        .filter(|c| !c.is_control() && !redirects(*c))
        .collect()
}

/// Characters that end a line in some viewers, or turn the direction of what
/// follows, so that it reads as something else.
fn redirects(c: char) -> bool {
    matches!(c, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sequences_of_every_kind_have_their_exact_length() {
        for (text, len) in [
            (&b"\x1b[2J{"[..], 4),
            (b"\x1b[38;5;12mx", 10),
            (b"\x1b]0;title\x07{", 10),
            (b"\x1b]0;title\x1b\\{", 11),
            (b"\x1b(B{", 3),
            (b"\x1bc{", 2),
            (b"\x1b", 1),
            (b"\x1b[", 2),
            (b"\x1b]0;never ends", 14),
            (b"{", 0),
            (b"", 0),
        ] {
            assert_eq!(
                escape_sequence_len(text),
                len,
                "{:?}",
                String::from_utf8_lossy(text)
            );
        }
    }

    #[test]
    fn plain_text_cannot_drive_a_terminal_or_forge_a_line() {
        assert_eq!(
            plain(b"\x1b[31mred\x1b[0m\tand\r \x07bell \xff \xc2\x9b31m"),
            "red and bell \u{fffd} 31m"
        );
        assert_eq!(plain("a\u{202e}b\u{2066}c\u{2028}d é".as_bytes()), "abcd é");
    }
}
