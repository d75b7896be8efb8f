//! The event channel, and one endpoint for plain HTTP and for streams, as scripts use them with curl; a test that proves
//! a row of the requirements is named after it.

#[expect(dead_code, reason = "a part of it is enough here")]
mod running;

use std::io::{BufReader, Read as _};
use std::path::PathBuf;
use std::process::{Child, ChildStdout, Command, Stdio};

use running::{Running, read_line};

const LIST: &str = r#"{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{}}"#;
const INITIALIZE: &str = r#"{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-03-26","capabilities":{},"clientInfo":{"name":"script","version":"1"}}}"#;
const PROGRESS: &str = r#"{"jsonrpc":"2.0","id":5,"method":"tools/call","params":{"name":"progress","arguments":{"steps":2,"delay_ms":1},"_meta":{"progressToken":"mine"}}}"#;

/// A gateway with the settings that a test needs.
struct Gateway {
    running: Running,
    file: PathBuf,
}

impl Gateway {
    /// The built-in server, also at `/api/mcp`.
    fn start(name: &str, settings: &str) -> Self {
        let text = format!("{settings}\n[server.it]\nbuiltin = \"showcase\"\npaths = [\"/api/mcp\"]\n");
        let file = std::env::temp_dir().join(format!("pontoon-{name}-{}.toml", std::process::id()));
        std::fs::write(&file, text).expect("the temporary directory can be written to");
        let running = Running::start(&["--config", file.to_str().expect("the path is UTF-8")]);
        Self { running, file }
    }

    fn curl(&self, path: &str, arguments: &[&str]) -> Command {
        let mut curl = Command::new("curl");
        let url = format!("http://{}{path}", self.running.address);
        curl.args(["--silent", "--show-error", "--max-time", "25"])
            .args(arguments)
            .arg(url);
        curl
    }

    /// Its standard output, when it is done.
    fn curl_to_end(&self, path: &str, arguments: &[&str]) -> String {
        let output = self.curl(path, arguments).output().expect("curl is installed");
        String::from_utf8(output.stdout).expect("it is UTF-8")
    }

    /// Posts as the article's scripts do, without an `Accept` of its own; the status stands behind the body.
    fn post(&self, path: &str, body: &str) -> String {
        let status = "\n%{http_code} %{content_type}";
        let json = "Content-Type: application/json";
        self.curl_to_end(path, &["-X", "POST", "-H", json, "--data", body, "-w", status])
    }

    /// Opens a stream and reads its head.
    fn listen(&self, path: &str, arguments: &[&str]) -> Listening {
        let arguments = [&["-N", "-i"], arguments].concat();
        let mut child = self
            .curl(path, &arguments)
            .stdout(Stdio::piped())
            .spawn()
            .expect("curl is installed");
        let mut lines = BufReader::new(child.stdout.take().expect("it is piped"));
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            head += &read_line(&mut lines);
        }
        Listening { child, lines, head }
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.file);
    }
}

/// A curl that listens.
struct Listening {
    child: Child,
    lines: BufReader<ChildStdout>,
    head: String,
}

impl Listening {
    /// The lines up to the next empty one.
    fn event(&mut self) -> String {
        let mut event = String::new();
        while !event.ends_with("\n\n") {
            event += &read_line(&mut self.lines);
        }
        event
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn s4_1_and_s4_8_and_s4_30_a_plain_post_gets_plain_json() {
    let gateway = Gateway::start("plain", "");
    for path in ["/api/mcp", "/mcp"] {
        let answer = gateway.post(path, LIST);
        let (json, status) = answer.rsplit_once('\n').expect("the status is on a line");
        assert_eq!(status, "200 application/json");
        let json: serde_json::Value = serde_json::from_str(json).expect("it is JSON");
        assert!(json["result"]["tools"].is_array(), "{json}");
    }
    // S4.21
    let broken = gateway.post("/api/mcp", "{");
    assert!(
        broken.contains("\"jsonrpc\":\"2.0\"") && broken.ends_with("400 application/json"),
        "{broken}"
    );
}

#[test]
fn s4_11_and_s4_14_and_s4_31_two_terminals_one_listens_and_one_posts() {
    let gateway = Gateway::start("terminals", "[compat]\nget_channel_responses = true");
    let mut first = gateway.listen("/api/mcp", &[]);
    assert_eq!(first.event(), ": ping\n\n");
    assert!(first.head.starts_with("HTTP/1.1 200"), "{}", first.head);
    for header in [
        "content-type: text/event-stream",
        "cache-control: no-cache",
        "connection: keep-alive",
    ] {
        assert!(first.head.contains(header), "{}", first.head);
    }
    assert_eq!(gateway.post("/api/mcp", LIST), "\n202 ");
    let event = first.event();
    assert!(
        event.starts_with("data: {\"jsonrpc\":\"2.0\",\"id\":1,\"result\""),
        "{event}"
    );
}

#[test]
fn s4_29_a_page_preflights_posts_and_hears_the_reply() {
    let gateway = Gateway::start("page", "[compat]\nget_channel_responses = true");
    let origin = "Origin: http://localhost:5173";
    let preflight = [
        "-i",
        "-X",
        "OPTIONS",
        "-H",
        origin,
        "-H",
        "Access-Control-Request-Method: POST",
        "-H",
        "Access-Control-Request-Headers: content-type",
    ];
    let preflight = gateway.curl_to_end("/api/mcp", &preflight);
    assert!(preflight.starts_with("HTTP/1.1 204"), "{preflight}");
    assert!(
        preflight.contains("access-control-allow-origin: http://localhost:5173"),
        "{preflight}"
    );
    let path = "/api/mcp?channel=0123456789abcdef";
    let mut page = gateway.listen(path, &["-H", origin, "-H", "Accept: text/event-stream"]);
    assert_eq!(page.event(), ": ping\n\n");
    assert_eq!(gateway.post(path, LIST), "\n202 ");
    assert!(page.event().starts_with("data: {\"jsonrpc\":\"2.0\",\"id\":1"));
}

#[test]
fn s4_34_a_script_plays_the_inspector() {
    let gateway = Gateway::start("inspector", "[compat]\nget_channel_responses = true");
    let mut background = gateway.listen("/api/mcp", &["-H", "Accept: text/event-stream"]);
    assert_eq!(background.event(), ": ping\n\n");
    assert_eq!(gateway.post("/api/mcp", INITIALIZE), "\n202 ");
    let opened = background.event();
    assert!(opened.contains("\"protocolVersion\":\"2025-03-26\""), "{opened}");
    let initialized = r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#;
    assert_eq!(gateway.post("/api/mcp", initialized), "\n202 ");
    assert_eq!(gateway.post("/api/mcp", LIST), "\n202 ");
    assert!(background.event().contains("\"tools\":["));
}

#[test]
fn s4_3_a_tool_is_called_as_a_method_where_that_is_switched_on() {
    let direct = r#"{"jsonrpc":"2.0","id":1,"method":"echo","params":{"message":"hello"}}"#;
    let gateway = Gateway::start("direct", "[compat]\ndirect_tool_methods = true");
    assert!(gateway.post("/api/mcp", direct).contains("hello"));
    let gateway = Gateway::start("indirect", "");
    assert!(gateway.post("/api/mcp", direct).contains("-32601"));
}

#[test]
fn s3_17_and_s3_24_progress_of_a_call_is_mirrored_to_who_may_see_it() {
    let settings = "[events]\nenable = true\nmirror = [\"it\"]\nping = \"event\"\nkeep_alive = \"1s\"\n\
        token = \"0123456789abcdef\"\ntoken_in = [\"query\"]";
    let gateway = Gateway::start("mirror", settings);
    let refused = gateway.curl_to_end("/sse/connect", &["-w", "%{http_code}"]);
    assert!(refused.ends_with("401"), "{refused}");
    let mut page = gateway.listen("/sse/connect?token=0123456789abcdef", &[]);
    assert!(page.event().contains("retry: 5000\n"));
    assert_eq!(page.event(), "event: connect\ndata: {\"connected\":true}\n\n");
    let both = "Accept: application/json, text/event-stream";
    let json = "Content-Type: application/json";
    let called = gateway.curl_to_end("/mcp", &["-H", both, "-H", json, "--data", PROGRESS]);
    assert!(called.contains("\"progressToken\":\"mine\""), "{called}");
    let mirrored = loop {
        let event = page.event();
        if !event.starts_with("event: ping\n") {
            break event;
        }
    };
    assert!(
        mirrored
            .contains("event: progress\ndata: {\"jsonrpc\":\"2.0\",\"method\":\"notifications/progress\""),
        "{mirrored}"
    );
    assert!(mirrored.starts_with("id: "), "{mirrored}");
    assert!(
        !mirrored.contains("mine"),
        "tokens of clients are nobody else's business: {mirrored}"
    );
    // S3.19
    while !page.event().starts_with("event: ping\n") {}
}

#[test]
fn a_server_that_is_not_mirrored_is_not_heard() {
    let gateway = Gateway::start(
        "silent",
        "[events]\nenable = true\nping = \"event\"\nkeep_alive = \"1s\"",
    );
    let mut page = gateway.listen("/sse/connect", &[]);
    let both = "Accept: application/json, text/event-stream";
    gateway.curl_to_end(
        "/mcp",
        &[
            "-H",
            both,
            "-H",
            "Content-Type: application/json",
            "--data",
            PROGRESS,
        ],
    );
    page.event();
    assert_eq!(page.event(), "event: connect\ndata: {\"connected\":true}\n\n");
    assert_eq!(page.event(), "event: ping\ndata: {}\n\n");
    // The end of the gateway is the end of the stream.
    gateway.running.signal("TERM");
    let mut rest = String::new();
    page.lines.read_to_string(&mut rest).expect("it is UTF-8");
    assert!(!rest.contains("progress"), "{rest}");
}
