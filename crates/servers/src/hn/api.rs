//! The official API (Firebase, v0) and the search API (Algolia), behind caches.

use std::{sync::Arc, time::UNIX_EPOCH};

use futures_util::{StreamExt, stream};
use reqwest::Url;
use serde_json::Value;
use tokio::time::Instant;

use super::{
    model::{Feed, Item, Updates, User, existing, ids},
    resources::Target,
    search::{Page, Query},
    settings::HnSettings,
    snapshots::Snapshots,
};
use crate::{
    moment::Moment,
    source::{Cached, EventStream, Held, Source, SourceError, SourceSettingsError, json},
};

/// What is not items: small, and few of each.
const SMALL: u64 = 4 * 1024 * 1024;

type Read<T> = Result<Held<T>, Arc<SourceError>>;

/// An id, and what became of it.
pub(super) type ReadItem = (u64, Result<Arc<Item>, Arc<SourceError>>);

/// The APIs with their caches. Clones share all of it.
#[derive(Clone, Debug)]
pub(super) struct Api {
    source: Source,
    searcher: Source,
    feeds: Cached<Feed, Vec<u64>>,
    items: Cached<u64, Item>,
    users: Cached<String, User>,
    updates: Cached<(), Updates>,
    newest: Cached<(), u64>,
    searches: Cached<String, Page>,
    pub(super) snapshots: Snapshots,
    pub(super) settings: Arc<HnSettings>,
}

impl Api {
    pub(super) fn new(settings: HnSettings) -> Result<Self, SourceSettingsError> {
        Ok(Self {
            source: Source::new(settings.http.clone())?,
            searcher: Source::new(settings.search.clone())?,
            feeds: Cached::new(settings.feed_fresh_for, SMALL),
            items: Cached::new(settings.item_fresh_for, settings.cache_bytes),
            users: Cached::new(settings.user_fresh_for, SMALL),
            updates: Cached::new(settings.feed_fresh_for, SMALL),
            newest: Cached::new(settings.feed_fresh_for, SMALL),
            searches: Cached::new(settings.search_fresh_for, SMALL),
            snapshots: Snapshots::default(),
            settings: Arc::new(settings),
        })
    }

    /// The ids of a ranking, best first.
    pub(super) async fn feed(&self, feed: Feed) -> Read<Vec<u64>> {
        let url = self.file(&[feed.name()]);
        let held = self.feeds.get(&self.source, feed, &url, ids).await?;
        if feed == Feed::Top {
            self.snapshots.keep_at(self.now(), &held.value);
        }
        Ok(held)
    }

    pub(super) async fn item(&self, id: u64) -> Read<Item> {
        let url = self.file(&["item", &id.to_string()]);
        self.items.get(&self.source, id, &url, existing).await
    }

    /// A user; upper and lower case differ.
    pub(super) async fn user(&self, name: &str) -> Read<User> {
        let url = self.file(&["user", name]);
        self.users
            .get(&self.source, name.to_owned(), &url, existing)
            .await
    }

    pub(super) async fn updates(&self) -> Read<Updates> {
        let url = self.file(&["updates"]);
        self.updates.get(&self.source, (), &url, json).await
    }

    pub(super) async fn newest_id(&self) -> Read<u64> {
        let url = self.file(&["maxitem"]);
        self.newest.get(&self.source, (), &url, json).await
    }

    pub(super) async fn search(&self, query: &Query) -> Read<Page> {
        let mut url = self.searcher.url(&[query.order.path()]);
        query.write(&mut url);
        self.searches
            .get(&self.searcher, url.to_string(), &url, json)
            .await
    }

    /// Items in the order of their ids, with what became of each. Those not read by `deadline` have failed.
    pub(super) async fn items(&self, ids: &[u64], deadline: Instant) -> Vec<ReadItem> {
        let ids = ids.to_vec();
        stream::iter(ids)
            .map(|id| async move {
                let read = self.before(deadline, self.item(id)).await;
                (id, read.map(|held| held.value))
            })
            .buffered(self.settings.http.concurrency)
            .collect()
            .await
    }

    pub(super) fn now(&self) -> Moment {
        let since = (self.settings.time_of_day)().duration_since(UNIX_EPOCH);
        Moment(since.map_or(0, |since| i64::try_from(since.as_secs()).unwrap_or(i64::MAX)))
    }

    /// When a tool call that starts now has to end.
    pub(super) fn deadline(&self) -> Instant {
        Instant::now() + self.settings.http.call_timeout
    }

    pub(super) async fn before<T>(
        &self,
        deadline: Instant,
        work: impl Future<Output = Result<T, Arc<SourceError>>>,
    ) -> Result<T, Arc<SourceError>> {
        match tokio::time::timeout_at(deadline, work).await {
            Ok(outcome) => outcome,
            Err(_) => Err(Arc::new(SourceError::Deadline(self.settings.http.call_timeout))),
        }
    }

    /// The event stream of what is at `path`.
    pub(super) async fn events(&self, path: &[&str]) -> Result<EventStream, SourceError> {
        self.source.events(&self.file(path)).await
    }

    /// What is at `path` now, past the caches.
    pub(super) async fn raw(&self, path: &[&str]) -> Result<Value, SourceError> {
        self.source.get(&self.file(path), json).await
    }

    /// Makes the next reader ask the API.
    pub(super) async fn forget(&self, target: &Target) {
        match target {
            Target::Feed(feed) => self.feeds.forget(feed).await,
            Target::Updates => {
                self.updates.forget(&()).await;
                self.newest.forget(&()).await;
            }
            Target::Item(id) | Target::Thread(id) => self.items.forget(id).await,
            Target::User(name) => self.users.forget(name).await,
        }
    }

    fn file(&self, path: &[&str]) -> Url {
        let (last, before) = path.split_last().expect("every path has a name");
        let file = format!("{last}.json");
        let mut path = before.to_vec();
        path.push(&file);
        self.source.url(&path)
    }
}
