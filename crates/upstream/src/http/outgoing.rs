//! What the transport has to know of a message that it sends.

use std::sync::Arc;

use bytes::Bytes;
use hyper::header::{HeaderName, HeaderValue};
use memchr::memmem;
use pontoon_jsonrpc::{Id, Limits, Message, Raw, RawObject, Request};
use pontoon_mcp::{TraceContext, header, meta, method};

use tokio::sync::Notify;

use crate::http::client::Header;

const REVISION: HeaderName = HeaderName::from_static(header::PROTOCOL_VERSION);
const METHOD: HeaderName = HeaderName::from_static(header::METHOD);
const NAME: HeaderName = HeaderName::from_static(header::NAME);

/// A message on its way to the server.
#[derive(Debug)]
pub(crate) struct Outgoing {
    pub(crate) body: Bytes,
    pub(crate) kind: Kind,
    /// The trace context of its `_meta`, for whoever looks at headers only.
    pub(crate) trace: Vec<Header>,
    /// Of a request of the session.
    pub(crate) reached: Option<Reached>,
}

/// Tells when the server has begun to answer a request, and so has it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Reached(Arc<Notify>);

impl Reached {
    pub(crate) fn note(&self) {
        self.0.notify_one();
    }

    pub(crate) async fn wait(&self) {
        self.0.notified().await;
    }
}

#[derive(Debug)]
pub(crate) enum Kind {
    /// `initialize`: nothing else may be sent before its answer.
    Opening(Id),
    /// Another request of the session.
    Request(Id),
    /// A request that stands by itself (2026-07-28).
    Modern(Id, Modern),
    /// `notifications/initialized`: nothing else may be sent before it was taken.
    Opened,
    /// The request is no longer of interest.
    Cancellation(Id),
    /// A notification or response.
    Other,
}

/// A request of 2026-07-28.
#[derive(Debug)]
pub(crate) struct Modern {
    /// Repeats what the body says: revision, method, and what it is about.
    pub(crate) mirrored: Vec<Header>,
    pub(crate) about: About,
}

/// What a modern request has to do with the server's tools.
#[derive(Debug)]
pub(crate) enum About {
    /// It lists them.
    Tools,
    /// It calls one.
    Call(Call),
    /// Nothing: it wants to hear of changes, whenever there are some.
    Changes,
    /// Nothing.
    Other,
}

/// A call, of which arguments may have to be repeated in headers.
#[derive(Debug)]
pub(crate) struct Call {
    pub(crate) tool: String,
    pub(crate) arguments: Option<Raw>,
    pub(crate) meta: Raw,
}

impl Outgoing {
    /// Looks into a message of our own making.
    pub(crate) fn read(body: Bytes) -> Self {
        let mut trace = Vec::new();
        let kind = match Message::parse(body.clone(), &Limits::SERVER) {
            Ok(Message::Request(request)) => {
                trace = traced(request.params.as_ref(), &body);
                asking(request, &body)
            }
            Ok(Message::Notification(notification)) => {
                trace = traced(notification.params.as_ref(), &body);
                match &*notification.method {
                    method::INITIALIZED => Kind::Opened,
                    method::CANCELLED => cancelled(notification.params.as_ref()),
                    _ => Kind::Other,
                }
            }
            Ok(Message::Response(_)) | Err(_) => Kind::Other,
        };
        let reached = matches!(kind, Kind::Request(_)).then(Reached::default);
        Self {
            body,
            kind,
            trace,
            reached,
        }
    }

    /// The id of the answer to wait for.
    pub(crate) fn awaited(&self) -> Option<&Id> {
        match &self.kind {
            Kind::Opening(id) | Kind::Request(id) | Kind::Modern(id, _) => Some(id),
            Kind::Opened | Kind::Cancellation(_) | Kind::Other => None,
        }
    }

    /// What there is to know of a modern request.
    pub(crate) fn modern(&self) -> Option<&Modern> {
        match &self.kind {
            Kind::Modern(_, modern) => Some(modern),
            _ => None,
        }
    }
}

fn asking(request: Request, body: &Bytes) -> Kind {
    if *request.method == *method::INITIALIZE {
        return Kind::Opening(request.id);
    }
    match Modern::read(&request, body) {
        Some(modern) => Kind::Modern(request.id, modern),
        None => Kind::Request(request.id),
    }
}

impl Modern {
    /// `None` for a request of a session.
    fn read(request: &Request, body: &Bytes) -> Option<Self> {
        if !may_name_a_revision(body) {
            return None;
        }
        let params = request.params.as_ref()?.object()?;
        let meta = params.get(meta::META)?;
        let revision = meta.object()?.get_str(meta::PROTOCOL_VERSION)?.into_owned();
        let mut mirrored = Vec::with_capacity(4);
        mirrored.push((REVISION, HeaderValue::try_from(revision).ok()?));
        // A method or subject that no header can hold is for the server to refuse.
        mirrored.extend(
            HeaderValue::from_str(&request.method)
                .ok()
                .map(|value| (METHOD, value)),
        );
        mirrored.extend(subject(&request.method, &params).map(|value| (NAME, value)));
        let about = match &*request.method {
            method::TOOLS_LIST => About::Tools,
            method::LISTEN => About::Changes,
            method::TOOLS_CALL => About::Call(Call {
                tool: params.get_str("name")?.into_owned(),
                arguments: params.get("arguments"),
                meta,
            }),
            _ => About::Other,
        };
        Some(Self { mirrored, about })
    }

    /// The same revision, asking for something else.
    pub(crate) fn mirrored_for(&self, method: &'static str) -> Vec<Header> {
        let revision = self.mirrored.iter().find(|(name, _)| *name == REVISION);
        let method = (METHOD, HeaderValue::from_static(method));
        revision.cloned().into_iter().chain([method]).collect()
    }
}

/// Whether it is worth looking for the key of `_meta` that makes a request a modern one. Passes no modern request over:
/// what is not written plainly is written with escapes, of which those of letters begin so.
fn may_name_a_revision(body: &[u8]) -> bool {
    // A slash may be written `\/`.
    memmem::find(body, b"io.modelcontextprotocol").is_some() || memmem::find(body, b"\\u00").is_some()
}

/// The trace context that a message has in its `_meta`, as headers: middleware that knows nothing of MCP goes on with
/// the trace. What breaks the grammar is no header.
fn traced(params: Option<&Raw>, body: &[u8]) -> Vec<Header> {
    if !may_be_traced(body) {
        return Vec::new();
    }
    let meta = params
        .and_then(Raw::object)
        .and_then(|params| params.get(meta::META)?.object());
    let context = meta.as_ref().and_then(TraceContext::of_meta);
    let entries = context.iter().flat_map(TraceContext::entries);
    entries
        .filter_map(|(name, value)| {
            let value = HeaderValue::from_str(value).ok()?;
            Some((HeaderName::from_static(name), value))
        })
        .collect()
}

/// Whether it is worth looking. A key that is written with escapes is passed over: nobody depends on it.
fn may_be_traced(body: &[u8]) -> bool {
    memmem::find(body, b"\"_meta\"").is_some()
        && (memmem::find(body, b"\"traceparent\"").is_some() || memmem::find(body, b"\"baggage\"").is_some())
}

/// `Mcp-Name`: what the request is about (2026-07-28, Streamable HTTP, "Standard Request Headers").
fn subject(method: &str, params: &RawObject) -> Option<HeaderValue> {
    let value = params.get_str(method::mirrored_name(method)?)?;
    HeaderValue::from_str(&header::encode_value(&value)).ok()
}

fn cancelled(params: Option<&Raw>) -> Kind {
    let id = params
        .and_then(Raw::object)
        .and_then(|params| Id::from_raw(&params.get("requestId")?));
    id.map_or(Kind::Other, Kind::Cancellation)
}
