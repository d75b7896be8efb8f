//! What one server remembers.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use rmcp::model::LoggingLevel;

use super::audience::Audience;

/// The parts of a list that a tool can add and remove while clients watch.
#[derive(Clone, Copy, Debug)]
pub(super) enum Extra {
    Tool,
    Prompt,
    Resource,
}

/// State shared by a server and its clones.
#[derive(Debug, Default)]
pub(super) struct State {
    pub(super) audience: Audience,
    /// How often `touch` was called.
    touches: AtomicU64,
    /// How many calls of `slow` ended because the client cancelled them.
    cancellations: AtomicU64,
    /// Numbers the URL elicitations.
    visits: AtomicU64,
    extras: [AtomicBool; 3],
    /// The threshold a legacy client set, as a severity.
    log_threshold: AtomicU64,
}

impl State {
    pub(super) fn touches(&self) -> u64 {
        self.touches.load(Ordering::Relaxed)
    }

    /// Counts one more; returns the new count.
    pub(super) fn touch(&self) -> u64 {
        self.touches.fetch_add(1, Ordering::Relaxed) + 1
    }

    pub(super) fn cancellations(&self) -> u64 {
        self.cancellations.load(Ordering::Relaxed)
    }

    pub(super) fn count_cancellation(&self) {
        self.cancellations.fetch_add(1, Ordering::Relaxed);
    }

    /// A number no earlier call was given.
    pub(super) fn next_visit(&self) -> u64 {
        self.visits.fetch_add(1, Ordering::Relaxed) + 1
    }

    pub(super) fn has(&self, extra: Extra) -> bool {
        self.extras[extra as usize].load(Ordering::Relaxed)
    }

    /// Adds what was absent, removes what was there; says whether it is there now.
    pub(super) fn toggle(&self, extra: Extra) -> bool {
        !self.extras[extra as usize].fetch_xor(true, Ordering::Relaxed)
    }

    pub(super) fn set_log_level(&self, level: LoggingLevel) {
        self.log_threshold.store(severity(level), Ordering::Relaxed);
    }

    /// Whether a legacy client wants messages of this level. One that never said gets all.
    pub(super) fn logs_at(&self, level: LoggingLevel) -> bool {
        severity(level) >= self.log_threshold.load(Ordering::Relaxed)
    }
}

/// RFC 5424's order, the least severe first.
pub(super) fn severity(level: LoggingLevel) -> u64 {
    level as u64
}
