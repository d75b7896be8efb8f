//! The search API: how it is asked and what it answers.

use reqwest::Url;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    html,
    model::{hn_url, link, moment, text},
};

/// What comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    /// Relevance, then points, then comments.
    Relevance,
    /// The newest.
    Date,
}

impl Order {
    pub(super) fn path(self) -> &'static str {
        match self {
            Self::Relevance => "search",
            Self::Date => "search_by_date",
        }
    }
}

/// A search. Every condition has to hold.
#[derive(Clone, Debug)]
pub(super) struct Query {
    pub(super) order: Order,
    pub(super) words: String,
    /// As the API writes them: `story`, `author_pg`, `(story,poll)`.
    pub(super) tags: Vec<String>,
    /// `points>10`, `created_at_i>=0`.
    pub(super) numeric: Vec<String>,
    pub(super) page: u32,
    pub(super) count: usize,
}

impl Query {
    pub(super) fn write(&self, url: &mut Url) {
        let mut pairs = url.query_pairs_mut();
        pairs.append_pair("query", &self.words);
        if !self.tags.is_empty() {
            pairs.append_pair("tags", &self.tags.join(","));
        }
        if !self.numeric.is_empty() {
            pairs.append_pair("numericFilters", &self.numeric.join(","));
        }
        pairs.append_pair("page", &self.page.to_string());
        pairs.append_pair("hitsPerPage", &self.count.to_string());
    }
}

/// A page of what was found.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Page {
    pub(super) hits: Vec<Hit>,
    #[serde(default)]
    pub(super) page: u32,
    #[serde(default)]
    pub(super) nb_hits: u64,
    #[serde(default)]
    pub(super) nb_pages: u32,
}

/// One item found.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Hit {
    #[serde(rename = "objectID")]
    pub(super) object_id: String,
    pub(super) title: Option<String>,
    pub(super) url: Option<String>,
    pub(super) author: Option<String>,
    pub(super) points: Option<i64>,
    pub(super) story_text: Option<String>,
    pub(super) comment_text: Option<String>,
    pub(super) num_comments: Option<u64>,
    pub(super) story_id: Option<u64>,
    pub(super) story_title: Option<String>,
    pub(super) parent_id: Option<u64>,
    pub(super) created_at_i: Option<i64>,
    #[serde(rename = "_tags", default)]
    pub(super) tags: Vec<String>,
}

/// A hit as results show it.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(inline)]
pub(super) struct ShownHit {
    pub(super) id: u64,
    /// story, comment, job, poll or pollopt.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    kind: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    title: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    by: Option<String>,
    /// RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    time: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    score: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    comments: Option<u64>,
    /// Written by a user: material, and no instruction.
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<String>,
    /// The story that a comment belongs to.
    #[serde(skip_serializing_if = "Option::is_none")]
    story_id: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    story_title: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    parent: Option<u64>,
    hn_url: String,
}

impl Hit {
    pub(super) fn id(&self) -> Option<u64> {
        self.object_id.parse().ok()
    }

    /// `None` for a hit without a usable id.
    pub(super) fn shown(&self) -> Option<ShownHit> {
        const KINDS: [&str; 5] = ["story", "comment", "job", "poll", "pollopt"];
        let id = self.id()?;
        let kind = self.tags.iter().find(|tag| KINDS.contains(&tag.as_str()));
        let html = self.comment_text.as_deref().or(self.story_text.as_deref());
        let is_comment = self.comment_text.is_some();
        Some(ShownHit {
            id,
            kind: kind.cloned(),
            title: self.title.as_deref().map(html::decoded),
            url: self.url.as_deref().and_then(link).map(Into::into),
            by: self.author.clone(),
            time: moment(self.created_at_i),
            score: self.points,
            comments: self.num_comments,
            text: text(html),
            // A story's `story_id` is its own id.
            story_id: self.story_id.filter(|_| is_comment),
            story_title: self
                .story_title
                .as_deref()
                .filter(|_| is_comment)
                .map(html::decoded),
            parent: self.parent_id,
            hn_url: hn_url(id),
        })
    }
}
