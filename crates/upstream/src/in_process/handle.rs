//! The handles of a server in our own process.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use rmcp::ServerHandler;
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;

use crate::closed::Closed;
use crate::connection::{Connection, Listener, Ready, SendError, Wire};
use crate::connector::BoxFuture;
use crate::diagnostics::{Diagnostics, Tally};
use crate::in_process::InProcessSettings;
use crate::in_process::service;
use crate::in_process::transport::Inbox;

/// What the handles and the service task share.
pub(crate) struct Shared {
    pub(crate) name: Arc<str>,
    /// Cancelled to end the service.
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
    /// Ends the service for this reason.
    pub(crate) fn end(&self, reason: Closed) {
        let _ = self.reason.set(reason);
        self.cancel.cancel();
    }

    /// The loop took a message of this size.
    pub(crate) fn taken(&self, bytes: usize) {
        self.queued_bytes.fetch_sub(bytes, Ordering::AcqRel);
    }

    pub(crate) fn finish(&self) {
        self.finished.send_replace(true);
    }
}

/// A handler nobody has spoken to.
pub(crate) struct IdleHandler<H> {
    handler: H,
    name: Arc<str>,
    settings: InProcessSettings,
}

impl<H: ServerHandler> IdleHandler<H> {
    pub(crate) fn new(handler: H, name: Arc<str>, settings: InProcessSettings) -> Self {
        Self {
            handler,
            name,
            settings,
        }
    }
}

impl<H: ServerHandler> Ready for IdleHandler<H> {
    fn is_alive(&mut self) -> bool {
        true
    }

    fn start(self: Box<Self>, listener: Arc<dyn Listener>) -> Connection {
        let (sender, messages) = mpsc::unbounded_channel();
        let shared = Arc::new(Shared {
            name: self.name,
            cancel: CancellationToken::new(),
            reason: OnceLock::new(),
            tally: Tally::default(),
            max_message: self.settings.max_message,
            queued_bytes: AtomicUsize::new(0),
            finished: watch::Sender::new(false),
        });
        let inbox = Inbox::new(messages, Arc::clone(&shared));
        tokio::spawn(service::run(self.handler, inbox, Arc::clone(&shared), listener));
        Connection::new(InProcessWire {
            sender,
            shared,
            max_queue: self.settings.max_queue,
        })
    }

    fn discard(self: Box<Self>) -> BoxFuture<'static, ()> {
        Box::pin(std::future::ready(()))
    }
}

struct InProcessWire {
    /// Unbounded in messages; bounded in bytes by `queued_bytes`.
    sender: mpsc::UnboundedSender<Bytes>,
    shared: Arc<Shared>,
    max_queue: usize,
}

impl Wire for InProcessWire {
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

/// Only a note to the service task, which does the work.
impl Drop for InProcessWire {
    fn drop(&mut self) {
        self.shared.end(Closed::Abandoned);
    }
}
