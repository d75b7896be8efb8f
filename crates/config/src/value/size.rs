//! Amounts of memory: `"4MiB"`, or bytes as an integer.

use super::quantity;
use crate::node::{Node, Value};
use crate::section::Refused;

/// What a setting of this kind becomes: bytes.
pub(crate) type Output = usize;

pub(crate) const TAKES: &str =
    "a size from 1KiB to 1TiB: text such as \"64KiB\", \"4MiB\", \"1GiB\", or bytes as an integer";

const UNITS: &[(&str, u64)] = &[
    ("B", 1),
    ("KiB", 1 << 10),
    ("MiB", 1 << 20),
    ("GiB", 1 << 30),
    ("TiB", 1 << 40),
    ("kB", 1_000),
    ("MB", 1_000_000),
    ("GB", 1_000_000_000),
];

/// Below this not even the smallest message of the protocol fits.
const MIN: u64 = 1 << 10;
const MAX: u64 = 1 << 40;

pub(crate) fn parse(node: &Node) -> Result<usize, Refused> {
    let bytes = match &node.value {
        Value::Integer(bytes) => u64::try_from(*bytes).ok(),
        Value::String(text) => quantity::parse(text, UNITS),
        _ => None,
    };
    bytes
        .filter(|bytes| (MIN..=MAX).contains(bytes))
        .and_then(|bytes| usize::try_from(bytes).ok())
        .ok_or_else(|| Refused::value(node))
}
