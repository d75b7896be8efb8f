//! A body that is a stream of events.

use std::time::Duration;

use bytes::Bytes;
use pontoon_sse::{Decoder, Item, Limits, ReceivedEvent};

use crate::http::answer::Answer;
use crate::http::failure::Failure;

/// At the start of a stream with events of at most `max` bytes.
pub(crate) fn decoder(max: usize) -> Decoder {
    Decoder::new(Limits {
        max_event_len: max,
        ..Limits::default()
    })
}

/// Reads a body that is a stream of events.
pub(crate) struct Events {
    answer: Answer,
    decoder: Decoder,
    chunk: Bytes,
    /// How long it may be silent, if not for ever.
    patience: Option<Duration>,
}

impl Events {
    /// Goes on where `decoder` left off.
    pub(crate) fn new(answer: Answer, decoder: Decoder, patience: Option<Duration>) -> Self {
        Self {
            answer,
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
                None => match self.answer.piece(self.patience).await? {
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
