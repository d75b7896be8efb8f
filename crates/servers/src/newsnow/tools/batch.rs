//! `get_news_batch`: several sources' lists in one call.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Count, DEFAULT_COUNT, Failed, MAX_COUNT, SourceNews, distinct, links};
use crate::{
    newsnow::{NewsNow, api::Missing},
    toolbox::{Entry, Outcome, arguments, told, within},
};

/// Sources in one call.
const MAX_IDS: usize = 60;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Batch {
    /// Ids of sources, up to 60; see `list_sources`.
    #[schemars(length(min = 1, max = 60))]
    ids: Vec<String>,
    /// How many items to return of each.
    #[serde(default)]
    count: Count<DEFAULT_COUNT, MAX_COUNT>,
}

#[derive(Serialize, JsonSchema)]
struct Together {
    /// In the order of `ids`.
    sources: Vec<SourceNews>,
    /// Sources that gave nothing, and why.
    failed: Vec<Failed>,
}

pub(super) fn tool() -> Entry<NewsNow> {
    let description = "The news of several sources in one call. Sources that fail are named in the result; the \
        others are there all the same.";
    Entry::new::<Batch, Together>(
        ("get_news_batch", "News of several sources"),
        description,
        |server, given| Box::pin(async move { batch(&server, arguments(given)?).await }),
    )
}

async fn batch(server: &NewsNow, Batch { ids, count }: Batch) -> Outcome {
    within("the number of ids", ids.len(), 1, MAX_IDS)?;
    let (catalogue, _) = server.api.catalogue().await;
    let mut together = Together {
        sources: Vec::new(),
        failed: Vec::new(),
    };
    for (id, outcome) in server.api.lists(&distinct(&ids), Missing::Asked).await {
        match outcome {
            Ok(list) => together
                .sources
                .push(SourceNews::new(&id, &list, count.0, &catalogue)),
            Err(failure) => together.failed.push(Failed::new(&id, &failure, &catalogue)),
        }
    }
    if together.sources.is_empty() {
        let told: Vec<_> = together.failed.iter().map(Failed::told).collect();
        return Err(told.join("\n"));
    }
    Ok(told(together.texts(), &together))
}

impl Together {
    /// One text per source.
    fn texts(&self) -> Vec<String> {
        let found = self.sources.iter().map(|news| {
            let name = news.name.as_deref().unwrap_or(&news.id);
            format!("## {name} ({})\n{}", news.id, links(&news.items).join("\n"))
        });
        found.chain(self.failed.iter().map(Failed::told)).collect()
    }
}
