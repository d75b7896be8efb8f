//! What the operator can set.

use std::time::Duration;

use crate::source::SourceSettings;

/// The public instance.
const PUBLIC: &str = "https://newsnow.busiyi.world";
/// The public instance turns away what does not look like a browser.
const USER_AGENT: &str = concat!(
    "Mozilla/5.0 (compatible; pontoon/",
    env!("CARGO_PKG_VERSION"),
    ")"
);
/// What the API says, with a 500, of an id that it does not know.
pub(super) const INVALID_ID: &str = "Invalid source id";

/// How [`NewsNow`](super::NewsNow) reaches its API and what it may cost.
#[derive(Clone, Debug)]
pub struct NewsNowSettings {
    /// Where the instance of NewsNow is, and how it is asked. Default: the public one.
    pub http: SourceSettings,
    /// Where a newer table of sources is read, in the form of NewsNow's own `sources.json`. Default:
    /// nowhere; the table that we were built with is used.
    pub sources_url: Option<String>,
    /// How long a source's list is used again. Default 1 min.
    pub fresh_for: Duration,
    /// How long a table of `sources_url` is used again. Default 1 h.
    pub sources_fresh_for: Duration,
    /// Lists kept in memory, in bytes. Default 8 MiB.
    pub cache_bytes: u64,
    /// How often a source with subscribers is looked at. Default: as often as NewsNow itself looks.
    pub poll_interval: Option<Duration>,
}

impl Default for NewsNowSettings {
    fn default() -> Self {
        Self {
            http: SourceSettings {
                user_agent: USER_AGENT.to_owned(),
                final_messages: &[INVALID_ID],
                ..SourceSettings::new(PUBLIC)
            },
            sources_url: None,
            fresh_for: Duration::from_secs(60),
            sources_fresh_for: Duration::from_secs(60 * 60),
            cache_bytes: 8 * 1024 * 1024,
            poll_interval: None,
        }
    }
}
