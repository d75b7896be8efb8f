//! The API of NewsNow, behind a cache.

use std::{collections::HashMap, sync::Arc, time::Duration};

use futures_util::{StreamExt, stream};
use moka::future::Cache;
use reqwest::Url;
use serde_json::json;
use tokio::time::Instant;

use super::{
    catalogue::{Catalogue, Listed, is_id},
    decode::{self, List},
    settings::{INVALID_ID, NewsNowSettings},
};
use crate::source::{Cached, Held, Source, SourceError, SourceSettings, SourceSettingsError};

/// Ids whose answers' ids are remembered.
const MAX_ALIASES: u64 = 1000;
/// A table of sources, at most.
const SOURCES_BYTES: u64 = 4 * 1024 * 1024;

/// The API with its caches. Clones share all of it.
#[derive(Clone, Debug)]
pub(super) struct Api {
    source: Source,
    /// By the id of the answer, which need not be the one that was asked for: `github` is answered by
    /// `github-trending-today`, while `cls` is answered by `cls`.
    lists: Cached<String, List>,
    /// What was asked for, and who answered.
    aliases: Cache<String, String>,
    table: Table,
    pub(super) settings: Arc<NewsNowSettings>,
}

/// Where the table of sources comes from.
#[derive(Clone, Debug)]
struct Table {
    built_in: Arc<Catalogue>,
    remote: Option<Remote>,
}

#[derive(Clone, Debug)]
struct Remote {
    source: Source,
    url: Url,
    cache: Cached<(), Catalogue>,
}

impl Remote {
    fn new(url: &str, settings: &NewsNowSettings) -> Result<Self, SourceSettingsError> {
        let source = Source::new(SourceSettings {
            base_url: url.to_owned(),
            ..settings.http.clone()
        })?;
        Ok(Self {
            source,
            url: Url::parse(url).expect("it was checked as a base URL"),
            cache: Cached::new(settings.sources_fresh_for, SOURCES_BYTES),
        })
    }
}

impl Api {
    pub(super) fn new(settings: NewsNowSettings) -> Result<Self, SourceSettingsError> {
        let remote = settings.sources_url.as_deref();
        Ok(Self {
            source: Source::new(settings.http.clone())?,
            lists: Cached::new(settings.fresh_for, settings.cache_bytes),
            aliases: Cache::builder().max_capacity(MAX_ALIASES).build(),
            table: Table {
                built_in: Arc::new(Catalogue::built_in()),
                remote: remote.map(|url| Remote::new(url, &settings)).transpose()?,
            },
            settings: Arc::new(settings),
        })
    }

    /// The table of sources, and why a newer one could not be had.
    pub(super) async fn catalogue(&self) -> (Arc<Catalogue>, Option<Arc<SourceError>>) {
        let Some(remote) = &self.table.remote else {
            return (Arc::clone(&self.table.built_in), None);
        };
        let read = remote
            .cache
            .get(&remote.source, (), &remote.url, Catalogue::read)
            .await;
        match read {
            Ok(held) => (held.value, None),
            Err(error) => {
                tracing::warn!(%error, "the table of sources could not be read; the one that was built in is used");
                (Arc::clone(&self.table.built_in), Some(error))
            }
        }
    }

    /// What can be said of ids without asking anybody.
    pub(super) fn built_in(&self) -> &Catalogue {
        &self.table.built_in
    }

    /// A source's list. The API is asked for ids that no table has, too.
    pub(super) async fn list(&self, id: &str) -> Result<Held<List>, Arc<SourceError>> {
        self.list_no_older(self.settings.fresh_for, id).await
    }

    /// A source's list as it was within `max_age`.
    pub(super) async fn list_no_older(
        &self,
        max_age: Duration,
        id: &str,
    ) -> Result<Held<List>, Arc<SourceError>> {
        let key = self.answering(id).await;
        let mut url = self.source.url(&["api", "s"]);
        url.query_pairs_mut().append_pair("id", &key);
        let held = self
            .lists
            .get_no_older(max_age, &self.source, key.clone(), &url, decode::list)
            .await?;
        if held.value.id != key && is_id(&held.value.id) {
            let bytes = held.value.items.len() * 200;
            self.aliases.insert(key.clone(), held.value.id.clone()).await;
            self.lists.put(held.value.id.clone(), held.clone(), bytes).await;
            self.lists.forget(&key).await;
        }
        Ok(held)
    }

    async fn answering(&self, id: &str) -> String {
        self.aliases.get(id).await.unwrap_or_else(|| id.to_owned())
    }

    /// What the API has in its own cache of these, in one request. It leaves out what it does not have.
    pub(super) async fn entire(&self, ids: &[String]) -> Result<HashMap<String, List>, SourceError> {
        let url = self.source.url(&["api", "s", "entire"]);
        let body = json!({ "sources": ids });
        let lists = self.source.post(&url, &body, decode::entire).await?;
        Ok(lists.into_iter().map(|list| (list.id.clone(), list)).collect())
    }

    /// Several lists, in the order asked for: from here, from the API's cache in one request, and for
    /// the rest one by one if `missing` says so.
    pub(super) async fn lists(
        &self,
        ids: &[String],
        missing: Missing,
    ) -> Vec<(String, Result<Arc<List>, Failure>)> {
        let deadline = Instant::now() + self.settings.http.call_timeout;
        let mut found = HashMap::new();
        for id in ids {
            let key = self.answering(id).await;
            if let Some(held) = self.lists.peek(&key).await {
                found.insert(id.clone(), held.value);
            }
        }
        let asked: Vec<_> = ids
            .iter()
            .filter(|id| !found.contains_key(*id))
            .cloned()
            .collect();
        let mut why_not = Failure::NotKnownYet;
        if !asked.is_empty() {
            match self.within(deadline, self.entire(&asked)).await {
                Ok(lists) => found.extend(lists.into_iter().map(|(id, list)| (id, Arc::new(list)))),
                // The lists are still to be had one by one: older instances lack this path.
                Err(error) => why_not = Failure::Api(error),
            }
        }
        let why_not = &why_not;
        let known: Vec<_> = ids.iter().map(|id| (id.clone(), found.remove(id))).collect();
        stream::iter(known)
            .map(|(id, known)| async move {
                let outcome = match (known, missing) {
                    (Some(list), _) => Ok(list),
                    (None, Missing::LeftOut) => Err(why_not.clone()),
                    (None, Missing::Asked) => self.before(deadline, &id).await,
                };
                (id, outcome)
            })
            .buffered(self.settings.http.concurrency)
            .collect()
            .await
    }

    async fn before(&self, deadline: Instant, id: &str) -> Result<Arc<List>, Failure> {
        if !is_id(id) {
            return Err(Failure::NoId);
        }
        let read = self.within(deadline, self.list(id)).await;
        read.map(|held| held.value).map_err(Failure::Api)
    }

    async fn within<T, E: Into<Arc<SourceError>>>(
        &self,
        deadline: Instant,
        work: impl Future<Output = Result<T, E>>,
    ) -> Result<T, Arc<SourceError>> {
        match tokio::time::timeout_at(deadline, work).await {
            Ok(outcome) => outcome.map_err(Into::into),
            Err(_) => Err(Arc::new(SourceError::Deadline(self.settings.http.call_timeout))),
        }
    }

    /// One list for a tool call.
    pub(super) async fn one(&self, id: &str) -> Result<Arc<List>, Failure> {
        let deadline = Instant::now() + self.settings.http.call_timeout;
        self.before(deadline, id).await
    }
}

/// What becomes of lists that the API does not have at hand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Missing {
    Asked,
    LeftOut,
}

/// Why there is no list of a source.
#[derive(Clone, Debug, thiserror::Error)]
pub(super) enum Failure {
    #[error("it is no source id: those are made of letters, digits and hyphens")]
    NoId,
    #[error("the API has no list of it at hand")]
    NotKnownYet,
    #[error("{0}")]
    Api(Arc<SourceError>),
}

impl Failure {
    /// Whether the id itself seems to be wrong. The API has one status for everything; only its words
    /// tell, and only where they came from the API.
    pub(super) fn blames_the_id(&self) -> bool {
        match self {
            Self::NoId => true,
            Self::NotKnownYet => false,
            Self::Api(error) => {
                matches!(&**error, SourceError::Status(refusal) if refusal.message.as_deref() == Some(INVALID_ID))
            }
        }
    }
}

impl Listed {
    pub(super) fn minutes(&self) -> u64 {
        self.interval.as_secs().div_ceil(60)
    }
}
