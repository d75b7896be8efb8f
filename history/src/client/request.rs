//! Requests as text.

use serde_json::{Value, json};

use super::visit::{Era, Visit};
use crate::books::Retry;
use crate::mark::Mark;

/// Both forms of answer.
pub(crate) const BOTH: &str = "application/json, text/event-stream";

/// The headers of a legacy session.
pub(crate) fn session_headers(id: &str, revision: &str) -> String {
    format!("mcp-session-id: {id}\r\nmcp-protocol-version: {revision}\r\n")
}

/// A POST, head and body.
pub(crate) fn post(path: &str, accept: &str, headers: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    let head = format!(
        "POST {path} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\naccept: {accept}\r\n\
         {headers}content-length: {length}\r\n\r\n{body}"
    );
    head.into_bytes()
}

/// A request without a body.
pub(crate) fn bodiless(method: &str, path: &str, headers: &str) -> Vec<u8> {
    format!("{method} {path} HTTP/1.1\r\nhost: localhost\r\naccept: text/event-stream\r\n{headers}\r\n")
        .into_bytes()
}

/// A JSON-RPC request.
pub(crate) fn message(id: &Value, method: &str, params: &Value) -> String {
    json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params }).to_string()
}

/// A JSON-RPC notification.
pub(crate) fn notification(method: &str, params: &Value) -> String {
    json!({ "jsonrpc": "2.0", "method": method, "params": params }).to_string()
}

/// What opens a session. Its client calls itself by the session's label.
pub(crate) fn initialize(visit: &Visit, id: &Value, revision: &str) -> String {
    let params = json!({
        "protocolVersion": revision,
        "capabilities": { "sampling": {}, "elicitation": {}, "roots": { "listChanged": true } },
        "clientInfo": { "name": visit.label.to_string(), "version": "1" },
    });
    message(id, "initialize", &params)
}

/// What a modern request says of itself.
pub(crate) fn modern_meta(visit: &Visit) -> Value {
    let capabilities: Value = serde_json::from_str(visit.guest.declares).expect("it is written as JSON");
    json!({
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientCapabilities": capabilities,
        "io.modelcontextprotocol/clientInfo": { "name": visit.label.to_string(), "version": "1" },
    })
}

/// The headers that mirror a modern request.
pub(crate) fn modern_headers(method: &str, name: Option<&str>) -> String {
    let name = name.map_or_else(String::new, |name| format!("mcp-name: {name}\r\n"));
    format!("mcp-protocol-version: 2026-07-28\r\nmcp-method: {method}\r\n{name}")
}

/// What a request is about, before it becomes text.
pub(crate) struct Draft {
    pub(crate) mark: Mark,
    pub(crate) id: Value,
    pub(crate) method: &'static str,
    pub(crate) params: Value,
    /// Whether its script ends with a result and nothing untoward.
    pub(crate) honest: bool,
    /// Whether it breaks a rule.
    pub(crate) foul: bool,
    /// What it is a retry of.
    pub(crate) retry: Option<Retry>,
}

impl Draft {
    /// A request whose parameters carry its mark.
    pub(crate) fn new(visit: &Visit, method: &'static str, mut params: Value) -> Self {
        let mark = visit.mark();
        params["mark"] = Value::from(mark.to_string());
        Self {
            mark,
            id: visit.id(),
            method,
            params,
            honest: true,
            foul: false,
            retry: None,
        }
    }

    /// A tool call with a script.
    pub(crate) fn call(visit: &Visit, script: &Value, honest: bool) -> Self {
        let mark = visit.mark();
        let text = mark.to_string();
        let params = json!({
            "name": "script",
            "arguments": { "mark": text, "script": script },
            "_meta": { "progressToken": text },
        });
        Self {
            mark,
            id: visit.id(),
            method: "tools/call",
            params,
            honest,
            foul: false,
            retry: None,
        }
    }

    /// The message as text, and the headers that go with it.
    pub(crate) fn write(&self, visit: &Visit) -> (String, String) {
        let mut params = self.params.clone();
        let mut headers = visit.headers();
        if visit.guest.era == Era::Modern {
            let meta = modern_meta(visit);
            for (key, value) in meta.as_object().into_iter().flatten() {
                params["_meta"][key] = value.clone();
            }
            headers = modern_headers(self.method, params["name"].as_str());
        }
        (message(&self.id, self.method, &params), headers)
    }
}
