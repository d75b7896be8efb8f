//! Values of `Mcp-Name` and `Mcp-Param-*`, with the Base64 sentinel.

use pontoon_mcp::header::{decode_value, encode_value};

pub(crate) fn target(data: &[u8]) {
    // Any header bytes can be read or are refused.
    if let Ok(value) = decode_value(data) {
        let again = encode_value(&value);
        assert_eq!(
            decode_value(again.as_bytes()).expect("what we write can be read"),
            value
        );
    }
    // Any text survives the way through a header.
    if let Ok(text) = std::str::from_utf8(data) {
        let header = encode_value(text);
        assert!(
            header.bytes().all(|byte| matches!(byte, 0x20..=0x7e | b'\t')),
            "only safe bytes in a header"
        );
        assert_eq!(
            decode_value(header.as_bytes()).expect("what we write can be read"),
            text
        );
    }
}
