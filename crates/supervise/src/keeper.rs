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
use crate::sweep::{self, Census};
use crate::{procfs, subreaper};

/// How often adopted zombies are reaped while children run. Some servers leave one with every call.
const REAP_INTERVAL: Duration = Duration::from_secs(1);
/// How often abandoned children are looked after.
const ABANDONED_INTERVAL: Duration = Duration::from_millis(50);

/// How many jobs may come before a look.
const MAX_JOBS: usize = 64;

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
    looks: Vec<Look>,
}

/// A question: how many of a tree are alive?
pub(crate) struct Look {
    pub(crate) mark: Mark,
    /// Sent to each of them.
    pub(crate) signal: Option<Signal>,
    pub(crate) reply: oneshot::Sender<usize>,
}

impl Look {
    fn answer(self, census: &Census) {
        let survivors = census.survivors(&self.mark);
        if let Some(signal) = self.signal {
            survivors.iter().for_each(|survivor| survivor.signal(signal));
        }
        // Whoever asked may have gone.
        let _ = self.reply.send(survivors.len());
    }
}

impl Keeper {
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

    /// Asks for a look at a tree.
    pub(crate) fn ask(&mut self, look: Look) {
        self.looks.push(look);
    }

    /// One look at the process table for everybody who asked.
    fn look(&mut self) {
        let looks = std::mem::take(&mut self.looks);
        let abandoned = std::mem::take(&mut self.abandoned);
        if looks.is_empty() && abandoned.is_empty() {
            return;
        }
        abandoned
            .iter()
            .for_each(|(_, mark)| sweep::signal_group(mark.leader, Signal::KILL));
        let marks = looks
            .iter()
            .map(|look| look.mark)
            .chain(abandoned.iter().map(|(_, mark)| *mark));
        let census = Census::take(&marks.collect::<Vec<_>>(), &self.leaders);
        // Before the answers, so that nothing is left, not even zombies, when somebody hears "none".
        subreaper::reap_adopted(census.entries(), &self.leaders);
        looks.into_iter().for_each(|look| look.answer(&census));
        for (child, mark) in abandoned {
            self.look_after(child, mark, &census);
        }
    }

    fn look_after(&mut self, mut child: Child, mark: Mark, census: &Census) {
        let survivors = census.survivors(&mark);
        survivors
            .iter()
            .for_each(|survivor| survivor.signal(Signal::KILL));
        let reaped = !matches!(child.try_wait(), Ok(None));
        if !reaped || !survivors.is_empty() {
            self.abandoned.push((child, mark));
        } else {
            self.forget(mark.leader);
        }
    }

    fn run(mut self, jobs: &Receiver<Job>) {
        loop {
            let job = match self.interval() {
                Some(interval) => jobs.recv_timeout(interval),
                None => jobs.recv().map_err(|_| RecvTimeoutError::Disconnected),
            };
            match job {
                Ok(job) => {
                    self.work(job);
                    // Whoever asks at the same time shares one look.
                    jobs.try_iter().take(MAX_JOBS).for_each(|job| self.work(job));
                }
                Err(RecvTimeoutError::Timeout) => self.work(Box::new(Self::reap)),
                Err(RecvTimeoutError::Disconnected) => return,
            }
            self.work(Box::new(Self::look));
        }
    }

    /// A panic must not end the thread: the kernel would kill every child, and no other could be started.
    fn work(&mut self, job: Job) {
        drop(catch_unwind(AssertUnwindSafe(|| job(self))));
    }

    fn reap(&mut self) {
        if subreaper::is_needed() {
            subreaper::reap_adopted(procfs::processes().iter(), &self.leaders);
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

fn start() -> io::Result<Sender<Job>> {
    let (sender, jobs) = mpsc::channel();
    std::thread::Builder::new()
        .name("pontoon-keeper".into())
        .spawn(move || Keeper::default().run(&jobs))?;
    Ok(sender)
}
