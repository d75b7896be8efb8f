//! The endpoint's own task, and its end.

use std::sync::{Arc, Weak};
use std::time::Duration;

use pontoon_translate::Reason;
use tokio::time::{Instant, MissedTickBehavior};

use crate::shared::Shared;

/// How often time-outs and idle servers are looked for. Clients that went
/// away are seen at once.
const TICK: Duration = Duration::from_millis(250);

/// What rests between two rounds: many clients that go away at once cost one
/// round together.
const REST: Duration = Duration::from_millis(20);

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
            biased;
            _ = ticks.tick() => {}
            () = bell.notified() => {}
        }
        let Some(shared) = shared.upgrade() else { return };
        for lease in shared.registry.living() {
            lease.sweep();
        }
        shared.registry.close_unused(shared.settings.idle);
        shared.freed.notify_waiters();
        shared.crashes.forget_calm();
        drop(shared);
        tokio::time::sleep(REST).await;
    }
}

/// Ends listeners, lets exchanges finish for a while, then stops every server.
pub(crate) async fn drain(shared: &Arc<Shared>) {
    shared.start_draining();
    let deadline = Instant::now() + shared.settings.drain;
    while has_exchanges(shared) && Instant::now() < deadline {
        tokio::time::sleep(DRAIN_TICK).await;
    }
    for lease in shared.registry.living() {
        lease.close(Reason::ShuttingDown);
    }
    shared.pool.close().await;
    shared.finish_tasks().await;
    // Leases hold the endpoint and the endpoint holds leases.
    shared.registry.living();
}

/// Whether anybody waits for an answer. Listeners are not waited for: they
/// are ended, also those that came at the last moment.
fn has_exchanges(shared: &Shared) -> bool {
    let mut exchanges = 0;
    for lease in shared.registry.living() {
        lease.end_listeners();
        exchanges += lease.in_flight();
    }
    exchanges > 0
}
