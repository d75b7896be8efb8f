//! What a connection can tell about itself.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// A snapshot for administrators and metrics.
#[derive(Clone, Debug, Default)]
pub struct Diagnostics {
    /// The process, if the server is one.
    pub pid: Option<u32>,
    /// The last lines on standard error. May contain secrets: not for clients.
    pub stderr_tail: String,
    /// Bytes accepted by `send` that the server has not taken yet.
    pub queued_bytes: usize,
    /// Counts since the start.
    pub counters: Counters,
}

/// Counts since a connection started.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Messages delivered to the listener.
    pub received: u64,
    /// Messages accepted by `send`.
    pub sent: u64,
    /// Lines that were no JSON: banners, package manager noise.
    pub noise_lines: u64,
    /// Lines over the cap.
    pub oversize_lines: u64,
    /// Lines that were not UTF-8.
    pub invalid_utf8_lines: u64,
    /// JSON that was no valid message.
    pub refused_messages: u64,
    /// Requests at which a server in our own process panicked.
    pub panics: u64,
}

/// The live form of [`Counters`]: written by the connection's task, read by anyone.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    pub(crate) received: Count,
    pub(crate) sent: Count,
    pub(crate) noise_lines: Count,
    pub(crate) oversize_lines: Count,
    pub(crate) invalid_utf8_lines: Count,
    pub(crate) refused_messages: Count,
    pub(crate) panics: Count,
}

impl Tally {
    pub(crate) fn snapshot(&self) -> Counters {
        Counters {
            received: self.received.get(),
            sent: self.sent.get(),
            noise_lines: self.noise_lines.get(),
            oversize_lines: self.oversize_lines.get(),
            invalid_utf8_lines: self.invalid_utf8_lines.get(),
            refused_messages: self.refused_messages.get(),
            panics: self.panics.get(),
        }
    }
}

/// One counter.
#[derive(Debug, Default)]
pub(crate) struct Count(AtomicU64);

impl Count {
    pub(crate) fn add_one(&self) {
        self.0.fetch_add(1, Relaxed);
    }

    fn get(&self) -> u64 {
        self.0.load(Relaxed)
    }
}
