//! Questions the official conformance suite expects of 2026-07-28 servers. It looks at the keys of
//! `inputRequests`, at `requestState` and at how the rounds follow each other; see
//! [`Exchange`](crate::showcase::exchange) for who does what. They work in every era.

use rmcp::model::ElicitResult;
use serde_json::{Map, Value, json};

use super::{
    questions::{spoken, told},
    text,
};
use crate::showcase::{
    catalogue::{Entry, Nothing},
    exchange::{Exchange, Outcome},
    questions::{Elicit, Question, Roots, Sample},
};

pub(super) fn tools() -> Vec<Entry> {
    vec![
        Entry::new::<Nothing>("test_streaming_elicitation", "Asks for a value", |exchange| {
            Box::pin(streaming_elicitation(exchange))
        }),
        Entry::new::<Nothing>(
            "test_input_required_result_elicitation",
            "Asks for a name",
            |exchange| Box::pin(elicitation(exchange)),
        ),
        Entry::new::<Nothing>(
            "test_input_required_result_sampling",
            "Asks the client's model",
            |exchange| Box::pin(sampling(exchange)),
        ),
        Entry::new::<Nothing>(
            "test_input_required_result_list_roots",
            "Asks for the roots",
            |exchange| Box::pin(list_roots(exchange)),
        ),
        Entry::new::<Nothing>(
            "test_input_required_result_request_state",
            "Asks to confirm and wants its state back",
            |exchange| Box::pin(confirmation(exchange)),
        ),
        Entry::new::<Nothing>(
            "test_input_required_result_tampered_state",
            "Asks to confirm and refuses a changed state",
            |exchange| Box::pin(confirmation(exchange)),
        ),
        Entry::new::<Nothing>(
            "test_input_required_result_multiple_inputs",
            "Asks three things at once",
            |exchange| Box::pin(multiple_inputs(exchange)),
        ),
        Entry::new::<Nothing>(
            "test_input_required_result_multi_round",
            "Asks two things, one after the other",
            |exchange| Box::pin(multi_round(exchange)),
        ),
        Entry::new::<Nothing>(
            "test_input_required_result_capabilities",
            "Asks only what the client can answer",
            |exchange| Box::pin(capabilities(exchange)),
        ),
    ]
}

/// A form with one required field.
fn field(message: &str, name: &str, kind: &str) -> Elicit {
    let properties = Map::from_iter([(name.to_owned(), json!({ "type": kind }))]);
    Elicit::form(
        message,
        json!({ "type": "object", "properties": properties, "required": [name] }),
    )
}

fn name() -> Elicit {
    field("What is your name?", "name", "string")
}

fn greeting() -> Sample {
    Sample::prompt("Generate a greeting", 50)
}

/// What the user typed into a field of [`field`].
fn typed<'a>(answer: &'a ElicitResult, name: &str) -> &'a str {
    answer
        .content
        .as_ref()
        .and_then(|content| content.get(name))
        .and_then(Value::as_str)
        .unwrap_or("nobody")
}

async fn streaming_elicitation(mut exchange: Exchange) -> Outcome {
    let answer = exchange
        .ask("value", field("Provide a value", "value", "string"))
        .await?;
    Ok(text(told(&answer)))
}

async fn elicitation(mut exchange: Exchange) -> Outcome {
    let answer = exchange.ask("user_name", name()).await?;
    Ok(text(format!("Hello, {}!", typed(&answer, "name"))))
}

async fn sampling(mut exchange: Exchange) -> Outcome {
    let question = Sample::prompt("What is the capital of France?", 100);
    let answer = exchange.ask("capital_question", question).await?;
    Ok(text(spoken(&answer)))
}

async fn list_roots(mut exchange: Exchange) -> Outcome {
    let answer = exchange.ask("client_roots", Roots).await?;
    let uris: Vec<_> = answer.roots.iter().map(|root| root.uri.as_str()).collect();
    Ok(text(format!("Roots: {}", uris.join(", "))))
}

async fn confirmation(mut exchange: Exchange) -> Outcome {
    exchange.require_state();
    let answer = exchange
        .ask("confirm", field("Please confirm", "ok", "boolean"))
        .await?;
    Ok(text(format!("state-ok: {}", told(&answer))))
}

async fn multiple_inputs(mut exchange: Exchange) -> Outcome {
    exchange.require_state();
    let (name, greeting, roots) = exchange
        .request_three(
            ("user_name", name()),
            ("greeting", greeting()),
            ("client_roots", Roots),
        )
        .await?;
    let (Some(name), Some(greeting), Some(roots)) = (name, greeting, roots) else {
        return Err(exchange.input_required());
    };
    let (name, greeting, roots) = (typed(&name, "name"), spoken(&greeting), roots.roots.len());
    Ok(text(format!("{greeting} ({name}, {roots} roots)")))
}

async fn multi_round(mut exchange: Exchange) -> Outcome {
    exchange.require_state();
    let name = exchange
        .ask("step1", field("Step 1: What is your name?", "name", "string"))
        .await?;
    let color = exchange
        .ask(
            "step2",
            field("Step 2: What is your favorite color?", "color", "string"),
        )
        .await?;
    Ok(text(format!(
        "{} likes {}.",
        typed(&name, "name"),
        typed(&color, "color")
    )))
}

async fn capabilities(mut exchange: Exchange) -> Outcome {
    let client = exchange.capabilities();
    let mut asked = Vec::new();
    let mut open = false;
    if name().is_allowed_by(&client) {
        open |= exchange.request("user_name", name()).await?.is_none();
        asked.push("elicitation");
    }
    if greeting().is_allowed_by(&client) {
        open |= exchange.request("greeting", greeting()).await?.is_none();
        asked.push("sampling");
    }
    if Roots.is_allowed_by(&client) {
        open |= exchange.request("client_roots", Roots).await?.is_none();
        asked.push("roots");
    }
    if open {
        return Err(exchange.input_required());
    }
    Ok(text(format!(
        "Asked what the client can answer: {}.",
        asked.join(", ")
    )))
}
