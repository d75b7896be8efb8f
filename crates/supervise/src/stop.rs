//! Ending a child and all it started.

use std::process::ExitStatus;
use std::time::Duration;

use rustix::process::Signal;
use tokio::sync::oneshot;
use tokio::time::{Instant, sleep, timeout};

use crate::keeper::{self, Look};
use crate::leader::Leader;
use crate::mark::Mark;
use crate::sweep;

/// How long a child is given at each stage of a stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Grace {
    /// After its standard input was closed, before SIGTERM. Default 2 s.
    pub eof: Duration,
    /// After SIGTERM, before SIGKILL. Default 2 s.
    pub term: Duration,
}

impl Default for Grace {
    fn default() -> Self {
        Self {
            eof: Duration::from_secs(2),
            term: Duration::from_secs(2),
        }
    }
}

/// What it took to end the leader.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// Closing its standard input, or nothing: it had ended already.
    Eof,
    /// SIGTERM.
    Term,
    /// SIGKILL.
    Kill,
}

/// How a stop went.
#[derive(Clone, Copy, Debug)]
pub struct Stopped {
    /// How the leader ended. `None` if even SIGKILL did not end it in time: it hangs in the kernel.
    pub status: Option<ExitStatus>,
    /// What it took.
    pub stage: Stage,
    /// How many processes the leader had left behind.
    pub survivors: usize,
    /// How many of them are still there. Not 0 only if even SIGKILL did not help in time.
    pub left: usize,
}

/// How long to wait for the kernel after SIGKILL.
const KILL_LIMIT: Duration = Duration::from_secs(5);
/// How long to wait between two looks at `/proc`, at first and at most.
const LOOK_INTERVALS: (Duration, Duration) = (Duration::from_millis(5), Duration::from_millis(100));

/// Ends the leader, whose standard input is closed already. Does not reap it.
pub(crate) async fn end_leader(leader: &Leader, grace: &Grace) -> Stage {
    if timeout(grace.eof, leader.exited()).await.is_ok() {
        return Stage::Eof;
    }
    sweep::signal_group(leader.pid(), Signal::TERM);
    if timeout(grace.term, leader.exited()).await.is_ok() {
        return Stage::Term;
    }
    sweep::signal_group(leader.pid(), Signal::KILL);
    // If this takes too long the caller finds no status to reap.
    let _ = timeout(KILL_LIMIT, leader.exited()).await;
    Stage::Kill
}

/// Ends what the leader left behind: SIGTERM, and SIGKILL after `patience`. Returns how many there were and how
/// many still are.
pub(crate) async fn end_survivors(mark: Mark, patience: Duration) -> (usize, usize) {
    let kill_at = Instant::now() + patience;
    let give_up_at = kill_at + KILL_LIMIT;
    let mut interval = LOOK_INTERVALS.0;
    let mut first_look = None;
    loop {
        let now = Instant::now();
        let signal = match first_look {
            _ if now >= kill_at => Some(Signal::KILL),
            None => Some(Signal::TERM),
            Some(_) => None,
        };
        let left = look(mark, signal).await;
        let survivors = *first_look.get_or_insert(left);
        if left == 0 || now >= give_up_at {
            return (survivors, left);
        }
        sleep(interval).await;
        interval = (interval * 2).min(LOOK_INTERVALS.1);
    }
}

/// Counts the survivors and signals each.
async fn look(mark: Mark, signal: Option<Signal>) -> usize {
    let (reply, count) = oneshot::channel();
    let asked = keeper::post(move |keeper| keeper.ask(Look { mark, signal, reply }));
    // The thread is gone only when the program ends.
    match asked {
        Ok(()) => count.await.unwrap_or(0),
        Err(_) => 0,
    }
}
