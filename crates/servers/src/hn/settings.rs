//! What the operator can set.

use std::time::{Duration, SystemTime};

use crate::source::SourceSettings;

/// How [`Hn`](super::Hn) reaches its APIs and what it may cost.
#[derive(Clone, Debug)]
pub struct HnSettings {
    /// The official API. Default: `https://hacker-news.firebaseio.com/v0`.
    pub http: SourceSettings,
    /// The search API. Default: `https://hn.algolia.com/api/v1`.
    pub search: SourceSettings,
    /// How long a ranking is used again. Default 1 min.
    pub feed_fresh_for: Duration,
    /// How long an item is used again. Default 10 min.
    pub item_fresh_for: Duration,
    /// How long a user is used again. Default 30 min.
    pub user_fresh_for: Duration,
    /// How long what a search found is used again. Default 3 min.
    pub search_fresh_for: Duration,
    /// Items kept in memory, in bytes. Default 16 MiB.
    pub cache_bytes: u64,
    /// How often a resource with subscribers is looked at where the API's event stream cannot be had.
    /// Default 1 min.
    pub poll_interval: Duration,
    /// What time it is, for what people ask about in times of day.
    pub time_of_day: fn() -> SystemTime,
}

impl Default for HnSettings {
    fn default() -> Self {
        Self {
            http: SourceSettings::new("https://hacker-news.firebaseio.com/v0"),
            search: SourceSettings::new("https://hn.algolia.com/api/v1"),
            feed_fresh_for: Duration::from_secs(60),
            item_fresh_for: Duration::from_secs(10 * 60),
            user_fresh_for: Duration::from_secs(30 * 60),
            search_fresh_for: Duration::from_secs(3 * 60),
            cache_bytes: 16 * 1024 * 1024,
            poll_interval: Duration::from_secs(60),
            time_of_day,
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "this is where the parameter comes from")]
fn time_of_day() -> SystemTime {
    SystemTime::now()
}
