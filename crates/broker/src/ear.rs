//! Hears a connection on behalf of its lease.

use bytes::Bytes;
use pontoon_jsonrpc::{Id, Message};
use pontoon_upstream::{Closed, Failure, Listener};

use crate::lease::WeakLease;

/// Weak on purpose: a connection must not keep the lease alive that owns it.
pub(crate) struct Ear {
    lease: WeakLease,
    attempt: u64,
}

impl Ear {
    pub(crate) fn new(lease: WeakLease, attempt: u64) -> Self {
        Self { lease, attempt }
    }
}

impl Listener for Ear {
    fn message(&self, message: Message) {
        if let Some(lease) = self.lease.upgrade() {
            lease.message(self.attempt, message, None);
        }
    }

    fn message_within(&self, message: Message, request: &Id) {
        if let Some(lease) = self.lease.upgrade() {
            lease.message(self.attempt, message, Some(request));
        }
    }

    fn failed(&self, request: Id, why: Failure) {
        if let Some(lease) = self.lease.upgrade() {
            lease.request_failed(self.attempt, &request, &why);
        }
    }

    fn returned(&self, request: Id, message: Bytes) {
        if let Some(lease) = self.lease.upgrade() {
            lease.request_returned(self.attempt, &request, message);
        }
    }

    fn closed(&self, why: Closed) {
        if let Some(lease) = self.lease.upgrade() {
            lease.lost(self.attempt, &why);
        }
    }
}
