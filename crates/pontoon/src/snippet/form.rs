//! What each client wants to be told, and how.

use serde_json::{Map, Value, json};

use super::quote::quoted;
use super::{Client, Snippet, Spot, Transport, link};

/// What people call it.
pub(super) fn title(client: Client) -> &'static str {
    match client {
        Client::ClaudeCode => "Claude Code",
        Client::ClaudeDesktop => "Claude Desktop",
        Client::Cursor => "Cursor",
        Client::Vscode => "VS Code",
        Client::CherryStudio => "Cherry Studio",
        Client::Inspector => "MCP Inspector",
    }
}

/// What makes this client use this server.
pub(super) fn snippet(client: Client, spot: &Spot) -> Snippet {
    let command = |command: String| Snippet {
        command: Some(command),
        ..Snippet::default()
    };
    let config = |file: &'static str, config: String, link: Option<String>| Snippet {
        file: Some(file),
        config: Some(config),
        link,
        ..Snippet::default()
    };
    match client {
        Client::ClaudeCode => command(claude_code(spot)),
        Client::Inspector => command(inspector(spot)),
        Client::ClaudeDesktop => config("claude_desktop_config.json", claude_desktop(spot), None),
        Client::Cursor => {
            let link = link::cursor(&spot.name, &cursor_entry(spot).to_string());
            config(".cursor/mcp.json", cursor(std::slice::from_ref(spot)), Some(link))
        }
        Client::Vscode => Snippet {
            command: Some(vs_code(spot)),
            ..config(
                ".vscode/mcp.json",
                json!({ "servers": { &spot.name: vs_code_entry(spot) } }).to_string(),
                Some(link::vs_code(&named(&spot.name, vs_code_entry(spot)).to_string())),
            )
        },
        Client::CherryStudio => config(
            "Settings, MCP servers, import from JSON",
            json!({ "mcpServers": { &spot.name: cherry_studio_entry(spot) } }).to_string(),
            Some(link::cherry_studio(&cherry_studio_linked(spot).to_string())),
        ),
    }
}

pub(crate) fn claude_code(spot: &Spot) -> String {
    let (name, url) = (quoted(&spot.name), quoted(&spot.url));
    let transport = short(spot.transport);
    format!(
        "claude mcp add --transport {transport} {name} {url}{}",
        header_words(spot)
    )
}

pub(crate) fn vs_code(spot: &Spot) -> String {
    let config = named(&spot.name, vs_code_entry(spot)).to_string();
    // Always in quotes: it is JSON.
    format!("code --add-mcp {}", quoted(&config))
}

/// For several servers at once.
pub(crate) fn cursor(spots: &[Spot]) -> String {
    let servers: Map<_, _> = spots
        .iter()
        .map(|spot| (spot.name.clone(), cursor_entry(spot)))
        .collect();
    json!({ "mcpServers": servers }).to_string()
}

pub(crate) fn inspector(spot: &Spot) -> String {
    let (url, transport) = (quoted(&spot.url), short(spot.transport));
    let headers = header_words(spot);
    format!(
        "npx @modelcontextprotocol/inspector --cli {url} --transport {transport}{headers} --method tools/list"
    )
}

/// It starts commands only.
fn claude_desktop(spot: &Spot) -> String {
    let mut arguments = vec!["connect".to_owned()];
    if spot.transport == Transport::Sse {
        arguments.extend(["--transport".to_owned(), "sse".to_owned()]);
    }
    for (name, value) in &spot.headers {
        arguments.extend(["--header".to_owned(), format!("{name}: {value}")]);
    }
    arguments.push(spot.url.clone());
    let server = json!({ "command": "pontoon", "args": arguments });
    json!({ "mcpServers": { &spot.name: server } }).to_string()
}

/// It finds the transport out by itself.
fn cursor_entry(spot: &Spot) -> Value {
    with_headers(spot, json!({ "url": spot.url }))
}

fn vs_code_entry(spot: &Spot) -> Value {
    with_headers(spot, json!({ "type": short(spot.transport), "url": spot.url }))
}

fn cherry_studio_entry(spot: &Spot) -> Value {
    let transport = match spot.transport {
        Transport::Http => "streamableHttp",
        Transport::Sse => "sse",
    };
    with_headers(spot, json!({ "type": transport, "url": spot.url }))
}

/// A link is taken as it is, without the translation that an import gets: the address is `baseUrl` there.
fn cherry_studio_linked(spot: &Spot) -> Value {
    let mut entry = named(&spot.name, cherry_studio_entry(spot));
    entry["baseUrl"] = Value::from(spot.url.as_str());
    json!({ "mcpServers": { &spot.name: entry } })
}

fn named(name: &str, mut entry: Value) -> Value {
    entry["name"] = Value::from(name);
    entry
}

fn with_headers(spot: &Spot, mut entry: Value) -> Value {
    if !spot.headers.is_empty() {
        let headers = spot.headers.iter();
        let headers: Map<_, _> = headers
            .map(|(name, value)| (name.clone(), Value::from(value.as_str())))
            .collect();
        entry["headers"] = Value::from(headers);
    }
    entry
}

fn header_words(spot: &Spot) -> String {
    let words = spot.headers.iter();
    words
        .map(|(name, value)| format!(" --header {}", quoted(&format!("{name}: {value}"))))
        .collect()
}

/// As Claude Code, VS Code and the Inspector call it.
fn short(transport: Transport) -> &'static str {
    match transport {
        Transport::Http => "http",
        Transport::Sse => "sse",
    }
}
