//! For a person who starts it by hand.

use pontoon_config::{Server, Upstream};
use serde_json::json;

/// What this is for, and what to paste into a client. Shows no header, argument or query: they may be secrets.
pub(super) fn text(server: &Server) -> String {
    let arguments = match &server.upstream {
        Upstream::Remote(remote) => vec!["connect".to_owned(), format!("{}/…", remote.origin())],
        Upstream::Command(command) => {
            let program = command.program.display().to_string();
            vec!["connect".to_owned(), "--".to_owned(), program, "…".to_owned()]
        }
        Upstream::Builtin(_) => vec!["connect".to_owned()],
    };
    let entry =
        json!({ "mcpServers": { server.name.as_str(): { "command": "pontoon", "args": arguments } } });
    format!(
        "pontoon connect is started by an MCP client, which speaks to it on standard input.\n\
         For Claude Desktop, in claude_desktop_config.json (Cursor: .cursor/mcp.json), with your own arguments:\n\n  \
         {entry}\n\n\
         You can type messages, one on each line; Ctrl+D ends it.\n"
    )
}
