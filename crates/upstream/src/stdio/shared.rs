//! What handles and the task of a connection share.

use std::sync::atomic::{AtomicBool, AtomicU8, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Waker;

use bytes::Bytes;
use futures_util::task::AtomicWaker;
use pontoon_supervise::StderrTail;
use tokio::net::unix::pipe::Sender;
use tokio::sync::watch;

use crate::closed::Closed;
use crate::connection::{Listener, SendError};
use crate::diagnostics::{Diagnostics, Tally};
use crate::stdio::inlet::{Inlet, Taken};

/// An order to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Order {
    Close = 1,
    Abandon = 2,
}

impl Order {
    pub(crate) fn as_closed(self) -> Closed {
        match self {
            Self::Close => Closed::Requested,
            Self::Abandon => Closed::Abandoned,
        }
    }
}

/// One connection, as seen from both sides.
pub(crate) struct Shared {
    pid: u32,
    stderr: StderrTail,
    inlet: Mutex<Inlet>,
    /// A copy of the inlet's count, to look at without the lock.
    waiting_bytes: AtomicUsize,
    inlet_broken: AtomicBool,
    listener: Mutex<Option<Arc<dyn Listener>>>,
    order: AtomicU8,
    /// The task. Everything above is changed first, then it is woken.
    task: AtomicWaker,
    /// Whether nothing of the process is left.
    finished: watch::Sender<bool>,
    dead: AtomicBool,
    pub(crate) tally: Tally,
}

impl Shared {
    pub(crate) fn new(pid: u32, stderr: StderrTail, stdin: Arc<Sender>, max_queue: usize) -> Self {
        Self {
            pid,
            stderr,
            inlet: Mutex::new(Inlet::new(stdin, max_queue)),
            waiting_bytes: AtomicUsize::new(0),
            inlet_broken: AtomicBool::new(false),
            listener: Mutex::new(None),
            order: AtomicU8::new(0),
            task: AtomicWaker::new(),
            finished: watch::Sender::new(false),
            dead: AtomicBool::new(false),
            tally: Tally::default(),
        }
    }

    // For handles.

    pub(crate) fn send(&self, message: Bytes) -> Result<(), SendError> {
        let mut inlet = self.inlet();
        let taken = inlet.send(message)?;
        self.waiting_bytes.store(inlet.waiting_bytes(), Ordering::Release);
        drop(inlet);
        self.tally.sent.add_one();
        match taken {
            Taken::Written => {}
            Taken::Queued => self.task.wake(),
            Taken::Broken => {
                self.inlet_broken.store(true, Ordering::Release);
                self.task.wake();
            }
        }
        Ok(())
    }

    /// Gives the task somebody to tell.
    pub(crate) fn listen(&self, listener: Arc<dyn Listener>) {
        *self.listener.lock().unwrap_or_else(PoisonError::into_inner) = Some(listener);
        self.task.wake();
    }

    /// Orders the end. The first order counts.
    pub(crate) fn order(&self, order: Order) {
        let first = self
            .order
            .compare_exchange(0, order as u8, Ordering::AcqRel, Ordering::Acquire);
        if first.is_ok() {
            self.task.wake();
        }
    }

    /// Waits until nothing of the process is left.
    pub(crate) async fn finished(&self) {
        // An error would mean that the sender is gone, which we are.
        let _ = self.finished.subscribe().wait_for(|finished| *finished).await;
    }

    pub(crate) fn is_dead(&self) -> bool {
        self.dead.load(Ordering::Acquire)
    }

    pub(crate) fn diagnostics(&self) -> Diagnostics {
        Diagnostics {
            pid: Some(self.pid),
            stderr_tail: self.stderr.text(),
            queued_bytes: self.waiting_bytes.load(Ordering::Acquire),
            counters: self.tally.snapshot(),
        }
    }

    // For the task.

    pub(crate) fn stderr_tail(&self) -> String {
        self.stderr.text()
    }

    pub(crate) fn register(&self, waker: &Waker) {
        self.task.register(waker);
    }

    pub(crate) fn take_listener(&self) -> Option<Arc<dyn Listener>> {
        self.listener
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take()
    }

    pub(crate) fn ordered(&self) -> Option<Order> {
        match self.order.load(Ordering::Acquire) {
            1 => Some(Order::Close),
            2 => Some(Order::Abandon),
            _ => None,
        }
    }

    pub(crate) fn has_waiting(&self) -> bool {
        self.waiting_bytes.load(Ordering::Acquire) > 0
    }

    pub(crate) fn is_inlet_broken(&self) -> bool {
        self.inlet_broken.load(Ordering::Acquire)
    }

    /// Writes what waits; returns how many bytes went.
    pub(crate) fn flush(&self) -> usize {
        let mut inlet = self.inlet();
        let flushed = inlet.flush();
        self.waiting_bytes.store(inlet.waiting_bytes(), Ordering::Release);
        flushed.unwrap_or_else(|_| {
            self.inlet_broken.store(true, Ordering::Release);
            0
        })
    }

    /// From here on nothing can be sent.
    pub(crate) fn close_inlet(&self) {
        self.inlet().close();
        self.waiting_bytes.store(0, Ordering::Release);
        self.dead.store(true, Ordering::Release);
    }

    pub(crate) fn finish(&self) {
        self.finished.send_replace(true);
    }

    fn inlet(&self) -> MutexGuard<'_, Inlet> {
        self.inlet.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
