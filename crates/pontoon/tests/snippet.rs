//! `pontoon snippet` as people and scripts run it; what can be run of what it prints, is.

#[expect(dead_code, reason = "other tests use the rest")]
mod running;

use std::io::{BufReader, Write as _};
use std::process::{Command, Stdio};

use running::{Running, kill_at_deadline, read_line};
use serde_json::Value;

fn snippet(arguments: &[&str]) -> (Option<i32>, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_pontoon"))
        .arg("snippet")
        .args(arguments)
        .output()
        .expect("the binary runs");
    let text = |bytes| String::from_utf8(bytes).expect("it is UTF-8");
    (output.status.code(), text(output.stdout), text(output.stderr))
}

fn entries(arguments: &[&str]) -> Vec<Value> {
    let (code, stdout, stderr) = snippet(&[arguments, &["--json"]].concat());
    assert_eq!(code, Some(0), "{stderr}");
    serde_json::from_str(&stdout).expect("it is one JSON document")
}

#[test]
fn s4_44_every_client_and_every_server_of_a_configuration() {
    let path = std::env::temp_dir().join(format!("pontoon-snippet-{}.toml", std::process::id()));
    let text = "public_url = \"https://mcp.example.com/x\"\n[server.a]\nbuiltin = \"showcase\"\n[server.b]\ncommand = \"b\"\n";
    std::fs::write(&path, text).expect("the temporary directory can be written to");
    let path_text = path.to_str().expect("the path is UTF-8");
    let all = entries(&["--config", path_text]);
    let some = entries(&["cursor", "--config", path_text, "--transport", "sse"]);
    std::fs::remove_file(&path).expect("it is there");
    assert_eq!(all.len(), 6 * 2);
    for entry in &all {
        let has = |key: &str| entry[key].is_string();
        assert!(has("command") || has("config"), "{entry}");
        assert_eq!(entry["transport"], "http");
    }
    let urls: Vec<_> = some
        .iter()
        .map(|entry| entry["url"].as_str().expect("it has one"))
        .collect();
    assert_eq!(
        urls,
        [
            "https://mcp.example.com/x/a/sse",
            "https://mcp.example.com/x/b/sse"
        ]
    );
}

#[test]
fn without_arguments_it_is_for_what_serve_hosts() {
    let entries = entries(&[]);
    assert!(
        entries
            .iter()
            .all(|entry| entry["url"] == "http://127.0.0.1:3000/mcp")
    );
    let links = entries.iter().filter(|entry| entry["link"].is_string());
    let clients: Vec<_> = links
        .map(|entry| entry["client"].as_str().expect("it has one"))
        .collect();
    assert_eq!(clients, ["cursor", "vscode", "cherry-studio"]);
}

#[test]
fn what_claude_desktop_would_start_reaches_the_server() {
    let server = Running::start(&["--builtin", "showcase"]);
    for end in ["mcp", "sse"] {
        let url = format!("http://{}/{end}", server.address);
        let entry = entries(&["claude-desktop", "--url", &url, "--name", "mine"]).remove(0);
        let config: Value =
            serde_json::from_str(entry["config"].as_str().expect("it has one")).expect("it is JSON");
        let mine = &config["mcpServers"]["mine"];
        assert_eq!(mine["command"], "pontoon");
        let arguments = mine["args"].as_array().expect("it has some");
        let mut child = Command::new(env!("CARGO_BIN_EXE_pontoon"))
            .args(arguments.iter().map(|word| word.as_str().expect("it is a word")))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the binary runs");
        let _alive = kill_at_deadline(child.id());
        let mut stdin = child.stdin.take().expect("it is piped");
        let hello = r#"{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-06-18","capabilities":{},"clientInfo":{"name":"desktop","version":"1"}}}"#;
        writeln!(stdin, "{hello}").expect("it reads");
        let mut stdout = BufReader::new(child.stdout.take().expect("it is piped"));
        let answer: Value = serde_json::from_str(&read_line(&mut stdout)).expect("it is JSON");
        assert_eq!(
            answer["result"]["serverInfo"]["name"], "pontoon-showcase",
            "{answer}"
        );
        drop(stdin);
        assert!(child.wait().expect("it ends").success());
    }
}

#[test]
fn what_goes_wrong_has_codes_of_its_own() {
    for (arguments, code, words) in [
        (&["--url", "nonsense"] as &[_], 2, "no address"),
        (&["--url", "file:///x"], 2, "no http or https"),
        (&["emacs"], 2, "cherry-studio"),
        (&["--name", "x"], 2, "--url"),
        (&["--config", "no-such-file"], 3, "no-such-file"),
    ] {
        let (ended, stdout, stderr) = snippet(arguments);
        assert_eq!(ended, Some(code), "{stderr}");
        assert!(stderr.contains(words) && stdout.is_empty(), "{stderr}");
    }
}
