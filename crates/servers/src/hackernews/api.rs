//! The Hacker News API (Firebase, v0), behind a cache.

use std::{sync::Arc, time::Duration};

use moka::future::Cache;
use serde_json::value::RawValue;

use super::{
    arguments::Ranking,
    json::{Visibility, compact},
    settings::{HackerNewsError, HackerNewsSettings},
};
use crate::source::{Source, SourceError, Unreadable, json};

/// A story's compact JSON, or nothing when it is deleted or dead.
pub(super) type Story = Option<Arc<str>>;

/// The API with its cache. Clones share all of it.
#[derive(Clone, Debug)]
pub(super) struct Api {
    source: Source,
    lists: Cache<Ranking, Arc<[u64]>>,
    items: Cache<u64, Story>,
}

impl Api {
    pub(super) fn new(settings: HackerNewsSettings) -> Result<Self, HackerNewsError> {
        Ok(Self {
            source: Source::new(settings.source())?,
            lists: Cache::builder()
                .max_capacity(Ranking::ALL.len() as u64)
                .time_to_live(settings.list_ttl)
                .build(),
            items: Cache::builder()
                .max_capacity(settings.item_cache_bytes)
                .weigher(|_, story: &Story| weight(story))
                .time_to_live(settings.item_ttl)
                .build(),
        })
    }

    pub(super) fn concurrency(&self) -> usize {
        self.source.settings().concurrency
    }

    pub(super) fn call_timeout(&self) -> Duration {
        self.source.settings().call_timeout
    }

    /// The ids of a ranking, best first. Concurrent callers share one request.
    pub(super) async fn ranking(&self, ranking: Ranking) -> Result<Arc<[u64]>, Arc<SourceError>> {
        self.lists
            .try_get_with(ranking, self.fetch_ranking(ranking))
            .await
    }

    /// One story. Concurrent callers share one request; a failure is not remembered.
    pub(super) async fn item(&self, id: u64) -> Result<Story, Arc<SourceError>> {
        self.items.try_get_with(id, self.fetch_item(id)).await
    }

    async fn fetch_ranking(&self, ranking: Ranking) -> Result<Arc<[u64]>, SourceError> {
        let url = self.source.url(&[&format!("{}.json", ranking.name())]);
        let ids = self.source.get(&url, json::<Vec<u64>>).await?;
        Ok(ids.into())
    }

    async fn fetch_item(&self, id: u64) -> Result<Story, SourceError> {
        let url = self.source.url(&["item", &format!("{id}.json")]);
        self.source.get(&url, story).await
    }
}

/// An item as it came. The API answers `null` for what it no longer has, or does not have yet.
fn story(body: &[u8]) -> Result<Story, Unreadable> {
    let raw: &RawValue = serde_json::from_slice(body).map_err(|_| Unreadable::Shape)?;
    if raw.get() == "null" {
        return Err(Unreadable::Missing);
    }
    let item: Visibility = json(raw.get().as_bytes())?;
    Ok(item.is_shown().then(|| compact(raw.get()).into()))
}

fn weight(story: &Story) -> u32 {
    let bytes = story.as_ref().map_or(0, |story| story.len());
    // One for the entry itself, so that a cache of absences is bounded too.
    u32::try_from(bytes + 1).unwrap_or(u32::MAX)
}
