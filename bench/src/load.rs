//! Clients that keep a fixed number of calls in flight and check every answer.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::era::Era;

/// A client with one connection for its calls, and a stream where the era has one.
pub(crate) struct Client {
    era: Era,
    connection: Connection,
    events: Option<Connection>,
    target: String,
    headers: String,
    next_id: u64,
}

/// Latencies of the calls of one client.
pub(crate) type Latencies = Vec<Duration>;

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
        let request = format!(
            "GET {} HTTP/1.1\r\nHost: {address}\r\nAccept: text/event-stream\r\n\r\n",
            self.target
        );
        events.send(request.as_bytes()).await?;
        let head = events.read_head().await?;
        ensure!(head.starts_with("HTTP/1.1 200"), "no stream: {head}");
        let endpoint = events.read_until(b"\n\n").await?;
        let endpoint = String::from_utf8(endpoint)?;
        let target = endpoint.lines().find_map(|line| line.strip_prefix("data: "));
        self.target = target.context("no endpoint event")?.trim().to_owned();
        self.events = Some(events);
        self.exchange(&Era::initialize().to_string(), "protocolVersion")
            .await?;
        let accepted = self.post(&Era::initialized().to_string()).await?;
        ensure!(
            accepted.head.starts_with("HTTP/1.1 202"),
            "not accepted: {}",
            accepted.head
        );
        Ok(())
    }

    async fn open_session(&mut self) -> anyhow::Result<()> {
        let answer = self.post(&Era::initialize().to_string()).await?;
        let session = answer.header("mcp-session-id").context("no session id")?;
        self.headers = self.era.headers(Some(session));
        let accepted = self.post(&Era::initialized().to_string()).await?;
        ensure!(
            accepted.head.starts_with("HTTP/1.1 202"),
            "not accepted: {}",
            accepted.head
        );
        Ok(())
    }

    /// Makes `calls` calls, one after the other.
    pub(crate) async fn run(&mut self, name: usize, calls: usize) -> anyhow::Result<Latencies> {
        let mut latencies = Vec::with_capacity(calls);
        for _ in 0..calls {
            let payload = format!("client {name} call {}", self.next_id);
            let call = self.era.call(self.next_id, &payload).to_string();
            self.next_id += 1;
            let start = Instant::now();
            self.exchange(&call, &payload).await?;
            latencies.push(start.elapsed());
        }
        Ok(latencies)
    }

    /// Posts a request and reads the answer from wherever it comes; it must
    /// contain `expected`.
    async fn exchange(&mut self, body: &str, expected: &str) -> anyhow::Result<()> {
        let answer = self.post(body).await?;
        let body = match &mut self.events {
            None => answer.body,
            Some(events) => {
                ensure!(
                    answer.head.starts_with("HTTP/1.1 202"),
                    "not accepted: {}",
                    answer.head
                );
                events.read_message().await?
            }
        };
        let body = String::from_utf8(body)?;
        ensure!(
            body.contains(expected),
            "expected {expected:?} in {body:?} after {:?}",
            answer.head
        );
        Ok(())
    }

    /// Sends a call and goes away without waiting for the answer.
    pub(crate) async fn call_and_leave(mut self) -> anyhow::Result<()> {
        let call = self.era.call(self.next_id, "nobody waits for this").to_string();
        let request = self.request(&call);
        self.connection.send(request.as_bytes()).await
    }

    async fn post(&mut self, body: &str) -> anyhow::Result<Answer> {
        let request = self.request(body);
        self.connection.send(request.as_bytes()).await?;
        self.connection.read_answer().await
    }

    fn request(&self, body: &str) -> String {
        format!(
            "POST {} HTTP/1.1\r\nHost: {}\r\nContent-Type: application/json\r\nAccept: application/json, text/event-stream\r\n{}Content-Length: {}\r\n\r\n{body}",
            self.target,
            self.connection.address,
            self.headers,
            body.len(),
        )
    }
}

struct Answer {
    head: String,
    body: Vec<u8>,
}

impl Answer {
    fn header(&self, name: &str) -> Option<&str> {
        header(&self.head, name)
    }
}

fn header<'h>(head: &'h str, name: &str) -> Option<&'h str> {
    let lines = head.lines().filter_map(|line| line.split_once(':'));
    lines
        .filter(|(key, _)| key.eq_ignore_ascii_case(name))
        .map(|(_, value)| value.trim())
        .next()
}

/// A bare HTTP/1.1 client: the less it does, the less it disturbs.
struct Connection {
    address: SocketAddr,
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Connection {
    async fn open(address: SocketAddr) -> anyhow::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self {
            address,
            stream,
            buffer: Vec::with_capacity(16 * 1024),
        })
    }

    async fn send(&mut self, bytes: &[u8]) -> anyhow::Result<()> {
        Ok(self.stream.write_all(bytes).await?)
    }

    async fn fill(&mut self) -> anyhow::Result<()> {
        let read = self.stream.read_buf(&mut self.buffer).await?;
        ensure!(read > 0, "the connection was closed");
        Ok(())
    }

    async fn read_until(&mut self, mark: &[u8]) -> anyhow::Result<Vec<u8>> {
        loop {
            if let Some(at) = self.buffer.windows(mark.len()).position(|window| window == mark) {
                return Ok(self.buffer.drain(..at + mark.len()).collect());
            }
            self.fill().await?;
        }
    }

    async fn read_exact(&mut self, length: usize) -> anyhow::Result<Vec<u8>> {
        while self.buffer.len() < length {
            self.fill().await?;
        }
        Ok(self.buffer.drain(..length).collect())
    }

    async fn read_head(&mut self) -> anyhow::Result<String> {
        Ok(String::from_utf8(self.read_until(b"\r\n\r\n").await?)?)
    }

    async fn read_answer(&mut self) -> anyhow::Result<Answer> {
        let head = self.read_head().await?;
        let body = match header(&head, "content-length") {
            Some(length) => self.read_exact(length.parse()?).await?,
            None if header(&head, "transfer-encoding").is_some() => self.read_chunks().await?,
            None => Vec::new(),
        };
        Ok(Answer { head, body })
    }

    async fn read_chunks(&mut self) -> anyhow::Result<Vec<u8>> {
        let mut body = Vec::new();
        loop {
            let size = String::from_utf8(self.read_until(b"\r\n").await?)?;
            let size = usize::from_str_radix(size.trim(), 16)?;
            body.extend(self.read_exact(size).await?);
            self.read_exact(2).await?;
            if size == 0 {
                return Ok(body);
            }
        }
    }

    /// The next event with data on a chunked event stream.
    async fn read_message(&mut self) -> anyhow::Result<Vec<u8>> {
        for _ in 0..100 {
            let event = self.read_until(b"\n\n").await?;
            if event.windows(6).any(|window| window == b"data: ") {
                return Ok(event);
            }
        }
        bail!("a hundred events without data")
    }
}
