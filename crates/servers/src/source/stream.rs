//! An API that pushes: the other end of an event stream.

use std::collections::VecDeque;

use bytes::Bytes;
use pontoon_sse::{Decoder, Item, Limits, ReceivedEvent};
use reqwest::{Response, Url, header};

use super::{SourceError, error};

/// An open event stream.
#[derive(Debug)]
pub(crate) struct EventStream {
    url: Url,
    response: Response,
    decoder: Decoder,
    limit: usize,
    ready: VecDeque<ReceivedEvent>,
}

impl EventStream {
    pub(super) fn new(url: &Url, response: Response, limit: usize) -> Result<Self, SourceError> {
        let kind = response.headers().get(header::CONTENT_TYPE);
        let kind = kind.and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        let essence = kind.split(';').next().unwrap_or_default().trim();
        if !essence.eq_ignore_ascii_case("text/event-stream") {
            return Err(SourceError::NotJson {
                url: url.clone(),
                found: "something other than an event stream",
            });
        }
        Ok(Self {
            url: url.clone(),
            response,
            decoder: Decoder::new(Limits {
                max_event_len: limit,
                ..Limits::default()
            }),
            limit,
            ready: VecDeque::new(),
        })
    }

    /// The next event; `None` at the stream's end.
    pub(crate) async fn next(&mut self) -> Result<Option<ReceivedEvent>, SourceError> {
        loop {
            if let Some(event) = self.ready.pop_front() {
                return Ok(Some(event));
            }
            let chunk = self.response.chunk().await;
            match chunk.map_err(|error| error::unreachable(&self.url, &error))? {
                Some(chunk) => self.decode(chunk)?,
                None => return Ok(None),
            }
        }
    }

    fn decode(&mut self, mut chunk: Bytes) -> Result<(), SourceError> {
        while let Some(item) = self.decoder.decode(&mut chunk) {
            match item {
                Ok(Item::Event(event)) => self.ready.push_back(event),
                Ok(_) => {}
                Err(_) => {
                    return Err(SourceError::TooLarge {
                        url: self.url.clone(),
                        limit: self.limit,
                    });
                }
            }
        }
        Ok(())
    }
}
