//! Proof that policy allowed a message.

use std::sync::Arc;

use crate::{Caller, Gauge, LimitReached, Slot};

/// A message that policy allowed, and the in-flight slot that it occupies.
///
/// Only [`Policy`] makes one, and the broker takes nothing else.
#[derive(Debug)]
pub struct Permit<T> {
    message: T,
    slot: Slot,
}

impl<T> Permit<T> {
    /// The message.
    pub fn message(&self) -> &T {
        &self.message
    }

    /// The message, and the slot to hold until its exchange is over.
    pub fn split(self) -> (T, Slot) {
        (self.message, self.slot)
    }
}

/// Why a message was not allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Denied {
    /// Too much is going on already.
    #[error(transparent)]
    Limit(#[from] LimitReached),
}

/// What callers may do. Without authentication everybody may do everything,
/// within the limits.
#[derive(Debug)]
pub struct Policy {
    in_flight: Arc<Gauge>,
}

impl Policy {
    /// A policy that bounds the calls in flight in all.
    pub fn new(max_in_flight: usize) -> Self {
        Self {
            in_flight: Gauge::new("max_in_flight", max_in_flight),
        }
    }

    /// Decides whether `caller` may send `message` to `endpoint`.
    ///
    /// # Errors
    ///
    /// [`Denied`] says why not.
    pub fn permit<T>(&self, caller: &Caller, endpoint: &str, message: T) -> Result<Permit<T>, Denied> {
        // Both will matter as soon as callers authenticate.
        let _ = (caller, endpoint);
        Ok(Permit {
            message,
            slot: self.in_flight.acquire()?,
        })
    }

    /// The gauge of calls in flight.
    pub fn in_flight(&self) -> &Arc<Gauge> {
        &self.in_flight
    }
}
