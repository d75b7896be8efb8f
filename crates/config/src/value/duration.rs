//! Lengths of time: `"15s"`, or seconds as an integer.

use std::time::Duration;

use super::quantity;
use crate::node::{Node, Value};
use crate::section::Refused;

/// What a setting of this kind becomes.
pub(crate) type Output = Duration;

pub(crate) const TAKES: &str = "a time from 1ms to 365d: text such as \"250ms\", \"15s\", \"5m\", \"2h\", \"1d\", or seconds as an integer";

pub(crate) const TAKES_OR_OFF: &str =
    "0 for off, or a time from 1ms to 365d: text such as \"15s\", or seconds as an integer";

const UNITS: &[(&str, u64)] = &[
    ("ms", 1),
    ("s", 1_000),
    ("m", 60_000),
    ("h", 3_600_000),
    ("d", 86_400_000),
];

/// Timers of years ahead help nobody and overflow in places that add them up.
const MAX: Duration = Duration::from_secs(365 * 24 * 60 * 60);

pub(crate) fn parse(node: &Node) -> Result<Duration, Refused> {
    match read(node) {
        Some(time) if time > MAX => Err(Refused::value(node)),
        Some(Duration::ZERO) => Err(Refused::value(node).hint("this cannot be switched off")),
        Some(time) => Ok(time),
        None => Err(Refused::value(node)),
    }
}

/// For what may be switched off by 0.
pub(crate) fn parse_or_off(node: &Node) -> Result<Option<Duration>, Refused> {
    match read(node) {
        Some(Duration::ZERO) => Ok(None),
        _ => parse(node).map(Some),
    }
}

/// A length of time as a command line has it: `15s`, or seconds.
///
/// # Errors
///
/// It is none, or not from 1ms to 365d.
pub fn parse_text(text: &str) -> Result<Duration, String> {
    let time = match text.parse() {
        Ok(seconds) => Some(Duration::from_secs(seconds)),
        Err(_) => quantity::parse(text, UNITS).map(Duration::from_millis),
    };
    let in_bounds = time.filter(|time| !time.is_zero() && *time <= MAX);
    in_bounds.ok_or_else(|| format!("not {TAKES}"))
}

fn read(node: &Node) -> Option<Duration> {
    match &node.value {
        Value::Integer(seconds) => u64::try_from(*seconds).ok().map(Duration::from_secs),
        Value::String(text) => quantity::parse(text, UNITS).map(Duration::from_millis),
        _ => None,
    }
}
