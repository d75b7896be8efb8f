//! The vocabulary of the Model Context Protocol (MCP).
//!
//! Everything here is a name or a fact that the specification fixes: protocol
//! revisions and what each of them has, method names, HTTP header names and
//! their encoding, reserved `_meta` keys, the grammar of trace context, error
//! codes, log levels and capabilities. No I/O, no clock, no state.
//!
//! The era of a peer is decided once and is an enum variant from there on:
//! [`Revision::Legacy`] peers open with `initialize`, [`Revision::Modern`]
//! peers describe themselves in every request.
//!
//! ```
//! use pontoon_mcp::{LegacyRevision, Revision};
//!
//! assert_eq!(Revision::parse("2025-06-18"), Some(Revision::Legacy(LegacyRevision::V2025_06_18)));
//! assert_eq!(Revision::parse("1900-01-01"), None);
//! ```

mod annotation;
mod askable;
mod capability;
pub mod error;
pub mod header;
mod level;
pub mod meta;
pub mod method;
mod question;
mod revision;
pub mod trace;

pub use annotation::{AnnotationError, MirroredParameter, X_MCP_HEADER};
pub use askable::Askable;
pub use capability::ClientCapabilities;
pub use level::LogLevel;
pub use question::Question;
pub use revision::{Batching, LegacyRevision, ModernRevision, Priming, Revision};
pub use trace::TraceContext;
