//! HTTP/1.1 as clients write and read it, on a connection in memory.

use bytes::{Buf, Bytes, BytesMut};
use memchr::memmem;
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};

/// The other side hung up, or said something that is no HTTP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gone;

/// One connection to the gateway.
#[derive(Debug)]
pub struct Pipe {
    io: DuplexStream,
    read: BytesMut,
    body: Body,
}

/// What of the current response is still to come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Body {
    /// All of it was read.
    Over,
    /// So many bytes.
    Bytes(usize),
    /// Chunks; so many bytes are left of this one.
    Chunk(usize),
}

/// A response before its body.
#[derive(Clone, Debug)]
pub struct Head {
    /// The status.
    pub status: u16,
    lines: Vec<(String, String)>,
}

impl Head {
    /// A header.
    pub fn get(&self, name: &str) -> Option<&str> {
        let found = self.lines.iter().find(|(other, _)| other == name);
        found.map(|(_, value)| value.as_str())
    }

    /// Whether the body is an event stream.
    pub fn is_stream(&self) -> bool {
        self.get("content-type") == Some("text/event-stream")
    }

    fn parse(text: &str) -> Option<Self> {
        let mut lines = text.split("\r\n");
        let status = lines.next()?.strip_prefix("HTTP/1.1 ")?.get(..3)?.parse().ok()?;
        let header = |line: &str| {
            let (name, value) = line.split_once(':')?;
            Some((name.to_ascii_lowercase(), value.trim().to_owned()))
        };
        Some(Self {
            status,
            lines: lines.filter_map(header).collect(),
        })
    }
}

impl Pipe {
    /// A connection that is there.
    pub fn new(io: DuplexStream) -> Self {
        Self {
            io,
            read: BytesMut::new(),
            body: Body::Over,
        }
    }

    /// Writes all of this.
    ///
    /// # Errors
    ///
    /// [`Gone`]: nobody knows how much arrived.
    pub async fn send(&mut self, bytes: &[u8]) -> Result<(), Gone> {
        self.io.write_all(bytes).await.map_err(|_| Gone)
    }

    /// Reads the head of a response.
    ///
    /// # Errors
    ///
    /// [`Gone`]
    pub async fn head(&mut self) -> Result<Head, Gone> {
        loop {
            let text = self.until(b"\r\n\r\n").await?;
            let head = Head::parse(std::str::from_utf8(&text).map_err(|_| Gone)?).ok_or(Gone)?;
            if head.status < 200 {
                continue;
            }
            let length = head.get("content-length").and_then(|length| length.parse().ok());
            self.body = match (head.get("transfer-encoding"), length) {
                (Some("chunked"), _) => Body::Chunk(0),
                (_, Some(length)) => Body::Bytes(length),
                (_, None) => Body::Over,
            };
            return Ok(head);
        }
    }

    /// The next piece of the body; `None` at its end.
    ///
    /// # Errors
    ///
    /// [`Gone`]
    pub async fn piece(&mut self) -> Result<Option<Bytes>, Gone> {
        loop {
            match self.body {
                Body::Over | Body::Bytes(0) => {
                    self.body = Body::Over;
                    return Ok(None);
                }
                Body::Bytes(left) => {
                    let piece = self.some(left).await?;
                    self.body = Body::Bytes(left - piece.len());
                    return Ok(Some(piece));
                }
                Body::Chunk(0) => {
                    let size = self.until(b"\r\n").await?;
                    let size = std::str::from_utf8(&size).map_err(|_| Gone)?;
                    let size = usize::from_str_radix(size.trim(), 16).map_err(|_| Gone)?;
                    if size == 0 {
                        self.until(b"\r\n").await?;
                        self.body = Body::Over;
                    } else {
                        self.body = Body::Chunk(size);
                    }
                }
                Body::Chunk(left) => {
                    let piece = self.some(left).await?;
                    self.body = Body::Chunk(left - piece.len());
                    if piece.len() == left {
                        self.until(b"\r\n").await?;
                    }
                    return Ok(Some(piece));
                }
            }
        }
    }

    /// The whole body.
    ///
    /// # Errors
    ///
    /// [`Gone`]
    pub async fn whole(&mut self) -> Result<String, Gone> {
        let mut whole = Vec::new();
        while let Some(piece) = self.piece().await? {
            whole.extend_from_slice(&piece);
        }
        String::from_utf8(whole).map_err(|_| Gone)
    }

    /// Everything up to the end of the connection, or as much as comes.
    pub async fn rest(&mut self) -> Vec<u8> {
        while let Ok(1..) = self.io.read_buf(&mut self.read).await {}
        self.read.split().to_vec()
    }

    async fn some(&mut self, most: usize) -> Result<Bytes, Gone> {
        if self.read.is_empty() {
            self.more().await?;
        }
        Ok(self.read.split_to(most.min(self.read.len())).freeze())
    }

    /// What stands before `end`, which is left out.
    async fn until(&mut self, end: &[u8]) -> Result<Bytes, Gone> {
        loop {
            if let Some(at) = memmem::find(&self.read, end) {
                let text = self.read.split_to(at).freeze();
                self.read.advance(end.len());
                return Ok(text);
            }
            self.more().await?;
        }
    }

    async fn more(&mut self) -> Result<(), Gone> {
        match self.io.read_buf(&mut self.read).await {
            Ok(1..) => Ok(()),
            _ => Err(Gone),
        }
    }
}
