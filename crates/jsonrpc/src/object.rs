//! One level of an object: an index of its members, and edits that leave the rest as it is.

use std::{borrow::Cow, ops::Range};

use bytes::Bytes;
use smallvec::SmallVec;

use crate::{
    Raw,
    encode::concat,
    escape::{unescape, unescape_lossy, unescape_str},
    raw::Kind,
    scan::Scanner,
};

/// One level of an object: where its members lie in the text. Values stay raw. No key is there twice.
#[derive(Clone, Debug)]
pub struct RawObject {
    text: Raw,
    members: SmallVec<[Member; 8]>,
}

/// Where a member lies in the text.
#[derive(Clone, Debug)]
struct Member {
    /// Inside the quotes.
    key: Range<usize>,
    escaped: bool,
    value: Range<usize>,
    /// From after the comma or brace in front to the comma or brace behind.
    segment: Range<usize>,
}

impl RawObject {
    /// An object without members.
    pub fn empty() -> RawObject {
        RawObject {
            text: Raw::empty_object(),
            members: SmallVec::new(),
        }
    }

    pub(crate) fn read(raw: &Raw) -> Option<RawObject> {
        if raw.kind() != Kind::Object {
            return None;
        }
        let mut members = SmallVec::new();
        let mut repeated = false;
        let mut behind = 1;
        Scanner::again(raw.as_str())
            .members(|scanner, key| {
                let value = scanner.value()?;
                scanner.skip_whitespace();
                repeated |= key.ambiguous;
                members.push(Member {
                    key: key.quoted.start..key.quoted.end,
                    escaped: key.quoted.escaped,
                    value,
                    segment: behind..scanner.at(),
                });
                behind = scanner.at() + 1;
                Ok(())
            })
            .expect("a Raw was checked before");
        (!repeated).then(|| RawObject {
            text: raw.clone(),
            members,
        })
    }

    /// The value of a member.
    pub fn get(&self, key: &str) -> Option<Raw> {
        self.find(key).map(|index| self.value(&self.members[index]))
    }

    /// The value of a member that is a string; `None` also if it is not one, or has a lone surrogate.
    pub fn get_str(&self, key: &str) -> Option<Cow<'_, str>> {
        let value = &self.members[self.find(key)?].value;
        let text = std::str::from_utf8(&self.bytes()[value.clone()]).expect("a Raw is made of UTF-8 only");
        let inside = text.strip_prefix('"')?.strip_suffix('"')?;
        unescape_str(inside)
    }

    /// Whether there is such a member.
    pub fn contains(&self, key: &str) -> bool {
        self.find(key).is_some()
    }

    /// The members in order. A lone surrogate in a key shows as U+FFFD; [`RawObject::get`] does not find such a
    /// key.
    pub fn iter(&self) -> impl Iterator<Item = (Cow<'_, str>, Raw)> {
        self.members
            .iter()
            .map(|member| (self.key(member), self.value(member)))
    }

    /// How many members there are.
    pub fn len(&self) -> usize {
        self.members.len()
    }

    /// Whether there is no member.
    pub fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    /// The whole object.
    pub fn to_raw(&self) -> Raw {
        self.text.clone()
    }

    /// Begins a changed copy.
    pub fn edit(&self) -> Edit<'_> {
        Edit {
            object: self,
            changes: SmallVec::new(),
            added: SmallVec::new(),
        }
    }

    fn bytes(&self) -> &Bytes {
        self.text.as_bytes()
    }

    fn find(&self, key: &str) -> Option<usize> {
        self.members.iter().position(|member| {
            let inside = &self.bytes()[member.key.clone()];
            if member.escaped {
                *unescape(inside) == *key.as_bytes()
            } else {
                inside == key.as_bytes()
            }
        })
    }

    fn key(&self, member: &Member) -> Cow<'_, str> {
        let inside = &self.bytes()[member.key.clone()];
        unescape_lossy(std::str::from_utf8(inside).expect("a Raw is made of UTF-8 only"))
    }

    fn value(&self, member: &Member) -> Raw {
        Raw::slice(self.bytes(), member.value.clone())
    }
}

/// A changed copy of a [`RawObject`] in the making. What is not changed keeps its bytes, whitespace included.
#[derive(Debug)]
pub struct Edit<'a> {
    object: &'a RawObject,
    /// The last change of each member that has one, by index.
    changes: SmallVec<[(usize, Change); 4]>,
    /// Members that were not there, or were removed first; keys in JSON text.
    added: SmallVec<[(Raw, Raw); 2]>,
}

#[derive(Debug)]
enum Change {
    Replace(Raw),
    Remove,
}

impl Edit<'_> {
    /// Gives a member a value, in its place if it is there, else at the end.
    pub fn set(&mut self, key: &str, value: Raw) -> &mut Self {
        match self.object.find(key) {
            Some(index) if !matches!(self.change(index), Some(Change::Remove)) => {
                self.note(index, Change::Replace(value));
            }
            _ => self.add(key, value),
        }
        self
    }

    /// Removes a member if it is there.
    pub fn remove(&mut self, key: &str) -> &mut Self {
        if let Some(index) = self.object.find(key) {
            self.note(index, Change::Remove);
        }
        let quoted = Raw::string(key);
        self.added.retain(|(added, _)| *added != quoted);
        self
    }

    /// The changed object; the same text, not a copy, if nothing changed.
    pub fn finish(&self) -> Raw {
        if self.changes.is_empty() && self.added.is_empty() {
            return self.object.to_raw();
        }
        Raw::assembled(concat(&self.pieces()))
    }

    /// The text of the changed object, in order.
    fn pieces(&self) -> SmallVec<[&[u8]; 32]> {
        let text = self.object.bytes();
        let mut pieces: SmallVec<[&[u8]; 32]> = SmallVec::new();
        pieces.push(b"{");
        for (index, member) in self.object.members.iter().enumerate() {
            let segment = &member.segment;
            match self.change(index) {
                Some(Change::Remove) => continue,
                None => pieces.push(&text[segment.clone()]),
                Some(Change::Replace(value)) => pieces.extend([
                    &text[segment.start..member.value.start],
                    value.as_bytes(),
                    &text[member.value.end..segment.end],
                ]),
            }
            pieces.push(b",");
        }
        for (key, value) in &self.added {
            pieces.extend([key.as_bytes(), &b":"[..], value.as_bytes(), b","]);
        }
        // The last comma, or the opening brace of what is now an empty object, makes room for the end.
        let last = pieces.pop();
        pieces.push(if last == Some(b"{") { b"{}" } else { b"}" });
        pieces
    }

    fn change(&self, index: usize) -> Option<&Change> {
        self.changes
            .iter()
            .find(|(changed, _)| *changed == index)
            .map(|(_, change)| change)
    }

    fn note(&mut self, index: usize, change: Change) {
        match self.changes.iter_mut().find(|(changed, _)| *changed == index) {
            Some((_, earlier)) => *earlier = change,
            None => self.changes.push((index, change)),
        }
    }

    fn add(&mut self, key: &str, value: Raw) {
        let quoted = Raw::string(key);
        match self.added.iter_mut().find(|(added, _)| *added == quoted) {
            Some((_, earlier)) => *earlier = value,
            None => self.added.push((quoted, value)),
        }
    }
}
