//! The queue toward the client, and what is put into it.

use std::sync::Arc;

use bytes::Bytes;
use pontoon_jsonrpc::{ErrorObject, Id, Limits, Message, Outcome, RawObject, encode};
use pontoon_mcp::method;
use pontoon_session::{Aborted, Delivery, Kind, Outbox, Peek, Reader, Rejected, Retention};
use tokio::sync::Notify;

use super::Explain;
use crate::status::{Fault, Problem};

/// So many messages are moved before others have their turn: a server that
/// talks without end must not keep the writer from writing.
const TURN: usize = 32;

/// The way to the client. Clones are the same.
#[derive(Clone)]
pub(crate) struct Outlet {
    queue: Arc<Outbox>,
    /// Rung when too much waits: the writer may be in the middle of a message
    /// that nobody reads.
    overflowed: Arc<Notify>,
    explain: Arc<dyn Explain>,
}

/// How the messages of one exchange, or of a session, ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Forwarded {
    /// All answers were passed on; the kind of the last.
    Answered(Kind),
    /// No answer will come.
    Lost(Aborted),
    /// The exchange ended as if there had been one.
    Nothing,
}

impl Forwarded {
    /// What the client is to be told where there was no answer.
    pub(crate) fn fault(self) -> Option<Fault> {
        match self {
            Self::Answered(_) => None,
            Self::Lost(why) => Some(Fault::Lost(why)),
            Self::Nothing => Some(Fault::NoAnswer),
        }
    }
}

impl Outlet {
    pub(crate) fn new(queue_bytes: usize, explain: Arc<dyn Explain>) -> Self {
        Self {
            queue: Outbox::endless(queue_bytes, Retention::None),
            overflowed: Arc::default(),
            explain,
        }
    }

    /// For the one writer: what to write, and what tells that it is in vain.
    pub(crate) fn writer(&self) -> (Reader, Arc<Notify>) {
        (self.queue.reader(), Arc::clone(&self.overflowed))
    }

    /// Nothing more will come; what waits is still written.
    pub(crate) fn close(&self) {
        self.queue.abort(Aborted::Closed);
    }

    pub(crate) fn push(&self, message: Bytes) {
        if self.queue.push(message) == Err(Rejected::Overflow) {
            self.overflowed.notify_one();
        }
    }

    /// Says no to what the client sent.
    pub(crate) fn refuse(&self, problem: &Problem) {
        let reason = problem.fault.label();
        tracing::debug!(reason, "refused");
        self.push(problem.to_json());
    }

    /// A server that ends a subscription says so, beside its result: on a pipe
    /// there is no stream that could close.
    ///
    /// Source: 2026-07-28, Cancellation.
    pub(crate) fn tear_down(&self, listen: &Id) {
        let params = RawObject::empty()
            .edit()
            .set("requestId", listen.to_raw())
            .finish();
        self.push(encode::notification(method::CANCELLED, Some(&params)));
    }

    /// Moves messages into the queue as they come, to their end.
    pub(crate) async fn forward(&self, from: Reader) -> Forwarded {
        self.forward_but(from, |answer| self.push(answer)).await
    }

    /// Moves messages into the queue as they come, but gives the answer to `keep`.
    pub(crate) async fn forward_but(&self, mut from: Reader, keep: impl Fn(Bytes)) -> Forwarded {
        let mut last = None;
        loop {
            for _ in 0..TURN {
                match from.peek().await {
                    Peek::Message(_) => {}
                    Peek::Aborted(why) => return Forwarded::Lost(why),
                    Peek::End => return last.map_or(Forwarded::Nothing, Forwarded::Answered),
                }
                let Some(delivery) = from.try_next() else { continue };
                if !delivery.kind.is_answer() {
                    self.push(delivery.message);
                    continue;
                }
                last = Some(delivery.kind);
                keep(self.worded(delivery).message);
            }
            tokio::task::yield_now().await;
        }
    }

    /// The session's own stream left too much unread, and so did its client.
    pub(crate) fn overflow(&self) {
        self.queue.abort(Aborted::Overflow);
        self.overflowed.notify_one();
    }

    /// The same answer; an error of the gateway's own says as much as can be said here.
    fn worded(&self, delivery: Delivery) -> Delivery {
        let explained = delivery
            .kind
            .is_error()
            .then(|| self.explained(&delivery.message));
        match explained.flatten() {
            Some(message) => Delivery { message, ..delivery },
            None => delivery,
        }
    }

    fn explained(&self, message: &Bytes) -> Option<Bytes> {
        let Ok(Message::Response(response)) = Message::parse(message.clone(), &Limits::SERVER) else {
            return None;
        };
        let Outcome::Error(error) = response.outcome else {
            return None;
        };
        let data = error.data.as_ref()?.object()?;
        if data.get_str("source")? != "gateway" {
            return None;
        }
        let message = self.explain.explain(&data.get_str("reason")?)?;
        let error = ErrorObject { message, ..error };
        Some(encode::error(response.id.as_ref(), &error))
    }
}
