//! What is left over when nobody is there.

use std::fmt;
use std::fs;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};

use super::gateway::Gateway;
use super::servers::IDLE;

/// How long everything has to come back to where it was.
const RECOVERY: Duration = Duration::from_secs(30);
const LOOK: Duration = Duration::from_millis(200);

/// What a gateway holds.
#[derive(Clone, Copy, Debug)]
pub(super) struct Remains {
    resident_kib: u64,
    descriptors: usize,
    threads: usize,
    /// Children, adopted ones and zombies included.
    children: usize,
    /// Connections, sessions, streams and calls in flight.
    of_clients: [u64; 4],
    leases: u64,
    tasks: u64,
}

impl Remains {
    async fn of(gateway: &mut Gateway) -> anyhow::Result<Self> {
        let status = gateway.status().await?;
        let count = |name: &str| {
            status[name]
                .as_u64()
                .with_context(|| format!("no {name}: {status}"))
        };
        let program = &gateway.program;
        Ok(Self {
            resident_kib: program.resident_kib()?,
            descriptors: program.descriptors()?,
            threads: fs::read_dir(format!("/proc/{}/task", program.pid()))?.count(),
            children: program.children()?,
            of_clients: [
                count("connections")?,
                count("sessions")?,
                count("streams")?,
                count("calls")?,
            ],
            leases: count("leases")?,
            tasks: count("tasks")?,
        })
    }

    /// Waits until nothing is left of the load: nothing at all of the clients,
    /// and of the rest no more than in `baseline`.
    pub(super) async fn settled(gateway: &mut Gateway, baseline: Option<Self>) -> anyhow::Result<Self> {
        let deadline = Instant::now() + RECOVERY;
        tokio::time::sleep(IDLE * 2).await;
        loop {
            let remains = Self::of(gateway).await?;
            let covered = baseline.is_none_or(|baseline| baseline.covers(&remains));
            if covered && remains.of_clients == [0; 4] {
                return Ok(remains);
            }
            let before = baseline.map_or_else(|| "nothing".to_owned(), |baseline| baseline.to_string());
            ensure!(
                Instant::now() < deadline,
                "more is left than there was: {remains} instead of {before}"
            );
            tokio::time::sleep(LOOK).await;
        }
    }

    /// To the last one, but for a server that is up now and was not then; memory
    /// with half as much room, for the pieces that an allocator cannot fit
    /// together again, and threads with those that wait for blocking work.
    fn covers(&self, now: &Self) -> bool {
        now.descriptors <= self.descriptors + 8
            && now.children <= self.children + 2
            && now.threads <= self.threads + 2
            && now.leases <= self.leases + 1
            && now.tasks <= self.tasks + 4
            && now.resident_kib <= self.resident_kib + self.resident_kib / 2 + 32 * 1024
    }
}

impl fmt::Display for Remains {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [connections, sessions, streams, calls] = self.of_clients;
        write!(
            f,
            "{connections} connections, {sessions} sessions, {streams} streams, {calls} calls, {} leases, {} tasks, \
             {} threads, {} descriptors, {} children, {} KiB",
            self.leases, self.tasks, self.threads, self.descriptors, self.children, self.resident_kib
        )
    }
}
