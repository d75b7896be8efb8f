//! Paths and operations that stay what they were until others are named.

use serde_json::Value;

/// A longer path is not followed.
pub const MAX_PATH: usize = 1024;

/// Deeper lists of operations are not followed.
const MAX_DEPTH: usize = 8;

/// Where and how the next value goes that names neither.
#[derive(Debug, Default)]
pub(crate) struct Sticky {
    pub(crate) path: String,
    pub(crate) operation: String,
}

/// One change.
#[derive(Debug, PartialEq)]
pub(crate) struct Change<'a> {
    pub(crate) path: String,
    /// In lower case; empty if none was named.
    pub(crate) operation: String,
    pub(crate) value: &'a Value,
}

/// How an operation that is left out is understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Absent {
    /// It is the one that was named last, whatever the path.
    Stays,
    /// It is the one that was named last only if the path is left out too.
    StaysWithPath,
}

impl Sticky {
    /// What a frame `{p?, o?, v}` changes: one thing, or those of a list. `None` if it is no such frame.
    pub(crate) fn changes<'a>(
        &mut self,
        frame: &'a Value,
        absent: Absent,
        list: &str,
    ) -> Option<Vec<Change<'a>>> {
        let value = frame.get("v")?;
        let path = frame["p"].as_str();
        let operation = frame["o"].as_str().map(operation_named);
        match (operation, path, absent) {
            (Some(operation), _, _) => self.operation = operation,
            (None, Some(_), Absent::StaysWithPath) => self.operation.clear(),
            (None, _, _) => {}
        }
        // What goes on after a path that came without an operation grows there.
        let goes_on = path.is_none() && self.operation.is_empty();
        if let Some(path) = path {
            self.path = clipped(path);
        }
        let mut changes = Vec::new();
        let whole = Change {
            path: self.path.clone(),
            operation: if goes_on { "append" } else { &self.operation }.to_owned(),
            value,
        };
        unfold(whole, list, 0, &mut changes);
        Some(changes)
    }
}

/// Operations in a list name all they need: nothing is carried over into them, or out of them.
fn unfold<'a>(change: Change<'a>, list: &str, depth: usize, out: &mut Vec<Change<'a>>) {
    let parts = change.value.as_array().filter(|_| change.operation == list);
    let Some(parts) = parts.filter(|_| depth < MAX_DEPTH) else {
        return out.push(change);
    };
    for part in parts {
        let Some(value) = part.get("v") else { continue };
        let path = part["p"].as_str().unwrap_or_default();
        let below = Change {
            path: joined(&change.path, path),
            operation: operation_named(part["o"].as_str().unwrap_or_default()),
            value,
        };
        unfold(below, list, depth + 1, out);
    }
}

/// What is longer than all that are known is none of them.
fn operation_named(name: &str) -> String {
    const LONGEST: usize = 32;
    name.chars().take(LONGEST).flat_map(char::to_lowercase).collect()
}

fn joined(path: &str, below: &str) -> String {
    let (path, below) = (path.trim_matches('/'), below.trim_matches('/'));
    match (path, below) {
        ("", only) | (only, "") => clipped(only),
        (path, below) => clipped(&format!("{path}/{below}")),
    }
}

/// Without the slash that a JSON pointer begins with, which some write and others do not.
fn clipped(path: &str) -> String {
    let path = path.trim_matches('/');
    if path.len() > MAX_PATH {
        return "too long".to_owned();
    }
    path.to_owned()
}
