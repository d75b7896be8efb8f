//! A client that sees each line as it comes.

use std::io::{BufReader, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};

use serde_json::Value;
use socket2::{Domain, Socket, Type};

use crate::running::{DEADLINE, read_line};

/// One machine of the loopback network.
#[derive(Clone, Copy)]
pub(crate) struct Client<'a> {
    pub(crate) server: &'a str,
    /// What it calls the server.
    pub(crate) host: &'a str,
    pub(crate) from: Ipv4Addr,
}

/// An answer whose head was read.
pub(crate) struct Answer {
    pub(crate) status: String,
    pub(crate) headers: Vec<(String, String)>,
    body: BufReader<TcpStream>,
}

impl Client<'_> {
    pub(crate) fn get(&self, path: &str, headers: &[(&str, &str)]) -> Answer {
        self.send("GET", path, headers, "")
    }

    pub(crate) fn post(&self, path: &str, headers: &[(&str, &str)], body: &Value) -> Answer {
        self.send("POST", path, headers, &body.to_string())
    }

    fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        let mut request = format!("{method} {path} HTTP/1.1\r\nContent-Length: {}\r\n", body.len());
        let host = ("Host", self.host);
        let usual = [
            host,
            ("Content-Type", "application/json"),
            ("Accept", "application/json, text/event-stream"),
        ];
        let own = |name: &str| headers.iter().any(|(other, _)| other.eq_ignore_ascii_case(name));
        for (name, value) in usual.iter().filter(|(name, _)| !own(name)).chain(headers) {
            request.push_str(&format!("{name}: {value}\r\n"));
        }
        let mut stream = self.connect();
        write!(stream, "{request}\r\n{body}").expect("it reads");
        Answer::read(BufReader::new(stream))
    }

    fn connect(&self) -> TcpStream {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None).expect("there are sockets");
        socket
            .bind(&SocketAddr::from((self.from, 0)).into())
            .expect("all of 127/8 is ours");
        let server: SocketAddr = self.server.parse().expect("an address");
        socket.connect(&server.into()).expect("it listens");
        let stream = TcpStream::from(socket);
        stream.set_read_timeout(Some(DEADLINE)).expect("it is not zero");
        stream
    }
}

impl Answer {
    fn read(mut body: BufReader<TcpStream>) -> Self {
        let status = read_line(&mut body).trim_end().to_owned();
        let mut headers = Vec::new();
        loop {
            let line = read_line(&mut body);
            let Some((name, value)) = line.trim_end().split_once(": ") else {
                return Self {
                    status,
                    headers,
                    body,
                };
            };
            headers.push((name.to_ascii_lowercase(), value.to_owned()));
        }
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(other, _)| other == name);
        found.map(|(_, value)| value.as_str())
    }

    pub(crate) fn expect(self, status: &str) -> Self {
        assert!(
            self.status.contains(status),
            "want {status}, got {} {:?}",
            self.status,
            self.headers
        );
        self
    }

    /// What follows `start` on the next line of the stream that begins with it. Lengths of chunks are lines between others.
    pub(crate) fn line(&mut self, start: &str) -> String {
        loop {
            if let Some(rest) = read_line(&mut self.body).strip_prefix(start) {
                return rest.trim_end().to_owned();
            }
        }
    }

    /// The next event that has data, and the id before it.
    pub(crate) fn event(&mut self) -> (String, Value) {
        let mut id = String::new();
        loop {
            let line = read_line(&mut self.body);
            if let Some(rest) = line.strip_prefix("id: ") {
                rest.trim_end().clone_into(&mut id);
            } else if let Some(data) = line.strip_prefix("data: ").map(str::trim_end)
                && !data.is_empty()
            {
                return (
                    id,
                    serde_json::from_str(data).unwrap_or_else(|error| panic!("{data}: {error}")),
                );
            }
        }
    }

    /// Whether nothing more comes, however long that takes.
    pub(crate) fn ends(&mut self) -> bool {
        let rest = self.body.read_to_end(&mut Vec::new());
        // A proxy may cut the connection in the middle of a chunk.
        rest.is_ok_and(|length| length < 16)
    }

    /// The body of an answer with a length.
    pub(crate) fn text(mut self) -> String {
        let length = self
            .header("content-length")
            .and_then(|length| length.parse().ok());
        let mut bytes = vec![0; length.expect("it has a length")];
        self.body.read_exact(&mut bytes).expect("it is all there");
        String::from_utf8(bytes).expect("it is text")
    }
}
