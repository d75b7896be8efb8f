//! Servers that wait to be needed.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use pontoon_policy::Slot;
use pontoon_translate::{Fault, Reason, Sharing};
use pontoon_upstream::Idle;

use crate::shared::Shared;
use crate::start;

/// A server that runs and was not spoken to, and the process slots it occupies.
pub(crate) type Warm = (Idle, Vec<Slot>);

/// A few servers, started ahead. Nobody has spoken to them, so they carry
/// nothing from one client to the next.
pub(crate) struct WarmPool {
    state: Mutex<State>,
    target: usize,
}

#[derive(Default)]
struct State {
    warm: Vec<Warm>,
    starting: usize,
    closed: bool,
}

impl WarmPool {
    pub(crate) fn new(target: usize) -> Self {
        Self {
            state: Mutex::default(),
            target,
        }
    }

    /// A warm server that still lives, or a new one.
    pub(crate) async fn take_or_connect(&self, shared: &Shared) -> Result<Warm, Fault> {
        match self.take(shared) {
            Some(warm) => Ok(warm),
            None => start::connect(shared, Sharing::Exclusive).await,
        }
    }

    fn take(&self, shared: &Shared) -> Option<Warm> {
        let mut state = self.lock();
        while let Some((mut idle, processes)) = state.warm.pop() {
            if idle.is_alive() {
                return Some((idle, processes));
            }
            // Its children may live on.
            shared.spawn(discard((idle, processes)));
        }
        None
    }

    /// Starts what is missing, in the background.
    pub(crate) fn refill(&self, shared: &Arc<Shared>) {
        if shared.is_draining() {
            return;
        }
        let mut state = self.lock();
        let missing = self.target.saturating_sub(state.warm.len() + state.starting);
        state.starting += missing;
        drop(state);
        for _ in 0..missing {
            shared.spawn(warm_up(Arc::clone(shared)));
        }
    }

    /// Takes in what was started; gives it back if the pool was closed meanwhile.
    fn put(&self, started: Result<Warm, Fault>) -> Option<Warm> {
        let mut state = self.lock();
        state.starting -= 1;
        // A failure was logged; the next request tries again.
        let warm = started.ok()?;
        if state.closed {
            return Some(warm);
        }
        state.warm.push(warm);
        None
    }

    /// Stops all warm servers; no more are started.
    pub(crate) async fn close(&self) {
        let warm = {
            let mut state = self.lock();
            state.closed = true;
            std::mem::take(&mut state.warm)
        };
        for warm in warm {
            discard(warm).await;
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Starts one for the pool, unless the endpoint ends before it is there.
async fn warm_up(shared: Arc<Shared>) {
    let started = tokio::select! {
        biased;
        started = start::connect(&shared, Sharing::Exclusive) => started,
        () = shared.drained() => Err(Fault::before(Reason::ShuttingDown)),
    };
    if let Some(late) = shared.pool.put(started) {
        discard(late).await;
    }
}

/// The slots are free when the server is gone.
async fn discard((idle, processes): Warm) {
    idle.discard().await;
    drop(processes);
}
