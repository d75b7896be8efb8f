//! What model providers say on event streams, decoded into text.
//!
//! ChatGPT, KIMI and DeepSeek as their web pages hear them, the OpenAI-compatible APIs and Anthropic's. None of them is a
//! standard, and all of them change: what is not known passes without harm, what cannot be read is said so and the
//! reader goes on. The crate has no I/O and no clock; it takes events, however they came.
//!
//! ```
//! use pontoon_dialects::{Dialect, Piece, Reader};
//!
//! let mut reader = Reader::guessing();
//! let mut text = String::new();
//! for data in [
//!     r#"{"choices":[{"index":0,"delta":{"role":"assistant","content":"Hel"}}]}"#,
//!     r#"{"choices":[{"index":0,"delta":{"content":"lo"}}]}"#,
//!     "[DONE]",
//! ] {
//!     for piece in reader.read("message", data.as_bytes()) {
//!         if let Piece::Text(more) = piece {
//!             text.push_str(&more);
//!         }
//!     }
//! }
//! assert_eq!(reader.dialect(), Some(Dialect::OpenAi));
//! assert_eq!(text, "Hello");
//! ```
//!
//! # Bounds
//! A reader holds up to [`MAX_TEXTS`] texts of the message being written, each up to [`MAX_HELD`] bytes, to tell whether
//! one that is set anew goes on or was rewritten; the kinds of up to [`MAX_FRAGMENTS`] fragments; and the last path, up
//! to [`MAX_PATH`] bytes.
#![forbid(unsafe_code)]

mod anthropic;
mod chatgpt;
mod deepseek;
mod dialect;
mod grown;
mod json;
mod kimi;
mod openai;
mod piece;
mod reader;
mod sticky;

pub use deepseek::MAX_FRAGMENTS;
pub use dialect::Dialect;
pub use grown::{MAX_HELD, MAX_TEXTS};
pub use piece::Piece;
pub use reader::Reader;
pub use sticky::MAX_PATH;
