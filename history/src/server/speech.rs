//! What servers say, as text.

use serde_json::{Map, Value, json};

use crate::mark::Mark;

/// What a legacy server says of itself.
pub(super) fn initialized(id: &Value, revision: &str) -> String {
    let capabilities = json!({
        "tools": { "listChanged": true },
        "resources": { "subscribe": true, "listChanged": true },
        "logging": {},
    });
    let result = json!({
        "protocolVersion": revision,
        "capabilities": capabilities,
        "serverInfo": { "name": "scripted", "version": "1" },
    });
    response(id, &result)
}

/// What a modern server says of itself.
pub(super) fn discovered(id: &Value, mark: Option<Mark>) -> String {
    let capabilities = json!({
        "tools": { "listChanged": true },
        "resources": { "subscribe": true, "listChanged": true },
        "logging": {},
    });
    let result = json!({
        "resultType": "complete",
        "supportedVersions": ["2026-07-28"],
        "capabilities": capabilities,
        "mark": mark.map(|mark| mark.to_string()),
        "ttlMs": 0,
        "cacheScope": "private",
    });
    response(id, &result)
}

/// An answer that asks for something first.
pub(super) fn input_required(id: &Value, requests: Map<String, Value>, state: &str) -> String {
    let mut result = json!({ "resultType": "input_required", "requestState": state });
    if !requests.is_empty() {
        result["inputRequests"] = Value::Object(requests);
    }
    response(id, &result)
}

/// A method that this server does not know.
pub(super) fn unknown(id: &Value) -> String {
    json!({ "jsonrpc": "2.0", "id": id, "error": { "code": -32601, "message": "" } }).to_string()
}

/// A result.
pub(super) fn response(id: &Value, result: &Value) -> String {
    json!({ "jsonrpc": "2.0", "id": id, "result": result }).to_string()
}

/// A result that carries a mark.
pub(super) fn marked(id: &Value, mark: Option<Mark>) -> String {
    let mark = mark.map(|mark| mark.to_string());
    let result = json!({
        "content": [{ "type": "text", "text": "done" }],
        "mark": mark,
        "resultType": "complete",
    });
    response(id, &result)
}

/// An error of the server's own.
pub(super) fn error(id: &Value, mark: Option<Mark>) -> String {
    let message = mark.map_or_else(String::new, |mark| mark.to_string());
    json!({ "jsonrpc": "2.0", "id": id, "error": { "code": -32001, "message": message } }).to_string()
}

/// A notification.
pub(super) fn notification(method: &str, params: &Value) -> String {
    json!({ "jsonrpc": "2.0", "method": method, "params": params }).to_string()
}

/// A report of progress.
pub(super) fn progress(token: &Value, mark: Option<Mark>, count: u64, padding: usize) -> String {
    let mark = mark.map(|mark| mark.to_string());
    let padding = "-".repeat(padding);
    let params = json!({ "progressToken": token, "progress": count, "message": mark, "padding": padding });
    notification("notifications/progress", &params)
}

/// A question to a client.
pub(super) fn question(id: &str, method: &str, mark: Option<Mark>) -> String {
    let mark = mark.map(|mark| mark.to_string());
    let params = json!({ "mark": mark, "message": "?", "messages": [], "maxTokens": 1 });
    json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params }).to_string()
}
