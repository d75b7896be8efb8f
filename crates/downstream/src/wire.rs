//! What happens between hyper and the socket.
//!
//! - hyper has one deadline for a request head, which begins with the end of
//!   the exchange before. Here there are two: a connection may rest for long,
//!   but once a head has begun it must be complete soon. hyper asks its timer
//!   for one sleep when it begins to wait for a head and polls it after each
//!   read; the sleep looks whether anything was read, and moves its deadline.
//! - The framing of each head is looked at on its way in.
//! - A connection that ends while its client may still be sending is read on
//!   for a moment: closing at once would reset it, and take the answer along.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use pin_project_lite::pin_project;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::Sleep;

use crate::head::HeadScan;
use crate::status::Fault;

/// How long, and for how many bytes, a client that is still sending is read on.
const LINGER: Duration = Duration::from_secs(1);
const LINGER_BYTES: usize = 1024 * 1024;

/// What the halves of one connection tell each other.
#[derive(Debug, Default)]
pub(crate) struct Notes {
    /// Something was read since the wait for a head began.
    heard: AtomicBool,
    head: AtomicU8,
    /// A part of the last request was not read.
    unread: AtomicBool,
}

/// What is known of the head that was read last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Head {
    /// It has not been read yet, or came along with the request before it.
    Unseen = 0,
    /// Its framing is clear.
    Clear = 1,
    /// Readers may disagree where its request ends.
    Doubtful = 2,
}

impl Notes {
    /// What is known of the head that was read last.
    pub(crate) fn head(&self) -> Head {
        match self.head.load(Ordering::Relaxed) {
            1 => Head::Clear,
            2 => Head::Doubtful,
            _ => Head::Unseen,
        }
    }

    /// For requests that came on no wire of ours.
    pub(crate) fn without_wire() -> Self {
        Self {
            head: AtomicU8::new(Head::Clear as u8),
            ..Self::default()
        }
    }

    /// A part of the last request will not be read: the connection closes
    /// behind the answer.
    pub(crate) fn leave_unread(&self) {
        self.unread.store(true, Ordering::Relaxed);
    }

    /// Whether a head has begun and not ended.
    fn is_within_head(&self) -> bool {
        self.heard.load(Ordering::Relaxed) && self.head() == Head::Unseen
    }

    /// Whether the client may still be sending something that nobody reads.
    fn may_be_sending(&self) -> bool {
        self.is_within_head() || self.unread.load(Ordering::Relaxed)
    }

    /// hyper begins to wait for a head. What was read before belongs to the
    /// request before; a part of the next head that came along with it is
    /// timed from its next byte.
    fn expect_head(&self) {
        self.heard.store(false, Ordering::Relaxed);
        self.head.store(Head::Unseen as u8, Ordering::Relaxed);
    }
}

/// The socket's side.
#[derive(Debug)]
pub(crate) struct Wire<T> {
    io: T,
    notes: Arc<Notes>,
    scan: HeadScan,
    /// Longest request line. hyper knows one limit for all of a head.
    max_line: usize,
    linger: Option<Linger>,
}

/// The rest of a connection whose writing side is closed.
#[derive(Debug)]
struct Linger {
    until: Pin<Box<Sleep>>,
    bytes: usize,
}

impl<T> Wire<T> {
    pub(crate) fn new(io: T, notes: Arc<Notes>, max_line: usize) -> Self {
        Self {
            io,
            notes,
            scan: HeadScan::default(),
            max_line,
            linger: None,
        }
    }

    /// What to tell the client of a head that hyper gave up without a word;
    /// nothing if none had begun. Nothing is cut short by it: hyper waits for
    /// a head only when the answer before has been written.
    pub(crate) fn last_word(&self, error: &hyper::Error) -> Option<Fault> {
        if !self.notes.is_within_head() {
            None
        } else if self.scan.is_address_over(self.max_line) {
            Some(Fault::UriTooLong(self.max_line))
        } else {
            error.is_timeout().then_some(Fault::HeadTimeout)
        }
    }

    /// Looks at what was read.
    ///
    /// # Errors
    ///
    /// An address without an end: hyper shall not read on.
    fn note(&mut self, read: &[u8]) -> io::Result<()> {
        if read.is_empty() {
            return Ok(());
        }
        if !self.notes.heard.swap(true, Ordering::Relaxed) {
            self.scan = HeadScan::default();
        }
        if self.notes.head() != Head::Unseen {
            return Ok(());
        }
        let framing = self.scan.feed(read);
        if self.scan.is_address_over(self.max_line) {
            return Err(io::ErrorKind::InvalidData.into());
        }
        if let Some(framing) = framing {
            let head = if framing.is_clear() {
                Head::Clear
            } else {
                Head::Doubtful
            };
            self.notes.head.store(head as u8, Ordering::Relaxed);
        }
        Ok(())
    }
}

impl<T: AsyncRead + Unpin> Wire<T> {
    /// Reads and drops what still comes.
    fn poll_linger(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let Some(linger) = &mut self.linger else {
            return Poll::Ready(());
        };
        let mut scratch = [0; 2048];
        while linger.bytes > 0 && linger.until.as_mut().poll(cx).is_pending() {
            let mut buf = ReadBuf::new(&mut scratch);
            let read = ready!(Pin::new(&mut self.io).poll_read(cx, &mut buf));
            if read.is_err() || buf.filled().is_empty() {
                break;
            }
            linger.bytes = linger.bytes.saturating_sub(buf.filled().len());
        }
        Poll::Ready(())
    }
}

impl<T: AsyncRead + Unpin> AsyncRead for Wire<T> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        ready!(Pin::new(&mut self.io).poll_read(cx, buf))?;
        Poll::Ready(self.note(&buf.filled()[before..]))
    }
}

impl<T: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Wire<T> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.linger.is_none() {
            ready!(Pin::new(&mut self.io).poll_shutdown(cx))?;
            if !self.notes.may_be_sending() {
                return Poll::Ready(Ok(()));
            }
            let until = Box::pin(tokio::time::sleep(LINGER));
            self.linger = Some(Linger {
                until,
                bytes: LINGER_BYTES,
            });
        }
        self.poll_linger(cx).map(Ok)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }
}

/// hyper's side: the timer of one connection.
#[derive(Clone, Debug)]
pub(crate) struct HeadTimer {
    pub(crate) notes: Arc<Notes>,
    /// From the first byte of a head to its last.
    pub(crate) head: Duration,
}

impl hyper::rt::Timer for HeadTimer {
    fn sleep(&self, duration: Duration) -> Pin<Box<dyn hyper::rt::Sleep>> {
        self.notes.expect_head();
        let (notes, head) = (Arc::clone(&self.notes), self.head);
        Box::pin(HeadSleep {
            sleep: tokio::time::sleep(duration),
            notes,
            head,
            begun: false,
        })
    }

    fn sleep_until(&self, deadline: Instant) -> Pin<Box<dyn hyper::rt::Sleep>> {
        self.sleep(deadline.saturating_duration_since(self.now()))
    }

    fn now(&self) -> Instant {
        tokio::time::Instant::now().into_std()
    }
}

pin_project! {
    /// Runs out when the connection has rested, or its head taken, too long.
    struct HeadSleep {
        #[pin]
        sleep: Sleep,
        notes: Arc<Notes>,
        head: Duration,
        begun: bool,
    }
}

impl hyper::rt::Sleep for HeadSleep {}

impl Future for HeadSleep {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let mut this = self.project();
        if !*this.begun && this.notes.heard.load(Ordering::Relaxed) {
            *this.begun = true;
            this.sleep
                .as_mut()
                .reset(tokio::time::Instant::now() + *this.head);
        }
        this.sleep.poll(cx)
    }
}
