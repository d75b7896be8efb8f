//! A client's side of a TCP connection, as careless or as precise as a transcript wants it.

use std::io::{self, Read, Write};
use std::net::{IpAddr, SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use socket2::{Domain, SockFilter, SockRef, Socket, Type};

use crate::response::{Events, Framing, Head};

/// What a peer did that was not expected.
pub type Trouble = String;

/// Most bytes of a connection that are kept to be looked at when the run is over.
const KEPT: usize = 8 * 1024 * 1024;

/// One connection.
pub struct Wire {
    socket: TcpStream,
    /// Received and not yet understood.
    inbox: Vec<u8>,
    /// Everything received.
    pub seen: Vec<u8>,
    ended: bool,
    framing: Framing,
    pub(crate) events: Events,
}

impl Wire {
    /// Connects, from the address `from` if there is one.
    pub fn open(to: SocketAddr, from: Option<IpAddr>) -> Result<Self, Trouble> {
        let connect = || -> io::Result<TcpStream> {
            let socket = Socket::new(Domain::for_address(to), Type::STREAM, None)?;
            if let Some(from) = from {
                socket.bind(&SocketAddr::new(from, 0).into())?;
            }
            socket.connect_timeout(&to.into(), Duration::from_secs(10))?;
            socket.set_tcp_nodelay(true)?;
            Ok(socket.into())
        };
        let socket = connect().map_err(|error| format!("cannot connect to {to}: {error}"))?;
        Ok(Self {
            socket,
            inbox: Vec::new(),
            seen: Vec::new(),
            ended: false,
            framing: Framing::Done,
            events: Events::default(),
        })
    }

    /// Sends all bytes, or what the peer takes of them within `limit`; false if it did not take all.
    pub fn send(&mut self, bytes: &[u8], limit: Duration) -> bool {
        let _ = self.socket.set_write_timeout(Some(limit));
        self.socket.write_all(bytes).is_ok()
    }

    /// Sends a byte each `interval` until the peer says something or `limit` is over.
    pub fn drip(&mut self, bytes: &[u8], interval: Duration, limit: Duration) {
        let end = Instant::now() + limit;
        for byte in bytes {
            if !self.send(&[*byte], interval) || Instant::now() >= end {
                return;
            }
            // Looking is the waiting.
            if self.fill(Instant::now() + interval) || self.ended {
                return;
            }
        }
    }

    /// Says that nothing more will be sent.
    pub fn shutdown(&self) {
        let _ = self.socket.shutdown(std::net::Shutdown::Write);
    }

    /// Goes on as if the cable had been cut: nothing of the peer arrives, and nothing tells it so.
    pub fn vanish(&self) -> Result<(), Trouble> {
        // BPF_RET with 0: of each packet, no byte is let through.
        let nothing = SockFilter::new(0x06, 0, 0, 0);
        let socket = SockRef::from(&self.socket);
        socket
            .attach_filter(&[nothing])
            .map_err(|error| format!("cannot vanish: {error}"))
    }

    /// Closes with a reset.
    pub fn reset(self) {
        let socket = Socket::from(self.socket);
        let _ = socket.set_linger(Some(Duration::ZERO));
    }

    /// Receives something before `deadline`; false if nothing came.
    pub fn fill(&mut self, deadline: Instant) -> bool {
        let left = deadline
            .saturating_duration_since(Instant::now())
            .max(Duration::from_millis(1));
        let _ = self.socket.set_read_timeout(Some(left));
        let mut piece = [0; 16 * 1024];
        match self.socket.read(&mut piece) {
            Ok(0) => self.ended = true,
            Ok(length) => {
                self.inbox.extend_from_slice(&piece[..length]);
                let room = KEPT.saturating_sub(self.seen.len()).min(length);
                self.seen.extend_from_slice(&piece[..room]);
                return true;
            }
            Err(error) if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut) => {}
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(_) => self.ended = true,
        }
        false
    }

    fn need(&mut self, deadline: Instant, what: &str) -> Result<(), Trouble> {
        if self.fill(deadline) {
            return Ok(());
        }
        if self.ended {
            return Err(format!("the connection was closed before {what}"));
        }
        if Instant::now() >= deadline {
            return Err(format!("nothing came in time: no {what}"));
        }
        Ok(())
    }

    /// The head of the next response. Interim responses are passed over.
    pub fn head(&mut self, deadline: Instant) -> Result<Head, Trouble> {
        self.finish(deadline)?;
        loop {
            if let Some(end) = memchr::memmem::find(&self.inbox, b"\r\n\r\n") {
                let head = Head::parse(&self.inbox[..end])?;
                self.inbox.drain(..end + 4);
                if !(100..200).contains(&head.status) {
                    self.framing = head.framing()?;
                    self.events = Events::default();
                    return Ok(head);
                }
                continue;
            }
            self.need(deadline, "the head of a response")?;
        }
    }

    /// Reads over what is left of the response before.
    fn finish(&mut self, deadline: Instant) -> Result<(), Trouble> {
        while self.piece(deadline)?.is_some() {}
        Ok(())
    }

    /// The next piece of the body; `None` behind its end.
    pub fn piece(&mut self, deadline: Instant) -> Result<Option<Vec<u8>>, Trouble> {
        loop {
            if self.framing == Framing::Done {
                return Ok(None);
            }
            if let Some(piece) = self.framing.take(&mut self.inbox)? {
                return Ok(Some(piece));
            }
            if self.framing == Framing::Done {
                return Ok(None);
            }
            if self.framing == Framing::UntilClose && self.ended {
                self.framing = Framing::Done;
                return Ok(None);
            }
            match self.need(deadline, "the end of a body") {
                Err(_) if self.ended && self.framing == Framing::UntilClose => {}
                other => other?,
            }
        }
    }

    /// The whole body.
    pub fn body(&mut self, deadline: Instant) -> Result<Vec<u8>, Trouble> {
        let mut body = Vec::new();
        while let Some(piece) = self.piece(deadline)? {
            body.extend(piece);
        }
        Ok(body)
    }

    /// The data of the next event of an event stream; `None` if the stream has ended.
    pub fn event(&mut self, deadline: Instant) -> Result<Option<crate::response::Event>, Trouble> {
        loop {
            if let Some(event) = self.events.pop() {
                return Ok(Some(event));
            }
            match self.piece(deadline)? {
                Some(piece) => self.events.push(&piece),
                None => return Ok(None),
            }
        }
    }

    /// Waits for the peer to close.
    pub fn closed(&mut self, deadline: Instant) -> Result<(), Trouble> {
        while !self.ended {
            if !self.fill(deadline) && !self.ended && Instant::now() >= deadline {
                return Err("the connection is still open".to_owned());
            }
        }
        Ok(())
    }

    /// Whether the peer has closed.
    pub fn has_ended(&self) -> bool {
        self.ended
    }

    /// Whether there is anything that was not asked for.
    pub fn left_over(&self) -> &[u8] {
        &self.inbox
    }

    /// Takes what has come and was not yet looked at.
    pub fn collect(&mut self) {
        while !self.ended && self.seen.len() < KEPT && self.fill(Instant::now()) {}
    }
}
