//! Sessions and what they are owed.
//!
//! An [`Outbox`] is one ordered stream of messages toward a client: a bounded
//! log with a cursor. Whoever produces messages pushes and never waits; the
//! connection that carries them reads. When the connection breaks, the log
//! stays, and a later connection reads on from where the client says it was.
//!
//! A [`Session`] is what a legacy client opens with `initialize`: an
//! unguessable [`SessionId`], the owner it is bound to, and its streams.
//! [`Sessions`] holds them, counts them and forgets them in time.

mod event_id;
mod id;
mod outbox;
mod owner;
mod pending;
mod registry;
mod session;

pub use event_id::{EventId, StreamId};
pub use id::{InvalidSessionId, SessionId};
pub use outbox::{Aborted, Delivery, Detach, Kind, Outbox, Peek, Reader, Rejected, Retention};
pub use owner::Owner;
pub use registry::{Refused, SessionLimits, Sessions};
pub use session::{Delivered, NewStream, ResumeError, Session, StreamLimits, Transport, Waiting};
