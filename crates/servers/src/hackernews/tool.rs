//! The one tool: its definition and the shape of its result.

use std::sync::{Arc, LazyLock};

use rmcp::model::{CallToolResult, ContentBlock, JsonObject, MetaObject, Tool};
use serde_json::json;

use super::{
    arguments::Ranking,
    stories::{Skipped, Stories},
};
use crate::source::SourceError;

pub(super) const NAME: &str = "get-hackernews-top-stories";

/// Key in the result's `_meta` that tells which stories could not be fetched. Not a content
/// block: every block is a story, and clients parse each as JSON.
const SKIPPED_META: &str = "pontoon/skipped";

/// The tool as `tools/list` shows it.
pub(super) fn definition() -> Tool {
    static SCHEMA: LazyLock<Arc<JsonObject>> = LazyLock::new(|| Arc::new(schema()));
    Tool::new(NAME, "Get the stories from Hacker News", Arc::clone(&SCHEMA))
}

fn schema() -> JsonObject {
    let schema = json!({
        "type": "object",
        "properties": {
            "type": { "type": "string", "enum": Ranking::ALL.map(Ranking::name) },
            "amount": { "type": "number", "minimum": 1, "maximum": 500, "default": 10 },
        },
        "required": ["type"],
        "additionalProperties": false,
        "$schema": "http://json-schema.org/draft-07/schema#",
    });
    serde_json::from_value(schema).expect("the literal above is an object")
}

/// A story is a text block; an API that fails as a whole is an error the model can read.
pub(super) fn result(outcome: Result<Stories, Arc<SourceError>>) -> CallToolResult {
    match outcome {
        Ok(stories) => {
            // Not `CallToolResult::success`: the contract has no `isError` member.
            let mut result = CallToolResult::default();
            result.content = stories
                .shown
                .iter()
                .map(|story| ContentBlock::text(&**story))
                .collect();
            result.with_meta(skipped_meta(&stories.skipped))
        }
        Err(error) => CallToolResult::error(vec![ContentBlock::text(format!(
            "Hacker News could not be read: {error}. Try again in a minute."
        ))]),
    }
}

fn skipped_meta(skipped: &[Skipped]) -> Option<MetaObject> {
    if skipped.is_empty() {
        return None;
    }
    let skipped: Vec<_> = skipped
        .iter()
        .map(|story| json!({ "id": story.id, "reason": story.error.to_string() }))
        .collect();
    let mut meta = MetaObject::new();
    meta.0.insert(SKIPPED_META.to_owned(), skipped.into());
    Some(meta)
}
