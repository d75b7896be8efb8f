//! A handler that nobody has spoken to.

use std::sync::Arc;

use rmcp::ServerHandler;

use crate::connection::{Connection, Listener, Ready};
use crate::in_process::{InProcessSettings, service};
use crate::queued::{self, Bounds};

/// A handler nobody has spoken to.
pub(crate) struct IdleHandler<H> {
    handler: H,
    name: Arc<str>,
    settings: InProcessSettings,
}

impl<H: ServerHandler> IdleHandler<H> {
    pub(crate) fn new(handler: H, name: Arc<str>, settings: InProcessSettings) -> Self {
        Self {
            handler,
            name,
            settings,
        }
    }
}

impl<H: ServerHandler> Ready for IdleHandler<H> {
    fn start(self: Box<Self>, listener: Arc<dyn Listener>) -> Connection {
        let bounds = Bounds {
            queue: self.settings.max_queue,
            message: self.settings.max_message,
        };
        let (connection, inbox, shared) = queued::connection(self.name, bounds);
        tokio::spawn(service::run(self.handler, inbox, shared, listener));
        connection
    }
}
