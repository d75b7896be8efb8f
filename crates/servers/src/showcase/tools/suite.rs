//! Tools the official conformance suite calls by name; their texts are its own.

use std::{sync::Arc, time::Duration};

use rmcp::model::{CallToolResult, ContentBlock, LoggingLevel, ResourceContents};
use serde_json::{Value, json};

use super::{changes::toggle, text};
use crate::showcase::{
    assets,
    catalogue::{Entry, Nothing},
    exchange::{Exchange, Outcome, Stop},
    questions::Sample,
    state::Extra,
};

/// The pause the suite asks for between two notifications.
const PAUSE: Duration = Duration::from_millis(50);

pub(super) fn tools() -> Vec<Entry> {
    vec![
        Entry::new::<Nothing>("test_simple_text", "Returns a text", |_| Box::pin(simple_text())),
        Entry::new::<Nothing>("test_image_content", "Returns an image", |_| {
            Box::pin(image_content())
        }),
        Entry::new::<Nothing>("test_audio_content", "Returns a sound", |_| {
            Box::pin(audio_content())
        }),
        Entry::new::<Nothing>("test_embedded_resource", "Returns a resource", |_| {
            Box::pin(embedded_resource())
        }),
        Entry::new::<Nothing>(
            "test_multiple_content_types",
            "Returns a text, an image and a resource",
            |_| Box::pin(multiple_content_types()),
        ),
        Entry::new::<Nothing>("test_error_handling", "Fails", |_| Box::pin(error_handling())),
        Entry::new::<Nothing>(
            "test_tool_with_progress",
            "Reports progress three times",
            |exchange| Box::pin(with_progress(exchange)),
        ),
        Entry::new::<Nothing>("test_tool_with_logging", "Logs three messages", |exchange| {
            Box::pin(with_logging(exchange))
        }),
        Entry::new::<Nothing>(
            "test_logging_tool",
            "Logs if the request asks for it",
            |exchange| Box::pin(logging_tool(exchange)),
        ),
        Entry::new::<Nothing>("test_reconnection", "Takes a tenth of a second", |exchange| {
            Box::pin(reconnection(exchange))
        }),
        json_schema_2020_12(),
        Entry::new::<Nothing>(
            "test_missing_capability",
            "Needs a client that can sample",
            |exchange| Box::pin(missing_capability(exchange)),
        ),
        Entry::new::<Nothing>(
            "test_trigger_tool_change",
            "Changes the list of tools",
            |exchange| Box::pin(toggle(exchange, Extra::Tool)),
        ),
        Entry::new::<Nothing>(
            "test_trigger_prompt_change",
            "Changes the list of prompts",
            |exchange| Box::pin(toggle(exchange, Extra::Prompt)),
        ),
    ]
}

async fn simple_text() -> Outcome {
    Ok(text("This is a simple text response for testing."))
}

async fn image_content() -> Outcome {
    Ok(CallToolResult::success(vec![ContentBlock::image(
        assets::image(),
        assets::PNG,
    )]))
}

async fn audio_content() -> Outcome {
    Ok(CallToolResult::success(vec![ContentBlock::audio(
        assets::audio(),
        assets::WAV,
    )]))
}

fn resource(uri: &str, mime_type: &str, text: &str) -> ContentBlock {
    ContentBlock::resource(ResourceContents::text(text, uri).with_mime_type(mime_type))
}

async fn embedded_resource() -> Outcome {
    let text = "This is an embedded resource content.";
    Ok(CallToolResult::success(vec![resource(
        "test://embedded-resource",
        "text/plain",
        text,
    )]))
}

async fn multiple_content_types() -> Outcome {
    Ok(CallToolResult::success(vec![
        ContentBlock::text("Multiple content types test:"),
        ContentBlock::image(assets::image(), assets::PNG),
        resource(
            "test://mixed-content-resource",
            "application/json",
            r#"{"test":"data","value":123}"#,
        ),
    ]))
}

async fn error_handling() -> Outcome {
    Err(Stop::Failed(
        "This tool intentionally returns an error for testing".to_owned(),
    ))
}

async fn with_progress(exchange: Exchange) -> Outcome {
    for done in [0.0, 50.0, 100.0] {
        exchange.progress(done, 100.0, format!("{done} of 100")).await;
        exchange.sleep(PAUSE).await?;
    }
    Ok(text("Progress was reported three times."))
}

async fn with_logging(exchange: Exchange) -> Outcome {
    for message in [
        "Tool execution started",
        "Tool processing data",
        "Tool execution completed",
    ] {
        exchange.log(LoggingLevel::Info, message).await;
        exchange.sleep(PAUSE).await?;
    }
    Ok(text("Three messages were logged."))
}

async fn logging_tool(exchange: Exchange) -> Outcome {
    let sent = exchange
        .log(LoggingLevel::Info, "The request asked for log messages.")
        .await;
    Ok(text(if sent {
        "A message was logged."
    } else {
        "No message was asked for."
    }))
}

async fn reconnection(exchange: Exchange) -> Outcome {
    exchange.sleep(2 * PAUSE).await?;
    Ok(text("The answer that was to be reconnected for."))
}

async fn missing_capability(exchange: Exchange) -> Outcome {
    exchange.require(&Sample::prompt("", 1))?;
    Ok(text("The client can sample."))
}

/// Its schema uses what JSON Schema 2020-12 has beyond draft 7; the suite looks whether all of it
/// arrives. No Rust type describes it, so it is written out.
fn json_schema_2020_12() -> Entry {
    let schema = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "$defs": {
            "address": {
                "$anchor": "addressDef",
                "type": "object",
                "properties": { "street": { "type": "string" }, "city": { "type": "string" } },
            },
        },
        "properties": {
            "name": { "type": "string" },
            "address": { "$ref": "#/$defs/address" },
            "contactMethod": { "type": "string", "enum": ["phone", "email"] },
            "phone": { "type": "string" },
            "email": { "type": "string" },
        },
        "allOf": [{ "anyOf": [{ "required": ["phone"] }, { "required": ["email"] }] }],
        "if": { "properties": { "contactMethod": { "const": "phone" } }, "required": ["contactMethod"] },
        "then": { "required": ["phone"] },
        "else": { "required": ["email"] },
        "additionalProperties": false,
    });
    let description = "Tool with JSON Schema 2020-12 features";
    let mut entry = Entry::new::<Nothing>("json_schema_2020_12_tool", description, |exchange| {
        Box::pin(called_with(exchange))
    });
    entry.definition.input_schema =
        Arc::new(serde_json::from_value(schema).expect("the literal above is an object"));
    entry
}

async fn called_with(exchange: Exchange) -> Outcome {
    let arguments: Value = exchange.arguments()?;
    Ok(text(format!("Called with {arguments}")))
}
