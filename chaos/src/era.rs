//! The three ways to talk to the gateway.

use serde_json::{Value, json};

/// A transport.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Era {
    /// HTTP+SSE: answers come on the one stream.
    Sse,
    /// Streamable HTTP with a session, 2025-11-25.
    Streamable,
    /// Stateless, 2026-07-28.
    Stateless,
}

impl Era {
    pub(crate) const ALL: [Self; 3] = [Self::Sse, Self::Streamable, Self::Stateless];

    /// How reports call it.
    pub(crate) fn label(self) -> &'static str {
        match self {
            Self::Sse => "2024",
            Self::Streamable => "2025",
            Self::Stateless => "2026",
        }
    }

    /// The handshake, which is a request like any other.
    pub(crate) fn initialize(id: u64) -> Value {
        json!({"jsonrpc": "2.0", "id": id, "method": "initialize", "params": {
            "protocolVersion": "2025-11-25",
            "capabilities": {"roots": {"listChanged": true}, "sampling": {}, "elicitation": {}},
            "clientInfo": {"name": "chaos", "version": "1"},
        }})
    }

    /// A call that carries `text`, and asks for progress.
    pub(crate) fn call(self, id: u64, text: &str) -> Value {
        let mut meta = match self {
            Self::Stateless => stateless_meta(),
            Self::Sse | Self::Streamable => json!({}),
        };
        meta["progressToken"] = id.into();
        json!({"jsonrpc": "2.0", "id": id, "method": "tools/call", "params": {
            "name": "echo", "arguments": {"text": text}, "_meta": meta,
        }})
    }

    /// What a stateless client sends to hear what changes.
    pub(crate) fn listen(id: u64) -> Value {
        json!({"jsonrpc": "2.0", "id": id, "method": "subscriptions/listen", "params": {
            "notifications": {"toolsListChanged": true, "resourceSubscriptions": ["test://one"]},
            "_meta": stateless_meta(),
        }})
    }

    /// The era's own header lines of a request with this body, each with its line end.
    pub(crate) fn headers(self, session: Option<&str>, message: &Value) -> String {
        match (self, session) {
            (Self::Stateless, _) => {
                let method = message["method"].as_str().unwrap_or_default();
                let name = message["params"]["name"].as_str();
                let name = name.map_or_else(String::new, |name| format!("Mcp-Name: {name}\r\n"));
                format!("MCP-Protocol-Version: 2026-07-28\r\nMcp-Method: {method}\r\n{name}")
            }
            (Self::Streamable, Some(session)) => {
                format!("MCP-Protocol-Version: 2025-11-25\r\nMcp-Session-Id: {session}\r\n")
            }
            (Self::Sse | Self::Streamable, _) => String::new(),
        }
    }
}

fn stateless_meta() -> Value {
    json!({
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientInfo": {"name": "chaos", "version": "1"},
        "io.modelcontextprotocol/clientCapabilities": {},
        "io.modelcontextprotocol/logLevel": "debug",
    })
}
