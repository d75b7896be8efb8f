//! Connections to MCP servers: child processes ([`Stdio`]), servers behind a URL ([`Http`]) and servers in our own
//! process ([`InProcess`]).
//!
//! A [`Connector`] makes a server ready ([`Idle`]: for a child it is running, but nothing was said to it
//! yet), [`Idle::start`] turns it into a [`Connection`] that tells its [`Listener`] everything that comes.
//! Each connection is owned by one task of its own. Handles only talk to that task: sending never waits,
//! and dropping the last handle merely lets the task know that it should stop the server.
//!
//! Streams of events that are not MCP are followed by an [`EventSource`], across connections.
//!
//! This room moves whole messages and knows how they are framed; what they mean is decided above.

mod closed;
mod connection;
mod connector;
mod diagnostics;
mod http;
mod in_process;
mod queued;
mod refused;
mod stdio;

pub use closed::Closed;
pub use connection::{Connection, Idle, Listener, Ready, SendError, Wire};
pub use connector::{BoxFuture, ConnectError, Connector};
pub use diagnostics::{Counters, Diagnostics};
pub use http::{
    EventRequest, EventSource, Failure, Happening, Http, HttpError, HttpSettings, HttpTarget, HttpTransport,
    Refusal, SourceError, SourceSettings,
};
pub use in_process::{InProcess, InProcessSettings};
pub use stdio::{Heard, Skipped, Stdio, StdioDecoder, StdioSettings};
