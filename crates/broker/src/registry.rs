//! All leases of an endpoint.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use pontoon_mcp::Askable;
use pontoon_translate::{Fault, Reason};

use crate::lease::Lease;

/// Who shares a lease that belongs to no session.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum LeaseKey {
    /// Everybody, on a server that wants `initialize`.
    SharedLegacy,
    /// All clients of one account, on a server that wants `initialize`.
    Principal(String),
    /// All modern clients of one account, on a server that speaks both eras.
    PrincipalModern(String),
    /// Everybody, on a server that does not.
    SharedModern,
    /// One account with these capabilities: servers register tools by them. Calls that may ask their client something
    /// have a server each where nothing else tells whose question it is.
    Account {
        account: String,
        /// As far as servers may act upon them: clients choose how they write them.
        asks: Askable,
        seat: usize,
    },
}

impl LeaseKey {
    /// Whether there is one for each account, and so perhaps many.
    fn is_of_account(&self) -> bool {
        match self {
            Self::Principal(_) | Self::PrincipalModern(_) | Self::Account { .. } => true,
            Self::SharedLegacy | Self::SharedModern => false,
        }
    }

    /// The account that may have many.
    fn account(&self) -> Option<&str> {
        match self {
            Self::Account { account, .. } => Some(account),
            // One or two for each account, whatever it does.
            Self::Principal(_) | Self::PrincipalModern(_) | Self::SharedLegacy | Self::SharedModern => None,
        }
    }
}

/// There is no room for one more lease of an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Full {
    /// All accounts together have as many as there may be.
    All,
    /// This one has its share, and uses all of it.
    Account,
}

impl From<Full> for Fault {
    fn from(full: Full) -> Self {
        Self::before(match full {
            Full::All => Reason::TooManyProcesses,
            Full::Account => Reason::NoTurn,
        })
    }
}

/// Holds the leases, so that whoever drops one need not end it: the endpoint's
/// task sees that nobody else holds it any more.
pub(crate) struct Registry {
    leases: Mutex<Leases>,
    /// Most leases of accounts. Each needs a process.
    max_accounts: usize,
    /// Most of one account.
    share: usize,
}

#[derive(Default)]
struct Leases {
    /// Leases that several clients find by a key.
    keyed: BTreeMap<LeaseKey, Arc<Lease>>,
    /// Leases of one session or one exchange.
    single: Vec<Arc<Lease>>,
}

impl Leases {
    /// Sees to it that an account has less than its share: of its own leases, and of no other's, the one goes that
    /// nobody has used for the longest time.
    fn make_room(&mut self, account: &str, share: usize) -> Result<(), Full> {
        let of_account = |key: &LeaseKey| key.account() == Some(account);
        let held = |leases: &Self| leases.keyed.keys().filter(|key| of_account(key)).count();
        if held(self) < share {
            return Ok(());
        }
        self.keyed.retain(|_, lease| !lease.is_closed());
        if held(self) < share {
            return Ok(());
        }
        // Whoever is about to use one holds it, and takes hold of it under this lock.
        let own = self.keyed.iter().filter(|(key, _)| of_account(key));
        let unused = own.filter(|(_, lease)| Arc::strong_count(lease) == 1);
        let mut unused: Vec<_> = unused
            .map(|(key, lease)| (lease.last_use(), key.clone()))
            .collect();
        unused.sort();
        for (_, key) in unused {
            if let Some(lease) = self.keyed.get(&key) {
                lease.close_if_unused(Duration::ZERO);
            }
            self.keyed.retain(|_, lease| !lease.is_closed());
            if held(self) < share {
                return Ok(());
            }
        }
        Err(Full::Account)
    }
}

impl Registry {
    pub(crate) fn new(max_accounts: usize, share: usize) -> Self {
        Self {
            leases: Mutex::default(),
            max_accounts,
            share,
        }
    }

    /// Takes in the lease of one session or exchange.
    pub(crate) fn register(&self, lease: Arc<Lease>) -> Arc<Lease> {
        self.lock().single.push(Arc::clone(&lease));
        lease
    }

    /// The lease with this key; made if there is none that lives.
    pub(crate) fn keyed(&self, key: LeaseKey, make: impl FnOnce() -> Arc<Lease>) -> Result<Arc<Lease>, Full> {
        let mut leases = self.lock();
        if let Some(lease) = leases.keyed.get(&key)
            && lease.claim()
        {
            return Ok(Arc::clone(lease));
        }
        if let Some(account) = key.account() {
            leases.make_room(account, self.share)?;
        }
        if key.is_of_account() && leases.keyed.len() >= self.max_accounts {
            leases.keyed.retain(|_, lease| !lease.is_closed());
            if leases.keyed.len() >= self.max_accounts {
                return Err(Full::All);
            }
        }
        let lease = make();
        leases.keyed.insert(key, Arc::clone(&lease));
        Ok(lease)
    }

    /// The lease with this number, if it lives.
    pub(crate) fn find(&self, number: u64) -> Option<Arc<Lease>> {
        let leases = self.lock();
        let mut all = leases.keyed.values().chain(&leases.single);
        all.find(|lease| lease.number() == number && !lease.is_closed())
            .cloned()
    }

    /// Every lease that lives. Ended ones are forgotten on the way.
    pub(crate) fn living(&self) -> Vec<Arc<Lease>> {
        let mut leases = self.lock();
        leases.keyed.retain(|_, lease| !lease.is_closed());
        leases.single.retain(|lease| !lease.is_closed());
        leases.keyed.values().chain(&leases.single).cloned().collect()
    }

    /// Closes shared leases that nobody has used for `idle`, and others that
    /// nobody holds.
    pub(crate) fn close_unused(&self, idle: Duration) {
        let leases = self.lock();
        for lease in leases.keyed.values() {
            lease.close_if_unused(idle);
        }
        for lease in leases.single.iter().filter(|lease| Arc::strong_count(lease) == 1) {
            lease.close(Reason::SessionEnded);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Leases> {
        self.leases.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
