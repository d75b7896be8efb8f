use super::{config, refusal};
use crate::{Lease, Transport, Upstream};

#[test]
fn the_file_of_a_desktop_client_is_served_as_it_is() {
    let config = config(
        r#"{
          "globalShortcut": "Ctrl+Space",
          "mcpServers": {
            "Sequential Thinking": {
              "type": "stdio",
              "command": "npx",
              "args": ["-y", "@modelcontextprotocol/server-sequential-thinking"],
              "autoApprove": []
            },
            "off": { "command": "off", "disabled": true },
            "github": { "command": "github-mcp-server", "env": { "GITHUB_TOKEN": "${TOKEN}" }, "cwd": null, "lease": "shared" }
          }
        }"#,
    );
    let names: Vec<_> = config.servers.iter().map(|server| server.name.as_str()).collect();
    assert_eq!(names, ["sequential-thinking", "github"]);
    let Upstream::Command(github) = &config.servers[1].upstream else {
        panic!("{config:?}")
    };
    assert_eq!(github.env["GITHUB_TOKEN"], "s3cret");
    assert_eq!(github.lease, Lease::Shared);
    insta::assert_snapshot!(config.notes.join("\n"), @r#"
    `mcpServers.Sequential Thinking` is served as `sequential-thinking`
    `mcpServers.Sequential Thinking.autoApprove` is a setting of another program and ignored
    `mcpServers.off` is disabled in the file and not served
    "#);
}

#[test]
fn a_remote_server_of_a_desktop_client_is_served() {
    let config = config(
        r#"{
          "mcpServers": {
            "far": { "type": "http", "url": "https://far.example/mcp?k=${TOKEN}", "headers": { "Authorization": "Bearer ${TOKEN}" } }
          }
        }"#,
    );
    let Upstream::Remote(far) = &config.servers[0].upstream else {
        panic!("{config:?}")
    };
    assert_eq!(far.url, "https://far.example/mcp?k=s3cret");
    assert_eq!(far.headers["Authorization"], "Bearer s3cret");
    assert_eq!(far.origin(), "https://far.example");
    assert!(!format!("{config:?}").contains("s3cret"));
}

#[test]
fn the_type_of_a_remote_server_is_its_transport() {
    let transport = |kind: &str| {
        let config = config(&format!(
            r#"{{ "mcpServers": {{ "far": {{ {kind} "url": "https://far.example/sse" }} }} }}"#
        ));
        match &config.servers[0].upstream {
            Upstream::Remote(far) => far.transport,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(transport(""), Transport::Auto);
    assert_eq!(transport(r#""type": "http","#), Transport::Streamable);
    assert_eq!(transport(r#""type": "streamable-http","#), Transport::Streamable);
    assert_eq!(transport(r#""type": "sse","#), Transport::Sse);
    let text = r#"{ "mcpServers": {
  "far": { "type": "ws", "url": "wss://hidden" },
  "near": { "type": "sse", "command": "near" }
} }"#;
    insta::assert_snapshot!(refusal(text), @r#"
    mcp.json:2:20: `mcpServers.far.transport` cannot be "ws"
      |
    2 |   "far": { "type": "ws", "url": "············" },
      |                    ^^^^
      = allowed: "auto", "streamable" or "sse"

    mcp.json:2:26: `mcpServers.far.url` is no such address
      |
    2 |   "far": { "type": "··", "url": "············" },
      |                          ^^^^^
      = allowed: an http or https address without user and fragment, such as "https://mcp.example.com/mcp"

    mcp.json:3:13: `mcpServers.near.transport` belongs to a remote server, and this one has a `command`
      |
    3 |   "near": { "type": "···", "command": "····" }
      |             ^^^^^^
    "#);
}

#[test]
fn misspelt_and_malformed_entries_are_refused_with_their_lines() {
    let text = r#"{
  "mcpServers": {
    "a": { "comand": "a" },
    "b": { "command": ["npx", "-y"] },
    "c": { "command": "c", "args": "-y" },
    "d": "npx",
    "e": { "command": "e", "env": { "PORT": 80, "TOKEN": "${input:token}" } },
    "🌍": { "command": "g" }
  }
}"#;
    insta::assert_snapshot!(refusal(text), @r#"
    mcp.json:3:12: unknown key `comand` in [mcpServers.a]
      |
    3 |     "a": { "comand": "·" },
      |            ^^^^^^^^
      = allowed: command, args, env, cwd, era, lease, warm, max_processes, idle_timeout, start_timeout, stop_timeout, call_timeout, max_call_timeout, url, transport, headers, ca_file, builtin, base_url, search_url, sources_url, poll_interval, default, paths
      = help: did you mean `command`?

    mcp.json:4:23: `mcpServers.b.command` cannot be an array
      |
    4 |     "b": { "command": ["npx", "-y"] },
      |                       ^^^^^^^^^^^^^
      = allowed: the name or path of a program, as text

    mcp.json:5:36: `mcpServers.c.args` cannot be "-y"
      |
    5 |     "c": { "command": "·", "args": "-y" },
      |                                    ^^^^
      = allowed: a list of texts

    mcp.json:6:10: `mcpServers.d` cannot be "npx"
      |
    6 |     "d": "npx",
      |          ^^^^^
      = allowed: a table of the server's settings

    mcp.json:7:37: `mcpServers.e.env.PORT` cannot be 80
      |
    7 |     "e": { "command": "·", "env": { "PORT": 80, "TOKEN": "··············" } },
      |                                     ^^^^^^
      = allowed: text; put quotes around numbers and true or false

    mcp.json:7:49: `mcpServers.e.env.TOKEN` asks a person for `${input:token}`, which only an editor can do
      |
    7 |     "e": { "command": "·", "env": { "PORT": 80, "TOKEN": "··············" } },
      |                                                 ^^^^^^^

    mcp.json:8:5: no name for URLs can be made of `🌍`
      |
    8 |     "🌍": { "command": "·" }
      |     ^^^
      = help: give the server a name with letters or digits that is no address of Pontoon itself
    "#);
}

#[test]
fn broken_json_is_refused_where_it_breaks() {
    insta::assert_snapshot!(refusal("{\n  \"mcpServers\": {\n    \"a\": { \"command\": \"a\", }\n  }\n}"), @r#"
    mcp.json:3:28: this is not JSON: key must be a string
      |
    3 |     "a": { "command": "·", }
      |                            ^
    "#);
    insta::assert_snapshot!(refusal("{\"mcpServers\": {\"a\": {\"command\": \"a\"}, \"a\": {\"command\": \"b\"}}}"), @r#"
    mcp.json:1:40: the key `a` stands here a second time
      |
    1 | {"mcpServers": {"a": {"command": "·"}, "a": {"command": "·"}}}
      |                                        ^^^
    "#);
    insta::assert_snapshot!(refusal("{\"mcpservers\": {}}"), @r#"
    mcp.json:1:2: a configuration in JSON needs an object `mcpServers` with servers by name
      |
    1 | {"mcpservers": {}}
      |  ^^^^^^^^^^^^
      = help: to set anything besides servers, write TOML
    "#);
}
