//! The table of sources: which ids there are, and what they are called.
//!
//! The API does not list its sources. The table in `sources.json` is of version 0.0.41 and in the form
//! of NewsNow's own file of that name, so that a newer one can take its place.

use std::{collections::BTreeMap, time::Duration};

use indexmap::IndexMap;
use serde::Deserialize;

use crate::source::{Unreadable, json};

const BUILT_IN: &str = include_str!("sources.json");
/// What a source without an interval has.
const DEFAULT_INTERVAL: Duration = Duration::from_secs(10 * 60);
/// How alike an id must be to be suggested.
const ALIKE: f64 = 0.7;
const MAX_SUGGESTIONS: usize = 3;
/// Ids a table may have; a file with more is not of this kind.
const MAX_SOURCES: usize = 2000;

/// A source that can be asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Listed {
    /// Name and title: `知乎`, `V2EX-最新分享`.
    pub(super) name: String,
    /// `hottest` or `realtime`.
    pub(super) kind: Option<String>,
    pub(super) column: Option<String>,
    pub(super) interval: Duration,
}

/// All sources, in the order of the file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Catalogue {
    pub(super) sources: IndexMap<String, Listed>,
    /// Short ids and what they stand for.
    pub(super) redirects: BTreeMap<String, String>,
}

/// One entry of the file. Colours, home pages and the like are of no use here.
#[derive(Deserialize)]
struct Entry {
    name: String,
    title: Option<String>,
    #[serde(rename = "type")]
    kind: Option<String>,
    column: Option<String>,
    /// In milliseconds.
    interval: Option<u64>,
    redirect: Option<String>,
    /// `true` when it is off everywhere, `"cf"` when it is off on Cloudflare.
    disable: Option<serde_json::Value>,
}

impl Catalogue {
    pub(super) fn built_in() -> Self {
        Self::read(BUILT_IN.as_bytes()).expect("the file we were built with is a table of sources")
    }

    /// A table as NewsNow writes it.
    pub(super) fn read(body: &[u8]) -> Result<Self, Unreadable> {
        let entries: IndexMap<String, Entry> = json(body)?;
        if entries.is_empty() || entries.len() > MAX_SOURCES {
            return Err(Unreadable::Shape);
        }
        let mut catalogue = Self::default();
        for (id, entry) in entries {
            if !is_id(&id) || entry.disable == Some(true.into()) {
                continue;
            }
            if let Some(target) = entry.redirect {
                catalogue.redirects.insert(id, target);
            } else {
                catalogue.sources.insert(id, entry.listed());
            }
        }
        Ok(catalogue)
    }

    pub(super) fn knows(&self, id: &str) -> bool {
        self.sources.contains_key(id) || self.redirects.contains_key(id)
    }

    /// What is known of an id, through its redirect if need be.
    pub(super) fn find(&self, id: &str) -> Option<&Listed> {
        let redirect = || self.sources.get(self.redirects.get(id)?);
        self.sources.get(id).or_else(redirect)
    }

    pub(super) fn interval(&self, id: &str) -> Duration {
        self.find(id).map_or(DEFAULT_INTERVAL, |source| source.interval)
    }

    /// Ids that the writer of `id` may have meant, the likeliest first. A name counts as well: models
    /// ask for `知乎`.
    pub(super) fn suggestions(&self, id: &str) -> Vec<&str> {
        let wanted = id.to_lowercase();
        let likeness = |id: &str, name: &str| {
            let name = name.to_lowercase();
            if !wanted.is_empty() && (name.contains(&wanted) || id.contains(&wanted)) {
                return 1.0;
            }
            strsim::jaro_winkler(id, &wanted).max(strsim::jaro_winkler(&name, &wanted))
        };
        let sources = self
            .sources
            .iter()
            .map(|(id, it)| (id.as_str(), it.name.as_str()));
        let mut alike: Vec<_> = sources
            .map(|(id, name)| (likeness(id, name), id))
            .filter(|(likeness, _)| *likeness >= ALIKE)
            .collect();
        alike.sort_by(|one, two| two.0.total_cmp(&one.0));
        alike.truncate(MAX_SUGGESTIONS);
        alike.into_iter().map(|(_, id)| id).collect()
    }
}

impl Entry {
    fn listed(self) -> Listed {
        let name = match self.title {
            Some(title) => format!("{}-{title}", self.name),
            None => self.name,
        };
        Listed {
            name,
            kind: self.kind,
            column: self.column,
            interval: self.interval.map_or(DEFAULT_INTERVAL, Duration::from_millis),
        }
    }
}

/// What an id may look like. Also what keeps nonsense away from the API.
pub(super) fn is_id(text: &str) -> bool {
    const MAX_ID: usize = 64;
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    !text.is_empty() && text.len() <= MAX_ID && text.bytes().all(fits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_table_is_whole() {
        let catalogue = Catalogue::built_in();
        assert_eq!((catalogue.sources.len(), catalogue.redirects.len()), (52, 14));
        for (id, target) in &catalogue.redirects {
            assert!(catalogue.sources.contains_key(target), "{id} to {target}");
        }
        let share = catalogue.find("v2ex").expect("a redirect");
        assert_eq!(share.name, "V2EX-最新分享");
        assert_eq!(catalogue.interval("weibo"), Duration::from_secs(120));
        assert_eq!(catalogue.interval("nobody"), DEFAULT_INTERVAL);
    }

    #[test]
    fn a_misspelt_id_or_a_name_is_understood() {
        let catalogue = Catalogue::built_in();
        for (asked, meant) in [
            ("zihu", "zhihu"),
            ("知乎", "zhihu"),
            ("WEIBO", "weibo"),
            ("hacker-news", "hackernews"),
            ("bilibili-hot", "bilibili-hot-search"),
        ] {
            assert_eq!(catalogue.suggestions(asked).first(), Some(&meant), "{asked}");
        }
        assert!(catalogue.suggestions("qqqqqqqqqq").is_empty());
    }

    #[test]
    fn a_table_of_another_kind_is_refused() {
        for body in ["[]", "{}", "<html>", r#"{"zhihu":{"redirect":1}}"#] {
            assert_eq!(Catalogue::read(body.as_bytes()), Err(Unreadable::Shape), "{body}");
        }
        let body = r#"{"a":{"name":"A","disable":true},"b":{"name":"B","disable":"cf","color":"red"},"c d":{"name":"C"}}"#;
        let catalogue = Catalogue::read(body.as_bytes()).expect("readable");
        assert_eq!(catalogue.sources.keys().collect::<Vec<_>>(), ["b"]);
    }
}
