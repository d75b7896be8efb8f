//! One POST and everything that comes of it.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use pontoon_jsonrpc::{Id, Limits, Message, Payload};
use pontoon_mcp::header;
use pontoon_sse::Decoder;
use reqwest::header::{CONTENT_TYPE, HeaderValue};
use reqwest::{Response, StatusCode};

use crate::connection::Listener;
use crate::http::HttpTransport;
use crate::http::established::Established;
use crate::http::events::{Events, decoder, whole};
use crate::http::failure::Failure;
use crate::http::outgoing::{Kind, Outgoing};
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
#[derive(Debug)]
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

/// What a status and content type promise.
pub(crate) enum Content {
    Json,
    Events,
    Nothing,
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
        let is_first_contact = matches!(message.kind, Kind::Opening(_));
        if self.established.endpoint().is_some() {
            return self.send_over(message).await;
        }
        if is_first_contact && self.remote.transport() == HttpTransport::Sse {
            return self.open_sse(message).await;
        }
        let session = self.established.get();
        let sent = self.remote.post(message, &self.established).send().await;
        let response = sent.map_err(|error| Failure::of(&error))?;
        let has_session = session.is_some_and(|session| session.id.is_some());
        if response.status() == StatusCode::NOT_FOUND && has_session {
            return Ok(Outcome::SessionGone);
        }
        let Some(awaited) = message.awaited() else {
            return taken(response.status()).map(|()| Outcome::Done);
        };
        if !response.status().is_success() {
            if is_first_contact && self.may_speak_sse(response.status()) {
                return self.try_sse(message, response, awaited).await;
            }
            return self.refused(response, awaited).await;
        }
        if is_first_contact {
            return self.opened(response, awaited).await;
        }
        match content(&response) {
            Content::Json => self.single(response, awaited).await,
            Content::Events => self.stream(response, awaited).await,
            Content::Nothing => Err(Failure::Protocol("a request was accepted without an answer")),
        }
    }

    fn answer_events(&self, response: Response) -> Events {
        let decoder = decoder(self.shared.max_message);
        Events::new(response, decoder, Some(self.remote.patience))
    }

    async fn single(&self, response: Response, awaited: &Id) -> Result<Outcome, Failure> {
        let body = whole(response, self.shared.max_message, self.remote.patience).await?;
        if self.deliver(body, Some(awaited))? {
            Ok(Outcome::Done)
        } else {
            Err(Failure::Protocol("it does not answer the request"))
        }
    }

    /// Reads a stream up to the answer, coming back for the rest where it breaks.
    async fn stream(&self, response: Response, awaited: &Id) -> Result<Outcome, Failure> {
        let mut events = self.answer_events(response);
        let mut fruitless = 0;
        loop {
            let broken = loop {
                match events.next().await {
                    Ok(Some(event)) => {
                        fruitless = 0;
                        if event.name == "message" && self.deliver(event.data, Some(awaited))? {
                            self.read_to_end(events).await;
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
                if fruitless > MAX_RESUMPTIONS || !self.is_resumable(&decoder) {
                    return Err(broken);
                }
                match self.resume(decoder).await {
                    Ok(rest) => break rest,
                    Err(same) => decoder = *same,
                }
            };
        }
    }

    /// A stream that is read to its end leaves a connection that can be used again.
    async fn read_to_end(&self, mut events: Events) {
        let rest = async {
            while let Ok(Some(event)) = events.next().await {
                // The answer is there; what is no message was counted.
                let _ = self.deliver(event.data, None);
            }
        };
        let _ = tokio::time::timeout(REST, rest).await;
    }

    /// Only after an event with an id ("Resumability and Redelivery"), which 2026-07-28 does not know.
    fn is_resumable(&self, decoder: &Decoder) -> bool {
        self.remote.transport() != HttpTransport::Stateless && !decoder.last_event_id().is_empty()
    }

    /// Asks for what follows the last event; gives the decoder back if that is not to be had.
    async fn resume(&self, decoder: Decoder) -> Result<Events, Box<Decoder>> {
        let pause = decoder.retry().unwrap_or(RETRY);
        tokio::time::sleep(pause.clamp(MIN_RETRY, MAX_RETRY)).await;
        let request = self.remote.get(self.established.get(), decoder.last_event_id());
        match request.send().await {
            Ok(response) if response.status().is_success() && is_events(&response) => {
                Ok(Events::new(response, decoder, Some(self.remote.patience)))
            }
            Ok(_) | Err(_) => Err(Box::new(decoder)),
        }
    }

    /// The answer to `initialize` says what every later request has to repeat.
    async fn opened(&self, response: Response, awaited: &Id) -> Result<Outcome, Failure> {
        let id = response.headers().get(header::SESSION_ID).cloned();
        match content(&response) {
            Content::Json => {
                let body = whole(response, self.shared.max_message, self.remote.patience).await?;
                if self.greet(id, body, awaited)? {
                    return Ok(Outcome::Done);
                }
            }
            Content::Events => {
                let mut events = self.answer_events(response);
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
        if answers(&message, Some(awaited)) {
            self.established.learn(id, &message);
        }
        Ok(self.tell(message, Some(awaited)))
    }

    /// A status that is no success may still come with the answer: an error object.
    pub(crate) async fn refused(&self, response: Response, awaited: &Id) -> Result<Outcome, Failure> {
        let failure = refusal(response.status());
        let may_answer = matches!(failure, Failure::Status(_)) && matches!(content(&response), Content::Json);
        if !may_answer {
            return Err(failure);
        }
        let body = whole(response, self.shared.max_message, self.remote.patience).await?;
        match Message::parse(body, &Limits::SERVER) {
            Ok(Message::Response(mut answer)) => {
                // Who could not read the request could not read its id.
                answer.id.get_or_insert_with(|| awaited.clone());
                if self.tell(Message::Response(answer), Some(awaited)) {
                    return Ok(Outcome::Done);
                }
                Err(failure)
            }
            _ => Err(failure),
        }
    }

    /// Delivers what a body or event holds; true if the awaited answer was in it.
    pub(crate) fn deliver(&self, body: Bytes, awaited: Option<&Id>) -> Result<bool, Failure> {
        let Ok(payload) = Payload::parse(body, &Limits::SERVER) else {
            self.shared.tally.refused_messages.add_one();
            return Err(Failure::Protocol("a message is no JSON-RPC"));
        };
        match payload {
            Payload::Single(message) => Ok(self.tell(message, awaited)),
            // 2025-03-26 only: a server may put together what it has to say.
            Payload::Batch(messages) => {
                let mut answered = false;
                for message in messages {
                    match message {
                        Ok(message) => answered |= self.tell(message, awaited),
                        Err(_) => self.shared.tally.refused_messages.add_one(),
                    }
                }
                Ok(answered)
            }
        }
    }

    fn tell(&self, message: Message, awaited: Option<&Id>) -> bool {
        let is_answer = answers(&message, awaited);
        self.shared.tally.received.add_one();
        self.listener.message(message);
        is_answer
    }
}

impl Outgoing {
    /// The id of the answer to wait for.
    pub(crate) fn awaited(&self) -> Option<&Id> {
        match &self.kind {
            Kind::Opening(id) | Kind::Request(id) => Some(id),
            Kind::Opened | Kind::Cancellation(_) | Kind::Other => None,
        }
    }
}

fn answers(message: &Message, awaited: Option<&Id>) -> bool {
    match message {
        Message::Response(response) => response.id.as_ref() == awaited,
        Message::Request(_) | Message::Notification(_) => false,
    }
}

/// Whether a body is a stream of events.
pub(crate) fn is_events(response: &Response) -> bool {
    matches!(content(response), Content::Events)
}

/// Whether a notification or response was taken.
pub(crate) fn taken(status: StatusCode) -> Result<(), Failure> {
    if status.is_success() {
        return Ok(());
    }
    Err(refusal(status))
}

pub(crate) fn refusal(status: StatusCode) -> Failure {
    match status.as_u16() {
        status @ (401 | 403) => Failure::Unauthorized(status),
        status @ (429 | 503) => Failure::Busy(status),
        status => Failure::Status(status),
    }
}

pub(crate) fn content(response: &Response) -> Content {
    let kind = response.headers().get(CONTENT_TYPE);
    let kind = kind.and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let essence = kind.split(';').next().unwrap_or_default().trim();
    match essence {
        kind if kind.eq_ignore_ascii_case("application/json") => Content::Json,
        kind if kind.eq_ignore_ascii_case("text/event-stream") => Content::Events,
        _ => Content::Nothing,
    }
}
