//! A server for a call that may ask its client something.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Where all that a server says comes on one pipe, nothing tells which call a question is about. Calls that may ask
/// take turns on such a server: whoever holds its seat is meant.
#[derive(Debug, Default)]
pub(crate) struct Chair(Arc<AtomicBool>);

/// Held from before a call is sent until it is over, also while its client is away. Dropping it leaves the chair free.
#[derive(Debug)]
pub(crate) struct Seat(Arc<AtomicBool>);

impl Chair {
    /// Takes the seat, if it is free.
    pub(crate) fn take(&self) -> Option<Seat> {
        let was_taken = self.0.swap(true, Ordering::AcqRel);
        (!was_taken).then(|| Seat(Arc::clone(&self.0)))
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Release);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chair_has_one_seat() {
        let chair = Chair::default();
        let seat = chair.take();
        assert!(seat.is_some());
        assert!(chair.take().is_none());
        drop(seat);
        assert!(chair.take().is_some());
    }
}
