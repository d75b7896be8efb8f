//! What to paste where, for the clients most people have.

use super::Endpoint;
use crate::snippet::{Spot, form};

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
    let shown: Vec<_> = shown.into_iter().map(Endpoint::streamable).collect();
    let each = |line: fn(&Spot) -> String| shown.iter().map(line).collect();
    vec![
        Snippet {
            client: "Claude Code",
            lines: each(form::claude_code),
        },
        Snippet {
            client: "VS Code",
            lines: each(form::vs_code),
        },
        Snippet {
            client: "Cursor",
            lines: vec!["in .cursor/mcp.json:".to_owned(), form::cursor(&shown)],
        },
        Snippet {
            client: "MCP Inspector",
            lines: shown.iter().take(1).map(form::inspector).collect(),
        },
    ]
}
