//! `pontoon check` as a script runs it.

use std::path::PathBuf;
use std::process::Command;

use serde_json::Value;

/// What it printed, and its exit code.
fn check(arguments: &[&str]) -> (String, Option<i32>) {
    let output = Command::new(env!("CARGO_BIN_EXE_pontoon"))
        .arg("check")
        .args(arguments)
        .output()
        .expect("the binary runs");
    let text = String::from_utf8(output.stdout).expect("it is UTF-8");
    (text, output.status.code())
}

fn file(text: &str) -> PathBuf {
    let path = std::env::temp_dir().join(format!("pontoon-check-{}.toml", std::process::id()));
    std::fs::write(&path, text).expect("the temporary directory can be written to");
    path
}

#[test]
fn every_server_is_looked_at_and_what_is_wrong_is_told_with_the_next_step() {
    let file = file(
        r#"
        [server.fine]
        builtin = "showcase"
        [server.missing]
        command = "no-such-program-anywhere"
        [server.dies]
        command = "/bin/sh"
        args = ["-c", "echo I need an API_KEY >&2; exit 3"]
        [server.chats]
        command = "/bin/sh"
        args = ["-c", "echo hello; exec sleep 100"]
        start_timeout = "500ms"
        [server.mute]
        command = "/bin/sleep"
        args = ["100"]
        start_timeout = "500ms"
        [server.far]
        url = "http://127.0.0.1:1/mcp?key=secret"
        "#,
    );
    let path = file.to_str().expect("the path is UTF-8");
    let (text, code) = check(&["--json", "--config", path]);
    let (people, _) = check(&["--config", path]);
    std::fs::remove_file(&file).expect("it is there");

    assert_eq!(code, Some(5));
    assert!(!text.contains("secret") && !people.contains("secret"));
    let told: Value = serde_json::from_str(&text).expect("it is JSON");
    let servers = told["servers"].as_array().expect("there are some");
    let problems: Vec<_> = servers
        .iter()
        .map(|server| server["problem"].as_str().unwrap_or("none"))
        .collect();
    let expected = [
        "none",
        "was not found in PATH",
        "exit status: 3",
        "1 lines that are not JSON-RPC",
        "did not answer within",
        "cannot be reached",
    ];
    assert_eq!(problems.len(), expected.len());
    for (problem, expected) in problems.iter().zip(expected) {
        assert!(problem.contains(expected), "{problem}");
    }
    assert_eq!(servers[0]["revision"], "2025-11-25");
    assert!(servers[0]["offers"]["tools"].as_u64() > Some(10));
    assert_eq!(servers[2]["output"][0], "I need an API_KEY");
    assert!(people.contains("| I need an API_KEY") && people.contains("  next     "));
}

#[test]
fn where_nothing_is_wrong_the_exit_code_says_so() {
    let (text, code) = check(&["--builtin", "showcase"]);
    assert_eq!(code, Some(0));
    assert!(
        text.contains("showcase (built in)") && text.contains("offers"),
        "{text}"
    );
}
