//! Resources: fixed ones, one that changes, one that comes and goes, and two templates.

use rmcp::{
    ErrorData,
    model::{Annotations, ReadResourceResult, Resource, ResourceContents, ResourceTemplate, Role},
};
use serde_json::json;

use super::{
    assets,
    state::{Extra, State},
};

/// Changes with every `touch`.
pub(super) const COUNTER: &str = "showcase://counter";
/// Changes with every `touch`; named so by the conformance suite.
pub(super) const WATCHED: &str = "test://watched-resource";
/// What is present while `toggle_resources` is on.
pub(super) const EXTRA: &str = "showcase://extra";
pub(super) const GUIDE: &str = "showcase://guide";
const CANCELLATIONS: &str = "showcase://cancellations";
const STATIC_TEXT: &str = "test://static-text";
const STATIC_BINARY: &str = "test://static-binary";

/// Both sides of the variable part.
const GREETING: (&str, &str) = ("showcase://greeting/", "");
const DATA: (&str, &str) = ("test://template/", "/data");

/// As `completion/complete` refers to them.
pub(super) const GREETING_TEMPLATE: &str = "showcase://greeting/{name}";
pub(super) const DATA_TEMPLATE: &str = "test://template/{id}/data";

const GUIDE_TEXT: &str = include_str!("assets/guide.md");

pub(super) fn list(state: &State) -> Vec<Resource> {
    let mut list = vec![
        guide(),
        Resource::new(COUNTER, "counter")
            .with_title("Counter")
            .with_description("How often `touch` was called; subscribe to hear of each")
            .with_mime_type("text/plain"),
        Resource::new(CANCELLATIONS, "cancellations")
            .with_title("Cancelled calls")
            .with_description("How many calls of `slow` the client cancelled")
            .with_mime_type("text/plain"),
        Resource::new(STATIC_TEXT, "static-text")
            .with_description("A text that never changes")
            .with_mime_type("text/plain"),
        Resource::new(STATIC_BINARY, "static-binary")
            .with_description("An image that never changes")
            .with_mime_type(assets::PNG),
        Resource::new(WATCHED, "watched-resource")
            .with_description("A text that `touch` changes")
            .with_mime_type("text/plain"),
    ];
    if state.has(Extra::Resource) {
        list.push(
            Resource::new(EXTRA, "extra")
                .with_description("Here because `toggle_resources` added it")
                .with_mime_type("text/plain"),
        );
    }
    list
}

/// What there is to try, for people; also used as a link in a tool's result.
pub(super) fn guide() -> Resource {
    Resource::new(GUIDE, "guide")
        .with_title("Guide")
        .with_description("What this server can do, tool by tool")
        .with_mime_type("text/markdown")
        .with_size(GUIDE_TEXT.len() as u64)
        .with_annotations(
            Annotations::default()
                .with_audience(vec![Role::User, Role::Assistant])
                .with_priority(0.8),
        )
}

pub(super) fn templates() -> Vec<ResourceTemplate> {
    vec![
        ResourceTemplate::new(GREETING_TEMPLATE, "greeting")
            .with_title("Greeting")
            .with_description("A greeting for the given name")
            .with_mime_type("text/plain"),
        ResourceTemplate::new(DATA_TEMPLATE, "template-data")
            .with_description("Data for the given id")
            .with_mime_type("application/json"),
    ]
}

/// A resource's contents, or the error for a URI there is nothing behind.
pub(super) fn read(uri: &str, state: &State) -> Result<ReadResourceResult, ErrorData> {
    let contents = match uri {
        GUIDE => text(uri, "text/markdown", GUIDE_TEXT),
        COUNTER => text(uri, "text/plain", state.touches().to_string()),
        CANCELLATIONS => text(uri, "text/plain", state.cancellations().to_string()),
        STATIC_TEXT => text(
            uri,
            "text/plain",
            "This is the content of the static text resource.",
        ),
        STATIC_BINARY => ResourceContents::blob(assets::image(), uri).with_mime_type(assets::PNG),
        WATCHED => text(
            uri,
            "text/plain",
            format!("Watched resource, revision {}.", state.touches()),
        ),
        EXTRA if state.has(Extra::Resource) => text(uri, "text/plain", "Now you see me."),
        _ => from_template(uri).ok_or_else(|| not_found(uri))?,
    };
    Ok(ReadResourceResult::new(vec![contents]))
}

fn from_template(uri: &str) -> Option<ResourceContents> {
    if let Some(name) = variable(uri, GREETING) {
        return Some(text(uri, "text/plain", format!("Hello, {name}!")));
    }
    let id = variable(uri, DATA)?;
    let data = json!({ "id": id, "templateTest": true, "data": format!("Data for ID: {id}") });
    Some(text(uri, "application/json", data.to_string()))
}

/// The variable part of a URI that fits a template of one segment.
fn variable<'a>(uri: &'a str, (before, after): (&str, &str)) -> Option<&'a str> {
    let value = uri.strip_prefix(before)?.strip_suffix(after)?;
    (!value.is_empty() && !value.contains('/')).then_some(value)
}

fn text(uri: &str, mime_type: &str, text: impl Into<String>) -> ResourceContents {
    ResourceContents::text(text, uri).with_mime_type(mime_type)
}

/// `rmcp` gives this the code of the client's revision: -32002, or -32602 from 2026-07-28 on.
fn not_found(uri: &str) -> ErrorData {
    ErrorData::resource_not_found(
        format!("there is no resource `{uri}`"),
        Some(json!({ "uri": uri })),
    )
}
