//! The example servers (`examples/vanilla-sse/`) as our decoder sees them: S0.11, S0.22.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use bytes::Bytes;
use pontoon_sse::{Decoder, Item, ReceivedEvent};

/// Ends with the test.
struct Server {
    child: Child,
    address: String,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Server {
    /// It tells its address on its first line.
    fn start(command: &mut Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).spawn().expect("it is installed");
        let mut line = String::new();
        let mut output = BufReader::new(child.stdout.take().expect("it is piped"));
        output.read_line(&mut line).expect("it is text");
        let address = line
            .trim()
            .strip_prefix("http://")
            .and_then(|url| url.strip_suffix('/'));
        let address = address
            .unwrap_or_else(|| panic!("no address: {line:?}"))
            .to_owned();
        Self { child, address }
    }

    fn node() -> Self {
        Self::start(
            Command::new("node")
                .arg(root().join("examples/vanilla-sse/server.mjs"))
                .arg("0"),
        )
    }

    /// `cargo run` becomes the program that it runs.
    fn rust() -> Self {
        let mut command = Command::new(env!("CARGO"));
        command.args([
            "run",
            "--quiet",
            "--package",
            "pontoon-sse",
            "--example",
            "vanilla_sse",
        ]);
        Self::start(command.args(["--", "127.0.0.1:0"]))
    }

    /// The head and the rest, to the end.
    fn get(&self, headers: &str) -> (String, String) {
        let mut stream = TcpStream::connect(&self.address).expect("it listens");
        stream
            .set_read_timeout(Some(Duration::from_secs(30)))
            .expect("it is not zero");
        // 1.0, so that there are no chunks to take apart.
        write!(stream, "GET /sse HTTP/1.0\r\n{headers}\r\n").expect("it reads");
        let mut text = String::new();
        stream.read_to_string(&mut text).expect("it is text");
        let (head, body) = text.split_once("\r\n\r\n").expect("a head");
        (head.to_ascii_lowercase(), body.to_owned())
    }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn read(body: String) -> Vec<ReceivedEvent> {
    let mut decoder = Decoder::default();
    let mut chunk = Bytes::from(body);
    let items: Vec<_> = std::iter::from_fn(|| decoder.decode(&mut chunk)).collect();
    assert!(!decoder.is_mid_event());
    let event = |item| match item {
        Ok(Item::Event(event)) => event,
        other => panic!("only events: {other:?}"),
    };
    items.into_iter().map(event).collect()
}

/// Names, data and ids.
fn shape(events: &[ReceivedEvent]) -> Vec<String> {
    let data = |event: &ReceivedEvent| String::from_utf8_lossy(&event.data).into_owned();
    let shape = |event: &ReceivedEvent| format!("{} {} {}", event.name, data(event), event.last_event_id);
    events.iter().map(shape).collect()
}

fn counts(server: &Server) -> String {
    let (head, body) = server.get("");
    assert!(head.contains("content-type: text/event-stream"), "{head}");
    assert!(head.contains("access-control-allow-origin: *"), "{head}");
    let mut expected: Vec<_> = (0..=20)
        .map(|number| format!("message {number} {number}"))
        .collect();
    // The last event has no id of its own.
    expected.push("close close 20".to_owned());
    assert_eq!(shape(&read(body.clone())), expected);

    let (_, rest) = server.get("Last-Event-ID: 18\r\n");
    assert_eq!(
        shape(&read(rest)),
        ["message 19 19", "message 20 20", "close close 20"]
    );
    let (_, nothing) = server.get("last-event-id: 20\r\n");
    assert_eq!(
        shape(&read(nothing)),
        ["close close "],
        "no id came on this stream"
    );
    body
}

/// S0.11, S0.22: plain JavaScript; the id behind the data, as in the original.
#[test]
fn s0_22_node_counts_and_says_that_it_is_over() {
    if Command::new("node")
        .arg("--version")
        .stdout(Stdio::null())
        .status()
        .is_err()
    {
        return eprintln!("skipped: node is not installed");
    }
    let body = counts(&Server::node());
    assert!(body.starts_with("data: 0\nid: 0\n\ndata: 1\nid: 1\n\n"), "{body}");
}

/// S0.11: the same server with this crate, which writes the id first.
#[test]
fn s0_11_the_rust_example_does_the_same() {
    let body = counts(&Server::rust());
    assert!(body.starts_with("id: 0\ndata: 0\n\n"), "{body}");
}
