//! What the operator can set, and why a setting may be refused.

use std::time::Duration;

use reqwest::Url;

/// How an HTTP API is reached and what it may cost.
#[derive(Clone, Debug)]
pub struct SourceSettings {
    /// Where the API lives; its paths are resolved below it.
    pub base_url: String,
    /// What we call ourselves. Default: `pontoon/` and our version.
    pub user_agent: String,
    /// Requests in flight at once, over all calls. Default 10, at least 1.
    pub concurrency: usize,
    /// From the start of one request to the end of its body. Default 10 s.
    pub request_timeout: Duration,
    /// For one tool call as a whole; what is missing by then is reported as such. Default 60 s.
    pub call_timeout: Duration,
    /// Attempts per request, the first included. Default 3, at least 1.
    pub attempts: u32,
    /// Pause before the second attempt; doubled for each further one. Default 200 ms.
    pub backoff: Duration,
    /// Takes up to half of a pause away, so that many clients do not come back at once.
    pub jitter: fn() -> u32,
    /// The longest that an API's `Retry-After` is obeyed within one call. Default 5 s.
    pub max_retry_after: Duration,
    /// Largest answer, and largest event of a stream, in bytes. Default 1 MiB.
    pub max_response_bytes: usize,
    /// A stream is given up when the API is silent for so long. Default 90 s.
    pub stream_silence: Duration,
    /// What an API says in a 500 that is our fault, so that asking again is of no use.
    pub final_messages: &'static [&'static str],
}

impl SourceSettings {
    /// The defaults, for the API at `base_url`.
    pub fn new(base_url: impl Into<String>) -> Self {
        Self {
            base_url: base_url.into(),
            user_agent: concat!("pontoon/", env!("CARGO_PKG_VERSION")).to_owned(),
            concurrency: 10,
            request_timeout: Duration::from_secs(10),
            call_timeout: Duration::from_secs(60),
            attempts: 3,
            backoff: Duration::from_millis(200),
            jitter: || getrandom::u32().unwrap_or(u32::MAX),
            max_retry_after: Duration::from_secs(5),
            max_response_bytes: 1024 * 1024,
            stream_silence: Duration::from_secs(90),
            final_messages: &[],
        }
    }

    /// `pause`, less up to half of it.
    pub(super) fn jittered(&self, pause: Duration) -> Duration {
        pause - (pause / 2).mul_f64(f64::from((self.jitter)()) / f64::from(u32::MAX))
    }

    /// Checks the ranges and gives the base URL.
    pub(super) fn checked_base(&self) -> Result<Url, SourceSettingsError> {
        if self.concurrency == 0 {
            return Err(SourceSettingsError::Zero("concurrency"));
        }
        if self.attempts == 0 {
            return Err(SourceSettingsError::Zero("attempts"));
        }
        let refused = |reason: String| SourceSettingsError::BaseUrl { reason };
        let base = Url::parse(&self.base_url).map_err(|error| refused(error.to_string()))?;
        if !matches!(base.scheme(), "http" | "https") {
            return Err(refused("only http and https are supported".to_owned()));
        }
        // It is shown in errors, which reach clients.
        if !base.username().is_empty() || base.password().is_some() {
            return Err(refused("it must not carry credentials".to_owned()));
        }
        Ok(base)
    }
}

/// Why a server over an HTTP API could not be set up.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SourceSettingsError {
    /// The base URL cannot be used.
    #[error("base_url cannot be used: {reason}")]
    BaseUrl {
        /// What is wrong with it.
        reason: String,
    },
    /// A count that has to be at least one is zero.
    #[error("{0} must be at least 1")]
    Zero(&'static str),
    /// The HTTP client could not be built.
    #[error("the HTTP client could not be set up")]
    Client(#[source] reqwest::Error),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn jitter_takes_at_most_half_of_a_pause() {
        let pause = Duration::from_millis(800);
        let with = |jitter: fn() -> u32| SourceSettings {
            jitter,
            ..SourceSettings::new("http://127.0.0.1/")
        };
        assert_eq!(with(|| 0).jittered(pause), pause);
        assert_eq!(with(|| u32::MAX).jittered(pause), pause / 2);
    }

    #[test]
    fn what_cannot_work_is_refused() {
        for url in ["", "ftp://127.0.0.1/", "http://me:secret@127.0.0.1/", "nonsense"] {
            assert!(SourceSettings::new(url).checked_base().is_err(), "{url}");
        }
        let zero = |change: fn(&mut SourceSettings)| {
            let mut settings = SourceSettings::new("http://127.0.0.1/");
            change(&mut settings);
            settings.checked_base().map_err(|error| error.to_string())
        };
        assert_eq!(
            zero(|it| it.attempts = 0),
            Err("attempts must be at least 1".to_owned())
        );
        assert_eq!(
            zero(|it| it.concurrency = 0),
            Err("concurrency must be at least 1".to_owned())
        );
    }
}
