//! `[compat]`: for clients that were written against something else than the specification.

use super::{Key, Section};
use crate::fault::Faults;
use crate::value::plain;

pub(crate) const KEYS: &[Key] = &[
    Key {
        name: "legacy_connect_event",
        takes: "true or false",
        default: "false",
        example: "true",
        doc: "Sends an event `connect` behind the `endpoint` event of HTTP+SSE.",
    },
    Key {
        name: "get_channel_responses",
        takes: "true or false",
        default: "false",
        example: "true",
        doc: "Answers a POST with 202 and sends the reply on the client's GET stream, where it has one. Against the specification: see [The event channel](events.md).",
    },
    Key {
        name: "direct_tool_methods",
        takes: "true or false",
        default: "false",
        example: "true",
        doc: "Takes a method that MCP does not have for the name of a tool, and its params for the arguments.",
    },
];

/// What is done for clients that were written against something else than the specification.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Compat {
    /// HTTP+SSE sends an event `connect` behind `endpoint`.
    pub legacy_connect_event: bool,
    /// A POST is answered on the client's GET stream, where it has one.
    pub get_channel_responses: bool,
    /// A method that MCP does not have is the name of a tool.
    pub direct_tool_methods: bool,
}

impl Compat {
    pub(crate) fn read(section: &Section<'_>, faults: &mut Faults) -> Self {
        let mut switch = |name| section.read(name, faults, plain::switch).unwrap_or_default();
        Self {
            legacy_connect_event: switch("legacy_connect_event"),
            get_channel_responses: switch("get_channel_responses"),
            direct_tool_methods: switch("direct_tool_methods"),
        }
    }
}
