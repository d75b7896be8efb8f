//! `hn_updates`: what changed of late.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::trouble;
use crate::{
    hn::Hn,
    toolbox::{Entry, arguments, structured},
};

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Nothing {}

#[derive(Serialize, JsonSchema)]
pub(in crate::hn) struct Changes {
    /// Ids of items that changed.
    items: Vec<u64>,
    /// Users whose profiles changed.
    profiles: Vec<String>,
    /// The newest item's id. Ids count up, so whoever counts down from it sees everything.
    max_item: u64,
}

pub(super) fn tool() -> Entry<Hn> {
    let description =
        "Ids of items and names of users that changed in the last moments, and the id of the newest item.";
    Entry::new::<Nothing, Changes>(("hn_updates", "Updates"), description, |server, given| {
        Box::pin(async move {
            let Nothing {} = arguments(given)?;
            Ok(structured(&changes(&server).await?))
        })
    })
}

pub(in crate::hn) async fn changes(server: &Hn) -> Result<Changes, String> {
    let deadline = server.api.deadline();
    let (updates, newest) = tokio::join!(
        server.api.before(deadline, server.api.updates()),
        server.api.before(deadline, server.api.newest_id())
    );
    let updates = updates.map_err(|error| trouble(&error))?.value;
    let newest = newest.map_err(|error| trouble(&error))?.value;
    Ok(Changes {
        items: updates.items.clone(),
        profiles: updates.profiles.clone(),
        max_item: *newest,
    })
}
