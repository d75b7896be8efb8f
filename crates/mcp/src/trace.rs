//! Trace context: names and grammar of what tracing puts beside a message.
//!
//! MCP carries it in `_meta` (2026-07-28, Overview, "OpenTelemetry trace context"), plain HTTP in headers of the same
//! names (W3C Trace Context and W3C Baggage). Whatever crosses from one to the other is checked to the letter: neither
//! a header nor a member of `_meta` may carry anything else by these names.

use std::borrow::Cow;

use pontoon_jsonrpc::{Raw, RawObject};

use crate::meta::META;

/// Which trace, and which part of it a message belongs to.
pub const TRACEPARENT: &str = "traceparent";
/// What the tracing systems on the way add to it.
pub const TRACESTATE: &str = "tracestate";
/// What travels with a trace for the application.
pub const BAGGAGE: &str = "baggage";

/// Length of a `traceparent` of version 00.
const PARENT_LENGTH: usize = 55;
/// Longest `traceparent` of a later version, which may have more behind.
const MAX_PARENT: usize = 256;
/// Longest `tracestate`; "Vendors SHOULD propagate at least 512 characters".
const MAX_STATE: usize = 4096;
/// "There can be a maximum of 32 list-members".
const MAX_STATE_MEMBERS: usize = 32;
/// Longest `baggage`: what "a platform MUST propagate".
const MAX_BAGGAGE: usize = 8192;
/// Most members of it: likewise.
const MAX_BAGGAGE_MEMBERS: usize = 64;

/// The trace context of one message. What it holds keeps the grammar, which is plain ASCII without control characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TraceContext<'a> {
    parent: Option<Cow<'a, str>>,
    state: Option<Cow<'a, str>>,
    baggage: Option<Cow<'a, str>>,
}

impl<'a> TraceContext<'a> {
    /// What is left of these values without those that break a rule or a limit; `None` if that is nothing. A
    /// `tracestate` is nothing without its `traceparent`.
    pub fn checked(
        parent: Option<Cow<'a, str>>,
        state: Option<Cow<'a, str>>,
        baggage: Option<Cow<'a, str>>,
    ) -> Option<Self> {
        let parent = parent.filter(|parent| is_parent(parent));
        let state = state.filter(|state| parent.is_some() && is_state(state));
        let baggage = baggage.filter(|baggage| is_baggage(baggage));
        (parent.is_some() || baggage.is_some()).then_some(Self {
            parent,
            state,
            baggage,
        })
    }

    /// What `_meta` holds of it.
    pub fn of_meta(meta: &'a RawObject) -> Option<Self> {
        Self::checked(
            meta.get_str(TRACEPARENT),
            meta.get_str(TRACESTATE),
            meta.get_str(BAGGAGE),
        )
    }

    /// Names and values, as headers and as members of `_meta`.
    pub fn entries(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let named = [
            (TRACEPARENT, &self.parent),
            (TRACESTATE, &self.state),
            (BAGGAGE, &self.baggage),
        ];
        named
            .into_iter()
            .filter_map(|(name, value)| Some((name, value.as_deref()?)))
    }

    /// These params with this context in their `_meta`. `None` if they have one of their own, of which every part
    /// counts, or nothing can be added to them.
    pub fn added_to(&self, params: Option<&Raw>) -> Option<Raw> {
        let params = params.map_or_else(|| Some(RawObject::empty()), Raw::object)?;
        let meta = params.get(META);
        let meta = meta.map_or_else(|| Some(RawObject::empty()), |meta| meta.object())?;
        if [TRACEPARENT, TRACESTATE, BAGGAGE]
            .iter()
            .any(|key| meta.contains(key))
        {
            return None;
        }
        let mut more = meta.edit();
        for (key, value) in self.entries() {
            more.set(key, Raw::string(value));
        }
        Some(params.edit().set(META, more.finish()).finish())
    }
}

/// `00-<32 hex digits>-<16 hex digits>-<2 hex digits>`, in lower case, neither id all zeros. A later version begins the
/// same and may have more behind another dash (W3C Trace Context, "Versioning of traceparent").
fn is_parent(value: &str) -> bool {
    let mut fields = value.splitn(5, '-');
    let mut next = |length: usize| {
        fields
            .next()
            .filter(|field| field.len() == length && field.bytes().all(is_hex))
    };
    let (Some(version), Some(trace), Some(span), Some(_flags)) = (next(2), next(32), next(16), next(2))
    else {
        return false;
    };
    let is_plain = |rest: &str| {
        rest.bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    let has_id = |id: &str| id.bytes().any(|digit| digit != b'0');
    has_id(trace)
        && has_id(span)
        && match version {
            "00" => value.len() == PARENT_LENGTH,
            "ff" => false,
            _ => value.len() <= MAX_PARENT && fields.next().is_none_or(is_plain),
        }
}

fn is_hex(byte: u8) -> bool {
    matches!(byte, b'0'..=b'9' | b'a'..=b'f')
}

/// A list of `key=value` (W3C Trace Context, "tracestate Header Field Values"); members may be empty.
fn is_state(value: &str) -> bool {
    value.len() <= MAX_STATE && is_list(value, MAX_STATE_MEMBERS, is_state_member)
}

fn is_state_member(member: &str) -> bool {
    let Some((key, value)) = member.split_once('=') else {
        return false;
    };
    let is_key = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_' | b'-' | b'*' | b'/' | b'@');
    let begins = key.starts_with(|first: char| first.is_ascii_lowercase() || first.is_ascii_digit());
    let is_value = |byte: u8| matches!(byte, 0x20..=0x7e) && !matches!(byte, b',' | b'=');
    begins
        && key.len() <= 256
        && key.bytes().all(is_key)
        && (1..=256).contains(&value.len())
        && value.bytes().all(is_value)
}

/// A list of `key=value`, each with properties behind semicolons (W3C Baggage, "Header Content").
fn is_baggage(value: &str) -> bool {
    value.len() <= MAX_BAGGAGE && is_list(value, MAX_BAGGAGE_MEMBERS, is_baggage_member)
}

fn is_baggage_member(member: &str) -> bool {
    let mut parts = member.split(';').map(trimmed);
    let is_entry = parts.next().is_some_and(|entry| {
        entry
            .split_once('=')
            .is_some_and(|(key, value)| is_pair(key, value))
    });
    is_entry
        && parts.all(|property| match property.split_once('=') {
            Some((key, value)) => is_pair(key, value),
            None => is_token(property),
        })
}

fn is_pair(key: &str, value: &str) -> bool {
    let is_octet = |byte: u8| matches!(byte, 0x21 | 0x23..=0x2b | 0x2d..=0x3a | 0x3c..=0x5b | 0x5d..=0x7e);
    is_token(trimmed(key)) && trimmed(value).bytes().all(is_octet)
}

/// RFC 9110, 5.6.2.
fn is_token(text: &str) -> bool {
    !text.is_empty()
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte))
}

/// Whether there are members, all of them good and no more than `most`.
fn is_list(value: &str, most: usize, is_member: impl Fn(&str) -> bool) -> bool {
    let mut count = 0;
    let mut members = value.split(',').map(trimmed).filter(|member| !member.is_empty());
    let good = members.all(|member| {
        count += 1;
        count <= most && is_member(member)
    });
    good && count > 0
}

/// Without white space around (RFC 9110, "OWS").
fn trimmed(text: &str) -> &str {
    text.trim_matches([' ', '\t'])
}

#[cfg(test)]
mod tests;
