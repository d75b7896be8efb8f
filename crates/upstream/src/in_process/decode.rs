//! Our messages as rmcp's.
//!
//! rmcp's own `Deserialize` tries one type after the other until one fits, and takes anything with a method for a
//! custom request: a `tools/call` with broken parameters would reach the handler as an unknown method. Here the method
//! chooses the type, which is both exact and cheaper.

#![expect(
    deprecated,
    reason = "clients of the revisions that have these methods are served too"
)]

use bytes::Bytes;
use pontoon_jsonrpc::{ErrorObject, Id, Limits, Message, Notification, Outcome, Request, Response, code};
use rmcp::ErrorData;
use rmcp::model::{
    CallToolRequest, CancelTaskRequest, CancelledNotification, ClientJsonRpcMessage, ClientNotification,
    ClientRequest, ClientResult, CompleteRequest, CustomNotification, CustomRequest, DiscoverRequest,
    ErrorCode, GetPromptRequest, GetSkillRequest, GetTaskRequest, InitializeRequest, InitializedNotification,
    ListPromptsRequest, ListResourceTemplatesRequest, ListResourcesRequest, ListSkillsRequest,
    ListToolsRequest, PingRequest, ProgressNotification, ReadResourceDirectoryRequest, ReadResourceRequest,
    RequestId, RootsListChangedNotification, SetLevelRequest, SubscribeRequest, SubscriptionsListenRequest,
    UnsubscribeRequest, UpdateTaskRequest,
};
use serde::de::DeserializeOwned;

/// What becomes of a message.
pub(crate) enum Decoded {
    /// For the loop.
    Message(Box<ClientJsonRpcMessage>),
    /// A request that rmcp cannot read, and its answer.
    Answer(Message),
    /// Nothing that anybody waits for; why.
    Nothing(&'static str),
}

/// Reads one message. `text` comes from the bridge and is a valid message, unless there is a bug.
pub(crate) fn decode(text: &Bytes) -> Decoded {
    match Message::parse(text.clone(), &Limits::SERVER) {
        Ok(Message::Request(request)) => decode_request(request, text),
        Ok(Message::Notification(notification)) => decode_notification(&notification, text),
        Ok(Message::Response(response)) => decode_response(response),
        Err(refusal) => match refusal.id.clone() {
            Some(id) => Decoded::Answer(failure(id, refusal.to_error())),
            None => Decoded::Nothing("it is no JSON-RPC message"),
        },
    }
}

fn message(message: ClientJsonRpcMessage) -> Decoded {
    Decoded::Message(Box::new(message))
}

fn decode_request(request: Request, text: &Bytes) -> Decoded {
    match typed_request(&request.method, text) {
        Ok(typed) => message(ClientJsonRpcMessage::request(typed, request_id(request.id))),
        Err(error) => {
            // The words of serde quote the parameters: not for the answer.
            tracing::debug!(%error, "parameters do not fit");
            let problem = format!(
                "the parameters of {} are missing or have the wrong type",
                &*request.method
            );
            Decoded::Answer(failure(
                request.id,
                ErrorObject::new(code::INVALID_PARAMS, problem),
            ))
        }
    }
}

fn typed_request(method: &str, text: &Bytes) -> Result<ClientRequest, serde_json::Error> {
    fn typed<T: DeserializeOwned + Into<ClientRequest>>(
        text: &Bytes,
    ) -> Result<ClientRequest, serde_json::Error> {
        serde_json::from_slice::<T>(text).map(Into::into)
    }
    match method {
        "tools/call" => typed::<CallToolRequest>(text),
        "tools/list" => typed::<ListToolsRequest>(text),
        "resources/read" => typed::<ReadResourceRequest>(text),
        "resources/list" => typed::<ListResourcesRequest>(text),
        "resources/templates/list" => typed::<ListResourceTemplatesRequest>(text),
        "resources/subscribe" => typed::<SubscribeRequest>(text),
        "resources/unsubscribe" => typed::<UnsubscribeRequest>(text),
        "prompts/get" => typed::<GetPromptRequest>(text),
        "prompts/list" => typed::<ListPromptsRequest>(text),
        "completion/complete" => typed::<CompleteRequest>(text),
        "logging/setLevel" => typed::<SetLevelRequest>(text),
        "subscriptions/listen" => typed::<SubscriptionsListenRequest>(text),
        "server/discover" => typed::<DiscoverRequest>(text),
        "initialize" => typed::<InitializeRequest>(text),
        "ping" => typed::<PingRequest>(text),
        "tasks/get" => typed::<GetTaskRequest>(text),
        "tasks/update" => typed::<UpdateTaskRequest>(text),
        "tasks/cancel" => typed::<CancelTaskRequest>(text),
        "skills/list" => typed::<ListSkillsRequest>(text),
        "skills/get" => typed::<GetSkillRequest>(text),
        "resources/directory/read" => typed::<ReadResourceDirectoryRequest>(text),
        _ => typed::<CustomRequest>(text),
    }
}

fn decode_notification(notification: &Notification, text: &Bytes) -> Decoded {
    fn typed<T: DeserializeOwned + Into<ClientNotification>>(
        text: &Bytes,
    ) -> Result<ClientNotification, serde_json::Error> {
        serde_json::from_slice::<T>(text).map(Into::into)
    }
    let typed = match &*notification.method {
        "notifications/cancelled" => typed::<CancelledNotification>(text),
        "notifications/initialized" => typed::<InitializedNotification>(text),
        "notifications/progress" => typed::<ProgressNotification>(text),
        "notifications/roots/list_changed" => typed::<RootsListChangedNotification>(text),
        _ => typed::<CustomNotification>(text),
    };
    match typed {
        Ok(typed) => message(ClientJsonRpcMessage::notification(typed)),
        Err(_) => Decoded::Nothing("the parameters of a notification do not fit"),
    }
}

/// The answer to a question that the handler put. One that does not fit any type still has to reach it.
fn decode_response(response: Response) -> Decoded {
    let id = response.id.map(request_id);
    match (response.outcome, id) {
        (Outcome::Error(error), id) => message(ClientJsonRpcMessage::error(error_data(error), id)),
        (Outcome::Result(_), None) => Decoded::Nothing("a result has no id"),
        (Outcome::Result(result), Some(id)) => message(match result.decode::<ClientResult>() {
            Ok(result) => ClientJsonRpcMessage::response(result, id),
            Err(_) => {
                let error = ErrorData::internal_error("the client's answer cannot be read", None);
                ClientJsonRpcMessage::error(error, Some(id))
            }
        }),
    }
}

fn failure(id: Id, error: ErrorObject) -> Message {
    Message::Response(Response {
        id: Some(id),
        outcome: Outcome::Error(error),
    })
}

fn request_id(id: Id) -> RequestId {
    match id {
        Id::Integer(number) => RequestId::Number(number),
        Id::String(text) => RequestId::String(text.into()),
    }
}

fn error_data(error: ErrorObject) -> ErrorData {
    let code = i32::try_from(error.code).map_or(ErrorCode::INTERNAL_ERROR, ErrorCode);
    let data = error.data.and_then(|data| data.decode().ok());
    ErrorData::new(code, error.message, data)
}
