//! `hn_poll`: what people voted for.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Skipped, Sorted, item::NO_ITEM, missing_or};
use crate::{
    hn::{
        Hn,
        model::{Shown, text},
    },
    toolbox::{Entry, Outcome, arguments, structured},
};

/// Options of a poll that are read.
const MAX_OPTIONS: usize = 100;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Which {
    /// The poll's id, or that of one of its options.
    id: u64,
}

#[derive(Serialize, JsonSchema)]
struct Results {
    poll: Shown,
    /// The most voted for first.
    options: Vec<Choice>,
    /// Votes in all.
    votes: i64,
    /// Options that could not be read.
    skipped: Vec<Skipped>,
}

#[derive(Serialize, JsonSchema)]
struct Choice {
    id: u64,
    text: String,
    votes: i64,
    /// Of all votes, from 0 to 1.
    share: f64,
}

pub(super) fn tool() -> Entry<Hn> {
    let description = "The results of a poll: its options with their votes and shares. `hn_search` with `kind` poll finds polls.";
    Entry::new::<Which, Results>(("hn_poll", "Poll results"), description, |server, given| {
        Box::pin(async move { poll(&server, arguments(given)?).await })
    })
}

async fn poll(server: &Hn, Which { id }: Which) -> Outcome {
    let deadline = server.api.deadline();
    let read = async |id| {
        let read = server.api.before(deadline, server.api.item(id)).await;
        read.map_err(|error| missing_or(&error, &format!("item {id}"), NO_ITEM))
    };
    let mut poll = read(id).await?.value;
    if let Some(owner) = poll.poll {
        poll = read(owner).await?.value;
    }
    let Some(parts) = &poll.parts else {
        let kind = poll.kind.as_deref().unwrap_or("item");
        return Err(format!("Item {id} is a {kind}, not a poll."));
    };
    let parts = &parts[..parts.len().min(MAX_OPTIONS)];
    let sorted = Sorted::new(server.api.items(parts, deadline).await)?;
    let shown = sorted.found.iter().filter(|option| option.is_shown());
    let mut options: Vec<_> = shown
        .map(|option| Choice {
            id: option.id,
            text: text(option.text.as_deref()).unwrap_or_default(),
            votes: option.score.unwrap_or(0).max(0),
            share: 0.0,
        })
        .collect();
    let votes = options
        .iter()
        .fold(0_i64, |sum, option| sum.saturating_add(option.votes));
    for option in &mut options {
        option.share = if votes == 0 {
            0.0
        } else {
            option.votes as f64 / votes as f64
        };
    }
    options.sort_by_key(|option| std::cmp::Reverse(option.votes));
    Ok(structured(&Results {
        poll: Shown::from(&*poll),
        options,
        votes,
        skipped: sorted.skipped,
    }))
}
