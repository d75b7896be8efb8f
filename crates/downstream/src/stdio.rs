//! Standard input and output: one client, which started this process and
//! speaks any revision, or several, on one pipe in each direction.
//!
//! `input` cuts lines, `desk` decides what each message is and brings it to the
//! backend, `work` keeps what is under way, `outlet` and `output` are the one
//! queue and the one writer toward the client. All of it runs in the task that
//! calls [`Pipe::serve`]; nothing of it waits for the client but the writer.
//!
//! Source: 2025-11-25, Transports, "stdio"; 2026-07-28, "stdio".

mod batch;
mod desk;
mod input;
mod outlet;
mod output;
mod session;
mod work;

use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::time::Duration;

use pontoon_jsonrpc::{ByteOrderMark, Limits};
use pontoon_policy::Policy;
use pontoon_session::SessionId;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::{Instant, sleep_until, timeout_at};

use crate::backend::Backend;
use desk::Desk;
use input::{Input, Line};
use outlet::Outlet;
use output::{Written, write};

/// Time for what is queued at the end to get out. Only a client that has
/// stopped reading makes use of it.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// Limits of the pipe to one client.
#[derive(Clone, Debug)]
pub struct PipeSettings {
    /// Longest line from the client, in bytes. Default 4 MiB.
    pub max_line: usize,
    /// Most bytes that wait for the client to read them; one message may exceed it
    /// when nothing else waits. Who leaves more unread is given up: with it ends
    /// everything. Default 64 MiB.
    pub queue_bytes: usize,
    /// How long calls in flight may take at the end. Default 5 s.
    pub grace: Duration,
    /// Bounds on messages. Default [`Limits::CLIENT`], with a byte order mark
    /// borne: shells write one.
    pub messages: Limits,
    /// Where the ids of sessions come from, which no client sees here.
    pub session_ids: fn() -> SessionId,
}

impl Default for PipeSettings {
    fn default() -> Self {
        Self {
            max_line: 4 * 1024 * 1024,
            queue_bytes: 64 * 1024 * 1024,
            grace: Duration::from_secs(5),
            messages: Limits {
                byte_order_mark: ByteOrderMark::Skip,
                ..Limits::CLIENT
            },
            session_ids: SessionId::random,
        }
    }
}

/// Knows more of what went wrong than a gateway may tell strangers. The client
/// at the other end of a pipe is its operator's own.
pub trait Explain: Send + Sync + 'static {
    /// What to say instead of the message of an error that is the gateway's own;
    /// `reason` is its `data.reason`. `None` leaves it as it is.
    fn explain(&self, reason: &str) -> Option<String>;
}

/// Explains nothing: errors say what they say to everybody.
#[derive(Clone, Copy, Debug, Default)]
pub struct Unexplained;

impl Explain for Unexplained {
    fn explain(&self, _: &str) -> Option<String> {
        None
    }
}

/// Why serving a pipe ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PipeEnd {
    /// The client has closed its end, and got its answers.
    Closed,
    /// It was asked to stop.
    Stopped,
    /// The client does not read any more: its end is closed.
    Gone,
    /// The client did not read what was waiting for it, and too much was.
    TooSlow,
}

/// Serves one backend to the client at the other end of a pipe.
pub struct Pipe<B: Backend> {
    backend: Arc<B>,
    policy: Arc<Policy>,
    settings: PipeSettings,
    explain: Arc<dyn Explain>,
}

impl<B: Backend> Pipe<B> {
    /// Serves `backend`.
    pub fn new(backend: Arc<B>, policy: Arc<Policy>, settings: PipeSettings) -> Self {
        Self {
            backend,
            policy,
            settings,
            explain: Arc::new(Unexplained),
        }
    }

    /// Lets `explain` find better words for what went wrong.
    #[must_use]
    pub fn explained_by(self, explain: Arc<dyn Explain>) -> Self {
        Self { explain, ..self }
    }

    /// Reads messages until the input ends or `stop` resolves, lets calls in
    /// flight finish for a short time, and drains the backend. When it resolves
    /// after the input has ended, `stop` ends that time.
    pub async fn serve<R, W, S>(self, input: R, output: W, stop: S) -> PipeEnd
    where
        R: AsyncRead + Unpin + Send,
        W: AsyncWrite + Unpin + Send,
        S: Future<Output = ()> + Send,
    {
        let outlet = Outlet::new(self.settings.queue_bytes, Arc::clone(&self.explain));
        let (queue, overflowed) = outlet.writer();
        let mut input = Input::new(input, self.settings.max_line);
        let grace = self.settings.grace;
        let mut service = Service {
            writing: Some(Box::pin(write(queue, overflowed, output))),
            stop: Box::pin(stop),
            desk: Desk::new(self.backend, self.policy, self.settings, outlet.clone()),
        };
        let end = service.converse(&mut input).await;
        tracing::debug!(?end, "the pipe ends");
        service.finish_calls(end, Instant::now() + grace).await;
        service.drain().await;
        service.last_words(&outlet).await;
        end
    }
}

/// A pipe that is being served.
struct Service<'a, B: Backend> {
    /// `None` once there is nobody who reads.
    writing: Option<Pin<Box<dyn Future<Output = Written> + Send + 'a>>>,
    stop: Pin<Box<dyn Future<Output = ()> + Send + 'a>>,
    desk: Desk<B>,
}

impl<B: Backend> Service<'_, B> {
    /// Takes one message after the other, to the end of either direction.
    async fn converse<R: AsyncRead + Unpin>(&mut self, input: &mut Input<R>) -> PipeEnd {
        loop {
            tokio::select! {
                biased;
                written = written(&mut self.writing) => return written.end(),
                () = self.desk.worked() => {}
                () = &mut self.stop => return PipeEnd::Stopped,
                line = input.next() => match line {
                    Line::End => return PipeEnd::Closed,
                    line => self.desk.take(line),
                },
            }
        }
    }

    /// Waits for the answers to calls in flight, as long as somebody may want them.
    async fn finish_calls(&mut self, end: PipeEnd, deadline: Instant) {
        while self.writing.is_some() && self.desk.has_calls() {
            tokio::select! {
                biased;
                _ = written(&mut self.writing) => {}
                () = self.desk.worked() => {}
                () = &mut self.stop, if end == PipeEnd::Closed => return,
                () = sleep_until(deadline) => return,
            }
        }
    }

    /// Stops the backend; what it says meanwhile still gets out.
    async fn drain(&mut self) {
        if self.writing.is_none() {
            self.desk.give_up();
        }
        let mut draining = pin!(self.desk.drain());
        loop {
            tokio::select! {
                biased;
                _ = written(&mut self.writing) => {}
                () = self.desk.worked() => {}
                () = &mut draining => return,
            }
        }
    }

    /// Gets out what is left. Who does not read gets no more time than this.
    async fn last_words(mut self, outlet: &Outlet) {
        let deadline = Instant::now() + LAST_WORDS;
        let _ = timeout_at(deadline, self.desk.finish()).await;
        outlet.close();
        if self.writing.is_some() {
            let _ = timeout_at(deadline, written(&mut self.writing)).await;
        }
    }
}

/// Writes until writing is over; then never again.
async fn written(writing: &mut Option<Pin<Box<dyn Future<Output = Written> + Send + '_>>>) -> Written {
    match writing {
        Some(future) => {
            let written = future.await;
            *writing = None;
            written
        }
        None => std::future::pending().await,
    }
}

impl Written {
    fn end(self) -> PipeEnd {
        match self {
            Self::Overflow => PipeEnd::TooSlow,
            Self::Everything | Self::Failed => PipeEnd::Gone,
        }
    }
}
