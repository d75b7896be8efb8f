//! The one thread that starts children and looks for what they leave behind.
//!
//! Three reasons for a thread of its own, which lives as long as the program:
//! - A parent-death signal fires when the *thread* that forked ends (prctl(2), `PR_SET_PDEATHSIG`). Threads of
//!   a tokio runtime come and go; children must not die with one of them.
//! - Fork, exec and reading `/proc` block.
//! - An adopted zombie is told from a child that is just being spawned by the list of leaders. Starting and
//!   sweeping on one thread keeps that list true at every look.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::Child;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use rustix::process::{Pid, Signal};
use tokio::sync::oneshot;

use crate::mark::Mark;
use crate::{subreaper, sweep};

/// How often adopted zombies are reaped while children run.
const REAP_INTERVAL: Duration = Duration::from_secs(30);
/// How often abandoned children are looked after.
const ABANDONED_INTERVAL: Duration = Duration::from_millis(50);

type Job = Box<dyn FnOnce(&mut Keeper) + Send>;

static JOBS: Mutex<Option<Sender<Job>>> = Mutex::new(None);

/// What the thread knows.
#[derive(Default)]
pub(crate) struct Keeper {
    /// Children that were spawned and not yet reaped. A number may be in it twice for a moment, when the
    /// kernel gives it out again before we hear that its first bearer was reaped.
    leaders: Vec<Pid>,
    /// Children whose owner went away without stopping them.
    abandoned: Vec<(Child, Mark)>,
}

impl Keeper {
    /// The leaders of all trees.
    pub(crate) fn leaders(&self) -> &[Pid] {
        &self.leaders
    }

    /// Notes a new child.
    pub(crate) fn note(&mut self, leader: Pid) {
        self.leaders.push(leader);
    }

    /// Forgets a child that was reaped.
    pub(crate) fn forget(&mut self, leader: Pid) {
        if let Some(index) = self.leaders.iter().position(|pid| *pid == leader) {
            self.leaders.swap_remove(index);
        }
    }

    /// Takes over a child nobody looks after any more: it is killed with all it started.
    pub(crate) fn abandon(&mut self, child: Child, mark: Mark) {
        self.abandoned.push((child, mark));
    }

    fn look_after_abandoned(&mut self) {
        for (mut child, mark) in std::mem::take(&mut self.abandoned) {
            sweep::signal_group(mark.leader, Signal::KILL);
            let reaped = !matches!(child.try_wait(), Ok(None));
            if reaped {
                self.forget(mark.leader);
            }
            let survivors = sweep::survivors(&mark, &self.leaders);
            survivors
                .iter()
                .for_each(|survivor| survivor.signal(Signal::KILL));
            if !reaped || !survivors.is_empty() {
                self.abandoned.push((child, mark));
            }
        }
    }

    fn run(mut self, jobs: &Receiver<Job>) {
        loop {
            let job = match self.interval() {
                Some(interval) => jobs.recv_timeout(interval),
                None => jobs.recv().map_err(|_| RecvTimeoutError::Disconnected),
            };
            match job {
                // A panic must not end the thread: the kernel would kill every child.
                Ok(job) => drop(catch_unwind(AssertUnwindSafe(|| job(&mut self)))),
                Err(RecvTimeoutError::Timeout) => subreaper::reap_adopted(&self.leaders),
                Err(RecvTimeoutError::Disconnected) => return,
            }
            self.look_after_abandoned();
        }
    }

    fn interval(&self) -> Option<Duration> {
        if !self.abandoned.is_empty() {
            return Some(ABANDONED_INTERVAL);
        }
        (!self.leaders.is_empty()).then_some(REAP_INTERVAL)
    }
}

/// Hands a job to the thread and does not wait. Starts the thread if there is none yet.
pub(crate) fn post(job: impl FnOnce(&mut Keeper) + Send + 'static) -> io::Result<()> {
    let mut jobs = JOBS.lock().unwrap_or_else(PoisonError::into_inner);
    let sender = match jobs.as_ref() {
        Some(sender) => sender,
        None => jobs.insert(start()?),
    };
    sender
        .send(Box::new(job))
        .map_err(|_| io::Error::other("the thread that keeps children has ended"))
}

/// Runs a job on the thread and waits for what it returns.
pub(crate) async fn run<T: Send + 'static>(
    job: impl FnOnce(&mut Keeper) -> T + Send + 'static,
) -> io::Result<T> {
    let (reply, answer) = oneshot::channel();
    post(move |keeper| drop(reply.send(job(keeper))))?;
    answer
        .await
        .map_err(|_| io::Error::other("the thread that keeps children dropped a job"))
}

fn start() -> io::Result<Sender<Job>> {
    let (sender, jobs) = mpsc::channel();
    std::thread::Builder::new()
        .name("pontoon-keeper".into())
        .spawn(move || Keeper::default().run(&jobs))?;
    Ok(sender)
}
