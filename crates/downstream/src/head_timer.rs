//! Two deadlines for hyper's one: a connection may rest for long between
//! requests, but once a head has begun it must be complete soon.
//!
//! hyper asks its timer for one sleep when it begins to wait for a head and
//! polls it after each read. The connection's [`Heard`] notes reads; the sleep
//! looks there, and at the first byte moves its deadline.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use pin_project_lite::pin_project;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// A connection that notes whether anything was read since it was last asked.
#[derive(Debug)]
pub(crate) struct Heard<T> {
    io: T,
    heard: Arc<AtomicBool>,
}

/// The timer of one connection.
#[derive(Clone, Debug)]
pub(crate) struct HeadTimer {
    heard: Arc<AtomicBool>,
    /// From the first byte of a head to its last.
    head: Duration,
    /// From the end of one exchange to the first byte of the next.
    idle: Duration,
}

impl HeadTimer {
    /// Puts both halves in place around a connection.
    pub(crate) fn attach<T>(io: T, head: Duration, idle: Duration) -> (Heard<T>, Self) {
        let heard = Arc::new(AtomicBool::new(false));
        (
            Heard {
                io,
                heard: Arc::clone(&heard),
            },
            Self { heard, head, idle },
        )
    }
}

impl hyper::rt::Timer for HeadTimer {
    fn sleep(&self, _: Duration) -> Pin<Box<dyn hyper::rt::Sleep>> {
        // What was read before belongs to the request before. If a part of the
        // next head came along with it, the rest of that head starts the clock.
        self.heard.store(false, Ordering::Relaxed);
        Box::pin(HeadSleep {
            sleep: tokio::time::sleep(self.idle),
            heard: Arc::clone(&self.heard),
            head: self.head,
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
        sleep: tokio::time::Sleep,
        heard: Arc<AtomicBool>,
        head: Duration,
        begun: bool,
    }
}

impl hyper::rt::Sleep for HeadSleep {}

impl Future for HeadSleep {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let mut this = self.project();
        if !*this.begun && this.heard.load(Ordering::Relaxed) {
            *this.begun = true;
            this.sleep
                .as_mut()
                .reset(tokio::time::Instant::now() + *this.head);
        }
        this.sleep.poll(cx)
    }
}

impl<T: AsyncRead + Unpin> AsyncRead for Heard<T> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        let read = Pin::new(&mut self.io).poll_read(cx, buf);
        if buf.filled().len() > before {
            self.heard.store(true, Ordering::Relaxed);
        }
        read
    }
}

impl<T: AsyncWrite + Unpin> AsyncWrite for Heard<T> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(cx)
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
