//! Results, as text.

use std::collections::BTreeMap;
use std::fs;

use crate::flags::Flags;
use crate::wire::{Params, quoted};

pub(crate) const METHOD_NOT_FOUND: &str = r#"{"code":-32601,"message":"Method not found"}"#;

pub(crate) fn initialize(flags: &Flags, params: &Params<'_>) -> String {
    let revision = quoted(params.protocol_version.as_deref().unwrap_or("2025-11-25"));
    let resources = if flags.resources {
        r#","resources":{"subscribe":true}"#
    } else {
        ""
    };
    let logging = if flags.log.is_some() {
        r#","logging":{}"#
    } else {
        ""
    };
    format!(
        r#"{{"protocolVersion":{revision},"capabilities":{{"tools":{{"listChanged":true}}{resources}{logging}}},"serverInfo":{{"name":"pontoon-test-child","version":"1.0.0"}}}}"#
    )
}

pub(crate) fn tools(flags: &Flags) -> String {
    let echo = r#"{"name":"echo","description":"Returns its arguments","inputSchema":{"type":"object","properties":{"text":{"type":"string"}}}}"#;
    let touch =
        r#",{"name":"touch","description":"Updates subscribed resources","inputSchema":{"type":"object"}}"#;
    format!(
        r#"{{"tools":[{echo}{}]}}"#,
        if flags.resources { touch } else { "" }
    )
}

/// The result of a tool: one text.
pub(crate) fn text(text: &str) -> String {
    format!(r#"{{"content":[{{"type":"text","text":{}}}]}}"#, quoted(text))
}

/// Parameters for a question to the client.
pub(crate) fn question(method: &str) -> &'static str {
    match method {
        "sampling/createMessage" => {
            r#"{"messages":[{"role":"user","content":{"type":"text","text":"Say hello"}}],"maxTokens":10}"#
        }
        "elicitation/create" => {
            r#"{"message":"Your name?","requestedSchema":{"type":"object","properties":{"name":{"type":"string"}}}}"#
        }
        _ => "{}",
    }
}

/// What a process can see of its surroundings, as JSON.
#[expect(clippy::disallowed_methods, reason = "showing the environment is the point")]
pub(crate) fn surroundings() -> String {
    let env: BTreeMap<String, String> = std::env::vars().collect();
    let fds: BTreeMap<String, String> = fs::read_dir("/proc/self/fd").map_or_else(
        |_| BTreeMap::new(),
        |entries| {
            entries
                .flatten()
                .filter_map(|entry| Some((name(&entry), target(&entry)?)))
                .collect()
        },
    );
    let cwd = std::env::current_dir()
        .map(|cwd| cwd.display().to_string())
        .unwrap_or_default();
    // SAFETY: these two calls only return numbers.
    let (sid, pgid) = unsafe { (libc::getsid(0), libc::getpgid(0)) };
    let pid = std::process::id();
    serde_json::json!({ "env": env, "fds": fds, "cwd": cwd, "pid": pid, "sid": sid, "pgid": pgid })
        .to_string()
}

fn name(entry: &fs::DirEntry) -> String {
    entry.file_name().to_string_lossy().into_owned()
}

/// Where a descriptor points; none for the one that is open only to read the directory.
fn target(entry: &fs::DirEntry) -> Option<String> {
    let target = fs::read_link(entry.path()).ok()?.to_string_lossy().into_owned();
    (!target.ends_with(&format!("/proc/{}/fd", std::process::id())) && !target.ends_with("/fd"))
        .then_some(target)
}
