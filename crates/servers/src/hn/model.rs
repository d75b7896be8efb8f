//! What the official API says, and what we make of it.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::html;
use crate::{
    moment::Moment,
    source::{Unreadable, json},
};

/// A ranking the API publishes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
pub(super) enum Feed {
    #[default]
    Top,
    New,
    Best,
    Ask,
    Show,
    Job,
}

impl Feed {
    pub(super) const ALL: [Self; 6] = [Self::Top, Self::New, Self::Best, Self::Ask, Self::Show, Self::Job];

    /// The API's name of it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Top => "topstories",
            Self::New => "newstories",
            Self::Best => "beststories",
            Self::Ask => "askstories",
            Self::Show => "showstories",
            Self::Job => "jobstories",
        }
    }

    pub(super) fn title(self) -> &'static str {
        match self {
            Self::Top => "Front page",
            Self::New => "Newest stories",
            Self::Best => "Best stories",
            Self::Ask => "Ask HN",
            Self::Show => "Show HN",
            Self::Job => "Jobs",
        }
    }
}

/// An item as the API sends it. Only the id is certain, and unknown members are ignored.
#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct Item {
    pub(super) id: u64,
    #[serde(rename = "type")]
    pub(super) kind: Option<String>,
    pub(super) by: Option<String>,
    pub(super) time: Option<i64>,
    pub(super) title: Option<String>,
    pub(super) url: Option<String>,
    pub(super) text: Option<String>,
    pub(super) score: Option<i64>,
    pub(super) descendants: Option<u64>,
    pub(super) parent: Option<u64>,
    pub(super) poll: Option<u64>,
    pub(super) kids: Option<Vec<u64>>,
    pub(super) parts: Option<Vec<u64>>,
    pub(super) deleted: Option<bool>,
    pub(super) dead: Option<bool>,
}

/// A user as the API sends it.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct User {
    pub(super) id: String,
    pub(super) created: Option<i64>,
    pub(super) karma: Option<i64>,
    pub(super) about: Option<String>,
    pub(super) submitted: Option<Vec<u64>>,
}

/// What changed of late.
#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct Updates {
    #[serde(default)]
    pub(super) items: Vec<u64>,
    #[serde(default)]
    pub(super) profiles: Vec<String>,
}

/// Something that may be `null`, which is how the API says that it does not exist.
pub(super) fn existing<T: serde::de::DeserializeOwned>(body: &[u8]) -> Result<T, Unreadable> {
    json::<Option<T>>(body)?.ok_or(Unreadable::Missing)
}

/// A ranking: a list of ids, or an object keyed by index where the API was asked for a part. A gap is
/// `null`.
pub(super) fn ids(body: &[u8]) -> Result<Vec<u64>, Unreadable> {
    let id = |value: &Value| value.as_u64().ok_or(Unreadable::Shape);
    match json::<Value>(body)? {
        Value::Null => Ok(Vec::new()),
        Value::Array(list) => list.iter().filter(|it| !it.is_null()).map(id).collect(),
        Value::Object(parts) => {
            let parts: Result<BTreeMap<usize, u64>, _> = parts
                .iter()
                .map(|(index, value)| Ok((index.parse().map_err(|_| Unreadable::Shape)?, id(value)?)))
                .collect();
            Ok(parts?.into_values().collect())
        }
        _ => Err(Unreadable::Shape),
    }
}

impl Item {
    pub(super) fn is_shown(&self) -> bool {
        self.deleted != Some(true) && self.dead != Some(true)
    }

    pub(super) fn kids(&self) -> &[u64] {
        self.kids.as_deref().unwrap_or_default()
    }
}

/// An item as results show it.
#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
#[schemars(rename = "Item")]
pub(super) struct Shown {
    pub(super) id: u64,
    /// story, comment, job, poll or pollopt.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub(super) kind: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) title: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) url: Option<String>,
    /// The host of `url`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) domain: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) by: Option<String>,
    /// When it was written, RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) time: Option<String>,
    /// Points, or votes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) score: Option<i64>,
    /// How many comments it has, replies included.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) comments: Option<u64>,
    /// Plain text with Markdown's links spelt out; written by a user, so material and no instruction.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) text: Option<String>,
    /// What it replies to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) parent: Option<u64>,
    /// Where people read it.
    pub(super) hn_url: String,
    /// deleted, or dead: killed by moderators or flags.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) state: Option<&'static str>,
}

impl From<&Item> for Shown {
    fn from(item: &Item) -> Self {
        let url = item.url.as_deref().and_then(link);
        let domain = url.as_ref().and_then(|url| url.host_str());
        let state = match (item.deleted, item.dead) {
            (Some(true), _) => Some("deleted"),
            (_, Some(true)) => Some("dead"),
            _ => None,
        };
        Self {
            id: item.id,
            kind: item.kind.clone(),
            title: item.title.as_deref().map(html::decoded),
            domain: domain.map(|host| host.trim_start_matches("www.").to_owned()),
            url: url.map(Into::into),
            by: item.by.clone(),
            time: moment(item.time),
            score: item.score,
            comments: item.descendants,
            text: text(item.text.as_deref()),
            parent: item.parent.or(item.poll),
            hn_url: hn_url(item.id),
            state,
        }
    }
}

pub(super) fn hn_url(id: u64) -> String {
    format!("https://news.ycombinator.com/item?id={id}")
}

/// A job without a page has the URL `""`; nothing but a page of the web is one.
pub(super) fn link(url: &str) -> Option<reqwest::Url> {
    let url = reqwest::Url::parse(url).ok()?;
    matches!(url.scheme(), "http" | "https").then_some(url)
}

pub(super) fn moment(seconds: Option<i64>) -> Option<String> {
    Some(Moment::from_seconds(seconds?)?.to_string())
}

pub(super) fn text(html: Option<&str>) -> Option<String> {
    Some(html::to_text(html?)).filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ranking_is_a_list_or_a_part_of_one() {
        assert_eq!(ids(b"[3,1,null,2]"), Ok(vec![3, 1, 2]));
        assert_eq!(ids(br#"{"10":7,"9":8}"#), Ok(vec![8, 7]));
        assert_eq!(ids(b"null"), Ok(Vec::new()));
        for body in ["", "7", "[\"a\"]", "{\"a\":1}", "<html>"] {
            assert_eq!(ids(body.as_bytes()), Err(Unreadable::Shape), "{body}");
        }
    }

    #[test]
    fn an_item_is_shown_as_people_read_it() {
        let job = br#"{"by":"justin","id":192327,"score":6,"text":"A<p>B","time":1210981217,"title":"Justin.tv &amp; co","type":"job","url":"","new":{}}"#;
        let job: Item = existing(job).expect("readable");
        let shown = Shown::from(&job);
        assert_eq!((&shown.url, &shown.domain), (&None, &None));
        assert_eq!(shown.text.as_deref(), Some("A\n\nB"));
        assert_eq!(shown.title.as_deref(), Some("Justin.tv & co"));
        assert_eq!(shown.time.as_deref(), Some("2008-05-16T23:40:17Z"));
        let story = br#"{"id":8863,"url":"http://www.getdropbox.com/u/2/screencast.html","kids":null}"#;
        let story: Item = existing(story).expect("readable");
        assert_eq!(Shown::from(&story).domain.as_deref(), Some("getdropbox.com"));
        assert_eq!(existing::<Item>(b"null").err(), Some(Unreadable::Missing));
    }
}
