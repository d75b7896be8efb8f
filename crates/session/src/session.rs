//! One legacy session and its streams.

use std::collections::VecDeque;
use std::fmt;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use pontoon_mcp::LegacyRevision;

use crate::event_id::{EventId, StreamId};
use crate::outbox::{Aborted, Outbox, Reader, Rejected, Retention};
use crate::pending::Pending;
use crate::{Owner, SessionId};

#[cfg(test)]
mod tests;

/// Which transport a session lives on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    /// HTTP+SSE (2024-11-05): one stream carries everything and its end ends
    /// the session.
    HttpSse,
    /// Streamable HTTP (2025-03-26 to 2025-11-25): a stream for each exchange
    /// that needs one, and GET streams for the rest.
    Streamable,
    /// A pipe to the one client (stdio, any legacy revision): it carries
    /// everything, and its end ends the session.
    Stdio,
}

/// Bounds on the streams of one session.
#[derive(Clone, Copy, Debug)]
pub struct StreamLimits {
    /// Most bytes that wait unread in one stream.
    pub queue_bytes: usize,
    /// Most bytes of read messages that one stream keeps for replay.
    pub replay_bytes: usize,
    /// Most streams that are open or kept for replay.
    pub streams: usize,
}

/// A session: its identity, its owner, and its outgoing streams.
///
/// `A` is what the broker attaches to it (its lease).
pub struct Session<A> {
    id: SessionId,
    owner: Owner,
    transport: Transport,
    limits: StreamLimits,
    revision: OnceLock<LegacyRevision>,
    attachment: OnceLock<A>,
    streams: Mutex<Streams>,
    /// Milliseconds on the registry's clock.
    opened: u64,
    touched: AtomicU64,
    /// Requests that a client waits for.
    waited_for: AtomicUsize,
}

/// A request that a client waits for: until this is dropped the session is in
/// use, also where no stream of it is open.
#[derive(Debug)]
pub struct Waiting<'s, A>(&'s Session<A>);

impl<A> Drop for Waiting<'_, A> {
    fn drop(&mut self) {
        self.0.waited_for.fetch_sub(1, Ordering::Relaxed);
    }
}

/// What became of a message for the session as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delivered {
    /// It is on a stream that a client reads.
    Queued,
    /// No stream is open; it waits for the next one.
    Waiting,
    /// There was no room; it is lost.
    Dropped,
}

/// A stream that a GET opened or resumed.
#[derive(Debug)]
pub struct NewStream {
    /// Its place in event ids.
    pub id: StreamId,
    /// The way to read it.
    pub reader: Reader,
}

/// Why a stream could not be opened or resumed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResumeError {
    /// The session never had such a stream, or has forgotten it.
    Unknown,
    /// The stream is known, but messages after the event are gone.
    Gap,
    /// As many streams are being read as the session may have.
    TooMany,
}

#[derive(Default)]
struct Streams {
    next: u32,
    /// Oldest first; the latest GET stream is the last one marked standalone.
    entries: VecDeque<Entry>,
    pending: Pending,
    closed: bool,
}

struct Entry {
    id: StreamId,
    outbox: Arc<Outbox>,
    role: Role,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    /// Opened by a GET: carries what belongs to no exchange.
    Standalone,
    /// Answers a POST.
    Exchange,
}

impl<A> Session<A> {
    /// A session that has no stream yet. `now` is on the registry's clock.
    pub fn new(
        id: SessionId,
        owner: Owner,
        transport: Transport,
        limits: StreamLimits,
        now: Duration,
    ) -> Self {
        let now = millis(now);
        Self {
            id,
            owner,
            transport,
            limits,
            revision: OnceLock::new(),
            attachment: OnceLock::new(),
            streams: Mutex::default(),
            opened: now,
            touched: AtomicU64::new(now),
            waited_for: AtomicUsize::new(0),
        }
    }

    /// The id that the client presents.
    pub fn id(&self) -> SessionId {
        self.id
    }

    /// Whom the session is bound to.
    pub fn owner(&self) -> &Owner {
        &self.owner
    }

    /// The transport it lives on.
    pub fn transport(&self) -> Transport {
        self.transport
    }

    /// The revision that `initialize` settled; [`LegacyRevision::ASSUMED`] before.
    pub fn revision(&self) -> LegacyRevision {
        self.revision.get().copied().unwrap_or(LegacyRevision::ASSUMED)
    }

    /// Records the settled revision; later calls change nothing.
    pub fn settle_revision(&self, revision: LegacyRevision) {
        // A second `initialize` on one session keeps the first answer.
        let _ = self.revision.set(revision);
    }

    /// What the broker attached.
    pub fn attachment(&self) -> Option<&A> {
        self.attachment.get()
    }

    /// Attaches the broker's part; `Err` returns it if there is one already.
    ///
    /// # Errors
    ///
    /// The argument, if something is attached.
    pub fn attach(&self, attachment: A) -> Result<(), A> {
        self.attachment.set(attachment)
    }

    /// Notes activity at `now` on the registry's clock.
    pub fn touch(&self, now: Duration) {
        self.touched.store(millis(now), Ordering::Relaxed);
    }

    /// How long ago the session was opened and last used.
    pub(crate) fn ages(&self, now: Duration) -> (Duration, Duration) {
        let now = millis(now);
        let since = |then: u64| Duration::from_millis(now.saturating_sub(then));
        (since(self.opened), since(self.touched.load(Ordering::Relaxed)))
    }

    /// Whether a client reads any stream of the session right now.
    pub fn is_attached(&self) -> bool {
        self.lock().entries.iter().any(|entry| entry.outbox.is_attached())
    }

    /// Streams of the session that a client reads right now.
    pub(crate) fn attached_streams(&self) -> usize {
        let streams = self.lock();
        let attached = streams.entries.iter().filter(|entry| entry.outbox.is_attached());
        attached.count()
    }

    /// Whether a client reads a stream for what belongs to no exchange.
    pub fn is_listening(&self) -> bool {
        let streams = self.lock();
        streams
            .entries
            .iter()
            .any(|entry| entry.role == Role::Standalone && entry.outbox.is_attached())
    }

    /// The latest of the streams that a client reads for what belongs to no exchange.
    pub fn listening(&self) -> Option<Arc<Outbox>> {
        let streams = self.lock();
        let read = streams
            .entries
            .iter()
            .rev()
            .find(|entry| entry.role == Role::Standalone && entry.outbox.is_attached());
        read.map(|entry| Arc::clone(&entry.outbox))
    }

    /// Notes that a client waits for an answer.
    pub fn wait_for(&self) -> Waiting<'_, A> {
        self.waited_for.fetch_add(1, Ordering::Relaxed);
        Waiting(self)
    }

    /// Whether a client reads a stream of the session or waits for an answer.
    pub(crate) fn is_in_use(&self) -> bool {
        self.waited_for.load(Ordering::Relaxed) > 0 || self.is_attached()
    }

    /// A queue for one exchange of this session, or `answers` of a batch.
    pub fn exchange(&self, answers: u32) -> Arc<Outbox> {
        Outbox::for_answers(answers, self.limits.queue_bytes, crate::Detach::Keep)
    }

    /// The single stream of an HTTP+SSE or stdio session, or a further GET stream
    /// of a Streamable one. It first carries what waited for a stream.
    ///
    /// # Errors
    ///
    /// [`ResumeError::TooMany`].
    pub fn listen(&self) -> Result<NewStream, ResumeError> {
        let retention = match self.transport {
            Transport::HttpSse | Transport::Stdio => Retention::None,
            Transport::Streamable => Retention::Replay {
                bytes: self.limits.replay_bytes,
            },
        };
        let outbox = Outbox::endless(self.limits.queue_bytes, retention);
        let mut streams = self.lock();
        // What waits is not taken for a stream that there is no room for.
        streams.making_room(self.limits.streams)?;
        let orphans = streams.take_orphans();
        let id = streams.remember(Arc::clone(&outbox), Role::Standalone, self.limits.streams)?;
        for message in orphans {
            // The queue is new: what fitted the old ones fits here, or the
            // reader is told by the end of the stream.
            let _ = outbox.push(message);
        }
        Ok(NewStream {
            id,
            reader: outbox.reader(),
        })
    }

    /// The latest stream for what belongs to no exchange. For an HTTP+SSE
    /// session that is its only one, which carries the answers as well.
    pub fn stream(&self) -> Option<Arc<Outbox>> {
        let streams = self.lock();
        let standalone = streams
            .entries
            .iter()
            .rev()
            .find(|entry| entry.role == Role::Standalone)?;
        Some(Arc::clone(&standalone.outbox))
    }

    /// Keeps the stream of an exchange for replay and gives it its id.
    ///
    /// # Errors
    ///
    /// [`ResumeError::TooMany`]: the stream works, but cannot be resumed.
    pub fn remember(&self, outbox: &Arc<Outbox>) -> Result<StreamId, ResumeError> {
        outbox.retain(self.limits.replay_bytes);
        self.lock()
            .remember(Arc::clone(outbox), Role::Exchange, self.limits.streams)
    }

    /// Reads a stream on from behind `event`. One that a GET opened carries
    /// behind the rest what came while no stream was open.
    ///
    /// # Errors
    ///
    /// [`ResumeError::Unknown`] or [`ResumeError::Gap`].
    pub fn resume(&self, event: EventId) -> Result<NewStream, ResumeError> {
        let mut streams = self.lock();
        let at = streams
            .entries
            .iter()
            .position(|entry| entry.id == event.stream)
            .ok_or(ResumeError::Unknown)?;
        let outbox = &streams.entries[at].outbox;
        let reader = outbox.reader_after(event.sequence).ok_or(ResumeError::Gap)?;
        // The latest stream to be opened or resumed gets what comes next.
        let entry = streams.entries.remove(at).expect("the position was just found");
        if entry.role == Role::Standalone {
            for message in streams.pending.take() {
                // As in `listen`.
                let _ = entry.outbox.push(message);
            }
        }
        streams.entries.push_back(entry);
        Ok(NewStream {
            id: event.stream,
            reader,
        })
    }

    /// Whether a stream that the session still knows is one for what belongs
    /// to no exchange.
    pub fn is_standalone(&self, stream: StreamId) -> bool {
        self.lock()
            .entries
            .iter()
            .any(|entry| entry.id == stream && entry.role == Role::Standalone)
    }

    /// Sends a notification that belongs to no exchange: to exactly one stream.
    pub fn notify(&self, message: Bytes) -> Delivered {
        let limit = self.notifications_limit();
        self.send(message, Outbox::push, |pending, message| {
            pending.push(message, limit)
        })
    }

    /// As [`notify`](Self::notify), for what says no more than its equal does,
    /// such as that a list changed: where one waits unread, it will do.
    pub fn hint(&self, message: Bytes) -> Delivered {
        let limit = self.notifications_limit();
        self.send(message, Outbox::hint, |pending, message| {
            pending.push_hint(message, limit)
        })
    }

    /// Sends a request of the server that belongs to no exchange.
    pub fn request(&self, message: Bytes) -> Delivered {
        let limit = self.limits.queue_bytes;
        self.send(message, Outbox::push, |pending, message| {
            pending.push(message, limit)
        })
    }

    /// Half of the room is kept for requests, which somebody waits for.
    fn notifications_limit(&self) -> usize {
        self.limits.queue_bytes / 2
    }

    fn send(
        &self,
        message: Bytes,
        push: impl Fn(&Outbox, Bytes) -> Result<(), Rejected>,
        wait: impl FnOnce(&mut Pending, Bytes) -> bool,
    ) -> Delivered {
        let mut streams = self.lock();
        if streams.closed {
            return Delivered::Dropped;
        }
        let readable = streams
            .entries
            .iter()
            .rev()
            .filter(|entry| entry.role == Role::Standalone);
        for entry in readable.filter(|entry| entry.outbox.is_attached()) {
            if push(&entry.outbox, message.clone()).is_ok() {
                return Delivered::Queued;
            }
        }
        match wait(&mut streams.pending, message) {
            true => Delivered::Waiting,
            false => Delivered::Dropped,
        }
    }

    /// Ends every stream. Nothing can be sent or opened afterwards.
    pub fn close(&self) {
        let mut streams = self.lock();
        streams.closed = true;
        streams.pending = Pending::default();
        for entry in std::mem::take(&mut streams.entries) {
            entry.outbox.abort(Aborted::Closed);
        }
    }

    /// Whether [`Session::close`] was called.
    pub fn is_closed(&self) -> bool {
        self.lock().closed
    }

    fn lock(&self) -> MutexGuard<'_, Streams> {
        self.streams.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<A> fmt::Debug for Session<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session")
            .field("id", &self.id)
            .field("owner", &self.owner)
            .field("transport", &self.transport)
            .finish_non_exhaustive()
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

impl Streams {
    fn remember(&mut self, outbox: Arc<Outbox>, role: Role, limit: usize) -> Result<StreamId, ResumeError> {
        while let Some(oldest) = self.making_room(limit)? {
            if let Some(entry) = self.entries.remove(oldest) {
                entry.outbox.abort(Aborted::Closed);
            }
        }
        let id = StreamId(self.next);
        self.next += 1;
        self.entries.push_back(Entry { id, outbox, role });
        Ok(id)
    }

    /// The stream that makes room for one more, if one has to.
    fn making_room(&self, limit: usize) -> Result<Option<usize>, ResumeError> {
        if self.entries.len() < limit {
            return Ok(None);
        }
        let idle = |entry: &Entry| !entry.outbox.is_attached();
        let ended = |entry: &Entry| idle(entry) && entry.outbox.has_ended();
        let standalone = |entry: &Entry| entry.role == Role::Standalone;
        // Of open streams only one that a GET opened makes room: its
        // client may be dead and nobody knows yet, and a client that lives
        // can come back. Exchanges are never cut short for it.
        let first = |wanted: &dyn Fn(&Entry) -> bool| self.entries.iter().position(wanted);
        let oldest = first(&ended)
            .or_else(|| first(&idle))
            .or_else(|| first(&standalone));
        oldest.map(Some).ok_or(ResumeError::TooMany)
    }

    /// Everything that waits for a GET stream: what came while none was open,
    /// and what the readers of broken ones never took.
    fn take_orphans(&mut self) -> Vec<Bytes> {
        let mut orphans = Vec::new();
        for entry in self.entries.iter().filter(|entry| entry.role == Role::Standalone) {
            orphans.extend(entry.outbox.take_unread());
        }
        orphans.extend(self.pending.take());
        orphans
    }
}
