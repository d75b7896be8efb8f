//! The Hacker News API (Firebase, v0): requests with a limit on everything, behind a cache.

use std::{sync::Arc, time::Duration};

use moka::future::Cache;
use reqwest::{Client, Response, StatusCode, Url, header, redirect};
use serde_json::value::RawValue;
use tokio::sync::Semaphore;

use super::{
    arguments::Ranking,
    json::{Visibility, compact},
    settings::{HackerNewsError, HackerNewsSettings},
};

/// Redirects followed for one request; all within the origin of `base_url`.
const MAX_REDIRECTS: usize = 3;

/// Why one request to the API gave nothing usable.
#[derive(Debug, thiserror::Error)]
pub(super) enum ApiError {
    #[error("{url} gave no answer: {reason}")]
    Unreachable { url: Url, reason: String },
    #[error("{url} answered with HTTP status {status}")]
    Status { url: Url, status: StatusCode },
    #[error("{url} answered with {found} instead of the expected JSON")]
    NotJson { url: Url, found: &'static str },
    #[error("{url} answered with more than {limit} bytes")]
    TooLarge { url: Url, limit: usize },
    #[error("the call took longer than {} s", .0.as_secs_f32())]
    Deadline(Duration),
    /// The API answers `null` for what it no longer has, or does not have yet.
    #[error("{0} does not exist")]
    Missing(Url),
}

impl ApiError {
    /// Whether the same request may succeed a moment later. HTML in a 200 is the API's proxy
    /// speaking, so a body that is not JSON counts.
    fn is_transient(&self) -> bool {
        match self {
            Self::Unreachable { .. } | Self::NotJson { .. } => true,
            Self::Status { status, .. } => {
                status.is_server_error() || *status == StatusCode::TOO_MANY_REQUESTS
            }
            Self::TooLarge { .. } | Self::Deadline(_) | Self::Missing(_) => false,
        }
    }
}

/// A story's compact JSON, or nothing when it is deleted or dead.
pub(super) type Story = Option<Arc<str>>;

/// The API with its cache. Clones share all of it.
#[derive(Clone, Debug)]
pub(super) struct Api {
    client: Client,
    base: Url,
    pub(super) settings: Arc<HackerNewsSettings>,
    slots: Arc<Semaphore>,
    lists: Cache<Ranking, Arc<[u64]>>,
    items: Cache<u64, Story>,
}

impl Api {
    pub(super) fn new(settings: HackerNewsSettings) -> Result<Self, HackerNewsError> {
        let base = settings.checked_base()?;
        let client = Client::builder()
            .user_agent(concat!("pontoon/", env!("CARGO_PKG_VERSION")))
            .timeout(settings.request_timeout)
            .redirect(same_origin(base.clone()))
            // Only the configuration decides where requests go, not the environment.
            .no_proxy()
            .build()
            .map_err(HackerNewsError::Client)?;
        Ok(Self {
            client,
            base,
            slots: Arc::new(Semaphore::new(settings.concurrency)),
            lists: Cache::builder()
                .max_capacity(Ranking::ALL.len() as u64)
                .time_to_live(settings.list_ttl)
                .build(),
            items: Cache::builder()
                .max_capacity(settings.item_cache_bytes)
                .weigher(|_, story: &Story| weight(story))
                .time_to_live(settings.item_ttl)
                .build(),
            settings: Arc::new(settings),
        })
    }

    /// The ids of a ranking, best first. Concurrent callers share one request.
    pub(super) async fn ranking(&self, ranking: Ranking) -> Result<Arc<[u64]>, Arc<ApiError>> {
        self.lists
            .try_get_with(ranking, self.fetch_ranking(ranking))
            .await
    }

    /// One story. Concurrent callers share one request; a failure is not remembered.
    pub(super) async fn item(&self, id: u64) -> Result<Story, Arc<ApiError>> {
        self.items.try_get_with(id, self.fetch_item(id)).await
    }

    async fn fetch_ranking(&self, ranking: Ranking) -> Result<Arc<[u64]>, ApiError> {
        let url = self.url(&format!("{}.json", ranking.name()));
        self.fetch(&url, |body| {
            let ids: Vec<u64> = serde_json::from_str(body).map_err(|_| not_json(&url, body))?;
            Ok(ids.into())
        })
        .await
    }

    async fn fetch_item(&self, id: u64) -> Result<Story, ApiError> {
        let url = self.url(&format!("item/{id}.json"));
        self.fetch(&url, |body| {
            let raw: &RawValue = serde_json::from_str(body).map_err(|_| not_json(&url, body))?;
            if raw.get() == "null" {
                return Err(ApiError::Missing(url.clone()));
            }
            let item: Visibility = serde_json::from_str(raw.get()).map_err(|_| not_json(&url, body))?;
            Ok(item.is_shown().then(|| compact(raw.get()).into()))
        })
        .await
    }

    fn url(&self, path: &str) -> Url {
        self.base
            .join(path)
            .expect("paths are built from a ranking's name or a number")
    }

    /// Requests `url` until `read` can make sense of the answer, within the attempts allowed.
    async fn fetch<T>(&self, url: &Url, read: impl Fn(&str) -> Result<T, ApiError>) -> Result<T, ApiError> {
        let mut backoff = self.settings.backoff;
        for _ in 1..self.settings.attempts {
            match self.request(url).await.and_then(|body| read(&body)) {
                Err(error) if error.is_transient() => {
                    tracing::debug!(%error, "asking the Hacker News API again");
                    tokio::time::sleep(backoff).await;
                    backoff *= 2;
                }
                settled => return settled,
            }
        }
        self.request(url).await.and_then(|body| read(&body))
    }

    async fn request(&self, url: &Url) -> Result<String, ApiError> {
        let _slot = self.slots.acquire().await.expect("the semaphore is never closed");
        let response = self
            .client
            .get(url.clone())
            .header(header::ACCEPT, "application/json")
            .send()
            .await
            .map_err(|error| unreachable(url, &error))?;
        if !response.status().is_success() {
            return Err(ApiError::Status {
                url: url.clone(),
                status: response.status(),
            });
        }
        let body = self.read_body(url, response).await?;
        String::from_utf8(body).map_err(|_| ApiError::NotJson {
            url: url.clone(),
            found: "bytes",
        })
    }

    async fn read_body(&self, url: &Url, mut response: Response) -> Result<Vec<u8>, ApiError> {
        let limit = self.settings.max_response_bytes;
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| unreachable(url, &error))? {
            if body.len() + chunk.len() > limit {
                return Err(ApiError::TooLarge {
                    url: url.clone(),
                    limit,
                });
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body)
    }
}

/// A redirect elsewhere would let the API choose which host we call.
fn same_origin(base: Url) -> redirect::Policy {
    redirect::Policy::custom(move |attempt| {
        if attempt.url().origin() != base.origin() {
            attempt.error("it redirects to another origin")
        } else if attempt.previous().len() > MAX_REDIRECTS {
            attempt.error("it redirects too often")
        } else {
            attempt.follow()
        }
    })
}

fn not_json(url: &Url, body: &str) -> ApiError {
    let found = match body.trim_start().as_bytes().first() {
        Some(b'<') => "an HTML page",
        Some(_) => "another shape of text",
        None => "an empty body",
    };
    ApiError::NotJson {
        url: url.clone(),
        found,
    }
}

/// Tells the innermost cause: `reqwest`'s own text repeats the URL and hides what happened.
fn unreachable(url: &Url, error: &reqwest::Error) -> ApiError {
    let mut cause: &dyn std::error::Error = error;
    while let Some(next) = cause.source() {
        cause = next;
    }
    let reason = if error.is_timeout() {
        "timed out".to_owned()
    } else {
        cause.to_string()
    };
    ApiError::Unreachable {
        url: url.clone(),
        reason,
    }
}

fn weight(story: &Story) -> u32 {
    let bytes = story.as_ref().map_or(0, |story| story.len());
    // One for the entry itself, so that a cache of absences is bounded too.
    u32::try_from(bytes + 1).unwrap_or(u32::MAX)
}
