//! HTTP+SSE (2024-11-05): a stream that everything comes on, and an address that it names for what goes out.

use hyper::StatusCode;

use crate::http::HttpTransport;
use crate::http::answer::Answer;
use crate::http::events::{Events, decoder};
use crate::http::exchange::{Conversation, Outcome, refusal, taken};
use crate::http::failure::Failure;
use crate::http::outgoing::Outgoing;

impl Conversation {
    /// Whether a server that refuses its first message so may speak HTTP+SSE: "400 Bad Request, 404 Not Found or 405 Method
    /// Not Allowed" (2025-11-25, "Backwards Compatibility").
    pub(crate) fn may_speak_sse(&self, status: StatusCode) -> bool {
        self.remote.transport() == HttpTransport::Auto && matches!(status.as_u16(), 400 | 404 | 405)
    }

    /// The first message was refused as servers of HTTP+SSE do. If this is none, the refusal counts.
    pub(crate) async fn try_sse(&self, message: &Outgoing, refused: Answer) -> Result<Outcome, Failure> {
        match self.open_sse(message).await {
            Ok(opened) => {
                self.remote.note_sse();
                Ok(opened)
            }
            Err(why) => {
                tracing::debug!(server = %self.shared.name, %why, "no HTTP+SSE either");
                self.answered(refused, message).await
            }
        }
    }

    /// Whether a server that offers no stream of HTTP+SSE may speak something newer by now: that it spoke HTTP+SSE was only
    /// learnt.
    pub(crate) fn has_left_sse(&self) -> bool {
        self.established.endpoint().is_none() && self.remote.forget_sse()
    }

    /// Opens the stream, then sends the first message. Its answer comes on the stream.
    pub(crate) async fn open_sse(&self, message: &Outgoing) -> Result<Outcome, Failure> {
        let events = self.open_stream().await?;
        match self.send_over(message).await? {
            Outcome::Done => Ok(Outcome::Opened(Box::new(events))),
            other => Ok(other),
        }
    }

    /// Sends a message to the address that the stream named.
    pub(crate) async fn send_over(&self, message: &Outgoing) -> Result<Outcome, Failure> {
        let answer = self.remote.post(message, &self.established).await?;
        match answer.status() {
            StatusCode::NOT_FOUND => Ok(Outcome::SessionGone),
            _ => taken(answer).map(|()| Outcome::Done),
        }
    }

    /// Opens the stream and waits for its first event, which says where messages go.
    async fn open_stream(&self) -> Result<Events, Failure> {
        let answer = self.remote.get(None, "").await?;
        match answer.status() {
            status if !status.is_success() => return Err(refusal(status)),
            _ if !answer.is_events() => return Err(Failure::Protocol("it is no event stream")),
            _ => {}
        }
        let mut events = Events::new(answer, decoder(self.shared.max_message), None);
        let first = tokio::time::timeout(self.remote.patience, events.next()).await;
        let first = first.map_err(|_| Failure::Protocol("the stream did not say where messages go"))?;
        let endpoint = first?.filter(|event| event.name == "endpoint");
        let endpoint =
            endpoint.and_then(|event| self.remote.endpoint(std::str::from_utf8(&event.data).ok()?));
        let endpoint = endpoint.ok_or(Failure::Protocol(
            "the stream did not begin with an endpoint of its own origin",
        ))?;
        self.established.learn_endpoint(endpoint);
        Ok(events)
    }

    /// Delivers what comes on the stream until it ends.
    pub(crate) async fn follow(self, mut events: Box<Events>) {
        while let Ok(Some(event)) = events.next().await {
            // What is no message was counted; the stream goes on.
            let _ = self.deliver(event.data, None);
        }
    }
}
