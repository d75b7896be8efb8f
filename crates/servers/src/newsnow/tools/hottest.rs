//! `get_hotest_latest_news`: one source's list. The spelling is that of the original; the right one is
//! an alias.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::{Count, DEFAULT_COUNT, Failed, HOTTEST, MAX_COUNT, SourceNews, links};
use crate::{
    newsnow::{NewsNow, catalogue::Catalogue},
    toolbox::{Entry, Outcome, arguments, told},
};

const ALIAS: &str = "get_hottest_latest_news";

#[derive(Deserialize, JsonSchema)]
struct Hottest {
    /// Replaced by the list of ids.
    id: String,
    /// How many items to return.
    #[serde(default)]
    count: Count<DEFAULT_COUNT, MAX_COUNT>,
}

pub(super) fn tools() -> Vec<Entry<NewsNow>> {
    [(HOTTEST, "Hottest or latest news"), (ALIAS, "Hottest or latest news (alias)")]
        .map(|name| {
            let description = "The hottest or latest news of one source, such as `zhihu`, `weibo` or `hackernews`, \
                in the source's own order.";
            let mut entry = Entry::<NewsNow>::new::<Hottest, SourceNews>(name, description, |server, given| {
                Box::pin(async move { hottest(&server, arguments(given)?).await })
            });
            describe_id(Arc::make_mut(&mut entry.definition.input_schema));
            entry
        })
        .into()
}

/// Lets a model choose without another call. Not an `enum`: the API may know more ids than we do.
fn describe_id(schema: &mut rmcp::model::JsonObject) {
    let names = Catalogue::built_in().sources;
    let names: Vec<_> = names
        .iter()
        .map(|(id, source)| format!("{} is {id}", source.name))
        .collect();
    let text = format!("The source's id. {}.", names.join("; "));
    if let Some(id) = schema.get_mut("properties").and_then(|it| it.get_mut("id")) {
        id["description"] = Value::from(text);
    }
}

async fn hottest(server: &NewsNow, Hottest { id, count }: Hottest) -> Outcome {
    let (catalogue, _) = server.api.catalogue().await;
    let list = match server.api.one(id.trim()).await {
        Ok(list) => list,
        Err(failure) => return Err(Failed::new(&id, &failure, &catalogue).told()),
    };
    let news = SourceNews::new(id.trim(), &list, count.0, &catalogue);
    let texts = if news.items.is_empty() {
        vec![format!("Source \"{}\" has no news at the moment.", news.id)]
    } else {
        links(&news.items)
    };
    Ok(told(texts, &news))
}
