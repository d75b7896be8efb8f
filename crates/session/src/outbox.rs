//! One ordered stream of messages toward a client.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use tokio::sync::Notify;

#[cfg(test)]
mod tests;

/// A bounded log of messages with one reader at a time.
///
/// Producers call [`push`](Outbox::push) and [`finish`](Outbox::finish) from
/// anywhere and never wait. What has been read is forgotten at once, or kept
/// for replay, as [`Retention`] says.
pub struct Outbox {
    state: Mutex<State>,
    /// Most bytes that may wait unread. One message always fits an empty queue.
    queue_limit: usize,
    detach: Detach,
}

/// What happens to messages that have been read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Retention {
    /// They are forgotten.
    None,
    /// The latest are kept for replay, this many bytes of them at most.
    Replay {
        /// Most bytes of read messages that are kept.
        bytes: usize,
    },
}

/// What it means when the reader goes away before the end.
pub enum Detach {
    /// The client may come back for the rest: nothing is cancelled.
    Keep,
    /// Nobody will come back: the outbox is abandoned, and the bell is rung
    /// for whoever cancels the work behind it.
    Abandon(Arc<Notify>),
}

/// Whether more can follow a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Progress, a log message, a question, a change: not an answer.
    Interim,
    /// The answer to a request.
    Answer {
        /// The JSON-RPC error code, if the answer is an error.
        error: Option<i64>,
    },
    /// The answer to something that is no valid request: it was refused
    /// before any server saw it.
    Refusal {
        /// The JSON-RPC error code.
        error: i64,
    },
}

impl Kind {
    /// Whether the message is what its request waits for.
    pub fn is_answer(self) -> bool {
        !matches!(self, Self::Interim)
    }

    /// Whether it is an answer that says no.
    pub fn is_error(self) -> bool {
        matches!(self, Self::Answer { error: Some(_) } | Self::Refusal { .. })
    }
}

/// A message as the reader gets it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// Place in the stream, from 1 (0 stands for the priming event).
    pub sequence: u64,
    /// Whether it is an answer.
    pub kind: Kind,
    /// One JSON-RPC message, complete, in the client's own terms.
    pub message: Bytes,
}

/// Why a stream ended before its answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Aborted {
    /// The client did not read fast enough and the queue was full.
    Overflow,
    /// The session or the gateway ends.
    Closed,
}

/// Why a message was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rejected {
    /// The queue was full; the stream is aborted now.
    Overflow,
    /// The stream had ended before.
    Ended,
}

/// What comes next, without taking it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Peek {
    /// A message of this kind.
    Message(Kind),
    /// The regular end: every answer has been read.
    End,
    /// The end before the answers.
    Aborted(Aborted),
}

/// How many hints are remembered while they wait: one for each list that can change.
const HINTS: usize = 3;

struct State {
    log: VecDeque<Delivery>,
    /// Sequences of the latest hints; 0 stands for none.
    hints: [u64; HINTS],
    /// Sequence that the next message gets.
    next: u64,
    /// Sequence that the reader takes next.
    cursor: u64,
    unread_bytes: usize,
    read_bytes: usize,
    retention: Retention,
    /// Answers still owed; `None` for a stream that has no regular end.
    owed: Option<u32>,
    aborted: Option<Aborted>,
    abandoned: bool,
    /// Counts readers; only the latest one is served.
    reader: u64,
    attached: bool,
    waker: Option<Waker>,
}

impl Outbox {
    /// The stream of an exchange, or of a batch of them: it ends after
    /// `answers` answers.
    pub fn for_answers(answers: u32, queue_limit: usize, detach: Detach) -> Arc<Self> {
        Arc::new(Self {
            state: Mutex::new(State::new(Some(answers))),
            queue_limit,
            detach,
        })
    }

    /// A stream without a regular end.
    pub fn endless(queue_limit: usize, retention: Retention) -> Arc<Self> {
        let mut state = State::new(None);
        state.retention = retention;
        Arc::new(Self {
            state: Mutex::new(state),
            queue_limit,
            detach: Detach::Keep,
        })
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // A panic elsewhere while the lock was held cannot leave the log half
        // written: every method finishes its arithmetic before it calls out.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Appends a message that is not an answer.
    ///
    /// # Errors
    ///
    /// [`Rejected::Overflow`] aborts the stream: a client that does not read
    /// is told by the end of its connection, not by silent gaps.
    pub fn push(&self, message: Bytes) -> Result<(), Rejected> {
        self.append(self.lock(), message, Kind::Interim)
    }

    /// Appends a message that says no more than its equal does: if one waits
    /// unread, that one will do.
    ///
    /// # Errors
    ///
    /// As [`push`](Outbox::push).
    pub fn hint(&self, message: Bytes) -> Result<(), Rejected> {
        let mut state = self.lock();
        if state.holds_unread_hint(&message) {
            return Ok(());
        }
        state.hints.rotate_left(1);
        state.hints[HINTS - 1] = state.next;
        self.append(state, message, Kind::Interim)
    }

    /// Appends an answer; `error` is its JSON-RPC error code if it is one.
    ///
    /// # Errors
    ///
    /// As [`push`](Outbox::push).
    pub fn finish(&self, message: Bytes, error: Option<i64>) -> Result<(), Rejected> {
        self.append(self.lock(), message, Kind::Answer { error })
    }

    /// Appends the refusal of a request; `error` is its JSON-RPC error code.
    ///
    /// # Errors
    ///
    /// As [`push`](Outbox::push).
    pub fn refuse(&self, message: Bytes, error: i64) -> Result<(), Rejected> {
        self.append(self.lock(), message, Kind::Refusal { error })
    }

    fn append(&self, mut state: MutexGuard<'_, State>, message: Bytes, kind: Kind) -> Result<(), Rejected> {
        if state.has_ended() {
            return Err(Rejected::Ended);
        }
        let fits = state.unread_bytes == 0 || state.unread_bytes + message.len() <= self.queue_limit;
        let result = if fits {
            state.append(message, kind);
            Ok(())
        } else {
            state.abort(Aborted::Overflow);
            Err(Rejected::Overflow)
        };
        let waker = state.waker.take();
        let lost = result.is_err() && self.detach.abandons();
        state.abandoned |= lost;
        drop(state);
        wake(waker);
        if lost {
            self.detach.ring();
        }
        result
    }

    /// Ends the stream before its answers. A reader that is attached still gets
    /// what was queued for it, unless it was too slow for that.
    pub fn abort(&self, why: Aborted) {
        let mut state = self.lock();
        if !state.has_ended() {
            state.abort(why);
        }
        let waker = state.waker.take();
        drop(state);
        wake(waker);
    }

    /// Attaches a reader where the last one left off; that one is served no more.
    pub fn reader(self: &Arc<Self>) -> Reader {
        let (generation, superseded) = self.lock().attach();
        wake(superseded);
        Reader {
            outbox: Arc::clone(self),
            generation,
        }
    }

    /// Attaches a reader just behind `sequence`; `None` if the messages in
    /// between are no longer held, or were never sent.
    pub fn reader_after(self: &Arc<Self>, sequence: u64) -> Option<Reader> {
        let mut state = self.lock();
        if !state.holds_all_after(sequence) {
            return None;
        }
        state.rewind(sequence + 1);
        let (generation, superseded) = state.attach();
        drop(state);
        wake(superseded);
        Some(Reader {
            outbox: Arc::clone(self),
            generation,
        })
    }

    /// Keeps messages for replay from here on, including those not read yet.
    pub fn retain(&self, bytes: usize) {
        self.lock().retention = Retention::Replay { bytes };
    }

    /// Whether a reader is attached.
    pub fn is_attached(&self) -> bool {
        self.lock().attached
    }

    /// Whether the reader went away for good: see [`Detach::Abandon`].
    pub fn is_abandoned(&self) -> bool {
        self.lock().abandoned
    }

    /// Whether nothing more will be appended.
    pub fn has_ended(&self) -> bool {
        self.lock().has_ended()
    }

    /// Takes all messages that no reader has had, in order, if no reader is
    /// attached. They were delivered on no stream, so they may go to another.
    pub fn take_unread(&self) -> Vec<Bytes> {
        let mut state = self.lock();
        if state.attached {
            return Vec::new();
        }
        let unread = state.unread_len();
        let at = state.log.len() - unread;
        state.unread_bytes = 0;
        state.next = state.cursor;
        state
            .log
            .split_off(at)
            .into_iter()
            .map(|delivery| delivery.message)
            .collect()
    }

    /// Bytes held, read and unread.
    pub fn held_bytes(&self) -> usize {
        let state = self.lock();
        state.read_bytes + state.unread_bytes
    }
}

impl fmt::Debug for Outbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.lock();
        f.debug_struct("Outbox")
            .field("next", &state.next)
            .field("cursor", &state.cursor)
            .field("aborted", &state.aborted)
            .finish_non_exhaustive()
    }
}

impl Detach {
    fn abandons(&self) -> bool {
        matches!(self, Self::Abandon(_))
    }

    fn ring(&self) {
        if let Self::Abandon(bell) = self {
            bell.notify_one();
        }
    }
}

fn wake(waker: Option<Waker>) {
    if let Some(waker) = waker {
        waker.wake();
    }
}

impl State {
    fn new(owed: Option<u32>) -> Self {
        Self {
            log: VecDeque::new(),
            hints: [0; HINTS],
            next: 1,
            cursor: 1,
            unread_bytes: 0,
            read_bytes: 0,
            retention: Retention::None,
            owed,
            aborted: None,
            abandoned: false,
            reader: 0,
            attached: false,
            waker: None,
        }
    }

    fn has_ended(&self) -> bool {
        self.owed == Some(0) || self.aborted.is_some()
    }

    fn unread_len(&self) -> usize {
        usize::try_from(self.next - self.cursor).expect("unread messages fit in memory")
    }

    fn append(&mut self, message: Bytes, kind: Kind) {
        if let (true, Some(owed)) = (kind.is_answer(), &mut self.owed) {
            *owed -= 1;
        }
        self.unread_bytes += message.len();
        self.log.push_back(Delivery {
            sequence: self.next,
            kind,
            message,
        });
        self.next += 1;
    }

    fn holds_unread_hint(&self, message: &Bytes) -> bool {
        let unread = |sequence: &u64| (self.cursor..self.next).contains(sequence);
        let waiting = self.hints.iter().filter(|sequence| unread(sequence));
        waiting
            .filter_map(|sequence| self.at(*sequence))
            .any(|delivery| delivery.message == *message)
    }

    /// A message of the log, whose sequences have no gaps.
    fn at(&self, sequence: u64) -> Option<&Delivery> {
        let first = self.log.front()?.sequence;
        let index = usize::try_from(sequence.checked_sub(first)?).ok()?;
        self.log.get(index)
    }

    fn abort(&mut self, why: Aborted) {
        self.aborted = Some(why);
        if why == Aborted::Closed && self.attached {
            // What a reader is about to take was promised to its client.
            let read = self.log.len() - self.unread_len();
            self.log.drain(..read);
        } else {
            self.log = VecDeque::new();
            self.unread_bytes = 0;
            self.cursor = self.next;
        }
        self.read_bytes = 0;
        self.retention = Retention::None;
    }

    fn attach(&mut self) -> (u64, Option<Waker>) {
        self.reader += 1;
        self.attached = true;
        (self.reader, self.waker.take())
    }

    fn holds_all_after(&self, sequence: u64) -> bool {
        let first_held = self.log.front().map_or(self.next, |delivery| delivery.sequence);
        // Sequences come from clients: none is added to before it is known to be one of ours.
        self.aborted.is_none() && sequence < self.next && sequence + 1 >= first_held
    }

    /// Moves the cursor back (or forth) to `sequence`, which is held.
    fn rewind(&mut self, sequence: u64) {
        self.cursor = sequence;
        let (mut read, mut unread) = (0, 0);
        for delivery in &self.log {
            if delivery.sequence < sequence {
                read += delivery.message.len();
            } else {
                unread += delivery.message.len();
            }
        }
        (self.read_bytes, self.unread_bytes) = (read, unread);
    }

    fn peek(&self) -> Option<Peek> {
        let unread = self
            .log
            .len()
            .checked_sub(self.unread_len())
            .and_then(|at| self.log.get(at));
        match (unread, self.aborted) {
            (Some(delivery), _) => Some(Peek::Message(delivery.kind)),
            (None, Some(why)) => Some(Peek::Aborted(why)),
            (None, None) if self.owed == Some(0) => Some(Peek::End),
            (None, None) => None,
        }
    }

    fn take(&mut self) -> Delivery {
        let at = self.log.len() - self.unread_len();
        self.cursor += 1;
        match self.retention {
            Retention::None => {
                let delivery = self.log.remove(at).expect("an unread message is in the log");
                self.unread_bytes -= delivery.message.len();
                delivery
            }
            Retention::Replay { bytes } => {
                let delivery = self.log[at].clone();
                self.unread_bytes -= delivery.message.len();
                self.read_bytes += delivery.message.len();
                self.evict_read(bytes);
                delivery
            }
        }
    }

    fn evict_read(&mut self, limit: usize) {
        while self.read_bytes > limit {
            let oldest = self
                .log
                .pop_front()
                .expect("read bytes belong to messages in the log");
            self.read_bytes -= oldest.message.len();
        }
    }
}

/// The one place from which an [`Outbox`] is read.
///
/// Dropping it detaches; what that means is the outbox's [`Detach`].
#[derive(Debug)]
pub struct Reader {
    outbox: Arc<Outbox>,
    generation: u64,
}

impl Reader {
    /// The outbox that is read.
    pub fn outbox(&self) -> &Arc<Outbox> {
        &self.outbox
    }

    /// Waits for what comes next without taking it.
    pub fn poll_peek(&mut self, cx: &mut Context<'_>) -> Poll<Peek> {
        let mut state = self.outbox.lock();
        if state.reader != self.generation {
            return Poll::Ready(Peek::Aborted(Aborted::Closed));
        }
        match state.peek() {
            Some(peek) => Poll::Ready(peek),
            None => {
                if !state
                    .waker
                    .as_ref()
                    .is_some_and(|waker| waker.will_wake(cx.waker()))
                {
                    state.waker = Some(cx.waker().clone());
                }
                Poll::Pending
            }
        }
    }

    /// Takes the next message; `None` at the end, regular or not.
    pub fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Option<Delivery>> {
        match self.poll_peek(cx) {
            Poll::Pending => Poll::Pending,
            Poll::Ready(Peek::End | Peek::Aborted(_)) => Poll::Ready(None),
            Poll::Ready(Peek::Message(_)) => Poll::Ready(Some(self.outbox.lock().take())),
        }
    }

    /// Takes the next message that is already there.
    pub fn try_next(&mut self) -> Option<Delivery> {
        let mut state = self.outbox.lock();
        let mine = state.reader == self.generation;
        (mine && matches!(state.peek(), Some(Peek::Message(_)))).then(|| state.take())
    }

    /// Waits for what comes next without taking it.
    pub async fn peek(&mut self) -> Peek {
        std::future::poll_fn(|cx| self.poll_peek(cx)).await
    }

    /// Takes the next message; `None` at the end, regular or not.
    pub async fn next(&mut self) -> Option<Delivery> {
        std::future::poll_fn(|cx| self.poll_next(cx)).await
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        let mut state = self.outbox.lock();
        if state.reader != self.generation {
            return;
        }
        state.attached = false;
        state.waker = None;
        if self.outbox.detach.abandons() && !state.has_ended() {
            state.abandoned = true;
            drop(state);
            self.outbox.detach.ring();
        }
    }
}
