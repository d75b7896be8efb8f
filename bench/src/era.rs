//! How a client of each era opens, and what its calls look like.

use serde_json::{Value, json};

/// A transport and revision that clients use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Era {
    /// HTTP+SSE: answers come on a stream.
    HttpSse,
    /// Streamable HTTP with a session.
    Streamable,
    /// Streamable HTTP, stateless.
    Stateless,
}

impl Era {
    pub(crate) const ALL: [Self; 3] = [Self::HttpSse, Self::Streamable, Self::Stateless];

    /// Where Pontoon and most servers offer it.
    pub(crate) fn usual_path(self) -> &'static str {
        match self {
            Self::HttpSse => "/sse",
            Self::Streamable | Self::Stateless => "/mcp",
        }
    }

    /// The year that people know it by.
    pub(crate) fn year(self) -> &'static str {
        match self {
            Self::HttpSse => "2024",
            Self::Streamable => "2025",
            Self::Stateless => "2026",
        }
    }

    /// The handshake's first message.
    pub(crate) fn initialize() -> Value {
        json!({"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": {
            "protocolVersion": "2025-11-25",
            "capabilities": {},
            "clientInfo": {"name": "pontoon-bench", "version": "0"},
        }})
    }

    /// The handshake's second message.
    pub(crate) fn initialized() -> Value {
        json!({"jsonrpc": "2.0", "method": "notifications/initialized"})
    }

    /// A call whose answer names `payload` and nothing that another call named.
    pub(crate) fn call(self, id: u64, payload: &str) -> Value {
        let mut call = json!({"jsonrpc": "2.0", "id": id, "method": "tools/call", "params": {
            "name": "echo",
            "arguments": {"message": payload},
        }});
        if self == Self::Stateless {
            call["params"]["_meta"] = Self::meta();
        }
        call
    }

    /// Asks a stateless server for a stream of changes.
    pub(crate) fn listen(id: u64) -> Value {
        json!({"jsonrpc": "2.0", "id": id, "method": "subscriptions/listen", "params": {
            "notifications": {"toolsListChanged": true},
            "_meta": Self::meta(),
        }})
    }

    /// What every request of a stateless client says about itself.
    fn meta() -> Value {
        json!({
            "io.modelcontextprotocol/protocolVersion": "2026-07-28",
            "io.modelcontextprotocol/clientInfo": {"name": "pontoon-bench", "version": "0"},
            "io.modelcontextprotocol/clientCapabilities": {},
        })
    }

    /// Header lines of a call, each with its line end.
    pub(crate) fn headers(self, session: Option<&str>) -> String {
        match (self, session) {
            (Self::Stateless, _) => {
                "MCP-Protocol-Version: 2026-07-28\r\nMcp-Method: tools/call\r\nMcp-Name: echo\r\n".to_owned()
            }
            (Self::Streamable, Some(session)) => {
                format!("MCP-Protocol-Version: 2025-11-25\r\nMcp-Session-Id: {session}\r\n")
            }
            (Self::HttpSse | Self::Streamable, _) => String::new(),
        }
    }
}
