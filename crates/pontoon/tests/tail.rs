//! `pontoon tail` as people and scripts run it, against servers that drop their streams, and on captures.

#[expect(dead_code, reason = "other tests use the rest")]
mod running;

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread::{self, JoinHandle};

use running::{Running, kill_at_deadline, read_line, signal};
use serde_json::Value;

/// How it ended.
struct Tailed {
    code: Option<i32>,
    stdout: String,
    stderr: String,
}

fn start(arguments: &[&str]) -> Child {
    Command::new(env!("CARGO_BIN_EXE_pontoon"))
        .arg("tail")
        .args(arguments)
        .env("PONTOON_TEST_TOKEN", "s3cret")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary runs")
}

fn tail_of(arguments: &[&str], input: &[u8]) -> Tailed {
    let mut child = start(arguments);
    let _alive = kill_at_deadline(child.id());
    // It may not want to read all of it.
    let _ = child.stdin.take().expect("it is piped").write_all(input);
    let output = child.wait_with_output().expect("it can be waited for");
    let text = |bytes| String::from_utf8(bytes).expect("it is UTF-8");
    Tailed {
        code: output.status.code(),
        stdout: text(output.stdout),
        stderr: text(output.stderr),
    }
}

fn tail(arguments: &[&str]) -> Tailed {
    tail_of(arguments, b"")
}

fn golden(name: &str) -> String {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let path = root.join("../dialects/tests/golden").join(name);
    path.to_str().expect("the path is UTF-8").to_owned()
}

/// A server that gives one answer to each connection, then closes it. What was asked is told at the end.
fn stand_in(answers: &[&str]) -> (String, JoinHandle<Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("loopback has ports");
    let url = format!("http://{}/events", listener.local_addr().expect("it is bound"));
    let answers: Vec<_> = answers.iter().map(|answer| (*answer).to_owned()).collect();
    let serving = thread::spawn(move || {
        let serve = |answer: String| {
            let (mut stream, _) = listener.accept().expect("somebody comes");
            let asked = read_request(&stream);
            // Nothing in a header ends a line but what ends it.
            let _ = stream.write_all(answer.as_bytes());
            asked
        };
        answers.into_iter().map(serve).collect()
    });
    (url, serving)
}

fn read_request(stream: &TcpStream) -> String {
    let mut reader = BufReader::new(stream);
    let mut asked = String::new();
    while !asked.ends_with("\r\n\r\n") {
        assert!(reader.read_line(&mut asked).expect("it is UTF-8") > 0, "{asked}");
    }
    let lengths = asked.lines().filter_map(|line| line.split_once(": "));
    let mut lengths = lengths.filter(|(name, _)| name.eq_ignore_ascii_case("content-length"));
    let length = lengths
        .next()
        .map_or(0, |(_, length)| length.parse().expect("it is a number"));
    let mut body = vec![0; length];
    reader.read_exact(&mut body).expect("the body comes");
    asked.to_lowercase() + &String::from_utf8(body).expect("it is UTF-8")
}

fn events(body: &str) -> String {
    format!("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n{body}")
}

fn lines(text: &str) -> Vec<Value> {
    let parse = |line: &str| serde_json::from_str(line).unwrap_or_else(|error| panic!("{line}: {error}"));
    text.lines().map(parse).collect()
}

const GONE: &str = "HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n";

#[test]
fn a_stream_that_is_dropped_is_resumed_after_the_last_id() {
    let first = events("retry: 60\n\nid: 1\ndata: one\n\ndata: lost");
    let second = events(": back\n\nevent: news\ndata: two\nid: 4\n\n");
    let (url, serving) = stand_in(&[&first, &second, GONE]);
    let tailed = tail(&[&url, "--json"]);
    assert_eq!(tailed.code, Some(0), "{}", tailed.stderr);
    let asked = serving.join().expect("it served");
    assert!(asked[0].starts_with("get /events http/1.1"), "{}", asked[0]);
    assert!(!asked[0].contains("last-event-id"), "{}", asked[0]);
    assert!(asked[1].contains("last-event-id: 1\r\n"), "{}", asked[1]);
    assert!(asked[2].contains("last-event-id: 4\r\n"), "{}", asked[2]);
    let lines = lines(&tailed.stdout);
    let kinds: Vec<_> = lines
        .iter()
        .map(|line| line["kind"].as_str().expect("it has one"))
        .collect();
    assert_eq!(
        kinds,
        [
            "opened", "retry", "event", "lost", "opened", "comment", "event", "lost", "end"
        ]
    );
    assert_eq!(lines[1]["retry_ms"], 60);
    assert_eq!((&lines[2]["id"], &lines[2]["data"]), (&"1".into(), &"one".into()));
    assert_eq!(
        (&lines[3]["inside_event"], &lines[3]["back_in_ms"]),
        (&true.into(), &60.into())
    );
    assert_eq!(lines[4]["resumed_after"], "1");
    assert_eq!(
        (&lines[6]["name"], &lines[6]["missing_ids"]),
        (&"news".into(), &2.into())
    );
    assert_eq!(
        (&lines[8]["events"], &lines[8]["reconnects"]),
        (&2.into(), &1.into())
    );
}

#[test]
fn s4_33_people_see_times_names_ids_and_gaps() {
    let (url, serving) = stand_in(&[&events(
        "id: 1\ndata: one\n\nid: 5\nevent: news\ndata: a\ndata: b\n\n",
    )]);
    let tailed = tail(&[&url, "--reconnect", "never", "--last-event-id", "0"]);
    assert_eq!(tailed.code, Some(0), "{}", tailed.stderr);
    assert!(serving.join().expect("it served")[0].contains("last-event-id: 0\r\n"));
    let mut shown = tailed.stdout.lines();
    let first = shown.next().expect("there is a line");
    assert!(
        first.contains("Z  ") && first.ends_with(" s  message  #1  one"),
        "{first}"
    );
    let second = shown.next().expect("there is another");
    assert!(second.ends_with("  news  #5 (3 missing)  a"), "{second}");
    assert_eq!(shown.next(), Some("    | b"));
    assert!(!tailed.stdout.contains('\x1b'), "colours are for terminals");
    assert!(
        tailed.stderr.contains("connected, resuming after #0"),
        "{}",
        tailed.stderr
    );
    assert!(tailed.stderr.contains("2 events in"), "{}", tailed.stderr);
}

#[test]
fn s0_22_data_before_id_and_an_event_called_close() {
    let stream =
        "data: 0\nid: 0\n\ndata: 1\nid: 1\n\nevent: close\ndata: close\n\nevent: close\ndata: close\n\n";
    let tailed = tail_of(&["-", "--json", "--until", "close"], stream.as_bytes());
    assert_eq!(tailed.code, Some(0), "{}", tailed.stderr);
    let lines = lines(&tailed.stdout);
    let names: Vec<_> = lines
        .iter()
        .map(|line| line["name"].as_str().unwrap_or("-"))
        .collect();
    assert_eq!(names, ["message", "message", "close", "-"]);
    assert_eq!(lines[1]["id"], "1");
}

#[test]
fn a_question_is_posted_and_the_answer_grows() {
    let stream = std::fs::read_to_string(golden("openai_chat.sse")).expect("it is there");
    let (url, serving) = stand_in(&[&events(&stream)]);
    let tailed = tail(&[
        &url,
        "--data",
        r#"{"stream":true}"#,
        "--bearer-env",
        "PONTOON_TEST_TOKEN",
        "--header",
        "X-Org: o",
        "--decode",
        "auto",
    ]);
    assert_eq!(tailed.code, Some(0), "{}", tailed.stderr);
    // The end of what was posted is the end.
    let asked = serving.join().expect("it served").remove(0);
    assert!(asked.starts_with("post /events "), "{asked}");
    for words in [
        "authorization: bearer s3cret\r\n",
        "x-org: o\r\n",
        "content-type: application/json\r\n",
        "\r\n\r\n{\"stream\":true}",
    ] {
        assert!(asked.contains(words), "{asked}");
    }
    assert_eq!(tailed.stdout, "Hello world");
    for words in [
        "[thinking] Thinking\n",
        "[tool] search\n",
        "[tool input] {\"q\":1}",
        "[finished] [DONE]",
    ] {
        assert!(tailed.stderr.contains(words), "{}", tailed.stderr);
    }
}

#[test]
fn s0_10_s0_16_s0_17_s0_18_captures_are_decoded() {
    let chatgpt = "好，咱接着说，说完了客户端这边，接下来看看 **服务端怎么实现 SSE**。\n\n---\n\n### 🔧 服务端示例（以 Node.js 为例）\n\n```js\nconst http = require(\"http";
    for (file, format, expected) in [
        ("chatgpt_seed.sse", "chatgpt", chatgpt),
        ("kimi_seed.sse", "kimi", "好的,除了前面"),
        ("deepseek_seed.sse", "deepseek", " **1. 高级用法与功能"),
        ("openai_responses.sse", "openai", "Hello world"),
        ("anthropic.sse", "anthropic", "Hello world"),
    ] {
        let path = golden(file);
        for format in [format, "auto"] {
            let tailed = tail(&[&path, "--decode", format]);
            assert_eq!(
                (tailed.code, tailed.stdout.as_str()),
                (Some(0), expected),
                "{file}"
            );
            // As curl would bring it.
            let tailed = tail_of(
                &["-", "--decode", format],
                &std::fs::read(&path).expect("it is there"),
            );
            assert_eq!(
                (tailed.code, tailed.stdout.as_str()),
                (Some(0), expected),
                "{file}"
            );
        }
    }
}

#[test]
fn scripts_get_what_was_decoded_with_each_event() {
    let tailed = tail(&[&golden("anthropic.sse"), "--decode", "anthropic", "--json"]);
    assert_eq!(tailed.code, Some(0), "{}", tailed.stderr);
    let lines = lines(&tailed.stdout);
    let decoded = lines
        .iter()
        .filter_map(|line| line["decoded"].as_array())
        .flatten();
    let text: String = decoded.filter_map(|piece| piece["text"].as_str()).collect();
    assert_eq!(text, "Hello world");
    assert_eq!(lines.last().expect("there is an end")["kind"], "end");
}

#[test]
fn broken_json_and_unknown_events_are_shown_and_are_not_fatal() {
    let stream = "event: delta\ndata: {\"v\":\"a\"}\n\nevent: tomorrow\ndata: ?\n\nevent: delta\ndata: {\"v\":\"b\"}\n\n";
    let tailed = tail_of(&["-", "--decode", "chatgpt"], stream.as_bytes());
    assert_eq!(
        (tailed.code, tailed.stdout.as_str()),
        (Some(0), "ab"),
        "{}",
        tailed.stderr
    );
    assert!(tailed.stderr.contains("[not readable]"), "{}", tailed.stderr);
}

#[test]
fn a_capture_without_its_last_line_is_read_to_the_end() {
    let tailed = tail_of(&["-", "--json"], b"data: a\n\ndata: b");
    assert_eq!(tailed.code, Some(0));
    let lines = lines(&tailed.stdout);
    assert_eq!((&lines[1]["data"], &lines[2]["events"]), (&"b".into(), &2.into()));
}

#[test]
fn what_goes_wrong_has_codes_of_its_own_and_says_what_to_do() {
    let json =
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n{\"choices\":[]}";
    let denied = "HTTP/1.1 401 X\r\nConnection: close\r\n\r\nno such key";
    let moved = "HTTP/1.1 302 X\r\nLocation: http://example.com/there\r\nConnection: close\r\n\r\n";
    for (answer, code, words) in [
        (
            json,
            11,
            &[
                "content type application/json",
                "\"stream\": true",
                "| {\"choices\":[]}",
            ] as &[_],
        ),
        (denied, 14, &["status 401", "--bearer-env", "| no such key"]),
        (
            moved,
            11,
            &["status 302", "is said to be at http://example.com/there"],
        ),
        ("HTTP/1.1 405 X\r\nConnection: close\r\n\r\n", 11, &["--method"]),
        (
            "HTTP/1.1 503 X\r\nConnection: close\r\n\r\n",
            10,
            &["try again later"],
        ),
    ] {
        let (url, serving) = stand_in(&[answer]);
        let tailed = tail(&[&url]);
        assert_eq!(tailed.code, Some(code), "{}", tailed.stderr);
        for words in words {
            assert!(tailed.stderr.contains(words), "{words}\n{}", tailed.stderr);
        }
        // Nothing is said twice.
        assert_eq!(
            tailed.stderr.matches("no event stream").count(),
            1,
            "{}",
            tailed.stderr
        );
        serving.join().expect("it served");
    }
    for (arguments, input, code, words) in [
        (&["http://127.0.0.1:1/"] as &[_], "", 10, "is the URL right"),
        (&["no-such-file"], "", 2, "cannot read no-such-file"),
        (&["-", "--data", "x"], "", 2, "--data is for URLs"),
        (&["-"], "", 11, "no event in it"),
        (&["-"], "{\"a\": 1}", 11, "no event in it"),
        (
            &["-", "--decode", "auto"],
            "data: 7\n\n",
            11,
            "leave --decode out",
        ),
        (
            &["-", "--decode", "auto"],
            "event: error\ndata: {\"choices\":[],\"type\":\"error\",\"message\":\"quota\"}\n\n",
            12,
            "that it failed: quota",
        ),
        (
            &["http://127.0.0.1:1/", "--header", "Host: x"],
            "",
            2,
            "transport's own",
        ),
        (
            &["http://127.0.0.1:1/", "--bearer-env", "NOT_SET_ANYWHERE"],
            "",
            2,
            "is not set",
        ),
    ] {
        let tailed = tail_of(arguments, input.as_bytes());
        assert_eq!(tailed.code, Some(code), "{arguments:?}\n{}", tailed.stderr);
        assert!(tailed.stderr.contains(words), "{arguments:?}\n{}", tailed.stderr);
    }
}

#[test]
fn a_silent_stream_is_told_from_one_that_is_gone() {
    let server = Running::start(&["--builtin", "showcase"]);
    let url = format!("http://{}/sse", server.address);
    let tailed = tail(&[&url, "--timeout", "500ms", "--reconnect", "never"]);
    assert_eq!(tailed.code, Some(13), "{}", tailed.stderr);
    assert!(tailed.stderr.contains("silent"), "{}", tailed.stderr);
    assert!(
        tailed.stdout.contains("  endpoint  /messages?sessionId="),
        "{}",
        tailed.stdout
    );
}

#[test]
fn ctrl_c_ends_it_in_good_order() {
    let server = Running::start(&["--builtin", "showcase"]);
    let mut child = start(&[&format!("http://{}/sse", server.address)]);
    let _alive = kill_at_deadline(child.id());
    let mut stdout = BufReader::new(child.stdout.take().expect("it is piped"));
    assert!(read_line(&mut stdout).contains("  endpoint  "));
    signal(child.id(), "INT");
    let mut told = String::new();
    let mut stderr = child.stderr.take().expect("it is piped");
    stderr.read_to_string(&mut told).expect("it is UTF-8");
    assert_eq!(child.wait().expect("it ends").code(), Some(0), "{told}");
    assert!(
        told.contains("connected; Ctrl-C ends it") && told.contains("1 event in"),
        "{told}"
    );
}

#[test]
fn it_ends_with_its_count_and_with_its_reader() {
    let server = Running::start(&["--builtin", "showcase"]);
    let url = format!("http://{}/sse", server.address);
    let tailed = tail(&[&url, "--count", "1"]);
    assert_eq!(tailed.code, Some(0), "{}", tailed.stderr);
    assert_eq!(tailed.stdout.lines().count(), 1);
    let long = "data: x\n\n".repeat(100_000);
    let mut child = start(&["-"]);
    let _alive = kill_at_deadline(child.id());
    let mut stdin = child.stdin.take().expect("it is piped");
    let writing = thread::spawn(move || {
        // It stops reading when nobody reads it.
        let _ = stdin.write_all(long.as_bytes());
    });
    drop(child.stdout.take());
    let mut stderr = child.stderr.take().expect("it is piped");
    stderr.read_to_string(&mut String::new()).expect("it is UTF-8");
    assert_eq!(child.wait().expect("it ends").code(), Some(0));
    writing.join().expect("it ends too");
}
