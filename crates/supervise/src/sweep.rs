//! Finding what a child left behind. Blocks; for the keeper's thread only.

use std::collections::{HashMap, HashSet};

use rustix::process::{Pid, PidfdFlags, Signal, getpid, kill_process_group, pidfd_open, pidfd_send_signal};

use crate::mark::Mark;
use crate::procfs::{self, Entry};

/// A process of a tree that is still alive.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Survivor {
    pid: Pid,
    started: u64,
}

impl Survivor {
    /// Signals this process and never another one that was given its number since.
    pub(crate) fn signal(&self, signal: Signal) {
        // The descriptor first, the check second: from here on the number cannot change hands unnoticed.
        let Ok(pidfd) = pidfd_open(self.pid, PidfdFlags::empty()) else {
            return;
        };
        if procfs::entry(self.pid).is_some_and(|now| now.started == self.started) {
            // It may have ended just now, or belong to another user: the next look will tell.
            let _ = pidfd_send_signal(&pidfd, signal);
        }
    }
}

/// Signals all processes of a group. Nothing happens if there are none.
pub(crate) fn signal_group(leader: Pid, signal: Signal) {
    let _ = kill_process_group(leader, signal);
}

/// The living processes of a tree except its leader's zombie: those in its session, those that carry its token, and
/// all their descendants.
pub(crate) fn survivors(mark: &Mark, leaders: &[Pid]) -> Vec<Survivor> {
    let table: HashMap<Pid, Entry> = procfs::processes().into_iter().map(|e| (e.pid, e)).collect();
    let assignment = mark.assignment();
    let others: HashSet<Pid> = leaders
        .iter()
        .copied()
        .filter(|pid| *pid != mark.leader)
        .collect();
    let belongs = |entry: &Entry| {
        entry.session == Some(mark.leader)
            // Reading an environment costs more than the rest: not done for the living trees of other leaders.
            || (!lineage(entry, &table).any(|pid| others.contains(&pid))
                && procfs::environment_contains(entry.pid, &assignment))
    };
    let own = getpid();
    let candidates = table
        .values()
        .filter(|entry| entry.pid != own && !entry.is_zombie());
    let roots: HashSet<Pid> = candidates.clone().filter(|e| belongs(e)).map(|e| e.pid).collect();
    candidates
        .filter(|entry| lineage(entry, &table).any(|pid| roots.contains(&pid)))
        .map(|entry| Survivor {
            pid: entry.pid,
            started: entry.started,
        })
        .collect()
}

/// The process itself, its parent, and so on up to us or to the end.
fn lineage<'a>(entry: &'a Entry, table: &'a HashMap<Pid, Entry>) -> impl Iterator<Item = Pid> + 'a {
    let own = getpid();
    // The table was not read in one moment, so a loop is thinkable.
    const DEEPEST: usize = 1000;
    let parent = move |pid: &Pid| {
        table
            .get(pid)
            .and_then(|e| e.parent)
            .filter(|parent| *parent != own)
    };
    std::iter::successors(Some(entry.pid), parent).take(DEEPEST)
}
