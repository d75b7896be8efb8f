//! Looks over the shoulder of a connector: what goes wrong is told to whoever explains it.

use std::sync::Arc;

use bytes::Bytes;
use pontoon_jsonrpc::{Id, Message};
use pontoon_upstream::{
    BoxFuture, Closed, ConnectError, Connection, Connector, Failure, Idle, Listener, Ready,
};

use super::explain::Explanations;

/// A connector that is watched.
pub(super) struct Watched {
    inner: Arc<dyn Connector>,
    explanations: Arc<Explanations>,
}

impl Watched {
    pub(super) fn new(inner: Arc<dyn Connector>, explanations: Arc<Explanations>) -> Self {
        Self { inner, explanations }
    }

    fn watch(&self, connected: Result<Idle, ConnectError>) -> Result<Idle, ConnectError> {
        match connected {
            Ok(idle) => {
                let explanations = Arc::clone(&self.explanations);
                Ok(Idle::new(WatchedIdle { idle, explanations }))
            }
            Err(error) => {
                self.explanations.note(error.reason(), error.to_string());
                Err(error)
            }
        }
    }
}

impl Connector for Watched {
    fn connect(&self) -> BoxFuture<'_, Result<Idle, ConnectError>> {
        Box::pin(async { self.watch(self.inner.connect().await) })
    }

    fn connect_common(&self) -> BoxFuture<'_, Result<Idle, ConnectError>> {
        Box::pin(async { self.watch(self.inner.connect_common().await) })
    }

    fn describe(&self) -> String {
        self.inner.describe()
    }
}

struct WatchedIdle {
    idle: Idle,
    explanations: Arc<Explanations>,
}

impl Ready for WatchedIdle {
    fn is_alive(&mut self) -> bool {
        self.idle.is_alive()
    }

    fn start(self: Box<Self>, listener: Arc<dyn Listener>) -> Connection {
        let explanations = self.explanations;
        self.idle.start(Arc::new(Ear {
            listener,
            explanations,
        }))
    }

    fn discard(self: Box<Self>) -> BoxFuture<'static, ()> {
        Box::pin(self.idle.discard())
    }
}

/// Hears everything first.
struct Ear {
    listener: Arc<dyn Listener>,
    explanations: Arc<Explanations>,
}

impl Listener for Ear {
    fn message(&self, message: Message) {
        self.listener.message(message);
    }

    fn message_within(&self, message: Message, request: &Id) {
        self.listener.message_within(message, request);
    }

    fn failed(&self, request: Id, why: Failure) {
        self.explanations.note(why.reason(), why.to_string());
        self.listener.failed(request, why);
    }

    fn returned(&self, request: Id, message: Bytes) {
        self.listener.returned(request, message);
    }

    fn closed(&self, why: Closed) {
        let said = why.stderr_tail().and_then(|tail| tail.lines().next_back());
        let text = match said {
            Some(said) if !said.trim().is_empty() => format!("{why}; its last words: {}", said.trim()),
            _ => why.to_string(),
        };
        if !matches!(why, Closed::Requested | Closed::Abandoned) {
            self.explanations.note(why.reason(), text);
        }
        self.listener.closed(why);
    }
}
