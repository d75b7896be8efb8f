//! Joins the two faces: one exchange is a permit, a lease and a bridge.
//!
//! An [`Endpoint`] is one hosted server. For each request it finds the
//! lease that the client is entitled to, brings its server up
//! if need be, and hands the request to the lease's bridge. What the server
//! says comes back through the same bridge into the outboxes of clients.
//!
//! There is no task per exchange. An endpoint has one: it looks for what took
//! too long, for clients that went away, and for servers nobody needs.

mod annotations;
mod attachment;
mod clock;
mod counters;
mod crashes;
mod ear;
mod endpoint;
mod eras;
mod guard;
mod lease;
mod mirror;
mod pool;
mod registry;
mod sealed;
mod seat;
mod settings;
mod shared;
mod start;
mod stateless;
mod sweep;
mod wiring;

pub use attachment::Attachment;
pub use counters::Counters;
pub use endpoint::Endpoint;
pub use eras::Era;
pub use settings::{EndpointSettings, Hosting, LeasePolicy};
