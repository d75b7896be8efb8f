//! The task that owns a conversation with a remote server.

use std::collections::HashMap;
use std::pin::Pin;
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::{AbortHandle, Abortable, Aborted};
use futures_util::stream::{FuturesUnordered, StreamExt as _};
use pontoon_jsonrpc::Id;

use crate::closed::Closed;
use crate::http::exchange::{Conversation, Outcome};
use crate::http::failure::Failure;
use crate::http::outgoing::{Kind, Outgoing, Reached};
use crate::http::standalone::NoStream;
use crate::queued::Inbox;

type Exchange = Pin<Box<dyn Future<Output = Result<(Outgoing, Outcome), Aborted>> + Send>>;
type Stream = Pin<Box<dyn Future<Output = NoStream> + Send>>;

/// Notifications and replies that may be under way at once; what exceeds them waits, within the queue's bound in bytes.
const MAX_NOTES: usize = 256;

/// How long a cancellation waits for a sign that its request is there. A server that answers in JSON gives none before
/// the answer.
const HEAD_START: Duration = Duration::from_millis(500);

/// How long answers that have begun may take when the server has forgotten the session.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// Polls all exchanges of a conversation, so that its listener hears one thing after the other.
pub(crate) struct Task {
    conversation: Conversation,
    inbox: Inbox,
    exchanges: FuturesUnordered<Exchange>,
    /// Ways to give up exchanges, by the id of their request.
    requests: HashMap<Id, Given>,
    stream: Option<Stream>,
    /// A message of the handshake is under way: nothing may overtake it.
    gate: Gate,
    /// Notifications and replies under way. Each has a deadline; requests are counted above.
    notes: usize,
    stop_timeout: Duration,
}

/// A request that is under way.
enum Given {
    /// Within the session.
    InSession(Withdrawn),
    /// By itself.
    Alone(AbortHandle),
}

/// What a cancellation has to know of its request.
struct Withdrawn {
    exchange: AbortHandle,
    reached: Option<Reached>,
}

impl Withdrawn {
    /// Sends the cancellation behind the request: each travels by itself, and a server that hears of it first goes on with
    /// the request for good. Nor may the request's connection be closed before: its server may drop what it has not read.
    async fn tell<T>(self, cancellation: impl Future<Output = T>) -> T {
        if let Some(reached) = &self.reached {
            // It is told in any case.
            let _ = tokio::time::timeout(HEAD_START, reached.wait()).await;
        }
        let told = cancellation.await;
        self.exchange.abort();
        told
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Gate {
    Open,
    Shut,
}

/// How a server hears that a request is no longer of interest.
enum Told {
    ByClosing,
    ByMessage(Option<Withdrawn>),
}

enum Event {
    Stopped,
    Ended(Outgoing, Outcome),
    Aborted,
    NoStream(NoStream),
    Message(Bytes),
    Abandoned,
}

impl Task {
    pub(crate) fn new(conversation: Conversation, inbox: Inbox, stop_timeout: Duration) -> Self {
        Self {
            conversation,
            inbox,
            exchanges: FuturesUnordered::new(),
            requests: HashMap::new(),
            stream: None,
            gate: Gate::Open,
            notes: 0,
            stop_timeout,
        }
    }

    /// Runs until the end and tells the listener why.
    pub(crate) async fn run(mut self) {
        let why = self.converse().await;
        self.exchanges.clear();
        self.stream = None;
        let Conversation { listener, shared, .. } = &self.conversation;
        shared.end(why);
        let why = shared.reason.get().expect("set just now, if not before").clone();
        tracing::debug!(server = %shared.name, "{why}");
        listener.closed(why);
        self.finish().await;
    }

    async fn converse(&mut self) -> Closed {
        loop {
            match self.next().await {
                Event::Stopped => return Closed::Requested,
                Event::Abandoned => return Closed::Abandoned,
                Event::Message(message) => self.send(Outgoing::read(message)),
                Event::Aborted => {}
                Event::Ended(message, outcome) => {
                    if let Some(why) = self.ended(message, outcome) {
                        self.hand_back().await;
                        return why;
                    }
                }
                Event::NoStream(NoStream::SessionGone | NoStream::Ended) => {
                    self.hand_back().await;
                    return Closed::SessionLost;
                }
                Event::NoStream(NoStream::NotOffered) => {}
            }
        }
    }

    async fn next(&mut self) -> Event {
        let cancelled = self.conversation.shared.cancel.cancelled();
        tokio::select! {
            biased;
            () = cancelled => Event::Stopped,
            Some(ended) = self.exchanges.next() => match ended {
                Ok((message, outcome)) => Event::Ended(message, outcome),
                Err(Aborted) => Event::Aborted,
            },
            end = wait_for(&mut self.stream) => Event::NoStream(end),
            message = self.inbox.next(), if self.gate == Gate::Open && self.notes < MAX_NOTES => {
                message.map_or(Event::Abandoned, Event::Message)
            }
        }
    }

    fn send(&mut self, message: Outgoing) {
        let mut withdrawn = None;
        match &message.kind {
            Kind::Opening(_) | Kind::Opened => self.gate = Gate::Shut,
            Kind::Cancellation(id) => match self.cancelled(id) {
                Told::ByClosing => return,
                Told::ByMessage(request) => withdrawn = request,
            },
            Kind::Request(_) | Kind::Modern(..) | Kind::Other => {}
        }
        let (handle, registration) = AbortHandle::new_pair();
        match &message.kind {
            Kind::Opening(id) | Kind::Request(id) => {
                let reached = message.reached.clone();
                let exchange = handle;
                self.requests
                    .insert(id.clone(), Given::InSession(Withdrawn { exchange, reached }));
            }
            Kind::Modern(id, _) => {
                self.requests.insert(id.clone(), Given::Alone(handle));
            }
            Kind::Opened | Kind::Cancellation(_) | Kind::Other => self.notes += 1,
        }
        let exchange = self.conversation.clone().exchange(message);
        self.exchanges.push(match withdrawn {
            None => Box::pin(Abortable::new(exchange, registration)),
            Some(request) => Box::pin(Abortable::new(request.tell(exchange), registration)),
        });
    }

    /// Gives a request up. Dropping its exchange closes its stream, which is how 2026-07-28 cancels; in a session its
    /// server is told first.
    fn cancelled(&mut self, id: &Id) -> Told {
        match self.requests.remove(id) {
            Some(Given::Alone(request)) => {
                request.abort();
                Told::ByClosing
            }
            Some(Given::InSession(request)) => Told::ByMessage(Some(request)),
            // It was answered meanwhile. Only a session is a place where that could be said.
            None if self.conversation.established.is_open() => Told::ByMessage(None),
            None => Told::ByClosing,
        }
    }

    /// Acts on the end of an exchange; returns why the conversation is over, if it is.
    fn ended(&mut self, message: Outgoing, outcome: Outcome) -> Option<Closed> {
        match message.awaited() {
            Some(id) => drop(self.requests.remove(id)),
            None => self.notes -= 1,
        }
        match &message.kind {
            Kind::Opening(_) => self.gate = Gate::Open,
            Kind::Opened => {
                self.gate = Gate::Open;
                self.begin_to_listen();
            }
            Kind::Request(_) | Kind::Modern(..) | Kind::Cancellation(_) | Kind::Other => {}
        }
        match outcome {
            Outcome::Done => None,
            Outcome::Failed(failure) => {
                self.failed(message.awaited().cloned(), failure);
                None
            }
            Outcome::Opened(events) => {
                let following = self.conversation.clone().follow(events);
                self.stream = Some(Box::pin(async move {
                    following.await;
                    NoStream::Ended
                }));
                None
            }
            Outcome::SessionGone => {
                self.returned(message);
                Some(Closed::SessionLost)
            }
        }
    }

    /// The server does not know the session: the others that it did not take come back too, and so does what was not
    /// sent yet. What is being answered has a moment to finish.
    async fn hand_back(&mut self) {
        let patience = tokio::time::sleep(LAST_WORDS);
        tokio::pin!(patience);
        while !self.exchanges.is_empty() {
            tokio::select! {
                biased;
                Some(ended) = self.exchanges.next() => if let Ok((message, outcome)) = ended {
                    self.ended(message, outcome);
                },
                () = &mut patience => break,
            }
        }
        while let Some(message) = self.inbox.try_next() {
            self.returned(Outgoing::read(message));
        }
    }

    fn returned(&self, message: Outgoing) {
        if let Some(id) = message.awaited() {
            let listener = &self.conversation.listener;
            listener.returned(id.clone(), message.body.clone());
        }
    }

    fn failed(&self, request: Option<Id>, failure: Failure) {
        let Conversation { listener, shared, .. } = &self.conversation;
        tracing::info!(server = %shared.name, reason = failure.reason(), "{failure}");
        if let Some(request) = request {
            listener.failed(request, failure);
        }
    }

    /// The session is open: hear what the server says unasked, where that has a stream of its own.
    fn begin_to_listen(&mut self) {
        let is_streamable = self.conversation.established.endpoint().is_none();
        if is_streamable && self.stream.is_none() {
            self.stream = Some(Box::pin(self.conversation.clone().listen()));
        }
    }

    /// Ends the session on the server: "Clients that no longer need a particular session … SHOULD send an HTTP
    /// DELETE" (2025-11-25, "Session Management").
    async fn finish(self) {
        let Conversation {
            remote,
            established,
            shared,
            ..
        } = &self.conversation;
        let session = established.get().filter(|session| session.id.is_some());
        let is_over = matches!(shared.reason.get(), Some(Closed::SessionLost));
        if let (Some(session), false) = (session, is_over) {
            // A server that does not allow it says 405; one that is gone says nothing.
            let _ = tokio::time::timeout(self.stop_timeout, remote.delete(session)).await;
        }
        shared.finish();
    }
}

async fn wait_for(stream: &mut Option<Stream>) -> NoStream {
    match stream {
        Some(listening) => {
            let end = listening.await;
            *stream = None;
            end
        }
        None => std::future::pending().await,
    }
}

/// However the task ends, nobody waits for it in vain.
impl Drop for Task {
    fn drop(&mut self) {
        self.conversation.shared.finish();
    }
}
