//! Request ids.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::{Raw, escape::escape, raw::Kind};

/// The id of a request: a string or an integer, never null (MCP, "Messages").
///
/// `Display` writes the JSON text of the id. An id is echoed by value: `"\u0041"` comes back as `"A"`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Id {
    /// A number without fraction or exponent.
    Integer(i64),
    /// Any string, also the empty one.
    String(Box<str>),
}

impl Id {
    /// Reads an id, or a token of the same shape such as `progressToken` and `requestId`. `None` for any other
    /// value: null, fractions, integers beyond 64 bits, strings with a lone surrogate.
    pub fn from_raw(raw: &Raw) -> Option<Id> {
        match raw.kind() {
            Kind::Number => raw.as_i64().map(Id::Integer),
            Kind::String => raw.to_string_value().map(|text| Id::String(text.into())),
            _ => None,
        }
    }

    /// The id as a JSON value.
    pub fn to_raw(&self) -> Raw {
        match self {
            Id::Integer(number) => Raw::integer(*number),
            Id::String(text) => Raw::string(text),
        }
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Id::Integer(number) => fmt::Display::fmt(number, f),
            Id::String(text) => write!(f, "\"{}\"", escape(text)),
        }
    }
}

impl From<i64> for Id {
    fn from(number: i64) -> Id {
        Id::Integer(number)
    }
}

impl From<&str> for Id {
    fn from(text: &str) -> Id {
        Id::String(text.into())
    }
}

impl From<String> for Id {
    fn from(text: String) -> Id {
        Id::String(text.into())
    }
}

impl Serialize for Id {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Id::Integer(number) => serializer.serialize_i64(*number),
            Id::String(text) => serializer.serialize_str(text),
        }
    }
}

impl<'de> Deserialize<'de> for Id {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Id, D::Error> {
        deserializer.deserialize_any(IdVisitor)
    }
}

struct IdVisitor;

impl de::Visitor<'_> for IdVisitor {
    type Value = Id;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string or a 64-bit integer")
    }

    fn visit_i64<E: de::Error>(self, number: i64) -> Result<Id, E> {
        Ok(Id::Integer(number))
    }

    fn visit_u64<E: de::Error>(self, number: u64) -> Result<Id, E> {
        i64::try_from(number)
            .map(Id::Integer)
            .map_err(|_| E::invalid_value(de::Unexpected::Unsigned(number), &self))
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Id, E> {
        Ok(Id::from(text))
    }
}
