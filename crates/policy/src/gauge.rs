//! Limits that count.

use std::collections::HashMap;
use std::fmt;
use std::hash::Hash;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A named limit on how many of something exist at once.
#[derive(Debug)]
pub struct Gauge {
    name: &'static str,
    limit: usize,
    held: AtomicUsize,
    refused: AtomicU64,
}

/// One unit of a [`Gauge`], given back when dropped.
#[derive(Debug)]
pub struct Slot(Arc<dyn Release>);

/// A limit was reached; the request that met it is refused, nothing else is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the limit {name} = {limit} is reached")]
pub struct LimitReached {
    /// The limit's name, as the configuration spells it.
    pub name: &'static str,
    /// Its value.
    pub limit: usize,
}

trait Release: fmt::Debug + Send + Sync {
    fn release(&self);
}

impl Gauge {
    /// A limit called `name`, as the configuration spells it.
    pub fn new(name: &'static str, limit: usize) -> Arc<Self> {
        Arc::new(Self {
            name,
            limit,
            held: AtomicUsize::new(0),
            refused: AtomicU64::new(0),
        })
    }

    /// Takes one unit.
    ///
    /// # Errors
    ///
    /// [`LimitReached`], which is also counted.
    pub fn acquire(self: &Arc<Self>) -> Result<Slot, LimitReached> {
        let below = |held: usize| (held < self.limit).then_some(held + 1);
        match self
            .held
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, below)
        {
            Ok(_) => Ok(Slot(Arc::clone(self) as Arc<dyn Release>)),
            Err(_) => {
                self.refused.fetch_add(1, Ordering::Relaxed);
                Err(LimitReached {
                    name: self.name,
                    limit: self.limit,
                })
            }
        }
    }

    /// The limit's name.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// Units in use.
    pub fn held(&self) -> usize {
        self.held.load(Ordering::Relaxed)
    }

    /// Units refused since the start.
    pub fn refused(&self) -> u64 {
        self.refused.load(Ordering::Relaxed)
    }
}

impl Release for Gauge {
    fn release(&self) {
        self.held.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        self.0.release();
    }
}

/// A named limit for each key (an address, an account) on its own.
#[derive(Debug)]
pub struct KeyedGauge<K> {
    name: &'static str,
    limit: usize,
    held: Mutex<HashMap<K, usize>>,
    refused: AtomicU64,
}

#[derive(Debug)]
struct Keyed<K: fmt::Debug + Eq + Hash + Send + 'static> {
    gauge: Arc<KeyedGauge<K>>,
    key: K,
}

impl<K: Clone + fmt::Debug + Eq + Hash + Send + Sync + 'static> KeyedGauge<K> {
    /// A limit called `name`, as the configuration spells it.
    pub fn new(name: &'static str, limit: usize) -> Arc<Self> {
        Arc::new(Self {
            name,
            limit,
            held: Mutex::default(),
            refused: AtomicU64::new(0),
        })
    }

    /// Takes one unit of `key`.
    ///
    /// # Errors
    ///
    /// [`LimitReached`], which is also counted.
    pub fn acquire(self: &Arc<Self>, key: K) -> Result<Slot, LimitReached> {
        let mut held = self.lock();
        let mine = held.entry(key.clone()).or_default();
        if *mine >= self.limit {
            self.refused.fetch_add(1, Ordering::Relaxed);
            return Err(LimitReached {
                name: self.name,
                limit: self.limit,
            });
        }
        *mine += 1;
        drop(held);
        Ok(Slot(Arc::new(Keyed {
            gauge: Arc::clone(self),
            key,
        })))
    }

    /// Units of `key` in use.
    pub fn held(&self, key: &K) -> usize {
        self.lock().get(key).copied().unwrap_or(0)
    }

    /// Units refused since the start, over all keys.
    pub fn refused(&self) -> u64 {
        self.refused.load(Ordering::Relaxed)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<K, usize>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<K: fmt::Debug + Eq + Hash + Send + Sync + 'static> Release for Keyed<K> {
    fn release(&self) {
        let mut held = self.gauge.held.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(mine) = held.get_mut(&self.key) {
            *mine -= 1;
            if *mine == 0 {
                held.remove(&self.key);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gauge_gives_out_as_many_as_its_limit_and_takes_them_back() {
        let gauge = Gauge::new("max_connections", 2);
        let first = gauge.acquire().unwrap();
        let _second = gauge.acquire().unwrap();
        assert_eq!(
            gauge.acquire().unwrap_err(),
            LimitReached {
                name: "max_connections",
                limit: 2
            }
        );
        drop(first);
        assert_eq!((gauge.held(), gauge.refused()), (1, 1));
        gauge.acquire().unwrap();
    }

    #[test]
    fn keys_are_limited_each_on_its_own_and_forgotten_when_empty() {
        let gauge = KeyedGauge::new("max_connections_per_address", 1);
        let slot = gauge.acquire("a").unwrap();
        gauge.acquire("a").unwrap_err();
        gauge.acquire("b").unwrap();
        drop(slot);
        assert_eq!(gauge.held(&"a"), 0);
        assert!(gauge.lock().is_empty());
    }
}
