//! Plain and structured results.

use rmcp::model::CallToolResult;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::text;
use crate::showcase::{
    catalogue::Entry,
    exchange::{Exchange, Outcome, Stop},
};

/// Largest text `big` returns, in bytes.
const MAX_BIG: usize = 64 * 1024 * 1024;

pub(super) fn tools() -> Vec<Entry> {
    vec![
        Entry::new::<Echo>("echo", "Sends your message back", |exchange| {
            Box::pin(echo(exchange))
        })
        .titled("Echo")
        .read_only(),
        Entry::new::<Add>("add", "Adds two numbers; the result is structured", |exchange| {
            Box::pin(add(exchange))
        })
        .returning::<Sum>()
        .titled("Add")
        .read_only(),
        Entry::new::<Big>("big", "Returns a text of the given size", |exchange| {
            Box::pin(big(exchange))
        })
        .titled("Big result")
        .read_only(),
        Entry::new::<Region>(
            "region",
            "Says which region it was called for; from 2026-07-28 on the client sends the argument as an \
             HTTP header too",
            |exchange| Box::pin(region(exchange)),
        )
        .titled("Region")
        .read_only(),
    ]
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Echo {
    /// What to send back.
    message: String,
}

async fn echo(exchange: Exchange) -> Outcome {
    let Echo { message } = exchange.arguments()?;
    Ok(text(message))
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Add {
    a: f64,
    b: f64,
}

#[derive(Serialize, JsonSchema)]
struct Sum {
    sum: f64,
}

async fn add(exchange: Exchange) -> Outcome {
    let Add { a, b } = exchange.arguments()?;
    let sum = serde_json::to_value(Sum { sum: a + b }).expect("a struct of one number is JSON");
    Ok(CallToolResult::structured(sum))
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Big {
    /// Size of the text in bytes, up to 67108864.
    #[serde(default = "mebibyte")]
    bytes: usize,
}

fn mebibyte() -> usize {
    1024 * 1024
}

async fn big(exchange: Exchange) -> Outcome {
    const LINE: &str = "The quick brown fox jumps over the lazy dog, again and again. \n";
    let Big { bytes } = exchange.arguments()?;
    if bytes > MAX_BIG {
        return Err(Stop::Failed(format!(
            "`bytes` is {bytes}; allowed is up to {MAX_BIG}."
        )));
    }
    let mut body = LINE.repeat(bytes.div_ceil(LINE.len()));
    body.truncate(bytes);
    Ok(text(body))
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Region {
    /// The region, for example `eu-west`.
    #[schemars(extend("x-mcp-header" = "Region"))]
    region: String,
}

async fn region(exchange: Exchange) -> Outcome {
    let Region { region } = exchange.arguments()?;
    Ok(text(format!("Called for region {region}.")))
}
