//! Responses and their bodies.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::header::{ALLOW, CACHE_CONTROL, CONNECTION, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode};
use http_body::{Body, Frame, SizeHint};

use crate::sse_body::EventStream;
use crate::status::Problem;

/// A response as the transports make it.
pub(crate) type Reply = Response<ResponseBody>;

/// Tells a reverse proxy not to hold events back.
const X_ACCEL_BUFFERING: HeaderName = HeaderName::from_static("x-accel-buffering");

/// The body of a response: one piece, or a stream of events.
#[derive(Debug)]
pub struct ResponseBody(Inner);

#[derive(Debug)]
enum Inner {
    /// One piece, `None` once it is taken.
    Whole(Option<Bytes>),
    /// Boxed: the connection keeps room for the largest body from its first
    /// request to its last.
    Events(Box<EventStream>),
}

impl ResponseBody {
    /// A body without content.
    pub fn empty() -> Self {
        Self(Inner::Whole(None))
    }

    /// A body that is there already.
    pub fn whole(content: Bytes) -> Self {
        Self(Inner::Whole((!content.is_empty()).then_some(content)))
    }

    fn events(stream: EventStream) -> Self {
        Self(Inner::Events(Box::new(stream)))
    }
}

impl Body for ResponseBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        match &mut self.0 {
            Inner::Whole(content) => Poll::Ready(content.take().map(|content| Ok(Frame::data(content)))),
            Inner::Events(stream) => stream
                .poll_chunk(cx)
                .map(|chunk| chunk.map(|chunk| Ok(Frame::data(chunk)))),
        }
    }

    fn is_end_stream(&self) -> bool {
        match &self.0 {
            Inner::Whole(content) => content.is_none(),
            Inner::Events(stream) => stream.is_over(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.0 {
            Inner::Whole(content) => {
                SizeHint::with_exact(content.as_ref().map_or(0, |content| content.len() as u64))
            }
            Inner::Events(_) => SizeHint::default(),
        }
    }
}

/// No content at all.
pub(crate) fn empty(status: StatusCode) -> Reply {
    with_status(status, ResponseBody::empty())
}

/// A short text.
pub(crate) fn text(status: StatusCode, text: impl Into<Bytes>) -> Reply {
    let mut reply = with_status(status, ResponseBody::whole(text.into()));
    reply.headers_mut().insert(
        CONTENT_TYPE,
        HeaderValue::from_static("text/plain; charset=utf-8"),
    );
    reply
}

/// One JSON text.
pub(crate) fn json(status: StatusCode, content: Bytes) -> Reply {
    let mut reply = with_status(status, ResponseBody::whole(content));
    reply
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    reply
}

/// A stream of events.
pub(crate) fn events(stream: EventStream) -> Reply {
    let mut reply = with_status(StatusCode::OK, ResponseBody::events(stream));
    stream_headers(reply.headers_mut());
    reply
}

/// An event stream that is complete.
pub(crate) fn closed_events(content: Bytes) -> Reply {
    let mut reply = with_status(StatusCode::OK, ResponseBody::whole(content));
    stream_headers(reply.headers_mut());
    reply
}

fn stream_headers(headers: &mut HeaderMap) {
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache, no-transform"));
    // Means nothing in HTTP/1.1; streams of this kind have always said it, and some clients look.
    headers.insert(CONNECTION, HeaderValue::from_static("keep-alive"));
    headers.insert(X_ACCEL_BUFFERING, HeaderValue::from_static("no"));
}

/// A refusal.
pub(crate) fn refuse(problem: &Problem) -> Reply {
    let fault = &problem.fault;
    let mut reply = json(fault.status(), problem.to_json());
    let headers = reply.headers_mut();
    if let Some(allow) = fault.allow() {
        headers.insert(ALLOW, HeaderValue::from_static(allow));
    }
    if let Some(challenge) = fault.challenge() {
        headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
    }
    if let Some(seconds) = fault.retry_after() {
        headers.insert(RETRY_AFTER, HeaderValue::from_static(seconds));
    }
    reply
}

fn with_status(status: StatusCode, body: ResponseBody) -> Reply {
    let mut reply = Response::new(body);
    *reply.status_mut() = status;
    reply
}
