//! `pontoon call` as people and scripts run it, against `pontoon serve` in every era.

#[expect(dead_code, reason = "other tests use the rest")]
mod running;

use std::io::{BufReader, Read as _, Write as _};
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::thread;

use running::{Running, kill_at_deadline, read_line, signal};
use serde_json::Value;

/// How a call ended.
struct Called {
    code: Option<i32>,
    stdout: String,
    stderr: String,
}

fn start(arguments: &[&str]) -> Child {
    Command::new(env!("CARGO_BIN_EXE_pontoon"))
        .arg("call")
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary runs")
}

fn call(arguments: &[&str]) -> Called {
    let child = start(arguments);
    let _alive = kill_at_deadline(child.id());
    let output = child.wait_with_output().expect("it can be waited for");
    let text = |bytes| String::from_utf8(bytes).expect("it is UTF-8");
    Called {
        code: output.status.code(),
        stdout: text(output.stdout),
        stderr: text(output.stderr),
    }
}

/// The addresses and options for each era of the showcase.
fn eras(server: &Running) -> [(String, Vec<&'static str>); 3] {
    let at = |path: &str| format!("http://{}{path}", server.address);
    [
        (at("/mcp"), vec!["--era", "modern"]),
        (at("/mcp"), vec!["--era", "legacy"]),
        (at("/sse"), vec![]),
    ]
}

#[test]
fn every_era_is_spoken() {
    let server = Running::start(&["--builtin", "showcase"]);
    for (url, era) in eras(&server) {
        let called = |words: &[&str]| call(&[&[url.as_str()], era.as_slice(), words].concat());
        for (words, code, out, err) in [
            (&["echo", "message=5"] as &[_], 0, "5\n", ""),
            (&["add", "a=1", "b=2"], 0, "\"sum\": 3", ""),
            (&["add", "a=one", "b=2"], 2, "", "a=2.5"),
            (&["ehco", "message=hi"], 2, "", "did you mean `echo`"),
            (&["fail"], 12, "This failed on purpose.", "the tool failed"),
            (&["fail_protocol"], 11, "", "(-32603)"),
            (&["vendor/thing"], 11, "", "(-32601)"),
            (&["tools/list"], 0, "echo message=", ""),
            (&["prompts/get", "name=greet", "name=Ada"], 0, "Ada", ""),
            (&["prompts/get", "name=test_simple_prompt"], 0, "user:\n", ""),
            (&["resources/read", "uri=showcase://counter"], 0, "0\n", ""),
            (
                &["resources/read", "uri=test://static-binary"],
                0,
                "[image/png, 202 B;",
                "",
            ),
            (&["ping"], 0, "answered `", ""),
            (
                &["progress", "delay_ms=1", "steps=2", "--json"],
                0,
                "Done in 2 steps.",
                "{\"progress\":{",
            ),
            (
                &[
                    "elicit_form",
                    "--answers",
                    r#"{"name":"Ann"}"#,
                    "--answer",
                    "age=5",
                ],
                0,
                r#"content={"age":5,"name":"Ann","newsletter":false}"#,
                "The server asks",
            ),
            (&["elicit_form"], 0, "action=decline", "--answer 'name=…'"),
            (
                &["elicit_url"],
                0,
                "action=decline",
                "https://example.com/showcase",
            ),
            (&["roots", "--root", "/"], 0, "file:///", ""),
        ] {
            let called = called(words);
            let told = format!(
                "{url} {words:?}: {:?}\n{}{}",
                called.code, called.stdout, called.stderr
            );
            assert_eq!(called.code, Some(code), "{told}");
            assert!(
                called.stdout.contains(out) && called.stderr.contains(err),
                "{told}"
            );
        }
    }
}

#[test]
fn sampling_is_declined_where_nobody_is_there() {
    let server = Running::start(&["--builtin", "showcase"]);
    for (url, era) in eras(&server) {
        let called = call(&[&[url.as_str(), "sample", "prompt=hi"], era.as_slice()].concat());
        // A legacy server hears of it and says what it makes of that; a modern one is not asked again.
        let expected = if era.contains(&"modern") { 15 } else { 12 };
        assert_eq!(called.code, Some(expected), "{}{}", called.stdout, called.stderr);
        assert!(
            called.stderr.contains("declined: nobody is there"),
            "{}",
            called.stderr
        );
    }
}

#[test]
fn a_server_is_described_for_people_and_for_machines() {
    let server = Running::start(&["--builtin", "showcase"]);
    let url = format!("http://{}/mcp", server.address);
    let people = call(&[&url]);
    assert_eq!(people.code, Some(0), "{}", people.stderr);
    for words in [
        "speaks  2026-07-28 (also 2025-11-25",
        "tools\n  echo message=",
        "showcase://counter",
    ] {
        assert!(people.stdout.contains(words), "{}", people.stdout);
    }
    let machines = call(&[&url, "--json", "--revision", "2025-06-18"]);
    let told: Value = serde_json::from_str(&machines.stdout).expect("it is one JSON document");
    assert_eq!(told["revision"], "2025-06-18");
    assert!(told["tools"].as_array().is_some_and(|tools| tools.len() > 10));
}

#[test]
fn changes_are_told_as_they_come() {
    let server = Running::start(&["--builtin", "showcase"]);
    let url = format!("http://{}/mcp", server.address);
    let mut listening = start(&[&url, "subscribe", "showcase://counter", "--count", "1"]);
    let _alive = kill_at_deadline(listening.id());
    let mut log = BufReader::new(listening.stderr.take().expect("it is piped"));
    assert!(read_line(&mut log).starts_with("listening"));
    assert_eq!(call(&[&url, "touch"]).code, Some(0));
    let mut told = String::new();
    let mut stdout = listening.stdout.take().expect("it is piped");
    stdout.read_to_string(&mut told).expect("it is UTF-8");
    assert!(told.ends_with("Z  changed: showcase://counter\n"), "{told}");
    assert_eq!(listening.wait().expect("it ends").code(), Some(0));
}

#[test]
fn ctrl_c_ends_a_subscription_in_good_order() {
    let server = Running::start(&["--builtin", "showcase"]);
    for (url, era) in eras(&server) {
        let mut listening = start(&[&[url.as_str(), "subscribe"], era.as_slice()].concat());
        let _alive = kill_at_deadline(listening.id());
        let mut log = BufReader::new(listening.stderr.take().expect("it is piped"));
        assert!(read_line(&mut log).starts_with("listening"));
        signal(listening.id(), "INT");
        assert_eq!(listening.wait().expect("it ends").code(), Some(0), "{url}");
    }
}

#[test]
fn what_goes_wrong_has_codes_of_its_own() {
    for (arguments, code, words) in [
        (&["http://127.0.0.1:1/mcp"] as &[_], 10, "is the URL right"),
        (&["ping", "--", "no-such-program-anywhere"], 10, "in the PATH"),
        (
            &["ping", "--", "sh", "-c", "echo need KEY >&2; exit 3"],
            10,
            "| need KEY",
        ),
        (
            &["ping", "--timeout", "200ms", "--", "sleep", "100"],
            13,
            "raise --timeout",
        ),
        (&["echo"], 2, "is no http or https URL"),
        (&[], 2, "which server?"),
        (&["http://127.0.0.1:1/", "--", "cat"], 2, "two servers"),
        (&["http://127.0.0.1:1/", "a=b"], 2, "but of what?"),
        (
            &["http://127.0.0.1:1/", "--bearer-env", "NOT_SET_ANYWHERE"],
            2,
            "is not set",
        ),
        (
            &["http://127.0.0.1:1/", "--header", "Host: x"],
            2,
            "transport's own",
        ),
    ] {
        let called = call(arguments);
        assert_eq!(called.code, Some(code), "{arguments:?}\n{}", called.stderr);
        assert!(called.stderr.contains(words), "{arguments:?}\n{}", called.stderr);
        assert_eq!(called.stdout, "");
    }
}

#[test]
fn binary_content_is_saved_and_nothing_is_written_over() {
    let server = Running::start(&["--builtin", "showcase"]);
    let url = format!("http://{}/mcp", server.address);
    let folder = std::env::temp_dir().join(format!("pontoon-call-{}", std::process::id()));
    let path = folder.to_str().expect("the path is UTF-8");
    for number in 1..=2 {
        let called = call(&[&url, "image", "--output-dir", path]);
        assert!(
            called.stdout.contains(&format!("{number}.png]")),
            "{}",
            called.stdout
        );
    }
    let image = std::fs::read(folder.join("2.png")).expect("it was saved");
    std::fs::remove_dir_all(&folder).expect("it is there");
    assert!(image.starts_with(b"\x89PNG"));
}

#[test]
fn a_server_that_wants_other_credentials_has_its_own_exit_code() {
    for status in ["401 Unauthorized", "403 Forbidden"] {
        let listener = TcpListener::bind("127.0.0.1:0").expect("loopback has ports");
        let url = format!("http://{}/mcp", listener.local_addr().expect("it is bound"));
        thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.expect("it is accepted");
                // What comes in one piece is the whole request here; what else it may be is refused alike.
                let _ = stream.read(&mut [0; 16 * 1024]);
                let answer = format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
                let _ = stream.write_all(answer.as_bytes());
            }
        });
        for era in ["modern", "legacy"] {
            let called = call(&[&url, "echo", "message=hi", "--era", era]);
            assert_eq!(
                (called.code, called.stdout.as_str()),
                (Some(14), ""),
                "{}",
                called.stderr
            );
            assert!(called.stderr.contains("--bearer-env"), "{}", called.stderr);
        }
    }
}
