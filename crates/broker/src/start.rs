//! Brings servers up.

use std::sync::Arc;

use pontoon_translate::{Fault, Reason, Sharing};
use tokio::time::timeout;

use crate::lease::Lease;
use crate::pool::Warm;
use crate::shared::Shared;

/// Brings up the server of a lease: a warm one if there is one, else a new
/// one, not sooner than crashes allow. Gives up when the lease is closed.
pub(crate) async fn bring_up(shared: Arc<Shared>, lease: Arc<Lease>, attempt: u64) {
    let _unfinished = Unfinished {
        lease: &lease,
        attempt,
    };
    let started = tokio::select! {
        biased;
        started = server(&shared, &lease) => started,
        () = lease.closed() => return shared.guard.abandoned(),
    };
    match started {
        Ok(warm) => {
            shared.counters.count_start();
            if let Err((idle, processes)) = lease.connected(warm) {
                // The lease was closed meanwhile.
                idle.discard().await;
                drop(processes);
            }
        }
        Err(fault) => lease.failed(attempt, fault),
    }
    shared.pool.refill(&shared);
}

/// The kind of server that a lease needs: warm ones belong to nobody yet, so
/// they suit whoever has one alone.
async fn server(shared: &Shared, lease: &Lease) -> Result<Warm, Fault> {
    lease.pause().await?;
    match lease.sharing() {
        Sharing::Exclusive => shared.pool.take_or_connect(shared).await,
        Sharing::Shared => connect(shared, Sharing::Shared).await,
    }
}

/// Connects, respecting back-off, circuit and limits.
pub(crate) async fn connect(shared: &Shared, sharing: Sharing) -> Result<Warm, Fault> {
    tokio::time::sleep(shared.guard.delay()?).await;
    let processes = shared.process_slots()?;
    shared.guard.admit()?;
    let connecting = match sharing {
        Sharing::Exclusive => shared.connector.connect(),
        Sharing::Shared => shared.connector.connect_common(),
    };
    let reason = match timeout(shared.settings.timeouts.open, connecting).await {
        Ok(Ok(idle)) => return Ok((idle, processes)),
        Ok(Err(error)) => {
            tracing::error!(server = %shared.settings.name, %error, "the server could not be started");
            Reason::StartFailed
        }
        Err(_) => {
            tracing::error!(server = %shared.settings.name, "the server did not start in time");
            Reason::StartTimeout
        }
    };
    shared.guard.failed();
    Err(Fault::before(reason))
}

/// A start that ends without an outcome, in a panic, must not leave clients waiting.
struct Unfinished<'a> {
    lease: &'a Lease,
    attempt: u64,
}

impl Drop for Unfinished<'_> {
    fn drop(&mut self) {
        self.lease.failed(self.attempt, Fault::before(Reason::Internal));
    }
}
