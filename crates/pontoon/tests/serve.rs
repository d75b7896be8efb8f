//! `pontoon serve` as a script runs it: what it tells, and how it ends.

mod running;

use std::io::{BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::process::Command;

use running::{Running, read_line};

/// Opens an HTTP+SSE session and leaves a call in flight that is never answered, for a server that never answers.
fn leave_a_call_in_flight(running: &Running) -> TcpStream {
    let mut events = running.connect();
    write!(events, "GET /sse HTTP/1.1\r\nHost: {}\r\n\r\n", running.address).expect("it reads");
    let mut reader = BufReader::new(&events);
    let path = loop {
        if let Some(path) = read_line(&mut reader).strip_prefix("data: ") {
            break path.trim().to_owned();
        }
    };
    let body = r#"{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2024-11-05","capabilities":{},"clientInfo":{"name":"test","version":"1"}}}"#;
    let mut post = running.connect();
    let head = format!(
        "POST {path} HTTP/1.1\r\nHost: {}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
        running.address,
        body.len()
    );
    write!(post, "{head}{body}").expect("it reads");
    let status = read_line(&mut BufReader::new(&post));
    assert!(status.starts_with("HTTP/1.1 202 "), "{status}");
    events
}

#[test]
fn a_signal_ends_it_in_good_order() {
    for name in ["TERM", "INT", "HUP"] {
        let running = Running::start(&["--", "/bin/cat"]);
        running.connect();
        running.signal(name);
        assert_eq!(running.end(), (Some(0), String::new()), "{name}");
    }
}

#[test]
fn a_second_signal_ends_it_at_once() {
    let mut running = Running::start(&["--", "/bin/sleep", "1000"]);
    let _events = leave_a_call_in_flight(&running);
    running.signal("TERM");
    running.wait_for_log("a second signal stops at once");
    running.signal("TERM");
    assert_eq!(running.end(), (Some(130), String::new()));
}

#[test]
fn sigusr1_tells_what_is_held_and_stops_nothing() {
    let mut running = Running::start(&["--", "/bin/sleep", "1000"]);
    let events = leave_a_call_in_flight(&running);
    running.signal("USR1");
    let line = running.wait_for_log("\"status\"");
    let told: serde_json::Value = serde_json::from_str(&line).expect("the log is JSON");
    let held = ["sessions", "streams", "calls", "leases"].map(|name| told[name].as_u64());
    assert_eq!(held, [Some(1); 4], "{line}");
    drop(events);
    running.signal("TERM");
    assert_eq!(running.end().0, Some(0));
}

/// When the other end of the log is gone, a closed terminal for one, every line fails. That must not keep it from stopping.
#[test]
fn a_closed_log_changes_nothing() {
    let mut running = Running::start(&["--log", "trace", "--", "/bin/cat"]);
    running.wait_for_log("listening");
    running.stderr = None;
    running.connect();
    running.signal("TERM");
    assert_eq!(running.end(), (Some(0), String::new()));
}

#[test]
fn a_taken_address_is_code_4() {
    let taken = TcpListener::bind("127.0.0.1:0").expect("there is a free port");
    let address = taken.local_addr().expect("it is bound").to_string();
    let output = Command::new(env!("CARGO_BIN_EXE_pontoon"))
        .args(["serve", "--listen", &address, "--json", "--", "/bin/cat"])
        .output()
        .expect("the binary runs");
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(4), "{stderr}");
    assert!(
        stderr.contains(&format!("pontoon: cannot listen on {address}")),
        "{stderr}"
    );
    assert!(output.stdout.is_empty(), "nothing is announced that is not there");
}
