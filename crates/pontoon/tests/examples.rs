//! The examples, run as their first lines say.

use std::io::{BufRead as _, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread;

/// A running example, stopped when dropped.
struct Example {
    child: Child,
    /// `http://HOST:PORT`.
    base: String,
}

impl Example {
    fn start(name: &str, arguments: &[&str]) -> Self {
        let test = std::env::current_exe().expect("a test is a file");
        let examples = test.parent().and_then(|deps| deps.parent());
        let path: PathBuf = examples
            .expect("it is below the target")
            .join("examples")
            .join(name);
        let mut child = Command::new(&path)
            .args(arguments)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("{} (cargo build --examples): {error}", path.display()));
        let mut line = String::new();
        let stdout = child.stdout.take().expect("it is piped");
        BufReader::new(stdout)
            .read_line(&mut line)
            .expect("it says where it is");
        let address = line.strip_prefix("http://").expect("it says where it is");
        let base = format!("http://{}", address.split('/').next().unwrap_or_default());
        Self { child, base }
    }

    /// What `pontoon call` prints for this path of the example.
    fn call(&self, path: &str, arguments: &[&str]) -> String {
        let output = Command::new(env!("CARGO_BIN_EXE_pontoon"))
            .arg("call")
            .arg(format!("{}{path}", self.base))
            .args(arguments)
            .output()
            .expect("pontoon runs");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{path} {arguments:?}: {said}");
        String::from_utf8(output.stdout).expect("it prints UTF-8")
    }
}

impl Drop for Example {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn ten_lines_serve_every_transport() {
    let example = Example::start("ten_lines", &["127.0.0.1:0"]);
    for (path, era) in [
        ("/mcp", "modern"),
        ("/mcp", "legacy"),
        ("/greeter/mcp", "legacy"),
        ("/sse", "legacy"),
    ] {
        let said = example.call(path, &["--era", era, "greet", "name=Ada"]);
        assert!(said.contains("Hello, Ada!"), "{path} {era}: {said}");
    }
}

#[test]
fn an_axum_application_keeps_its_own_routes_and_state() {
    let example = Example::start("axum", &["127.0.0.1:0"]);
    assert!(
        example
            .call("/tools/mcp", &["--era", "modern", "visit"])
            .contains("visit 1")
    );
    assert!(
        example
            .call("/tools/mcp", &["--era", "legacy", "visit"])
            .contains("visit 2")
    );
    assert!(
        example.call("/tools/sse", &["visit"]).contains("visit 3"),
        "its endpoint event has the prefix"
    );
    let own = Command::new("curl")
        .arg("-s")
        .arg(format!("{}/visits", example.base))
        .output()
        .unwrap();
    assert_eq!(String::from_utf8_lossy(&own.stdout), "3 visits\n");
}

#[test]
fn a_server_that_is_reached_in_a_way_of_its_own() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    thread::spawn(move || {
        for stream in listener.incoming() {
            serve_lines(stream.unwrap());
        }
    });
    let example = Example::start("custom_upstream", &[&address, "127.0.0.1:0"]);
    for (path, era) in [("/mcp", "modern"), ("/mcp", "legacy"), ("/sse", "legacy")] {
        let said = example.call(path, &["--era", era, "echo", "text=over TCP"]);
        assert!(said.contains("over TCP"), "{path} {era}: {said}");
    }
}

/// A stdio server behind a TCP socket, for as long as the connection lasts.
fn serve_lines(stream: TcpStream) {
    let mut server = Command::new(pontoon_testkit::test_child())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the test child runs");
    let (mut input, output) = (
        server.stdin.take().expect("it is piped"),
        server.stdout.take().expect("it is piped"),
    );
    let (reading, mut writing) = (stream.try_clone().expect("there are descriptors"), stream);
    thread::spawn(move || pass_lines(output, &mut writing));
    thread::spawn(move || {
        pass_lines(reading, &mut input);
        drop(input);
        let _ = server.wait();
    });
}

fn pass_lines(from: impl Read, to: &mut impl Write) {
    for line in BufReader::new(from).lines() {
        let written = line.and_then(|line| to.write_all(format!("{line}\n").as_bytes()));
        if written.is_err() {
            return;
        }
    }
}
