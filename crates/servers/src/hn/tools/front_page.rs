//! `hn_front_page_diff`: what is new on the front page since a time.
//!
//! The API tells how the front page is, not how it was. What it was is known from the times that
//! somebody asked this server, or was subscribed to it; where that does not reach back far enough, what was
//! written since is new for certain, and the result says on which ground it stands.

use std::collections::HashMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Skipped, Sorted, search::time, trouble};
use crate::{
    hn::{
        Hn,
        model::{Feed, Shown},
        snapshots::{DEPTH, Snapshot},
    },
    moment::Moment,
    toolbox::{Entry, Outcome, arguments, structured, within},
};

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Since {
    /// A date or time such as 2026-11-01T08:00:00Z. It may lie two days back.
    since: String,
    /// How many places of the front page count.
    #[serde(default = "thirty")]
    #[schemars(range(min = 1, max = 60))]
    depth: usize,
}

fn thirty() -> usize {
    30
}

#[derive(Serialize, JsonSchema)]
struct Difference {
    since: String,
    /// `snapshot`: compared with the front page at `compared_with`. `creation_time`: the front page then is not
    /// known; `entered` holds what was written since, and what left and moved cannot be told.
    basis: Basis,
    /// When the front page was seen that this one is compared with.
    #[serde(skip_serializing_if = "Option::is_none")]
    compared_with: Option<String>,
    entered: Vec<Entered>,
    left: Vec<Left>,
    moved: Vec<Moved>,
    /// Stories that could not be read.
    skipped: Vec<Skipped>,
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
enum Basis {
    Snapshot,
    CreationTime,
}

#[derive(Serialize, JsonSchema)]
struct Entered {
    rank: usize,
    story: Shown,
}

#[derive(Serialize, JsonSchema)]
struct Left {
    id: u64,
    old_rank: usize,
}

#[derive(Serialize, JsonSchema)]
struct Moved {
    id: u64,
    old_rank: usize,
    rank: usize,
}

pub(super) fn tool() -> Entry<Hn> {
    let description = "What entered, left and moved on the front page since a time. How far back this server remembers is told \
        in the result.";
    Entry::new::<Since, Difference>(
        ("hn_front_page_diff", "Front page since"),
        description,
        |server, given| Box::pin(async move { difference(&server, arguments(given)?).await }),
    )
}

async fn difference(server: &Hn, given: Since) -> Outcome {
    within("depth", given.depth, 1, DEPTH)?;
    let since = time("since", &given.since)?;
    if since > server.api.now() {
        return Err("`since` lies in the future.".to_owned());
    }
    let deadline = server.api.deadline();
    // Before the page is asked for, which is remembered too.
    let old = server.api.snapshots.at(since);
    let read = server.api.before(deadline, server.api.feed(Feed::Top)).await;
    let ids = read.map_err(|error| trouble(&error))?.value;
    let now = &ids[..ids.len().min(given.depth)];
    let mut difference = Difference {
        since: since.to_string(),
        basis: old.as_ref().map_or(Basis::CreationTime, |_| Basis::Snapshot),
        compared_with: old.as_ref().map(|old| old.at.to_string()),
        entered: Vec::new(),
        left: Vec::new(),
        moved: Vec::new(),
        skipped: Vec::new(),
    };
    let candidates: Vec<u64> = match &old {
        Some(old) => difference.compare(old, now, given.depth),
        None => now.to_vec(),
    };
    let sorted = Sorted::new(server.api.items(&candidates, deadline).await)?;
    difference.skipped = sorted.skipped;
    let is_new = |seconds: Option<i64>| old.is_some() || seconds.is_some_and(|it| Moment(it) >= since);
    let shown = sorted
        .found
        .iter()
        .filter(|item| item.is_shown() && is_new(item.time));
    difference.entered = shown
        .map(|item| Entered {
            rank: now.iter().position(|id| *id == item.id).map_or(0, |at| at + 1),
            story: Shown::from(&**item),
        })
        .collect();
    Ok(structured(&difference))
}

impl Difference {
    /// Notes what left and what moved; returns what entered.
    fn compare(&mut self, old: &Snapshot, now: &[u64], depth: usize) -> Vec<u64> {
        let ranks = |ids: &[u64]| -> HashMap<u64, usize> { ids.iter().copied().zip(1..).collect() };
        let before = &old.ids[..old.ids.len().min(depth)];
        let (old_ranks, ranks) = (ranks(before), ranks(now));
        for (&id, old_rank) in before.iter().zip(1..) {
            match ranks.get(&id) {
                None => self.left.push(Left { id, old_rank }),
                Some(&rank) if rank != old_rank => self.moved.push(Moved { id, old_rank, rank }),
                Some(_) => {}
            }
        }
        now.iter()
            .copied()
            .filter(|id| !old_ranks.contains_key(id))
            .collect()
    }
}
