//! What the servers with many tools share: the list of tools, their arguments and their results.

use std::{fmt::Display, pin::Pin, sync::Arc};

use rmcp::{
    ErrorData, RoleServer,
    model::{
        CallToolRequestParams, CallToolResponse, CallToolResult, ContentBlock, JsonObject, ListToolsResult,
        PaginatedRequestParams, Tool, ToolAnnotations,
    },
    service::RequestContext,
};
use schemars::JsonSchema;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

/// A tool's body under way.
pub(crate) type Running = Pin<Box<dyn Future<Output = Outcome> + Send>>;

/// What a body returns; a failure is a text for the model.
pub(crate) type Outcome = Result<CallToolResult, String>;

/// A tool of the server `S` that reads the outside world and changes nothing.
pub(crate) struct Entry<S> {
    pub(crate) definition: Tool,
    pub(crate) body: fn(S, JsonObject) -> Running,
}

impl<S> Entry<S> {
    /// A tool whose input schema is derived from `A` and whose output schema from `R`.
    pub(crate) fn new<A: JsonSchema + 'static, R: JsonSchema + 'static>(
        (name, title): (&'static str, &'static str),
        description: impl Into<String>,
        body: fn(S, JsonObject) -> Running,
    ) -> Self {
        let mut definition = Tool::new_with_raw(name, Some(description.into().into()), JsonObject::new())
            .with_input_schema::<A>()
            .with_output_schema::<R>();
        definition.title = Some(title.to_owned());
        definition.annotations = Some(ToolAnnotations::new().read_only(true).open_world(true));
        without_rust_formats(Arc::make_mut(&mut definition.input_schema));
        if let Some(schema) = &mut definition.output_schema {
            without_rust_formats(Arc::make_mut(schema));
        }
        Self { definition, body }
    }
}

/// The tool of this name.
pub(crate) fn find<'e, S>(entries: &'e [Entry<S>], name: &str) -> Option<&'e Entry<S>> {
    entries.iter().find(|entry| entry.definition.name == name)
}

/// What `tools/list` shows.
pub(crate) fn list<S>(entries: &[Entry<S>]) -> ListToolsResult {
    let tools = entries.iter().map(|entry| entry.definition.clone());
    ListToolsResult::with_all_items(tools.collect())
}

/// Serves a `tools/call`.
pub(crate) async fn call<S>(
    entries: &[Entry<S>],
    server: S,
    request: CallToolRequestParams,
    context: &RequestContext<RoleServer>,
) -> Result<CallToolResponse, ErrorData> {
    let Some(entry) = find(entries, &request.name) else {
        let message = format!("unknown tool `{}`", request.name);
        return Err(ErrorData::invalid_params(message, None));
    };
    tokio::select! {
        outcome = (entry.body)(server, request.arguments.unwrap_or_default()) => {
            let failed = |text| CallToolResult::error(vec![ContentBlock::text(text)]);
            Ok(outcome.unwrap_or_else(failed).into())
        }
        // The client no longer waits: `rmcp` discards this answer (basic/utilities/cancellation).
        () = context.ct.cancelled() => Err(ErrorData::internal_error("the call was cancelled", None)),
    }
}

/// Takes out what `schemars` says of the size of Rust's numbers (`"format": "uint32"`), which JSON
/// Schema does not know and validators warn of.
pub(crate) fn without_rust_formats(schema: &mut JsonObject) {
    if schema
        .get("format")
        .and_then(Value::as_str)
        .is_some_and(|format| format.starts_with("uint") || format == "double" || format.starts_with("int"))
    {
        schema.remove("format");
    }
    for value in schema.values_mut() {
        match value {
            Value::Object(inner) => without_rust_formats(inner),
            Value::Array(list) => list
                .iter_mut()
                .filter_map(Value::as_object_mut)
                .for_each(without_rust_formats),
            _ => {}
        }
    }
}

/// The arguments, in the shape the input schema was derived from.
///
/// What does not fit is told as a tool's failure, not as a protocol error, so that a model reads it and
/// corrects itself (2025-11-25, server/tools, "Error Handling").
pub(crate) fn arguments<A: DeserializeOwned>(arguments: JsonObject) -> Result<A, String> {
    serde_json::from_value(Value::Object(arguments))
        .map_err(|error| format!("The arguments do not fit the tool's input schema: {error}."))
}

/// A number within its range, or what is allowed.
pub(crate) fn within<N: PartialOrd + Display + Copy>(
    name: &str,
    value: N,
    least: N,
    most: N,
) -> Result<N, String> {
    if value >= least && value <= most {
        Ok(value)
    } else {
        Err(format!("`{name}` is {value}; allowed is {least} to {most}."))
    }
}

/// A structured result, and the same as text for clients that show text only.
pub(crate) fn structured(result: &impl Serialize) -> CallToolResult {
    CallToolResult::structured(value(result))
}

/// A structured result beside texts made for reading.
pub(crate) fn told(texts: Vec<String>, result: &impl Serialize) -> CallToolResult {
    let mut told = CallToolResult::structured(value(result));
    told.content = texts.into_iter().map(ContentBlock::text).collect();
    told
}

/// A type of ours as JSON.
pub(crate) fn value(result: &impl Serialize) -> Value {
    serde_json::to_value(result).expect("our results are maps with text keys and finite numbers")
}

/// A list has one page here, so no cursor was ever given out.
pub(crate) fn first_page(page: Option<PaginatedRequestParams>) -> Result<(), ErrorData> {
    match page.and_then(|page| page.cursor) {
        None => Ok(()),
        Some(_) => Err(ErrorData::invalid_params(
            "unknown cursor; this list has one page, ask without one",
            None,
        )),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn sizes_of_rust_numbers_are_no_business_of_a_schema() {
        let mut schema = json!({
            "properties": { "a": { "type": "integer", "format": "uint32" }, "format": { "type": "string" } },
            "items": [{ "format": "double" }, { "format": "uri" }],
        });
        without_rust_formats(schema.as_object_mut().expect("an object"));
        let left = json!({
            "properties": { "a": { "type": "integer" }, "format": { "type": "string" } },
            "items": [{}, { "format": "uri" }],
        });
        assert_eq!(schema, left);
    }
}
