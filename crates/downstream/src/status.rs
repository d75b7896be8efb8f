//! The one table from what went wrong to what the client is told.

use std::borrow::Cow;
use std::sync::Arc;

use http::StatusCode;
use pontoon_jsonrpc::{ErrorObject, Id, Raw, Refusal, code, encode};
use pontoon_mcp::error;
use pontoon_policy::{Denied, GuardError, LimitReached};
use pontoon_session::{Aborted, Kind};

/// A request that the transports themselves turn away.
#[derive(Clone, Debug)]
pub(crate) enum Fault {
    /// `Host` or `Origin` is not for this listener.
    Guard(GuardError),
    /// The request line does not end within this many bytes.
    UriTooLong(usize),
    /// The head took too long.
    HeadTimeout,
    /// Readers may disagree where the request ends.
    Framing,
    /// The body has transfer codings other than chunked.
    Coding,
    /// The event channel wants a token, and this is none or another.
    Unauthorized,
    /// The client's address has a stream for its replies, and names no other.
    ChannelTaken,
    /// The name of a stream for replies can be guessed, or is none.
    ChannelName,
    /// No server is at that path; where they are.
    UnknownPath(Arc<str>),
    /// The path is served, but not with that method; the methods that are.
    Method(&'static str),
    /// The body is not `application/json`.
    ContentType,
    /// The body's charset is not UTF-8.
    Charset,
    /// The body is compressed.
    ContentEncoding,
    /// Strict policy: the POST does not accept both types.
    NotAcceptablePost,
    /// Strict policy: the GET does not accept an event stream.
    NotAcceptableGet,
    /// The body is larger than this many bytes.
    BodyTooLarge(usize),
    /// A line on a pipe is longer than this many bytes.
    LineTooLong(usize),
    /// The body took too long.
    BodyTimeout,
    /// The body broke off or was badly framed.
    BodyBroken,
    /// The body is no message that can be taken.
    Refused(Refusal),
    /// A batch outside a session of 2025-03-26.
    Batch,
    /// A batch with `initialize` in it.
    BatchedInitialize,
    /// The session does not exist, has ended, or is somebody else's.
    UnknownSession,
    /// A session is needed and none was named.
    SessionNeeded,
    /// HTTP+SSE: a request before `initialize`.
    NotInitialized,
    /// HTTP+SSE: a second `initialize`.
    AlreadyInitialized,
    /// A header that must occur once occurs several times.
    RepeatedHeader(&'static str),
    /// `MCP-Protocol-Version` names nothing that is served.
    Version(String),
    /// On a pipe answers are told apart by their ids alone, and this one is taken.
    RepeatedId,
    /// A method that is a request by definition came without an id.
    MissingId(String),
    /// A response from a client that cannot have been asked anything.
    UnexpectedResponse,
    /// A response to no open question.
    UnknownQuestion,
    /// A modern request that breaks the rules of its revision.
    Modern(ErrorObject),
    /// A limit was reached; the client may try again later.
    Busy(LimitReached),
    /// One client holds too much; it may try again when it has let go of some.
    Quota(LimitReached),
    /// The gateway is about to stop.
    Draining,
    /// The stream of the answer ended before the answer.
    Lost(Aborted),
    /// The server's side ended the exchange without an answer.
    NoAnswer,
    /// A defect of the gateway.
    Panicked,
}

/// What the client sees of a fault, and what metrics call it.
#[derive(Clone, Copy, Debug)]
struct Row {
    status: StatusCode,
    code: i64,
    label: &'static str,
}

/// Requests over an HTTP limit of the implementation, as the official SDKs number them.
const NOT_ACCEPTABLE: i64 = -32000;

impl Fault {
    fn row(&self) -> Row {
        use StatusCode as S;
        let row = |status, code, label| Row { status, code, label };
        let invalid = code::INVALID_REQUEST;
        let internal = code::INTERNAL_ERROR;
        match self {
            Self::Guard(GuardError::MalformedHost) => row(S::BAD_REQUEST, invalid, "malformed_host"),
            Self::Guard(GuardError::ForeignHost) => row(S::FORBIDDEN, invalid, "foreign_host"),
            Self::Guard(GuardError::ForeignOrigin) => row(S::FORBIDDEN, invalid, "foreign_origin"),
            Self::UriTooLong(_) => row(S::URI_TOO_LONG, invalid, "uri_too_long"),
            Self::HeadTimeout => row(S::REQUEST_TIMEOUT, invalid, "head_timeout"),
            Self::Framing => row(S::BAD_REQUEST, invalid, "framing"),
            Self::Coding => row(S::BAD_REQUEST, invalid, "transfer_coding"),
            Self::Unauthorized => row(S::UNAUTHORIZED, invalid, "unauthorized"),
            Self::ChannelTaken => row(S::CONFLICT, invalid, "channel_taken"),
            Self::ChannelName => row(S::BAD_REQUEST, invalid, "channel_name"),
            Self::UnknownPath(_) => row(S::NOT_FOUND, invalid, "unknown_path"),
            Self::Method(_) => row(S::METHOD_NOT_ALLOWED, invalid, "method_not_allowed"),
            Self::ContentType => row(S::UNSUPPORTED_MEDIA_TYPE, invalid, "content_type"),
            Self::Charset => row(S::UNSUPPORTED_MEDIA_TYPE, invalid, "charset"),
            Self::ContentEncoding => row(S::UNSUPPORTED_MEDIA_TYPE, invalid, "content_encoding"),
            Self::NotAcceptablePost | Self::NotAcceptableGet => {
                row(S::NOT_ACCEPTABLE, NOT_ACCEPTABLE, "not_acceptable")
            }
            Self::BodyTooLarge(_) => row(S::PAYLOAD_TOO_LARGE, invalid, "body_too_large"),
            Self::LineTooLong(_) => row(S::PAYLOAD_TOO_LARGE, invalid, "line_too_long"),
            Self::BodyTimeout => row(S::REQUEST_TIMEOUT, invalid, "body_timeout"),
            Self::BodyBroken => row(S::BAD_REQUEST, invalid, "body_broken"),
            Self::Refused(refusal) => row(S::BAD_REQUEST, refusal.code(), "message_refused"),
            Self::Batch => row(S::BAD_REQUEST, invalid, "batch"),
            Self::BatchedInitialize => row(S::BAD_REQUEST, invalid, "batched_initialize"),
            Self::UnknownSession => row(S::NOT_FOUND, invalid, "unknown_session"),
            Self::SessionNeeded => row(S::BAD_REQUEST, invalid, "session_needed"),
            Self::NotInitialized => row(S::OK, invalid, "not_initialized"),
            Self::AlreadyInitialized => row(S::OK, invalid, "already_initialized"),
            Self::RepeatedHeader(_) => row(S::BAD_REQUEST, invalid, "repeated_header"),
            Self::Version(_) => row(S::BAD_REQUEST, error::UNSUPPORTED_VERSION, "unsupported_version"),
            Self::RepeatedId => row(S::BAD_REQUEST, invalid, "repeated_id"),
            Self::MissingId(_) => row(S::BAD_REQUEST, invalid, "missing_id"),
            Self::UnexpectedResponse => row(S::BAD_REQUEST, invalid, "unexpected_response"),
            Self::UnknownQuestion => row(S::BAD_REQUEST, invalid, "unknown_question"),
            Self::Modern(error) => row(modern_fault(error.code), error.code, "modern_rules"),
            Self::Busy(_) => row(S::SERVICE_UNAVAILABLE, internal, "busy"),
            Self::Quota(_) => row(S::TOO_MANY_REQUESTS, internal, "quota"),
            Self::Draining => row(S::SERVICE_UNAVAILABLE, internal, "draining"),
            Self::Lost(Aborted::Overflow) => row(S::OK, internal, "client_too_slow"),
            Self::Lost(Aborted::Closed) => row(S::OK, internal, "session_ended"),
            Self::NoAnswer => row(S::OK, internal, "no_answer"),
            Self::Panicked => row(S::INTERNAL_SERVER_ERROR, internal, "defect"),
        }
    }

    /// What was wrong, and what to do about it.
    fn text(&self) -> Cow<'static, str> {
        let fixed = match self {
            Self::Guard(guard) => return guard.to_string().into(),
            Self::UriTooLong(limit) => {
                return format!("the address is longer than {limit} bytes; send what is long in a body")
                    .into();
            }
            Self::HeadTimeout => "the head did not arrive in time; send it faster",
            Self::Framing => {
                "the request must end where nobody can doubt it: one Content-Length or one Transfer-Encoding, lines ending in CRLF"
            }
            Self::Coding => "the only transfer coding is chunked, and once",
            Self::Unauthorized => "this channel needs its token",
            Self::ChannelTaken => {
                "a stream for these replies is open already; tell yours apart by a query such as ?channel=SECRET"
            }
            Self::ChannelName => "a channel is named by 16 to 256 of A-Z, a-z, 0-9, -, ., _ and ~",
            Self::UnknownPath(elsewhere) => return elsewhere.to_string().into(),
            Self::Method(allow) => return format!("this path takes {allow}").into(),
            Self::ContentType => "send the message with Content-Type: application/json",
            Self::Charset => "send the message in UTF-8",
            Self::ContentEncoding => "send the message without Content-Encoding",
            Self::NotAcceptablePost => {
                "Not Acceptable: Client must accept both application/json and text/event-stream"
            }
            Self::NotAcceptableGet => "Not Acceptable: Client must accept text/event-stream",
            Self::BodyTooLarge(limit) => {
                return format!("the body is larger than {limit} bytes; send a smaller message").into();
            }
            Self::LineTooLong(limit) => {
                return format!("the line is longer than {limit} bytes; send a smaller message").into();
            }
            Self::BodyTimeout => "the body did not arrive in time; send it faster, or less",
            Self::BodyBroken => "the body broke off or was badly framed; send it again",
            Self::Refused(refusal) => return refusal.to_string().into(),
            Self::Batch => {
                "batches exist only in sessions of revision 2025-03-26; send one message at a time"
            }
            Self::BatchedInitialize => "initialize must not be part of a batch; send it alone",
            Self::UnknownSession => "Session not found; send initialize to open a new one",
            Self::SessionNeeded => {
                "this server needs a session: send initialize first, then its Mcp-Session-Id with every request"
            }
            Self::NotInitialized => "the session is not open yet; send initialize first",
            Self::AlreadyInitialized => {
                "the session is open already; open another stream for another session"
            }
            Self::RepeatedHeader(name) => return format!("the header {name} must occur once").into(),
            Self::Version(_) => "Unsupported protocol version",
            Self::RepeatedId => "this id is in use by a request in flight; choose another",
            Self::MissingId(method) => return format!("{method:?} is a request; send it with an id").into(),
            Self::UnexpectedResponse => "nothing was asked here; send a request or a notification",
            Self::UnknownQuestion => "no question with that id is open in this session; nothing was done",
            Self::Modern(error) => return error.message.clone().into(),
            Self::Busy(limit) | Self::Quota(limit) => return format!("{limit}; try again later").into(),
            Self::Draining => "the gateway is about to stop; try again later",
            Self::Lost(Aborted::Overflow) => "the client did not read its messages in time",
            Self::Lost(Aborted::Closed) => "the session or the request was ended before the answer came",
            Self::NoAnswer => "the exchange ended without an answer",
            Self::Panicked => "the gateway failed at this request; others are not affected",
        };
        fixed.into()
    }

    /// The HTTP status.
    pub(crate) fn status(&self) -> StatusCode {
        self.row().status
    }

    /// What metrics and logs call it.
    pub(crate) fn label(&self) -> &'static str {
        self.row().label
    }

    /// The methods to name in `Allow`.
    pub(crate) fn allow(&self) -> Option<&'static str> {
        match self {
            Self::Method(allow) => Some(allow),
            _ => None,
        }
    }

    /// What `WWW-Authenticate` asks for.
    pub(crate) fn challenge(&self) -> Option<&'static str> {
        matches!(self, Self::Unauthorized).then_some("Bearer realm=\"events\"")
    }

    /// Whether the same request may succeed a little later.
    pub(crate) fn retry_after(&self) -> Option<&'static str> {
        matches!(self, Self::Busy(_) | Self::Quota(_) | Self::Draining).then_some("1")
    }

    /// The JSON-RPC error. Its `data` marks it as the gateway's own, so that
    /// nobody takes it for the server's.
    pub(crate) fn to_error(&self) -> ErrorObject {
        match self {
            Self::Modern(error) => error.clone(),
            Self::Version(requested) => error::unsupported_version(requested),
            _ => {
                let Row { code, label, .. } = self.row();
                let data = format!(r#"{{"source":"gateway","reason":"{label}"}}"#);
                let data = Raw::parse(data, &pontoon_jsonrpc::Limits::CLIENT);
                let data = data.expect("labels need no escapes");
                ErrorObject::new(code, self.text()).with_data(data)
            }
        }
    }
}

/// A fault and the request it concerns, if that could be told.
#[derive(Clone, Debug)]
pub(crate) struct Problem {
    pub(crate) fault: Fault,
    pub(crate) id: Option<Id>,
}

impl Problem {
    /// The body of the refusal.
    pub(crate) fn to_json(&self) -> bytes::Bytes {
        encode::error(self.id.as_ref(), &self.fault.to_error())
    }
}

impl Fault {
    /// The fault as the answer to the request `id`.
    pub(crate) fn of(self, id: &Id) -> Problem {
        Problem {
            fault: self,
            id: Some(id.clone()),
        }
    }
}

impl From<Fault> for Problem {
    fn from(fault: Fault) -> Self {
        let id = match &fault {
            Fault::Refused(refusal) => refusal.id.clone(),
            _ => None,
        };
        Self { fault, id }
    }
}

impl From<Denied> for Fault {
    fn from(denied: Denied) -> Self {
        match denied {
            Denied::Busy(limit) => Self::Busy(limit),
            Denied::Quota(limit) => Self::Quota(limit),
        }
    }
}

/// The era of the client, as far as HTTP status codes are concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ErrorStatus {
    /// Legacy: an error that answers a valid request travels with 200.
    Legacy,
    /// Modern: some errors have a status of their own.
    Modern,
}

impl ErrorStatus {
    /// The status of an answer.
    pub(crate) fn of(self, kind: Kind) -> StatusCode {
        match (self, kind) {
            (_, Kind::Interim | Kind::Answer { error: None }) => StatusCode::OK,
            (Self::Legacy, Kind::Answer { .. }) => StatusCode::OK,
            (Self::Legacy, Kind::Refusal { .. }) => StatusCode::BAD_REQUEST,
            (Self::Modern, Kind::Answer { error: Some(code) } | Kind::Refusal { error: code }) => {
                modern_answer(code)
            }
        }
    }
}

/// Source: 2026-07-28, Streamable HTTP, "Protocol Version Header" and "Server Validation".
fn modern_answer(code: i64) -> StatusCode {
    match code {
        code::METHOD_NOT_FOUND => StatusCode::NOT_FOUND,
        code::PARSE_ERROR
        | code::INVALID_REQUEST
        | error::HEADER_MISMATCH
        | error::MISSING_CAPABILITY
        | error::UNSUPPORTED_VERSION => StatusCode::BAD_REQUEST,
        _ => StatusCode::OK,
    }
}

/// As [`modern_answer`], for what is refused before it reaches a server: there
/// `-32602` means that required `_meta` is missing or wrong.
fn modern_fault(code: i64) -> StatusCode {
    match modern_answer(code) {
        StatusCode::NOT_FOUND => StatusCode::NOT_FOUND,
        _ => StatusCode::BAD_REQUEST,
    }
}
