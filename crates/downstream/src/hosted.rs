//! One server, and whom its sessions belong to.

use std::borrow::Cow;
use std::sync::Arc;

use pontoon_policy::{Caller, Principal};
use pontoon_session::Owner;

use crate::backend::Backend;

/// One server, with the parts of its sessions' owners that do not change.
pub(crate) struct Hosted<B> {
    pub(crate) backend: Arc<B>,
    name: Arc<str>,
    /// Whom the sessions of anonymous callers belong to, made once: it is
    /// compared with at every request.
    anonymous: Owner,
}

impl<B: Backend> Hosted<B> {
    pub(crate) fn new(backend: Arc<B>) -> Self {
        let name: Arc<str> = backend.name().into();
        let principal: Arc<str> = Principal::Anonymous.to_string().into();
        let anonymous = Owner::new(Arc::clone(&principal), Arc::clone(&name), principal);
        Self {
            backend,
            name,
            anonymous,
        }
    }

    /// The server's name.
    pub(crate) fn name(&self) -> &Arc<str> {
        &self.name
    }

    /// Whom new sessions of `caller` belong to and on whose account they count.
    pub(crate) fn owner(&self, caller: &Caller) -> Owner {
        Owner::new(
            caller.principal().to_string(),
            Arc::clone(&self.name),
            caller.account().to_string(),
        )
    }

    /// Whom a session must belong to for `caller` to use it. The account does
    /// not matter here.
    pub(crate) fn expected_owner(&self, caller: &Caller) -> Cow<'_, Owner> {
        match caller.principal() {
            Principal::Anonymous => Cow::Borrowed(&self.anonymous),
            _ => Cow::Owned(self.owner(caller)),
        }
    }
}
