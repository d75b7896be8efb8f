//! `hn://…`: rankings, items, threads and users as resources.

use rmcp::{
    ErrorData,
    model::{ReadResourceResult, Resource, ResourceContents, ResourceTemplate},
};
use serde::Serialize;
use serde_json::json;

use super::{
    Hn,
    model::{Feed, Shown},
    tools,
};
use crate::{source::SourceError, toolbox::value};

const UPDATES: &str = "hn://updates";
/// What a ranking's resource tells of, besides its ids.
const STORIES: usize = 30;

/// What a URI of ours stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Target {
    Feed(Feed),
    Updates,
    Item(u64),
    Thread(u64),
    User(String),
}

impl Target {
    pub(super) fn of(uri: &str) -> Option<Self> {
        let rest = uri.strip_prefix("hn://")?;
        if let Some(feed) = Feed::ALL.into_iter().find(|feed| feed.name() == rest) {
            return Some(Self::Feed(feed));
        }
        let number = |text: &str| {
            let digits = !text.starts_with('0') && text.bytes().all(|byte| byte.is_ascii_digit());
            digits.then(|| text.parse().ok()).flatten()
        };
        match rest.split_once('/') {
            None => (rest == "updates").then_some(Self::Updates),
            Some(("item", id)) => number(id).map(Self::Item),
            Some(("thread", id)) => number(id).map(Self::Thread),
            Some(("user", name)) => tools::is_name(name).then(|| Self::User(name.to_owned())),
            Some(_) => None,
        }
    }

    /// Where the API has it. A thread is as new as its item: what it holds below is not told of.
    pub(super) fn path(&self) -> Vec<String> {
        match self {
            Self::Feed(feed) => vec![feed.name().to_owned()],
            Self::Updates => vec!["updates".to_owned()],
            Self::Item(id) | Self::Thread(id) => vec!["item".to_owned(), id.to_string()],
            Self::User(name) => vec!["user".to_owned(), name.clone()],
        }
    }
}

pub(super) fn list() -> Vec<Resource> {
    let feeds = Feed::ALL.map(|feed| {
        Resource::new(format!("hn://{}", feed.name()), feed.name())
            .with_title(feed.title())
            .with_description(
                "The ranking's ids and its first stories; subscribe to hear of changes as they happen",
            )
            .with_mime_type("application/json")
    });
    let updates = Resource::new(UPDATES, "updates")
        .with_title("Updates")
        .with_description(
            "Items and profiles that changed of late; subscribe to hear of changes as they happen",
        )
        .with_mime_type("application/json");
    feeds.into_iter().chain([updates]).collect()
}

pub(super) fn templates() -> Vec<ResourceTemplate> {
    [
        (
            "hn://item/{id}",
            "item",
            "Item",
            "A story, comment, job, poll or option",
        ),
        (
            "hn://thread/{id}",
            "thread",
            "Thread",
            "An item and its comments, three levels deep and fifty in all",
        ),
        (
            "hn://user/{name}",
            "user",
            "User",
            "A user; upper and lower case differ",
        ),
    ]
    .map(|(uri, name, title, description)| {
        ResourceTemplate::new(uri, name)
            .with_title(title)
            .with_description(description)
            .with_mime_type("application/json")
    })
    .into()
}

pub(super) async fn read(uri: &str, server: &Hn) -> Result<ReadResourceResult, ErrorData> {
    let target = Target::of(uri).ok_or_else(|| not_found(uri))?;
    let deadline = server.api.deadline();
    let failed = |error: &SourceError| match error {
        SourceError::Missing(_) => not_found(uri),
        error => ErrorData::internal_error(tools::trouble(error), None),
    };
    let told = |text: String| ErrorData::internal_error(text, None);
    match target {
        Target::Feed(feed) => {
            let ranking = tools::ranking(server, feed, 0..STORIES).await.map_err(told)?;
            Ok(contents(uri, &ranking))
        }
        Target::Updates => {
            let updates = tools::changes(server).await.map_err(told)?;
            Ok(contents(uri, &updates))
        }
        Target::Item(id) => {
            let read = server.api.before(deadline, server.api.item(id)).await;
            let item = read.map_err(|error| failed(&error))?.value;
            let mut shown = value(&Shown::from(&*item));
            shown["kids"] = item.kids().into();
            Ok(contents(uri, &shown))
        }
        Target::Thread(id) => {
            let read = server.api.before(deadline, server.api.item(id)).await;
            read.map_err(|error| failed(&error))?;
            let discussion = tools::discussion(server, id, tools::Bounds::default())
                .await
                .map_err(told)?;
            Ok(contents(uri, &discussion))
        }
        Target::User(name) => {
            let read = server.api.before(deadline, server.api.user(&name)).await;
            let user = read.map_err(|error| failed(&error))?.value;
            Ok(contents(uri, &tools::ShownUser::new(&user)))
        }
    }
}

fn contents(uri: &str, body: &impl Serialize) -> ReadResourceResult {
    let text = value(body).to_string();
    ReadResourceResult::new(vec![
        ResourceContents::text(text, uri).with_mime_type("application/json"),
    ])
}

pub(super) fn not_found(uri: &str) -> ErrorData {
    ErrorData::resource_not_found(
        format!("there is no resource `{uri}`"),
        Some(json!({ "uri": uri })),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uris_are_read() {
        for (uri, target) in [
            ("hn://topstories", Some(Target::Feed(Feed::Top))),
            ("hn://jobstories", Some(Target::Feed(Feed::Job))),
            ("hn://updates", Some(Target::Updates)),
            ("hn://item/8863", Some(Target::Item(8863))),
            ("hn://thread/1", Some(Target::Thread(1))),
            ("hn://user/pg", Some(Target::User("pg".to_owned()))),
            ("hn://user/../item", None),
            ("hn://item/+1", None),
            ("hn://item/01", None),
            ("hn://item/", None),
            ("hn://item/1/2", None),
            ("hn://topstories/", None),
            ("hn://nothing", None),
            ("news://topstories", None),
        ] {
            assert_eq!(Target::of(uri), target, "{uri}");
        }
    }
}
