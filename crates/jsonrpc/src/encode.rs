//! Writing messages. Each takes one allocation of the exact size (one more for a method, string id or error
//! message that needs escapes).

use std::borrow::Cow;

use bytes::Bytes;

use crate::{ErrorObject, Id, Raw, escape::escape};

const START: &[u8] = br#"{"jsonrpc":"2.0""#;

/// `{"jsonrpc":"2.0","id":…,"method":…,"params":…}`
pub fn request(id: &Id, method: &str, params: Option<&Raw>) -> Bytes {
    call(Some(id), method, params)
}

/// `{"jsonrpc":"2.0","method":…,"params":…}`
pub fn notification(method: &str, params: Option<&Raw>) -> Bytes {
    call(None, method, params)
}

/// `{"jsonrpc":"2.0","id":…,"result":…}`
pub fn result(id: &Id, result: &Raw) -> Bytes {
    response(Some(id), result)
}

/// `{"jsonrpc":"2.0","id":…,"error":{"code":…,"message":…,"data":…}}`. An unknown id is left out, never null:
/// MCP's schema has `id?` there, and forbids null.
pub fn error(id: Option<&Id>, error: &ErrorObject) -> Bytes {
    let id = IdText::new(id);
    let [before, id, after] = id.pieces();
    let code = Digits::new(error.code);
    let message = escape(&error.message);
    let [data_key, data] = optional(br#","data":"#, error.data.as_ref());
    concat(&[
        START,
        before,
        id,
        after,
        br#","error":{"code":"#,
        code.as_bytes(),
        br#","message":""#,
        message.as_bytes(),
        b"\"",
        data_key,
        data,
        b"}}",
    ])
}

pub(crate) fn response(id: Option<&Id>, result: &Raw) -> Bytes {
    let id = IdText::new(id);
    let [before, id, after] = id.pieces();
    concat(&[
        START,
        before,
        id,
        after,
        br#","result":"#,
        result.as_bytes(),
        b"}",
    ])
}

fn call(id: Option<&Id>, method: &str, params: Option<&Raw>) -> Bytes {
    let id = IdText::new(id);
    let [before, id, after] = id.pieces();
    let method = escape(method);
    let [params_key, params] = optional(br#","params":"#, params);
    concat(&[
        START,
        before,
        id,
        after,
        br#","method":""#,
        method.as_bytes(),
        b"\"",
        params_key,
        params,
        b"}",
    ])
}

fn optional<'a>(key: &'static [u8], value: Option<&'a Raw>) -> [&'a [u8]; 2] {
    value.map_or([b"", b""], |value| [key, value.as_bytes()])
}

/// One allocation of the exact size.
pub(crate) fn concat(pieces: &[&[u8]]) -> Bytes {
    let mut text = Vec::with_capacity(pieces.iter().map(|piece| piece.len()).sum());
    for piece in pieces {
        text.extend_from_slice(piece);
    }
    Bytes::from(text)
}

/// The text of an id.
enum IdText<'a> {
    Absent,
    Integer(Digits),
    String(Cow<'a, str>),
}

impl<'a> IdText<'a> {
    fn new(id: Option<&'a Id>) -> IdText<'a> {
        match id {
            None => IdText::Absent,
            Some(Id::Integer(number)) => IdText::Integer(Digits::new(*number)),
            Some(Id::String(text)) => IdText::String(escape(text)),
        }
    }

    /// The member `id` with its comma, or nothing.
    fn pieces(&self) -> [&[u8]; 3] {
        match self {
            IdText::Absent => [b"", b"", b""],
            IdText::Integer(digits) => [br#","id":"#, digits.as_bytes(), b""],
            IdText::String(text) => [br#","id":""#, text.as_bytes(), b"\""],
        }
    }
}

/// An integer in decimal, without allocation. The longest is `-9223372036854775808`.
pub(crate) struct Digits {
    buffer: [u8; 20],
    start: usize,
}

impl Digits {
    pub(crate) fn new(number: i64) -> Digits {
        let mut digits = Digits {
            buffer: [b'0'; 20],
            start: 20,
        };
        let mut rest = number.unsigned_abs();
        loop {
            digits.push((rest % 10) as u8 + b'0');
            rest /= 10;
            if rest == 0 {
                break;
            }
        }
        if number < 0 {
            digits.push(b'-');
        }
        digits
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.buffer[self.start..]
    }

    fn push(&mut self, byte: u8) {
        self.start -= 1;
        self.buffer[self.start] = byte;
    }
}
