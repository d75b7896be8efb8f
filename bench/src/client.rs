//! Clients of each era that make one call after the other and check every answer.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail, ensure};
use serde_json::Value;

use crate::connection::{Answer, Connection, data_of};
use crate::era::Era;

/// A client with one connection for its calls, and a stream where the era
/// answers there. Counts its request ids from 1, as real clients do: ids of
/// different sessions are the same.
pub(crate) struct Client {
    era: Era,
    connection: Connection,
    events: Option<Connection>,
    target: String,
    headers: String,
    next_id: u64,
}

impl Client {
    /// Connects and shakes hands as the era asks. `path` is the MCP endpoint,
    /// or the stream's address for HTTP+SSE.
    pub(crate) async fn open(era: Era, address: SocketAddr, path: &str) -> anyhow::Result<Self> {
        let mut client = Self {
            era,
            connection: Connection::open(address).await?,
            events: None,
            target: path.to_owned(),
            headers: era.headers(None),
            next_id: 1,
        };
        match era {
            Era::HttpSse => client.open_events(address).await?,
            Era::Streamable => client.open_session().await?,
            Era::Stateless => {}
        }
        Ok(client)
    }

    async fn open_events(&mut self, address: SocketAddr) -> anyhow::Result<()> {
        let mut events = Connection::open(address).await?;
        events.send(self.get().as_bytes()).await?;
        let head = events.read_head().await?;
        ensure!(head.starts_with("HTTP/1.1 200"), "no stream: {head}");
        let endpoint = String::from_utf8(events.read_message().await?)?;
        // Some servers name their whole address; the connection is there already.
        let path = endpoint.find("://").map_or(0, |scheme| {
            endpoint[scheme + 3..]
                .find('/')
                .map_or(0, |path| scheme + 3 + path)
        });
        self.target = endpoint[path..].to_owned();
        self.events = Some(events);
        self.exchange(0, &Era::initialize().to_string()).await?;
        self.post(&Era::initialized().to_string()).await?.expect("202")?;
        Ok(())
    }

    async fn open_session(&mut self) -> anyhow::Result<()> {
        let answer = self.post(&Era::initialize().to_string()).await?.expect("200")?;
        let session = answer.header("mcp-session-id").context("no session id")?;
        self.headers = self.era.headers(Some(session));
        self.post(&Era::initialized().to_string()).await?.expect("202")?;
        Ok(())
    }

    /// Makes `calls` calls, one after the other, and tells `done` how long each took.
    pub(crate) async fn run(
        &mut self,
        name: usize,
        calls: usize,
        mut done: impl FnMut(Duration),
    ) -> anyhow::Result<()> {
        for _ in 0..calls {
            let payload = format!("client {name} call {}", self.next_id);
            let call = self.era.call(self.next_id, &payload).to_string();
            let id = self.next_id;
            self.next_id += 1;
            let start = Instant::now();
            let answer = self.exchange(id, &call).await?;
            done(start.elapsed());
            check(&answer, &payload)?;
        }
        Ok(())
    }

    /// Posts a request and reads the answer, which must have the request's
    /// id, from wherever it comes.
    async fn exchange(&mut self, id: u64, body: &str) -> anyhow::Result<Value> {
        let answer = self.post(body).await?;
        let message = match &mut self.events {
            None => message_of(answer.expect("200")?)?,
            Some(events) => {
                answer.expect("20")?;
                loop {
                    let message = parse(&events.read_message().await?)?;
                    if is_answer(&message) {
                        break message;
                    }
                }
            }
        };
        ensure!(message["id"] == id, "the answer to {id} is {message}");
        Ok(message)
    }

    /// Sends a call and goes away without waiting for the answer.
    pub(crate) async fn call_and_leave(mut self) -> anyhow::Result<()> {
        let call = self.era.call(self.next_id, "nobody waits for this").to_string();
        let request = self.request("POST", &call);
        self.connection.send(request.as_bytes()).await
    }

    /// Ends the session, where the era has a way to say so.
    pub(crate) async fn finish(mut self) -> anyhow::Result<()> {
        if self.era == Era::Streamable {
            let request = self.request("DELETE", "");
            self.connection.send(request.as_bytes()).await?;
            self.connection.read_answer().await?.expect("20")?;
        }
        Ok(())
    }

    /// Keeps only the stream on which this era's servers speak without being
    /// asked, opening it where it is not open yet.
    pub(crate) async fn into_stream(mut self) -> anyhow::Result<Connection> {
        let request = match self.era {
            Era::HttpSse => return self.events.context("HTTP+SSE was opened with its stream"),
            Era::Streamable => self.get(),
            Era::Stateless => self.listen(),
        };
        self.connection.send(request.as_bytes()).await?;
        let head = self.connection.read_head().await?;
        ensure!(head.starts_with("HTTP/1.1 200"), "no stream: {head}");
        if self.era == Era::Stateless {
            let first = String::from_utf8(self.connection.read_message().await?)?;
            ensure!(
                first.contains("subscriptions/acknowledged"),
                "not listening: {first}"
            );
        }
        Ok(self.connection)
    }

    async fn post(&mut self, body: &str) -> anyhow::Result<Answer> {
        let request = self.request("POST", body);
        self.connection.send(request.as_bytes()).await?;
        self.connection.read_answer().await
    }

    fn request(&self, method: &str, body: &str) -> String {
        format!(
            "{method} {} HTTP/1.1\r\nHost: {}\r\nContent-Type: application/json\r\nAccept: application/json, text/event-stream\r\n{}Content-Length: {}\r\n\r\n{body}",
            self.target,
            self.connection.address(),
            self.headers,
            body.len(),
        )
    }

    fn get(&self) -> String {
        format!(
            "GET {} HTTP/1.1\r\nHost: {}\r\nAccept: text/event-stream\r\n{}\r\n",
            self.target,
            self.connection.address(),
            self.headers,
        )
    }

    fn listen(&self) -> String {
        let body = Era::listen(self.next_id).to_string();
        format!(
            "POST {} HTTP/1.1\r\nHost: {}\r\nContent-Type: application/json\r\nAccept: application/json, text/event-stream\r\n\
             MCP-Protocol-Version: 2026-07-28\r\nMcp-Method: subscriptions/listen\r\nContent-Length: {}\r\n\r\n{body}",
            self.target,
            self.connection.address(),
            body.len(),
        )
    }
}

/// The answer in a response, which may be an event stream with notifications before it.
fn message_of(answer: Answer) -> anyhow::Result<Value> {
    if answer
        .header("content-type")
        .is_some_and(|kind| kind.starts_with("application/json"))
    {
        return parse(&answer.body);
    }
    let body = String::from_utf8(answer.body)?.replace("\r\n", "\n");
    for event in body.split("\n\n") {
        if let Some(data) = data_of(event.as_bytes()) {
            let message = parse(data)?;
            if is_answer(&message) {
                return Ok(message);
            }
        }
    }
    bail!("no answer: {} {body}", answer.head)
}

fn parse(message: &[u8]) -> anyhow::Result<Value> {
    serde_json::from_slice(message).with_context(|| format!("not JSON: {}", String::from_utf8_lossy(message)))
}

fn is_answer(message: &Value) -> bool {
    message.get("method").is_none()
}

fn check(answer: &Value, payload: &str) -> anyhow::Result<()> {
    let text = answer["result"]["content"][0]["text"]
        .as_str()
        .unwrap_or_default();
    ensure!(text.contains(payload), "expected {payload:?} in {answer}");
    Ok(())
}
