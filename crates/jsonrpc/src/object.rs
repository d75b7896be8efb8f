//! One level of an object: an index of its members.

use std::{borrow::Cow, ops::Range};

use bytes::Bytes;
use smallvec::SmallVec;

use crate::{
    Edit, Raw,
    escape::{unescape, unescape_lossy, unescape_str},
    raw::Kind,
    scan::Scanner,
};

/// One level of an object: where its members lie in the text. Values stay raw. No key is there twice.
#[derive(Clone, Debug)]
pub struct RawObject {
    text: Raw,
    pub(crate) members: SmallVec<[Member; 8]>,
}

/// Where a member lies in the text.
#[derive(Clone, Debug)]
pub(crate) struct Member {
    /// Inside the quotes.
    key: Range<usize>,
    escaped: bool,
    pub(crate) value: Range<usize>,
    /// From after the comma or brace in front to the comma or brace behind.
    pub(crate) segment: Range<usize>,
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
        Edit::new(self)
    }

    pub(crate) fn bytes(&self) -> &Bytes {
        self.text.as_bytes()
    }

    pub(crate) fn find(&self, key: &str) -> Option<usize> {
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
