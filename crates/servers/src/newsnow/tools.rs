//! The tools, and what they have in common.

mod batch;
mod hottest;
mod search;
mod sources;

use std::sync::LazyLock;

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use super::{
    NewsNow,
    api::Failure,
    catalogue::Catalogue,
    decode::{Item, List},
    markdown,
};
use crate::toolbox::Entry;

pub(super) const HOTTEST: &str = "get_hotest_latest_news";
/// Items of a source that a call returns unless it says how many.
const DEFAULT_COUNT: usize = 10;
/// The API sends no more than this.
const MAX_COUNT: usize = 30;

/// Every tool, in the order of `tools/list`.
pub(super) static ENTRIES: LazyLock<Vec<Entry<NewsNow>>> = LazyLock::new(|| {
    let mut entries = hottest::tools();
    entries.extend([sources::tool(), batch::tool(), search::tool()]);
    entries
});

/// A source's list as results show it.
#[derive(Serialize, JsonSchema)]
struct SourceNews {
    /// The source that answered: `github-trending-today` for `github`.
    id: String,
    /// The id that was asked for, if it is another.
    #[serde(skip_serializing_if = "Option::is_none")]
    asked: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    /// When NewsNow last looked, RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    updated: Option<String>,
    /// NewsNow did not look again for this, and told what it had.
    cached: bool,
    /// In the source's order.
    items: Vec<Item>,
    /// Items that were left out because they have no title.
    #[serde(skip_serializing_if = "is_zero")]
    unusable: usize,
}

fn is_zero(count: &usize) -> bool {
    *count == 0
}

impl SourceNews {
    fn new(asked: &str, list: &List, count: usize, catalogue: &Catalogue) -> Self {
        Self {
            asked: (list.id != asked).then(|| asked.to_owned()),
            name: catalogue.find(&list.id).map(|it| it.name.clone()),
            updated: list.updated.clone(),
            cached: list.is_from_its_cache,
            items: list.items.iter().take(count).cloned().collect(),
            unusable: list.unusable,
            id: list.id.clone(),
        }
    }
}

/// A source that gave nothing.
#[derive(Serialize, JsonSchema)]
struct Failed {
    id: String,
    reason: String,
    /// Ids that may have been meant.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    suggestions: Vec<String>,
}

impl Failed {
    fn new(id: &str, failure: &Failure, catalogue: &Catalogue) -> Self {
        let suggestions = if failure.blames_the_id() || !catalogue.knows(id) {
            catalogue.suggestions(id)
        } else {
            Vec::new()
        };
        Self {
            id: id.to_owned(),
            reason: failure.to_string(),
            suggestions: suggestions.into_iter().map(str::to_owned).collect(),
        }
    }

    /// For a model: what happened and what to do about it.
    fn told(&self) -> String {
        let advice = match &self.suggestions[..] {
            [] => "Try again in a minute, or call `list_sources` for ids.".to_owned(),
            ids => format!("Did you mean {}? `list_sources` lists all ids.", quoted(ids)),
        };
        format!(
            "There is no news from source \"{}\": {}. {advice}",
            shown(&self.id),
            self.reason
        )
    }
}

fn quoted(ids: &[String]) -> String {
    let quoted: Vec<_> = ids.iter().map(|id| format!("`{id}`")).collect();
    quoted.join(" or ")
}

/// An id as it was given, short enough for a message.
fn shown(id: &str) -> String {
    const LIMIT: usize = 60;
    match id.char_indices().nth(LIMIT) {
        Some((end, _)) => format!("{}…", &id[..end]),
        None => id.to_owned(),
    }
}

/// How many items: a number or the text of one, within 1 to `MOST`; anything else is `DEFAULT`.
///
/// Clients of the original send numbers as text, and it never refused one.
struct Count<const DEFAULT: usize, const MOST: usize>(usize);

impl<const DEFAULT: usize, const MOST: usize> Default for Count<DEFAULT, MOST> {
    fn default() -> Self {
        Self(DEFAULT)
    }
}

impl<'de, const DEFAULT: usize, const MOST: usize> Deserialize<'de> for Count<DEFAULT, MOST> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let number = match Value::deserialize(deserializer)? {
            Value::Number(number) => number.as_f64(),
            Value::String(text) => text.trim().parse().ok().filter(|it: &f64| it.is_finite()),
            _ => None,
        };
        // Of a fraction the whole part counts.
        Ok(Self(number.map_or(DEFAULT, |number| {
            number.clamp(1.0, MOST as f64) as usize
        })))
    }
}

impl<const DEFAULT: usize, const MOST: usize> JsonSchema for Count<DEFAULT, MOST> {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Count".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "integer", "minimum": 1, "maximum": MOST, "default": DEFAULT })
    }
}

/// Each id once, in the order given.
fn distinct(ids: &[String]) -> Vec<String> {
    let mut distinct: Vec<String> = Vec::new();
    for id in ids {
        let id = id.trim();
        if !distinct.iter().any(|other| other == id) {
            distinct.push(id.to_owned());
        }
    }
    distinct
}

/// Lines of links, one per item.
fn links(items: &[Item]) -> Vec<String> {
    items.iter().map(markdown::link).collect()
}
