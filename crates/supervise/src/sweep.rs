//! Finding what a child left behind. Blocks; for the keeper's thread only.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use rustix::process::{Pid, PidfdFlags, Signal, getpid, kill_process_group, pidfd_open, pidfd_send_signal};

use crate::mark::Mark;
use crate::procfs::{self, Entry, Lookup};

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

/// How often and when to look again at a process with an empty environment. It may be executing another program
/// just now, which empties its environment for some microseconds.
const SECOND_LOOKS: [Duration; 2] = [Duration::from_millis(1), Duration::from_millis(3)];

/// The living processes of a tree except its leader's zombie: those in its session, those that carry its token, and
/// all their descendants.
pub(crate) fn survivors(mark: &Mark, leaders: &[Pid]) -> Vec<Survivor> {
    let table: Table = procfs::processes()
        .into_iter()
        .map(|entry| (entry.pid, entry))
        .collect();
    let others: HashSet<Pid> = leaders
        .iter()
        .copied()
        .filter(|pid| *pid != mark.leader)
        .collect();
    let own = getpid();
    let candidates: Vec<&Entry> = table
        .values()
        .filter(|entry| entry.pid != own && !entry.is_zombie() && !entry.is_kernel_thread)
        .collect();
    let (in_session, elsewhere): (Vec<&Entry>, Vec<&Entry>) = candidates
        .iter()
        .copied()
        .partition(|entry| entry.session == Some(mark.leader));
    // Reading an environment costs more than the rest: not done for the living trees of other leaders.
    let unclear = elsewhere
        .into_iter()
        .filter(|entry| !lineage(entry.pid, &table).any(|pid| others.contains(&pid)));
    let mut roots: HashSet<Pid> = carriers(unclear.map(|entry| entry.pid).collect(), &mark.assignment());
    roots.extend(in_session.iter().map(|entry| entry.pid));
    candidates
        .into_iter()
        .filter(|entry| lineage(entry.pid, &table).any(|pid| roots.contains(&pid)))
        .map(|entry| Survivor {
            pid: entry.pid,
            started: entry.started,
        })
        .collect()
}

type Table = HashMap<Pid, Entry>;

/// Those whose environment contains the assignment.
fn carriers(mut unclear: Vec<Pid>, assignment: &str) -> HashSet<Pid> {
    let mut found = HashSet::new();
    let mut look = |unclear: &mut Vec<Pid>| {
        unclear.retain(|pid| match procfs::look_up(*pid, assignment) {
            Lookup::Found => {
                found.insert(*pid);
                false
            }
            Lookup::Absent => false,
            Lookup::Empty => true,
        });
    };
    look(&mut unclear);
    for pause in SECOND_LOOKS {
        if unclear.is_empty() {
            break;
        }
        std::thread::sleep(pause);
        look(&mut unclear);
    }
    found
}

/// The process itself, its parent, and so on up to us or to the end.
fn lineage(pid: Pid, table: &Table) -> impl Iterator<Item = Pid> {
    let own = getpid();
    // The table was not read in one moment, so a loop is thinkable.
    const DEEPEST: usize = 1000;
    let parent = move |pid: &Pid| {
        table
            .get(pid)
            .and_then(|e| e.parent)
            .filter(|parent| *parent != own)
    };
    std::iter::successors(Some(pid), parent).take(DEEPEST)
}
