//! The exchanges in `docs/learn/transports.md` are what the binary says: they are played again, and compared.

use std::net::Ipv4Addr;

use serde_json::{Value, json};

use crate::running::Running;
use crate::scratch::shipped;
use crate::wire::{Answer, Client};

/// A client that keeps what was said, either way.
struct Reader<'a> {
    client: Client<'a>,
    said: Vec<Value>,
}

/// S0.12: the diagrams are of real traffic, and stay so.
#[test]
fn s0_12_the_transports_are_shown_as_they_are() {
    let running = Running::start(&["--builtin", "showcase"]);
    let client = Client {
        server: &running.address,
        host: "localhost",
        from: Ipv4Addr::LOCALHOST,
    };
    let mut reader = Reader {
        client,
        said: Vec::new(),
    };
    reader.http_sse();
    reader.sessions();
    reader.newest();
    let shown = shown();
    assert!(shown.len() > 10, "they are found: {}", shown.len());
    for message in shown {
        assert!(reader.said.contains(&message), "nobody said {message}");
    }
}

/// The messages on the page, but for those that are cut and those that hold what is sealed.
fn shown() -> Vec<Value> {
    let page = shipped("docs/learn/transports.md");
    let lines = page
        .lines()
        .map(|line| line.strip_prefix("data: ").unwrap_or(line));
    let whole = lines.filter(|line| line.starts_with("{\"jsonrpc\"") && !line.contains('…'));
    whole
        .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{line}: {error}")))
        .collect()
}

impl Reader<'_> {
    fn post(&mut self, path: &str, headers: &[(&str, &str)], body: Value, status: &str) -> Answer {
        let answer = self.client.post(path, headers, &body).expect(status);
        self.said.push(body);
        answer
    }

    fn event(&mut self, events: &mut Answer) -> Value {
        let (_, message) = events.event();
        self.said.push(message.clone());
        message
    }

    fn text(&mut self, answer: Answer) -> Value {
        let message: Value = serde_json::from_str(&answer.text()).expect("it is JSON");
        self.said.push(message.clone());
        message
    }

    fn http_sse(&mut self) {
        let mut events = self.client.get("/sse", &[]).expect("200");
        let path = events.line("data: ");
        self.post(&path, &[], initialize("2024-11-05"), "202");
        self.event(&mut events);
        self.post(&path, &[], initialized(), "202");
        self.post(&path, &[], sample(1, json!({})), "202");
        let question = self.event(&mut events);
        self.post(&path, &[], answer_to(&question), "202");
        self.event(&mut events);
    }

    fn sessions(&mut self) {
        let opened = self.post("/mcp", &[], initialize("2025-11-25"), "200");
        let session = opened.header("mcp-session-id").expect("it has one").to_owned();
        let headers = [
            ("Mcp-Session-Id", session.as_str()),
            ("MCP-Protocol-Version", "2025-11-25"),
        ];
        self.post("/mcp", &headers, initialized(), "202");
        let mut events = self.post("/mcp", &headers, sample(1, json!({})), "200");
        let question = self.event(&mut events);
        self.post("/mcp", &headers, answer_to(&question), "202");
        self.event(&mut events);
    }

    fn newest(&mut self) {
        let asked = self.modern("sample", sample(1, json!({"_meta": meta(&json!({}))})));
        let asked = self.text(asked)["result"].clone();
        let responses = json!({"sample": answer_to(&json!({}))["result"]});
        let again = json!({"inputResponses": responses, "requestState": asked["requestState"], "_meta": meta(&json!({}))});
        let answer = self.modern("sample", sample(2, again));
        self.text(answer);
        let steps = json!({"steps": 2, "delay_ms": 1});
        let call = call(
            3,
            "progress",
            &steps,
            json!({"_meta": meta(&json!({"progressToken": "p"}))}),
        );
        let mut events = self.modern("progress", call);
        for _ in 0..3 {
            self.event(&mut events);
        }
        let params = json!({"notifications": {"toolsListChanged": true}, "_meta": meta(&json!({}))});
        let listen = json!({"jsonrpc": "2.0", "id": 4, "method": "subscriptions/listen", "params": params});
        let revision = ("MCP-Protocol-Version", "2026-07-28");
        let mut events = self.post(
            "/mcp",
            &[revision, ("Mcp-Method", "subscriptions/listen")],
            listen,
            "200",
        );
        self.event(&mut events);
        let refused = self.client.get("/mcp", &[revision]).expect("405");
        self.text(refused);
    }

    fn modern(&mut self, name: &str, call: Value) -> Answer {
        let revision = ("MCP-Protocol-Version", "2026-07-28");
        self.post(
            "/mcp",
            &[revision, ("Mcp-Method", "tools/call"), ("Mcp-Name", name)],
            call,
            "200",
        )
    }
}

fn initialize(version: &str) -> Value {
    let client = json!({"name": "book", "version": "1"});
    let params = json!({"protocolVersion": version, "capabilities": {"sampling": {}}, "clientInfo": client});
    json!({"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": params})
}

fn initialized() -> Value {
    json!({"jsonrpc": "2.0", "method": "notifications/initialized"})
}

fn sample(id: u32, more: Value) -> Value {
    call(id, "sample", &json!({"prompt": "Say hello"}), more)
}

fn call(id: u32, name: &str, arguments: &Value, more: Value) -> Value {
    let params = with(json!({"name": name, "arguments": arguments}), more);
    json!({"jsonrpc": "2.0", "id": id, "method": "tools/call", "params": params})
}

/// What the model says, to whatever was asked.
fn answer_to(question: &Value) -> Value {
    let content = json!({"type": "text", "text": "Hello"});
    let result = json!({"role": "assistant", "content": content, "model": "m"});
    json!({"jsonrpc": "2.0", "id": question["id"], "result": result})
}

fn meta(more: &Value) -> Value {
    let meta = json!({
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientInfo": {"name": "book", "version": "1"},
        "io.modelcontextprotocol/clientCapabilities": {"sampling": {}},
    });
    with(meta, more.clone())
}

fn with(mut object: Value, more: Value) -> Value {
    let members = object.as_object_mut().expect("an object");
    members.extend(more.as_object().expect("an object").clone());
    object
}
