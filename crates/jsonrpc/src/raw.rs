//! One JSON value, kept as the text it came as.

use std::{borrow::Cow, fmt, ops::Range};

use bytes::Bytes;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::DeserializeOwned};
use serde_json::value::RawValue;

use crate::{
    Limits, RawObject, SyntaxError, SyntaxFault,
    encode::concat,
    escape::{escape, unescape_lossy, unescape_str},
    payload::checked_text,
    scan::Scanner,
};

/// The text of one valid JSON value, without whitespace around it.
///
/// Cloning copies no text: it is a slice of the body it came in, and keeps that body alive. Equality is that of
/// the text, so `1.0` is not `1`. `Debug` shows the text, which may hold what users and servers say: do not log it.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Raw(Bytes);

/// What a value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `{…}`
    Object,
    /// `[…]`
    Array,
    /// `"…"`
    String,
    /// Digits, of any size and precision.
    Number,
    /// `true`, `false`
    Bool,
    /// `null`
    Null,
}

impl Raw {
    /// Checks that a text is one JSON value within `limits`, whitespace around it allowed.
    ///
    /// # Errors
    /// What is wrong with the text, and where; also an ambiguous key, if `limits` refuse it at its level.
    pub fn parse(text: impl Into<Bytes>, limits: &Limits) -> Result<Raw, SyntaxError> {
        let bytes = text.into();
        let (bytes, text) = checked_text(&bytes, limits)?;
        let mut scanner = Scanner::new(text, limits);
        scanner.begin()?;
        let range = scanner.value()?;
        scanner.finish()?;
        match scanner.take_ambiguous() {
            Some(offset) => Err(SyntaxFault::AmbiguousKey.at(offset)),
            None => Ok(Raw::slice(&bytes, range)),
        }
    }

    /// Wraps a literal without copying it.
    ///
    /// # Panics
    /// If the literal is not one JSON value without whitespace around it.
    pub fn from_static(text: &'static str) -> Raw {
        let raw = Raw::parse(Bytes::from_static(text.as_bytes()), &Limits::CLIENT);
        raw.ok()
            .filter(|raw| raw.0.len() == text.len())
            .expect("the literal is one JSON value")
    }

    /// `{}`
    pub fn empty_object() -> Raw {
        Raw(Bytes::from_static(b"{}"))
    }

    /// A string value.
    pub fn string(text: &str) -> Raw {
        Raw(concat(&[b"\"", escape(text).as_bytes(), b"\""]))
    }

    /// A number value.
    pub fn number(number: u64) -> Raw {
        Raw(Bytes::from(number.to_string()))
    }

    /// A number value, of either sign.
    pub fn integer(number: i64) -> Raw {
        Raw(Bytes::from(number.to_string()))
    }

    /// Writes a value of one of our own types.
    ///
    /// # Panics
    /// If the type's `Serialize` fails: maps with keys other than strings, or an error of its own.
    pub fn encode<T: Serialize + ?Sized>(value: &T) -> Raw {
        Raw(Bytes::from(
            serde_json::to_vec(value).expect("our own types serialise"),
        ))
    }

    /// Reads the value into a type. Depth is limited to serde_json's 128 levels, except below ignored members.
    ///
    /// # Errors
    /// If the value does not fit the type. The error quotes the value: it is for debug logs, not for peers.
    pub fn decode<T: DeserializeOwned>(&self) -> Result<T, serde_json::Error> {
        serde_json::from_slice(&self.0)
    }

    /// The text. Checks the encoding again (the crate has no unsafe code): for large values prefer
    /// [`Raw::as_bytes`].
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).expect("a Raw is made of UTF-8 only")
    }

    /// The text as bytes.
    pub fn as_bytes(&self) -> &Bytes {
        &self.0
    }

    /// The same value in memory of its own: for keeping it longer than the body it came in, which a slice would
    /// keep whole, with the buffer that the body was read into.
    pub fn detached(&self) -> Raw {
        if self.0 == b"{}".as_slice() {
            return Raw::empty_object();
        }
        Raw(Bytes::copy_from_slice(&self.0))
    }

    /// What the value is.
    pub fn kind(&self) -> Kind {
        match self.0.first() {
            Some(b'{') => Kind::Object,
            Some(b'[') => Kind::Array,
            Some(b'"') => Kind::String,
            Some(b't' | b'f') => Kind::Bool,
            Some(b'n') => Kind::Null,
            _ => Kind::Number,
        }
    }

    /// The meaning of a string; borrowed if it has no escapes. `None` for other kinds, and for a string with a
    /// lone surrogate, which is no Unicode text.
    pub fn to_string_value(&self) -> Option<Cow<'_, str>> {
        let inside = 1..self.0.len() - 1;
        (self.kind() == Kind::String).then(|| unescape_str(&self.as_str()[inside]))?
    }

    /// Like [`Raw::to_string_value`], with U+FFFD for lone surrogates.
    pub(crate) fn to_string_lossy(&self) -> Option<Cow<'_, str>> {
        let inside = 1..self.0.len() - 1;
        (self.kind() == Kind::String).then(|| unescape_lossy(&self.as_str()[inside]))
    }

    /// An integer written without fraction and exponent that fits; `None` for everything else.
    pub fn as_i64(&self) -> Option<i64> {
        (self.kind() == Kind::Number).then(|| self.as_str().parse().ok())?
    }

    /// The value of `true` and `false`; `None` for other kinds.
    pub fn as_bool(&self) -> Option<bool> {
        (self.kind() == Kind::Bool).then(|| self.0.starts_with(b"t"))
    }

    /// One level of an object. `None` for other kinds, and for an object that has a key twice.
    pub fn object(&self) -> Option<RawObject> {
        RawObject::read(self)
    }

    /// The part of `body` at `range`, where the scanner saw a value.
    pub(crate) fn slice(body: &Bytes, range: Range<usize>) -> Raw {
        Raw(body.slice(range))
    }

    /// For text the caller has put together from valid pieces.
    pub(crate) fn assembled(text: Bytes) -> Raw {
        debug_assert!(is_one_value(&text), "pieces do not make one value");
        Raw(text)
    }
}

fn is_one_value(text: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(text) else {
        return false;
    };
    let mut scanner = Scanner::again(text);
    scanner.value().is_ok() && scanner.at() == text.len()
}

impl From<bool> for Raw {
    fn from(value: bool) -> Raw {
        Raw(Bytes::from_static(if value { b"true" } else { b"false" }))
    }
}

impl fmt::Debug for Raw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Raw({})", self.as_str())
    }
}

impl fmt::Display for Raw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Writes the text as it is into serde_json; other formats see a string.
impl Serialize for Raw {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let raw: &RawValue = serde_json::from_str(self.as_str()).expect("a Raw is valid JSON");
        raw.serialize(serializer)
    }
}

/// Copies the text as it is out of serde_json. Keys inside are not checked.
impl<'de> Deserialize<'de> for Raw {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Raw, D::Error> {
        let raw = Box::<RawValue>::deserialize(deserializer)?;
        Ok(Raw(Bytes::from(String::from(Box::<str>::from(raw)))))
    }
}
