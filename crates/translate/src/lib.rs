//! The bridge between protocol eras.
//!
//! A [`Link`] is the state of one upstream connection and of every exchange on
//! it: which request of which client is in flight under which id, whose
//! progress a token means, who subscribed to what, which question waits for
//! whose answer. It has no I/O, no clock and no async: messages, times and
//! losses go in, and what is to be done comes out through an [`Outlet`].
//!
//! For each exchange the bridge is chosen once, from the client's revision and
//! the server's. When both speak the same era the bytes of `params` and
//! `result` pass untouched; only ids, and tokens that must be unique upstream,
//! are replaced.

mod again;
mod cache;
mod content;
mod exchange;
mod fault;
mod input_required;
mod interest;
mod legacy_to_modern;
mod link;
mod minted;
mod modern_to_legacy;
mod opening;
mod outlet;
mod straight;
mod subscriptions;
#[cfg(test)]
mod tests;

pub use exchange::{Account, Client, Incoming, MemberId, Modern, Retry, Ticket};
pub use fault::{Fault, Reason, Sent};
pub use link::{Inquiry, Link, Refusal, Server, Sharing, Timeouts, UnknownQuestion, stale};
pub use opening::{Features, Introduction, Opened};
pub use outlet::{Anomaly, Outlet};
