//! A message on one line.

use std::borrow::Cow;

use bytes::Bytes;

/// The same JSON text without line breaks, which "MUST NOT" be in it (2025-11-25, "stdio"). In JSON they are white
/// space between tokens, since strings must not contain them, so a blank says the same. CR too: programs that read
/// text in universal newline mode end a line there.
pub fn one_line(message: Bytes) -> Bytes {
    match without_breaks(&message) {
        Cow::Borrowed(_) => message,
        Cow::Owned(replaced) => replaced.into(),
    }
}

fn without_breaks(message: &[u8]) -> Cow<'_, [u8]> {
    if memchr::memchr2(b'\n', b'\r', message).is_none() {
        return Cow::Borrowed(message);
    }
    let blank = |byte: &u8| {
        if matches!(byte, b'\n' | b'\r') {
            b' '
        } else {
            *byte
        }
    };
    Cow::Owned(message.iter().map(blank).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn line_breaks_become_blanks_and_nothing_else_changes() {
        assert_eq!(one_line("{\r\n \"a\": \"\\n\"\n}".into()), r#"{   "a": "\n" }"#);
        assert_eq!(one_line("{}".into()), "{}");
    }
}
