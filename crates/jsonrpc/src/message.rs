//! The three kinds of message.

use bytes::Bytes;

use crate::{Id, Limits, Raw, Refusal, Text, encode, payload};

/// One JSON-RPC message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Message {
    /// Wants an answer.
    Request(Request),
    /// Wants none.
    Notification(Notification),
    /// Is one.
    Response(Response),
}

/// A call that wants an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// Chosen by the sender, echoed in the answer.
    pub id: Id,
    /// What to do; escapes are decoded.
    pub method: Text,
    /// An object, if present.
    pub params: Option<Raw>,
}

/// A call that wants no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notification {
    /// What happened; escapes are decoded.
    pub method: Text,
    /// An object, if present.
    pub params: Option<Raw>,
}

/// The answer to a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Response {
    /// The id of the request. Only an error may lack it: when the request's id could not be read.
    pub id: Option<Id>,
    /// How it went.
    pub outcome: Outcome,
}

/// How a request went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// An object.
    Result(Raw),
    /// The request failed.
    Error(ErrorObject),
}

/// Why a request failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ErrorObject {
    /// See [`code`](crate::code).
    pub code: i64,
    /// For people. A lone surrogate in it was replaced by U+FFFD.
    pub message: String,
    /// For programs.
    pub data: Option<Raw>,
}

impl Message {
    /// Reads a text that must be one message, not a batch.
    ///
    /// Nothing is copied: method and raw values are slices of `body`. Only a string id allocates, or a method
    /// written with escapes.
    ///
    /// # Errors
    /// Every way in which a text can fail to be a message; the [`Refusal`] carries the answer.
    pub fn parse(body: impl Into<Bytes>, limits: &Limits) -> Result<Message, Refusal> {
        payload::parse_single(&body.into(), limits)
    }

    /// The message as JSON text.
    pub fn to_bytes(&self) -> Bytes {
        match self {
            Message::Request(request) => request.to_bytes(),
            Message::Notification(notification) => notification.to_bytes(),
            Message::Response(response) => response.to_bytes(),
        }
    }

    /// The method, of a request or a notification.
    pub fn method(&self) -> Option<&Text> {
        match self {
            Message::Request(request) => Some(&request.method),
            Message::Notification(notification) => Some(&notification.method),
            Message::Response(_) => None,
        }
    }
}

impl Request {
    /// The request as JSON text.
    pub fn to_bytes(&self) -> Bytes {
        encode::request(&self.id, &self.method, self.params.as_ref())
    }
}

impl Notification {
    /// The notification as JSON text.
    pub fn to_bytes(&self) -> Bytes {
        encode::notification(&self.method, self.params.as_ref())
    }
}

impl Response {
    /// The response as JSON text; an absent id is left out.
    pub fn to_bytes(&self) -> Bytes {
        match &self.outcome {
            Outcome::Result(result) => encode::response(self.id.as_ref(), result),
            Outcome::Error(error) => encode::error(self.id.as_ref(), error),
        }
    }
}

impl ErrorObject {
    /// An error without data.
    pub fn new(code: i64, message: impl Into<String>) -> ErrorObject {
        ErrorObject {
            code,
            message: message.into(),
            data: None,
        }
    }

    /// The same error with `data`.
    #[must_use]
    pub fn with_data(self, data: Raw) -> ErrorObject {
        ErrorObject {
            data: Some(data),
            ..self
        }
    }
}
