use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use url::Url;

use super::*;

fn spot(transport: Transport) -> Spot {
    let end = match transport {
        Transport::Http => "mcp",
        Transport::Sse => "sse",
    };
    let mut spot = Spot::new(
        "files",
        &format!("https://example.com/ü's/{end}?a=1&b=2"),
        transport,
    );
    spot.headers = vec![("Authorization".to_owned(), "Bearer it's+/=".to_owned())];
    spot
}

fn parsed(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

/// The words of a command, as a shell reads them.
fn words(command: &str) -> Vec<String> {
    let script = format!("set -- {command}; printf '%s\\n' \"$@\"");
    let output = std::process::Command::new("sh").arg("-c").arg(script).output();
    let text = String::from_utf8(output.expect("there is a shell").stdout).expect("it is UTF-8");
    text.lines().map(str::to_owned).collect()
}

fn query(link: &str, key: &str) -> String {
    let url = Url::parse(link).unwrap_or_else(|error| panic!("{link}: {error}"));
    let mut pairs = url.query_pairs();
    let (_, value) = pairs.find(|(name, _)| name == key).expect("it is there");
    value.into_owned()
}

fn decoded(base64: &str) -> Value {
    let bytes = STANDARD.decode(base64).expect("it is base64");
    serde_json::from_slice(&bytes).expect("it is JSON")
}

#[test]
fn s0_14_cherry_studio_imports_it_and_is_linked_to_it() {
    for (transport, kind) in [(Transport::Http, "streamableHttp"), (Transport::Sse, "sse")] {
        let spot = spot(transport);
        let snippet = form::snippet(Client::CherryStudio, &spot);
        let import = parsed(&snippet.config.expect("there is one"));
        let headers = json!({ "Authorization": "Bearer it's+/=" });
        let entry = json!({ "type": kind, "url": spot.url, "headers": headers });
        assert_eq!(import, json!({ "mcpServers": { "files": entry } }));

        let link = snippet.link.expect("there is one");
        let start = "cherrystudio://mcp/install?servers=";
        let base64 = link.strip_prefix(start).expect("it is for the handler");
        assert!(!base64.contains(['+', '/', '=']), "{link}");
        let linked = decoded(&query(&link, "servers"));
        let server = &linked["mcpServers"]["files"];
        assert_eq!(server["baseUrl"], spot.url.as_str());
        assert_eq!(
            (&server["name"], &server["type"]),
            (&"files".into(), &kind.into())
        );
    }
}

#[test]
fn s4_44_cursor_has_it_in_its_file_and_is_linked_to_it() {
    let spot = spot(Transport::Http);
    let snippet = form::snippet(Client::Cursor, &spot);
    let file = parsed(&snippet.config.expect("there is one"));
    let entry = &file["mcpServers"]["files"];
    assert_eq!(entry["url"], spot.url.as_str());
    let link = snippet.link.expect("there is one");
    assert!(link.starts_with("cursor://anysphere.cursor-deeplink/mcp/install?name=files&config="));
    assert_eq!(&decoded(&query(&link, "config")), entry);
}

#[test]
fn vs_code_is_told_on_the_command_line_in_its_file_and_by_a_link() {
    for (transport, kind) in [(Transport::Http, "http"), (Transport::Sse, "sse")] {
        let spot = spot(transport);
        let snippet = form::snippet(Client::Vscode, &spot);
        let words = words(&snippet.command.expect("there is one"));
        assert_eq!(words[..2], ["code", "--add-mcp"]);
        let added = parsed(&words[2]);
        let headers = json!({ "Authorization": "Bearer it's+/=" });
        assert_eq!(
            added,
            json!({ "name": "files", "type": kind, "url": spot.url, "headers": headers })
        );
        let file = parsed(&snippet.config.expect("there is one"));
        assert_eq!(file["servers"]["files"]["url"], spot.url.as_str());
        let link = snippet.link.expect("there is one");
        let encoded = link
            .strip_prefix("vscode:mcp/install?")
            .expect("it is for the handler");
        let text = percent_encoding::percent_decode_str(encoded).decode_utf8();
        assert_eq!(parsed(&text.expect("it is UTF-8")), added);
    }
}

#[test]
fn s4_44_claude_desktop_starts_pontoon_connect() {
    let spot = spot(Transport::Sse);
    let file = parsed(
        &form::snippet(Client::ClaudeDesktop, &spot)
            .config
            .expect("there is one"),
    );
    let server = &file["mcpServers"]["files"];
    assert_eq!(server["command"], "pontoon");
    let header = "Authorization: Bearer it's+/=";
    let expected = json!(["connect", "--transport", "sse", "--header", header, spot.url]);
    assert_eq!(server["args"], expected);
}

#[test]
fn claude_code_and_the_inspector_are_commands() {
    let spot = spot(Transport::Sse);
    let header = "Authorization: Bearer it's+/=";
    let claude = words(&form::claude_code(&spot));
    let expected = [
        "claude",
        "mcp",
        "add",
        "--transport",
        "sse",
        "files",
        &spot.url,
        "--header",
        header,
    ];
    assert_eq!(claude, expected);
    let inspector = words(&form::inspector(&spot));
    let expected = [
        "npx",
        "@modelcontextprotocol/inspector",
        "--cli",
        &spot.url,
        "--transport",
        "sse",
        "--header",
        header,
        "--method",
        "tools/list",
    ];
    assert_eq!(inspector, expected);
}

#[test]
fn people_read_where_it_goes() {
    let spots = [Spot::new("files", "http://127.0.0.1:3000/mcp", Transport::Http)];
    insta::assert_snapshot!(human(Client::value_variants(), &spots), @r#"
    Claude Code: files
      in a terminal:
        claude mcp add --transport http files http://127.0.0.1:3000/mcp

    Claude Desktop: files
      in claude_desktop_config.json:
        {"mcpServers":{"files":{"args":["connect","http://127.0.0.1:3000/mcp"],"command":"pontoon"}}}

    Cursor: files
      in .cursor/mcp.json:
        {"mcpServers":{"files":{"url":"http://127.0.0.1:3000/mcp"}}}
      or click on:
        cursor://anysphere.cursor-deeplink/mcp/install?name=files&config=eyJ1cmwiOiJodHRwOi8vMTI3LjAuMC4xOjMwMDAvbWNwIn0%3D

    VS Code: files
      in a terminal:
        code --add-mcp '{"name":"files","type":"http","url":"http://127.0.0.1:3000/mcp"}'
      in .vscode/mcp.json:
        {"servers":{"files":{"type":"http","url":"http://127.0.0.1:3000/mcp"}}}
      or click on:
        vscode:mcp/install?%7B%22name%22%3A%22files%22%2C%22type%22%3A%22http%22%2C%22url%22%3A%22http%3A%2F%2F127.0.0.1%3A3000%2Fmcp%22%7D

    Cherry Studio: files
      in Settings, MCP servers, import from JSON:
        {"mcpServers":{"files":{"type":"streamableHttp","url":"http://127.0.0.1:3000/mcp"}}}
      or click on:
        cherrystudio://mcp/install?servers=eyJtY3BTZXJ2ZXJzIjp7ImZpbGVzIjp7ImJhc2VVcmwiOiJodHRwOi8vMTI3LjAuMC4xOjMwMDAvbWNwIiwibmFtZSI6ImZpbGVzIiwidHlwZSI6InN0cmVhbWFibGVIdHRwIiwidXJsIjoiaHR0cDovLzEyNy4wLjAuMTozMDAwL21jcCJ9fX0%3D

    MCP Inspector: files
      in a terminal:
        npx @modelcontextprotocol/inspector --cli http://127.0.0.1:3000/mcp --transport http --method tools/list
    "#);
}
