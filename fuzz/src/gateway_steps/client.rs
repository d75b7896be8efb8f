//! What clients do, and what they get.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use pontoon_history::mark::{Label, Mark, marks_in};
use pontoon_history::world::World;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, ReadHalf, WriteHalf};
use tokio::task::JoinHandle;

use super::input::Input;
use super::rounds::Rounds;

/// Connections that may be open at once.
const LINES: usize = 8;
/// Connection `n` belongs to client `n % CLIENTS`.
pub(super) const CLIENTS: usize = 3;
/// What a connection holds on its way.
const PIPE_BYTES: usize = 4 * 1024;

const REVISIONS: [&str; 4] = ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"];

/// Three clients and their connections.
pub(super) struct Clients {
    world: Arc<World>,
    lines: [Option<Line>; LINES],
    sessions: [Session; CLIENTS],
    marks: u32,
    /// The results that were seen, and the event ids that they had.
    results: BTreeMap<Mark, Option<String>>,
    rounds: Rounds,
}

/// What a client knows of its sessions.
#[derive(Clone, Debug, Default)]
struct Session {
    streamable: String,
    http_sse: String,
    revision: &'static str,
}

/// One connection.
struct Line {
    write: WriteHalf<DuplexStream>,
    arrived: Arc<Mutex<Vec<u8>>>,
    reading: JoinHandle<()>,
}

impl Drop for Line {
    fn drop(&mut self) {
        self.reading.abort();
    }
}

async fn read_on(mut read: ReadHalf<DuplexStream>, arrived: Arc<Mutex<Vec<u8>>>) {
    let mut piece = [0; 4096];
    while let Ok(count @ 1..) = read.read(&mut piece).await {
        arrived
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .extend_from_slice(&piece[..count]);
    }
}

impl Clients {
    pub(super) fn new(world: Arc<World>) -> Self {
        Self {
            world,
            lines: std::array::from_fn(|_| None),
            sessions: std::array::from_fn(|_| Session::default()),
            marks: 0,
            results: BTreeMap::new(),
            rounds: Rounds::default(),
        }
    }

    /// Opens a connection; the one that was in its place is dropped.
    pub(super) fn dial(&mut self, number: usize) {
        let at = number % LINES;
        let host = u8::try_from(at % CLIENTS).expect("there are few clients") + 1;
        let peer = ([127, 0, 0, host], 4_000).into();
        self.read();
        self.lines[at] = self.world.dial(peer, PIPE_BYTES).map(|io| {
            let (read, write) = tokio::io::split(io);
            let arrived = Arc::<Mutex<Vec<u8>>>::default();
            let reading = tokio::spawn(read_on(read, Arc::clone(&arrived)));
            Line {
                write,
                arrived,
                reading,
            }
        });
    }

    /// Drops a connection, or stops to read from it.
    pub(super) fn hang_up(&mut self, number: usize) {
        self.read();
        let line = &mut self.lines[number % LINES];
        match line {
            Some(line) if number & 0x80 != 0 => line.reading.abort(),
            line => *line = None,
        }
    }

    /// Writes bytes of the input as they are. They name nobody's mark.
    pub(super) async fn write(&mut self, number: usize, text: &[u8]) {
        let text: Vec<_> = text
            .iter()
            .map(|byte| if *byte == b'~' { b'-' } else { *byte })
            .collect();
        self.put(number % LINES, &text).await;
    }

    async fn put(&mut self, at: usize, bytes: &[u8]) {
        if self.lines[at].is_none() {
            self.dial(at);
        }
        let Some(line) = &mut self.lines[at] else { return };
        let written = tokio::time::timeout(Duration::from_secs(1), line.write.write_all(bytes)).await;
        if !matches!(written, Ok(Ok(()))) {
            self.hang_up(at);
        }
    }

    /// Sends something sensible.
    pub(super) async fn send(&mut self, input: &mut Input<'_>) {
        let (at, what, how) = (input.number() % LINES, input.number(), input.number());
        self.read();
        self.marks += 1;
        let label = label(at);
        let mark = Mark {
            label,
            number: self.marks,
        };
        let house = ["alpha", "beta"][how / 128];
        let session = &mut self.sessions[at % CLIENTS];
        if session.revision.is_empty() {
            session.revision = REVISIONS[how % 4];
        }
        let request = match what % 20 {
            what @ 0..16 => request(session, mark, house, what, how),
            16 => self.rounds.call(mark, house, &json!(how % 16)),
            what => {
                let books = &self.world.books;
                match self.rounds.retry(label, (what - 17, how), &mut self.marks, books) {
                    Some(request) => request,
                    None => return,
                }
            }
        };
        self.put(at, request.as_bytes()).await;
    }

    /// Looks at what arrived: session ids, and what is not for this client.
    pub(super) fn read(&mut self) {
        for at in 0..LINES {
            let Some(line) = &self.lines[at] else { continue };
            let bytes = std::mem::take(&mut *line.arrived.lock().unwrap_or_else(PoisonError::into_inner));
            let text = String::from_utf8_lossy(&bytes);
            let session = &mut self.sessions[at % CLIENTS];
            let value = |name: &str| {
                let rest = text.split(name).nth(1)?;
                Some(rest.split(['\r', '\n']).next().unwrap_or_default().to_owned())
            };
            if let Some(id) = value("mcp-session-id: ") {
                session.streamable = id;
            }
            if let Some(path) = value("event: endpoint\ndata: ") {
                session.http_sse = path;
            }
            self.rounds.read(at % CLIENTS, &text);
            self.judge(label(at), &text);
        }
    }

    fn judge(&mut self, label: Label, text: &str) {
        for mark in marks_in(text).filter(|mark| mark.label != label) {
            self.world
                .books
                .breach("no crossing", format!("{label} got {mark}: {text}"));
        }
        for event in text.split("\n\n") {
            self.count_results(event);
        }
    }

    /// A result may come again under the same event id, where a stream is resumed, and not otherwise.
    fn count_results(&mut self, event: &str) {
        let id = event
            .strip_prefix("id: ")
            .or_else(|| event.split("\nid: ").nth(1));
        let id = id.map(|rest| rest.lines().next().unwrap_or_default().to_owned());
        for piece in event.split("\"result\":{\"mark\":").skip(1) {
            let end = piece.find('}').unwrap_or(0);
            let Some(mark) = marks_in(&piece[..end]).next() else {
                continue;
            };
            match self.results.insert(mark, id.clone()) {
                None => {}
                Some(_) if self.rounds.is_made_anew(mark) => {}
                Some(before) if id.is_some() && before == id => {}
                Some(_) => {
                    let text = format!("{mark} has another: {event}");
                    self.world.books.breach("exactly one answer", text);
                }
            }
        }
    }

    /// Drops all connections.
    pub(super) async fn leave(&mut self) {
        self.read();
        self.lines = std::array::from_fn(|_| None);
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

fn label(at: usize) -> Label {
    Label {
        client: u16::try_from(at % CLIENTS).expect("there are few clients"),
        session: 0,
    }
}

fn request(session: &Session, mark: Mark, house: &str, what: usize, how: usize) -> String {
    let id = json!(how % 16);
    let text = mark.to_string();
    let mcp = format!("/{house}/mcp");
    let legacy = format!(
        "mcp-session-id: {}\r\nmcp-protocol-version: {}\r\n",
        session.streamable, session.revision
    );
    let arguments = json!({ "name": "t", "arguments": { "mark": text }, "_meta": { "progressToken": text } });
    let uri = json!({ "uri": format!("res://{}", how % 2), "mark": text });
    match what {
        0 | 1 => post(&mcp, "", &initialize(&id, session.revision)),
        2 => post(&mcp, &legacy, &message(&id, "tools/call", &arguments)),
        3 => bodiless("GET", &mcp, &legacy),
        4 => bodiless(
            "GET",
            &mcp,
            &format!("{legacy}last-event-id: {}-{}\r\n", how % 4, how / 4 % 8),
        ),
        5 => bodiless("DELETE", &mcp, &legacy),
        6 => modern(&mcp, &id, "tools/call", arguments),
        7 => {
            let filter = json!({ "notifications": { "toolsListChanged": true, "resourceSubscriptions": [uri["uri"]] } });
            modern(&mcp, &id, "subscriptions/listen", filter)
        }
        8 => bodiless("GET", &format!("/{house}/sse"), ""),
        9 => post(&session.http_sse, "", &initialize(&id, "2025-11-25")),
        10 => post(&session.http_sse, "", &message(&id, "tools/call", &arguments)),
        11 => post(
            &mcp,
            &legacy,
            &notification("notifications/cancelled", &json!({ "requestId": id })),
        ),
        12 => post(
            &mcp,
            &legacy,
            &notification("notifications/roots/list_changed", &json!({})),
        ),
        13 => post(
            &mcp,
            &legacy,
            &json!({ "jsonrpc": "2.0", "id": id, "result": { "mark": text } }).to_string(),
        ),
        14 => {
            let calls = [
                message(&id, "tools/call", &arguments),
                message(&json!(how % 16 + 1), "ping", &json!({})),
            ];
            post(&mcp, &legacy, &format!("[{}]", calls.join(",")))
        }
        _ => post(&mcp, &legacy, &message(&id, "resources/subscribe", &uri)),
    }
}

fn initialize(id: &Value, revision: &str) -> String {
    let capabilities = json!({ "sampling": {}, "roots": {} });
    let params = json!({ "protocolVersion": revision, "capabilities": capabilities,
        "clientInfo": { "name": "c", "version": "1" } });
    message(id, "initialize", &params)
}

fn message(id: &Value, method: &str, params: &Value) -> String {
    json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params }).to_string()
}

fn notification(method: &str, params: &Value) -> String {
    json!({ "jsonrpc": "2.0", "method": method, "params": params }).to_string()
}

fn modern(path: &str, id: &Value, method: &str, mut params: Value) -> String {
    params["_meta"]["io.modelcontextprotocol/protocolVersion"] = json!("2026-07-28");
    params["_meta"]["io.modelcontextprotocol/clientCapabilities"] = json!({});
    let name = params["name"]
        .as_str()
        .map_or_else(String::new, |name| format!("mcp-name: {name}\r\n"));
    let headers = format!("mcp-protocol-version: 2026-07-28\r\nmcp-method: {method}\r\n{name}");
    post(path, &headers, &message(id, method, &params))
}

pub(super) fn post(path: &str, headers: &str, body: &str) -> String {
    let path = if path.is_empty() { "/" } else { path };
    format!(
        "POST {path} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n\
         accept: application/json, text/event-stream\r\n{headers}content-length: {}\r\n\r\n{body}",
        body.len()
    )
}

fn bodiless(method: &str, path: &str, headers: &str) -> String {
    format!("{method} {path} HTTP/1.1\r\nhost: localhost\r\naccept: text/event-stream\r\n{headers}\r\n")
}
