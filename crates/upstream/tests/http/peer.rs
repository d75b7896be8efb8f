//! A server whose every answer the test writes itself.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;

/// Long enough for a busy machine, short enough to notice a hang.
const LIMIT: Duration = Duration::from_secs(20);

/// Takes requests, one on each connection, and hands them to the test.
pub(crate) struct Peer {
    pub(crate) address: SocketAddr,
    asked: mpsc::UnboundedReceiver<Asked>,
}

/// A request that waits for its answer.
#[derive(Debug)]
pub(crate) struct Asked {
    pub(crate) head: String,
    pub(crate) body: String,
    stream: TcpStream,
}

/// A connection that was used and is kept.
pub(crate) struct Kept(TcpStream);

impl Kept {
    /// The next request on the same connection.
    pub(crate) async fn next(self) -> Asked {
        let next = tokio::time::timeout(LIMIT, read(self.0)).await;
        next.expect("a request comes")
            .expect("it comes on the same connection")
    }

    /// Whether the client closes it without another request.
    pub(crate) async fn left(self) {
        Answer(self.0).left().await;
    }

    /// Closes it, and waits until everybody has had time to notice.
    pub(crate) async fn close(self) {
        drop(self.0);
        // What happened on one socket is known once something newer was heard on another.
        let listener = TcpListener::bind("127.0.0.1:0")
            .await
            .expect("loopback has ports");
        let address = listener.local_addr().expect("it is bound");
        let (mine, yours) = tokio::join!(TcpStream::connect(address), listener.accept());
        let (mut mine, (mut yours, _)) = (mine.expect("it listens"), yours.expect("somebody came"));
        mine.write_all(b"x").await.expect("it is open");
        yours.read_u8().await.expect("it is open");
    }
}

/// An answer that is being written.
pub(crate) struct Answer(TcpStream);

impl Peer {
    pub(crate) async fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0")
            .await
            .expect("loopback has ports");
        let address = listener.local_addr().expect("it is bound");
        let (sender, asked) = mpsc::unbounded_channel();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let sender = sender.clone();
                tokio::spawn(async move {
                    if let Some(request) = read(stream).await {
                        // The test may be over.
                        let _ = sender.send(request);
                    }
                });
            }
        });
        Self { address, asked }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}/secret/mcp?key=secret", self.address)
    }

    pub(crate) async fn next(&mut self) -> Asked {
        let next = tokio::time::timeout(LIMIT, self.asked.recv()).await;
        next.expect("a request comes").expect("the peer lives")
    }

    /// Whether something was asked that nobody took.
    pub(crate) fn is_idle(&self) -> bool {
        self.asked.is_empty()
    }
}

async fn read(mut stream: TcpStream) -> Option<Asked> {
    let mut bytes = Vec::new();
    loop {
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
        let text = String::from_utf8_lossy(&bytes);
        let Some((head, body)) = text.split_once("\r\n\r\n") else {
            continue;
        };
        if body.len() >= header(head, "content-length").map_or(0, |length| length.parse().unwrap_or(0)) {
            let (head, body) = (head.to_owned(), body.to_owned());
            return Some(Asked { head, body, stream });
        }
    }
}

fn header<'h>(head: &'h str, name: &str) -> Option<&'h str> {
    let mut lines = head.lines().filter_map(|line| line.split_once(": "));
    lines
        .find(|(key, _)| key.eq_ignore_ascii_case(name))
        .map(|(_, value)| value)
}

impl Asked {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        header(&self.head, name)
    }

    pub(crate) fn method(&self) -> &str {
        self.head.split(' ').next().unwrap_or_default()
    }

    /// Answers with a status, header lines (each with its line end) and a body.
    pub(crate) async fn answer(mut self, status: u16, headers: &str, body: &str) {
        let length = body.len();
        let text = format!(
            "HTTP/1.1 {status} X\r\nConnection: close\r\n{headers}Content-Length: {length}\r\n\r\n{body}"
        );
        // Whether the client still listens is what the test looks at.
        let _ = self.stream.write_all(text.as_bytes()).await;
        let _ = self.stream.shutdown().await;
    }

    pub(crate) async fn json(self, body: &str) {
        self.answer(200, "Content-Type: application/json\r\n", body).await;
    }

    pub(crate) async fn accept(self) {
        self.answer(202, "", "").await;
    }

    /// Answers and keeps the connection for the next request.
    pub(crate) async fn stay(self, headers: &str, body: &str) -> Kept {
        let length = body.len();
        let head = format!("Content-Type: application/json\r\n{headers}Content-Length: {length}\r\n");
        self.raw(&format!("HTTP/1.1 200 X\r\n{head}\r\n{body}")).await
    }

    /// Answers with these bytes.
    pub(crate) async fn raw(mut self, text: &str) -> Kept {
        let _ = self.stream.write_all(text.as_bytes()).await;
        Kept(self.stream)
    }

    /// Closes the connection without a word.
    pub(crate) fn hang_up(self) {}

    /// Begins a stream of events, which ends where the connection does.
    pub(crate) async fn events(self) -> Answer {
        self.events_with("").await
    }

    /// With further header lines.
    pub(crate) async fn events_with(mut self, headers: &str) -> Answer {
        let head = format!(
            "HTTP/1.1 200 OK\r\nConnection: close\r\n{headers}Content-Type: text/event-stream; charset=utf-8\r\n\r\n"
        );
        let _ = self.stream.write_all(head.as_bytes()).await;
        Answer(self.stream)
    }
}

impl Answer {
    pub(crate) async fn write(&mut self, text: &str) {
        let _ = self.0.write_all(text.as_bytes()).await;
    }

    /// One byte after the other, each in a packet of its own.
    pub(crate) async fn dribble(&mut self, text: &str) {
        self.0.set_nodelay(true).expect("it is a TCP stream");
        for byte in text.as_bytes() {
            let _ = self.0.write_all(&[*byte]).await;
            tokio::task::yield_now().await;
        }
    }

    pub(crate) async fn end(mut self) {
        let _ = self.0.shutdown().await;
    }

    /// Waits until the client has closed the connection.
    pub(crate) async fn left(mut self) {
        let mut rest = [0; 64];
        let left = async { while matches!(self.0.read(&mut rest).await, Ok(read) if read > 0) {} };
        tokio::time::timeout(LIMIT, left)
            .await
            .expect("the client leaves");
    }
}
