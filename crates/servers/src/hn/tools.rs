//! The tools, and what they have in common.

mod feed;
mod front_page;
mod hiring;
mod item;
mod poll;
mod search;
mod thread;
mod updates;
mod user;

use std::sync::{Arc, LazyLock};

use schemars::JsonSchema;
use serde::Serialize;

pub(super) use feed::ranking;
pub(super) use thread::{Bounds, discussion};
pub(super) use updates::changes;
pub(super) use user::{ShownUser, is_name};

use super::{Hn, api::ReadItem, model::Item};
use crate::{source::SourceError, toolbox::Entry};

/// Every tool, in the order of `tools/list`.
pub(super) static ENTRIES: LazyLock<Vec<Entry<Hn>>> = LazyLock::new(|| {
    let mut entries = vec![
        feed::tool(),
        item::tool(),
        thread::tool(),
        thread::comments_tool(),
        user::tool(),
    ];
    entries.extend(search::tools());
    entries.extend([front_page::tool(), hiring::tool(), poll::tool(), updates::tool()]);
    entries
});

/// Something that could not be read.
#[derive(Serialize, JsonSchema)]
#[schemars(inline)]
struct Skipped {
    id: u64,
    reason: String,
}

/// What became of several items.
struct Sorted {
    found: Vec<Arc<Item>>,
    skipped: Vec<Skipped>,
}

impl Sorted {
    /// Items that are gone are left out silently, those that fail are named; only when nothing at all
    /// could be read does it fail.
    fn new(items: Vec<ReadItem>) -> Result<Self, String> {
        let mut sorted = Self {
            found: Vec::new(),
            skipped: Vec::new(),
        };
        let mut first_error = None;
        for (id, outcome) in items {
            match outcome {
                Ok(item) => sorted.found.push(item),
                Err(error) if matches!(*error, SourceError::Missing(_)) => {}
                Err(error) => {
                    tracing::warn!(id, %error, "an item is left out");
                    sorted.skipped.push(Skipped {
                        id,
                        reason: error.to_string(),
                    });
                    first_error.get_or_insert(error);
                }
            }
        }
        match first_error {
            Some(error) if sorted.found.is_empty() => Err(trouble(&error)),
            _ => Ok(sorted),
        }
    }
}

/// For a model: what happened and what to do about it.
pub(super) fn trouble(error: &SourceError) -> String {
    let advice = if error.is_passing() {
        " Try again in a minute."
    } else {
        ""
    };
    format!("Hacker News could not be read: {error}.{advice}")
}

/// The same for something that may not exist.
fn missing_or(error: &SourceError, what: &str, advice: &str) -> String {
    match error {
        SourceError::Missing(_) => format!("There is no {what}. {advice}"),
        error => trouble(error),
    }
}
