//! Brings servers up.

use std::sync::Arc;

use pontoon_translate::{Fault, Reason};

use crate::endpoint::Shared;
use crate::lease::Lease;

/// Brings up the server of a lease: a warm one if there is one, else a new
/// one, not sooner than crashes allow.
pub(crate) async fn bring_up(shared: Arc<Shared>, lease: Arc<Lease>) {
    match shared.pool.take_or_connect(&shared).await {
        Ok((idle, processes)) => {
            shared.counters.count_start();
            if let Err(idle) = lease.connected(idle, processes) {
                // The lease was closed meanwhile.
                idle.discard().await;
            }
        }
        Err(fault) => lease.failed(fault),
    }
    shared.pool.refill(&shared);
}

/// Connects, respecting back-off, circuit and limits.
pub(crate) async fn connect(shared: &Shared) -> Result<crate::pool::Warm, Fault> {
    let delay = shared.guard.admit()?;
    let processes = shared.process_slots().map_err(|limit| {
        tracing::warn!(server = %shared.settings.name, %limit, "no further process is started");
        Fault::before(Reason::TooManyProcesses)
    })?;
    if !delay.is_zero() {
        tokio::time::sleep(delay).await;
    }
    match shared.connector.connect().await {
        Ok(idle) => Ok((idle, processes)),
        Err(error) => {
            tracing::error!(server = %shared.settings.name, %error, "the server could not be started");
            shared.guard.failed();
            Err(Fault::before(Reason::StartFailed))
        }
    }
}
