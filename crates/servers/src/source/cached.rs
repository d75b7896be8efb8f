//! What was read from an API, kept for a while.

use std::{hash::Hash, sync::Arc, time::Duration};

use moka::future::Cache;
use reqwest::Url;
use tokio::time::Instant;

use super::{Got, Source, SourceError, Unreadable, Validators};

/// Values are kept this much longer than they are fresh, so that they can be asked for conditionally.
const KEPT: u32 = 8;
/// A slot's own weight, so that a cache of failures is bounded too.
const SLOT: usize = 128;

/// A cache in front of one kind of request. Clones share it.
///
/// Concurrent readers of a key share one request, and what comes of it, failure included. A failure is
/// not remembered for those who come later.
#[derive(Clone)]
pub(crate) struct Cached<K, T> {
    slots: Cache<K, Arc<Slot<T>>>,
    fresh_for: Duration,
}

/// A value and since when it is known.
#[derive(Debug)]
pub(crate) struct Held<T> {
    pub(crate) value: Arc<T>,
    pub(crate) read_at: Instant,
}

impl<T> Clone for Held<T> {
    fn clone(&self) -> Self {
        Self {
            value: Arc::clone(&self.value),
            read_at: self.read_at,
        }
    }
}

struct Slot<T> {
    outcome: Result<(), Arc<SourceError>>,
    good: Option<Good<T>>,
}

struct Good<T> {
    held: Held<T>,
    validators: Validators,
    bytes: usize,
}

impl<T> Clone for Good<T> {
    fn clone(&self) -> Self {
        Self {
            held: self.held.clone(),
            validators: self.validators.clone(),
            bytes: self.bytes,
        }
    }
}

impl<T> Slot<T> {
    /// A failure is told to those who wait for it, and to nobody after them.
    fn is_fresh(&self, max_age: Duration) -> bool {
        let is_young = |good: &Good<T>| good.held.read_at.elapsed() < max_age;
        self.outcome.is_ok() && self.good.as_ref().is_some_and(is_young)
    }

    fn held(&self) -> Result<Held<T>, Arc<SourceError>> {
        self.outcome.clone()?;
        let good = self.good.as_ref();
        Ok(good
            .expect("an outcome without an error has a value")
            .held
            .clone())
    }
}

impl<K, T> Cached<K, T>
where
    K: Hash + Eq + Clone + Send + Sync + 'static,
    T: Send + Sync + 'static,
{
    /// Values are used again for `fresh_for`, and `bytes` of them (as they were on the wire) are kept.
    pub(crate) fn new(fresh_for: Duration, bytes: u64) -> Self {
        let slots = Cache::builder()
            .max_capacity(bytes)
            .weigher(|_, slot: &Arc<Slot<T>>| {
                let bytes = slot.good.as_ref().map_or(0, |good| good.bytes);
                u32::try_from(bytes + SLOT).unwrap_or(u32::MAX)
            })
            .time_to_live(fresh_for.saturating_mul(KEPT).max(Duration::from_secs(60)))
            .build();
        Self { slots, fresh_for }
    }

    /// The value if it is here and fresh; nobody is asked.
    pub(crate) async fn peek(&self, key: &K) -> Option<Held<T>> {
        let slot = self.slots.get(key).await?;
        slot.is_fresh(self.fresh_for).then(|| slot.held().ok()).flatten()
    }

    /// The value, from `url` if need be.
    pub(crate) async fn get(
        &self,
        source: &Source,
        key: K,
        url: &Url,
        read: impl Fn(&[u8]) -> Result<T, Unreadable>,
    ) -> Result<Held<T>, Arc<SourceError>> {
        self.get_no_older(self.fresh_for, source, key, url, read).await
    }

    /// The value as it was within `max_age`.
    pub(crate) async fn get_no_older(
        &self,
        max_age: Duration,
        source: &Source,
        key: K,
        url: &Url,
        read: impl Fn(&[u8]) -> Result<T, Unreadable>,
    ) -> Result<Held<T>, Arc<SourceError>> {
        let known = self.slots.get(&key).await;
        if let Some(slot) = known.as_ref().filter(|slot| slot.is_fresh(max_age)) {
            return slot.held();
        }
        let good = known.and_then(|slot| slot.good.clone());
        let init = async { Arc::new(fill(good, source, url, read).await) };
        let entry = self.slots.entry(key);
        let slot = entry
            .or_insert_with_if(init, |slot| !slot.is_fresh(max_age))
            .await;
        slot.into_value().held()
    }

    /// What somebody else read: an answer to another request that holds this too.
    pub(crate) async fn put(&self, key: K, held: Held<T>, bytes: usize) {
        let good = Good {
            held,
            validators: Validators::default(),
            bytes,
        };
        self.slots.insert(key, Arc::new(good.slot())).await;
    }

    /// Makes the next reader ask the API.
    pub(crate) async fn forget(&self, key: &K) {
        self.slots.invalidate(key).await;
    }
}

impl<T> Good<T> {
    fn slot(self) -> Slot<T> {
        Slot {
            outcome: Ok(()),
            good: Some(self),
        }
    }
}

async fn fill<T>(
    good: Option<Good<T>>,
    source: &Source,
    url: &Url,
    read: impl Fn(&[u8]) -> Result<T, Unreadable>,
) -> Slot<T> {
    let validators = good.as_ref().map(|good| good.validators.clone());
    let validators = validators.unwrap_or_default();
    let got = source.get_if_changed(url, &validators, read).await;
    match (got, good) {
        (
            Ok(Got::New {
                value,
                validators,
                bytes,
            }),
            _,
        ) => {
            let held = Held {
                value: Arc::new(value),
                read_at: Instant::now(),
            };
            Good {
                held,
                validators,
                bytes,
            }
            .slot()
        }
        (Ok(Got::Unchanged), Some(mut good)) => {
            good.held.read_at = Instant::now();
            good.slot()
        }
        // Without a value there were no validators to be confirmed.
        (Ok(Got::Unchanged), None) => Slot::failed(SourceError::Missing(url.clone()), None),
        (Err(error), good) => Slot::failed(error, good),
    }
}

impl<T> Slot<T> {
    fn failed(error: SourceError, good: Option<Good<T>>) -> Self {
        Self {
            outcome: Err(Arc::new(error)),
            good,
        }
    }
}

impl<K, T> std::fmt::Debug for Cached<K, T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Cached")
            .field("fresh_for", &self.fresh_for)
            .finish_non_exhaustive()
    }
}
