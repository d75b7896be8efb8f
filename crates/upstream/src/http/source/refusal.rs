//! Answers that are no stream of events.

use std::time::Duration;

use hyper::header::{CONTENT_TYPE, HeaderName, LOCATION};
use thiserror::Error;

use crate::http::answer::Answer;
use crate::http::failure::Failure;

/// How much of an answer is read that is no stream.
const MAX_EXCERPT: usize = 2048;
/// How long it may take.
const PATIENCE: Duration = Duration::from_secs(2);

/// Why a stream is not followed, or not any more.
#[derive(Debug, Error)]
pub enum SourceError {
    /// Nobody answers, or the stream broke and is not to be opened again.
    #[error(transparent)]
    Failed(#[from] Failure),
    /// The answer is no stream of events.
    #[error("{0}")]
    Refused(Box<Refusal>),
    /// The stream was silent for longer than [`SourceSettings::silence`](crate::SourceSettings::silence), and is not to
    /// be opened again.
    #[error("the stream was silent for too long")]
    Silent,
    /// The last id of the stream cannot be sent in a header.
    #[error("the stream's last id holds control characters, which no header can hold")]
    Id,
}

/// An answer that is no stream of events. Its `Display` does not show the body.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error(
    "the answer is no event stream: status {status}, content type {}",
    .content_type.as_deref().unwrap_or("not given")
)]
pub struct Refusal {
    /// The HTTP status.
    pub status: u16,
    /// What it calls itself.
    pub content_type: Option<String>,
    /// Where it says that the stream is.
    pub location: Option<String>,
    /// How its body begins, as far as it came at once; what is not UTF-8 is replaced.
    pub excerpt: String,
}

impl Refusal {
    pub(crate) async fn read(mut answer: Answer) -> Self {
        let named = |name: HeaderName| {
            let value = answer.headers().get(name)?;
            Some(String::from_utf8_lossy(value.as_bytes()).into_owned())
        };
        let (status, content_type, location) =
            (answer.status().as_u16(), named(CONTENT_TYPE), named(LOCATION));
        let mut bytes = Vec::new();
        let reading = async {
            while let Ok(Some(piece)) = answer.piece(None).await {
                bytes.extend_from_slice(&piece[..piece.len().min(MAX_EXCERPT - bytes.len())]);
                if bytes.len() == MAX_EXCERPT {
                    break;
                }
            }
        };
        // What came until then will do.
        let _ = tokio::time::timeout(PATIENCE, reading).await;
        Self {
            status,
            content_type,
            location,
            excerpt: String::from_utf8_lossy(&bytes).into_owned(),
        }
    }
}
