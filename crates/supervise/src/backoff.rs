//! How long to wait before the next start.

use std::time::Duration;

/// Limits of a [`Backoff`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BackoffSettings {
    /// The first delay. Default 200 ms.
    pub base: Duration,
    /// No delay is longer. Default 30 s.
    pub max: Duration,
}

impl Default for BackoffSettings {
    fn default() -> Self {
        Self {
            base: Duration::from_millis(200),
            max: Duration::from_secs(30),
        }
    }
}

/// Delays that double with each failure. Half of each is random, so that many children that died of one
/// cause do not come back in step.
#[derive(Clone, Debug)]
pub struct Backoff {
    settings: BackoffSettings,
    failures: u32,
}

impl Backoff {
    /// No failure so far.
    pub fn new(settings: BackoffSettings) -> Self {
        Self {
            settings,
            failures: 0,
        }
    }

    /// Counts a failure and returns the delay after it: between half of the ceiling and the ceiling, which is
    /// `base`, twice `base`, and so on up to `max`. `random` comes from the caller; every value will do.
    pub fn next_delay(&mut self, random: u32) -> Duration {
        let factor = 1u32.checked_shl(self.failures).unwrap_or(u32::MAX);
        self.failures = self.failures.saturating_add(1);
        let ceiling = self.settings.base.saturating_mul(factor).min(self.settings.max);
        let half = ceiling / 2;
        half + half.mul_f64(f64::from(random) / f64::from(u32::MAX))
    }

    /// Failures since the last [`reset`](Self::reset).
    pub fn failures(&self) -> u32 {
        self.failures
    }

    /// It runs again.
    pub fn reset(&mut self) {
        self.failures = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MILLIS: fn(u64) -> Duration = Duration::from_millis;

    #[test]
    fn delays_double_up_to_the_maximum_and_start_over_after_a_reset() {
        let mut backoff = Backoff::new(BackoffSettings {
            base: MILLIS(100),
            max: MILLIS(500),
        });
        let delays: Vec<_> = (0..5).map(|_| backoff.next_delay(u32::MAX)).collect();
        assert_eq!(delays, [100, 200, 400, 500, 500].map(MILLIS));
        backoff.reset();
        assert_eq!(backoff.next_delay(u32::MAX), MILLIS(100));
    }

    #[test]
    fn jitter_takes_at_most_half_of_a_delay() {
        let mut backoff = Backoff::new(BackoffSettings {
            base: MILLIS(100),
            max: MILLIS(500),
        });
        assert_eq!(backoff.next_delay(0), MILLIS(50));
        let middle = backoff.next_delay(u32::MAX / 2);
        assert!(middle > MILLIS(100) && middle < MILLIS(200), "{middle:?}");
    }

    #[test]
    fn a_thousand_failures_do_not_overflow() {
        let mut backoff = Backoff::new(BackoffSettings::default());
        let last = (0..1000).map(|_| backoff.next_delay(u32::MAX)).last();
        assert_eq!(last, Some(Duration::from_secs(30)));
    }
}
