//! When a server may be started again.
//!
//! Two things are told apart. A server that cannot be *started* is broken for
//! everybody: the endpoint counts that. A server that *crashes* after it was
//! opened may do so because of what its client asks for: that is counted for
//! whoever uses it, and is nothing to others.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use pontoon_supervise::{Backoff, BackoffSettings, Circuit, CircuitSettings, Verdict};
use pontoon_translate::{Fault, Reason};
use tokio::time::Instant;

/// Delays starts after failures, and refuses them after too many.
pub(crate) struct RestartGuard(Mutex<State>);

struct State {
    backoff: Backoff,
    circuit: Circuit,
    /// No start before this time.
    not_before: Option<Instant>,
    jitter: fn() -> u32,
}

impl RestartGuard {
    pub(crate) fn new(backoff: BackoffSettings, circuit: CircuitSettings, jitter: fn() -> u32) -> Self {
        Self(Mutex::new(State {
            backoff: Backoff::new(backoff),
            circuit: Circuit::new(circuit),
            not_before: None,
            jitter,
        }))
    }

    /// How long to wait before the next start.
    ///
    /// # Errors
    ///
    /// There is none for now.
    pub(crate) fn delay(&self) -> Result<Duration, Fault> {
        let now = Instant::now();
        let state = self.lock();
        if state.circuit.is_open(now.into_std()) {
            return Err(Fault::before(Reason::CircuitOpen));
        }
        Ok(state
            .not_before
            .map_or(Duration::ZERO, |then| then.saturating_duration_since(now)))
    }

    /// Decides about a start that nothing else stands in the way of: the one
    /// attempt after an open circuit is used up by asking.
    ///
    /// # Errors
    ///
    /// The circuit is open.
    pub(crate) fn admit(&self) -> Result<(), Fault> {
        match self.lock().circuit.attempt(Instant::now().into_std()) {
            Verdict::Refuse { .. } => Err(Fault::before(Reason::CircuitOpen)),
            Verdict::Allow | Verdict::Probe => Ok(()),
        }
    }

    /// Waits as long as earlier failures ask for, then uses up an attempt.
    ///
    /// # Errors
    ///
    /// There is none for now.
    pub(crate) async fn pass(&self) -> Result<(), Fault> {
        tokio::time::sleep(self.delay()?).await;
        self.admit()
    }

    /// A server was opened; what failed before is still counted.
    pub(crate) fn succeeded(&self) {
        let mut state = self.lock();
        state.circuit.succeeded();
        state.backoff.reset();
        state.not_before = None;
    }

    /// What failed before was no sign of anything.
    pub(crate) fn forget(&self) {
        self.lock().circuit.reset();
        self.succeeded();
    }

    /// Whether what failed before matters no more.
    pub(crate) fn is_calm(&self) -> bool {
        self.lock().circuit.is_calm(Instant::now().into_std())
    }

    /// Whoever a server was started for went away before it was open. That is no
    /// sign of anything, and must not use up the one attempt after an open circuit.
    pub(crate) fn abandoned(&self) {
        self.lock().circuit.abandoned(Instant::now().into_std());
    }

    /// A server could not be started, or crashed.
    pub(crate) fn failed(&self) {
        let now = Instant::now();
        let mut state = self.lock();
        state.circuit.failed(now.into_std());
        let random = (state.jitter)();
        let delay = state.backoff.next_delay(random);
        state.not_before = Some(now + delay);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
