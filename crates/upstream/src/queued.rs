//! Connections whose messages wait in a queue for a task that owns the server.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;

use crate::closed::Closed;
use crate::connection::{Connection, SendError, Wire};
use crate::connector::BoxFuture;
use crate::diagnostics::{Diagnostics, Tally};

/// What a connection may hold, in bytes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bounds {
    /// Of messages to the server; one may exceed it when nothing else waits.
    pub(crate) queue: usize,
    /// Of one message of the server.
    pub(crate) message: usize,
}

/// A new connection: the handle, what the task reads from, and what both share.
pub(crate) fn connection(name: Arc<str>, bounds: Bounds) -> (Connection, Inbox, Arc<Shared>) {
    let (sender, messages) = mpsc::unbounded_channel();
    let shared = Arc::new(Shared {
        name,
        cancel: CancellationToken::new(),
        reason: OnceLock::new(),
        tally: Tally::default(),
        max_message: bounds.message,
        queued_bytes: AtomicUsize::new(0),
        finished: watch::Sender::new(false),
    });
    let inbox = Inbox {
        messages,
        shared: Arc::clone(&shared),
    };
    let wire = QueuedWire {
        sender,
        shared: Arc::clone(&shared),
        max_queue: bounds.queue,
    };
    (Connection::new(wire), inbox, shared)
}

/// What the handles and the task share.
pub(crate) struct Shared {
    pub(crate) name: Arc<str>,
    /// Cancelled to end the task.
    pub(crate) cancel: CancellationToken,
    /// Why it ends, if somebody decided so; the first counts.
    pub(crate) reason: OnceLock<Closed>,
    pub(crate) tally: Tally,
    /// Largest message that is passed on, in bytes.
    pub(crate) max_message: usize,
    queued_bytes: AtomicUsize,
    finished: watch::Sender<bool>,
}

impl Shared {
    /// Ends the task for this reason.
    pub(crate) fn end(&self, reason: Closed) {
        let _ = self.reason.set(reason);
        self.cancel.cancel();
    }

    /// The task took a message of this size.
    fn taken(&self, bytes: usize) {
        self.queued_bytes.fetch_sub(bytes, Ordering::AcqRel);
    }

    pub(crate) fn finish(&self) {
        self.finished.send_replace(true);
    }
}

/// Messages on their way in.
pub(crate) struct Inbox {
    messages: mpsc::UnboundedReceiver<Bytes>,
    shared: Arc<Shared>,
}

impl Inbox {
    /// The next one, in order; `None` when all handles are gone.
    pub(crate) async fn next(&mut self) -> Option<Bytes> {
        let message = self.messages.recv().await?;
        self.shared.taken(message.len());
        Some(message)
    }

    /// The next one that is there already.
    pub(crate) fn try_next(&mut self) -> Option<Bytes> {
        let message = self.messages.try_recv().ok()?;
        self.shared.taken(message.len());
        Some(message)
    }
}

struct QueuedWire {
    /// Unbounded in messages; bounded in bytes by `queued_bytes`.
    sender: mpsc::UnboundedSender<Bytes>,
    shared: Arc<Shared>,
    max_queue: usize,
}

impl Wire for QueuedWire {
    fn send(&self, message: Bytes) -> Result<(), SendError> {
        if self.shared.cancel.is_cancelled() {
            return Err(SendError::Closed);
        }
        let size = message.len();
        let queued = self.shared.queued_bytes.fetch_add(size, Ordering::AcqRel);
        if queued > 0 && queued + size > self.max_queue {
            self.shared.taken(size);
            return Err(SendError::Full);
        }
        if self.sender.send(message).is_err() {
            self.shared.taken(size);
            return Err(SendError::Closed);
        }
        self.shared.tally.sent.add_one();
        Ok(())
    }

    fn close(&self) -> BoxFuture<'_, ()> {
        self.shared.end(Closed::Requested);
        Box::pin(async {
            // An error would mean that the sender is gone, which we hold.
            let _ = self
                .shared
                .finished
                .subscribe()
                .wait_for(|finished| *finished)
                .await;
        })
    }

    fn diagnostics(&self) -> Diagnostics {
        Diagnostics {
            pid: None,
            stderr_tail: String::new(),
            queued_bytes: self.shared.queued_bytes.load(Ordering::Acquire),
            counters: self.shared.tally.snapshot(),
        }
    }
}

/// Only a note to the task, which does the work.
impl Drop for QueuedWire {
    fn drop(&mut self) {
        self.shared.end(Closed::Abandoned);
    }
}
