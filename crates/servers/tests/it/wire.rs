//! A client made of nothing but JSON lines, so that tests see what is on the wire.

use std::time::Duration;

use rmcp::{ServerHandler, ServiceExt};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, DuplexStream, Lines, ReadHalf, WriteHalf, split};

/// How long a test waits for a message that has to come.
const DEADLINE: Duration = Duration::from_secs(20);
/// Larger than any message of the tests, so that neither side waits for the other.
const BUFFER: usize = 4 * 1024 * 1024;

/// A connection to a server.
pub(crate) struct Wire {
    write: WriteHalf<DuplexStream>,
    lines: Lines<BufReader<ReadHalf<DuplexStream>>>,
    next_id: u64,
}

/// An answer, and what came before it.
pub(crate) struct Reply {
    /// The whole response message.
    pub(crate) response: Value,
    /// Notifications received since the request was sent.
    pub(crate) notifications: Vec<Value>,
}

impl Reply {
    /// The result; fails the test on an error.
    pub(crate) fn result(&self) -> &Value {
        self.response
            .get("result")
            .unwrap_or_else(|| panic!("no result in {}", self.response))
    }

    /// The error's code and message; fails the test on a result.
    pub(crate) fn error(&self) -> (i64, &str) {
        let error = self
            .response
            .get("error")
            .unwrap_or_else(|| panic!("no error in {}", self.response));
        (
            error["code"].as_i64().expect("a code"),
            error["message"].as_str().expect("a message"),
        )
    }

    /// The text of a tool's first content block.
    pub(crate) fn text(&self) -> &str {
        self.result()["content"][0]["text"]
            .as_str()
            .expect("a text block")
    }

    /// The text of a tool's error; fails the test if the tool succeeded.
    pub(crate) fn failure(&self) -> &str {
        assert_eq!(self.result()["isError"], true, "{}", self.response);
        self.text()
    }

    /// The notifications of one method.
    pub(crate) fn notified(&self, method: &str) -> Vec<&Value> {
        self.notifications
            .iter()
            .filter(|message| message["method"] == method)
            .collect()
    }
}

impl Wire {
    pub(crate) fn to<H: ServerHandler>(handler: H) -> Self {
        let (client, server) = tokio::io::duplex(BUFFER);
        tokio::spawn(async move {
            if let Ok(service) = handler.serve(server).await {
                let _ = service.waiting().await;
            }
        });
        let (read, write) = split(client);
        Self {
            write,
            lines: BufReader::new(read).lines(),
            next_id: 100,
        }
    }

    /// Opened as a client of 2025-11-25 with these capabilities.
    pub(crate) async fn legacy<H: ServerHandler>(handler: H, capabilities: Value) -> Self {
        let mut wire = Self::to(handler);
        let params = json!({
            "protocolVersion": "2025-11-25",
            "capabilities": capabilities,
            "clientInfo": { "name": "test", "version": "0" },
        });
        let reply = wire.call("initialize", params).await;
        assert_eq!(reply.result()["protocolVersion"], "2025-11-25");
        wire.send(json!({ "jsonrpc": "2.0", "method": "notifications/initialized" }))
            .await;
        wire
    }

    pub(crate) async fn send(&mut self, message: Value) {
        self.send_text(&message.to_string()).await;
    }

    pub(crate) async fn send_text(&mut self, message: &str) {
        let line = format!("{message}\n");
        self.write
            .write_all(line.as_bytes())
            .await
            .expect("the server reads");
    }

    /// The next message, whatever it is.
    pub(crate) async fn next(&mut self) -> Value {
        let line = tokio::time::timeout(DEADLINE, self.lines.next_line()).await;
        let line = line
            .expect("a message comes in time")
            .expect("readable")
            .expect("the server is there");
        serde_json::from_str(&line).expect("the server writes JSON")
    }

    /// The next request of the server.
    pub(crate) async fn next_request(&mut self) -> Value {
        loop {
            let message = self.next().await;
            if message.get("method").is_some() && message.get("id").is_some() {
                return message;
            }
        }
    }

    /// Sends a request without waiting; returns its id.
    pub(crate) async fn request(&mut self, method: &str, params: Value) -> u64 {
        self.next_id += 1;
        let id = self.next_id;
        self.send(json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params }))
            .await;
        id
    }

    /// Everything up to the answer to this request.
    pub(crate) async fn reply(&mut self, id: u64) -> Reply {
        let mut notifications = Vec::new();
        loop {
            let message = self.next().await;
            if message.get("method").is_some() {
                assert!(
                    message.get("id").is_none(),
                    "the server asks something unexpected: {message}"
                );
                notifications.push(message);
            } else {
                assert_eq!(message["id"], id, "{message}");
                return Reply {
                    response: message,
                    notifications,
                };
            }
        }
    }

    pub(crate) async fn call(&mut self, method: &str, params: Value) -> Reply {
        let id = self.request(method, params).await;
        self.reply(id).await
    }

    pub(crate) async fn tool(&mut self, name: &str, arguments: Value) -> Reply {
        self.call("tools/call", json!({ "name": name, "arguments": arguments }))
            .await
    }

    /// Answers a request of the server.
    pub(crate) async fn answer(&mut self, request: &Value, result: Value) {
        self.send(json!({ "jsonrpc": "2.0", "id": request["id"], "result": result }))
            .await;
    }
}

/// A request's `_meta` as clients of 2026-07-28 send it.
pub(crate) fn modern_meta(capabilities: Value) -> Value {
    json!({
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientInfo": { "name": "test", "version": "0" },
        "io.modelcontextprotocol/clientCapabilities": capabilities,
    })
}
