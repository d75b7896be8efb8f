//! One HTTP connection.
//!
//! No task stands behind it: whoever waits for the answer drives it, and an idle one is not driven at all. That saves
//! two wake-ups across threads in each exchange.

use std::future::Future as _;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper::client::conn::http1::{self, Connection, SendRequest};
use hyper::header::{HeaderMap, HeaderName};
use hyper::{Request, Response, body::Incoming};
use tokio::time::Instant;

use crate::http::answer::Answer;
use crate::http::bell::Bell;
use crate::http::connect::Stream;
use crate::http::failure::Failure;
use crate::http::idle::{Idle, MAX_AGE};

/// A server that says how long it keeps an idle connection may be a little earlier than it says.
const MARGIN: Duration = Duration::from_secs(1);

/// Boxed, because it is large and moves in and out of exchanges.
type Driven = Pin<Box<Connection<Stream, Full<Bytes>>>>;

pub(crate) struct Line {
    sender: SendRequest<Full<Bytes>>,
    /// `None` once it is over.
    connection: Option<Driven>,
    bell: Arc<Bell>,
    /// How long it may be idle.
    max_idle: Duration,
    /// While it is idle: until when it may be used again.
    good_until: Option<Instant>,
}

/// How a connection was lost.
pub(crate) enum Lost {
    /// Nothing of the request was written.
    Before(Box<Request<Full<Bytes>>>),
    /// Perhaps it was.
    After(Failure),
}

impl Line {
    pub(crate) async fn new(stream: Stream) -> Result<Self, Failure> {
        let (sender, connection) = http1::handshake(stream)
            .await
            .map_err(|error| Failure::unreachable(&error))?;
        Ok(Self {
            sender,
            connection: Some(Box::pin(connection)),
            bell: Arc::new(Bell::new()),
            max_idle: MAX_AGE,
            good_until: None,
        })
    }

    /// Sends a request and waits for the head of the answer. When that was read to its end the connection goes to
    /// `idle`.
    pub(crate) async fn send(
        mut self,
        request: Request<Full<Bytes>>,
        idle: &Arc<Idle>,
    ) -> Result<Answer, Lost> {
        let sent = {
            let mut sent = pin!(self.sender.try_send_request(request));
            let (connection, bell) = (&mut self.connection, &self.bell);
            std::future::poll_fn(|cx| {
                bell.wait(cx, |cx| {
                    drive(connection, cx);
                    sent.as_mut().poll(cx)
                })
            })
            .await
        };
        match sent {
            Ok(response) => Ok(self.answered(response, idle)),
            Err(mut refused) => Err(match refused.take_message() {
                Some(request) => Lost::Before(Box::new(request)),
                None => Lost::After(Failure::broken(&refused.into_error())),
            }),
        }
    }

    fn answered(mut self, response: Response<Incoming>, idle: &Arc<Idle>) -> Answer {
        if let Some(kept) = kept(response.headers()) {
            self.max_idle = kept.saturating_sub(MARGIN).min(MAX_AGE);
        }
        Answer::new(response, self, Arc::clone(idle))
    }

    /// Rings when there is more to do.
    pub(crate) fn bell(&self) -> Arc<Bell> {
        Arc::clone(&self.bell)
    }

    /// Does what can be done now.
    pub(crate) fn drive(&mut self) {
        drive(&mut self.connection, &mut self.bell.context());
    }

    /// After an answer: gets ready for the next request; true if it may be kept for one.
    pub(crate) fn rests(&mut self, now: Instant) -> bool {
        self.drive();
        self.good_until = Some(now + self.max_idle);
        !self.max_idle.is_zero() && self.sender.is_ready()
    }

    /// While it is idle: whether it may still be used.
    pub(crate) fn is_good(&self, now: Instant) -> bool {
        self.good_until.is_none_or(|until| now < until)
    }

    /// Looks whether the server has closed it. Costs nothing if nothing came.
    pub(crate) fn is_open(&mut self) -> bool {
        self.drive();
        self.connection.is_some() && !self.sender.is_closed()
    }
}

fn drive(connection: &mut Option<Driven>, cx: &mut Context<'_>) {
    let driven = connection.as_mut().map(|connection| connection.as_mut().poll(cx));
    // How it ended is said to whoever waits for an answer.
    if let Some(Poll::Ready(_)) = driven {
        *connection = None;
    }
}

/// `Keep-Alive: timeout=5`: how long the server keeps the connection when nobody uses it.
fn kept(headers: &HeaderMap) -> Option<Duration> {
    const KEEP_ALIVE: HeaderName = HeaderName::from_static("keep-alive");
    let said = headers.get(KEEP_ALIVE)?.to_str().ok()?;
    let seconds = said
        .split(',')
        .find_map(|part| part.trim().strip_prefix("timeout="))?;
    seconds.trim().parse().ok().map(Duration::from_secs)
}
