//! The task that owns a child process.

use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use pontoon_supervise::Process;
use tokio::net::unix::pipe::Sender;
use tokio::time::{Instant, Sleep, sleep, timeout};

use crate::closed::Closed;
use crate::connection::Listener;
use crate::stdio::StdioSettings;
use crate::stdio::reader::{Read, Reader};
use crate::stdio::shared::{Order, Shared};

/// A process that ends closes its streams a moment before its end can be noticed, and a broken pipe is noticed by
/// whoever writes first. So long its end is waited for, to be able to say how it ended.
const END_NOTICE: Duration = Duration::from_millis(500);

/// Owns one process from its start to its end.
pub(crate) struct Task {
    process: Process,
    reader: Reader,
    stdin: Option<Arc<Sender>>,
    shared: Arc<Shared>,
    settings: StdioSettings,
    name: Arc<str>,
    /// Set while bytes wait: when to give up.
    deadline: Option<Pin<Box<Sleep>>>,
}

enum Event {
    Order(Order),
    Writable,
    Readable,
    Exited,
    InletBroken,
    Stuck,
}

/// Why a conversation is over, before it is known how.
enum End {
    Order(Order),
    Exited,
    StdoutEnded,
    InletBroken,
    Stuck,
}

impl Task {
    pub(crate) fn new(mut process: Process, name: Arc<str>, settings: StdioSettings) -> Self {
        let stdin = Arc::new(process.take_stdin().expect("a new process has its streams"));
        let stdout = process.take_stdout().expect("a new process has its streams");
        let stderr = process.stderr_tail();
        let shared = Shared::new(process.pid(), stderr, Arc::clone(&stdin), settings.max_queue);
        let shared = Arc::new(shared);
        Self {
            process,
            reader: Reader::new(stdout, settings.max_line, Arc::clone(&name), Arc::clone(&shared)),
            stdin: Some(stdin),
            shared,
            settings,
            name,
            deadline: None,
        }
    }

    pub(crate) fn shared(&self) -> Arc<Shared> {
        Arc::clone(&self.shared)
    }

    /// Runs until nothing of the process is left.
    pub(crate) async fn run(mut self) {
        match self.wait_for_listener().await {
            Ok(listener) => self.converse(&*listener).await,
            Err(End::Order(_)) => self.stop(&Deaf).await,
            Err(_) => self.died_unused().await,
        }
    }

    /// Waits in the warm pool.
    async fn wait_for_listener(&mut self) -> Result<Arc<dyn Listener>, End> {
        poll_fn(|cx| {
            self.shared.register(cx.waker());
            if let Some(listener) = self.shared.take_listener() {
                return Poll::Ready(Ok(listener));
            }
            if let Some(order) = self.shared.ordered() {
                return Poll::Ready(Err(End::Order(order)));
            }
            self.process.poll_exited(cx).map(|()| Err(End::Exited))
        })
        .await
    }

    /// Cleans up after a process that ended in the pool, and tells whoever still starts to use it.
    async fn died_unused(mut self) {
        let why = self.how_it_ended(End::Exited).await;
        self.stop(&Deaf).await;
        if let Ok(listener) = self.wait_for_listener_of_the_dead().await {
            listener.closed(why);
        }
    }

    async fn wait_for_listener_of_the_dead(&mut self) -> Result<Arc<dyn Listener>, Order> {
        poll_fn(|cx| {
            self.shared.register(cx.waker());
            if let Some(listener) = self.shared.take_listener() {
                return Poll::Ready(Ok(listener));
            }
            self.shared
                .ordered()
                .map_or(Poll::Pending, |order| Poll::Ready(Err(order)))
        })
        .await
    }

    async fn converse(mut self, listener: &dyn Listener) {
        let end = self.serve(listener).await;
        if let End::Order(order) = end {
            self.stop(listener).await;
            listener.closed(order.as_closed());
            return;
        }
        let why = self.how_it_ended(end).await;
        self.reader.drain(listener);
        tracing::info!(server = %self.name, reason = why.reason(), "{why}");
        // First the news, so that nobody waits for answers any more, then the cleaning up.
        listener.closed(why);
        self.stop(&Deaf).await;
    }

    /// Passes messages in both directions until there is a reason to end.
    async fn serve(&mut self, listener: &dyn Listener) -> End {
        loop {
            match poll_fn(|cx| self.poll_event(cx)).await {
                Event::Order(order) => return End::Order(order),
                Event::Writable => self.flush(),
                Event::Readable => match self.reader.read(listener) {
                    Read::End => return End::StdoutEnded,
                    // A server that floods us shares the thread with the others.
                    Read::Much => tokio::task::yield_now().await,
                    Read::Some | Read::Nothing => {}
                },
                Event::Exited => return End::Exited,
                Event::InletBroken => return End::InletBroken,
                Event::Stuck => return End::Stuck,
            }
        }
    }

    fn poll_event(&mut self, cx: &mut Context<'_>) -> Poll<Event> {
        self.shared.register(cx.waker());
        if let Some(order) = self.shared.ordered() {
            return Poll::Ready(Event::Order(order));
        }
        if self.shared.has_waiting() {
            if let Some(stdin) = &self.stdin
                && stdin.poll_write_ready(cx).is_ready()
            {
                return Poll::Ready(Event::Writable);
            }
            let limit = self.settings.write_deadline;
            let deadline = self.deadline.get_or_insert_with(|| Box::pin(sleep(limit)));
            if deadline.as_mut().poll(cx).is_ready() {
                return Poll::Ready(Event::Stuck);
            }
        }
        // Reading comes before noticing the end: what a dying process said is in the pipe by then.
        if self.reader.poll_readable(cx).is_ready() {
            return Poll::Ready(Event::Readable);
        }
        if self.process.poll_exited(cx).is_ready() {
            return Poll::Ready(Event::Exited);
        }
        if self.shared.is_inlet_broken() {
            return Poll::Ready(Event::InletBroken);
        }
        Poll::Pending
    }

    fn flush(&mut self) {
        let flushed = self.shared.flush();
        if !self.shared.has_waiting() {
            self.deadline = None;
        } else if let Some(deadline) = self.deadline.as_mut().filter(|_| flushed > 0) {
            deadline
                .as_mut()
                .reset(Instant::now() + self.settings.write_deadline);
        }
    }

    /// Finds out how it ended; a process that ended may have shown other signs first.
    async fn how_it_ended(&mut self, end: End) -> Closed {
        self.shared.close_inlet();
        let status = match end {
            End::Stuck => None,
            _ => timeout(END_NOTICE, self.process.wait()).await.ok().flatten(),
        };
        let stderr_tail = self.shared.stderr_tail();
        match (status, end) {
            (Some(status), _) => Closed::Exited { status, stderr_tail },
            (None, End::Stuck) => Closed::Stuck { stderr_tail },
            (None, End::InletBroken) => Closed::StdinClosed { stderr_tail },
            (None, _) => Closed::StdoutClosed { stderr_tail },
        }
    }

    /// Ends the process and all it started. Its last words are still read: it could not end otherwise if its
    /// standard output were full.
    async fn stop(&mut self, listener: &dyn Listener) {
        self.shared.close_inlet();
        self.stdin = None;
        let grace = self.settings.grace;
        let mut stop = pin!(self.process.stop(&grace));
        let reader = &mut self.reader;
        let stopped = poll_fn(|cx| {
            // One read at a time: a server that floods us to its end shares the thread with the others.
            if reader.poll_readable(cx).is_ready() && reader.read(listener) != Read::End {
                cx.waker().wake_by_ref();
            }
            stop.as_mut().poll(cx)
        })
        .await;
        reader.drain(listener);
        if stopped.left > 0 {
            let (server, left) = (&self.name, stopped.left);
            tracing::error!(%server, left, "processes could not be killed");
        }
        tracing::debug!(server = %self.name, ?stopped, "process stopped");
    }
}

/// However the task ends, nobody waits for it in vain.
impl Drop for Task {
    fn drop(&mut self) {
        self.shared.close_inlet();
        self.shared.finish();
    }
}

/// For a process nobody listens to.
struct Deaf;

impl Listener for Deaf {
    fn message(&self, _: pontoon_jsonrpc::Message) {}

    fn closed(&self, _: Closed) {}
}
