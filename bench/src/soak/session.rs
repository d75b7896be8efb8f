//! A session of Streamable HTTP, with its streams in sight.

use std::net::SocketAddr;

use anyhow::{Context as _, ensure};
use serde_json::Value;

use crate::connection::{Answer, Connection};
use crate::era::Era;

/// A session.
pub(super) struct Session {
    connection: Connection,
    path: &'static str,
    headers: String,
}

impl Session {
    /// Shakes hands.
    pub(super) async fn open(address: SocketAddr, path: &'static str) -> anyhow::Result<Self> {
        let mut session = Self {
            connection: Connection::open(address).await?,
            path,
            headers: String::new(),
        };
        let answer = session.post(&Era::initialize()).await?.expect("200")?;
        let id = answer.header("mcp-session-id").context("no session id")?;
        session.headers = Era::Streamable.headers(Some(id));
        session.post(&Era::initialized()).await?.expect("202")?;
        Ok(session)
    }

    /// A further connection.
    pub(super) async fn connect(&self) -> anyhow::Result<Connection> {
        Connection::open(self.connection.address()).await
    }

    /// Posts a message on a connection and does not wait for the answer.
    pub(super) async fn send(&self, connection: &mut Connection, message: &Value) -> anyhow::Result<()> {
        connection
            .send(self.request("POST", &message.to_string()).as_bytes())
            .await
    }

    /// Posts a message on the session's own connection.
    pub(super) async fn post(&mut self, message: &Value) -> anyhow::Result<Answer> {
        let request = self.request("POST", &message.to_string());
        self.connection.send(request.as_bytes()).await?;
        self.connection.read_answer().await
    }

    /// Opens the stream for what belongs to no call, or reads it on from behind an event.
    pub(super) async fn listen(&self, after: Option<&str>) -> anyhow::Result<Connection> {
        let mut stream = self.connect().await?;
        let after = after.map_or_else(String::new, |id| format!("Last-Event-ID: {id}\r\n"));
        let request = format!(
            "GET {} HTTP/1.1\r\nHost: {}\r\nAccept: text/event-stream\r\n{}{after}\r\n",
            self.path,
            stream.address(),
            self.headers,
        );
        stream.send(request.as_bytes()).await?;
        let head = stream.read_head().await?;
        ensure!(head.starts_with("HTTP/1.1 200"), "no stream: {head}");
        Ok(stream)
    }

    /// Ends it.
    pub(super) async fn delete(mut self) -> anyhow::Result<()> {
        let request = self.request("DELETE", "");
        self.connection.send(request.as_bytes()).await?;
        self.connection.read_answer().await?.expect("20")?;
        Ok(())
    }

    fn request(&self, method: &str, body: &str) -> String {
        format!(
            "{method} {} HTTP/1.1\r\nHost: {}\r\nContent-Type: application/json\r\nAccept: application/json, text/event-stream\r\n{}Content-Length: {}\r\n\r\n{body}",
            self.path,
            self.connection.address(),
            self.headers,
            body.len(),
        )
    }
}
