//! A bare HTTP/1.1 client: the less it does, the less it disturbs.

use std::net::SocketAddr;

use anyhow::{bail, ensure};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// One connection, with what was read and not yet used.
pub(crate) struct Connection {
    address: SocketAddr,
    stream: TcpStream,
    buffer: Vec<u8>,
}

/// An answer with its whole body.
pub(crate) struct Answer {
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        header(&self.head, name)
    }

    /// Fails, with the head, if the status is another one.
    pub(crate) fn expect(self, status: &str) -> anyhow::Result<Self> {
        ensure!(
            self.head
                .strip_prefix("HTTP/1.1 ")
                .is_some_and(|rest| rest.starts_with(status)),
            "expected {status}, got {} {}",
            self.head,
            String::from_utf8_lossy(&self.body),
        );
        Ok(self)
    }
}

impl Connection {
    pub(crate) async fn open(address: SocketAddr) -> anyhow::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self {
            address,
            stream,
            buffer: Vec::new(),
        })
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    pub(crate) async fn send(&mut self, bytes: &[u8]) -> anyhow::Result<()> {
        Ok(self.stream.write_all(bytes).await?)
    }

    /// Reads what is there; fails when the other side has closed.
    async fn fill(&mut self) -> anyhow::Result<()> {
        let read = self.stream.read_buf(&mut self.buffer).await?;
        ensure!(read > 0, "the connection was closed");
        Ok(())
    }

    /// Gives back memory that is not needed while nothing comes.
    pub(crate) fn release(&mut self) {
        self.buffer.shrink_to_fit();
    }

    pub(crate) async fn read_until(&mut self, mark: &[u8]) -> anyhow::Result<Vec<u8>> {
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

    pub(crate) async fn read_head(&mut self) -> anyhow::Result<String> {
        Ok(String::from_utf8(self.read_until(b"\r\n\r\n").await?)?)
    }

    pub(crate) async fn read_answer(&mut self) -> anyhow::Result<Answer> {
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

    /// The next event or comment on a stream of chunks; `None` at its end,
    /// after which the connection may live on.
    pub(crate) async fn read_event(&mut self) -> anyhow::Result<Option<Vec<u8>>> {
        const END: &[u8] = b"0\r\n\r\n";
        loop {
            let event = self.buffer.windows(2).position(|window| window == b"\n\n");
            let end = self.buffer.starts_with(END) || self.buffer.starts_with(b"\r\n0\r\n\r\n");
            match event {
                Some(at) => return Ok(Some(self.buffer.drain(..at + 2).collect())),
                None if end => return Ok(None),
                None => self.fill().await?,
            }
        }
    }

    /// The data of the next event that has a message, on a stream of chunks.
    /// Works where no event is split over chunks, which none of the programs
    /// that are measured does with events of this size.
    pub(crate) async fn read_message(&mut self) -> anyhow::Result<Vec<u8>> {
        for _ in 0..100 {
            let event = self.read_until(b"\n\n").await?;
            if let Some(data) = data_of(&event) {
                return Ok(data.to_vec());
            }
        }
        bail!("a hundred events without data")
    }
}

/// The first line of data of an event, unless it is empty.
pub(crate) fn data_of(event: &[u8]) -> Option<&[u8]> {
    let mut lines = event.split(|byte| *byte == b'\n');
    let data = lines.find_map(|line| line.strip_prefix(b"data:"))?.trim_ascii();
    (!data.is_empty()).then_some(data)
}

fn header<'h>(head: &'h str, name: &str) -> Option<&'h str> {
    let lines = head.lines().filter_map(|line| line.split_once(':'));
    lines
        .filter(|(key, _)| key.eq_ignore_ascii_case(name))
        .map(|(_, value)| value.trim())
        .next()
}
