//! Whom a session is bound to.

use std::sync::Arc;

/// The principal and the endpoint that a session belongs to.
///
/// Both are compared on every use; anybody else is answered as if the session
/// did not exist. The quota only says on whose account the session is counted:
/// anonymous clients are told apart by address there, but a client whose
/// address changes between connections keeps its session.
#[derive(Clone, Debug)]
pub struct Owner {
    principal: Arc<str>,
    endpoint: Arc<str>,
    quota: Arc<str>,
}

impl Owner {
    /// Binds to `principal` (its canonical name) and `endpoint` (the server's
    /// name), counted on the account `quota`.
    pub fn new(
        principal: impl Into<Arc<str>>,
        endpoint: impl Into<Arc<str>>,
        quota: impl Into<Arc<str>>,
    ) -> Self {
        Self {
            principal: principal.into(),
            endpoint: endpoint.into(),
            quota: quota.into(),
        }
    }

    /// The principal's canonical name.
    pub fn principal(&self) -> &str {
        &self.principal
    }

    /// The name of the server whose endpoint it is.
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// On whose account sessions are counted.
    pub fn quota(&self) -> &str {
        &self.quota
    }
}

impl PartialEq for Owner {
    fn eq(&self, other: &Self) -> bool {
        self.principal == other.principal && self.endpoint == other.endpoint
    }
}

impl Eq for Owner {}
