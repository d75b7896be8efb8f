//! A server that this program itself speaks to, message by message.

use std::sync::Arc;

use pontoon_jsonrpc::{Id, Message, Raw, encode};
use pontoon_upstream::{Closed, Connection, Diagnostics, Failure, Idle, Listener};
use tokio::sync::mpsc;

/// What a connection tells.
#[derive(Debug)]
pub(crate) enum News {
    Message(Message),
    /// This request will not be answered.
    Failed(Id, Failure),
    Closed(Closed),
}

/// Passes on what it hears.
struct Ear(mpsc::UnboundedSender<News>);

impl Listener for Ear {
    fn message(&self, message: Message) {
        // Nobody listens any more once all is known.
        let _ = self.0.send(News::Message(message));
    }

    fn failed(&self, request: Id, why: Failure) {
        let _ = self.0.send(News::Failed(request, why));
    }

    fn closed(&self, why: Closed) {
        let _ = self.0.send(News::Closed(why));
    }
}

/// The other end of a connection.
pub(crate) struct Peer {
    connection: Connection,
    news: mpsc::UnboundedReceiver<News>,
    last_id: i64,
}

impl Peer {
    pub(crate) fn of(idle: Idle) -> Self {
        let (sender, news) = mpsc::unbounded_channel();
        Self {
            connection: idle.start(Arc::new(Ear(sender))),
            news,
            last_id: 0,
        }
    }

    /// An id that no request had yet.
    pub(crate) fn next_id(&mut self) -> Id {
        self.last_id += 1;
        Id::Integer(self.last_id)
    }

    /// What does not arrive is not answered either, and the reason comes with that.
    pub(crate) fn send(&self, message: bytes::Bytes) {
        let _ = self.connection.send(message);
    }

    /// Asks, and says under which id the answer comes.
    pub(crate) fn request(&mut self, method: &str, params: Option<&Raw>) -> Id {
        let id = self.next_id();
        self.send(encode::request(&id, method, params));
        id
    }

    /// What it says next.
    pub(crate) async fn next(&mut self) -> News {
        let news = self.news.recv().await;
        news.unwrap_or(News::Closed(Closed::Requested))
    }

    pub(crate) fn diagnostics(&self) -> Diagnostics {
        self.connection.diagnostics()
    }

    pub(crate) async fn close(self) {
        self.connection.close().await;
    }
}
