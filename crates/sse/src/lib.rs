//! The event-stream format, Server-Sent Events: an encoder and an incremental decoder.
//!
//! After the WHATWG HTML Standard, sections 9.2.5 "Parsing an event stream" and 9.2.6 "Interpreting an event
//! stream". The crate has no I/O, no clock and no unsafe code: bytes in, items out.
//!
//! Writing. A [`Field`] cannot break its line, so an id or a name cannot smuggle in an event:
//!
//! ```
//! use pontoon_sse::{Event, Field};
//!
//! const MESSAGE: Field<'static> = Field::from_static("message");
//!
//! let id = Field::new("123")?;
//! let event = Event { id: Some(id), event: Some(MESSAGE), data: Some(br#"{"jsonrpc":"2.0"}"#), ..Event::default() };
//! assert_eq!(event.encode_to_bytes(), "id: 123\nevent: message\ndata: {\"jsonrpc\":\"2.0\"}\n\n");
//! # Ok::<(), pontoon_sse::FieldError>(())
//! ```
//!
//! Reading, from chunks as they come:
//!
//! ```
//! use bytes::Bytes;
//! use pontoon_sse::{Decoder, Item};
//!
//! let mut decoder = Decoder::default();
//! let mut seen = Vec::new();
//! for chunk in [": hi\r\n\r\nid: 7\nda", "ta: one\ndata: t", "wo\r", "\n\r\n"] {
//!     let mut chunk = Bytes::from(chunk);
//!     while let Some(item) = decoder.decode(&mut chunk) {
//!         seen.push(item.expect("within the limits"));
//!     }
//! }
//! let [Item::Comment(comment), Item::Event(event)] = &seen[..] else { panic!("{seen:?}") };
//! assert_eq!(comment, "hi");
//! assert_eq!((&*event.name, &event.data[..]), ("message", &b"one\ntwo"[..]));
//! assert_eq!(decoder.last_event_id(), "7");
//! ```
#![forbid(unsafe_code)]

mod data;
mod decode;
mod encode;
mod field;
mod lines;

pub use decode::{Decoder, EventTooLarge, Item, Limits, ReceivedEvent};
pub use encode::{Event, encode_comment};
pub use field::{Field, FieldError};
