//! `list_sources`: which ids there are.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    newsnow::{NewsNow, catalogue::Listed},
    toolbox::{Entry, Outcome, arguments, told},
};

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Filter {
    /// Only sources of this column: china, world, tech, finance or sports.
    column: Option<String>,
    /// Only sources of this type: hottest or realtime.
    #[serde(rename = "type")]
    kind: Option<String>,
}

#[derive(Serialize, JsonSchema)]
struct Sources {
    sources: Vec<SourceInfo>,
    /// Short ids, and the sources that they stand for.
    redirects: BTreeMap<String, String>,
    /// Why a newer table could not be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    outdated: Option<String>,
}

#[derive(Serialize, JsonSchema)]
struct SourceInfo {
    id: String,
    name: String,
    /// `hottest`: ranked. `realtime`: newest first.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    kind: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    column: Option<String>,
    /// How often NewsNow looks for news.
    interval_minutes: u64,
}

pub(super) fn tool() -> Entry<NewsNow> {
    let description = "All sources with their ids and names, for `get_hotest_latest_news` and the others. \
        Ids that are not listed are passed on to NewsNow all the same.";
    Entry::new::<Filter, Sources>(("list_sources", "List sources"), description, |server, given| {
        Box::pin(async move { sources(&server, arguments(given)?).await })
    })
}

async fn sources(server: &NewsNow, filter: Filter) -> Outcome {
    let (catalogue, trouble) = server.api.catalogue().await;
    let matching = catalogue
        .sources
        .iter()
        .filter(|(_, source)| filter.lets_pass(source));
    let sources: Vec<_> = matching.map(|(id, source)| SourceInfo::new(id, source)).collect();
    let lines: Vec<_> = sources
        .iter()
        .map(|it| format!("{}: {}", it.id, it.name))
        .collect();
    let text = if lines.is_empty() {
        "No source is like that. Columns are china, world, tech, finance and sports; types are hottest and realtime."
            .to_owned()
    } else {
        lines.join("\n")
    };
    let result = Sources {
        sources,
        redirects: catalogue.redirects.clone(),
        outdated: trouble.map(|error| error.to_string()),
    };
    Ok(told(vec![text], &result))
}

impl Filter {
    fn lets_pass(&self, source: &Listed) -> bool {
        let fits = |wanted: &Option<String>, has: &Option<String>| wanted.is_none() || wanted == has;
        fits(&self.column, &source.column) && fits(&self.kind, &source.kind)
    }
}

impl SourceInfo {
    fn new(id: &str, source: &Listed) -> Self {
        Self {
            id: id.to_owned(),
            name: source.name.clone(),
            kind: source.kind.clone(),
            column: source.column.clone(),
            interval_minutes: source.minutes(),
        }
    }
}
