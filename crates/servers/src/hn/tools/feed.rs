//! `hn_stories`: a ranking.

use std::ops::Range;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Skipped, Sorted, trouble};
use crate::{
    hn::{
        Hn,
        model::{Feed, Shown},
    },
    toolbox::{Entry, Outcome, arguments, structured, within},
};

const MAX_COUNT: usize = 100;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Stories {
    /// Which ranking.
    #[serde(default)]
    feed: Feed,
    /// How many stories.
    #[serde(default = "thirty")]
    #[schemars(range(min = 1, max = 100))]
    count: usize,
    /// How many of the best to leave out, for the next page.
    #[serde(default)]
    offset: usize,
}

fn thirty() -> usize {
    30
}

#[derive(Serialize, JsonSchema)]
pub(in crate::hn) struct Ranking {
    feed: Feed,
    stories: Vec<Ranked>,
    /// How many stories the ranking has.
    total: usize,
    /// The `offset` of the next page, if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_offset: Option<usize>,
    /// Stories that could not be read.
    skipped: Vec<Skipped>,
}

#[derive(Serialize, JsonSchema)]
struct Ranked {
    /// From 1.
    rank: usize,
    story: Shown,
}

pub(super) fn tool() -> Entry<Hn> {
    let description =
        "The stories of a ranking: the front page (top), the newest, the best, Ask HN, Show HN or jobs.";
    Entry::new::<Stories, Ranking>(("hn_stories", "Stories"), description, |server, given| {
        Box::pin(async move { stories(&server, arguments(given)?).await })
    })
}

async fn stories(server: &Hn, Stories { feed, count, offset }: Stories) -> Outcome {
    within("count", count, 1, MAX_COUNT)?;
    let places = offset..offset.saturating_add(count);
    Ok(structured(&ranking(server, feed, places).await?))
}

/// A ranking's stories from one place to another, counted from 0.
pub(in crate::hn) async fn ranking(server: &Hn, feed: Feed, places: Range<usize>) -> Result<Ranking, String> {
    let deadline = server.api.deadline();
    let read = server.api.before(deadline, server.api.feed(feed)).await;
    let ids = read.map_err(|error| trouble(&error))?.value;
    let end = places.end.min(ids.len());
    let wanted = ids.get(places.start..end).unwrap_or_default();
    let sorted = Sorted::new(server.api.items(wanted, deadline).await)?;
    let rank = |id: u64| {
        wanted
            .iter()
            .position(|it| *it == id)
            .map_or(0, |at| places.start + at + 1)
    };
    let shown = sorted.found.iter().filter(|item| item.is_shown());
    let stories = shown.map(|item| Ranked {
        rank: rank(item.id),
        story: Shown::from(&**item),
    });
    Ok(Ranking {
        feed,
        stories: stories.collect(),
        total: ids.len(),
        next_offset: (end < ids.len()).then_some(end),
        skipped: sorted.skipped,
    })
}
