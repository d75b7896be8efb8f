//! What an endpoint counts.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicU64, Ordering};

use pontoon_translate::Anomaly;

/// Counts since the start of an endpoint.
#[derive(Debug, Default)]
pub struct Counters {
    starts: AtomicU64,
    crashes: AtomicU64,
    anomalies: Mutex<BTreeMap<&'static str, u64>>,
}

impl Counters {
    pub(crate) fn count_start(&self) {
        self.starts.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn count_crash(&self) {
        self.crashes.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn count_anomaly(&self, anomaly: Anomaly) {
        let mut anomalies = self.anomalies.lock().unwrap_or_else(PoisonError::into_inner);
        *anomalies.entry(anomaly.label()).or_default() += 1;
    }

    /// Connections brought up.
    pub fn starts(&self) -> u64 {
        self.starts.load(Ordering::Relaxed)
    }

    /// Connections lost that nobody had asked to end.
    pub fn crashes(&self) -> u64 {
        self.crashes.load(Ordering::Relaxed)
    }

    /// Messages that reached nobody, by cause.
    pub fn anomalies(&self) -> BTreeMap<&'static str, u64> {
        self.anomalies
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}
