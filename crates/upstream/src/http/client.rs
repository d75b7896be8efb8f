//! Requests to one origin.
//!
//! HTTP/1.1 only: one exchange, one connection. Redirects are followed that keep method, body and origin: credentials
//! must not leave the server that they are for.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper::header::{AUTHORIZATION, HOST, HeaderMap, HeaderName, HeaderValue, LOCATION, USER_AGENT};
use hyper::{Method, Request};
use tokio::time::timeout;
use url::Url;

use crate::http::answer::Answer;
use crate::http::connect::Connect;
use crate::http::failure::Failure;
use crate::http::idle::Idle;
use crate::http::line::{Line, Lost};
use crate::http::place::Place;
use crate::http::{HttpError, HttpSettings, HttpTarget};

/// Redirects that are followed, one after the other.
const MAX_REDIRECTS: usize = 3;

const AGENT: HeaderValue = HeaderValue::from_static(concat!("pontoon/", env!("CARGO_PKG_VERSION")));

/// A header besides those that are prepared.
pub(crate) type Header = (HeaderName, HeaderValue);

/// One request, but for where it goes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ask<'a> {
    pub(crate) method: &'a Method,
    /// Made by [`Client::head`], once for many requests.
    pub(crate) head: &'a HeaderMap,
    /// Only this request's.
    pub(crate) more: &'a [Header],
    /// Likewise, where nothing of that name is configured.
    pub(crate) trace: &'a [Header],
    pub(crate) body: &'a Bytes,
}

/// Speaks HTTP to one origin.
pub(crate) struct Client {
    connect: Connect,
    connect_timeout: Duration,
    /// Of every request.
    head: HeaderMap,
    idle: Arc<Idle>,
}

impl Client {
    pub(crate) fn new(
        url: &Url,
        configured: HeaderMap,
        target: &HttpTarget,
        settings: &HttpSettings,
    ) -> Result<Self, HttpError> {
        let mut head = configured;
        head.insert(HOST, host(url).ok_or(HttpError::Url)?);
        head.entry(USER_AGENT).or_insert(AGENT);
        if let Some(credentials) = credentials(url) {
            head.entry(AUTHORIZATION).or_insert(credentials);
        }
        Ok(Self {
            connect: Connect::new(url, target.extra_ca.as_deref(), settings.connect_timeout)?,
            connect_timeout: settings.connect_timeout,
            head,
            idle: Arc::default(),
        })
    }

    /// What every request says, and these.
    pub(crate) fn head(&self, more: impl IntoIterator<Item = Header>) -> HeaderMap {
        let mut head = self.head.clone();
        head.extend(more);
        head
    }

    /// Sends a request and returns its answer, of which the head is there.
    pub(crate) async fn send(&self, place: &Place, ask: Ask<'_>) -> Result<Answer, Failure> {
        let mut answer = self.send_to(place, ask).await?;
        for _ in 0..MAX_REDIRECTS {
            let Some(elsewhere) = redirection(&answer).and_then(|named| place.join(named)) else {
                break;
            };
            answer.release();
            answer = Box::pin(self.send_to(&elsewhere, ask)).await?;
        }
        Ok(answer)
    }

    async fn send_to(&self, place: &Place, ask: Ask<'_>) -> Result<Answer, Failure> {
        let mut request = compose(place, ask);
        while let Some(line) = self.idle.take() {
            match line.send(request, &self.idle).await {
                Ok(answer) => return Ok(answer),
                // The server closed the connection while nobody used it, and saw nothing of this.
                Err(Lost::Before(unsent)) => request = *unsent,
                Err(Lost::After(failure)) => return Err(failure),
            }
        }
        // Rare, and large: an exchange is as large as the largest thing that it may do.
        let line = Box::pin(timeout(self.connect_timeout, self.open())).await;
        let line = line.map_err(|_| Failure::Unreachable("it took too long".to_owned()))??;
        line.send(request, &self.idle).await.map_err(|lost| match lost {
            Lost::Before(_) => Failure::Unreachable("the connection was closed at once".to_owned()),
            Lost::After(failure) => failure,
        })
    }

    async fn open(&self) -> Result<Line, Failure> {
        Line::new(self.connect.stream().await?).await
    }
}

fn compose(place: &Place, ask: Ask<'_>) -> Request<Full<Bytes>> {
    let mut request = Request::new(Full::new(ask.body.clone()));
    *request.method_mut() = ask.method.clone();
    *request.uri_mut() = place.path().clone();
    let headers = request.headers_mut();
    *headers = ask.head.clone();
    for (name, value) in ask.more {
        headers.insert(name, value.clone());
    }
    for (name, value) in ask.trace {
        headers.entry(name).or_insert_with(|| value.clone());
    }
    request
}

/// Where the same request has to be made again.
fn redirection(answer: &Answer) -> Option<&str> {
    let keeps_method = matches!(answer.status().as_u16(), 307 | 308);
    answer
        .headers()
        .get(LOCATION)
        .filter(|_| keeps_method)?
        .to_str()
        .ok()
}

/// RFC 9110, 7.2: without the port that the scheme has anyway.
fn host(url: &Url) -> Option<HeaderValue> {
    let host = url.host_str()?;
    let host = match url.port() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    };
    HeaderValue::try_from(host).ok()
}

/// User and password of a URL go into a header (RFC 7617).
fn credentials(url: &Url) -> Option<HeaderValue> {
    use base64::Engine as _;
    if url.username().is_empty() && url.password().is_none() {
        return None;
    }
    let decode = |text: &str| percent_encoding::percent_decode_str(text).collect::<Vec<u8>>();
    let mut pair = decode(url.username());
    pair.push(b':');
    pair.extend(decode(url.password().unwrap_or_default()));
    let encoded = base64::engine::general_purpose::STANDARD.encode(pair);
    let mut value = HeaderValue::try_from(format!("Basic {encoded}")).ok()?;
    value.set_sensitive(true);
    Some(value)
}
