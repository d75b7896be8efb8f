//! What goes wrong between us and an API.

use std::{fmt, time::Duration};

use reqwest::{Response, StatusCode, Url, header};
use serde::Deserialize;

/// An API's own words in one of our messages, at most.
const MAX_MESSAGE: usize = 200;

/// Why one request to an API gave nothing usable.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SourceError {
    #[error("{url} gave no answer: {reason}")]
    Unreachable { url: Url, reason: String },
    #[error("{0}")]
    Status(Box<Refusal>),
    #[error("{url} answered with {found} instead of the expected JSON")]
    NotJson { url: Url, found: &'static str },
    #[error("{url} answered with more than {limit} bytes")]
    TooLarge { url: Url, limit: usize },
    #[error("the call took longer than {} s", .0.as_secs_f32())]
    Deadline(Duration),
    /// The API has no such thing, or no longer, or not yet.
    #[error("{0} does not exist")]
    Missing(Url),
}

/// An answer whose status says that it does not hold what was asked for.
#[derive(Debug)]
pub(crate) struct Refusal {
    pub(super) url: Url,
    pub(super) status: StatusCode,
    /// What its JSON body says of it.
    pub(crate) message: Option<String>,
    pub(super) retry_after: Option<Duration>,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} answered with HTTP status {}", self.url, self.status)?;
        match &self.message {
            // The API's own words, marked as such.
            Some(message) => write!(f, " and says \"{message}\""),
            None => Ok(()),
        }
    }
}

/// Why a body is of no use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unreadable {
    /// It is not what the API promises.
    Shape,
    /// It says that there is no such thing.
    Missing,
}

impl Unreadable {
    pub(super) fn at(self, url: &Url, body: &[u8]) -> SourceError {
        match self {
            Self::Missing => SourceError::Missing(url.clone()),
            Self::Shape => SourceError::NotJson {
                url: url.clone(),
                found: kind_of(body),
            },
        }
    }
}

fn kind_of(body: &[u8]) -> &'static str {
    match body.trim_ascii_start().first() {
        Some(b'<') => "an HTML page",
        Some(_) if std::str::from_utf8(body).is_err() => "bytes",
        Some(_) => "another shape of text",
        None => "an empty body",
    }
}

impl SourceError {
    /// Whether the same request may succeed a moment later. HTML in a 200 is the API's proxy
    /// speaking, so a body that is not JSON counts. An API that answers a bad request with a 500 says
    /// one of `final_messages`.
    pub(super) fn is_transient(&self, final_messages: &[&str]) -> bool {
        match self {
            Self::Unreachable { .. } | Self::NotJson { .. } => true,
            Self::Status(refusal) => {
                let Refusal { status, message, .. } = &**refusal;
                let is_final = message.as_deref().is_some_and(|it| final_messages.contains(&it));
                !is_final && (status.is_server_error() || *status == StatusCode::TOO_MANY_REQUESTS)
            }
            Self::TooLarge { .. } | Self::Deadline(_) | Self::Missing(_) => false,
        }
    }

    /// Whether it may be worth a try in a minute, which is what a person is told.
    pub(crate) fn is_passing(&self) -> bool {
        matches!(self, Self::Deadline(_)) || self.is_transient(&[])
    }

    pub(super) fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Status(refusal) => refusal.retry_after,
            _ => None,
        }
    }
}

/// Tells the innermost cause: `reqwest`'s own text repeats the URL and hides what happened.
pub(super) fn unreachable(url: &Url, error: &reqwest::Error) -> SourceError {
    let mut cause: &dyn std::error::Error = error;
    while let Some(next) = cause.source() {
        cause = next;
    }
    let reason = if error.is_timeout() {
        "timed out".to_owned()
    } else {
        cause.to_string()
    };
    SourceError::Unreachable {
        url: url.clone(),
        reason,
    }
}

/// What an error's body says in one line, if it is JSON.
pub(super) fn message_in(body: &[u8]) -> Option<String> {
    #[derive(Deserialize)]
    struct Body {
        message: Option<String>,
        error: Option<String>,
    }
    let body: Body = serde_json::from_slice(body).ok()?;
    let message = body.message.or(body.error)?;
    let words = message.split(|c: char| c.is_whitespace() || c.is_control());
    let words: Vec<_> = words.filter(|word| !word.is_empty()).collect();
    let line = words.join(" ");
    Some(line.chars().take(MAX_MESSAGE).collect()).filter(|line: &String| !line.is_empty())
}

/// How long the API wants to be left alone, if it says so in seconds and the wait is bearable.
pub(super) fn retry_after(response: &Response, most: Duration) -> Option<Duration> {
    let value = response.headers().get(header::RETRY_AFTER)?.to_str().ok()?;
    let asked = Duration::from_secs(value.trim().parse().ok()?);
    Some(asked.min(most))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_apis_words_are_one_short_line() {
        let told = |body: &str| message_in(body.as_bytes());
        assert_eq!(
            told(r#"{"statusCode":500,"message":"Invalid source id"}"#).as_deref(),
            Some("Invalid source id")
        );
        assert_eq!(
            told(r#"{"status":404,"error":"Not\nfound\u0007 "}"#).as_deref(),
            Some("Not found")
        );
        let long = format!(r#"{{"message":"{}"}}"#, "ä".repeat(1000));
        assert_eq!(told(&long).map(|it| it.chars().count()), Some(MAX_MESSAGE));
        for nothing in ["", "<html>", r#"{"message":""}"#, r#"{"error":{}}"#, "[]"] {
            assert_eq!(told(nothing), None, "{nothing}");
        }
    }
}
