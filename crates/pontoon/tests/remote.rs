//! A gateway before another one: what a server behind a URL is to clients of every era.

#[expect(dead_code, reason = "a part of it is enough here")]
mod running;

use std::io::{BufReader, Read as _, Write as _};
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};

use running::{Running, read_line};
use serde_json::Value;

const JSON: &str = "Content-Type: application/json\r\nAccept: application/json, text/event-stream\r\n";
const INITIALIZE: &str = r#"{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"test","version":"1"}}}"#;
const INITIALIZED: &str = r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#;
const META: &str = r#""_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientInfo":{"name":"test","version":"1"},"io.modelcontextprotocol/clientCapabilities":{}}"#;

/// A configuration file that goes with the test.
struct File(PathBuf);

impl File {
    fn new(name: &str, text: &str) -> Self {
        let path = std::env::temp_dir().join(format!("pontoon-{name}-{}.toml", std::process::id()));
        std::fs::write(&path, text).expect("the temporary directory can be written to");
        Self(path)
    }
}

impl Drop for File {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

/// A gateway whose one server is behind `url`.
fn before(url: &str, settings: &str) -> (Running, File) {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    let text = format!("[server.far]\nurl = {url:?}\n{settings}\n[limits]\nmax_processes = 1\n");
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let file = File::new(&format!("remote-{number}"), &text);
    let path = file.0.to_str().expect("the path is UTF-8").to_owned();
    (Running::start(&["--config", &path]), file)
}

fn call(id: u64, text: &str, meta: &str) -> String {
    format!(
        r#"{{"jsonrpc":"2.0","id":{id},"method":"tools/call","params":{{"name":"echo","arguments":{{"message":"{text}"}}{meta}}}}}"#
    )
}

/// Posts and reads the whole answer: its head, and its JSON if there is any.
fn post(running: &Running, path: &str, headers: &str, body: &str) -> (String, Value) {
    let mut stream = running.connect();
    let length = body.len();
    let host = &running.address;
    let request = format!(
        "POST {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n{JSON}{headers}Content-Length: {length}\r\n\r\n{body}"
    );
    stream.write_all(request.as_bytes()).expect("it reads");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("it is UTF-8");
    let (head, body) = answer.split_once("\r\n\r\n").expect("an answer has a head");
    (head.to_owned(), serde_json::from_str(body).unwrap_or_default())
}

/// The header lines of a new session.
fn open(running: &Running) -> String {
    let (head, answer) = post(running, "/mcp", "", INITIALIZE);
    assert_eq!(
        answer["result"]["serverInfo"]["name"], "pontoon-showcase",
        "{head} {answer}"
    );
    let lines = head.lines().filter_map(|line| line.split_once(": "));
    let mut ids = lines.filter(|(name, _)| name.eq_ignore_ascii_case("mcp-session-id"));
    let (_, id) = ids.next().expect("a session has an id");
    let session = format!("Mcp-Session-Id: {id}\r\nMCP-Protocol-Version: 2025-11-25\r\n");
    let (head, _) = post(running, "/mcp", &session, INITIALIZED);
    assert!(head.starts_with("HTTP/1.1 202"), "{head}");
    session
}

fn text_of(answer: &Value) -> &str {
    answer["result"]["content"][0]["text"]
        .as_str()
        .unwrap_or_else(|| panic!("{answer}"))
}

#[test]
fn clients_of_every_era_use_a_remote_server() {
    let near = Running::start(&["--builtin", "showcase"]);
    for (path, settings) in [
        ("mcp", ""),
        ("mcp", "lease = \"shared\""),
        ("mcp", "transport = \"streamable\""),
        ("sse", ""),
        ("sse", "lease = \"shared\""),
        ("sse", "transport = \"sse\""),
    ] {
        let (far, _file) = before(&format!("http://{}/{path}", near.address), settings);

        // More sessions than processes are allowed: there are none.
        let sessions: Vec<_> = (0..3).map(|_| open(&far)).collect();
        for (id, session) in (1..).zip(&sessions) {
            let (_, answer) = post(&far, "/mcp", session, &call(id, "session", ""));
            assert!(text_of(&answer).contains("session"));
        }

        let headers = "MCP-Protocol-Version: 2026-07-28\r\nMcp-Method: tools/call\r\nMcp-Name: echo\r\n";
        let (_, answer) = post(&far, "/mcp", headers, &call(1, "stateless", &format!(",{META}")));
        assert!(text_of(&answer).contains("stateless"));
        assert_eq!(answer["result"]["resultType"], "complete");

        http_sse(&far);
        far.signal("TERM");
        assert_eq!(far.end().0, Some(0));
    }
}

/// The oldest transport: a stream on which the answers come.
fn http_sse(running: &Running) {
    let mut stream = running.connect();
    write!(stream, "GET /sse HTTP/1.1\r\nHost: {}\r\n\r\n", running.address).expect("it reads");
    let mut events = BufReader::new(&stream);
    let mut data = || loop {
        if let Some(data) = read_line(&mut events).strip_prefix("data: ") {
            return data.trim().to_owned();
        }
    };
    let path = data();
    post(running, &path, "", INITIALIZE);
    assert!(data().contains("pontoon-showcase"));
    post(running, &path, "", INITIALIZED);
    post(running, &path, "", &call(1, "oldest", ""));
    assert!(data().contains("oldest"));
}

#[test]
fn a_remote_server_that_comes_back_is_used_again_in_the_same_session() {
    let near = Running::start(&["--builtin", "showcase"]);
    let address = near.address.clone();
    let (far, _file) = before(&format!("http://{address}/mcp?key=secret"), "");
    let session = open(&far);

    near.signal("KILL");
    near.end();
    let (_, gone) = post(&far, "/mcp", &session, &call(1, "lost", ""));
    assert_eq!(gone["error"]["data"]["reason"], "upstream_unreachable", "{gone}");
    assert_eq!(gone["error"]["data"]["sent"], false);
    assert!(!gone.to_string().contains("secret"));

    let _near = Running::start_at(&address, &["--builtin", "showcase"]);
    // The new one knows nothing of the session, which it says before it does anything: nothing is lost.
    let (_, answer) = post(&far, "/mcp", &session, &call(2, "back", ""));
    assert!(text_of(&answer).contains("back"));
}
