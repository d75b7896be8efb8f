//! `hn_search` and `hn_search_by_date`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{trouble, user::is_name};
use crate::{
    hn::{
        Hn,
        search::{Hit, Order, Query, ShownHit},
    },
    moment::Moment,
    toolbox::{Entry, Outcome, arguments, structured, within},
};

const MAX_COUNT: usize = 100;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Search {
    /// Words to find; `"an exact phrase"` and `-without` work. May be empty where something else is given.
    #[serde(default)]
    query: String,
    /// What to look for; front_page is for stories that are there now.
    #[serde(default)]
    kind: Kind,
    /// Only what this user wrote.
    author: Option<String>,
    /// Only comments of this story.
    story_id: Option<u64>,
    /// Only with so many points, or more.
    min_points: Option<u32>,
    /// Only stories with so many comments, or more.
    min_comments: Option<u32>,
    /// Only what was written then or later: a date or time such as 2026-11-01 or 2026-11-01T08:00:00Z.
    since: Option<String>,
    /// Only what was written before: a date or time.
    until: Option<String>,
    /// How many hits on a page.
    #[serde(default = "twenty")]
    #[schemars(range(min = 1, max = 100))]
    count: usize,
    /// Which page, from 0.
    #[serde(default)]
    page: u32,
}

fn twenty() -> usize {
    20
}

#[derive(Clone, Copy, Default, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
enum Kind {
    #[default]
    All,
    Story,
    Comment,
    AskHn,
    ShowHn,
    Job,
    Poll,
    // Stories on the front page now. No `///`: a schema of plain names is easier on models.
    FrontPage,
}

impl Kind {
    fn tag(self) -> Option<&'static str> {
        Some(match self {
            Self::All => return None,
            Self::Story => "story",
            Self::Comment => "comment",
            Self::AskHn => "ask_hn",
            Self::ShowHn => "show_hn",
            Self::Job => "job",
            Self::Poll => "poll",
            Self::FrontPage => "front_page",
        })
    }
}

#[derive(Serialize, JsonSchema)]
struct Found {
    hits: Vec<ShownHit>,
    /// How many there are, as the search API counts them; it lets about the first 1000 be read.
    total: u64,
    page: u32,
    pages: u32,
    /// What to try where nothing was found.
    #[serde(skip_serializing_if = "Option::is_none")]
    hint: Option<&'static str>,
}

pub(super) fn tools() -> [Entry<Hn>; 2] {
    [
        Entry::new::<Search, Found>(
            ("hn_search", "Search"),
            "Searches stories and comments; the most relevant come first.",
            |server, given| {
                Box::pin(async move { search(&server, arguments(given)?, Order::Relevance).await })
            },
        ),
        Entry::new::<Search, Found>(
            ("hn_search_by_date", "Search, newest first"),
            "Searches stories and comments; the newest come first. With nothing but `kind` it lists the latest.",
            |server, given| Box::pin(async move { search(&server, arguments(given)?, Order::Date).await }),
        ),
    ]
}

async fn search(server: &Hn, search: Search, order: Order) -> Outcome {
    within("count", search.count, 1, MAX_COUNT)?;
    let query = search.query(order)?;
    let read = server
        .api
        .before(server.api.deadline(), server.api.search(&query))
        .await;
    let page = read.map_err(|error| trouble(&error))?.value;
    let hits: Vec<_> = page.hits.iter().filter_map(Hit::shown).collect();
    let hint = "Nothing fits. Fewer words, another `kind` or a longer time may help.";
    Ok(structured(&Found {
        hint: hits.is_empty().then_some(hint),
        hits,
        total: page.nb_hits,
        page: page.page,
        pages: page.nb_pages,
    }))
}

impl Search {
    fn query(&self, order: Order) -> Result<Query, String> {
        let mut tags: Vec<String> = self.kind.tag().map(str::to_owned).into_iter().collect();
        if let Some(author) = &self.author {
            // Anything else could be read as another condition.
            if !is_name(author) {
                return Err("`author` is no name of Hacker News.".to_owned());
            }
            tags.push(format!("author_{author}"));
        }
        tags.extend(self.story_id.map(|id| format!("story_{id}")));
        let mut numeric = Vec::new();
        numeric.extend(self.min_points.map(|points| format!("points>={points}")));
        numeric.extend(
            self.min_comments
                .map(|comments| format!("num_comments>={comments}")),
        );
        for (name, condition, given) in [("since", ">=", &self.since), ("until", "<", &self.until)] {
            if let Some(text) = given {
                numeric.push(format!("created_at_i{condition}{}", time(name, text)?.0));
            }
        }
        Ok(Query {
            order,
            words: self.query.clone(),
            tags,
            numeric,
            page: self.page,
            count: self.count,
        })
    }
}

/// A time as models write it: ISO 8601, or seconds since 1970.
pub(super) fn time(name: &str, text: &str) -> Result<Moment, String> {
    let text = text.trim();
    // Four digits are a year, and a year is no time.
    let seconds = text.parse().ok().filter(|_| text.len() > 4);
    let moment = Moment::parse(text).or_else(|| Moment::from_seconds(seconds?));
    moment.ok_or_else(|| {
        format!("`{name}` is no date or time; write it like 2026-11-01 or 2026-11-01T08:00:00Z.")
    })
}
