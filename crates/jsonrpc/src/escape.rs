//! The inside of JSON strings: unescaping and escaping.

use std::borrow::Cow;

/// Unescapes the inside of a valid JSON string (no quotes) into WTF-8: UTF-8, but a lone surrogate becomes its
/// three bytes, so that different strings stay different.
pub(crate) fn unescape(bytes: &[u8]) -> Cow<'_, [u8]> {
    let Some(first) = bytes.iter().position(|&b| b == b'\\') else {
        return Cow::Borrowed(bytes);
    };
    let mut out = Vec::with_capacity(bytes.len());
    out.extend_from_slice(&bytes[..first]);
    let mut rest = &bytes[first..];
    while let Some((&byte, tail)) = rest.split_first() {
        if byte == b'\\' {
            rest = unescape_one(tail, &mut out);
        } else {
            out.push(byte);
            rest = tail;
        }
    }
    Cow::Owned(out)
}

/// Unescapes the inside of a valid JSON string; `None` if it holds a lone surrogate, which no `str` can.
pub(crate) fn unescape_str(inside: &str) -> Option<Cow<'_, str>> {
    match unescape(inside.as_bytes()) {
        Cow::Borrowed(_) => Some(Cow::Borrowed(inside)),
        Cow::Owned(bytes) => String::from_utf8(bytes).ok().map(Cow::Owned),
    }
}

/// Unescapes the inside of a valid JSON string, with U+FFFD for lone surrogates.
pub(crate) fn unescape_lossy(inside: &str) -> Cow<'_, str> {
    match unescape(inside.as_bytes()) {
        Cow::Borrowed(_) => Cow::Borrowed(inside),
        Cow::Owned(bytes) => Cow::Owned(String::from_utf8_lossy(&bytes).into_owned()),
    }
}

/// Writes the meaning of what follows a backslash; returns what is left.
fn unescape_one<'a>(after: &'a [u8], out: &mut Vec<u8>) -> &'a [u8] {
    let (&letter, rest) = after.split_first().expect("the scanner saw a whole escape");
    let plain = match letter {
        b'b' => 0x08,
        b'f' => 0x0c,
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        b'u' => return unescape_unicode(rest, out),
        quoted => quoted,
    };
    out.push(plain);
    rest
}

fn unescape_unicode<'a>(after: &'a [u8], out: &mut Vec<u8>) -> &'a [u8] {
    let (unit, rest) = code_unit(after).expect("the scanner saw four digits");
    let low = rest.strip_prefix(br"\u").and_then(code_unit);
    if let (0xd800..0xdc00, Some((low @ 0xdc00..0xe000, rest))) = (unit, low) {
        push_wtf8(0x1_0000 + ((unit - 0xd800) << 10) + (low - 0xdc00), out);
        return rest;
    }
    push_wtf8(unit, out);
    rest
}

/// Four hexadecimal digits and what follows them.
fn code_unit(text: &[u8]) -> Option<(u32, &[u8])> {
    let (digits, rest) = text.split_first_chunk::<4>()?;
    let value = digits.iter().try_fold(0, |value, &digit| {
        Some(value << 4 | char::from(digit).to_digit(16)?)
    })?;
    Some((value, rest))
}

fn push_wtf8(scalar: u32, out: &mut Vec<u8>) {
    match char::from_u32(scalar) {
        Some(character) => out.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes()),
        // A lone surrogate, U+D800 to U+DFFF: always three bytes.
        None => out.extend(
            [
                0xe0 | scalar >> 12,
                0x80 | (scalar >> 6 & 0x3f),
                0x80 | (scalar & 0x3f),
            ]
            .map(|b| b as u8),
        ),
    }
}

/// Escapes what may not stand in a JSON string as it is: quotes, backslashes, control characters.
pub(crate) fn escape(text: &str) -> Cow<'_, str> {
    let Some(first) = text.bytes().position(needs_escape) else {
        return Cow::Borrowed(text);
    };
    let mut out = String::with_capacity(text.len() + 8);
    out.push_str(&text[..first]);
    for character in text[first..].chars() {
        push_escaped(character, &mut out);
    }
    Cow::Owned(out)
}

fn needs_escape(byte: u8) -> bool {
    byte < 0x20 || byte == b'"' || byte == b'\\'
}

fn push_escaped(character: char, out: &mut String) {
    match character {
        '"' => out.push_str("\\\""),
        '\\' => out.push_str("\\\\"),
        '\u{8}' => out.push_str("\\b"),
        '\u{c}' => out.push_str("\\f"),
        '\n' => out.push_str("\\n"),
        '\r' => out.push_str("\\r"),
        '\t' => out.push_str("\\t"),
        control @ '\0'..='\u{1f}' => {
            const DIGITS: [char; 16] = [
                '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f',
            ];
            out.push_str("\\u00");
            out.push(DIGITS[control as usize >> 4]);
            out.push(DIGITS[control as usize & 0xf]);
        }
        other => out.push(other),
    }
}
