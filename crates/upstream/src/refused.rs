//! What to say for a server whose answer cannot be passed on.

use pontoon_jsonrpc::{ErrorObject, Message, Outcome, Raw, Refusal, Response, code};

/// The answer in place of a refused one. `None` if the refused text answers nothing that we know of.
pub(crate) fn stand_in(refusal: &Refusal) -> Option<Message> {
    const DATA: &str =
        r#"{"source":"gateway","reason":"upstream_invalid_answer","sent":true,"retryable":false}"#;
    let id = refusal.answers.clone()?;
    let message = format!("The server's answer is not valid JSON-RPC: {refusal}");
    let error = ErrorObject::new(code::INTERNAL_ERROR, message).with_data(Raw::from_static(DATA));
    Some(Message::Response(Response {
        id: Some(id),
        outcome: Outcome::Error(error),
    }))
}
