//! Finding what children left behind. Blocks; for the keeper's thread only.

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

/// The process table at one moment, with the tokens of those that may be survivors. One serves for many trees:
/// reading `/proc` is the dear part.
pub(crate) struct Census {
    table: HashMap<Pid, Entry>,
    tokens: HashMap<Pid, String>,
}

impl Census {
    /// Looks for survivors of these trees. `leaders` are the leaders of all trees that are not reaped yet.
    pub(crate) fn take(trees: &[Mark], leaders: &[Pid]) -> Self {
        let table = procfs::processes()
            .into_iter()
            .map(|entry| (entry.pid, entry))
            .collect();
        let mut census = Self {
            table,
            tokens: HashMap::new(),
        };
        let swept: HashSet<Pid> = trees.iter().map(|mark| mark.leader).collect();
        let others: HashSet<Pid> = leaders
            .iter()
            .copied()
            .filter(|pid| !swept.contains(pid))
            .collect();
        // Reading an environment costs more than the rest: not done for the living trees of other leaders.
        let unclear = census.candidates().map(|entry| entry.pid);
        let unclear = unclear.filter(|pid| !census.lineage(*pid).any(|pid| others.contains(&pid)));
        census.tokens = tokens(unclear.collect());
        census
    }

    /// The living processes of a tree except its leader's zombie: those in its session, those that carry its token,
    /// and all their descendants.
    pub(crate) fn survivors(&self, mark: &Mark) -> Vec<Survivor> {
        let token = mark.token.to_string();
        let belongs =
            |entry: &Entry| entry.session == Some(mark.leader) || self.tokens.get(&entry.pid) == Some(&token);
        let roots: HashSet<Pid> = self.candidates().filter(|e| belongs(e)).map(|e| e.pid).collect();
        if roots.is_empty() {
            return Vec::new();
        }
        self.candidates()
            .filter(|entry| self.lineage(entry.pid).any(|pid| roots.contains(&pid)))
            .map(|entry| Survivor {
                pid: entry.pid,
                started: entry.started,
            })
            .collect()
    }

    /// Everything that was seen.
    pub(crate) fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.table.values()
    }

    fn candidates(&self) -> impl Iterator<Item = &Entry> {
        let own = getpid();
        self.entries()
            .filter(move |entry| entry.pid != own && !entry.is_zombie() && !entry.is_kernel_thread)
    }

    /// The process itself, its parent, and so on up to us or to the end.
    fn lineage(&self, pid: Pid) -> impl Iterator<Item = Pid> {
        let own = getpid();
        // The table was not read in one moment, so a loop is thinkable.
        const DEEPEST: usize = 1000;
        let parent = move |pid: &Pid| self.table.get(pid)?.parent.filter(|parent| *parent != own);
        std::iter::successors(Some(pid), parent).take(DEEPEST)
    }
}

/// The tokens in the environments of these processes, if they have one.
fn tokens(mut unclear: Vec<Pid>) -> HashMap<Pid, String> {
    let mut found = HashMap::new();
    let mut look = |unclear: &mut Vec<Pid>| {
        unclear.retain(|pid| match procfs::token(*pid) {
            Lookup::Found(token) => {
                found.insert(*pid, token);
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
