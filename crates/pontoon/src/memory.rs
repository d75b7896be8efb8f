//! Memory that a crowd has left goes back to the system.
//!
//! An allocator keeps what was freed for the next time. After ten thousand clients that can be hundreds of megabytes, for a
//! next time that may never come, and whoever looks at the process sees a leak.

use std::time::Duration;

use pontoon_broker::Endpoint;
use pontoon_downstream::Gateway;
use tokio::time::MissedTickBehavior;

/// How often the crowd is counted.
const INTERVAL: Duration = Duration::from_secs(5);
/// So many must have left: below that it is not worth the work.
const CROWD: usize = 256;

/// The most that were there since the last time that memory was given back.
#[derive(Debug, Default)]
struct HighWater(usize);

impl HighWater {
    /// Notes how many are there now; true if most of a crowd has left.
    fn has_ebbed(&mut self, now: usize) -> bool {
        let left = self.0.saturating_sub(now);
        if left >= CROWD && now <= self.0 / 2 {
            self.0 = now;
            return true;
        }
        self.0 = self.0.max(now);
        false
    }
}

/// Looks after it for as long as it is polled.
pub(crate) async fn give_back(gateway: Gateway<Endpoint>) {
    let mut high_water = HighWater::default();
    let mut interval = tokio::time::interval(INTERVAL);
    interval.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        interval.tick().await;
        let held = gateway.counters();
        if high_water.has_ebbed(held.connections + held.sessions) {
            // It takes the allocator's locks and walks through its lists.
            let _ = tokio::task::spawn_blocking(trim).await;
        }
    }
}

#[cfg(target_env = "gnu")]
fn trim() {
    // SAFETY: malloc_trim(3) is safe in programs with threads and takes no pointer.
    let released = unsafe { libc::malloc_trim(0) };
    tracing::debug!(released, "gave free memory back to the system");
}

/// Other allocators have ways of their own.
#[cfg(not(target_env = "gnu"))]
fn trim() {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_given_back_once_when_most_of_a_crowd_has_left() {
        let mut high_water = HighWater::default();
        let counts = [0, 200, 0, 1000, 900, 501, 500, 100, 0, 300, 280, 40];
        let ebbs: Vec<_> = counts
            .into_iter()
            .filter(|count| high_water.has_ebbed(*count))
            .collect();
        assert_eq!(ebbs, [500, 100, 40]);
    }
}
