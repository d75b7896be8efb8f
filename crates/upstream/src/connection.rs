//! Handles: a server that is ready, and a connection that runs.

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use pontoon_jsonrpc::{Id, Message};
use thiserror::Error;

use crate::closed::Closed;
use crate::connector::BoxFuture;
use crate::diagnostics::Diagnostics;
use crate::http::Failure;

/// What a running connection tells its owner.
///
/// All methods are called from the connection's own task, one after the other, never from within
/// [`Connection::send`]: an owner may hold its lock while it sends. They must not block: while one runs,
/// nothing is read from this server.
pub trait Listener: Send + Sync + 'static {
    /// The server said something.
    fn message(&self, message: Message);

    /// The server said something in the answer to this request, which is therefore about it. Only where every request
    /// travels by itself; elsewhere nothing but the message tells.
    fn message_within(&self, message: Message, request: &Id) {
        let _ = request;
        self.message(message);
    }

    /// This request will not be answered, though the connection lives on. Only where every request travels by
    /// itself.
    fn failed(&self, request: Id, why: Failure) {
        let _ = (request, why);
    }

    /// The server did not take this request, whose text is `message`: it does not know the session any more, and
    /// [`Closed::SessionLost`] follows. Only where every request travels by itself.
    fn returned(&self, request: Id, message: Bytes) {
        let _ = (request, message);
    }

    /// The connection is over. Called exactly once, after the last message.
    fn closed(&self, why: Closed);
}

/// A server made ready but not yet spoken to. Can wait in a warm pool.
///
/// Dropping it without [`discard`](Self::discard) lets its task stop the server in the background.
pub struct Idle(Box<dyn Ready>);

impl Idle {
    /// Wraps a way of being ready. Connectors call this.
    pub fn new(ready: impl Ready) -> Self {
        Self(Box::new(ready))
    }

    /// Whether the server is still there.
    pub fn is_alive(&mut self) -> bool {
        self.0.is_alive()
    }

    /// Begins to listen. If the server died meanwhile the listener hears that as its first and last word.
    pub fn start(self, listener: Arc<dyn Listener>) -> Connection {
        self.0.start(listener)
    }

    /// Stops the server without having used it. Returns when it is gone.
    pub async fn discard(self) {
        self.0.discard().await;
    }
}

impl fmt::Debug for Idle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Idle")
    }
}

/// Handle to a running connection. Clones are cheap and equal.
///
/// Dropping the last handle without [`close`](Self::close) lets the connection's task stop the server in
/// the background ([`Closed::Abandoned`]).
#[derive(Clone)]
pub struct Connection(Arc<dyn Wire>);

impl Connection {
    /// Wraps a way to reach a server. Implementations of [`Ready::start`] call this.
    pub fn new(wire: impl Wire) -> Self {
        Self(Arc::new(wire))
    }

    /// Sends one message: one JSON text. Never waits: what the server does not take at once is queued
    /// within a limit in bytes.
    ///
    /// # Errors
    /// [`SendError::Full`] if the queue is full, [`SendError::Closed`] if the connection is over. In both
    /// cases nothing of this message reached the server.
    pub fn send(&self, message: Bytes) -> Result<(), SendError> {
        self.0.send(message)
    }

    /// Stops the server gracefully and returns when nothing of it is left. What it still says meanwhile is
    /// delivered. May be called more than once and from several tasks; all wait for the same end.
    pub async fn close(&self) {
        self.0.close().await;
    }

    /// What is known about the connection at this moment.
    pub fn diagnostics(&self) -> Diagnostics {
        self.0.diagnostics()
    }
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Connection")
    }
}

/// Why a message was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum SendError {
    /// The server does not take its messages fast enough and the queue toward it is full.
    #[error("the queue toward the server is full")]
    Full,
    /// The connection is over.
    #[error("the connection to the server is closed")]
    Closed,
}

impl SendError {
    /// A stable token for metrics and for `data.reason` of errors.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::Full => "upstream_busy",
            Self::Closed => "upstream_closed",
        }
    }
}

/// What [`Idle`] is made of; one implementation per kind of server. The defaults are those of a server of which nothing
/// runs before it is spoken to.
pub trait Ready: Send + 'static {
    /// See [`Idle::is_alive`].
    fn is_alive(&mut self) -> bool {
        true
    }
    /// See [`Idle::start`].
    fn start(self: Box<Self>, listener: Arc<dyn Listener>) -> Connection;
    /// See [`Idle::discard`].
    fn discard(self: Box<Self>) -> BoxFuture<'static, ()> {
        Box::pin(std::future::ready(()))
    }
}

/// What [`Connection`] is made of; one implementation per kind of server. Its `Drop` runs when the last
/// handle is gone.
pub trait Wire: Send + Sync + 'static {
    /// See [`Connection::send`].
    fn send(&self, message: Bytes) -> Result<(), SendError>;
    /// See [`Connection::close`].
    fn close(&self) -> BoxFuture<'_, ()>;
    /// See [`Connection::diagnostics`].
    fn diagnostics(&self) -> Diagnostics;
}
