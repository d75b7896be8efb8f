//! What the runner asks for: one client, one URL, and what the server behind it is known to offer.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value};

/// One cell of the matrix. The runner writes it, so a missing member is a defect of the runner.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Cell {
    pub(crate) url: String,
    /// The same server behind a proxy that cuts one stream; only for the check `resume`.
    pub(crate) resume_url: String,
    pub(crate) mode: Mode,
    pub(crate) revision: String,
    pub(crate) checks: Vec<String>,
    /// Checks that cannot be expressed in this cell, with the reason.
    pub(crate) skip: BTreeMap<String, String>,
    pub(crate) plan: Plan,
}

/// How the conversation begins.
#[derive(Deserialize, Clone, Copy, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Mode {
    /// `initialize`.
    Legacy,
    /// Ask `server/discover`, fall back to `initialize`.
    Auto,
    /// 2026-07-28 or nothing.
    Pin,
}

/// What the server is known to offer (`servers/NAME.json`).
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Plan {
    pub(crate) name: String,
    pub(crate) tools: Vec<String>,
    /// Tools that the server offers only to a client that can be asked.
    #[serde(default)]
    pub(crate) absent_tools: Vec<String>,
    pub(crate) resources: Vec<String>,
    pub(crate) templates: Vec<String>,
    pub(crate) prompts: Vec<String>,
    pub(crate) echo: Echo,
    pub(crate) progress: Progress,
    pub(crate) log: Log,
    pub(crate) read: Read,
    pub(crate) subscribe: Subscribe,
    pub(crate) list_changed: Option<ListChanged>,
    pub(crate) prompt: Prompt,
    pub(crate) complete: Complete,
    pub(crate) cancel: Call,
    pub(crate) cancel_at_server: Option<CancelAtServer>,
    pub(crate) header_param: Option<CallAndAnswer>,
    pub(crate) tool_error: CallAndAnswer,
    pub(crate) protocol_error: ProtocolError,
    pub(crate) sampling: Call,
    pub(crate) elicitation: Elicitation,
    pub(crate) roots: Call,
    pub(crate) resume: Resume,
    pub(crate) large_bytes: usize,
    /// Progress notifications that the client is known to lose by itself.
    pub(crate) may_lose: usize,
}

#[derive(Deserialize)]
pub(crate) struct Call {
    pub(crate) tool: String,
    pub(crate) arguments: Map<String, Value>,
}

#[derive(Deserialize)]
pub(crate) struct Echo {
    pub(crate) tool: String,
    pub(crate) argument: String,
    /// With `{text}` where the text comes back.
    pub(crate) answer: String,
}

#[derive(Deserialize)]
pub(crate) struct Progress {
    pub(crate) tool: String,
    pub(crate) arguments: Map<String, Value>,
    pub(crate) steps: usize,
    pub(crate) answer: String,
}

#[derive(Deserialize)]
pub(crate) struct Resume {
    pub(crate) tool: String,
    pub(crate) arguments: Map<String, Value>,
    pub(crate) steps: usize,
    pub(crate) answer: String,
    /// The notification that is cut too.
    pub(crate) update: Option<Update>,
}

#[derive(Deserialize)]
pub(crate) struct Update {
    pub(crate) uri: String,
    pub(crate) tool: String,
}

/// A tool that adds another one, or removes it again.
#[derive(Deserialize)]
pub(crate) struct ListChanged {
    pub(crate) tool: String,
    pub(crate) adds: String,
}

#[derive(Deserialize)]
pub(crate) struct Log {
    pub(crate) tool: String,
    pub(crate) arguments: Map<String, Value>,
    pub(crate) contains: String,
    /// The tool is a switch: call it once more to end what it began.
    #[serde(default)]
    pub(crate) again: bool,
}

#[derive(Deserialize)]
pub(crate) struct Read {
    pub(crate) uri: String,
    pub(crate) contains: String,
}

#[derive(Deserialize)]
pub(crate) struct Subscribe {
    pub(crate) uri: String,
    pub(crate) tool: String,
    pub(crate) arguments: Map<String, Value>,
    #[serde(default)]
    pub(crate) again: bool,
}

#[derive(Deserialize)]
pub(crate) struct Prompt {
    pub(crate) name: String,
    pub(crate) arguments: Map<String, Value>,
    pub(crate) contains: String,
}

#[derive(Deserialize)]
pub(crate) struct Complete {
    #[serde(rename = "ref")]
    pub(crate) reference: Value,
    pub(crate) argument: Value,
    pub(crate) values: Vec<String>,
}

#[derive(Deserialize)]
pub(crate) struct CancelAtServer {
    pub(crate) tool: String,
    pub(crate) arguments: Map<String, Value>,
    /// The resource whose text is the number of calls that were cancelled.
    pub(crate) counter: String,
}

#[derive(Deserialize)]
pub(crate) struct CallAndAnswer {
    pub(crate) tool: String,
    pub(crate) arguments: Map<String, Value>,
    pub(crate) contains: String,
}

#[derive(Deserialize)]
pub(crate) struct ProtocolError {
    pub(crate) name: String,
    pub(crate) code: i32,
}

#[derive(Deserialize)]
pub(crate) struct Elicitation {
    pub(crate) tool: String,
    pub(crate) arguments: Map<String, Value>,
    /// What the user fills in; `$NONCE` becomes this run's nonce.
    pub(crate) content: Map<String, Value>,
}
