//! Requests that nobody waits for any more and that a server may still be at.
//!
//! A server hears late, or never, that a request was given up, and has perhaps something left to say about one that
//! it has answered. What it says meanwhile and does not attribute may be about that request, and is nothing to whoever
//! else uses the server.

use std::time::Duration;

use crate::exchange::{Asker, UpstreamId};
use crate::minted::Minted;

/// Most that are remembered one by one; those beyond are only known to be there.
const MAX_KNOWN: usize = 1_000;

#[derive(Default)]
pub(super) struct GivenUp {
    known: Minted<UpstreamId, Memory>,
    /// Until when the server may be at one of those that are not known.
    others: Option<Duration>,
}

struct Memory {
    asker: Asker,
    /// When it would have been given up in any case.
    until: Duration,
}

impl GivenUp {
    pub(super) fn add(&mut self, id: UpstreamId, asker: Asker, until: Duration) {
        if self.known.len() < MAX_KNOWN {
            self.known.insert(id, Memory { asker, until });
        } else {
            self.others = self.others.max(Some(until));
        }
    }

    /// The server answered a request that nobody waited for, perhaps for the second time. It may have something left
    /// to say about it until `until`.
    pub(super) fn answered(&mut self, id: UpstreamId, until: Duration) {
        if let Some(memory) = self.known.get_mut(&id) {
            memory.until = memory.until.min(until);
        }
    }

    /// Forgets those whose time is over.
    pub(super) fn expire(&mut self, now: Duration) {
        self.known.retain(|_, memory| memory.until > now);
        self.others = self.others.filter(|until| *until > now);
    }

    /// A new server knows nothing of them.
    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }

    /// Whether none of them was anybody else's.
    pub(super) fn are_all_of(&self, asker: Asker) -> bool {
        let mut known = self.known.values();
        self.others.is_none() && known.all(|memory| asker != Asker::Unknown && memory.asker == asker)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exchange::MemberId;

    #[test]
    fn their_number_is_bounded_and_none_is_taken_for_gone() {
        let second = Duration::from_secs(1);
        let mut given_up = GivenUp::default();
        for id in 0..2_000 {
            given_up.add(UpstreamId(id), Asker::Unknown, second);
        }
        assert_eq!(given_up.known.len(), MAX_KNOWN);
        for id in 0..2_000 {
            given_up.answered(UpstreamId(id), Duration::ZERO);
        }
        given_up.expire(Duration::from_millis(1));
        assert!(given_up.known.is_empty());
        assert!(!given_up.are_all_of(Asker::Member(MemberId(1))));
        given_up.expire(second);
        assert!(given_up.are_all_of(Asker::Member(MemberId(1))));
    }
}
