//! The two ways a call can fail.

use rmcp::{ErrorData, model::ErrorCode};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use crate::showcase::{
    catalogue::Entry,
    exchange::{Exchange, Outcome, Stop},
};

pub(super) fn tools() -> Vec<Entry> {
    vec![
        Entry::new::<Fail>("fail", "Fails with an error the model can read", |exchange| {
            Box::pin(fail(exchange))
        })
        .titled("Fail")
        .read_only(),
        Entry::new::<FailProtocol>("fail_protocol", "Fails with a JSON-RPC error", |exchange| {
            Box::pin(fail_protocol(exchange))
        })
        .titled("Fail as a protocol")
        .read_only(),
    ]
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Fail {
    /// The error's text.
    #[serde(default = "on_purpose")]
    message: String,
}

fn on_purpose() -> String {
    "This failed on purpose.".to_owned()
}

async fn fail(exchange: Exchange) -> Outcome {
    let Fail { message } = exchange.arguments()?;
    Err(Stop::Failed(message))
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct FailProtocol {
    /// The error's code.
    #[serde(default = "internal_error")]
    code: i32,
    /// The error's message.
    #[serde(default = "on_purpose")]
    message: String,
    /// The error's data.
    #[serde(default)]
    data: Option<Value>,
}

fn internal_error() -> i32 {
    ErrorCode::INTERNAL_ERROR.0
}

async fn fail_protocol(exchange: Exchange) -> Outcome {
    let FailProtocol { code, message, data } = exchange.arguments()?;
    Err(Stop::Refused(ErrorData::new(ErrorCode(code), message, data)))
}
