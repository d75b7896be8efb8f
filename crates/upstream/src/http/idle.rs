//! Connections that wait for their next request.

use std::mem;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use tokio::time::Instant;

use crate::http::line::Line;

/// How many are kept for one server; more are closed after their answer.
const MAX_IDLE: usize = 64;
/// How long one is kept that nobody uses.
pub(crate) const MAX_AGE: Duration = Duration::from_secs(60);
/// How often is looked for those that the server has closed, or that are too old.
const SWEEP: Duration = Duration::from_secs(5);

/// The idle connections to one server. The last one that came is the first that goes, so that the others grow old.
#[derive(Default)]
pub(crate) struct Idle(Mutex<Lines>);

#[derive(Default)]
struct Lines {
    all: Vec<Line>,
    sweeping: Sweeping,
}

/// Whether a task looks after them; only while there are some.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Sweeping {
    #[default]
    Off,
    On,
}

impl Idle {
    pub(crate) fn take(&self) -> Option<Line> {
        let mut lines = self.lock();
        let now = Instant::now();
        while let Some(line) = lines.all.pop() {
            if line.is_good(now) {
                return Some(line);
            }
        }
        None
    }

    /// Keeps a connection whose answer was read to its end.
    pub(crate) fn put(self: &Arc<Self>, mut line: Line) {
        if !line.rests(Instant::now()) {
            return;
        }
        let mut lines = self.lock();
        if lines.all.len() < MAX_IDLE {
            lines.all.push(line);
        }
        if mem::replace(&mut lines.sweeping, Sweeping::On) == Sweeping::Off {
            tokio::spawn(sweep(Arc::downgrade(self)));
        }
    }

    /// Closes what is no longer good; true if any is left.
    fn tidy(&self) -> bool {
        let now = Instant::now();
        let mut lines = self.lock();
        lines.all.retain_mut(|line| line.is_good(now) && line.is_open());
        if lines.all.is_empty() {
            lines.all = Vec::new();
            lines.sweeping = Sweeping::Off;
        }
        lines.sweeping == Sweeping::On
    }

    fn lock(&self) -> MutexGuard<'_, Lines> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn sweep(idle: Weak<Idle>) {
    loop {
        tokio::time::sleep(SWEEP).await;
        if !idle.upgrade().is_some_and(|idle| idle.tidy()) {
            return;
        }
    }
}
