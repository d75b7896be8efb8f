//! `search_news`: what the sources' lists say about something.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Count, Failed, distinct};
use crate::{
    newsnow::{
        NewsNow,
        api::{Failure, Missing},
        decode::Item,
        markdown,
    },
    toolbox::{Entry, Outcome, arguments, told},
};

const DEFAULT_FOUND: usize = 20;
const MAX_FOUND: usize = 50;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Search {
    /// Words that a title or summary has to contain, all of them; upper and lower case are the same.
    #[schemars(length(min = 1))]
    keyword: String,
    /// Only in these sources. Default: all of `list_sources`.
    #[serde(default)]
    sources: Vec<String>,
    /// How many items to return.
    #[serde(default)]
    count: Count<DEFAULT_FOUND, MAX_FOUND>,
}

#[derive(Serialize, JsonSchema)]
struct FoundNews {
    found: Vec<Found>,
    /// How many there are, returned or not.
    total: usize,
    /// Sources that were looked through.
    searched: usize,
    /// Sources that NewsNow has no list of at hand; name them in `sources` to have them fetched.
    not_at_hand: Vec<String>,
    /// Sources that could not be read, and why.
    failed: Vec<Failed>,
}

#[derive(Serialize, JsonSchema)]
struct Found {
    source: String,
    item: Item,
}

pub(super) fn tool() -> Entry<NewsNow> {
    let description = "Looks through the current lists of all sources, or of some, for words in titles and \
        summaries. Without `sources` only those are looked through that NewsNow has at hand.";
    Entry::new::<Search, FoundNews>(
        ("search_news", "Search the news"),
        description,
        |server, given| Box::pin(async move { search(&server, arguments(given)?).await }),
    )
}

async fn search(server: &NewsNow, search: Search) -> Outcome {
    let words: Vec<_> = search.keyword.split_whitespace().map(str::to_lowercase).collect();
    if words.is_empty() {
        return Err("`keyword` has no word in it.".to_owned());
    }
    let (catalogue, _) = server.api.catalogue().await;
    let (ids, missing) = if search.sources.is_empty() {
        (catalogue.sources.keys().cloned().collect(), Missing::LeftOut)
    } else {
        (distinct(&search.sources), Missing::Asked)
    };
    let mut result = FoundNews {
        found: Vec::new(),
        total: 0,
        searched: 0,
        not_at_hand: Vec::new(),
        failed: Vec::new(),
    };
    for (id, outcome) in server.api.lists(&ids, missing).await {
        match outcome {
            Ok(list) => {
                result.searched += 1;
                let matching = list.items.iter().filter(|item| mentions(item, &words));
                result.found.extend(matching.map(|item| Found {
                    source: list.id.clone(),
                    item: item.clone(),
                }));
            }
            Err(Failure::NotKnownYet) => result.not_at_hand.push(id),
            Err(failure) => result.failed.push(Failed::new(&id, &failure, &catalogue)),
        }
    }
    if result.searched == 0 {
        return Err(result.nothing_searched(ids.len()));
    }
    result.total = result.found.len();
    // The best places first: what leads a list is what its readers look at.
    result.found.sort_by_key(|found| found.item.rank);
    result.found.truncate(search.count.0);
    Ok(told(result.texts(), &result))
}

fn mentions(item: &Item, words: &[String]) -> bool {
    let summary = item.summary.as_deref().unwrap_or_default();
    let text = format!("{} {summary}", item.title).to_lowercase();
    words.iter().all(|word| text.contains(word))
}

impl FoundNews {
    fn nothing_searched(&self, sources: usize) -> String {
        let why = match self.failed.first() {
            Some(failed) => failed.reason.clone(),
            None => Failure::NotKnownYet.to_string(),
        };
        format!(
            "None of {sources} sources could be looked through: {why}. Name the `sources` to have them fetched, or try \
             again in a minute."
        )
    }

    fn texts(&self) -> Vec<String> {
        if self.found.is_empty() {
            return vec![format!(
                "Nothing in the lists of {} sources. Try fewer words, or name `sources`.",
                self.searched
            )];
        }
        let line = |found: &Found| format!("{} ({})", markdown::link(&found.item), found.source);
        self.found.iter().map(line).collect()
    }
}
