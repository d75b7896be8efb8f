//! S4.39 and the path prefix of S3: what streams need of a proxy, and what Pontoon believes of one.

use std::net::Ipv4Addr;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::front::{self, Front};
use crate::running::Running;
use crate::scratch::{Scratch, put, shipped};
use crate::wire::{Answer, Client};

/// Behind the proxy as `deploy/pontoon.toml` has it, with comments as often as the proxies of the tests are impatient, and
/// one session for each client, so that it shows whom Pontoon takes a client for.
fn behind(keep_alive: &str, start: fn(&str) -> Option<Front>) -> Option<(Running, Front, Scratch)> {
    let files = Scratch::new();
    let shipped = shipped("deploy/pontoon.toml");
    let text = put(
        &shipped,
        "listen =",
        &format!("keep_alive = {keep_alive}\nlisten ="),
    );
    let text = format!("{text}\n[limits]\nmax_sessions_per_principal = 1\n");
    let config = files.write("pontoon.toml", &text);
    let running = Running::start(&["--config", &config]);
    let front = start(&running.address)?;
    Some((running, front, files))
}

fn client(front: &Front, number: u8) -> Client<'_> {
    Client {
        server: &front.address,
        host: "mcp.example.com",
        from: Ipv4Addr::new(127, 0, 0, number),
    }
}

fn initialize(version: &str) -> Value {
    let client = json!({"name": "test", "version": "1"});
    let params = json!({"protocolVersion": version, "capabilities": {"sampling": {}}, "clientInfo": client});
    json!({"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": params})
}

fn call(tool: &str, arguments: &Value) -> Value {
    let params = json!({"name": tool, "arguments": arguments, "_meta": {"progressToken": "p"}});
    json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params})
}

#[test]
fn s4_39_nginx() {
    serves(front::nginx);
}

#[test]
fn s4_39_haproxy() {
    serves(front::haproxy);
}

#[test]
fn s4_39_caddy() {
    serves(front::caddy);
}

/// What the comments are for: without them the proxy takes a silent stream for a dead one.
#[test]
fn s4_39_a_stream_without_comments_is_cut() {
    let Some((_running, front, _files)) = behind("0", front::nginx) else {
        return;
    };
    let mut events = client(&front, 18).get("/sse", &[]).expect("200");
    events.line("data: ");
    assert!(events.ends(), "nginx gives up after two seconds");
}

fn serves(start: fn(&str) -> Option<Front>) {
    let Some((_running, front, _files)) = behind("\"300ms\"", start) else {
        return;
    };
    first_event_comes_at_once_and_names_the_path(client(&front, 11), "");
    first_event_comes_at_once_and_names_the_path(client(&front, 12), "/tools");
    questions_come_while_the_call_waits(client(&front, 13));
    a_broken_stream_is_resumed(client(&front, 14));
    clients_are_told_apart_and_cannot_lie(client(&front, 15), client(&front, 16));
    the_newest_revision_passes(client(&front, 17));
}

/// The stream of HTTP+SSE never ends: what is not passed on at once never arrives. Then it is silent for longer than the
/// proxy's time-out, but for the comments.
fn first_event_comes_at_once_and_names_the_path(client: Client<'_>, path: &str) {
    let lie = [
        ("X-Forwarded-Prefix", "/evil"),
        ("Accept-Encoding", "gzip, br, zstd"),
    ];
    let mut events = client.get(&format!("{path}/sse"), &lie).expect("200");
    assert_eq!(events.header("content-type"), Some("text/event-stream"));
    assert_eq!(events.header("content-encoding"), None);
    let messages = events.line("data: ");
    assert!(
        messages.starts_with(&format!("{path}/messages?sessionId=")),
        "{messages}"
    );
    let silent = Instant::now();
    while silent.elapsed() < Duration::from_millis(2500) {
        events.line(":");
    }
    client
        .post(&messages, &[], &initialize("2024-11-05"))
        .expect("202");
    let (_, answer) = events.event();
    assert_eq!(answer["result"]["protocolVersion"], "2024-11-05");
}

/// Opens a session of Streamable HTTP; the headers that its requests carry.
fn open(client: Client<'_>) -> String {
    let opened = client.post("/mcp", &[], &initialize("2025-11-25")).expect("200");
    let session = opened.header("mcp-session-id").expect("it has one").to_owned();
    let initialized = json!({"jsonrpc": "2.0", "method": "notifications/initialized"});
    client
        .post("/mcp", &headers(&session), &initialized)
        .expect("202");
    session
}

fn headers(session: &str) -> [(&str, &str); 2] {
    [
        ("Mcp-Session-Id", session),
        ("MCP-Protocol-Version", "2025-11-25"),
    ]
}

/// The server goes on only when its question is answered, and nobody answers a question that is held back.
fn questions_come_while_the_call_waits(client: Client<'_>) {
    let session = open(client);
    let mut events = client
        .post(
            "/mcp",
            &headers(&session),
            &call("sample", &json!({"prompt": "?"})),
        )
        .expect("200");
    let (_, question) = events.event();
    assert_eq!(question["method"], "sampling/createMessage");
    let message = json!({"role": "assistant", "content": {"type": "text", "text": "here"}, "model": "m"});
    let answer = json!({"jsonrpc": "2.0", "id": question["id"], "result": message});
    client.post("/mcp", &headers(&session), &answer).expect("202");
    let (_, result) = events.event();
    assert!(
        result["result"]["content"].to_string().contains("here"),
        "{result}"
    );
}

/// `Last-Event-ID` and the ids pass: after a break everything is there once.
fn a_broken_stream_is_resumed(client: Client<'_>) {
    let session = open(client);
    let steps = json!({"steps": 6, "delay_ms": 100});
    let mut events = client
        .post("/mcp", &headers(&session), &call("progress", &steps))
        .expect("200");
    let mut seen = Vec::new();
    let last = loop {
        let (id, message) = events.event();
        seen.push(message["params"]["progress"].as_f64());
        if seen.len() == 2 {
            break id;
        }
    };
    drop(events);
    let [session, version] = headers(&session);
    let again = [
        session,
        version,
        ("Last-Event-ID", &last),
        ("Accept", "text/event-stream"),
    ];
    let mut events: Answer = client.get("/mcp", &again).expect("200");
    loop {
        let (_, message) = events.event();
        match message["params"]["progress"].as_f64() {
            Some(step) => seen.push(Some(step)),
            None => break assert_eq!(message["id"], 1, "{message}"),
        }
    }
    assert_eq!(seen, [1.0, 2.0, 3.0, 4.0, 5.0, 6.0].map(Some));
}

/// Each address has one session; the proxy says whose a request is, and what a client says itself is dropped.
fn clients_are_told_apart_and_cannot_lie(one: Client<'_>, other: Client<'_>) {
    open(one);
    open(other);
    for lie in ["203.0.113.9", "127.0.0.1"] {
        let refused = one.post("/mcp", &[("X-Forwarded-For", lie)], &initialize("2025-11-25"));
        assert!(refused.expect("429").text().contains("quota"));
    }
}

fn the_newest_revision_passes(client: Client<'_>) {
    let meta = json!({
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientCapabilities": {},
    });
    let list = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {"_meta": meta}});
    let revision = [
        ("MCP-Protocol-Version", "2026-07-28"),
        ("Mcp-Method", "tools/list"),
    ];
    let answer = client.post("/mcp", &revision, &list).expect("200").text();
    assert!(answer.contains("\"tools\""), "{answer}");
}
