//! Clients that begin as they should: what they do afterwards is up to the transcript.

use std::collections::HashMap;
use std::net::IpAddr;
use std::time::Instant;

use serde_json::Value;
use serde_json::value::RawValue;

use super::{Connection, PATIENCE, Play};
use crate::era::Era;
use crate::wire::Wire;
use crate::words::Words;

/// A client of the run's era.
#[derive(Clone, Debug)]
pub(crate) struct Client {
    pub(super) from: Option<IpAddr>,
    /// Where it posts to.
    pub(super) path: String,
    /// The path of the server, in front of `/mcp`.
    pub(super) base: String,
    pub(super) session: Option<String>,
}

/// Secrets that a client sends and nobody may see again.
const SECRETS: [&str; 2] = [
    "Authorization: Bearer canary-token-77aa10",
    "Cookie: session=canary-cookie-03fe88",
];

impl Play<'_> {
    /// `session NAME [from ADDRESS] [at BASE]`, with the client's capabilities below it: opens a session where the era
    /// has them.
    pub(super) fn open_session(&mut self, mut words: Words<'_>, block: &[String]) -> Result<(), String> {
        let name = words.next("the name of the client")?.to_owned();
        let bare = words.flag("bare");
        self.new_client(&name, &mut words)?;
        words.end()?;
        let capabilities = block.first().map_or("{}", String::as_str);
        match self.era {
            Era::Raw => Err("a client needs an era".to_owned()),
            Era::Modern => Ok(()),
            Era::Sse => {
                self.open_stream(&name)?;
                if bare {
                    Ok(())
                } else {
                    self.initialize(&name, capabilities)
                }
            }
            Era::Streamable(_) if bare => Ok(()),
            Era::Streamable(_) => self.initialize(&name, capabilities),
        }
    }

    fn new_client(&mut self, name: &str, words: &mut Words<'_>) -> Result<(), String> {
        let from = match words.named("from") {
            Some(address) => address
                .parse()
                .map_err(|_| format!("{address:?} is no address"))?,
            None => self.home(),
        };
        let base = words.named("at").unwrap_or_default().to_owned();
        let client = Client {
            from: Some(from),
            path: format!("{base}/mcp"),
            base,
            session: None,
        };
        self.clients.insert(name.to_owned(), client);
        Ok(())
    }

    /// The stream of HTTP+SSE, up to its `endpoint` event.
    fn open_stream(&mut self, name: &str) -> Result<(), String> {
        let client = self.client(name)?.clone();
        let stream = format!("{name}.stream");
        let head = format!(
            "GET {}/sse HTTP/1.1\r\nHost: {}\r\n\r\n",
            client.base, self.gateway.address
        );
        self.send(&stream, name, head.as_bytes())?;
        let deadline = Instant::now() + PATIENCE;
        let wire = &mut self.connection(&stream)?.wire;
        let head = wire.head(deadline)?;
        let event = wire.event(deadline)?.ok_or("the stream ended")?;
        if head.status != 200 || event.kind != "endpoint" {
            return Err(format!("{} and {event:?} instead of an endpoint", head.status));
        }
        let session = event.data.split_once("sessionId=").map(|(_, id)| id.to_owned());
        self.sessions.extend(session.clone());
        let client = self.clients.get_mut(name).expect("it was there above");
        client.path = event.data;
        client.session = session;
        Ok(())
    }

    fn initialize(&mut self, name: &str, capabilities: &str) -> Result<(), String> {
        let revision = self.era.revision();
        let body = format!(
            r#"{{"jsonrpc":"2.0","id":"open","method":"initialize","params":{{"protocolVersion":"{revision}","capabilities":{capabilities},"clientInfo":{{"name":"hostile","version":"1"}}}}}}"#
        );
        let wire = format!("{name}.opening");
        self.post(name, &wire, None, &[], body.as_bytes())?;
        let head = self.answer_of(
            &wire,
            &serde_json::json!({"result": "<any>"}),
            200,
            Instant::now() + PATIENCE,
        )?;
        if let Some(id) = head.header("mcp-session-id") {
            self.clients.get_mut(name).expect("it posted").session = Some(id.to_owned());
        }
        let initialized = br#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#;
        self.post(name, &wire, None, &[], initialized)?;
        let head = self.connection(&wire)?.wire.head(Instant::now() + PATIENCE)?;
        if head.status == 202 {
            Ok(())
        } else {
            Err(format!("{} to notifications/initialized", head.status))
        }
    }

    pub(super) fn client(&self, name: &str) -> Result<&Client, String> {
        self.clients
            .get(name)
            .ok_or_else(|| format!("there is no client {name}"))
    }

    /// Sends a message the way the era does. Lines of `edits` add (`+ `) and remove (`- `) headers.
    pub(super) fn post(
        &mut self,
        name: &str,
        wire: &str,
        path: Option<&str>,
        edits: &[String],
        body: &[u8],
    ) -> Result<(), String> {
        let client = self.client(name)?.clone();
        let message = readable(body);
        let mut headers = vec![
            format!("Host: {}", self.gateway.address),
            "Content-Type: application/json".to_owned(),
            "Accept: application/json, text/event-stream".to_owned(),
            format!("Content-Length: {}", body.len()),
        ];
        headers.extend(SECRETS.map(str::to_owned));
        headers.extend(self.era_headers(&client, message.as_ref()));
        let path = path.unwrap_or(&client.path);
        let head = request_head(&format!("POST {path} HTTP/1.1"), headers, edits);
        self.count(name, message.as_ref());
        let bytes = [head.as_bytes(), body].concat();
        self.send(wire, name, &bytes)?;
        let id = message.and_then(|message| message.get("id").cloned());
        self.connection(wire)?.asked = id;
        Ok(())
    }

    /// A request without a body.
    pub(super) fn bodiless(
        &mut self,
        method: &str,
        name: &str,
        wire: &str,
        path: Option<&str>,
        edits: &[String],
    ) -> Result<(), String> {
        let client = self.client(name)?.clone();
        let mut headers = vec![
            format!("Host: {}", self.gateway.address),
            "Accept: text/event-stream".to_owned(),
        ];
        headers.extend(self.era_headers(&client, None));
        let path = path.unwrap_or(&client.path);
        let head = request_head(&format!("{method} {path} HTTP/1.1"), headers, edits);
        self.send(wire, name, head.as_bytes())
    }

    fn era_headers(&self, client: &Client, message: Option<&Value>) -> Vec<String> {
        match self.era {
            Era::Raw | Era::Sse => Vec::new(),
            Era::Streamable(revision) => {
                let session = client.session.as_ref();
                session.map_or_else(Vec::new, |id| {
                    vec![
                        format!("Mcp-Session-Id: {id}"),
                        format!("MCP-Protocol-Version: {revision}"),
                    ]
                })
            }
            Era::Modern => modern_headers(message),
        }
    }

    /// Remembers that an answer is owed.
    fn count(&mut self, name: &str, message: Option<&Value>) {
        let messages = match message {
            Some(Value::Array(messages)) => messages.as_slice(),
            Some(message) => std::slice::from_ref(message),
            None => &[],
        };
        for id in messages.iter().filter_map(|message| message.get("id")) {
            *self.asked.entry((name.to_owned(), id.to_string())).or_default() += 1;
        }
    }

    /// Sends bytes on a connection, which is opened if it is not there.
    pub(super) fn send(&mut self, wire: &str, owner: &str, bytes: &[u8]) -> Result<(), String> {
        self.open(wire, owner)?;
        self.note(">", wire, bytes);
        if !self.connection(wire)?.wire.send(bytes, PATIENCE) {
            self.note("!", wire, b"the peer does not take everything");
        }
        Ok(())
    }

    pub(super) fn open(&mut self, name: &str, owner: &str) -> Result<(), String> {
        if self.wires.contains_key(name) {
            return Ok(());
        }
        let from = self
            .clients
            .get(owner)
            .map_or(Some(self.home()), |client| client.from);
        let connection = Connection {
            wire: Wire::open(self.gateway.address, from)?,
            owner: owner.to_owned(),
            asked: None,
        };
        self.wires.insert(name.to_owned(), connection);
        Ok(())
    }
}

/// A message as far as it can be read: numbers and strings inside of it may be such that [`Value`] has no room for them.
fn readable(body: &[u8]) -> Option<Value> {
    if let Ok(message) = serde_json::from_slice(body) {
        return Some(message);
    }
    let shallow = |text: &[u8]| -> Option<serde_json::Map<String, Value>> {
        let members: HashMap<String, &RawValue> = serde_json::from_slice(text).ok()?;
        let value = |raw: &RawValue| serde_json::from_str(raw.get()).ok();
        Some(
            members
                .into_iter()
                .filter_map(|(key, raw)| Some((key, value(raw)?)))
                .collect(),
        )
    };
    let mut message = shallow(body)?;
    let members: HashMap<String, &RawValue> = serde_json::from_slice(body).ok()?;
    let params = members
        .get("params")
        .and_then(|params| shallow(params.get().as_bytes()));
    message.insert("params".to_owned(), params.map_or(Value::Null, Value::Object));
    Some(Value::Object(message))
}

/// Headers that mirror the body, as far as it can be read.
fn modern_headers(message: Option<&Value>) -> Vec<String> {
    let mut headers = vec!["MCP-Protocol-Version: 2026-07-28".to_owned()];
    let method = message.and_then(|message| message["method"].as_str());
    headers.extend(method.map(|method| format!("Mcp-Method: {method}")));
    let params = message.map(|message| &message["params"]);
    let name = params.and_then(|params| params["name"].as_str().or(params["uri"].as_str()));
    headers.extend(
        name.filter(|name| name.bytes().all(|byte| byte.is_ascii_graphic()))
            .map(|name| format!("Mcp-Name: {name}")),
    );
    headers
}

fn request_head(line: &str, mut headers: Vec<String>, edits: &[String]) -> String {
    for edit in edits {
        if let Some(name) = edit.strip_prefix("- ") {
            let begins = format!("{}:", name.to_ascii_lowercase());
            headers.retain(|header| !header.to_ascii_lowercase().starts_with(&begins));
        } else if let Some(header) = edit.strip_prefix("+ ") {
            headers.push(header.to_owned());
        }
    }
    format!("{line}\r\n{}\r\n\r\n", headers.join("\r\n"))
}
