//! The address of a server, and the requests that are made of it.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use reqwest::header::{ACCEPT, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Certificate, Client, RequestBuilder, Url, redirect};

use pontoon_mcp::{ModernRevision, header};

use crate::http::established::{Established, Session};
use crate::http::outgoing::Outgoing;
use crate::http::{HttpError, HttpSettings, HttpTarget, HttpTransport};

const SESSION: HeaderName = HeaderName::from_static(header::SESSION_ID);
const REVISION: HeaderName = HeaderName::from_static(header::PROTOCOL_VERSION);
const METHOD: HeaderName = HeaderName::from_static(header::METHOD);
const NAME: HeaderName = HeaderName::from_static(header::NAME);
const LAST_EVENT: HeaderName = HeaderName::from_static(header::LAST_EVENT_ID);

const BOTH: HeaderValue = HeaderValue::from_static("application/json, text/event-stream");
const EVENTS: HeaderValue = HeaderValue::from_static("text/event-stream");
const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// Redirects that are followed, one after the other.
const MAX_REDIRECTS: usize = 3;

/// How often a silent connection is asked whether it is still there.
const KEEP_ALIVE: Duration = Duration::from_secs(30);

/// One server, as HTTP sees it.
pub(crate) struct Remote {
    client: Client,
    url: Url,
    headers: HeaderMap,
    transport: HttpTransport,
    /// Learnt of a server that is to be tried: it speaks HTTP+SSE.
    speaks_sse: AtomicBool,
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
        let url = Url::parse(&target.url)
            .ok()
            .filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
        let url = url.ok_or(HttpError::Url)?;
        Ok(Self {
            client: client(target, settings)?,
            url,
            headers,
            transport,
            speaks_sse: AtomicBool::new(false),
            patience: settings.read_timeout,
        })
    }

    pub(crate) fn origin(&self) -> String {
        self.url.origin().ascii_serialization()
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

    /// Where messages go that the `endpoint` event of HTTP+SSE named. `None` for another origin: credentials
    /// must not leave the server that they are for.
    pub(crate) fn endpoint(&self, named: &str) -> Option<Url> {
        let endpoint = self.url.join(named).ok()?;
        let has_user = !endpoint.username().is_empty() || endpoint.password().is_some();
        (endpoint.origin() == self.url.origin() && !has_user).then_some(endpoint)
    }

    pub(crate) fn post(&self, message: &Outgoing, established: &Established) -> RequestBuilder {
        let url = established.endpoint().unwrap_or(&self.url);
        let mut request = self.client.post(url.clone()).headers(self.headers.clone());
        request = request.header(ACCEPT, BOTH).header(CONTENT_TYPE, JSON);
        if self.transport == HttpTransport::Stateless {
            request = request.header(REVISION, ModernRevision::NEWEST.as_str());
            for (name, value) in [(METHOD, &message.mirrored.method), (NAME, &message.mirrored.name)] {
                if let Some(value) = value {
                    request = request.header(name, value);
                }
            }
        } else {
            request = within(request, established.get());
        }
        request.body(message.body.clone())
    }

    /// The stream of what belongs to no request, or the rest of another one.
    pub(crate) fn get(&self, session: Option<&Session>, last_event: &str) -> RequestBuilder {
        let request = self.client.get(self.url.clone()).headers(self.headers.clone());
        let request = within(request.header(ACCEPT, EVENTS), session);
        if last_event.is_empty() {
            return request;
        }
        request.header(LAST_EVENT, last_event)
    }

    /// The end of a session.
    pub(crate) fn delete(&self, session: &Session) -> RequestBuilder {
        let request = self.client.delete(self.url.clone()).headers(self.headers.clone());
        within(request, Some(session))
    }
}

/// Names the session and its revision, once there is one.
fn within(mut request: RequestBuilder, session: Option<&Session>) -> RequestBuilder {
    if let Some(session) = session {
        request = request.header(REVISION, session.revision.as_str());
        if let Some(id) = &session.id {
            request = request.header(SESSION, id);
        }
    }
    request
}

fn client(target: &HttpTarget, settings: &HttpSettings) -> Result<Client, HttpError> {
    let mut client = Client::builder()
        .redirect(redirect::Policy::custom(same_origin))
        // The environment is the configuration's business.
        .no_proxy()
        .referer(false)
        .connect_timeout(settings.connect_timeout)
        // Streams may be silent for ever; that nobody is there any more is noticed by these.
        .tcp_keepalive(KEEP_ALIVE)
        .user_agent(concat!("pontoon/", env!("CARGO_PKG_VERSION")));
    if let Some(pem) = &target.extra_ca {
        let certificates = Certificate::from_pem_bundle(pem).map_err(|_| HttpError::Certificate)?;
        if certificates.is_empty() {
            return Err(HttpError::Certificate);
        }
        client = client.tls_certs_merge(certificates);
    }
    client
        .build()
        .map_err(|error| HttpError::Client(error.to_string()))
}

/// Follows what keeps method, body and origin: credentials must not leave the server that they are for.
fn same_origin(attempt: redirect::Attempt<'_>) -> redirect::Action {
    let keeps_method = matches!(attempt.status().as_u16(), 307 | 308);
    let previous = attempt.previous();
    let keeps_origin = previous
        .first()
        .is_some_and(|first| first.origin() == attempt.url().origin());
    if keeps_method && keeps_origin && previous.len() <= MAX_REDIRECTS {
        attempt.follow()
    } else {
        attempt.stop()
    }
}
