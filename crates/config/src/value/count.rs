//! How many of something: a positive integer.

use crate::node::{Node, Value};
use crate::section::Refused;

/// What a setting of this kind becomes.
pub(crate) type Output = usize;

pub(crate) const TAKES: &str = "an integer from 1 to 1000000000";

pub(crate) const TAKES_OR_NONE: &str = "an integer from 0 to 1000000000";

const MAX: i64 = 1_000_000_000;

pub(crate) fn parse(node: &Node) -> Result<usize, Refused> {
    in_range(node, 1)
}

/// For what may be none at all.
pub(crate) fn parse_or_none(node: &Node) -> Result<usize, Refused> {
    in_range(node, 0)
}

fn in_range(node: &Node, min: i64) -> Result<usize, Refused> {
    match node.value {
        Value::Integer(count) if (min..=MAX).contains(&count) => {
            usize::try_from(count).map_err(|_| Refused::value(node))
        }
        Value::Integer(0) => Err(Refused::value(node).hint("this limit cannot be switched off")),
        _ => Err(Refused::value(node)),
    }
}
