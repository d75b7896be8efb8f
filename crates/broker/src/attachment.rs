//! What a session keeps of the broker.

use std::sync::Arc;

use pontoon_translate::MemberId;

use crate::lease::Lease;

/// A session's hold on its lease.
///
/// Dropping it without [`Endpoint::close`](crate::Endpoint) only notes that
/// the session is gone; the endpoint's own task lets go of the lease.
pub struct Attachment {
    pub(crate) lease: Arc<Lease>,
    pub(crate) member: MemberId,
}

impl Drop for Attachment {
    fn drop(&mut self) {
        self.lease.note_departure(self.member);
    }
}

impl std::fmt::Debug for Attachment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Attachment")
            .field("member", &self.member)
            .finish_non_exhaustive()
    }
}
