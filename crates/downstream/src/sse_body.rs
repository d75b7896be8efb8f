//! A stream of events, read from an outbox as the connection can take them.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use pontoon_session::{Aborted, Delivery, EventId, Peek, Reader, StreamId};
use tokio::time::{Instant, Sleep};

use crate::event;
use crate::hub::Ping;

/// Messages that are ready go out together, up to about this many bytes.
const COALESCE: usize = 32 * 1024;

/// What a stream does beyond carrying its messages.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pace {
    /// How often a silent stream carries a comment.
    pub(crate) keep_alive: Option<Duration>,
    /// What the client is told to wait before it comes back, when the stream
    /// is ended before its time. `None` for clients that cannot come back.
    pub(crate) retry: Option<Duration>,
}

/// What the messages of a stream are, and how each becomes an event.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Framing {
    /// MCP messages without ids: the stream cannot be resumed.
    Plain,
    /// MCP messages with ids of this stream.
    Resumable(StreamId),
    /// MCP messages as data alone, and keep-alive comments that say `ping`.
    Nameless,
    /// Whole events, which go out as they are.
    Frames(Ping),
}

impl Framing {
    /// What a silent stream says.
    fn keep_alive(self) -> &'static [u8] {
        match self {
            Self::Plain | Self::Resumable(_) | Self::Frames(Ping::Comment) => event::COMMENT,
            Self::Nameless => event::PING_COMMENT,
            Self::Frames(Ping::Event) => event::PING,
        }
    }
}

/// Something to hold until the stream is over.
pub(crate) trait Hold: Send + Sync {
    /// The first bytes of the stream are taken.
    fn opened(&self) {}
}

/// Something to hold until the stream is over.
pub(crate) type Held = Box<dyn Hold>;

/// The body of an event stream.
///
/// Nothing runs for it: hyper polls it, producers wake it. It keeps nothing of
/// the request, so that the connection's read buffer is free for reuse.
pub(crate) struct EventStream {
    reader: Reader,
    framing: Framing,
    /// What goes out before the first message.
    opening: BytesMut,
    pace: Pace,
    /// Armed when the stream first falls silent.
    timer: Option<Pin<Box<Sleep>>>,
    last_write: Instant,
    over: bool,
    held: Option<Held>,
}

impl EventStream {
    /// A stream of what `reader` gets; `id` if clients may resume it.
    pub(crate) fn new(reader: Reader, id: Option<StreamId>, pace: Pace) -> Self {
        Self {
            reader,
            framing: id.map_or(Framing::Plain, Framing::Resumable),
            opening: BytesMut::new(),
            pace,
            timer: None,
            last_write: Instant::now(),
            over: false,
            held: None,
        }
    }

    /// Its messages become events in another way.
    pub(crate) fn framed(mut self, framing: Framing) -> Self {
        self.framing = framing;
        self
    }

    /// Opens with an event that has an id and no data, which tells the client
    /// where to resume before there is anything to say.
    pub(crate) fn primed(mut self, retry: Duration) -> Self {
        if let Framing::Resumable(stream) = self.framing {
            event::priming(&mut self.opening, EventId { stream, sequence: 0 }, retry);
        }
        self
    }

    /// Opens with `content`, which is encoded already.
    pub(crate) fn opening_with(mut self, content: &[u8]) -> Self {
        self.opening.extend_from_slice(content);
        self
    }

    /// Opens with messages that were taken from the reader before. They have
    /// their places in the stream, so that it can be resumed behind each.
    pub(crate) fn preceded_by(mut self, deliveries: &[Delivery]) -> Self {
        let mut opening = std::mem::take(&mut self.opening);
        for delivery in deliveries {
            self.encode(delivery, &mut opening);
        }
        self.opening = opening;
        self
    }

    /// Keeps `held` until the stream is over or dropped.
    pub(crate) fn holding(mut self, held: Held) -> Self {
        self.held = Some(held);
        self
    }

    /// Whether everything was sent.
    pub(crate) fn is_over(&self) -> bool {
        self.over && self.opening.is_empty()
    }

    /// The next bytes to send; `None` when everything was sent.
    pub(crate) fn poll_chunk(&mut self, cx: &mut Context<'_>) -> Poll<Option<Bytes>> {
        let mut chunk = std::mem::take(&mut self.opening);
        if let (false, Some(held)) = (chunk.is_empty(), &self.held) {
            held.opened();
        }
        if chunk.is_empty()
            && let Some(frame) = self.whole_frame()
        {
            self.last_write = Instant::now();
            return Poll::Ready(Some(frame));
        }
        while !self.over && chunk.len() < COALESCE {
            match self.reader.poll_peek(cx) {
                Poll::Pending => break,
                Poll::Ready(Peek::Message(_)) => self.take_message(&mut chunk),
                Poll::Ready(end) => self.end(end, &mut chunk),
            }
        }
        if !chunk.is_empty() {
            self.last_write = Instant::now();
            return Poll::Ready(Some(chunk.freeze()));
        }
        if self.over {
            return Poll::Ready(None);
        }
        ready!(self.poll_keep_alive(cx));
        Poll::Ready(Some(Bytes::from_static(self.framing.keep_alive())))
    }

    fn take_message(&mut self, chunk: &mut BytesMut) {
        if let Some(delivery) = self.reader.try_next() {
            self.encode(&delivery, chunk);
        }
    }

    /// An event that needs no encoding is not even copied: all clients share its bytes.
    fn whole_frame(&mut self) -> Option<Bytes> {
        match self.framing {
            Framing::Frames(_) if !self.over => Some(self.reader.try_next()?.message),
            _ => None,
        }
    }

    fn encode(&self, delivery: &Delivery, chunk: &mut BytesMut) {
        let message = &delivery.message;
        match self.framing {
            Framing::Plain => event::message(chunk, None, message),
            Framing::Resumable(stream) => {
                let sequence = delivery.sequence;
                event::message(chunk, Some(EventId { stream, sequence }), message);
            }
            Framing::Nameless => event::nameless(chunk, message),
            Framing::Frames(_) => chunk.extend_from_slice(message),
        }
    }

    fn end(&mut self, end: Peek, chunk: &mut BytesMut) {
        self.over = true;
        self.held = None;
        self.timer = None;
        if let (Peek::Aborted(Aborted::Closed), Some(retry)) = (end, self.pace.retry) {
            event::retry(chunk, retry);
        }
        if let (Peek::Aborted(Aborted::Overflow), Framing::Frames(_)) = (end, self.framing) {
            chunk.extend_from_slice(event::TOO_SLOW);
        }
    }

    fn poll_keep_alive(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let Some(interval) = self.pace.keep_alive else {
            return Poll::Pending;
        };
        let timer = self
            .timer
            .get_or_insert_with(|| Box::pin(tokio::time::sleep_until(self.last_write + interval)));
        loop {
            ready!(timer.as_mut().poll(cx));
            // The timer is not moved with every write, only when it has run.
            let due = self.last_write + interval;
            let now = Instant::now();
            if due <= now {
                self.last_write = now;
                timer.as_mut().reset(now + interval);
                return Poll::Ready(());
            }
            timer.as_mut().reset(due);
        }
    }
}

impl fmt::Debug for EventStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EventStream")
            .field("framing", &self.framing)
            .field("over", &self.over)
            .finish_non_exhaustive()
    }
}
