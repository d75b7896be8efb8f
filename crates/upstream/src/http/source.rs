//! Any stream of events, followed across connections: what a browser's `EventSource` does, with any method, headers
//! and body. (WHATWG HTML, 9.2 "Server-sent events".)

mod refusal;
mod settings;

use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use hyper::header::{ACCEPT, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, RETRY_AFTER};
use hyper::{Method, StatusCode};
use pontoon_mcp::header;
use pontoon_sse::{Decoder, Item, Limits};
use url::Url;

pub use self::refusal::{Refusal, SourceError};
pub use self::settings::{EventRequest, SourceSettings};

use crate::http::answer::Answer;
use crate::http::client::{Ask, Client, Header};
use crate::http::failure::Failure;
use crate::http::place::Place;
use crate::http::{HttpError, HttpSettings, HttpTarget, headers};

const LAST_EVENT: HeaderName = HeaderName::from_static(header::LAST_EVENT_ID);
const EVENTS: HeaderValue = HeaderValue::from_static("text/event-stream");
const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// Headers that belong to the connection, or that are said in another way.
const OWN_HEADERS: [&str; 5] = [
    "connection",
    "content-length",
    "host",
    "last-event-id",
    "transfer-encoding",
];

/// A longer pause that a server asks for is taken for this one, as the decoder does.
const MAX_ASKED: Duration = Duration::from_secs(3600);

/// Follows one stream of events, across connections.
///
/// ```no_run
/// use pontoon_upstream::{EventRequest, EventSource, Happening, HttpTarget, SourceSettings};
/// use pontoon_sse::Item;
///
/// # async fn follow() -> Result<(), Box<dyn std::error::Error>> {
/// let target = HttpTarget { url: "http://127.0.0.1:3000/sse/connect".to_owned(), ..HttpTarget::default() };
/// let mut source = EventSource::new(&target, EventRequest::default(), SourceSettings::default())?;
/// while let Some(happening) = source.next().await? {
///     if let Happening::Item(Item::Event(event)) = happening {
///         println!("{}: {}", event.name, String::from_utf8_lossy(&event.data));
///     }
/// }
/// # Ok(())
/// # }
/// ```
pub struct EventSource {
    client: Client,
    place: Place,
    method: Method,
    head: HeaderMap,
    body: Bytes,
    settings: SourceSettings,
    /// Keeps the last id and the delay between connections.
    decoder: Decoder,
    state: State,
    /// Connections in a row that brought nothing.
    failures: u32,
    was_open: bool,
}

enum State {
    /// Connects after this pause.
    Away(Duration),
    Open(Box<Answer>, Bytes),
    Over,
}

/// What an [`EventSource`] tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Happening {
    /// A stream began.
    Opened {
        /// The id in `Last-Event-ID`, if one was sent.
        resumed_after: Option<String>,
    },
    /// An event, a comment or a delay.
    Item(Item),
    /// An event larger than the limit was skipped.
    Skipped {
        /// The limit.
        max: usize,
    },
    /// The stream ended, or could not be opened again. The next call comes back after a pause.
    Lost {
        /// `None` if it ended in good order.
        why: Option<Failure>,
        /// Whether it ended inside an event, which is discarded.
        is_mid_event: bool,
        /// How long is waited.
        pause: Duration,
    },
}

impl EventSource {
    /// Says what will be asked; nothing is sent before [`EventSource::next`].
    ///
    /// # Errors
    /// What is wrong with the target or the request.
    pub fn new(
        target: &HttpTarget,
        request: EventRequest,
        settings: SourceSettings,
    ) -> Result<Self, HttpError> {
        let configured = headers(&target.headers, |name| OWN_HEADERS.contains(&name))?;
        let url = Url::parse(&target.url).map_err(|_| HttpError::Url)?;
        let place = Place::new(url.clone()).ok_or(HttpError::Url)?;
        let http = HttpSettings {
            connect_timeout: settings.connect_timeout,
            ..HttpSettings::default()
        };
        let client = Client::new(&url, configured, target, &http)?;
        let mut head = client.head([]);
        head.entry(ACCEPT).or_insert(EVENTS);
        if !request.body.is_empty() {
            head.entry(CONTENT_TYPE).or_insert(JSON);
        }
        let limits = Limits {
            max_event_len: settings.max_event,
            ..Limits::default()
        };
        Ok(Self {
            client,
            place,
            method: Method::from_bytes(request.method.as_bytes()).map_err(|_| HttpError::Method)?,
            head,
            body: request.body,
            settings,
            decoder: Decoder::new(limits).resuming(&request.last_event_id),
            state: State::Away(Duration::ZERO),
            failures: 0,
            was_open: false,
        })
    }

    /// The id that the next connection resumes after; empty if there is none.
    pub fn last_event_id(&self) -> &str {
        self.decoder.last_event_id()
    }

    /// What happens next; `None` once the stream is over: the server said so with 204, or it ended and is not to be
    /// opened again. A call that is dropped loses nothing but a pause or an attempt to connect.
    ///
    /// # Errors
    /// Nobody answers the first time, the answer is no stream of events, or it failed and is not to be opened again.
    pub async fn next(&mut self) -> Result<Option<Happening>, SourceError> {
        match &mut self.state {
            State::Over => Ok(None),
            State::Away(pause) => {
                tokio::time::sleep(*pause).await;
                self.open().await
            }
            State::Open(..) => self.read().await,
        }
    }

    async fn open(&mut self) -> Result<Option<Happening>, SourceError> {
        let last = self.decoder.last_event_id().to_owned();
        let last_header = match last.as_str() {
            "" => None,
            last => Some(HeaderValue::from_bytes(last.as_bytes()).map_err(|_| SourceError::Id)?),
        };
        let more: Vec<Header> = last_header.map(|value| (LAST_EVENT, value)).into_iter().collect();
        let ask = Ask {
            method: &self.method,
            head: &self.head,
            more: &more,
            body: &self.body,
            trace: &[],
        };
        let answer = match self.client.send(&self.place, ask).await {
            Ok(answer) => answer,
            Err(why) if self.was_open => return self.lost(Some(why), None),
            Err(why) => return Err(self.over(SourceError::Failed(why))),
        };
        match answer.status() {
            StatusCode::NO_CONTENT => {
                self.state = State::Over;
                Ok(None)
            }
            status if self.was_open && is_for_now(status) => {
                let asked = retry_after(answer.headers());
                self.lost(Some(Failure::Busy(status.as_u16())), asked)
            }
            StatusCode::OK if answer.is_events() => {
                self.was_open = true;
                self.state = State::Open(Box::new(answer), Bytes::new());
                let resumed_after = Some(last).filter(|last| !last.is_empty());
                Ok(Some(Happening::Opened { resumed_after }))
            }
            _ => {
                let refusal = Refusal::read(answer).await;
                Err(self.over(SourceError::Refused(Box::new(refusal))))
            }
        }
    }

    async fn read(&mut self) -> Result<Option<Happening>, SourceError> {
        loop {
            let State::Open(answer, chunk) = &mut self.state else {
                return Ok(None);
            };
            match self.decoder.decode(chunk) {
                Some(item) => {
                    self.failures = 0;
                    return Ok(Some(match item {
                        Ok(item) => Happening::Item(item),
                        Err(error) => Happening::Skipped { max: error.max },
                    }));
                }
                None => match within(self.settings.silence, answer.piece(None)).await {
                    Some(Ok(Some(next))) => *chunk = next,
                    Some(Ok(None)) => return self.lost(None, None),
                    Some(Err(why)) => return self.lost(Some(why), None),
                    None => {
                        let why = Failure::Broken("it was silent for too long".to_owned());
                        return self.lost(Some(why), None).map_err(|_| SourceError::Silent);
                    }
                },
            }
        }
    }

    /// The stream ended, or was not there again.
    fn lost(
        &mut self,
        why: Option<Failure>,
        asked: Option<Duration>,
    ) -> Result<Option<Happening>, SourceError> {
        let is_mid_event = self.decoder.is_mid_event();
        self.decoder = std::mem::take(&mut self.decoder).reconnected();
        self.failures += 1;
        if self.failures > self.settings.max_failures {
            self.state = State::Over;
            return why.map_or(Ok(None), |why| Err(SourceError::Failed(why)));
        }
        let pause = self.pause().max(asked.unwrap_or_default());
        self.state = State::Away(pause);
        Ok(Some(Happening::Lost {
            why,
            is_mid_event,
            pause,
        }))
    }

    /// What the server asked for; longer with each connection that brought nothing.
    fn pause(&self) -> Duration {
        let asked = self.decoder.retry().unwrap_or(self.settings.first_pause);
        let asked = asked.max(SourceSettings::MIN_PAUSE);
        let doublings = self.failures.saturating_sub(1).min(16);
        let grown = asked.saturating_mul(1 << doublings);
        asked.max(grown.min(self.settings.max_pause))
    }

    fn over(&mut self, why: SourceError) -> SourceError {
        self.state = State::Over;
        why
    }
}

/// `None` if it takes longer.
async fn within<T>(patience: Option<Duration>, future: impl Future<Output = T>) -> Option<T> {
    match patience {
        Some(patience) => tokio::time::timeout(patience, future).await.ok(),
        None => Some(future.await),
    }
}

/// Whether a status says "not now": the stream may be there again.
fn is_for_now(status: StatusCode) -> bool {
    status.is_server_error() || matches!(status.as_u16(), 408 | 425 | 429)
}

/// In seconds; dates are not read.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let seconds = headers.get(RETRY_AFTER)?.to_str().ok()?.trim().parse();
    seconds
        .ok()
        .map(Duration::from_secs)
        .map(|asked| asked.min(MAX_ASKED))
}

impl fmt::Debug for EventSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EventSource")
            .field("origin", &self.place.origin())
            .finish_non_exhaustive()
    }
}
