//! Questions the official conformance suite expects of legacy servers. They work in every era.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;

use super::{
    questions::{spoken, told},
    text,
};
use crate::showcase::{
    catalogue::{Entry, Nothing},
    exchange::{Exchange, Outcome},
    questions::{Elicit, Sample},
};

pub(super) fn tools() -> Vec<Entry> {
    vec![
        Entry::new::<Prompt>("test_sampling", "Asks the client's model", |exchange| {
            Box::pin(sampling(exchange))
        }),
        Entry::new::<Message>("test_elicitation", "Asks for a name and an address", |exchange| {
            Box::pin(elicitation(exchange))
        }),
        Entry::new::<Nothing>(
            "test_elicitation_sep1034_defaults",
            "Asks with a default for every field",
            |exchange| Box::pin(defaults(exchange)),
        ),
        Entry::new::<Nothing>(
            "test_elicitation_sep1330_enums",
            "Asks to choose in each of the five ways",
            |exchange| Box::pin(enums(exchange)),
        ),
    ]
}

#[derive(Deserialize, JsonSchema)]
struct Prompt {
    /// What to ask the model.
    prompt: String,
}

async fn sampling(mut exchange: Exchange) -> Outcome {
    let Prompt { prompt } = exchange.arguments()?;
    let answer = exchange.ask("sampling", Sample::prompt(&prompt, 100)).await?;
    Ok(text(format!("LLM response: {}", spoken(&answer))))
}

#[derive(Deserialize, JsonSchema)]
struct Message {
    /// What to show the user.
    message: String,
}

async fn elicitation(mut exchange: Exchange) -> Outcome {
    let Message { message } = exchange.arguments()?;
    let form = Elicit::form(
        message,
        json!({
            "type": "object",
            "properties": {
                "username": { "type": "string", "description": "User's response" },
                "email": { "type": "string", "description": "User's email address" },
            },
            "required": ["username", "email"],
        }),
    );
    let answer = exchange.ask("elicitation", form).await?;
    Ok(text(format!("User response: {}", told(&answer))))
}

async fn defaults(mut exchange: Exchange) -> Outcome {
    let form = Elicit::form(
        "Please review these values.",
        json!({
            "type": "object",
            "properties": {
                "name": { "type": "string", "default": "John Doe" },
                "age": { "type": "integer", "default": 30 },
                "score": { "type": "number", "default": 95.5 },
                "status": { "type": "string", "enum": ["active", "inactive", "pending"], "default": "active" },
                "verified": { "type": "boolean", "default": true },
            },
        }),
    );
    let answer = exchange.ask("defaults", form).await?;
    Ok(text(format!("Elicitation completed: {}", told(&answer))))
}

async fn enums(mut exchange: Exchange) -> Outcome {
    let form = Elicit::form(
        "Please choose.",
        json!({
            "type": "object",
            "properties": {
                "untitledSingle": { "type": "string", "enum": ["option1", "option2", "option3"] },
                "titledSingle": {
                    "type": "string",
                    "oneOf": [
                        { "const": "value1", "title": "First Option" },
                        { "const": "value2", "title": "Second Option" },
                        { "const": "value3", "title": "Third Option" },
                    ],
                },
                "legacyEnum": {
                    "type": "string",
                    "enum": ["opt1", "opt2", "opt3"],
                    "enumNames": ["Option One", "Option Two", "Option Three"],
                },
                "untitledMulti": {
                    "type": "array",
                    "items": { "type": "string", "enum": ["option1", "option2", "option3"] },
                },
                "titledMulti": {
                    "type": "array",
                    "items": {
                        "anyOf": [
                            { "const": "value1", "title": "First Choice" },
                            { "const": "value2", "title": "Second Choice" },
                            { "const": "value3", "title": "Third Choice" },
                        ],
                    },
                },
            },
        }),
    );
    let answer = exchange.ask("enums", form).await?;
    Ok(text(format!("Elicitation completed: {}", told(&answer))))
}
