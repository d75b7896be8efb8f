//! HTTP header names, and the encoding of values that are not plain ASCII.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// Revision of a request (2025-06-18 on).
pub const PROTOCOL_VERSION: &str = "mcp-protocol-version";
/// The session (2025-03-26 to 2025-11-25).
pub const SESSION_ID: &str = "mcp-session-id";
/// Mirrors `method` (2026-07-28).
pub const METHOD: &str = "mcp-method";
/// Mirrors `params.name` or `params.uri` (2026-07-28).
pub const NAME: &str = "mcp-name";
/// Prefix of headers that mirror tool arguments (2026-07-28).
pub const PARAM_PREFIX: &str = "mcp-param-";
/// Where a reconnecting client left off (2025-03-26 to 2025-11-25).
pub const LAST_EVENT_ID: &str = "last-event-id";

const SENTINEL_OPEN: &str = "=?base64?";
const SENTINEL_CLOSE: &str = "?=";

/// A header value that is neither plain nor well encoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ValueError {
    /// A byte outside visible ASCII, space and tab.
    Characters,
    /// The sentinel's content is not Base64.
    Base64,
    /// The sentinel's content is not UTF-8.
    Utf8,
}

/// Decodes a mirrored value: plain ASCII, or `=?base64?…?=` around UTF-8.
///
/// Source: 2026-07-28, Streamable HTTP, "Value Encoding".
///
/// # Errors
///
/// [`ValueError`] when the value can be read neither way.
pub fn decode_value(value: &[u8]) -> Result<Cow<'_, str>, ValueError> {
    let plain = |byte: &u8| matches!(byte, 0x20..=0x7e | b'\t');
    if !value.iter().all(plain) {
        return Err(ValueError::Characters);
    }
    let text = std::str::from_utf8(value)
        .map_err(|_| ValueError::Characters)?
        .trim_matches([' ', '\t']);
    match text
        .strip_prefix(SENTINEL_OPEN)
        .and_then(|rest| rest.strip_suffix(SENTINEL_CLOSE))
    {
        None => Ok(Cow::Borrowed(text)),
        Some(encoded) => {
            let bytes = STANDARD.decode(encoded).map_err(|_| ValueError::Base64)?;
            String::from_utf8(bytes)
                .map(Cow::Owned)
                .map_err(|_| ValueError::Utf8)
        }
    }
}

/// Encodes a value for a mirrored header, with the sentinel where it is needed.
pub fn encode_value(value: &str) -> Cow<'_, str> {
    let printable = value.bytes().all(|byte| matches!(byte, 0x20..=0x7e | b'\t'));
    let padded = value.starts_with([' ', '\t']) || value.ends_with([' ', '\t']);
    let ambiguous = value.starts_with(SENTINEL_OPEN) && value.ends_with(SENTINEL_CLOSE);
    if printable && !padded && !ambiguous {
        return Cow::Borrowed(value);
    }
    Cow::Owned(format!(
        "{SENTINEL_OPEN}{}{SENTINEL_CLOSE}",
        STANDARD.encode(value)
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_specifications_examples_encode_as_written() {
        for (plain, encoded) in [
            ("us-west1", "us-west1"),
            ("Hello, 世界", "=?base64?SGVsbG8sIOS4lueVjA==?="),
            (" padded ", "=?base64?IHBhZGRlZCA=?="),
            ("line1\nline2", "=?base64?bGluZTEKbGluZTI=?="),
            ("=?base64?literal?=", "=?base64?PT9iYXNlNjQ/bGl0ZXJhbD89?="),
        ] {
            assert_eq!(encode_value(plain), encoded);
            assert_eq!(decode_value(encoded.as_bytes()).unwrap(), plain);
        }
    }

    #[test]
    fn surrounding_white_space_is_trimmed() {
        assert_eq!(decode_value(b" \tname \t").unwrap(), "name");
    }

    #[test]
    fn markers_are_case_sensitive() {
        assert_eq!(decode_value(b"=?BASE64?YQ==?=").unwrap(), "=?BASE64?YQ==?=");
    }

    #[test]
    fn broken_values_are_refused() {
        assert_eq!(decode_value("naïve".as_bytes()), Err(ValueError::Characters));
        assert_eq!(decode_value(b"a\x00b"), Err(ValueError::Characters));
        assert_eq!(decode_value(b"=?base64?@@?="), Err(ValueError::Base64));
        assert_eq!(decode_value(b"=?base64?/w==?="), Err(ValueError::Utf8));
    }
}
