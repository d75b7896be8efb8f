//! One child with everything it starts.

use std::fmt;
use std::io;
use std::os::fd::OwnedFd;
use std::process::{Child, ExitStatus};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use rustix::process::Signal;
use tokio::net::unix::pipe::{Receiver, Sender};

use crate::environment::Environment;
use crate::error::SpawnError;
use crate::keeper;
use crate::launch::launch;
use crate::leader::{Leader, pid_of};
use crate::mark::{ChildToken, Mark};
use crate::spec::CommandSpec;
use crate::stderr::{Stderr, StderrTail};
use crate::stop::{Grace, Stage, Stopped, end_leader, end_survivors};
use crate::sweep::signal_group;

/// How long the last words on standard error are waited for when a stop ends.
const LAST_WORDS: Duration = Duration::from_millis(100);

/// A running child. Whoever holds it has to [`stop`](Self::stop) it, also when it ended by itself: only
/// that cleans up what it left behind. If it is dropped instead, the tree is killed in the background.
pub struct Process {
    /// `None` after it was reaped.
    leader: Option<Leader>,
    status: Option<ExitStatus>,
    mark: Mark,
    stdin: Option<Sender>,
    stdout: Option<Receiver>,
    stderr: Stderr,
}

impl Process {
    /// Starts a child. `outer` is our own environment, of which the child sees what the command's allow-list
    /// lets through; `name` is what the log calls it; `token` has to be random. Needs a tokio runtime.
    ///
    /// # Errors
    /// Why it could not be started and what to do about it. Nothing runs then, nor if the future is dropped.
    pub async fn spawn(
        spec: &CommandSpec,
        outer: &Environment,
        name: Arc<str>,
        token: ChildToken,
    ) -> Result<Self, SpawnError> {
        let environment = Arc::new(spec.environment(outer));
        let diagnose = |error| SpawnError::diagnose(error, spec, &environment);
        let child = start(spec.clone(), environment.clone(), token)
            .await
            .map_err(diagnose)?;
        let mut owned = Unwatched::new(child, token);
        let child = owned.child.as_mut().expect("taken only below");
        let stdin = Sender::from_owned_fd(pipe(child.stdin.take())).map_err(diagnose)?;
        let stdout = Receiver::from_owned_fd(pipe(child.stdout.take())).map_err(diagnose)?;
        let stderr = Receiver::from_owned_fd(pipe(child.stderr.take())).map_err(diagnose)?;
        let leader = owned.watch().map_err(diagnose)?;
        Ok(Self {
            leader: Some(leader),
            status: None,
            mark: owned.mark,
            stdin: Some(stdin),
            stdout: Some(stdout),
            stderr: Stderr::drain(stderr, name, spec.redactor()),
        })
    }

    /// The number of the leader, its session and its process group.
    pub fn pid(&self) -> u32 {
        self.mark.leader.as_raw_nonzero().get().unsigned_abs()
    }

    /// The writing end of standard input, once. Whoever takes it has to drop it before a graceful stop.
    pub fn take_stdin(&mut self) -> Option<Sender> {
        self.stdin.take()
    }

    /// The reading end of standard output, once.
    pub fn take_stdout(&mut self) -> Option<Receiver> {
        self.stdout.take()
    }

    /// The last lines on standard error.
    pub fn stderr_tail(&self) -> StderrTail {
        self.stderr.tail.clone()
    }

    /// Ready when the leader has ended. Stays ready.
    pub fn poll_exited(&self, cx: &mut Context<'_>) -> Poll<()> {
        self.leader
            .as_ref()
            .map_or(Poll::Ready(()), |leader| leader.poll_exited(cx))
    }

    /// Waits until the leader has ended, and for what it printed last on standard error.
    pub async fn wait(&mut self) -> Option<ExitStatus> {
        if let Some(leader) = &self.leader {
            leader.exited().await;
        }
        self.stderr.settle(LAST_WORDS).await;
        self.reap(Signal::TERM);
        self.status
    }

    /// Whether the leader has not ended yet.
    pub fn is_alive(&self) -> bool {
        self.leader.as_ref().is_some_and(|leader| !leader.has_exited())
    }

    /// Ends the child and everything it started: standard input is closed (if it was not taken), then SIGTERM,
    /// then SIGKILL. If the leader has ended already only what it left behind is ended. Cancelling this kills
    /// everything in the background.
    pub async fn stop(&mut self, grace: &Grace) -> Stopped {
        self.stdin = None;
        let stage = match &self.leader {
            Some(leader) => end_leader(leader, grace).await,
            None => Stage::Eof,
        };
        let (last_call, patience) = match stage {
            Stage::Kill => (Signal::KILL, Duration::ZERO),
            Stage::Eof | Stage::Term => (Signal::TERM, grace.term),
        };
        self.reap(last_call);
        let (survivors, left) = end_survivors(self.mark, patience).await;
        self.stderr.settle(LAST_WORDS).await;
        self.stderr.abort();
        Stopped {
            status: self.status,
            stage,
            survivors,
            left,
        }
    }

    /// Reaps a leader that has ended; its group gets a last signal while its number is still ours.
    fn reap(&mut self, last_call: Signal) {
        let Some(leader) = self.leader.as_mut().filter(|leader| leader.has_exited()) else {
            return;
        };
        signal_group(leader.pid(), last_call);
        self.status = leader.reap().ok().flatten();
        self.leader = None;
        let pid = self.mark.leader;
        // Fails only if the thread is gone, and with it the list.
        let _ = keeper::post(move |keeper| keeper.forget(pid));
    }
}

/// Only a note to the keeper, which does the work.
impl Drop for Process {
    fn drop(&mut self) {
        if let Some(leader) = self.leader.take() {
            abandon(leader.into_child(), self.mark);
        }
    }
}

impl fmt::Debug for Process {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Process")
            .field("pid", &self.pid())
            .field("status", &self.status)
            .finish()
    }
}

/// Has the keeper start a child. If nobody waits for it any more the keeper kills it again.
async fn start(spec: CommandSpec, environment: Arc<Environment>, token: ChildToken) -> io::Result<Child> {
    let (reply, answer) = tokio::sync::oneshot::channel();
    keeper::post(move |keeper| {
        let launched = launch(&spec, &environment, token);
        if let Ok(child) = &launched {
            keeper.note(pid_of(child));
        }
        if let Err(Ok(child)) = reply.send(launched) {
            let mark = Mark {
                leader: pid_of(&child),
                token,
            };
            keeper.abandon(child, mark);
        }
    })?;
    answer
        .await
        .map_err(|_| io::Error::other("the thread that keeps children dropped a job"))?
}

/// A child between its start and its [`Process`]: killed if that fails.
struct Unwatched {
    child: Option<Child>,
    mark: Mark,
}

impl Unwatched {
    fn new(child: Child, token: ChildToken) -> Self {
        let mark = Mark {
            leader: pid_of(&child),
            token,
        };
        Self {
            child: Some(child),
            mark,
        }
    }

    fn watch(&mut self) -> io::Result<Leader> {
        let child = self.child.take().expect("watched once");
        Leader::watch(child).map_err(|(error, child)| {
            self.child = Some(child);
            error
        })
    }
}

impl Drop for Unwatched {
    fn drop(&mut self) {
        if let Some(child) = self.child.take() {
            abandon(child, self.mark);
        }
    }
}

fn abandon(child: Child, mark: Mark) {
    // Fails only if the thread is gone; the parent-death signal has killed the child then.
    let _ = keeper::post(move |keeper| keeper.abandon(child, mark));
}

fn pipe<P: Into<OwnedFd>>(end: Option<P>) -> OwnedFd {
    end.expect("all three streams are piped").into()
}
