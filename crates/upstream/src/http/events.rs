//! The body of an answer.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use pontoon_sse::{Decoder, Item, Limits, ReceivedEvent};
use reqwest::Response;
use tokio::time::timeout;

use crate::http::failure::Failure;

/// Reads a body that is one message, each piece of which comes within `patience`.
pub(crate) async fn whole(mut response: Response, max: usize, patience: Duration) -> Result<Bytes, Failure> {
    if response
        .content_length()
        .is_some_and(|length| length > max as u64)
    {
        return Err(Failure::TooLarge(max));
    }
    let mut first = Bytes::new();
    let mut joined = BytesMut::new();
    while let Some(piece) = next_piece(&mut response, Some(patience)).await? {
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

/// What comes next of a body; `None` at its end.
async fn next_piece(response: &mut Response, patience: Option<Duration>) -> Result<Option<Bytes>, Failure> {
    let piece = match patience {
        Some(patience) => timeout(patience, response.chunk()).await,
        None => Ok(response.chunk().await),
    };
    match piece {
        Ok(piece) => piece.map_err(|error| Failure::of(&error)),
        Err(_) => Err(Failure::Broken("it was silent for too long".to_owned())),
    }
}

/// At the start of a stream with events of at most `max` bytes.
pub(crate) fn decoder(max: usize) -> Decoder {
    Decoder::new(Limits {
        max_event_len: max,
        ..Limits::default()
    })
}

/// Reads a body that is a stream of events.
#[derive(Debug)]
pub(crate) struct Events {
    response: Response,
    decoder: Decoder,
    chunk: Bytes,
    /// How long it may be silent, if not for ever.
    patience: Option<Duration>,
}

impl Events {
    /// Goes on where `decoder` left off.
    pub(crate) fn new(response: Response, decoder: Decoder, patience: Option<Duration>) -> Self {
        Self {
            response,
            decoder,
            chunk: Bytes::new(),
            patience,
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
                None => match next_piece(&mut self.response, self.patience).await? {
                    Some(chunk) => self.chunk = chunk,
                    None => return Ok(None),
                },
            }
        }
    }

    /// What is needed to go on with another response.
    pub(crate) fn into_decoder(self) -> Decoder {
        self.decoder.reconnected()
    }
}
