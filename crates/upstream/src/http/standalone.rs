//! The stream for what belongs to no request.

use std::time::Duration;

use hyper::StatusCode;
use hyper::header::HeaderValue;

use crate::http::events::{Events, decoder};
use crate::http::exchange::{Conversation, MIN_RETRY};

/// The first pause before a stream that broke is opened again, where the server gave none.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
/// The longest pause.
const MAX_PAUSE: Duration = Duration::from_secs(30);

/// Why there is no stream any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NoStream {
    /// The server offers none.
    NotOffered,
    /// The server does not know the session any more.
    SessionGone,
    /// HTTP+SSE: the stream ended, and with it the session.
    Ended,
}

impl Conversation {
    /// Holds the GET stream as long as the server offers one.
    pub(crate) async fn listen(self) -> NoStream {
        let mut decoder = decoder(self.shared.max_message);
        let mut pause = FIRST_PAUSE;
        let mut was_offered = false;
        loop {
            let answer = self
                .remote
                .get(self.established.get(), sayable(decoder.last_event_id()));
            match answer.await {
                Ok(answer) if answer.status().is_success() && !answer.is_events() => {
                    return NoStream::NotOffered;
                }
                Ok(answer) if answer.status().is_success() => {
                    was_offered = true;
                    let mut events = Events::new(answer, decoder, None);
                    while let Ok(Some(event)) = events.next().await {
                        pause = FIRST_PAUSE;
                        // What is no message was counted; the stream goes on.
                        let _ = self.deliver(event.data, None);
                    }
                    decoder = events.into_decoder();
                }
                // Many servers have nothing at all for GET and say so with 404: about the session that tells something
                // only where there was a stream before. Else the next POST will.
                Ok(answer) if answer.status() == StatusCode::NOT_FOUND && was_offered => {
                    return NoStream::SessionGone;
                }
                // "The server MUST either return Content-Type: text/event-stream …, or else return HTTP 405".
                Ok(answer) if is_refusal(answer.status()) => return NoStream::NotOffered,
                Ok(_) | Err(_) => {}
            }
            // A server may ask for a longer pause, and for a shorter one as long as that helps.
            let asked = decoder.retry().unwrap_or(FIRST_PAUSE).max(MIN_RETRY);
            let pause_now = if pause == FIRST_PAUSE {
                asked
            } else {
                pause.max(asked)
            };
            tokio::time::sleep(pause_now.min(MAX_PAUSE)).await;
            pause = (pause * 2).min(MAX_PAUSE);
        }
    }
}

/// An event id as far as a header can hold it. With another one no stream could ever be opened again: better to miss
/// what came meanwhile.
fn sayable(last_event: &str) -> &str {
    match HeaderValue::from_str(last_event) {
        Ok(_) => last_event,
        Err(_) => "",
    }
}

/// Whether a status says that there is no such stream, not only not now.
fn is_refusal(status: StatusCode) -> bool {
    status.is_client_error() && !matches!(status.as_u16(), 408 | 429)
}
