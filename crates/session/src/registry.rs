//! All sessions of a gateway.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::Duration;

use crate::{Owner, Session, SessionId};

#[cfg(test)]
mod tests;

const SHARDS: usize = 16;

/// Bounds on all sessions together.
#[derive(Clone, Copy, Debug)]
pub struct SessionLimits {
    /// Most sessions in all.
    pub total: usize,
    /// Most sessions of one principal.
    pub per_principal: usize,
    /// A session ends when nothing was heard of its client for so long, no
    /// stream of it is open and no answer is waited for.
    pub idle: Duration,
    /// A session ends at this age, whatever happens on it.
    pub age: Duration,
}

/// Which bound a new session would cross.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// [`SessionLimits::total`]
    Total,
    /// [`SessionLimits::per_principal`]
    PerPrincipal,
}

/// Holds sessions by id, counts them, and finds those whose time is over.
///
/// The clock is the caller's: every `now` is the time since some fixed start.
pub struct Sessions<A> {
    shards: [RwLock<HashMap<SessionId, Arc<Session<A>>>>; SHARDS],
    per_principal: Mutex<HashMap<Box<str>, usize>>,
    total: AtomicUsize,
    refused: AtomicU64,
    limits: SessionLimits,
}

impl<A> Sessions<A> {
    /// An empty registry.
    pub fn new(limits: SessionLimits) -> Self {
        Self {
            shards: std::array::from_fn(|_| RwLock::default()),
            per_principal: Mutex::default(),
            total: AtomicUsize::new(0),
            refused: AtomicU64::new(0),
            limits,
        }
    }

    /// Takes a session in.
    ///
    /// # Errors
    ///
    /// [`Refused`] names the bound that is reached.
    pub fn insert(&self, session: Arc<Session<A>>) -> Result<(), Refused> {
        self.count(session.owner()).inspect_err(|_| {
            self.refused.fetch_add(1, Ordering::Relaxed);
        })?;
        let id = session.id();
        self.shard(id)
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(id, session);
        Ok(())
    }

    fn count(&self, owner: &Owner) -> Result<(), Refused> {
        let mut per_principal = self.principals();
        if self.total.load(Ordering::Relaxed) >= self.limits.total {
            return Err(Refused::Total);
        }
        let mine = per_principal.entry(owner.quota().into()).or_default();
        if *mine >= self.limits.per_principal {
            return Err(Refused::PerPrincipal);
        }
        *mine += 1;
        self.total.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }

    /// Finds a session that belongs to `owner`. Somebody else's session is as
    /// unknown as one that never was.
    pub fn get(&self, id: SessionId, owner: &Owner) -> Option<Arc<Session<A>>> {
        let shard = self.shard(id).read().unwrap_or_else(PoisonError::into_inner);
        shard.get(&id).filter(|session| session.owner() == owner).cloned()
    }

    /// Forgets a session. Its streams are the caller's to close.
    pub fn remove(&self, id: SessionId) -> Option<Arc<Session<A>>> {
        let session = self
            .shard(id)
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(&id)?;
        let mut per_principal = self.principals();
        if let Some(count) = per_principal.get_mut(session.owner().quota()) {
            *count -= 1;
            if *count == 0 {
                per_principal.remove(session.owner().quota());
            }
        }
        self.total.fetch_sub(1, Ordering::Relaxed);
        Some(session)
    }

    /// Forgets and returns the sessions whose time is over at `now`. To be
    /// called often: it notes which sessions are in use.
    pub fn expire(&self, now: Duration) -> Vec<Arc<Session<A>>> {
        self.remove_where(|session| {
            if session.is_in_use() {
                // Idleness begins when the last stream has ended.
                session.touch(now);
            }
            let (age, idle) = session.ages(now);
            age >= self.limits.age || idle >= self.limits.idle
        })
    }

    /// Forgets and returns all sessions.
    pub fn drain(&self) -> Vec<Arc<Session<A>>> {
        self.remove_where(|_| true)
    }

    fn remove_where(&self, over: impl Fn(&Session<A>) -> bool) -> Vec<Arc<Session<A>>> {
        let mut ids = Vec::new();
        for shard in &self.shards {
            let shard = shard.read().unwrap_or_else(PoisonError::into_inner);
            ids.extend(
                shard
                    .values()
                    .filter(|session| over(session))
                    .map(|session| session.id()),
            );
        }
        // Maps have no order of their own, and each end can be seen by others.
        ids.sort_unstable();
        ids.into_iter().filter_map(|id| self.remove(id)).collect()
    }

    /// Sessions held now.
    pub fn len(&self) -> usize {
        self.total.load(Ordering::Relaxed)
    }

    /// Whether no session is held.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Streams of all sessions that clients read now. Looks at every session: for whoever asks now and then.
    pub fn attached_streams(&self) -> usize {
        let of_shard = |shard: &RwLock<HashMap<_, Arc<Session<A>>>>| -> usize {
            let sessions = shard.read().unwrap_or_else(PoisonError::into_inner);
            sessions.values().map(|session| session.attached_streams()).sum()
        };
        self.shards.iter().map(of_shard).sum()
    }

    /// Sessions that were refused since the start.
    pub fn refused(&self) -> u64 {
        self.refused.load(Ordering::Relaxed)
    }

    fn shard(&self, id: SessionId) -> &RwLock<HashMap<SessionId, Arc<Session<A>>>> {
        &self.shards[id.shard(SHARDS)]
    }

    fn principals(&self) -> MutexGuard<'_, HashMap<Box<str>, usize>> {
        self.per_principal.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
