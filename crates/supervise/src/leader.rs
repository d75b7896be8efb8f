//! The child we spawned ourselves, first of its tree.

use std::io;
use std::os::fd::OwnedFd;
use std::process::{Child, ExitStatus};
use std::task::{Context, Poll};

use rustix::process::{Pid, PidfdFlags, WaitId, WaitIdOptions, pidfd_open, waitid};
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

/// A child and the descriptor that becomes readable when it ends.
///
/// Noticing the end and reaping are two steps on purpose: while the dead leader is not reaped its number cannot
/// be given to anybody else, so a signal to its process group cannot hit a stranger.
pub(crate) struct Leader {
    child: Child,
    pid: Pid,
    pidfd: AsyncFd<OwnedFd>,
}

/// The pid of a child that was not reaped yet.
pub(crate) fn pid_of(child: &Child) -> Pid {
    let number = i32::try_from(child.id()).expect("the kernel's pids fit in an i32");
    Pid::from_raw(number).expect("a child's pid is not 0")
}

fn open_pidfd(pid: Pid) -> io::Result<AsyncFd<OwnedFd>> {
    let pidfd = pidfd_open(pid, PidfdFlags::empty())?;
    // SAFETY: the descriptor is owned by the value registered, which is never replaced, and closes with it.
    Ok(unsafe { AsyncFd::register_with_interest(pidfd, Interest::READABLE) }?)
}

impl Leader {
    /// Begins to watch a child. Needs a tokio runtime. Gives the child back if it cannot be watched.
    pub(crate) fn watch(child: Child) -> Result<Self, (io::Error, Child)> {
        let pid = pid_of(&child);
        match open_pidfd(pid) {
            Ok(pidfd) => Ok(Self { child, pid, pidfd }),
            Err(error) => Err((error, child)),
        }
    }

    pub(crate) fn pid(&self) -> Pid {
        self.pid
    }

    /// Ready when the child has ended. Stays ready.
    pub(crate) fn poll_exited(&self, cx: &mut Context<'_>) -> Poll<()> {
        // An error can only mean that the runtime is shutting down: nothing will ever be ready again.
        match self.pidfd.poll_read_ready(cx) {
            Poll::Ready(Ok(_)) => Poll::Ready(()),
            Poll::Ready(Err(_)) | Poll::Pending => Poll::Pending,
        }
    }

    /// Waits until the child has ended. Does not reap it.
    pub(crate) async fn exited(&self) {
        std::future::poll_fn(|cx| self.poll_exited(cx)).await;
    }

    /// Whether the child has ended. Does not reap it.
    pub(crate) fn has_exited(&self) -> bool {
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
        // An error means that somebody else reaped it: it has ended.
        !matches!(waitid(WaitId::Pid(self.pid), options), Ok(None))
    }

    /// Reaps a child that has ended.
    pub(crate) fn reap(&mut self) -> io::Result<Option<ExitStatus>> {
        self.child.try_wait()
    }

    /// The bare child, for an owner that has no runtime.
    pub(crate) fn into_child(self) -> Child {
        self.child
    }
}
