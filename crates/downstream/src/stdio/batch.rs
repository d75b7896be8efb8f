//! Batches (2025-03-26 only) on a pipe: several messages on one line, answered on one line.

use std::mem;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;

use super::outlet::Outlet;
use crate::batch::array;

/// The answers to one batch. Whoever may still answer holds it; the last one to
/// let go of it sends the line. So a request that was withdrawn keeps no other waiting.
pub(crate) struct Gathering {
    outlet: Outlet,
    /// Most bytes that are kept.
    most: usize,
    kept: Mutex<Kept>,
}

#[derive(Default)]
struct Kept {
    answers: Vec<Bytes>,
    bytes: usize,
}

impl Gathering {
    pub(crate) fn new(outlet: Outlet, most: usize) -> Arc<Self> {
        Arc::new(Self {
            outlet,
            most,
            kept: Mutex::default(),
        })
    }

    /// Keeps an answer. Where they are too much to be kept, those that are there go first.
    pub(crate) fn add(&self, answer: Bytes) {
        let mut kept = self.lock();
        if kept.bytes + answer.len() > self.most {
            self.send(mem::take(&mut kept));
        }
        kept.bytes += answer.len();
        kept.answers.push(answer);
    }

    fn send(&self, kept: Kept) {
        if !kept.answers.is_empty() {
            self.outlet.push(array(&kept.answers));
        }
    }

    fn lock(&self) -> MutexGuard<'_, Kept> {
        // Nothing that is done under the lock leaves it half done.
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Gathering {
    fn drop(&mut self) {
        let kept = mem::take(&mut *self.lock());
        self.send(kept);
    }
}
