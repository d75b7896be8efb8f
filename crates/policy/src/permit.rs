//! Proof that policy allowed a message.

use std::sync::Arc;

use crate::{Account, Caller, Gauge, KeyedGauge, LimitReached, Slot};

/// A message that policy allowed, and the slots that it occupies.
///
/// Only [`Policy`] makes one, and the broker takes nothing else.
#[derive(Debug)]
pub struct Permit<T> {
    message: T,
    slots: Slots,
}

/// What a message occupies until its exchange is over; dropping it gives it back.
#[derive(Debug)]
pub struct Slots {
    _first: Slot,
    _second: Option<Slot>,
}

impl<T> Permit<T> {
    /// The message.
    pub fn message(&self) -> &T {
        &self.message
    }

    /// The message, and the slots to hold until its exchange is over.
    pub fn split(self) -> (T, Slots) {
        (self.message, self.slots)
    }
}

/// Why a message was not allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Denied {
    /// Too much is going on in all.
    #[error(transparent)]
    Busy(LimitReached),
    /// The caller itself has too much going on.
    #[error(transparent)]
    Quota(LimitReached),
}

/// What one account may have going on outside of sessions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AccountLimits {
    /// Most calls in flight. Default 256.
    pub calls: usize,
    /// Most streams that listen for changes. Default 256.
    pub listeners: usize,
}

impl Default for AccountLimits {
    fn default() -> Self {
        Self {
            calls: 256,
            listeners: 256,
        }
    }
}

/// What callers may do. Without authentication everybody may do everything,
/// within the limits.
#[derive(Debug)]
pub struct Policy {
    in_flight: Arc<Gauge>,
    calls: Arc<KeyedGauge<Account>>,
    listeners: Arc<KeyedGauge<Account>>,
}

impl Policy {
    /// A policy that bounds the calls in flight in all, and what each account
    /// has going on by [`AccountLimits::default`].
    pub fn new(max_in_flight: usize) -> Self {
        Self {
            in_flight: Gauge::new("max_in_flight", max_in_flight),
            calls: calls(AccountLimits::default()),
            listeners: listeners(AccountLimits::default()),
        }
    }

    /// Other bounds for what each account has going on.
    #[must_use]
    pub fn with_account_limits(self, limits: AccountLimits) -> Self {
        Self {
            calls: calls(limits),
            listeners: listeners(limits),
            ..self
        }
    }

    /// Decides whether `caller` may send `message` to `endpoint` within a
    /// session, whose own calls are counted where the session is known.
    ///
    /// # Errors
    ///
    /// [`Denied`] says why not.
    pub fn permit<T>(&self, caller: &Caller, endpoint: &str, message: T) -> Result<Permit<T>, Denied> {
        // Both will matter as soon as callers authenticate.
        let _ = (caller, endpoint);
        let total = self.in_flight.acquire().map_err(Denied::Busy)?;
        Ok(Permit::new(message, total, None))
    }

    /// As [`permit`](Self::permit), for a call outside of any session: it
    /// counts on the caller's account.
    ///
    /// # Errors
    ///
    /// [`Denied`] says why not.
    pub fn permit_alone<T>(&self, caller: &Caller, endpoint: &str, message: T) -> Result<Permit<T>, Denied> {
        let _ = endpoint;
        let mine = self.calls.acquire(caller.account()).map_err(Denied::Quota)?;
        let total = self.in_flight.acquire().map_err(Denied::Busy)?;
        Ok(Permit::new(message, total, Some(mine)))
    }

    /// As [`permit_alone`](Self::permit_alone), for a request that is not
    /// answered but listens. It is no call in flight: streams that rest must
    /// not stand in the way of calls.
    ///
    /// # Errors
    ///
    /// [`Denied`] says why not.
    pub fn permit_listener<T>(
        &self,
        caller: &Caller,
        endpoint: &str,
        message: T,
    ) -> Result<Permit<T>, Denied> {
        let _ = endpoint;
        let mine = self.listeners.acquire(caller.account()).map_err(Denied::Quota)?;
        Ok(Permit::new(message, mine, None))
    }

    /// The gauge of calls in flight.
    pub fn in_flight(&self) -> &Arc<Gauge> {
        &self.in_flight
    }
}

impl<T> Permit<T> {
    fn new(message: T, first: Slot, second: Option<Slot>) -> Self {
        let slots = Slots {
            _first: first,
            _second: second,
        };
        Self { message, slots }
    }
}

fn calls(limits: AccountLimits) -> Arc<KeyedGauge<Account>> {
    KeyedGauge::new("max_in_flight_per_session", limits.calls)
}

fn listeners(limits: AccountLimits) -> Arc<KeyedGauge<Account>> {
    KeyedGauge::new("max_listeners_per_principal", limits.listeners)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: AccountLimits = AccountLimits {
        calls: 1,
        listeners: 2,
    };

    fn caller(address: &str) -> Caller {
        Caller::anonymous(address.parse().unwrap())
    }

    #[test]
    fn calls_without_a_session_count_in_all_and_for_their_account() {
        let policy = Policy::new(2).with_account_limits(LIMITS);
        let (one, two, three) = (caller("10.0.0.1"), caller("10.0.0.2"), caller("10.0.0.3"));
        let held = policy.permit_alone(&one, "s", ()).unwrap();
        assert!(matches!(
            policy.permit_alone(&one, "s", ()),
            Err(Denied::Quota(_))
        ));
        let _other = policy.permit_alone(&two, "s", ()).unwrap();
        assert!(matches!(
            policy.permit_alone(&three, "s", ()),
            Err(Denied::Busy(_))
        ));
        drop(held);
        policy.permit_alone(&one, "s", ()).unwrap();
        assert_eq!(policy.in_flight().held(), 1);
    }

    #[test]
    fn listeners_are_counted_for_their_account_and_are_no_calls() {
        let policy = Policy::new(1).with_account_limits(LIMITS);
        let (one, two) = (caller("10.0.0.1"), caller("10.0.0.2"));
        let _held = [0, 1].map(|_| policy.permit_listener(&one, "s", ()).unwrap());
        let denied = policy.permit_listener(&one, "s", ()).unwrap_err();
        assert_eq!(
            denied.to_string(),
            "the limit max_listeners_per_principal = 2 is reached"
        );
        policy.permit_listener(&two, "s", ()).unwrap();
        policy.permit_alone(&one, "s", ()).unwrap();
    }
}
