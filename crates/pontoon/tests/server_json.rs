//! What the MCP registry is told of Pontoon, `server.json`. (github.com/modelcontextprotocol/registry,
//! docs/reference/server-json, and docs/modelcontextprotocol-io/package-types.)

#[expect(dead_code, reason = "other tests use the rest")]
mod running;

use std::io::{BufReader, Write as _};
use std::process::{Command, Stdio};

use running::{Running, kill_at_deadline, read_line};
use serde_json::Value;

fn listing() -> Value {
    serde_json::from_str(include_str!("../../../server.json")).expect("it is JSON")
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key]
        .as_str()
        .unwrap_or_else(|| panic!("{key} is a text in {value}"))
}

#[test]
fn s0_41_s1_10_the_listing_is_of_this_version_and_complete() {
    let listing = listing();
    assert_eq!(text(&listing, "version"), env!("CARGO_PKG_VERSION"));
    assert!(text(&listing, "$schema").ends_with("/schemas/2025-12-11/server.schema.json"));
    let (namespace, name) = text(&listing, "name").split_once('/').expect("exactly one slash");
    let is_plain = |text: &str, more: &str| {
        let mut characters = text.chars();
        characters.all(|character| character.is_ascii_alphanumeric() || more.contains(character))
    };
    assert!(is_plain(namespace, ".-") && is_plain(name, "._-"));
    assert!((1..=100).contains(&text(&listing, "description").len()));
    assert!((1..=100).contains(&text(&listing, "title").len()));
    let repository = &listing["repository"];
    assert_eq!(text(repository, "url"), env!("CARGO_PKG_REPOSITORY"));
    assert_eq!(text(repository, "source"), "github");
    // A name below io.github is for whom the repository belongs to.
    let owner = text(repository, "url")
        .split('/')
        .nth(3)
        .expect("it has an owner");
    assert_eq!(namespace, format!("io.github.{owner}"));
}

#[test]
fn s1_10_the_package_is_this_one_and_says_whose_it_is() {
    let listing = listing();
    let packages = listing["packages"].as_array().expect("it is a list");
    assert!(!packages.is_empty());
    for package in packages {
        assert_eq!(text(package, "registryType"), "cargo");
        assert_eq!(text(package, "identifier"), env!("CARGO_PKG_NAME"));
        assert_eq!(text(package, "version"), env!("CARGO_PKG_VERSION"));
        assert_eq!(text(&package["transport"], "type"), "stdio");
    }
    // The registry looks for it in what crates.io shows, which leaves comments out.
    let token = format!("`mcp-name: {}`", text(&listing, "name"));
    let readme = include_str!("../README.md");
    assert!(
        readme
            .lines()
            .any(|line| !line.contains("<!--") && line.contains(&token))
    );
}

/// As a client would start it that was given the one value that it has to ask for.
#[test]
fn s1_10_the_command_line_of_the_listing_works() {
    let server = Running::start(&["--builtin", "showcase"]);
    let url = format!("http://{}/mcp", server.address);
    let listing = listing();
    let arguments = listing["packages"][0]["packageArguments"]
        .as_array()
        .expect("it is a list");
    let words = arguments
        .iter()
        .map(|argument| match argument["valueHint"].as_str() {
            Some("url") => url.as_str(),
            Some(other) => panic!("nobody knows {other}"),
            None => text(argument, "value"),
        });
    let mut child = Command::new(env!("CARGO_BIN_EXE_pontoon"))
        .args(words)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("the binary runs");
    let _alive = kill_at_deadline(child.id());
    let mut stdin = child.stdin.take().expect("it is piped");
    let hello = r#"{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"registry","version":"1"}}}"#;
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
