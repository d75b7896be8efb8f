//! Trace context through the whole: from the headers of a client to the messages and headers that a server gets.

#[expect(dead_code, reason = "a part of it is enough here")]
mod running;

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread;

use running::{DEADLINE, Running};
use serde_json::{Value, json};

const PARENT: &str = "00-0af7651916cd43dd8448eb211c80319c-00f067aa0ba902b7-01";

/// A request as a server gets it.
struct Asked {
    head: String,
    body: Value,
}

impl Asked {
    fn header(&self, name: &str) -> Option<&str> {
        let mut lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines
            .find(|(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.trim_end())
    }

    fn meta(&self) -> &Value {
        &self.body["params"]["_meta"]
    }
}

/// A legacy server behind a URL that tells of the calls that it gets, and answers everything with nothing much.
fn server() -> (String, Receiver<Asked>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("loopback has ports");
    let address = listener.local_addr().expect("it is bound");
    let (sender, calls) = mpsc::channel();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let sender = sender.clone();
            thread::spawn(move || serve(stream, &sender));
        }
    });
    (format!("http://{address}/mcp"), calls)
}

fn serve(mut stream: TcpStream, calls: &Sender<Asked>) -> Option<()> {
    let mut reader = BufReader::new(stream.try_clone().ok()?);
    loop {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            if reader.read_line(&mut head).ok()? == 0 {
                return None;
            }
        }
        let mut asked = Asked {
            head,
            body: Value::Null,
        };
        let length = asked
            .header("content-length")
            .map_or(0, |length| length.parse().unwrap_or(0));
        let mut body = vec![0; length];
        reader.read_exact(&mut body).ok()?;
        asked.body = serde_json::from_slice(&body).unwrap_or_default();
        stream.write_all(answer(&asked.body).as_bytes()).ok()?;
        if asked.body["method"] == "tools/call" {
            // The test may be over.
            let _ = calls.send(asked);
        }
    }
}

fn answer(message: &Value) -> String {
    let result = match message["method"].as_str() {
        Some("initialize") => {
            json!({"protocolVersion": message["params"]["protocolVersion"], "capabilities": {"tools": {}}, "serverInfo": {"name": "s", "version": "1"}})
        }
        Some("tools/call") => json!({"content": []}),
        Some("tools/list") => json!({"tools": []}),
        Some("server/discover") => return "HTTP/1.1 400 X\r\nContent-Length: 0\r\n\r\n".to_owned(),
        None => return "HTTP/1.1 405 X\r\nContent-Length: 0\r\n\r\n".to_owned(),
        Some(_) => return "HTTP/1.1 202 X\r\nContent-Length: 0\r\n\r\n".to_owned(),
    };
    let body = json!({"jsonrpc": "2.0", "id": message["id"], "result": result}).to_string();
    let length = body.len();
    format!("HTTP/1.1 200 X\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}")
}

/// Posts and reads the whole answer.
fn post(running: &Running, headers: &str, body: &str) -> (String, String) {
    let mut stream = running.connect();
    let (host, length) = (&running.address, body.len());
    let request = format!(
        "POST /mcp HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nContent-Type: application/json\r\nAccept: application/json, text/event-stream\r\n{headers}Content-Length: {length}\r\n\r\n{body}"
    );
    stream.write_all(request.as_bytes()).expect("it reads");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("it is UTF-8");
    let (head, body) = answer.split_once("\r\n\r\n").expect("an answer has a head");
    (head.to_owned(), body.to_owned())
}

/// The header lines of a new session that may send batches.
fn open(running: &Running) -> String {
    let initialize = r#"{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-03-26","capabilities":{},"clientInfo":{"name":"c","version":"1"}}}"#;
    let (head, body) = post(running, "", initialize);
    let lines = head.lines().filter_map(|line| line.split_once(": "));
    let mut ids = lines.filter(|(name, _)| name.eq_ignore_ascii_case("mcp-session-id"));
    let (_, id) = ids.next().unwrap_or_else(|| panic!("no session: {head} {body}"));
    format!("Mcp-Session-Id: {id}\r\n")
}

fn call(id: u64, meta: &str) -> String {
    format!(
        r#"{{"jsonrpc":"2.0","id":{id},"method":"tools/call","params":{{"name":"a","_meta":{{{meta}}}}}}}"#
    )
}

#[test]
fn headers_of_the_client_reach_the_message_and_those_of_the_server() {
    let (url, calls) = server();
    let file = std::env::temp_dir().join(format!("pontoon-trace-{}.toml", std::process::id()));
    std::fs::write(&file, format!("[server.far]\nurl = {url:?}\n")).expect("the directory can be written to");
    let running = Running::start(&["--config", file.to_str().expect("the path is UTF-8")]);
    std::fs::remove_file(&file).expect("it was read");
    let next = || calls.recv_timeout(DEADLINE).expect("the call arrives");
    let traced = format!("traceparent: {PARENT}\r\ntracestate: a=b\r\nbaggage: user=alice\r\n");

    let session = open(&running);
    post(&running, &format!("{session}{traced}"), &call(1, ""));
    let asked = next();
    assert_eq!(
        *asked.meta(),
        json!({"traceparent": PARENT, "tracestate": "a=b", "baggage": "user=alice"})
    );
    assert_eq!(asked.header("traceparent"), Some(PARENT));
    assert_eq!(asked.header("tracestate"), Some("a=b"));
    assert_eq!(asked.header("baggage"), Some("user=alice"));

    // In a batch each message by itself; what it says of itself counts.
    let batch = format!("[{},{}]", call(2, ""), call(3, r#""baggage":"own=1""#));
    let (_, answers) = post(&running, &format!("{session}{traced}"), &batch);
    let answers: Value = serde_json::from_str(&answers).unwrap_or_else(|_| panic!("no JSON: {answers}"));
    assert_eq!(answers.as_array().map(Vec::len), Some(2));
    let mut seen: Vec<_> = [next(), next()]
        .map(|asked| {
            let header = |name| asked.header(name).map(ToOwned::to_owned);
            (header("baggage"), header("traceparent"))
        })
        .into();
    seen.sort();
    assert_eq!(
        seen,
        [
            (Some("own=1".to_owned()), None),
            (Some("user=alice".to_owned()), Some(PARENT.to_owned()))
        ]
    );

    // A client of another era than the server's.
    let modern = "MCP-Protocol-Version: 2026-07-28\r\nMcp-Method: tools/call\r\nMcp-Name: a\r\n";
    let own = r#""io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}"#;
    post(&running, &format!("{modern}{traced}"), &call(4, own));
    let asked = next();
    assert_eq!(asked.meta()["traceparent"], PARENT);
    assert_eq!(asked.header("traceparent"), Some(PARENT));

    // What breaks the grammar is nowhere, and refuses nothing.
    post(
        &running,
        &format!("{session}traceparent: {PARENT}x\r\nbaggage: a b\r\n"),
        &call(5, ""),
    );
    let asked = next();
    assert_eq!(
        (asked.header("traceparent"), asked.header("baggage")),
        (None, None)
    );
    assert_eq!(*asked.meta(), json!({}));
}
