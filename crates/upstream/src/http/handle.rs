//! A remote server that nobody has spoken to.

use std::sync::Arc;

use crate::connection::{Connection, Listener, Ready};
use crate::http::HttpSettings;
use crate::http::exchange::Conversation;
use crate::http::remote::Remote;
use crate::http::task::Task;
use crate::queued::{self, Bounds};

pub(crate) struct IdleRemote {
    name: Arc<str>,
    remote: Arc<Remote>,
    settings: HttpSettings,
}

impl IdleRemote {
    pub(crate) fn new(name: Arc<str>, remote: Arc<Remote>, settings: HttpSettings) -> Self {
        Self {
            name,
            remote,
            settings,
        }
    }
}

impl Ready for IdleRemote {
    fn start(self: Box<Self>, listener: Arc<dyn Listener>) -> Connection {
        let bounds = Bounds {
            queue: self.settings.max_queue,
            message: self.settings.max_message,
        };
        let (connection, inbox, shared) = queued::connection(self.name, bounds);
        let conversation = Conversation {
            remote: self.remote,
            established: Arc::default(),
            listener,
            shared,
        };
        tokio::spawn(Task::new(conversation, inbox, self.settings.stop_timeout).run());
        connection
    }
}
