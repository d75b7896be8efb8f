//! What a gateway holds when nobody is there.

use std::time::{Duration, Instant};

use pontoon_hostile::process;

use crate::gateway::{Gateway, HEALTHY, ODD};
use crate::table::Behaviour;

/// How long everything has to come back.
const RECOVERY: Duration = Duration::from_secs(12);
/// How long what is started ahead has to come up.
const STARTS: Duration = Duration::from_secs(5);
/// A look goes through all processes of the machine.
const LOOK: Duration = Duration::from_millis(60);
/// What one more process costs: its three pipes and the descriptor that waits for it, and the tasks that read.
const SPARE_DESCRIPTORS: usize = 6;
const SPARE_TASKS: u64 = 4;
/// Threads that wait for blocking work live for ten seconds.
const SPARE_THREADS: usize = 4;

/// What is held.
#[derive(Clone, Debug)]
pub(crate) struct Rest {
    descriptors: usize,
    threads: usize,
    tasks: u64,
    /// Sessions, streams, connections and calls, together.
    of_clients: u64,
    leases: u64,
    odd: usize,
    healthy: usize,
    zombies: usize,
}

impl Rest {
    fn of(gateway: &Gateway) -> Option<Self> {
        let status = gateway.status()?;
        let count = |name: &str| status[name].as_u64().unwrap_or(u64::MAX / 8);
        Some(Self {
            descriptors: process::descriptors(gateway.pid),
            threads: std::fs::read_dir(format!("/proc/{}/task", gateway.pid)).map_or(0, Iterator::count),
            tasks: count("tasks"),
            of_clients: ["connections", "sessions", "streams", "calls"]
                .map(count)
                .iter()
                .sum(),
            leases: count("leases"),
            odd: gateway.processes(ODD).len(),
            healthy: gateway.processes(HEALTHY).len(),
            zombies: process::zombies(gateway.pid),
        })
    }

    /// Before the first client, with everything that is started ahead.
    pub(crate) fn before(gateway: &Gateway, behaviour: &Behaviour) -> Result<Self, String> {
        let mut rest = None;
        let ahead = if behaviour.starts() {
            1 + behaviour.offspring
        } else {
            0
        };
        wait_until(STARTS, || {
            rest = Self::of(gateway);
            rest.as_ref()
                .is_some_and(|rest| rest.healthy == 1 && rest.odd >= ahead)
        });
        rest.ok_or_else(|| "it does not tell what it holds".to_owned())
    }

    /// Waits until it is back at what it was before, but for what the behaviour may leave: a warm or shared process
    /// with its offspring.
    pub(crate) fn check_return(&self, gateway: &Gateway, behaviour: &Behaviour) -> Result<(), String> {
        let mut last = None;
        let back = wait_until(RECOVERY, || {
            last = Self::of(gateway);
            last.as_ref().is_some_and(|now| self.covers(now, behaviour))
        });
        if back {
            return Ok(());
        }
        Err(format!(
            "more is left than there was: {last:?} instead of {self:?}"
        ))
    }

    fn covers(&self, now: &Self, behaviour: &Behaviour) -> bool {
        now.of_clients == 0
            && now.zombies == 0
            && now.healthy == 1
            && now.odd <= 1 + behaviour.offspring
            && now.leases <= self.leases
            && now.descriptors <= self.descriptors + SPARE_DESCRIPTORS
            && now.tasks <= self.tasks + SPARE_TASKS
            && now.threads <= self.threads + SPARE_THREADS
    }
}

/// Looks now and then until `condition` holds; false if it does not within `limit`.
fn wait_until(limit: Duration, mut condition: impl FnMut() -> bool) -> bool {
    let end = Instant::now() + limit;
    while !condition() {
        if Instant::now() >= end {
            return false;
        }
        std::thread::sleep(LOOK);
    }
    true
}
