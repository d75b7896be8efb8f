//! `hn_item`: one item of any kind.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::missing_or;
use crate::{
    hn::{Hn, model::Shown},
    toolbox::{Entry, Outcome, arguments, structured},
};

pub(super) const NO_ITEM: &str =
    "Ids are the numbers in `item?id=…`; `hn_search` finds items by their words.";

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct One {
    /// The item's id: the number in `item?id=…`.
    id: u64,
}

#[derive(Serialize, JsonSchema)]
struct WithKids {
    item: Shown,
    /// Ids of its replies, the best first.
    kids: Vec<u64>,
    /// Ids of a poll's options.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    parts: Vec<u64>,
}

pub(super) fn tool() -> Entry<Hn> {
    let description =
        "One item: a story, comment, job, poll or option of a poll. For its discussion use `hn_thread`.";
    Entry::new::<One, WithKids>(("hn_item", "Item"), description, |server, given| {
        Box::pin(async move { item(&server, arguments(given)?).await })
    })
}

async fn item(server: &Hn, One { id }: One) -> Outcome {
    let read = server
        .api
        .before(server.api.deadline(), server.api.item(id))
        .await;
    let item = read
        .map_err(|error| missing_or(&error, &format!("item {id}"), NO_ITEM))?
        .value;
    Ok(structured(&WithKids {
        item: Shown::from(&*item),
        kids: item.kids().to_vec(),
        parts: item.parts.clone().unwrap_or_default(),
    }))
}
