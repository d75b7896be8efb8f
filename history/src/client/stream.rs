//! An event stream as a client reads it, over one connection or several.

use bytes::Bytes;
use pontoon_sse::{Decoder, Item};

use super::pipe::{Gone, Pipe};

/// How far a client has read a stream that it can resume.
#[derive(Clone, Debug, Default)]
pub(crate) struct Cursor {
    /// The id of the last event that had one.
    pub(crate) last: Option<String>,
    /// Whether the first id may be any: the answers before it came without.
    pub(crate) begins_anywhere: bool,
}

/// One event with content.
#[derive(Debug)]
pub(crate) struct Incoming {
    /// Its kind.
    pub(crate) name: String,
    /// What it carries.
    pub(crate) data: String,
}

/// A connection whose response is an event stream.
pub(crate) struct Events {
    pub(crate) pipe: Pipe,
    decoder: Decoder,
    chunk: Bytes,
}

/// A gap or a repetition.
#[derive(Debug)]
pub(crate) struct Discontinuity(pub(crate) String);

impl Cursor {
    /// Follows the ids of one stream: each is the successor of the one before.
    fn follow(&mut self, id: &str) -> Result<(), Discontinuity> {
        let read = |id: &str| -> Option<(u32, u64)> {
            let (stream, sequence) = id.split_once('-')?;
            Some((stream.parse().ok()?, sequence.parse().ok()?))
        };
        let before = self.last.replace(id.to_owned());
        let before = before.as_deref().and_then(read);
        let fits = match (before, read(id)) {
            (Some((old, last)), Some((stream, next))) => stream != old || next == last + 1,
            (None, Some((_, first))) => first <= 1 || self.begins_anywhere,
            (_, None) => false,
        };
        if fits {
            Ok(())
        } else {
            Err(Discontinuity(format!("{before:?} is followed by {id}")))
        }
    }
}

impl Events {
    pub(crate) fn new(pipe: Pipe) -> Self {
        Self {
            pipe,
            decoder: Decoder::default(),
            chunk: Bytes::new(),
        }
    }

    /// The next event that carries something; `None` at the end of the stream.
    ///
    /// # Errors
    ///
    /// [`Gone`] if the connection broke; a discontinuity is an event of its own.
    pub(crate) async fn next(
        &mut self,
        cursor: &mut Cursor,
    ) -> Result<Option<Result<Incoming, Discontinuity>>, Gone> {
        loop {
            while let Some(item) = self.decoder.decode(&mut self.chunk) {
                let Ok(Item::Event(event)) = item else { continue };
                let id = self.decoder.last_event_id();
                if !id.is_empty() && cursor.last.as_deref() != Some(id) {
                    if let Err(gap) = cursor.follow(id) {
                        return Ok(Some(Err(gap)));
                    }
                } else if !id.is_empty() {
                    return Ok(Some(Err(Discontinuity(format!("{id} comes twice")))));
                }
                if !event.data.is_empty() {
                    return Ok(Some(Ok(Incoming {
                        name: event.name.to_string(),
                        data: String::from_utf8_lossy(&event.data).into_owned(),
                    })));
                }
            }
            match self.pipe.piece().await? {
                Some(chunk) => self.chunk = chunk,
                None => return Ok(None),
            }
        }
    }
}
