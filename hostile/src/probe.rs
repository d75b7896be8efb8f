//! A well-behaved client of another server of the same gateway, who must not notice anything.

use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use std::net::SocketAddr;

use crate::era::Era;
use crate::wire::Wire;

/// How long an answer may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(5);
const PAUSE: Duration = Duration::from_millis(60);

/// The client, calling until it is told to stop.
pub(crate) struct Probe {
    stop: Mutex<Option<(Sender<()>, JoinHandle<()>)>>,
    history: Arc<Mutex<History>>,
}

#[derive(Default)]
struct History {
    answered: usize,
    problems: Vec<String>,
}

impl Probe {
    /// Makes the first call, then goes on calling on the connection of that one.
    ///
    /// # Errors
    ///
    /// What the first call ended with.
    pub(crate) fn start(address: SocketAddr) -> Result<Self, String> {
        let mut wire = None;
        call(address, &mut wire, 0)?;
        let history = Arc::new(Mutex::new(History::default()));
        let (stop, stopped) = mpsc::channel();
        let written = Arc::clone(&history);
        let thread = std::thread::spawn(move || {
            let mut number = 0;
            while stopped.recv_timeout(PAUSE) == Err(RecvTimeoutError::Timeout) {
                number += 1;
                let result = call(address, &mut wire, number);
                let mut history = written.lock().expect("nobody panics there");
                match result {
                    Ok(()) => history.answered += 1,
                    Err(problem) => history.problems.push(problem),
                }
            }
        });
        Ok(Self {
            stop: Mutex::new(Some((stop, thread))),
            history,
        })
    }

    /// Stops calling.
    pub(crate) fn stop(&self) {
        let stop = self.stop.lock().expect("nobody panics there").take();
        if let Some((stop, thread)) = stop {
            drop(stop);
            let _ = thread.join();
        }
    }

    /// What it did not like.
    pub(crate) fn verdict(&self) -> Result<usize, String> {
        let history = self.history.lock().expect("nobody panics there");
        match history.problems.first() {
            None => Ok(history.answered),
            Some(problem) => Err(format!(
                "the healthy client: {problem} ({} of {} calls failed)",
                history.problems.len(),
                history.problems.len() + history.answered
            )),
        }
    }
}

/// One call, on the connection that is there, or a new one.
pub(crate) fn call(address: SocketAddr, wire: &mut Option<Wire>, number: u64) -> Result<(), String> {
    let start = Instant::now();
    let mut open = match wire.take() {
        Some(wire) => wire,
        None => Wire::open(address, None)?,
    };
    let mark = format!("mark.healthy.{number}.");
    let body = format!(
        r#"{{"jsonrpc":"2.0","id":{number},"method":"tools/call","params":{{"name":"echo","arguments":{{"text":"{mark}"}},{}}}}}"#,
        Era::Modern.meta()
    );
    let head = format!(
        "POST /healthy/mcp HTTP/1.1\r\nHost: {address}\r\nContent-Type: application/json\r\nAccept: application/json, text/event-stream\r\nMCP-Protocol-Version: 2026-07-28\r\nMcp-Method: tools/call\r\nMcp-Name: echo\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    open.send(format!("{head}{body}").as_bytes(), PATIENCE);
    let deadline = start + PATIENCE;
    let head = open.head(deadline)?;
    let answer = String::from_utf8_lossy(&open.body(deadline)?).into_owned();
    if head.status != 200 || !answer.contains(&mark) {
        return Err(format!("{} instead of its answer: {answer}", head.status));
    }
    *wire = Some(open);
    Ok(())
}
