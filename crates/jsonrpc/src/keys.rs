//! Finding repeated keys while scanning, without allocation for objects of usual size.

use std::{borrow::Cow, collections::HashSet};

use smallvec::SmallVec;

/// Up to this many keys of one object are compared one by one; beyond, they are hashed (with random keys, so
/// that a sender cannot choose collisions).
const FEW: usize = 32;

/// The keys of all objects open at this moment, innermost last. Keys are unescaped, as WTF-8.
#[derive(Default)]
pub(crate) struct Keys<'a> {
    few: SmallVec<[Cow<'a, [u8]>; FEW]>,
}

/// One open object's part of [`Keys`].
pub(crate) struct OpenObject<'a> {
    first: usize,
    many: Option<HashSet<Cow<'a, [u8]>>>,
}

impl<'a> Keys<'a> {
    pub(crate) fn open(&self) -> OpenObject<'a> {
        OpenObject {
            first: self.few.len(),
            many: None,
        }
    }

    /// Notes a key of the innermost open object; false if the object has it already.
    pub(crate) fn insert(&mut self, object: &mut OpenObject<'a>, key: Cow<'a, [u8]>) -> bool {
        if let Some(many) = &mut object.many {
            return many.insert(key);
        }
        if self.few[object.first..].contains(&key) {
            return false;
        }
        self.few.push(key);
        if self.few.len() - object.first > FEW {
            object.many = Some(self.few.drain(object.first..).collect());
        }
        true
    }

    pub(crate) fn close(&mut self, object: OpenObject<'a>) {
        self.few.truncate(object.first);
    }
}
