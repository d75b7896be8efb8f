//! `pontoon connect` as a client starts it: on its standard input and output.

#[expect(dead_code, reason = "a part of it is enough here")]
mod running;

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpListener;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::mpsc::Sender;
use std::thread;

use running::{Running, kill_at_deadline, read_line, signal};
use serde_json::{Value, json};

/// A client's server: this program.
struct Connect {
    child: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
    _alive: Sender<()>,
}

/// Also where a test fails: nothing may stay behind.
impl Drop for Connect {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Connect {
    fn start(arguments: &[&str]) -> Self {
        Self::start_with(arguments, &[])
    }

    fn start_with(arguments: &[&str], variables: &[(&str, &str)]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_pontoon"))
            .arg("connect")
            .args(arguments)
            .envs(variables.iter().copied())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the binary runs");
        Self {
            _alive: kill_at_deadline(child.id()),
            input: child.stdin.take(),
            output: BufReader::new(child.stdout.take().expect("it is piped")),
            child,
        }
    }

    fn send(&mut self, message: &Value) {
        let input = self.input.as_mut().expect("it is open");
        writeln!(input, "{message}").expect("it reads");
    }

    fn next(&mut self) -> Value {
        let line = read_line(&mut self.output);
        serde_json::from_str(&line).unwrap_or_else(|error| panic!("{line:?}: {error}"))
    }

    /// The answer; what is said before it, such as that a list changed, is nothing here.
    fn ask(&mut self, message: &Value) -> Value {
        self.send(message);
        let mut answer = self.next();
        while answer.get("id").is_none() {
            answer = self.next();
        }
        assert_eq!(answer["id"], message["id"], "{answer}");
        answer
    }

    fn open(&mut self) -> Value {
        let answer = self.ask(&initialize());
        self.send(&json!({ "jsonrpc": "2.0", "method": "notifications/initialized" }));
        answer
    }

    /// The exit code, and what was written: the rest of the answers, and the log.
    fn end(mut self) -> (Option<i32>, Vec<Value>, String) {
        self.input = None;
        let lines = (&mut self.output).lines().map(|line| line.expect("it is UTF-8"));
        let rest = lines.map(|line| serde_json::from_str(&line).expect("only JSON is on standard output"));
        let rest = rest.collect();
        let mut log = String::new();
        let mut stderr = self.child.stderr.take().expect("it is piped");
        stderr.read_to_string(&mut log).expect("it is UTF-8");
        (self.child.wait().expect("it can be waited for").code(), rest, log)
    }
}

fn initialize() -> Value {
    json!({ "jsonrpc": "2.0", "id": 0, "method": "initialize", "params": {
        "protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": { "name": "test", "version": "1" },
    } })
}

fn echo(id: u32, text: &str) -> Value {
    json!({ "jsonrpc": "2.0", "id": id, "method": "tools/call",
        "params": { "name": "echo", "arguments": { "message": text } } })
}

fn modern(mut message: Value) -> Value {
    message["params"]["_meta"] = json!({
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientInfo": { "name": "test", "version": "1" },
        "io.modelcontextprotocol/clientCapabilities": {},
    });
    message
}

fn discover(id: u32) -> Value {
    modern(json!({ "jsonrpc": "2.0", "id": id, "method": "server/discover", "params": {} }))
}

fn text_of(answer: &Value) -> &str {
    let text = answer["result"]["content"][0]["text"].as_str();
    text.unwrap_or_else(|| panic!("{answer}"))
}

#[test]
fn clients_of_both_eras_use_a_remote_server_over_each_of_its_transports() {
    let far = Running::start(&["--builtin", "showcase"]);
    for (path, more) in [
        ("mcp", &[] as &[&str]),
        ("mcp", &["--transport", "streamable"]),
        ("sse", &[]),
        ("sse", &["--transport", "sse"]),
    ] {
        let url = format!("http://{}/{path}", far.address);
        let mut connect = Connect::start(&[more, &[url.as_str()]].concat());
        assert_eq!(connect.open()["result"]["protocolVersion"], "2025-06-18");
        assert_eq!(text_of(&connect.ask(&echo(1, "old"))), "old");
        let described = connect.ask(&discover(2));
        assert_eq!(
            described["result"]["supportedVersions"][0], "2026-07-28",
            "{described}"
        );
        let answer = connect.ask(&modern(echo(3, "new")));
        assert_eq!(
            (text_of(&answer), &answer["result"]["resultType"]),
            ("new", &"complete".into())
        );
        let (code, rest, _) = connect.end();
        assert_eq!((code, rest), (Some(0), vec![]), "{path} {more:?}");
    }
}

#[test]
fn a_local_command_serves_clients_of_both_eras_and_sees_the_environment() {
    let child = pontoon_testkit::test_child().to_str().expect("the path is UTF-8");
    let mut connect = Connect::start_with(&["--", child, "--dump-env"], &[("KEY_FOR_IT", "value-for-it")]);
    connect.open();
    let call = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": { "name": "echo", "arguments": {} } });
    let answer = connect.ask(&call);
    assert!(answer.to_string().contains("value-for-it"), "{answer}");
    let described = connect.ask(&discover(2));
    assert_eq!(described["result"]["resultType"], "complete", "{described}");
    let (code, rest, _) = connect.end();
    assert_eq!((code, rest), (Some(0), vec![]));
}

#[test]
fn a_server_that_is_down_is_told_and_found_again_without_a_restart() {
    let address = {
        let free = TcpListener::bind("127.0.0.1:0").expect("a port is free");
        free.local_addr().expect("it has one").to_string()
    };
    let mut connect = Connect::start(&[&format!("http://{address}/mcp?key=s3cret")]);
    let refused = connect.ask(&initialize());
    assert_eq!(
        refused["error"]["data"]["reason"], "upstream_unreachable",
        "{refused}"
    );
    let message = refused["error"]["message"].to_string();
    assert!(
        message.contains(&format!("http://{address}: ")) && message.contains("refused"),
        "{message}"
    );
    assert!(message.contains("start the server"), "{message}");

    let far = Running::start_at(&address, &["--builtin", "showcase"]);
    assert_eq!(connect.open()["result"]["serverInfo"]["name"], "pontoon-showcase");
    assert_eq!(text_of(&connect.ask(&echo(1, "up"))), "up");

    far.signal("KILL");
    far.end();
    let lost = connect.ask(&echo(2, "lost"));
    // Whether the connection was seen to be gone before, or by the request itself.
    let reason = lost["error"]["data"]["reason"].as_str();
    assert!(
        matches!(reason, Some("upstream_unreachable" | "upstream_broken")),
        "{lost}"
    );
    let _far = Running::start_at(&address, &["--builtin", "showcase"]);
    assert_eq!(text_of(&connect.ask(&echo(3, "back"))), "back");
    assert_eq!(text_of(&connect.ask(&modern(echo(4, "modern")))), "modern");

    let (code, rest, log) = connect.end();
    assert_eq!((code, rest), (Some(0), vec![]));
    assert!(log.contains(&address) && !log.contains("s3cret"), "{log}");
}

/// Takes one request and returns its head.
fn head_of_one_request(listener: TcpListener) -> thread::JoinHandle<String> {
    thread::spawn(move || {
        let (stream, _) = listener.accept().expect("somebody comes");
        let mut lines = BufReader::new(&stream)
            .lines()
            .map(|line| line.expect("a head is text"));
        let head: Vec<_> = lines.by_ref().take_while(|line| !line.is_empty()).collect();
        let _ = (&stream).write_all(b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n");
        head.join("\n").to_ascii_lowercase()
    })
}

#[test]
fn headers_and_tokens_reach_the_server_and_are_shown_nowhere() {
    let file = std::env::temp_dir().join(format!("pontoon-token-{}", std::process::id()));
    std::fs::write(&file, "from-a-file\n").expect("the temporary directory can be written to");
    let path = file.to_str().expect("the path is UTF-8");
    for (arguments, line) in [
        (
            vec!["--bearer-env", "TOKEN"],
            "authorization: bearer from-the-environment",
        ),
        (vec!["--bearer-file", path], "authorization: bearer from-a-file"),
        (vec!["--header", "X-Key: ${TOKEN}"], "x-key: from-the-environment"),
    ] {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
        let url = format!("http://{}/mcp", listener.local_addr().expect("it has one"));
        let asked = head_of_one_request(listener);
        let arguments = [arguments, vec!["--log", "debug", &url]].concat();
        let mut connect = Connect::start_with(&arguments, &[("TOKEN", "from-the-environment")]);
        let refused = connect.ask(&initialize());
        assert_eq!(refused["error"]["data"]["reason"], "upstream_auth", "{refused}");
        assert!(
            refused["error"]["message"].to_string().contains("--bearer-env"),
            "{refused}"
        );
        let head = asked.join().expect("it was asked");
        assert!(head.contains(line), "{head}");
        let (_, _, log) = connect.end();
        assert!(
            !log.contains("from-the-environment") && !log.contains("from-a-file"),
            "{log}"
        );
    }
    let _ = std::fs::remove_file(file);
}

#[test]
fn a_server_asks_the_client_through_the_pipe() {
    let child = pontoon_testkit::test_child().to_str().expect("the path is UTF-8");
    let mut connect = Connect::start(&["--", child, "--ask", "roots/list", "--progress", "2"]);
    let mut initialize = initialize();
    initialize["params"]["capabilities"] = json!({ "roots": {} });
    connect.ask(&initialize);
    connect.send(&json!({ "jsonrpc": "2.0", "method": "notifications/initialized" }));
    let mut call = echo(1, "x");
    call["params"]["_meta"] = json!({ "progressToken": "mine" });
    connect.send(&call);
    let mut steps = 0;
    let answer = loop {
        let message = connect.next();
        match message["method"].as_str() {
            Some("notifications/progress") => {
                assert_eq!(message["params"]["progressToken"], "mine");
                steps += 1;
            }
            Some("roots/list") => connect.send(&json!({ "jsonrpc": "2.0", "id": message["id"],
                "result": { "roots": [{ "uri": "file:///from-the-client" }] } })),
            Some(other) => panic!("{other}"),
            None => break message,
        }
    };
    assert!(answer.to_string().contains("from-the-client"), "{answer}");
    assert_eq!(steps, 2);
}

#[test]
fn signals_and_the_end_of_the_input_end_it_in_good_order() {
    let child = pontoon_testkit::test_child().to_str().expect("the path is UTF-8");
    for name in ["TERM", "INT", "HUP"] {
        let mut connect = Connect::start(&["--", child]);
        connect.open();
        signal(connect.child.id(), name);
        // The input stays open: it is the signal that ends it.
        let mut rest = String::new();
        connect.output.read_to_string(&mut rest).expect("it is UTF-8");
        assert_eq!(
            connect.child.wait().expect("it can be waited for").code(),
            Some(0),
            "{name}"
        );
        assert_eq!(rest, "");
    }
    let (code, rest, _) = Connect::start(&["http://127.0.0.1:9/mcp"]).end();
    assert_eq!((code, rest), (Some(0), vec![]));
}

#[test]
fn what_cannot_be_understood_is_refused_before_anything_is_said() {
    for (arguments, code, words) in [
        (&[] as &[&str], 2, "<URL>"),
        (&["http://127.0.0.1:9/mcp", "--", "cat"], 2, "cannot be used with"),
        (&["--bearer-env", "X", "--", "cat"], 2, "cannot be used with"),
        (&["--header", "no colon", "http://127.0.0.1:9/"], 2, "Name: value"),
        (&["ftp://127.0.0.1/"], 3, "http://"),
        (
            &["--bearer-env", "PONTOON_TEST_UNSET", "http://127.0.0.1:9/"],
            3,
            "PONTOON_TEST_UNSET",
        ),
        (
            &["--bearer-file", "/nonexistent", "http://127.0.0.1:9/"],
            3,
            "/nonexistent",
        ),
        (
            &["--ca-file", "/nonexistent", "https://127.0.0.1:9/"],
            3,
            "/nonexistent",
        ),
        (&["--header", "Host: x", "http://127.0.0.1:9/"], 3, "Host"),
    ] {
        let (ended, rest, log) = Connect::start(arguments).end();
        assert_eq!((ended, rest), (Some(code), vec![]), "{arguments:?}");
        assert!(log.contains(words), "{arguments:?}\n{log}");
    }
}
