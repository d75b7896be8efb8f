//! `pontoon serve` as a script runs it.

use std::io::{BufRead, BufReader, Read};
use std::net::TcpStream;
use std::process::{Child, ChildStderr, ChildStdout, Command, Stdio};
use std::sync::mpsc::{self, Sender};
use std::thread;
use std::time::Duration;

/// Long enough for a busy machine; only a failing test waits for it.
pub(crate) const DEADLINE: Duration = Duration::from_secs(30);

/// A running `pontoon serve` on a free port. Killed after [`DEADLINE`], so that no read below waits for ever.
pub(crate) struct Running {
    pub(crate) child: Child,
    pub(crate) stdout: BufReader<ChildStdout>,
    pub(crate) stderr: Option<BufReader<ChildStderr>>,
    pub(crate) address: String,
    _alive: Sender<()>,
}

/// Also where a test fails, or forgets to [`end`](Running::end) it: nothing may stay behind.
impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Running {
    pub(crate) fn start(arguments: &[&str]) -> Self {
        Self::start_at("127.0.0.1:0", arguments)
    }

    pub(crate) fn start_at(address: &str, arguments: &[&str]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_pontoon"))
            .args(["serve", "--listen", address, "--json"])
            .args(arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the binary runs");
        let alive = kill_at_deadline(child.id());
        let mut stdout = BufReader::new(child.stdout.take().expect("it is piped"));
        let stderr = child.stderr.take().map(BufReader::new);
        let line = read_line(&mut stdout);
        let told: serde_json::Value =
            serde_json::from_str(&line).unwrap_or_else(|error| panic!("{line:?}: {error}"));
        let listening = told["listening"]
            .as_str()
            .and_then(|url| url.strip_prefix("http://"));
        let address = listening.expect("it tells where it listens").to_owned();
        Self {
            child,
            stdout,
            stderr,
            address,
            _alive: alive,
        }
    }

    pub(crate) fn signal(&self, name: &str) {
        signal(self.child.id(), name);
    }

    /// Reads the log up to a line with `words`, which is returned.
    pub(crate) fn wait_for_log(&mut self, words: &str) -> String {
        let log = self.stderr.as_mut().expect("it is open");
        loop {
            let line = read_line(log);
            if line.contains(words) {
                return line;
            }
        }
    }

    /// The exit code, and what was written to standard output since the first line.
    pub(crate) fn end(mut self) -> (Option<i32>, String) {
        let mut rest = String::new();
        self.stdout.read_to_string(&mut rest).expect("it is UTF-8");
        // The log must not fill its pipe while we wait.
        if let Some(mut log) = self.stderr.take() {
            let _ = log.read_to_string(&mut String::new());
        }
        (self.child.wait().expect("it can be waited for").code(), rest)
    }

    pub(crate) fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(&self.address).expect("it listens");
        stream.set_read_timeout(Some(DEADLINE)).expect("it is not zero");
        stream
    }
}

pub(crate) fn read_line(reader: &mut impl BufRead) -> String {
    let mut line = String::new();
    let length = reader.read_line(&mut line).expect("it is UTF-8");
    assert!(length > 0, "it ended too early");
    line
}

pub(crate) fn signal(process: u32, name: &str) {
    let status = Command::new("kill")
        .args(["-s", name, &process.to_string()])
        .status();
    assert!(status.expect("there is a kill command").success());
}

/// Until the sender is dropped.
pub(crate) fn kill_at_deadline(process: u32) -> Sender<()> {
    let (alive, dropped) = mpsc::channel();
    thread::spawn(move || {
        if dropped.recv_timeout(DEADLINE) == Err(mpsc::RecvTimeoutError::Timeout) {
            signal(process, "KILL");
        }
    });
    alive
}
