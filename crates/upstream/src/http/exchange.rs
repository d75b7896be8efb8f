//! One POST and everything that comes of it.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use hyper::StatusCode;
use hyper::header::HeaderValue;
use pontoon_jsonrpc::{Id, Limits, Message, Payload};
use pontoon_mcp::header;
use pontoon_sse::Decoder;

use crate::connection::Listener;
use crate::http::HttpTransport;
use crate::http::answer::{Answer, Content};
use crate::http::established::{Established, settled};
use crate::http::events::{Events, decoder};
use crate::http::failure::Failure;
use crate::http::outgoing::{About, Kind, Outgoing};
use crate::http::remote::Remote;
use crate::queued::Shared;

/// How often the rest of a broken answer is asked for without anything new.
const MAX_RESUMPTIONS: u32 = 5;
/// How long to wait before asking, where the server did not say. (Its own word is `retry`.)
const RETRY: Duration = Duration::from_secs(1);
/// The shortest pause that a server may ask for.
pub(crate) const MIN_RETRY: Duration = Duration::from_millis(100);
/// The longest that a server may have us wait.
const MAX_RETRY: Duration = Duration::from_secs(30);
/// How long an answered stream is read on, so that its connection can be used again.
const REST: Duration = Duration::from_millis(100);

/// How long the server has to take what needs no answer.
const NOTE_TIMEOUT: Duration = Duration::from_secs(30);

/// What exchanges and the stream have in common.
#[derive(Clone)]
pub(crate) struct Conversation {
    pub(crate) remote: Arc<Remote>,
    pub(crate) established: Arc<Established>,
    pub(crate) listener: Arc<dyn Listener>,
    pub(crate) shared: Arc<Shared>,
}

/// How a POST ended.
pub(crate) enum Outcome {
    /// The answer was delivered, or there is none to come.
    Done,
    /// The server does not know the session any more.
    SessionGone,
    /// No answer will come.
    Failed(Failure),
    /// HTTP+SSE is open; everything else comes on this stream.
    Opened(Box<Events>),
}

impl Conversation {
    /// Sends a message and delivers what comes back.
    pub(crate) async fn exchange(self, message: Outgoing) -> (Outgoing, Outcome) {
        let posting = self.post(&message);
        let outcome = match message.awaited() {
            Some(_) => posting.await,
            // Nobody waits for it, so nobody would give it up.
            None => tokio::time::timeout(NOTE_TIMEOUT, posting)
                .await
                .unwrap_or_else(|_| Err(Failure::Broken("a notification was not taken in time".to_owned()))),
        };
        let outcome = outcome.unwrap_or_else(Outcome::Failed);
        (message, outcome)
    }

    async fn post(&self, message: &Outgoing) -> Result<Outcome, Failure> {
        if let Some(modern) = message.modern() {
            return self.post_modern(message, modern).await;
        }
        let is_first_contact = matches!(message.kind, Kind::Opening(_));
        if self.established.endpoint().is_some() {
            return Box::pin(self.send_over(message)).await;
        }
        if is_first_contact && self.remote.transport() == HttpTransport::Sse {
            match Box::pin(self.open_sse(message)).await {
                Err(Failure::Status(_) | Failure::Protocol(_)) if self.has_left_sse() => {}
                outcome => return outcome,
            }
        }
        let session = self.established.get();
        let answer = self.remote.post(message, &self.established).await?;
        if let Some(reached) = &message.reached {
            reached.note();
        }
        let has_session = session.is_some_and(|session| session.id.is_some());
        if answer.status() == StatusCode::NOT_FOUND && has_session {
            return Ok(Outcome::SessionGone);
        }
        let Some(awaited) = message.awaited() else {
            return taken(answer).map(|()| Outcome::Done);
        };
        if is_first_contact && self.may_speak_sse(answer.status()) {
            return Box::pin(self.try_sse(message, answer)).await;
        }
        if is_first_contact && answer.status().is_success() {
            return Box::pin(self.opened(answer, awaited)).await;
        }
        self.answered(answer, message).await
    }

    /// Reads the answer to a request, whatever it looks like.
    pub(crate) async fn answered(&self, answer: Answer, message: &Outgoing) -> Result<Outcome, Failure> {
        let status = answer.status();
        match answer.content() {
            _ if is_final(status) => Err(refusal(status)),
            Content::Json => {
                let body = answer
                    .whole(self.shared.max_message, self.remote.patience)
                    .await?;
                self.judged(status, body, message)
            }
            _ if !status.is_success() => Err(refusal(status)),
            Content::Events => self.stream(answer, message).await,
            Content::Nothing => Err(Failure::Protocol("a request was accepted without an answer")),
        }
    }

    /// Delivers a body that should be the answer.
    pub(crate) fn judged(
        &self,
        status: StatusCode,
        body: Bytes,
        message: &Outgoing,
    ) -> Result<Outcome, Failure> {
        if !status.is_success() {
            return self.refused(status, body, message);
        }
        if self.deliver(body, Some(message))? {
            Ok(Outcome::Done)
        } else {
            Err(Failure::Protocol("it does not answer the request"))
        }
    }

    pub(crate) fn events(&self, answer: Answer) -> Events {
        let decoder = decoder(self.shared.max_message);
        Events::new(answer, decoder, Some(self.remote.patience))
    }

    /// How long the stream of an answer may be silent. One that tells of changes is, as long as nothing changes.
    fn patience(&self, message: &Outgoing) -> Option<Duration> {
        let about = message.modern().map(|modern| &modern.about);
        (!matches!(about, Some(About::Changes))).then_some(self.remote.patience)
    }

    /// Reads a stream up to the answer, coming back for the rest where it breaks.
    async fn stream(&self, answer: Answer, message: &Outgoing) -> Result<Outcome, Failure> {
        let patience = self.patience(message);
        let mut events = Events::new(answer, decoder(self.shared.max_message), patience);
        let mut fruitless = 0;
        loop {
            let broken = loop {
                match events.next().await {
                    Ok(Some(event)) => {
                        fruitless = 0;
                        if event.name == "message" && self.deliver(event.data, Some(message))? {
                            self.read_to_end(events, message).await;
                            return Ok(Outcome::Done);
                        }
                    }
                    Ok(None) => break Failure::Broken("the stream ended".to_owned()),
                    Err(failure @ Failure::Broken(_)) => break failure,
                    Err(failure) => return Err(failure),
                }
            };
            let mut decoder = events.into_decoder();
            // The request was taken: whatever goes wrong from here on, it may have been carried out.
            events = loop {
                fruitless += 1;
                if fruitless > MAX_RESUMPTIONS || !is_resumable(message, &decoder) {
                    return Err(broken);
                }
                match Box::pin(self.resume(decoder)).await {
                    Ok(rest) => break rest,
                    Err(same) => decoder = *same,
                }
            };
        }
    }

    /// A stream that is read to its end leaves a connection that can be used again.
    async fn read_to_end(&self, mut events: Events, message: &Outgoing) {
        let rest = async {
            while let Ok(Some(event)) = events.next().await {
                // The answer is there; what is no message was counted.
                let _ = self.deliver(event.data, Some(message));
            }
        };
        let _ = tokio::time::timeout(REST, rest).await;
    }

    /// Asks for what follows the last event; gives the decoder back if that is not to be had.
    async fn resume(&self, decoder: Decoder) -> Result<Events, Box<Decoder>> {
        let pause = decoder.retry().unwrap_or(RETRY);
        tokio::time::sleep(pause.clamp(MIN_RETRY, MAX_RETRY)).await;
        let rest = self.remote.get(self.established.get(), decoder.last_event_id());
        match rest.await {
            Ok(answer) if answer.status().is_success() && answer.is_events() => {
                Ok(Events::new(answer, decoder, Some(self.remote.patience)))
            }
            Ok(_) | Err(_) => Err(Box::new(decoder)),
        }
    }

    /// The answer to `initialize` says what every later request has to repeat.
    async fn opened(&self, answer: Answer, awaited: &Id) -> Result<Outcome, Failure> {
        let id = answer.headers().get(header::SESSION_ID).cloned();
        match answer.content() {
            Content::Json => {
                let body = answer
                    .whole(self.shared.max_message, self.remote.patience)
                    .await?;
                if self.greet(id, body, awaited)? {
                    return Ok(Outcome::Done);
                }
            }
            Content::Events => {
                let mut events = self.events(answer);
                while let Some(event) = events.next().await? {
                    // It may say something else before.
                    if self.greet(id.clone(), event.data, awaited)? {
                        return Ok(Outcome::Done);
                    }
                }
            }
            Content::Nothing => {}
        }
        Err(Failure::Protocol("the handshake was not answered"))
    }

    /// Delivers a message that may be the answer to `initialize`; true if it is.
    fn greet(&self, id: Option<HeaderValue>, body: Bytes, awaited: &Id) -> Result<bool, Failure> {
        let message = Message::parse(body, &Limits::SERVER)
            .map_err(|_| Failure::Protocol("the answer to the handshake is no JSON-RPC"))?;
        let is_answer = answers(&message, awaited);
        if let (true, Some(revision)) = (is_answer, settled(&message)) {
            self.established.learn(self.remote.session(id, revision.as_str()));
        }
        self.tell(message, Some(awaited));
        Ok(is_answer)
    }

    /// A status that is no success may still come with the answer: an error object.
    fn refused(&self, status: StatusCode, body: Bytes, message: &Outgoing) -> Result<Outcome, Failure> {
        let failure = refusal(status);
        let (Ok(Message::Response(mut answer)), Some(awaited)) =
            (Message::parse(body, &Limits::SERVER), message.awaited())
        else {
            return Err(failure);
        };
        // Who could not read the request could not read its id.
        let is_answer = *answer.id.get_or_insert_with(|| awaited.clone()) == *awaited;
        self.tell(Message::Response(answer), Some(awaited));
        if is_answer {
            Ok(Outcome::Done)
        } else {
            Err(failure)
        }
    }

    /// Delivers what a body or event holds; true if the answer to the request that it came for was in it.
    pub(crate) fn deliver(&self, body: Bytes, within: Option<&Outgoing>) -> Result<bool, Failure> {
        let Ok(payload) = Payload::parse(body, &Limits::SERVER) else {
            self.shared.tally.refused_messages.add_one();
            return Err(Failure::Protocol("a message is no JSON-RPC"));
        };
        match payload {
            Payload::Single(message) => Ok(self.pass(message, within)),
            // 2025-03-26 only: a server may put together what it has to say.
            Payload::Batch(messages) => {
                let mut answered = false;
                for message in messages {
                    match message {
                        Ok(message) => answered |= self.pass(message, within),
                        Err(_) => self.shared.tally.refused_messages.add_one(),
                    }
                }
                Ok(answered)
            }
        }
    }

    fn pass(&self, mut message: Message, within: Option<&Outgoing>) -> bool {
        let awaited = within.and_then(Outgoing::awaited);
        let is_answer = awaited.is_some_and(|awaited| answers(&message, awaited));
        let about = within.and_then(Outgoing::modern).map(|modern| &modern.about);
        if let (true, Some(About::Tools)) = (is_answer, about) {
            message = self.remote.tools.learn(message, &self.shared.name);
        }
        self.tell(message, awaited);
        is_answer
    }

    fn tell(&self, message: Message, within: Option<&Id>) {
        self.shared.tally.received.add_one();
        match within {
            Some(request) => self.listener.message_within(message, request),
            None => self.listener.message(message),
        }
    }
}

fn answers(message: &Message, awaited: &Id) -> bool {
    match message {
        Message::Response(response) => response.id.as_ref() == Some(awaited),
        Message::Request(_) | Message::Notification(_) => false,
    }
}

/// Only after an event with an id ("Resumability and Redelivery"), which 2026-07-28 does not know.
fn is_resumable(message: &Outgoing, decoder: &Decoder) -> bool {
    message.modern().is_none() && !decoder.last_event_id().is_empty()
}

/// Whether a notification or response was taken.
pub(crate) fn taken(answer: Answer) -> Result<(), Failure> {
    let status = answer.status();
    answer.release();
    if status.is_success() {
        return Ok(());
    }
    Err(refusal(status))
}

/// Whether a status says all there is to say: what comes with it is not for clients.
pub(crate) fn is_final(status: StatusCode) -> bool {
    !status.is_success() && !matches!(refusal(status), Failure::Status(_))
}

pub(crate) fn refusal(status: StatusCode) -> Failure {
    match status.as_u16() {
        status @ (401 | 403) => Failure::Unauthorized(status),
        status @ (429 | 503) => Failure::Busy(status),
        status => Failure::Status(status),
    }
}
