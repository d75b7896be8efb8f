//! Paths of routes: the mount prefix and the extra endpoint paths.

use std::fmt;

use crate::node::Node;
use crate::section::Refused;

pub(crate) const TAKES: &str = "a path such as \"/tools\" or \"/api/mcp\": segments of a-z, A-Z, 0-9, -, _, ~ and . between slashes, none at the end";

pub(crate) const TAKES_LIST: &str = "a list of paths such as \"/api/mcp\": segments of a-z, A-Z, 0-9, -, _, ~ and . between slashes, none at the end";

/// A path that is safe to mount: starts with a slash, does not end with one, holds no escapes, no empty and no dot segments.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RoutePath(String);

impl RoutePath {
    /// `None` unless the text is such a path.
    pub fn new(text: &str) -> Option<Self> {
        let is_plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'~' | b'.');
        let is_segment = |segment: &str| !matches!(segment, "" | "." | "..") && segment.bytes().all(is_plain);
        let is_route = text
            .strip_prefix('/')
            .is_some_and(|rest| rest.split('/').all(is_segment));
        is_route.then(|| Self(text.to_owned()))
    }

    /// The path as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RoutePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

pub(crate) fn parse(node: &Node) -> Result<RoutePath, Refused> {
    node.as_str()
        .and_then(RoutePath::new)
        .ok_or_else(|| Refused::value(node))
}
