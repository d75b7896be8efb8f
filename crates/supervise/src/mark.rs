//! How a child's descendants are recognised.

use std::fmt;

use rustix::process::Pid;

/// The variable every child carries. Descendants inherit it, also those that left the session or were
/// adopted by another process.
pub const MARK_VARIABLE: &str = "PONTOON_CHILD";

/// An unguessable name for one child. The caller draws it: this room has no randomness of its own.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct ChildToken(u128);

impl ChildToken {
    /// A token from 128 random bits.
    pub fn new(random: u128) -> Self {
        Self(random)
    }
}

impl fmt::Display for ChildToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

/// Not shown: a process that knows it could have itself killed in another child's place.
impl fmt::Debug for ChildToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ChildToken(..)")
    }
}

/// What identifies one child's tree: the leader's pid (also the number of its session and process group)
/// and the token.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Mark {
    pub(crate) leader: Pid,
    pub(crate) token: ChildToken,
}
