//! A child's standard error: read always, kept a little, logged with restraint.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::net::unix::pipe::Receiver;
use tokio::task::JoinHandle;
use tokio::time::Instant;

use crate::escape::plain;
use crate::redact::Redactor;
use crate::tail::{LineCutter, Tail};
use crate::throttle::{Admission, Throttle};

/// Bytes read at once.
const CHUNK: usize = 8 * 1024;

/// The last lines (at most 50, at most 8 KiB) that a child printed on standard error. Stays readable after
/// its end. Clones share the lines.
#[derive(Clone, Default)]
pub struct StderrTail(Arc<Mutex<Tail>>);

impl StderrTail {
    /// The lines, oldest first, without control characters; lines are cut at 1 KiB.
    pub fn text(&self) -> String {
        self.lock().text()
    }

    fn lock(&self) -> MutexGuard<'_, Tail> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Not shown: it may contain what the child should not have printed.
impl fmt::Debug for StderrTail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("StderrTail(..)")
    }
}

/// The task that reads, and what it kept.
pub(crate) struct Stderr {
    pub(crate) tail: StderrTail,
    task: JoinHandle<()>,
}

impl Stderr {
    /// Begins to read. `name` is the server's name in the log.
    pub(crate) fn drain(pipe: Receiver, name: Arc<str>, redactor: Redactor) -> Self {
        let tail = StderrTail::default();
        let sink = Sink {
            tail: tail.clone(),
            name,
            redactor,
            throttle: Throttle::default(),
        };
        Self {
            tail,
            task: tokio::spawn(read(pipe, sink)),
        }
    }

    /// Waits until everything written so far was read: until the pipe ends, but no longer than `limit`, since a
    /// survivor may hold it open.
    pub(crate) async fn settle(&mut self, limit: Duration) {
        if !self.task.is_finished() {
            let _ = tokio::time::timeout(limit, &mut self.task).await;
        }
    }

    /// Stops reading.
    pub(crate) fn abort(&self) {
        self.task.abort();
    }
}

async fn read(pipe: Receiver, mut sink: Sink) {
    let mut lines = LineCutter::default();
    while pipe.readable().await.is_ok() {
        let mut chunk = [0; CHUNK];
        match pipe.try_read(&mut chunk) {
            Ok(0) => break,
            Ok(read) => lines.push(&chunk[..read], |line| sink.line(line)),
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {}
            Err(_) => break,
        }
    }
    lines.finish(|line| sink.line(line));
}

struct Sink {
    tail: StderrTail,
    name: Arc<str>,
    redactor: Redactor,
    throttle: Throttle,
}

impl Sink {
    fn line(&mut self, line: &[u8]) {
        let line = self.redactor.apply(plain(line));
        if line.is_empty() {
            return;
        }
        if let Admission::Log { suppressed } = self.throttle.admit(Instant::now().into_std()) {
            if suppressed > 0 {
                tracing::info!(server = %self.name, "{suppressed} lines left out");
            }
            tracing::info!(server = %self.name, "{line}");
        }
        self.tail.lock().push(line);
    }
}
