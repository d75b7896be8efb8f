//! Servers in our own process, written with `rmcp`.
//!
//! rmcp's own service loop serves them, over a transport that hands typed messages across instead of bytes. That
//! loop speaks both eras: an `initialize` selects the legacy lifecycle, a request with complete `_meta` the modern.

mod decode;
mod encode;
mod guarded;
mod handle;
mod lifecycle;
mod service;
mod transport;

use std::sync::Arc;

use rmcp::ServerHandler;

use crate::connection::Idle;
use crate::connector::{BoxFuture, ConnectError, Connector};
use handle::IdleHandler;

/// Limits of a connection to a server in our own process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InProcessSettings {
    /// Bytes waiting for the service loop; one message may exceed it when nothing else waits. Default 8 MiB.
    pub max_queue: usize,
    /// Largest message that the server may say, in bytes; an error takes the place of a larger answer. Default 16 MiB.
    pub max_message: usize,
}

impl Default for InProcessSettings {
    fn default() -> Self {
        Self {
            max_queue: 8 << 20,
            max_message: 16 << 20,
        }
    }
}

/// Makes a handler for each connection.
pub struct InProcess<F, C = F> {
    name: Arc<str>,
    factory: F,
    /// Handlers for clients without a session; they share their state.
    common: Option<C>,
    settings: InProcessSettings,
}

impl<F, H> InProcess<F>
where
    F: Fn() -> H + Send + Sync + 'static,
    H: ServerHandler,
{
    /// `name` is the server's name in the log; `factory` makes one handler for each connection.
    pub fn new(name: impl Into<Arc<str>>, factory: F, settings: InProcessSettings) -> Self {
        Self {
            name: name.into(),
            factory,
            common: None,
            settings,
        }
    }

    /// Clients without a session get handlers from `common`, which all know of each other: clones of one, for
    /// example. Without this they get handlers of their own.
    #[must_use]
    pub fn with_common<C>(self, common: C) -> InProcess<F, C>
    where
        C: Fn() -> H + Send + Sync + 'static,
    {
        InProcess {
            name: self.name,
            factory: self.factory,
            common: Some(common),
            settings: self.settings,
        }
    }
}

impl<F, C> InProcess<F, C> {
    fn idle<H: ServerHandler>(&self, handler: H) -> BoxFuture<'_, Result<Idle, ConnectError>> {
        let idle = IdleHandler::new(handler, Arc::clone(&self.name), self.settings);
        Box::pin(std::future::ready(Ok(Idle::new(idle))))
    }
}

impl<F, C, H> Connector for InProcess<F, C>
where
    F: Fn() -> H + Send + Sync + 'static,
    C: Fn() -> H + Send + Sync + 'static,
    H: ServerHandler,
{
    fn connect(&self) -> BoxFuture<'_, Result<Idle, ConnectError>> {
        self.idle((self.factory)())
    }

    fn connect_common(&self) -> BoxFuture<'_, Result<Idle, ConnectError>> {
        match &self.common {
            Some(common) => self.idle(common()),
            None => self.connect(),
        }
    }

    fn describe(&self) -> String {
        format!("built-in {}", self.name)
    }
}

impl<F, C> std::fmt::Debug for InProcess<F, C> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("InProcess")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}
