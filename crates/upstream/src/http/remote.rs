//! The address of a server, and the requests that are made of it.

use reqwest::header::{ACCEPT, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Certificate, Client, RequestBuilder, Url, redirect};

use pontoon_mcp::{ModernRevision, header};

use crate::http::established::Session;
use crate::http::outgoing::Outgoing;
use crate::http::{HttpEra, HttpError, HttpSettings, HttpTarget};

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

/// One server, as HTTP sees it.
pub(crate) struct Remote {
    client: Client,
    url: Url,
    headers: HeaderMap,
    pub(crate) era: HttpEra,
}

impl Remote {
    pub(crate) fn new(
        target: &HttpTarget,
        headers: HeaderMap,
        era: HttpEra,
        settings: &HttpSettings,
    ) -> Result<Self, HttpError> {
        let url = Url::parse(&target.url)
            .ok()
            .filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
        let url = url.ok_or_else(|| HttpError::Url(target.url.clone()))?;
        Ok(Self {
            client: client(target, settings)?,
            url,
            headers,
            era,
        })
    }

    pub(crate) fn origin(&self) -> String {
        self.url.origin().ascii_serialization()
    }

    pub(crate) fn post(&self, message: &Outgoing, session: Option<&Session>) -> RequestBuilder {
        let mut request = self.client.post(self.url.clone()).headers(self.headers.clone());
        request = request.header(ACCEPT, BOTH).header(CONTENT_TYPE, JSON);
        match self.era {
            HttpEra::Sessions => request = within(request, session),
            HttpEra::Stateless => {
                request = request.header(REVISION, ModernRevision::NEWEST.as_str());
                for (name, value) in [(METHOD, &message.mirrored.method), (NAME, &message.mirrored.name)] {
                    if let Some(value) = value {
                        request = request.header(name, value);
                    }
                }
            }
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
        .read_timeout(settings.read_timeout)
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
