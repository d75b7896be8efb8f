//! What to say for a server whose answer cannot be passed on.

use pontoon_jsonrpc::{ErrorObject, Id, Message, Outcome, Raw, Refusal, Response, code};

/// The answer in place of a refused one. `None` if the refused text answers nothing that we know of.
pub(crate) fn stand_in(refusal: &Refusal) -> Option<Message> {
    let id = refusal.answers.clone()?;
    let message = format!("The server's answer is not valid JSON-RPC: {refusal}");
    Some(failure(id, message, "upstream_invalid_answer"))
}

/// The answer in place of one that is not even JSON.
pub(crate) fn unreadable(id: Id, refusal: &Refusal) -> Message {
    let message = format!("The server's answer cannot be read: {refusal}");
    failure(id, message, "upstream_invalid_answer")
}

/// The answer in place of one that is larger than `limit` bytes.
pub(crate) fn too_large(id: Id, limit: usize) -> Message {
    let message = format!("The server's answer is larger than {limit} bytes; ask for less at once");
    failure(id, message, "upstream_too_large")
}

/// Marks an error as the gateway's own: the server was asked and did not answer well.
#[derive(serde::Serialize)]
struct Data {
    source: &'static str,
    reason: &'static str,
    sent: bool,
    retryable: bool,
}

impl Data {
    fn of(reason: &'static str) -> Self {
        Self {
            source: "gateway",
            reason,
            sent: true,
            retryable: false,
        }
    }
}

/// What says of an error that it is the gateway's own, for rmcp.
pub(crate) fn gateway_data(reason: &'static str) -> Option<serde_json::Value> {
    serde_json::to_value(Data::of(reason)).ok()
}

fn failure(id: Id, message: String, reason: &'static str) -> Message {
    let error = ErrorObject::new(code::INTERNAL_ERROR, message);
    Message::Response(Response {
        id: Some(id),
        outcome: Outcome::Error(error.with_data(Raw::encode(&Data::of(reason)))),
    })
}
