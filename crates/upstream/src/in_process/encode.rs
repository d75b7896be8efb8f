//! rmcp's messages as ours.

use pontoon_jsonrpc::{ErrorObject, Id, Limits, Message, Outcome, Raw, Refusal, Response};
use rmcp::ErrorData;
use rmcp::model::{RequestId, ServerJsonRpcMessage};

use crate::refused::{stand_in, too_large};

/// Why a message of the server goes nowhere.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Lost {
    /// It is no message.
    #[error("it is no message: {0}")]
    Refused(Refusal),
    /// It is larger than one may be.
    #[error("it is too large")]
    TooLarge,
}

/// What the server says; `max` is the largest message that is passed on, in bytes.
///
/// # Errors
/// If it says something that is no message, or too much. An answer never fails: an error takes its place.
pub(crate) fn encode(message: ServerJsonRpcMessage, max: usize) -> Result<Message, Lost> {
    match message {
        ServerJsonRpcMessage::Response(response) => {
            let (id, result) = (id(response.id), Raw::encode(&response.result));
            Ok(if result.as_bytes().len() > max {
                too_large(id, max)
            } else {
                Message::Response(Response {
                    id: Some(id),
                    outcome: Outcome::Result(result),
                })
            })
        }
        ServerJsonRpcMessage::Error(error) => {
            let (id, object) = (error.id.map(id), error_object(error.error));
            let size = object.message.len() + object.data.as_ref().map_or(0, |data| data.as_bytes().len());
            match id {
                Some(id) if size > max => Ok(too_large(id, max)),
                id => Ok(Message::Response(Response {
                    id,
                    outcome: Outcome::Error(object),
                })),
            }
        }
        other => {
            // Requests and notifications keep method and parameters together: written whole and read again.
            let text = Raw::encode(&other);
            if text.as_bytes().len() > max {
                return Err(Lost::TooLarge);
            }
            Message::parse(text.as_bytes().clone(), &Limits::SERVER)
                .or_else(|refusal| stand_in(&refusal).ok_or(Lost::Refused(refusal)))
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
