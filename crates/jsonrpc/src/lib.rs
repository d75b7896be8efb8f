//! The JSON-RPC 2.0 message envelope, as the Model Context Protocol uses it: `params` and results stay raw,
//! to the byte.
//!
//! A proxy must not change what it does not understand. So a message is never read into a tree of values and
//! written again: [`Message::parse`] reads the envelope (`jsonrpc`, `id`, `method`, …) and keeps `params`,
//! `result` and `error.data` as [`Raw`] slices of the bytes they came in. Numbers beyond 2^53, key order,
//! unknown members and odd escapes survive. [`RawObject`] looks into one level of such an object and edits it
//! in place.
//!
//! The whole text is checked once, by a scanner that does not recurse: syntax, UTF-8, control characters,
//! nesting depth, and keys that two readers could understand differently. What does not pass is a [`Refusal`]
//! that knows its own JSON-RPC error answer. The [`Limits`] differ for what clients and servers send.
//!
//! The crate has no I/O, no clock and no unsafe code.
//!
//! ```
//! use bytes::Bytes;
//! use pontoon_jsonrpc::{Limits, Message, Raw, encode};
//!
//! let body = Bytes::from_static(
//!     br#"{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"add","arguments":{"a":9007199254740993}}}"#,
//! );
//! let Ok(Message::Request(call)) = Message::parse(body, &Limits::CLIENT) else { panic!("a request") };
//! assert_eq!(&*call.method, "tools/call");
//!
//! // One level of `params`, edited; the argument beyond 2^53 keeps its digits.
//! let params = call.params.as_ref().and_then(Raw::object).expect("an object");
//! let named = params.edit().set("name", Raw::string("sum")).finish();
//! assert_eq!(named.as_str(), r#"{"name":"sum","arguments":{"a":9007199254740993}}"#);
//!
//! let answer = encode::result(&call.id, &Raw::from_static(r#"{"content":[]}"#));
//! assert_eq!(answer, r#"{"jsonrpc":"2.0","id":7,"result":{"content":[]}}"#);
//! ```
//!
//! A message that is refused answers for itself:
//!
//! ```
//! use pontoon_jsonrpc::{Limits, Message, code};
//!
//! let refusal = Message::parse(r#"{"jsonrpc":"2.0","id":1,"method":"ping","params":[]}"#, &Limits::CLIENT)
//!     .expect_err("params must be an object");
//! assert_eq!(refusal.code(), code::INVALID_PARAMS);
//! assert!(refusal.to_response().starts_with(br#"{"jsonrpc":"2.0","id":1,"error":{"code":-32602,"#));
//! ```
#![forbid(unsafe_code)]

pub mod code;
mod edit;
pub mod encode;
mod envelope;
mod escape;
mod id;
mod keys;
mod limits;
pub mod lines;
mod message;
mod object;
mod payload;
mod raw;
mod refusal;
mod scan;
mod syntax;
mod text;

pub use edit::Edit;
pub use id::Id;
pub use limits::{ByteOrderMark, DuplicateKeys, Limits, NullId};
pub use message::{ErrorObject, Message, Notification, Outcome, Request, Response};
pub use object::RawObject;
pub use payload::Payload;
pub use raw::{Kind, Raw};
pub use refusal::{Refusal, RefusalKind};
pub use syntax::{SyntaxError, SyntaxFault};
pub use text::Text;
