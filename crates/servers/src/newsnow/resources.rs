//! `news://source/{id}`: each source's list as a resource, which can be watched.

use std::sync::Arc;

use rmcp::{
    ErrorData,
    model::{
        CompleteRequestParams, CompleteResult, CompletionInfo, ReadResourceResult, Reference, Resource,
        ResourceContents, ResourceTemplate,
    },
};
use serde_json::json;
use tokio::sync::mpsc;

use super::{
    api::{Api, Failure},
    catalogue::{Catalogue, is_id},
    decode::{Item, List},
};
use crate::{toolbox::value, watchers::Observe};

const PREFIX: &str = "news://source/";
const TEMPLATE: &str = "news://source/{id}";
/// What `completion/complete` returns at most (server/utilities/completion).
const MAX_COMPLETIONS: usize = 100;

/// The id in a URI of ours.
pub(super) fn id_of(uri: &str) -> Option<&str> {
    uri.strip_prefix(PREFIX).filter(|id| is_id(id))
}

pub(super) fn list(catalogue: &Catalogue) -> Vec<Resource> {
    let sources = catalogue.sources.iter();
    let resource = sources.map(|(id, source)| {
        Resource::new(format!("{PREFIX}{id}"), id.clone())
            .with_title(source.name.clone())
            .with_description(format!(
                "The current list of {}; subscribe to hear of changes",
                source.name
            ))
            .with_mime_type("application/json")
    });
    resource.collect()
}

pub(super) fn templates() -> Vec<ResourceTemplate> {
    vec![
        ResourceTemplate::new(TEMPLATE, "source")
            .with_title("Source")
            .with_description("The current list of a source; subscribe to hear of changes")
            .with_mime_type("application/json"),
    ]
}

pub(super) async fn read(uri: &str, api: &Api) -> Result<ReadResourceResult, ErrorData> {
    let id = id_of(uri).ok_or_else(|| not_found(uri))?;
    let list = match api.one(id).await {
        Ok(list) => list,
        Err(failure) if failure.blames_the_id() => return Err(not_found(uri)),
        Err(failure) => return Err(unreadable(&failure)),
    };
    let text = json!({
        "id": list.id,
        "updated": list.updated,
        "items": list.items.iter().map(value).collect::<Vec<_>>(),
    });
    let contents = ResourceContents::text(text.to_string(), uri).with_mime_type("application/json");
    Ok(ReadResourceResult::new(vec![contents]))
}

pub(super) fn not_found(uri: &str) -> ErrorData {
    let message = format!("there is no resource `{uri}`; they are called `{TEMPLATE}`");
    ErrorData::resource_not_found(message, Some(json!({ "uri": uri })))
}

fn unreadable(failure: &Failure) -> ErrorData {
    ErrorData::internal_error(format!("the source could not be read: {failure}"), None)
}

/// Ids that start like what the user typed.
pub(super) fn complete(
    request: &CompleteRequestParams,
    catalogue: &Catalogue,
) -> Result<CompleteResult, ErrorData> {
    let is_ours = matches!(&request.r#ref, Reference::Resource(template) if template.uri == TEMPLATE);
    if !is_ours || request.argument.name != "id" {
        let message = format!("there is nothing to complete but `id` of `{TEMPLATE}`");
        return Err(ErrorData::invalid_params(message, None));
    }
    let typed = request.argument.value.to_lowercase();
    let ids = catalogue.sources.keys().chain(catalogue.redirects.keys());
    let ids = ids.filter(|id| id.starts_with(&typed)).take(MAX_COMPLETIONS);
    let completion = CompletionInfo::with_all_values(ids.cloned().collect());
    Ok(CompleteResult::new(
        completion.expect("they are within the bound"),
    ))
}

impl Observe for Api {
    /// Looks at the source as often as NewsNow itself does, unless told otherwise.
    async fn observe(&self, uri: String, changed: mpsc::Sender<()>) {
        let Some(id) = id_of(&uri) else { return };
        let own = || self.built_in().interval(id);
        let interval = self.settings.poll_interval.unwrap_or_else(own);
        let mut known: Option<Arc<[Item]>> = None;
        while !changed.is_closed() {
            match self
                .list_no_older(interval.min(self.settings.fresh_for), id)
                .await
            {
                Ok(held) => {
                    let is_news = known.as_ref().is_some_and(|known| differ(known, &held.value));
                    known = Some(Arc::clone(&held.value.items));
                    if is_news {
                        // A full channel holds an untold change already.
                        let _ = changed.try_send(());
                    }
                }
                Err(error) => tracing::debug!(%error, id, "a watched source could not be read"),
            }
            tokio::time::sleep(interval).await;
        }
    }
}

/// Points and the like change with every look; what is news is which items there are, in what order.
fn differ(known: &[Item], list: &List) -> bool {
    let key = |item: &Item| (item.id.clone(), item.title.clone());
    !known.iter().map(key).eq(list.items.iter().map(key))
}
