//! A server for a call that may ask its client something.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use tokio::sync::Notify;

const FREE: u8 = 0;
const TAKEN: u8 = 1;
const SPOILT: u8 = 2;

/// Where all that a server says comes on one pipe, nothing tells which call a question is about. Calls that may ask
/// take turns on such a server: whoever holds its seat is meant.
#[derive(Debug)]
pub(crate) struct Chair(Arc<State>);

/// Held from before a call is sent until it is over, also while its client is away. Dropping it leaves the chair free.
#[derive(Debug)]
pub(crate) struct Seat(Arc<State>);

#[derive(Debug)]
struct State {
    taken: AtomicU8,
    /// Rung for whoever waits for a seat.
    freed: Arc<Notify>,
}

impl Chair {
    /// A free one; `freed` is rung when it is that again.
    pub(crate) fn new(freed: Arc<Notify>) -> Self {
        let taken = AtomicU8::new(FREE);
        Self(Arc::new(State { taken, freed }))
    }

    /// Takes the seat, if it is free.
    pub(crate) fn take(&self) -> Option<Seat> {
        let taken = self
            .0
            .taken
            .compare_exchange(FREE, TAKEN, Ordering::AcqRel, Ordering::Acquire);
        taken.is_ok().then(|| Seat(Arc::clone(&self.0)))
    }

    /// Whether nobody can have the seat any more.
    pub(crate) fn is_spoilt(&self) -> bool {
        self.0.taken.load(Ordering::Acquire) == SPOILT
    }
}

impl Seat {
    /// The call was given up, and its server may not have heard of that: whoever took the seat next could be asked
    /// what this one was to be asked.
    pub(crate) fn spoil(&self) {
        self.0.taken.store(SPOILT, Ordering::Release);
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        // A failure means that it is spoilt, and stays so.
        let _ = self
            .0
            .taken
            .compare_exchange(TAKEN, FREE, Ordering::AcqRel, Ordering::Acquire);
        self.0.freed.notify_waiters();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chair_has_one_seat() {
        let chair = Chair::new(Arc::default());
        let seat = chair.take();
        assert!(seat.is_some());
        assert!(chair.take().is_none());
        drop(seat);
        assert!(chair.take().is_some());
    }

    #[test]
    fn a_seat_that_is_spoilt_is_nobodys() {
        let chair = Chair::new(Arc::default());
        let seat = chair.take().unwrap();
        seat.spoil();
        drop(seat);
        assert!(chair.is_spoilt() && chair.take().is_none());
    }
}
