//! Why a stream is not followed to its end.

use pontoon_upstream::{Failure, Refusal, SourceError};
use thiserror::Error;

use crate::call::plain;
use crate::exit_code::{self, ExitCode};

/// Lines of an answer that are shown.
const SHOWN_LINES: usize = 8;

/// Why a stream is not followed to its end. Each names the cause and the next step.
#[derive(Debug, Error)]
pub(super) enum Trouble {
    #[error("{0:#}")]
    Usage(anyhow::Error),
    #[error("{0}{next}", next = next_step(.0))]
    Source(SourceError),
    #[error("the stream cannot be read: {0}")]
    Read(std::io::Error),
    #[error(
        "there is no event in it: an event stream has lines like `data: …`, and an empty line after each event"
    )]
    NoEvents,
    #[error("none of the events is in a format that is known\n  leave --decode out to see them")]
    Unrecognized,
    #[error("the provider says that it failed: {what}", what = plain(.0))]
    Provider(String),
}

impl Trouble {
    fn code(&self) -> ExitCode {
        match self {
            Self::Usage(_) => ExitCode::Usage,
            Self::Source(SourceError::Silent) => ExitCode::TimedOut,
            Self::Source(SourceError::Failed(_)) => ExitCode::Unreachable,
            Self::Source(SourceError::Refused(refusal)) if is_about_credentials(refusal) => {
                ExitCode::Unauthorized
            }
            Self::Source(SourceError::Refused(refusal)) if matches!(refusal.status, 429 | 500..=599) => {
                ExitCode::Unreachable
            }
            Self::Source(SourceError::Refused(_) | SourceError::Id) | Self::NoEvents | Self::Unrecognized => {
                ExitCode::Protocol
            }
            Self::Read(_) => ExitCode::Failure,
            Self::Provider(_) => ExitCode::ToolError,
        }
    }
}

/// Said with what is to be done, so it is no source that would be told once more.
impl From<SourceError> for Trouble {
    fn from(error: SourceError) -> Self {
        Self::Source(error)
    }
}

impl From<Trouble> for exit_code::Failure {
    fn from(trouble: Trouble) -> Self {
        Self::new(trouble.code(), trouble)
    }
}

fn is_about_credentials(refusal: &Refusal) -> bool {
    matches!(refusal.status, 401 | 403)
}

fn next_step(error: &SourceError) -> String {
    let hint = match error {
        SourceError::Failed(Failure::Unreachable(_)) => {
            "is the URL right, does the server run, and is its certificate known (--ca-file)?"
        }
        SourceError::Failed(_) => "try again; --reconnect always comes back by itself",
        SourceError::Silent => "raise --timeout if it needs longer",
        SourceError::Id => "--reconnect never does not come back",
        SourceError::Refused(refusal) => return explain(refusal),
    };
    format!("\n  {hint}")
}

/// What to do, and what the answer says itself.
fn explain(refusal: &Refusal) -> String {
    let kind = refusal.content_type.as_deref().unwrap_or_default();
    let hint = match (refusal.status, &refusal.location) {
        (401 | 403, _) => "give it credentials: --bearer-env, --bearer-file or --header".to_owned(),
        (300..=399, Some(location)) => format!("the stream is said to be at {}", plain(location)),
        (404, _) => "is the path right?".to_owned(),
        (405, _) => "it wants another method: --method, or --data to POST something".to_owned(),
        (406, _) => {
            "it wants another Accept: --header 'Accept: application/json, text/event-stream'".to_owned()
        }
        (429 | 500..=599, _) => "try again later".to_owned(),
        (200..=299, _) if kind.starts_with("application/json") => {
            "it answered once and for all; must the body ask for a stream (\"stream\": true)?".to_owned()
        }
        (200..=299, _) => "if it is one all the same: curl -sN URL | pontoon tail -".to_owned(),
        _ => "is the request right?".to_owned(),
    };
    let shown: String = plain(&refusal.excerpt)
        .lines()
        .take(SHOWN_LINES)
        .map(|line| format!("\n  | {line}"))
        .collect();
    format!("\n  {hint}{shown}")
}
