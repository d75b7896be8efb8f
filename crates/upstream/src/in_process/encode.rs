//! rmcp's messages as ours.

use pontoon_jsonrpc::{ErrorObject, Id, Limits, Message, Outcome, Raw, Refusal, Response};
use rmcp::ErrorData;
use rmcp::model::{RequestId, ServerJsonRpcMessage};

use crate::refused::stand_in;

/// What the server says.
///
/// # Errors
/// If it says something that is no message. An answer never fails: an error takes its place.
pub(crate) fn encode(message: ServerJsonRpcMessage) -> Result<Message, Refusal> {
    match message {
        ServerJsonRpcMessage::Response(response) => Ok(Message::Response(Response {
            id: Some(id(response.id)),
            outcome: Outcome::Result(Raw::encode(&response.result)),
        })),
        ServerJsonRpcMessage::Error(error) => Ok(Message::Response(Response {
            id: error.id.map(id),
            outcome: Outcome::Error(error_object(error.error)),
        })),
        other => {
            // Requests and notifications keep method and parameters together: written whole and read again.
            let text = Raw::encode(&other);
            Message::parse(text.as_bytes().clone(), &Limits::SERVER)
                .or_else(|refusal| stand_in(&refusal).ok_or(refusal))
        }
    }
}

fn id(id: RequestId) -> Id {
    match id {
        RequestId::Number(number) => Id::Integer(number),
        RequestId::String(text) => Id::String((*text).into()),
    }
}

fn error_object(error: ErrorData) -> ErrorObject {
    let object = ErrorObject::new(error.code.0.into(), error.message);
    match error.data {
        Some(data) => object.with_data(Raw::encode(&data)),
        None => object,
    }
}
