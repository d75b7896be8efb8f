//! What was refused, by name, and what is held now.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// A look at the counters of a gateway.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Connections that are open.
    pub connections: usize,
    /// Connections that were refused, in all and for their address.
    pub connections_refused: u64,
    /// Sessions that are open.
    pub sessions: usize,
    /// Streams of sessions that clients read.
    pub streams: usize,
    /// Clients of the event channel.
    pub event_clients: usize,
    /// Clients of the event channel that were cut off because they did not keep up.
    pub event_clients_cut_off: u64,
    /// Streams on which clients without a session await their replies.
    pub reply_channels: usize,
    /// Sessions that were refused.
    pub sessions_refused: u64,
    /// Requests that were turned away, by reason; the names are those that
    /// clients see as `error.data.reason`.
    pub refusals: BTreeMap<&'static str, u64>,
}

/// Counts what happens seldom: each of these has cost its client a response.
#[derive(Debug, Default)]
pub(crate) struct Tally(Mutex<BTreeMap<&'static str, u64>>);

impl Tally {
    pub(crate) fn count(&self, reason: &'static str) {
        *self.lock().entry(reason).or_default() += 1;
    }

    pub(crate) fn snapshot(&self) -> BTreeMap<&'static str, u64> {
        self.lock().clone()
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<&'static str, u64>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
