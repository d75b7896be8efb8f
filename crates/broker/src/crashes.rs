//! Who is held to which crashes.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use pontoon_supervise::{BackoffSettings, CircuitSettings};

use crate::guard::RestartGuard;

/// Most accounts whose crashes are remembered at once. Each needs a crash within
/// the last minute or so; beyond it, a lease remembers its own for as long as it lives.
const MAX_ACCOUNTS: usize = 4096;

/// Crashes of servers after they were opened, by whose servers they were.
pub(crate) struct Crashes {
    backoff: BackoffSettings,
    circuit: CircuitSettings,
    jitter: fn() -> u32,
    /// Leases that everybody shares.
    everybody: Arc<RestartGuard>,
    /// Outlive the leases, which do not stay for long without a server.
    accounts: Mutex<HashMap<String, Arc<RestartGuard>>>,
}

impl Crashes {
    pub(crate) fn new(backoff: BackoffSettings, circuit: CircuitSettings, jitter: fn() -> u32) -> Self {
        Self {
            backoff,
            circuit,
            jitter,
            everybody: Arc::new(RestartGuard::new(backoff, circuit, jitter)),
            accounts: Mutex::default(),
        }
    }

    /// For the lease of one session or exchange.
    pub(crate) fn of_one(&self) -> Arc<RestartGuard> {
        Arc::new(RestartGuard::new(self.backoff, self.circuit, self.jitter))
    }

    /// For a lease that everybody shares.
    pub(crate) fn of_everybody(&self) -> Arc<RestartGuard> {
        Arc::clone(&self.everybody)
    }

    /// For all leases of an account, one after the other and at once.
    pub(crate) fn of_account(&self, account: &str) -> Arc<RestartGuard> {
        let mut accounts = self.lock();
        if let Some(guard) = accounts.get(account) {
            return Arc::clone(guard);
        }
        let guard = self.of_one();
        if accounts.len() < MAX_ACCOUNTS {
            accounts.insert(account.to_owned(), Arc::clone(&guard));
        }
        guard
    }

    /// Lets go of accounts that have no lease and no crash that matters.
    pub(crate) fn forget_calm(&self) {
        self.lock()
            .retain(|_, guard| Arc::strong_count(guard) > 1 || !guard.is_calm());
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Arc<RestartGuard>>> {
        self.accounts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
