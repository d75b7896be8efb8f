//! What to paste where, for the clients most people have.

use serde_json::json;

use super::{Addresses, Endpoint};

/// Beyond these the pattern is clear.
const MAX_SERVERS: usize = 3;

/// A client and the lines for it.
pub(super) struct Snippet {
    pub(super) client: &'static str,
    pub(super) lines: Vec<String>,
}

/// For the first few servers, the default one first.
pub(super) fn snippets(endpoints: &[Endpoint]) -> Vec<Snippet> {
    let mut shown: Vec<_> = endpoints.iter().collect();
    shown.sort_by_key(|endpoint| !endpoint.is_default);
    shown.truncate(MAX_SERVERS);
    let each = |line: fn(&Endpoint) -> String| shown.iter().map(|endpoint| line(endpoint)).collect();
    vec![
        Snippet {
            client: "Claude Code",
            lines: each(claude_code),
        },
        Snippet {
            client: "VS Code",
            lines: each(vs_code),
        },
        Snippet {
            client: "Cursor",
            lines: vec!["in .cursor/mcp.json:".to_owned(), cursor(&shown)],
        },
        Snippet {
            client: "MCP Inspector",
            lines: shown.iter().take(1).map(|first| inspector(first)).collect(),
        },
    ]
}

fn claude_code(
    Endpoint {
        name,
        best: Addresses { mcp, .. },
        ..
    }: &Endpoint,
) -> String {
    format!("claude mcp add --transport http {name} {mcp}")
}

fn vs_code(
    Endpoint {
        name,
        best: Addresses { mcp, .. },
        ..
    }: &Endpoint,
) -> String {
    format!(
        "code --add-mcp '{}'",
        json!({ "name": name, "type": "http", "url": mcp })
    )
}

fn cursor(endpoints: &[&Endpoint]) -> String {
    let servers: serde_json::Map<_, _> = endpoints
        .iter()
        .map(|endpoint| (endpoint.name.clone(), json!({ "url": endpoint.best.mcp })))
        .collect();
    json!({ "mcpServers": servers }).to_string()
}

fn inspector(
    Endpoint {
        best: Addresses { mcp, .. },
        ..
    }: &Endpoint,
) -> String {
    format!("npx @modelcontextprotocol/inspector --cli {mcp} --transport http --method tools/list")
}
