//! What the transport has to know of a message that it sends.

use bytes::Bytes;
use pontoon_jsonrpc::{Id, Limits, Message, Raw};
use pontoon_mcp::{header, method};
use reqwest::header::HeaderValue;

/// A message on its way to the server.
#[derive(Debug)]
pub(crate) struct Outgoing {
    pub(crate) body: Bytes,
    pub(crate) kind: Kind,
    /// Headers that mirror the body: the method, and what it is about.
    pub(crate) mirrored: Mirrored,
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// `initialize`: nothing else may be sent before its answer.
    Opening(Id),
    /// Another request.
    Request(Id),
    /// `notifications/initialized`: nothing else may be sent before it was taken.
    Opened,
    /// The request is no longer of interest.
    Cancellation(Id),
    /// A notification or response.
    Other,
}

/// Values for the headers of 2026-07-28 that repeat what the body says.
#[derive(Debug, Default)]
pub(crate) struct Mirrored {
    pub(crate) method: Option<HeaderValue>,
    pub(crate) name: Option<HeaderValue>,
}

impl Outgoing {
    /// Looks into a message of our own making.
    pub(crate) fn read(body: Bytes) -> Self {
        let (kind, mirrored) = match Message::parse(body.clone(), &Limits::SERVER) {
            Ok(Message::Request(request)) => {
                let mirrored = Mirrored {
                    method: HeaderValue::try_from(&*request.method).ok(),
                    name: subject(&request.method, request.params.as_ref()),
                };
                let kind = if *request.method == *method::INITIALIZE {
                    Kind::Opening(request.id)
                } else {
                    Kind::Request(request.id)
                };
                (kind, mirrored)
            }
            Ok(Message::Notification(notification)) => {
                let kind = match &*notification.method {
                    method::INITIALIZED => Kind::Opened,
                    method::CANCELLED => cancelled(notification.params.as_ref()),
                    _ => Kind::Other,
                };
                (kind, Mirrored::default())
            }
            Ok(Message::Response(_)) | Err(_) => (Kind::Other, Mirrored::default()),
        };
        Self { body, kind, mirrored }
    }
}

/// `Mcp-Name`: what the request is about (2026-07-28, Streamable HTTP, "Standard MCP Request Headers").
fn subject(name: &str, params: Option<&Raw>) -> Option<HeaderValue> {
    let key = match name {
        method::TOOLS_CALL | method::PROMPTS_GET => "name",
        method::RESOURCES_READ => "uri",
        _ => return None,
    };
    let value = params?.object()?.get_str(key)?.into_owned();
    HeaderValue::try_from(&*header::encode_value(&value)).ok()
}

fn cancelled(params: Option<&Raw>) -> Kind {
    let id = params
        .and_then(Raw::object)
        .and_then(|params| Id::from_raw(&params.get("requestId")?));
    id.map_or(Kind::Other, Kind::Cancellation)
}
