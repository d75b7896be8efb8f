use pontoon_config::{Draft, Environment};

use super::Announcement;
use crate::paint::Paint;

fn announcement(file: &str, address: &str) -> Announcement {
    let config = Draft::parse("f", file, &Environment::default()).and_then(Draft::finish);
    let config = config.unwrap_or_else(|error| panic!("{error}"));
    Announcement::new(&config, address.parse().expect("an address"))
}

const MANY: &str = r#"
listen = "0.0.0.0:3000"
allow_wildcard = true
path_prefix = "/tools"

[server.files]
command = "/opt/files"
args = ["--token", "hidden"]
lease = "shared"

[server.news]
builtin = "hackernews"
default = true
paths = ["/api/mcp"]
"#;

#[test]
fn one_server() {
    insta::assert_snapshot!(announcement("", "127.0.0.1:3000").human(Paint::Plain), @r#"
    Pontoon 0.1.0 is listening on http://127.0.0.1:3000

      showcase (built in)
        Streamable HTTP  http://127.0.0.1:3000/mcp
        HTTP+SSE         http://127.0.0.1:3000/sse
        also             http://127.0.0.1:3000/showcase/mcp
        also             http://127.0.0.1:3000/showcase/sse

    Connect a client
      Claude Code    claude mcp add --transport http showcase http://127.0.0.1:3000/mcp
      VS Code        code --add-mcp '{"name":"showcase","type":"http","url":"http://127.0.0.1:3000/mcp"}'
      Cursor         in .cursor/mcp.json:
                     {"mcpServers":{"showcase":{"url":"http://127.0.0.1:3000/mcp"}}}
      MCP Inspector  npx @modelcontextprotocol/inspector --cli http://127.0.0.1:3000/mcp --transport http --method tools/list
    "#);
}

#[test]
fn many_servers_on_every_interface() {
    insta::assert_snapshot!(announcement(MANY, "0.0.0.0:3000").human(Paint::Plain), @r#"
    Pontoon 0.1.0 is listening on http://127.0.0.1:3000
    and on every other interface of this machine (0.0.0.0:3000)

      files (/opt/files, one process for all)
        Streamable HTTP  http://127.0.0.1:3000/tools/files/mcp
        HTTP+SSE         http://127.0.0.1:3000/tools/files/sse

      news (built in)
        Streamable HTTP  http://127.0.0.1:3000/tools/mcp
        HTTP+SSE         http://127.0.0.1:3000/tools/sse
        also             http://127.0.0.1:3000/tools/news/mcp
        also             http://127.0.0.1:3000/tools/news/sse
        also             http://127.0.0.1:3000/tools/api/mcp

    Connect a client
      Claude Code    claude mcp add --transport http news http://127.0.0.1:3000/tools/mcp
                     claude mcp add --transport http files http://127.0.0.1:3000/tools/files/mcp
      VS Code        code --add-mcp '{"name":"news","type":"http","url":"http://127.0.0.1:3000/tools/mcp"}'
                     code --add-mcp '{"name":"files","type":"http","url":"http://127.0.0.1:3000/tools/files/mcp"}'
      Cursor         in .cursor/mcp.json:
                     {"mcpServers":{"files":{"url":"http://127.0.0.1:3000/tools/files/mcp"},"news":{"url":"http://127.0.0.1:3000/tools/mcp"}}}
      MCP Inspector  npx @modelcontextprotocol/inspector --cli http://127.0.0.1:3000/tools/mcp --transport http --method tools/list
    "#);
}

#[test]
fn the_machine_line() {
    insta::assert_snapshot!(announcement("", "[::1]:49152").machine(), @r#"{"listening":"http://[::1]:49152","servers":{"showcase":{"mcp":"http://[::1]:49152/showcase/mcp","sse":"http://[::1]:49152/showcase/sse"}},"default":"showcase"}"#);
    insta::assert_snapshot!(announcement(MANY, "0.0.0.0:3000").machine(), @r#"{"listening":"http://127.0.0.1:3000","servers":{"files":{"mcp":"http://127.0.0.1:3000/tools/files/mcp","sse":"http://127.0.0.1:3000/tools/files/sse"},"news":{"mcp":"http://127.0.0.1:3000/tools/news/mcp","sse":"http://127.0.0.1:3000/tools/news/sse"}},"default":"news"}"#);
    let file = "public_url = \"https://mcp.example.com/x\"\n[server.a]\ncommand = \"a\"\n[server.b]\ncommand = \"b\"";
    insta::assert_snapshot!(announcement(file, "127.0.0.1:3000").machine(), @r#"{"listening":"http://127.0.0.1:3000","servers":{"a":{"mcp":"https://mcp.example.com/x/a/mcp","sse":"https://mcp.example.com/x/a/sse"},"b":{"mcp":"https://mcp.example.com/x/b/mcp","sse":"https://mcp.example.com/x/b/sse"}},"default":null}"#);
}

#[test]
fn colours_change_nothing_but_colours() {
    let announcement = announcement(MANY, "0.0.0.0:3000");
    let mut text = announcement.human(Paint::Ansi);
    assert!(text.contains("\x1b[36mhttp://127.0.0.1:3000\x1b[0m"), "{text}");
    for code in ["\x1b[0m", "\x1b[1m", "\x1b[2m", "\x1b[36m"] {
        text = text.replace(code, "");
    }
    assert_eq!(text, announcement.human(Paint::Plain));
}
