//! The endpoint's own task, and its end.

use std::sync::{Arc, Weak};
use std::time::Duration;

use pontoon_translate::Reason;
use tokio::time::{Instant, MissedTickBehavior};

use crate::endpoint::Shared;

/// How often time-outs and idle servers are looked for. Clients that went
/// away are seen at once.
const TICK: Duration = Duration::from_millis(250);

/// How often the end of the last exchanges is looked for while draining.
const DRAIN_TICK: Duration = Duration::from_millis(10);

/// Looks after all leases until the endpoint is gone.
pub(crate) async fn run(shared: Weak<Shared>) {
    let mut ticks = tokio::time::interval(TICK);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let Some(bell) = shared.upgrade().map(|shared| Arc::clone(&shared.bell)) else {
        return;
    };
    loop {
        tokio::select! {
            _ = ticks.tick() => {}
            () = bell.notified() => {}
        }
        let Some(shared) = shared.upgrade() else { return };
        for lease in shared.living() {
            lease.sweep();
        }
        shared.close_unused();
    }
}

/// Ends listeners, lets exchanges finish for a while, then stops every server.
pub(crate) async fn drain(shared: &Arc<Shared>) {
    shared.start_draining();
    for lease in shared.living() {
        lease.end_listeners();
    }
    let deadline = Instant::now() + shared.settings.drain;
    while shared.living().iter().any(|lease| lease.in_flight() > 0) && Instant::now() < deadline {
        tokio::time::sleep(DRAIN_TICK).await;
    }
    for lease in shared.living() {
        lease.close(Reason::ShuttingDown);
    }
    shared.pool.close().await;
    for task in shared.take_retired() {
        // A panic while stopping one server must not keep the others running.
        let _ = task.await;
    }
}
