//! JSON to tree.
//!
//! `serde_json` checks the syntax and cuts the text into values; each value is borrowed from the text, so its
//! place is the distance between two pointers. Only one level is decoded at a time.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::{Entry, MAX_DEPTH, Node, Table, Value};
use crate::fault::{Fault, Span};

pub(super) fn parse(text: &str) -> Result<Table, Fault> {
    let raw: &RawValue = serde_json::from_str(text).map_err(|error| syntax_fault(text, &error))?;
    let root = node(text, raw, MAX_DEPTH)?;
    match root.value {
        Value::Table(table) => Ok(table),
        _ => Err(Fault::at(root.span, "the file must hold one JSON object")),
    }
}

fn node(text: &str, raw: &RawValue, depth: usize) -> Result<Node, Fault> {
    let span = span_of(text, raw.get());
    let Some(depth) = depth.checked_sub(1) else {
        return Err(Fault::at(span, format!("nested deeper than {MAX_DEPTH} levels")));
    };
    let value = match raw.get().as_bytes().first() {
        Some(b'{') => Value::Table(table(text, raw, depth)?),
        Some(b'[') => {
            let items: Vec<&RawValue> = decode(text, raw)?;
            Value::Array(
                items
                    .into_iter()
                    .map(|item| node(text, item, depth))
                    .collect::<Result<_, _>>()?,
            )
        }
        Some(b'"') => Value::String(decode(text, raw)?),
        Some(b't' | b'f') => Value::Bool(raw.get() == "true"),
        Some(b'n') => Value::Null,
        _ => raw
            .get()
            .parse()
            .map_or_else(|_| Value::Number(raw.get().to_owned()), Value::Integer),
    };
    Ok(Node { span, value })
}

fn table(text: &str, raw: &RawValue, depth: usize) -> Result<Table, Fault> {
    let members: Members<'_> = decode(text, raw)?;
    let mut entries: Vec<Entry> = Vec::with_capacity(members.0.len());
    for (key, value) in members.0 {
        let node = node(text, value, depth)?;
        let key_span = match &key {
            // The text of the key is borrowed unless it holds escapes; its quotes belong to its place.
            Cow::Borrowed(key) => widen(span_of(text, key)),
            Cow::Owned(_) => node.span.clone(),
        };
        if entries.iter().any(|entry| entry.key == key) {
            return Err(Fault::at(
                key_span,
                format!("the key `{key}` stands here a second time"),
            ));
        }
        entries.push(Entry {
            key: key.into_owned(),
            key_span,
            node,
        });
    }
    Ok(Table { entries })
}

/// The members of one object, with their values still as text.
struct Members<'a>(Vec<(Cow<'a, str>, &'a RawValue)>);

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct InOrder;

        impl<'de> Visitor<'de> for InOrder {
            type Value = Members<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some((key, value)) = map.next_entry::<Key<'de>, &'de RawValue>()? {
                    members.push((key.0, value));
                }
                Ok(Members(members))
            }
        }

        deserializer.deserialize_map(InOrder)
    }
}

/// A key that stays borrowed where it can: serde's own `Cow` always copies.
struct Key<'a>(Cow<'a, str>);

impl<'de> Deserialize<'de> for Key<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Borrow;

        impl<'de> Visitor<'de> for Borrow {
            type Value = Key<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a key")
            }

            fn visit_borrowed_str<E>(self, key: &'de str) -> Result<Self::Value, E> {
                Ok(Key(Cow::Borrowed(key)))
            }

            fn visit_str<E>(self, key: &str) -> Result<Self::Value, E> {
                Ok(Key(Cow::Owned(key.to_owned())))
            }
        }

        deserializer.deserialize_str(Borrow)
    }
}

/// Fails for strings that are valid JSON but no Unicode, such as `"\ud800"`.
fn decode<'a, T: Deserialize<'a>>(text: &str, raw: &'a RawValue) -> Result<T, Fault> {
    serde_json::from_str(raw.get()).map_err(|error| {
        Fault::at(
            span_of(text, raw.get()),
            format!("this is not JSON: {}", reason(&error)),
        )
    })
}

fn span_of(text: &str, part: &str) -> Span {
    let start = (part.as_ptr() as usize).saturating_sub(text.as_ptr() as usize);
    start..start + part.len()
}

fn widen(span: Span) -> Span {
    span.start.saturating_sub(1)..span.end + 1
}

fn syntax_fault(text: &str, error: &serde_json::Error) -> Fault {
    let before: usize = text
        .split_inclusive('\n')
        .take(error.line().saturating_sub(1))
        .map(str::len)
        .sum();
    let offset = text.floor_char_boundary(before + error.column().saturating_sub(1));
    Fault::at(offset..offset + 1, format!("this is not JSON: {}", reason(error)))
}

/// `serde_json` repeats the position at the end of its text; ours is better, so that is cut off.
fn reason(error: &serde_json::Error) -> String {
    let text = error.to_string();
    text.split(" at line ").next().unwrap_or_default().to_owned()
}
