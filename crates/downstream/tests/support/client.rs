//! A client that calls the gateway directly, with an SSE reader.

use std::future::poll_fn;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::Poll;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Method, Request, Response, StatusCode};
use http_body::Body;
use http_body_util::{BodyExt, Full};
use pontoon_downstream::{Gateway, ResponseBody};
use pontoon_sse::{Decoder, Item};

use super::Fake;

pub(crate) const BOTH: &str = "application/json, text/event-stream";

/// Builds requests and sends them.
#[derive(Clone)]
pub(crate) struct Client {
    gateway: Gateway<Fake>,
    peer: SocketAddr,
    path: String,
    headers: Vec<(String, String)>,
}

/// A response whose body is still to be read.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    body: ResponseBody,
}

impl Client {
    pub(crate) fn new(gateway: Gateway<Fake>) -> Self {
        let headers = vec![
            ("host".into(), "localhost:3000".into()),
            ("accept".into(), BOTH.into()),
        ];
        Self {
            gateway,
            peer: ([127, 0, 0, 1], 4000).into(),
            path: "/mcp".into(),
            headers,
        }
    }

    pub(crate) fn at(mut self, path: &str) -> Self {
        path.clone_into(&mut self.path);
        self
    }

    pub(crate) fn of_address(mut self, address: [u8; 4]) -> Self {
        self.peer = (address, 4000).into();
        self
    }

    /// Adds a header line.
    pub(crate) fn and(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// Replaces a header; an empty value removes it.
    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.headers.retain(|(other, _)| other != name);
        if value.is_empty() {
            self
        } else {
            self.and(name, value)
        }
    }

    /// Opens a session of this revision.
    pub(crate) async fn open(self, revision: &str) -> Self {
        let answer = self.post(&initialize(revision)).await;
        assert_eq!(answer.status, StatusCode::OK);
        let session = answer.headers["mcp-session-id"].to_str().unwrap().to_owned();
        self.with("mcp-session-id", &session)
            .with("mcp-protocol-version", revision)
    }

    /// The session that [`Client::open`] opened.
    pub(crate) fn session(&self) -> &str {
        self.headers
            .iter()
            .find(|(name, _)| name == "mcp-session-id")
            .map_or("", |(_, id)| id)
    }

    /// A client of 2026-07-28 that sends `method` next.
    pub(crate) fn modern(self, method: &str) -> Self {
        self.with("mcp-protocol-version", "2026-07-28")
            .with("mcp-method", method)
    }

    pub(crate) async fn post(&self, body: &str) -> Answer {
        self.clone()
            .with("content-type", "application/json")
            .post_as_is(body)
            .await
    }

    pub(crate) async fn post_as_is(&self, body: &str) -> Answer {
        self.send(Method::POST, Bytes::copy_from_slice(body.as_bytes()))
            .await
    }

    pub(crate) async fn get(&self) -> Answer {
        self.send(Method::GET, Bytes::new()).await
    }

    pub(crate) async fn delete(&self) -> Answer {
        self.send(Method::DELETE, Bytes::new()).await
    }

    pub(crate) async fn send(&self, method: Method, body: Bytes) -> Answer {
        let mut request = Request::builder().method(method).uri(&*self.path);
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        let request = request.body(Full::new(body)).unwrap();
        let (head, body) = self.gateway.handle(request, self.peer).await.into_parts();
        Answer {
            status: head.status,
            headers: head.headers,
            body,
        }
    }

    /// Starts a POST that will not be answered before the test does so.
    pub(crate) fn start(&self, body: &str) -> tokio::task::JoinHandle<Answer> {
        let (client, body) = (self.clone(), body.to_owned());
        tokio::spawn(async move { client.post(&body).await })
    }
}

pub(crate) fn initialize(revision: &str) -> String {
    format!(
        r#"{{"jsonrpc":"2.0","id":0,"method":"initialize","params":{{"protocolVersion":"{revision}","capabilities":{{}},"clientInfo":{{"name":"test","version":"1"}}}}}}"#
    )
}

/// A request of 2026-07-28; `params` are members to put before `_meta`.
pub(crate) fn modern(id: u32, method: &str, params: &str) -> String {
    let comma = if params.is_empty() { "" } else { "," };
    format!(
        r#"{{"jsonrpc":"2.0","id":{id},"method":"{method}","params":{{{params}{comma}"_meta":{{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{{}}}}}}}}"#
    )
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// The whole body as text.
    pub(crate) async fn text(self) -> String {
        let bytes = self.body.collect().await.unwrap().to_bytes();
        String::from_utf8(bytes.to_vec()).unwrap()
    }

    pub(crate) async fn json(self) -> serde_json::Value {
        assert_eq!(self.header("content-type"), "application/json");
        serde_json::from_str(&self.text().await).unwrap()
    }

    /// The JSON-RPC error code of a refusal.
    pub(crate) async fn code(self) -> i64 {
        let json = self.json().await;
        json["error"]["code"].as_i64().unwrap_or_else(|| panic!("{json}"))
    }

    pub(crate) fn events(self) -> Events {
        assert_eq!(self.status, StatusCode::OK);
        assert_eq!(self.header("content-type"), "text/event-stream");
        Events {
            body: self.body,
            chunk: Bytes::new(),
            decoder: Decoder::default(),
        }
    }
}

/// The events of a stream as they come.
pub(crate) struct Events {
    body: ResponseBody,
    chunk: Bytes,
    decoder: Decoder,
}

impl Events {
    /// The next event or comment; `None` at the end of the stream.
    pub(crate) async fn next(&mut self) -> Option<Item> {
        loop {
            if let Some(item) = self.decoder.decode(&mut self.chunk) {
                return Some(item.unwrap());
            }
            self.chunk = self.next_chunk().await?;
        }
    }

    /// The next event's id and data. Comments are left out.
    pub(crate) async fn event(&mut self) -> Option<(String, String)> {
        loop {
            match self.next().await? {
                Item::Event(event) => {
                    let data = String::from_utf8(event.data.to_vec()).unwrap();
                    return Some((self.decoder.last_event_id().to_string(), data));
                }
                _ => continue,
            }
        }
    }

    /// The next event's data.
    pub(crate) async fn data(&mut self) -> Option<String> {
        Some(self.event().await?.1)
    }

    /// What is sent next, as it is.
    pub(crate) async fn next_chunk(&mut self) -> Option<Bytes> {
        let body = &mut self.body;
        poll_fn(|cx| Pin::new(&mut *body).poll_frame(cx))
            .await
            .map(|frame| frame.unwrap().into_data().unwrap())
    }

    /// The data of all events that are there now.
    pub(crate) async fn ready(&mut self) -> Vec<String> {
        let mut ready = Vec::new();
        while let Ok(Some(data)) = tokio::time::timeout(Duration::from_millis(1), self.data()).await {
            ready.push(data);
        }
        ready
    }

    /// Whether nothing is there to be read now.
    pub(crate) async fn is_silent(&mut self) -> bool {
        let body = &mut self.body;
        poll_fn(|cx| Poll::Ready(Pin::new(&mut *body).poll_frame(cx).is_pending())).await
    }
}

impl From<Response<ResponseBody>> for Answer {
    fn from(response: Response<ResponseBody>) -> Self {
        let (head, body) = response.into_parts();
        Self {
            status: head.status,
            headers: head.headers,
            body,
        }
    }
}
