//! What the operator can set, and why a setting may be refused.

use std::time::Duration;

use crate::source::{SourceSettings, SourceSettingsError};

/// How [`HackerNews`](super::HackerNews) reaches its API and what it may cost.
#[derive(Clone, Debug)]
pub struct HackerNewsSettings {
    /// Where the API lives; `topstories.json` and `item/<id>.json` are resolved below it.
    /// Default: `https://hacker-news.firebaseio.com/v0/`.
    pub base_url: String,
    /// Requests to the API in flight at once, over all calls. Default 10, at least 1.
    pub concurrency: usize,
    /// From the start of one request to the end of its body. Default 10 s.
    pub request_timeout: Duration,
    /// For one tool call as a whole; what is missing by then is reported as skipped. Default 60 s.
    pub call_timeout: Duration,
    /// Attempts per request, the first included. Default 3, at least 1.
    pub attempts: u32,
    /// Pause before the second attempt; doubled for each further one. Default 200 ms.
    pub backoff: Duration,
    /// Largest answer read from the API, in bytes. Default 1 MiB.
    pub max_response_bytes: usize,
    /// How long a ranking is reused. Default 60 s.
    pub list_ttl: Duration,
    /// How long a story is reused. Default 10 min.
    pub item_ttl: Duration,
    /// Stories kept in memory, in bytes of their JSON. Default 16 MiB.
    pub item_cache_bytes: u64,
}

impl Default for HackerNewsSettings {
    fn default() -> Self {
        Self {
            base_url: "https://hacker-news.firebaseio.com/v0/".to_owned(),
            concurrency: 10,
            request_timeout: Duration::from_secs(10),
            call_timeout: Duration::from_secs(60),
            attempts: 3,
            backoff: Duration::from_millis(200),
            max_response_bytes: 1024 * 1024,
            list_ttl: Duration::from_secs(60),
            item_ttl: Duration::from_secs(10 * 60),
            item_cache_bytes: 16 * 1024 * 1024,
        }
    }
}

impl HackerNewsSettings {
    pub(super) fn source(&self) -> SourceSettings {
        SourceSettings {
            concurrency: self.concurrency,
            request_timeout: self.request_timeout,
            call_timeout: self.call_timeout,
            attempts: self.attempts,
            backoff: self.backoff,
            max_response_bytes: self.max_response_bytes,
            ..SourceSettings::new(&self.base_url)
        }
    }
}

/// Why the server could not be set up.
pub type HackerNewsError = SourceSettingsError;
