//! A client that speaks bytes over an in-memory connection.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};

use super::House;

/// One end of a connection to the gateway.
pub(crate) struct Raw {
    io: DuplexStream,
}

impl Raw {
    pub(crate) fn connect(house: &House) -> Self {
        Self::with_buffer(house, 1024 * 1024)
    }

    /// A connection that holds this many bytes on their way.
    pub(crate) fn with_buffer(house: &House, bytes: usize) -> Self {
        let (io, server) = tokio::io::duplex(bytes);
        tokio::spawn(
            house
                .gateway
                .serve_connection(server, ([127, 0, 0, 1], 4000).into()),
        );
        Self { io }
    }

    pub(crate) async fn write(&mut self, text: &str) {
        self.io.write_all(text.as_bytes()).await.unwrap();
    }

    /// As [`Raw::write`], but the gateway may have hung up.
    pub(crate) async fn try_write(&mut self, text: &str) -> bool {
        self.io.write_all(text.as_bytes()).await.is_ok()
    }

    /// What one read gives; empty at the end.
    pub(crate) async fn read(&mut self) -> String {
        let mut buffer = vec![0; 64 * 1024];
        let count = self.io.read(&mut buffer).await.unwrap_or(0);
        String::from_utf8(buffer[..count].to_vec()).unwrap()
    }

    /// Reads until `end` has come or the connection is closed.
    pub(crate) async fn read_until(&mut self, end: &str) -> String {
        let mut text = String::new();
        while !text.contains(end) {
            let piece = self.read().await;
            if piece.is_empty() {
                break;
            }
            text.push_str(&piece);
        }
        text
    }

    /// Reads until the connection is closed.
    pub(crate) async fn read_to_end(&mut self) -> String {
        let mut text = String::new();
        let within = Duration::from_secs(3600);
        tokio::time::timeout(within, self.io.read_to_string(&mut text))
            .await
            .expect("the end comes")
            .unwrap_or(0);
        text
    }
}

/// A POST with this body to `/mcp`.
pub(crate) fn post(headers: &str, body: &str) -> String {
    format!(
        "POST /mcp HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\naccept: application/json, text/event-stream\r\n{headers}content-length: {}\r\n\r\n{body}",
        body.len()
    )
}
