//! The body of an answer.

use bytes::{Bytes, BytesMut};
use pontoon_sse::{Decoder, Item, Limits, ReceivedEvent};
use reqwest::Response;

use crate::http::failure::Failure;

/// Reads a body that is one message.
pub(crate) async fn whole(mut response: Response, max: usize) -> Result<Bytes, Failure> {
    if response
        .content_length()
        .is_some_and(|length| length > max as u64)
    {
        return Err(Failure::TooLarge(max));
    }
    let mut first = Bytes::new();
    let mut joined = BytesMut::new();
    while let Some(piece) = response.chunk().await.map_err(|error| Failure::of(&error))? {
        if first.len() + joined.len() + piece.len() > max {
            return Err(Failure::TooLarge(max));
        }
        // Most bodies come in one piece, which is not copied.
        if first.is_empty() && joined.is_empty() {
            first = piece;
            continue;
        }
        if joined.is_empty() {
            joined.extend_from_slice(&std::mem::take(&mut first));
        }
        joined.extend_from_slice(&piece);
    }
    Ok(if joined.is_empty() { first } else { joined.freeze() })
}

/// At the start of a stream with events of at most `max` bytes.
pub(crate) fn decoder(max: usize) -> Decoder {
    Decoder::new(Limits {
        max_event_len: max,
        ..Limits::default()
    })
}

/// Reads a body that is a stream of events.
pub(crate) struct Events {
    response: Response,
    decoder: Decoder,
    chunk: Bytes,
}

impl Events {
    pub(crate) fn new(response: Response, max: usize) -> Self {
        Self::continuing(response, decoder(max))
    }

    /// Goes on where `decoder` left off.
    pub(crate) fn continuing(response: Response, decoder: Decoder) -> Self {
        Self {
            response,
            decoder,
            chunk: Bytes::new(),
        }
    }

    /// The next event with data; `None` at the end of the stream.
    pub(crate) async fn next(&mut self) -> Result<Option<ReceivedEvent>, Failure> {
        loop {
            match self.decoder.decode(&mut self.chunk) {
                Some(Ok(Item::Event(event))) if event.data.is_empty() => {}
                Some(Ok(Item::Event(event))) => return Ok(Some(event)),
                Some(Ok(Item::Comment(_) | Item::Retry(_))) => {}
                Some(Err(error)) => return Err(Failure::TooLarge(error.max)),
                None => match self.response.chunk().await {
                    Ok(Some(chunk)) => self.chunk = chunk,
                    Ok(None) => return Ok(None),
                    Err(error) => return Err(Failure::of(&error)),
                },
            }
        }
    }

    /// What is needed to go on with another response.
    pub(crate) fn into_decoder(self) -> Decoder {
        self.decoder.reconnected()
    }
}
