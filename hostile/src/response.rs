//! HTTP/1.1 responses and event streams, read by hand: a library would forgive.

/// Status line and headers.
#[derive(Clone, Debug, Default)]
pub struct Head {
    /// The status code.
    pub status: u16,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
}

impl Head {
    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, String> {
        let text = String::from_utf8_lossy(bytes);
        let mut lines = text.split("\r\n");
        let first = lines.next().unwrap_or_default();
        let status = first
            .strip_prefix("HTTP/1.1 ")
            .or_else(|| first.strip_prefix("HTTP/1.0 "))
            .and_then(|rest| rest.get(..3)?.parse().ok());
        let status = status.ok_or_else(|| format!("no response begins like this: {first:?}"))?;
        let header = |line: &str| {
            let (name, value) = line.split_once(':')?;
            Some((name.to_ascii_lowercase(), value.trim().to_owned()))
        };
        let headers = lines.map(|line| header(line).ok_or_else(|| format!("no header: {line:?}")));
        Ok(Self {
            status,
            headers: headers.collect::<Result<_, _>>()?,
        })
    }

    /// The value of the first header with this name, in any case.
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self
            .headers
            .iter()
            .find(|(other, _)| other.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }

    /// Whether the body is an event stream.
    pub fn is_stream(&self) -> bool {
        self.header("content-type")
            .is_some_and(|kind| kind.starts_with("text/event-stream"))
    }

    pub(crate) fn framing(&self) -> Result<Framing, String> {
        if matches!(self.status, 204 | 304) {
            return Ok(Framing::Done);
        }
        match (self.header("transfer-encoding"), self.header("content-length")) {
            (Some(_), Some(_)) => Err("a response with Transfer-Encoding and Content-Length".to_owned()),
            (Some("chunked"), None) => Ok(Framing::Chunked),
            (Some(other), None) => Err(format!("Transfer-Encoding: {other}")),
            (None, Some("0")) => Ok(Framing::Done),
            (None, Some(length)) => {
                let length = length.parse().map_err(|_| format!("Content-Length: {length}"))?;
                Ok(Framing::Length(length))
            }
            (None, None) => Ok(Framing::UntilClose),
        }
    }
}

/// Where in a body we are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Framing {
    /// Behind it.
    Done,
    Length(usize),
    /// In front of a chunk.
    Chunked,
    UntilClose,
}

impl Framing {
    /// Takes what there is of the body; `None` if more has to be received first, or if it has ended.
    pub(crate) fn take(&mut self, inbox: &mut Vec<u8>) -> Result<Option<Vec<u8>>, String> {
        match self {
            Self::Done => Ok(None),
            Self::UntilClose => Ok((!inbox.is_empty()).then(|| std::mem::take(inbox))),
            Self::Length(left) => {
                let piece: Vec<u8> = inbox.drain(..inbox.len().min(*left)).collect();
                *left -= piece.len();
                if *left == 0 {
                    *self = Self::Done;
                }
                Ok((!piece.is_empty()).then_some(piece))
            }
            Self::Chunked => self.chunk(inbox),
        }
    }

    /// Reads the line in front of a chunk, and as much of the chunk as there is.
    fn chunk(&mut self, inbox: &mut Vec<u8>) -> Result<Option<Vec<u8>>, String> {
        let Some(end) = memchr::memmem::find(inbox, b"\r\n") else {
            return Ok(None);
        };
        let line = String::from_utf8_lossy(&inbox[..end]).into_owned();
        let size =
            usize::from_str_radix(line.trim(), 16).map_err(|_| format!("no size of a chunk: {line:?}"))?;
        if size == 0 {
            if inbox.len() < end + 4 {
                return Ok(None);
            }
            inbox.drain(..end + 4);
            *self = Self::Done;
            return Ok(None);
        }
        // A chunk is taken whole, so that its line end is never mistaken for content.
        if inbox.len() < end + 2 + size + 2 {
            return Ok(None);
        }
        inbox.drain(..end + 2);
        let piece = inbox.drain(..size).collect();
        inbox.drain(..2);
        Ok(Some(piece))
    }
}

/// One event of a stream.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Event {
    /// The field `event`; empty without one.
    pub kind: String,
    /// The field `id`.
    pub id: Option<String>,
    /// The fields `data`, joined with newlines.
    pub data: String,
}

/// The events of a stream, as they come.
#[derive(Debug, Default)]
pub(crate) struct Events {
    text: Vec<u8>,
    /// The last id of an event.
    pub(crate) last_id: Option<String>,
}

impl Events {
    pub(crate) fn push(&mut self, piece: &[u8]) {
        self.text.extend_from_slice(piece);
    }

    /// The next complete event; comments are passed over.
    pub(crate) fn pop(&mut self) -> Option<Event> {
        loop {
            let end = memchr::memmem::find(&self.text, b"\n\n")?;
            let block: Vec<u8> = self.text.drain(..end + 2).collect();
            let block = String::from_utf8_lossy(&block);
            let mut event = Event::default();
            let mut data = Vec::new();
            for line in block.lines() {
                let (field, value) = line.split_once(':').unwrap_or((line, ""));
                let value = value.strip_prefix(' ').unwrap_or(value);
                match field {
                    "event" => value.clone_into(&mut event.kind),
                    "id" => event.id = Some(value.to_owned()),
                    "data" => data.push(value),
                    _ => {}
                }
            }
            event.data = data.join("\n");
            if event.id.is_some() {
                self.last_id.clone_from(&event.id);
            }
            if event != Event::default() {
                return Some(event);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_is_read() {
        let head = Head::parse(b"HTTP/1.1 404 Not Found\r\nA: b\r\nContent-Length: 3").unwrap();
        assert_eq!((head.status, head.header("a")), (404, Some("b")));
        assert_eq!(head.framing(), Ok(Framing::Length(3)));
        assert!(Head::parse(b"junk").is_err());
    }

    #[test]
    fn chunks_are_taken_whole_however_they_come() {
        let whole = b"3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n";
        let mut framing = Framing::Chunked;
        let (mut inbox, mut body) = (Vec::new(), Vec::new());
        for byte in whole {
            inbox.push(*byte);
            while let Some(piece) = framing.take(&mut inbox).unwrap() {
                body.extend(piece);
            }
        }
        assert_eq!((body.as_slice(), framing), (&b"abcde"[..], Framing::Done));
    }

    #[test]
    fn events_have_fields_and_comments_are_none() {
        let mut events = Events::default();
        events.push(b": hi\n\nevent: x\nid: 7\ndata: a\ndata: b\n\ndata: c\n");
        let event = events.pop().unwrap();
        assert_eq!(
            (event.kind.as_str(), event.id.as_deref(), event.data.as_str()),
            ("x", Some("7"), "a\nb")
        );
        assert_eq!(events.pop(), None);
    }
}
