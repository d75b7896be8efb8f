//! One file per section of the configuration, and what they share: a table read against its list of keys.

pub(crate) mod compat;
pub(crate) mod desktop;
pub(crate) mod events;
pub(crate) mod limits;
pub(crate) mod listener;
pub(crate) mod server;

use crate::fault::{Fault, Faults, Span};
use crate::node::{Entry, Node, Table, Value};

/// One key a section knows. Feeds the reader, the error texts and the reference in `docs/`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Key {
    pub(crate) name: &'static str,
    /// What the value may be, as it appears in error messages and in the reference.
    pub(crate) takes: &'static str,
    /// The default as it would be written in the file; empty where there is none.
    pub(crate) default: &'static str,
    /// A value that is accepted, as it would be written in the file; empty if the key is only reserved.
    pub(crate) example: &'static str,
    /// What the setting does.
    pub(crate) doc: &'static str,
}

impl Key {
    /// Known, to be refused in words of its own.
    pub(crate) fn is_reserved(&self) -> bool {
        self.example.is_empty()
    }
}

/// Why one value was refused, before the key's name is put in front.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refused {
    /// Continues the sentence "`key` …".
    pub(crate) why: String,
    /// The part to point at where it is not the whole value.
    pub(crate) span: Option<Span>,
    pub(crate) hint: Option<String>,
}

impl Refused {
    /// For a value of the wrong kind or form.
    pub(crate) fn value(node: &Node) -> Self {
        Self::because(format!("cannot be {}", node.describe()))
    }

    pub(crate) fn because(why: impl Into<String>) -> Self {
        Self {
            why: why.into(),
            span: None,
            hint: None,
        }
    }

    pub(crate) fn at(mut self, span: Span) -> Self {
        self.span = Some(span);
        self
    }

    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

/// A table of the file together with the keys it may hold.
pub(crate) struct Section<'a> {
    /// Dotted path from the root, empty for the root itself.
    path: String,
    table: &'a Table,
    keys: &'static [Key],
}

impl<'a> Section<'a> {
    /// Reports every key the section does not know.
    pub(crate) fn open(path: &str, table: &'a Table, keys: &'static [Key], faults: &mut Faults) -> Self {
        let section = Self {
            path: path.to_owned(),
            table,
            keys,
        };
        for entry in section.unknown_entries() {
            faults.push(section.unknown_key(&entry.key, entry.key_span.clone()));
        }
        section
    }

    pub(crate) fn has_unknown_keys(&self) -> bool {
        self.unknown_entries().next().is_some()
    }

    fn unknown_entries(&self) -> impl Iterator<Item = &'a Entry> {
        let keys = self.keys;
        self.table
            .entries
            .iter()
            .filter(move |entry| !keys.iter().any(|key| key.name == entry.key))
    }

    /// The value of `name` if it is there and acceptable; reports it if it is there and not acceptable.
    pub(crate) fn read<T>(
        &self,
        name: &str,
        faults: &mut Faults,
        parse: impl FnOnce(&Node) -> Result<T, Refused>,
    ) -> Option<T> {
        let node = self.get(name)?;
        faults.keep(parse(node).map_err(|refused| self.refuse(name, node, refused)))
    }

    pub(crate) fn get(&self, name: &str) -> Option<&'a Node> {
        debug_assert!(
            self.keys.iter().any(|key| key.name == name),
            "{name} is missing in the section's list"
        );
        self.table.get(name).map(|entry| &entry.node)
    }

    /// The place of the key `name`, for problems that concern its presence.
    pub(crate) fn key_span(&self, name: &str) -> Option<Span> {
        self.table.get(name).map(|entry| entry.key_span.clone())
    }

    pub(crate) fn path(&self) -> &str {
        &self.path
    }

    /// `name` with the section's path in front.
    pub(crate) fn dotted(&self, name: &str) -> String {
        if self.path.is_empty() {
            name.to_owned()
        } else {
            format!("{}.{name}", self.path)
        }
    }

    /// Reports those of `names` that are there although another key forbids them.
    pub(crate) fn refuse_present(&self, names: &[&str], why: &str, faults: &mut Faults) {
        for name in names {
            if let Some(span) = self.key_span(name) {
                faults.push(Fault::at(span, format!("`{}` {why}", self.dotted(name))));
            }
        }
    }

    fn refuse(&self, name: &str, node: &Node, refused: Refused) -> Fault {
        let takes = self
            .keys
            .iter()
            .find(|key| key.name == name)
            .map_or("", |key| key.takes);
        let span = refused.span.unwrap_or_else(|| node.span.clone());
        Fault::at(span, format!("`{}` {}", self.dotted(name), refused.why))
            .allowed(takes)
            .maybe_hint(refused.hint)
    }

    fn unknown_key(&self, key: &str, span: Span) -> Fault {
        let message = match self.path.as_str() {
            "" => format!("unknown key `{key}`"),
            path => format!("unknown key `{key}` in [{path}]"),
        };
        let names = || {
            self.keys
                .iter()
                .filter(|key| !key.is_reserved())
                .map(|key| key.name)
        };
        let hint = nearest(key, names()).map(|name| format!("did you mean `{name}`?"));
        Fault::at(span, message)
            .allowed(names().collect::<Vec<_>>().join(", "))
            .maybe_hint(hint)
    }
}

/// The candidate a person most likely meant by `word`, if one is near enough to say so.
pub(crate) fn nearest<'c>(word: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<&'c str> {
    let tolerance = (word.chars().count() / 3).clamp(1, 4);
    candidates
        .into_iter()
        .map(|candidate| {
            (
                strsim::damerau_levenshtein(&normal(word), &normal(candidate)),
                candidate,
            )
        })
        .filter(|(distance, _)| *distance <= tolerance)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// `maxSessions`, `max-sessions` and `max_sessions` are the same word to a person.
fn normal(word: &str) -> String {
    word.chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|c| c.to_ascii_lowercase())
        .collect()
}

/// The table at `node`, or a complaint that it is none.
pub(crate) fn table_of(node: &Node) -> Result<&Table, Refused> {
    match &node.value {
        Value::Table(table) => Ok(table),
        _ => Err(Refused::value(node)),
    }
}

#[cfg(test)]
mod tests;
