//! Why a message was refused, and what to answer.

use bytes::Bytes;
use thiserror::Error;

use crate::{ErrorObject, Id, SyntaxError, code, encode};

/// A text that is no message we take. It knows its JSON-RPC error answer; the words are ours and never quote
/// the text.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{kind}{}", Place(*offset))]
pub struct Refusal {
    /// Why.
    pub kind: RefusalKind,
    /// The id to answer with: of what looks like a request and has one readable id.
    pub id: Option<Id>,
    /// The id of the request that this looks like an answer to: whoever waits for it waits in vain. A message with
    /// an id and no method, result or error may be either.
    pub answers: Option<Id>,
    /// Where: bytes from the start of the text, a skipped byte order mark not counted.
    pub offset: Option<usize>,
}

/// Why a message was refused. The text says what to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum RefusalKind {
    /// Not JSON, or nested too deeply.
    #[error("not valid JSON: {0}; send one JSON-RPC message as UTF-8 text")]
    Syntax(SyntaxError),
    /// Neither an object nor an array.
    #[error("a message is a JSON object; send {{\"jsonrpc\":\"2.0\",…}}")]
    NotAnObject,
    /// An array, where one message is expected.
    #[error("batches are not accepted here; send one message at a time")]
    Batch,
    /// `[]`
    #[error("the batch is empty; send at least one message")]
    EmptyBatch,
    /// More messages than [`Limits::max_batch`](crate::Limits::max_batch).
    #[error("the batch has more than {max} messages; send fewer")]
    BatchTooLong {
        /// The limit.
        max: usize,
    },
    /// A member of the message itself that is there twice, or could be taken for another.
    #[error("a member of the message is repeated or its key is ambiguous; send each key once")]
    AmbiguousMember,
    /// `jsonrpc` is missing or not the string `2.0`.
    #[error("`jsonrpc` must be the string \"2.0\"")]
    Version,
    /// `id` is null, a fraction, too large, or not a string or number at all.
    #[error("`id` must be a string or a 64-bit integer, never null")]
    InvalidId,
    /// Longer than [`Limits::max_id_len`](crate::Limits::max_id_len).
    #[error("`id` is longer than {max} bytes; send a shorter one")]
    IdTooLong {
        /// The limit.
        max: usize,
    },
    /// A result without an id.
    #[error("a result needs the `id` of its request")]
    MissingId,
    /// Not a string of Unicode text.
    #[error("`method` must be a string")]
    InvalidMethod,
    /// None or several of `method`, `result`, `error`.
    #[error("a message has exactly one of `method`, `result` and `error`")]
    Shape,
    /// Not an object, or one with an ambiguous key.
    #[error("`result` must be an object without repeated keys")]
    InvalidResult,
    /// Not an object with an integer `code` and a string `message`, or one with an ambiguous key.
    #[error("`error` must be an object with an integer `code` and a string `message`")]
    InvalidError,
    /// Not an object.
    #[error("`params` must be an object")]
    InvalidParams,
    /// A key in `params` that is there twice, or could be taken for another.
    #[error("a key in `params` is repeated or ambiguous; send each key once per object")]
    AmbiguousParams,
}

struct Place(Option<usize>);

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.map_or(Ok(()), |offset| write!(f, " (byte {offset})"))
    }
}

impl Refusal {
    pub(crate) fn new(kind: RefusalKind, offset: impl Into<Option<usize>>) -> Refusal {
        Refusal {
            kind,
            id: None,
            answers: None,
            offset: offset.into(),
        }
    }

    /// The JSON-RPC error code: parse error, invalid request or invalid params.
    pub fn code(&self) -> i64 {
        match self.kind {
            RefusalKind::Syntax(_) => code::PARSE_ERROR,
            RefusalKind::InvalidParams | RefusalKind::AmbiguousParams => code::INVALID_PARAMS,
            _ => code::INVALID_REQUEST,
        }
    }

    /// The error to answer with.
    pub fn to_error(&self) -> ErrorObject {
        ErrorObject::new(self.code(), self.to_string())
    }

    /// The whole answer, with the id if it is known.
    pub fn to_response(&self) -> Bytes {
        encode::error(self.id.as_ref(), &self.to_error())
    }
}

impl From<SyntaxError> for Refusal {
    fn from(error: SyntaxError) -> Refusal {
        Refusal::new(RefusalKind::Syntax(error), None)
    }
}
