//! Edits of one level of an object that leave the rest as it is.

use smallvec::SmallVec;

use crate::{Raw, RawObject, encode::concat};

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

impl<'a> Edit<'a> {
    pub(crate) fn new(object: &'a RawObject) -> Edit<'a> {
        Edit {
            object,
            changes: SmallVec::new(),
            added: SmallVec::new(),
        }
    }

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
