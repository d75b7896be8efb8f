//! A configuration as a tree in which every key and value knows where it stood.
//!
//! TOML and JSON arrive here as the same tree, so each section is read by one piece of code.

mod json;
mod toml;

use crate::fault::{Fault, Span};

/// Deeper files are refused: no setting nests that far.
pub(crate) const MAX_DEPTH: usize = 16;

/// A value and its place.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Node {
    pub(crate) span: Span,
    pub(crate) value: Value,
}

/// What a value is. Kinds that no setting takes carry no content.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value {
    Null,
    Bool(bool),
    Integer(i64),
    /// A fraction, or an integer beyond 64 bits, as it was written.
    Number(String),
    Datetime,
    String(String),
    Array(Vec<Node>),
    Table(Table),
}

/// Entries in the order of the file.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Table {
    pub(crate) entries: Vec<Entry>,
}

/// One `key = value`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Entry {
    pub(crate) key: String,
    pub(crate) key_span: Span,
    pub(crate) node: Node,
}

impl Table {
    pub(crate) fn get(&self, key: &str) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.key == key)
    }
}

impl Node {
    /// The value in words, as a sentence about it needs it: `"4 apples"`, `true`, `an array`.
    pub(crate) fn describe(&self) -> String {
        match &self.value {
            Value::Null => "null".to_owned(),
            Value::Bool(value) => value.to_string(),
            Value::Integer(value) => value.to_string(),
            Value::Number(text) => text.clone(),
            Value::Datetime => "a date".to_owned(),
            Value::String(text) => format!("{text:?}"),
            Value::Array(_) => "an array".to_owned(),
            Value::Table(_) => "a table".to_owned(),
        }
    }

    pub(crate) fn as_str(&self) -> Option<&str> {
        match &self.value {
            Value::String(text) => Some(text),
            _ => None,
        }
    }
}

/// The two languages a configuration may be written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    /// `pontoon.toml`.
    Toml,
    /// The `mcpServers` file of a desktop client.
    Json,
}

impl Format {
    /// By content, not by the file's name: no TOML document starts with a brace.
    pub(crate) fn of(text: &str) -> Self {
        if text.trim_start().starts_with('{') {
            Self::Json
        } else {
            Self::Toml
        }
    }

    /// # Errors
    ///
    /// Where the syntax breaks, a key stands twice, or the nesting passes [`MAX_DEPTH`].
    pub(crate) fn parse(self, text: &str) -> Result<Table, Fault> {
        match self {
            Self::Toml => toml::parse(text),
            Self::Json => json::parse(text),
        }
    }
}

#[cfg(test)]
mod tests;
