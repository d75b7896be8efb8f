//! Tools that ask: the client's model, its user, its roots.

use rmcp::model::{CreateMessageResult, ElicitResult, ElicitationAction, ToolAnnotations};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;

use super::text;
use crate::showcase::{
    catalogue::{Entry, Nothing},
    exchange::{Era, Exchange, Outcome},
    questions::{Elicit, Roots, Sample},
};

pub(super) fn tools() -> Vec<Entry> {
    let asks = || ToolAnnotations::new().read_only(true).open_world(true);
    vec![
        Entry::new::<Prompt>("sample", "Asks your client's model", |exchange| {
            Box::pin(sample(exchange))
        })
        .titled("Sample")
        .hinted(asks()),
        Entry::new::<Nothing>(
            "elicit_form",
            "Asks you to fill in a form with every kind of field",
            |exchange| Box::pin(elicit_form(exchange)),
        )
        .titled("Fill in a form")
        .hinted(asks()),
        Entry::new::<Nothing>(
            "elicit_enum",
            "Asks you to choose, once and several times",
            |exchange| Box::pin(elicit_enum(exchange)),
        )
        .titled("Choose")
        .hinted(asks()),
        Entry::new::<Nothing>("elicit_url", "Asks you to visit a page", |exchange| {
            Box::pin(elicit_url(exchange))
        })
        .titled("Visit a page")
        .hinted(asks()),
        Entry::new::<Nothing>("roots", "Lists the folders your client works in", |exchange| {
            Box::pin(roots(exchange))
        })
        .titled("Roots")
        .hinted(asks()),
    ]
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Prompt {
    /// What to ask the model.
    prompt: String,
    /// Longest answer, in tokens.
    #[serde(default = "hundred")]
    max_tokens: u32,
}

fn hundred() -> u32 {
    100
}

async fn sample(mut exchange: Exchange) -> Outcome {
    let Prompt { prompt, max_tokens } = exchange.arguments()?;
    let answer = exchange
        .ask("sample", Sample::prompt(&prompt, max_tokens))
        .await?;
    Ok(text(format!("{} answered: {}", answer.model, spoken(&answer))))
}

/// The text of a model's answer.
pub(super) fn spoken(answer: &CreateMessageResult) -> &str {
    let block = answer.message.content.iter().find_map(|block| block.as_text());
    block.map_or("(no text)", |block| &block.text)
}

async fn elicit_form(mut exchange: Exchange) -> Outcome {
    let Nothing {} = exchange.arguments()?;
    let form = Elicit::form(
        "Tell me about yourself.",
        json!({
            "type": "object",
            "properties": {
                "name": { "type": "string", "title": "Name", "minLength": 1, "maxLength": 80 },
                "email": { "type": "string", "title": "Email", "format": "email" },
                "born": { "type": "string", "title": "Date of birth", "format": "date" },
                "age": { "type": "integer", "title": "Age", "minimum": 0, "maximum": 150, "default": 30 },
                "height": { "type": "number", "title": "Height in metres", "minimum": 0, "maximum": 3 },
                "newsletter": { "type": "boolean", "title": "Send me news", "default": false },
            },
            "required": ["name"],
        }),
    );
    exchange.ask("form", form).await.map(|answer| text(told(&answer)))
}

async fn elicit_enum(mut exchange: Exchange) -> Outcome {
    let Nothing {} = exchange.arguments()?;
    let form = Elicit::form(
        "Which do you like?",
        json!({
            "type": "object",
            "properties": {
                "colour": { "type": "string", "title": "Colour", "enum": ["red", "green", "blue"], "default": "green" },
                "size": {
                    "type": "string",
                    "title": "Size",
                    "oneOf": [
                        { "const": "s", "title": "Small" },
                        { "const": "m", "title": "Medium" },
                        { "const": "l", "title": "Large" },
                    ],
                },
                "toppings": {
                    "type": "array",
                    "title": "Toppings",
                    "minItems": 1,
                    "maxItems": 2,
                    "items": {
                        "anyOf": [
                            { "const": "cheese", "title": "Cheese" },
                            { "const": "olives", "title": "Olives" },
                            { "const": "onions", "title": "Onions" },
                        ],
                    },
                },
            },
            "required": ["colour"],
        }),
    );
    exchange
        .ask("choice", form)
        .await
        .map(|answer| text(told(&answer)))
}

async fn elicit_url(mut exchange: Exchange) -> Outcome {
    let Nothing {} = exchange.arguments()?;
    let id = match exchange.era() {
        Era::Legacy => format!("showcase-{}", exchange.state().next_visit()),
        Era::Modern => String::new(),
    };
    let url = "https://example.com/showcase".to_owned();
    let page = Elicit::url("Please visit this page, then come back.", url, id.clone());
    let answer = exchange.ask("page", page).await?;
    if exchange.era() == Era::Legacy && answer.action == ElicitationAction::Accept {
        exchange.elicitation_complete(&id).await;
    }
    Ok(text(told(&answer)))
}

/// What the user did, in one line.
pub(super) fn told(answer: &ElicitResult) -> String {
    let content = answer
        .content
        .as_ref()
        .map_or_else(|| "none".to_owned(), ToString::to_string);
    format!("action={}, content={content}", action(answer))
}

pub(super) fn action(answer: &ElicitResult) -> &'static str {
    match answer.action {
        ElicitationAction::Accept => "accept",
        ElicitationAction::Decline => "decline",
        ElicitationAction::Cancel => "cancel",
        _ => "unknown",
    }
}

async fn roots(mut exchange: Exchange) -> Outcome {
    let Nothing {} = exchange.arguments()?;
    let answer = exchange.ask("roots", Roots).await?;
    let lines: Vec<_> = answer
        .roots
        .iter()
        .map(|root| format!("{} ({})", root.uri, root.name.as_deref().unwrap_or("no name")))
        .collect();
    Ok(text(if lines.is_empty() {
        "Your client has no roots.".to_owned()
    } else {
        lines.join("\n")
    }))
}
