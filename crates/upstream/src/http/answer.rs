//! An answer whose head is there and whose body comes.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use hyper::body::{Body as _, Incoming};
use hyper::header::{CONTENT_TYPE, HeaderMap};
use hyper::{Response, StatusCode};
use tokio::time::timeout;

use crate::http::failure::Failure;
use crate::http::idle::Idle;
use crate::http::line::Line;

/// Dropping it before its end closes the connection that it comes on.
pub(crate) struct Answer {
    response: Response<Incoming>,
    /// Until the end.
    line: Option<Line>,
    idle: Arc<Idle>,
}

/// What a content type promises.
pub(crate) enum Content {
    Json,
    Events,
    Nothing,
}

impl Answer {
    pub(crate) fn new(response: Response<Incoming>, line: Line, idle: Arc<Idle>) -> Self {
        Self {
            response,
            line: Some(line),
            idle,
        }
    }

    pub(crate) fn status(&self) -> StatusCode {
        self.response.status()
    }

    pub(crate) fn headers(&self) -> &HeaderMap {
        self.response.headers()
    }

    pub(crate) fn content(&self) -> Content {
        let kind = self.headers().get(CONTENT_TYPE);
        let kind = kind.and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        let essence = kind.split(';').next().unwrap_or_default().trim();
        match essence {
            kind if kind.eq_ignore_ascii_case("application/json") => Content::Json,
            kind if kind.eq_ignore_ascii_case("text/event-stream") => Content::Events,
            _ => Content::Nothing,
        }
    }

    /// Whether the body is a stream of events.
    pub(crate) fn is_events(&self) -> bool {
        matches!(self.content(), Content::Events)
    }

    /// What comes next of the body within `patience`; `None` at its end.
    pub(crate) async fn piece(&mut self, patience: Option<Duration>) -> Result<Option<Bytes>, Failure> {
        let piece = poll_fn(|cx| self.poll_piece(cx));
        match patience {
            Some(patience) => timeout(patience, piece)
                .await
                .unwrap_or_else(|_| Err(Failure::Broken("it was silent for too long".to_owned()))),
            None => piece.await,
        }
    }

    /// Reads a body that is one message of at most `max` bytes, each piece of which comes within `patience`.
    pub(crate) async fn whole(mut self, max: usize, patience: Duration) -> Result<Bytes, Failure> {
        if self.response.body().size_hint().lower() > max as u64 {
            return Err(Failure::TooLarge(max));
        }
        let mut first = Bytes::new();
        let mut joined = BytesMut::new();
        while let Some(piece) = self.piece(Some(patience)).await? {
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

    /// Nothing more of it is of interest. If it has ended already its connection can be used again.
    pub(crate) fn release(mut self) {
        let _ = self.poll_piece(&mut Context::from_waker(Waker::noop()));
    }

    fn poll_piece(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<Bytes>, Failure>> {
        let nobody = &mut Context::from_waker(Waker::noop());
        let Some(bell) = self.line.as_ref().map(Line::bell) else {
            return self.poll_body(nobody);
        };
        bell.wait(cx, |cx| {
            // Asked before the connection is driven too, which brings no more than is wanted.
            if let Poll::Ready(piece) = self.poll_body(cx) {
                return Poll::Ready(piece);
            }
            if let Some(line) = &mut self.line {
                line.drive();
            }
            self.poll_body(cx)
        })
    }

    /// What is there already.
    fn poll_body(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<Bytes>, Failure>> {
        loop {
            let frame = Pin::new(self.response.body_mut()).poll_frame(cx);
            match frame {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(Some(Ok(frame))) => match frame.into_data() {
                    Ok(piece) => return Poll::Ready(Ok(Some(piece))),
                    // Trailers say nothing here.
                    Err(_) => continue,
                },
                Poll::Ready(Some(Err(error))) => {
                    self.line = None;
                    return Poll::Ready(Err(Failure::broken(&error)));
                }
                Poll::Ready(None) => {
                    if let Some(line) = self.line.take() {
                        self.idle.put(line);
                    }
                    return Poll::Ready(Ok(None));
                }
            }
        }
    }
}
