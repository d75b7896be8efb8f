//! A server behind a URL, and what is said to it.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bytes::Bytes;
use hyper::Method;
use hyper::header::{ACCEPT, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use url::Url;

use pontoon_mcp::header;

use crate::http::answer::Answer;
use crate::http::client::{Ask, Client, Header};
use crate::http::established::{Established, Session};
use crate::http::failure::Failure;
use crate::http::outgoing::Outgoing;
use crate::http::place::Place;
use crate::http::tools::Tools;
use crate::http::{HttpError, HttpSettings, HttpTarget, HttpTransport};

const SESSION: HeaderName = HeaderName::from_static(header::SESSION_ID);
const REVISION: HeaderName = HeaderName::from_static(header::PROTOCOL_VERSION);
const LAST_EVENT: HeaderName = HeaderName::from_static(header::LAST_EVENT_ID);

const BOTH: HeaderValue = HeaderValue::from_static("application/json, text/event-stream");
const EVENTS: HeaderValue = HeaderValue::from_static("text/event-stream");
const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// One server, as HTTP sees it.
pub(crate) struct Remote {
    client: Client,
    place: Place,
    /// Of every POST outside a session.
    post_head: HeaderMap,
    transport: HttpTransport,
    /// Learnt of a server that is to be tried: it speaks HTTP+SSE.
    speaks_sse: AtomicBool,
    /// Which arguments its tools want repeated in headers.
    pub(crate) tools: Tools,
    /// How long an answer that has begun may be silent.
    pub(crate) patience: Duration,
}

impl Remote {
    pub(crate) fn new(
        target: &HttpTarget,
        headers: HeaderMap,
        transport: HttpTransport,
        settings: &HttpSettings,
    ) -> Result<Self, HttpError> {
        let url = Url::parse(&target.url).map_err(|_| HttpError::Url)?;
        let place = Place::new(url.clone()).ok_or(HttpError::Url)?;
        let client = Client::new(&url, headers, target, settings)?;
        Ok(Self {
            post_head: client.head([(ACCEPT, BOTH), (CONTENT_TYPE, JSON)]),
            client,
            place,
            transport,
            speaks_sse: AtomicBool::new(false),
            tools: Tools::default(),
            patience: settings.read_timeout,
        })
    }

    pub(crate) fn origin(&self) -> String {
        self.place.origin()
    }

    /// What to speak now: of a server that is to be tried, what it was found to speak.
    pub(crate) fn transport(&self) -> HttpTransport {
        match self.transport {
            HttpTransport::Auto if self.speaks_sse.load(Ordering::Relaxed) => HttpTransport::Sse,
            known => known,
        }
    }

    /// The server turned out to speak HTTP+SSE.
    pub(crate) fn note_sse(&self) {
        self.speaks_sse.store(true, Ordering::Relaxed);
    }

    /// What the server was found to speak it speaks no more. Whether that was only learnt.
    pub(crate) fn forget_sse(&self) -> bool {
        self.speaks_sse.swap(false, Ordering::Relaxed)
    }

    /// Where messages go that the `endpoint` event of HTTP+SSE named. `None` for another origin.
    pub(crate) fn endpoint(&self, named: &str) -> Option<Place> {
        self.place.join(named)
    }

    /// A message of a session, or the one that opens it.
    pub(crate) async fn post(
        &self,
        message: &Outgoing,
        established: &Established,
    ) -> Result<Answer, Failure> {
        let ask = Ask {
            method: &Method::POST,
            head: established
                .get()
                .map_or(&self.post_head, |session| &session.post_head),
            more: &[],
            trace: &message.trace,
            body: &message.body,
        };
        let place = established.endpoint().unwrap_or(&self.place);
        self.client.send(place, ask).await
    }

    /// A request that stands by itself; `headers` repeat what it says, and `trace` its trace context.
    pub(crate) async fn post_alone(
        &self,
        body: &Bytes,
        headers: &[Header],
        trace: &[Header],
    ) -> Result<Answer, Failure> {
        let ask = Ask {
            method: &Method::POST,
            head: &self.post_head,
            more: headers,
            trace,
            body,
        };
        self.client.send(&self.place, ask).await
    }

    /// The stream of what belongs to no request, or the rest of another one.
    pub(crate) async fn get(&self, session: Option<&Session>, last_event: &str) -> Result<Answer, Failure> {
        let mut head = self.client.head(within(session));
        head.insert(ACCEPT, EVENTS);
        if !last_event.is_empty() {
            let last = HeaderValue::from_str(last_event);
            head.insert(
                LAST_EVENT,
                last.map_err(|_| Failure::Protocol("an event id that no header can hold"))?,
            );
        }
        self.client.send(&self.place, bodiless(&Method::GET, &head)).await
    }

    /// The end of a session.
    pub(crate) async fn delete(&self, session: &Session) -> Result<Answer, Failure> {
        let head = self.client.head(within(Some(session)));
        self.client
            .send(&self.place, bodiless(&Method::DELETE, &head))
            .await
    }

    /// A session that was just opened; `id` is what the server calls it.
    pub(crate) fn session(&self, id: Option<HeaderValue>, revision: &'static str) -> Session {
        let mut session = Session {
            id,
            revision,
            post_head: self.post_head.clone(),
        };
        let named: Vec<_> = within(Some(&session)).collect();
        session.post_head.extend(named);
        session
    }
}

fn bodiless<'a>(method: &'a Method, head: &'a HeaderMap) -> Ask<'a> {
    static NOTHING: Bytes = Bytes::new();
    Ask {
        method,
        head,
        more: &[],
        trace: &[],
        body: &NOTHING,
    }
}

/// Names the session and its revision, once there is one.
fn within(session: Option<&Session>) -> impl Iterator<Item = Header> {
    let revision = session.map(|session| (REVISION, HeaderValue::from_static(session.revision)));
    let id = session.and_then(|session| session.id.clone());
    revision.into_iter().chain(id.map(|id| (SESSION, id)))
}
