//! Keeps a noisy peer from filling our log.

use std::time::{Duration, Instant};

/// A token bucket for log lines. Pure: time is a parameter.
#[derive(Debug)]
pub struct Throttle {
    burst: u32,
    refill: Duration,
    tokens: u32,
    refilled: Option<Instant>,
    suppressed: u64,
}

/// Whether a line may be logged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Admission {
    /// Log it, and say that this many lines before it were not.
    Log {
        /// Lines left out since the last one that was logged.
        suppressed: u64,
    },
    /// Leave it out.
    Suppress,
}

impl Throttle {
    /// Lets `burst` lines through at once and then one for each `refill`.
    pub fn new(burst: u32, refill: Duration) -> Self {
        Self {
            burst,
            refill,
            tokens: burst,
            refilled: None,
            suppressed: 0,
        }
    }

    /// Decides about one line.
    pub fn admit(&mut self, now: Instant) -> Admission {
        self.refill(now);
        if self.tokens == 0 {
            self.suppressed += 1;
            return Admission::Suppress;
        }
        self.tokens -= 1;
        Admission::Log {
            suppressed: std::mem::take(&mut self.suppressed),
        }
    }

    fn refill(&mut self, now: Instant) {
        let since = *self.refilled.get_or_insert(now);
        let earned = now.saturating_duration_since(since).as_nanos() / self.refill.as_nanos().max(1);
        if earned > 0 {
            self.tokens = self.burst.min(
                self.tokens
                    .saturating_add(u32::try_from(earned).unwrap_or(u32::MAX)),
            );
            self.refilled = Some(now);
        }
    }
}

impl Default for Throttle {
    /// 20 lines at once, then 5 each second.
    fn default() -> Self {
        Self::new(20, Duration::from_millis(200))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_is_cut_and_the_next_line_tells_how_much_was_left_out() {
        let start = Instant::now();
        let mut throttle = Throttle::new(2, Duration::from_secs(1));
        let verdicts: Vec<_> = (0..4).map(|_| throttle.admit(start)).collect();
        let logged = Admission::Log { suppressed: 0 };
        assert_eq!(
            verdicts,
            [logged, logged, Admission::Suppress, Admission::Suppress]
        );
        let later = throttle.admit(start + Duration::from_millis(1500));
        assert_eq!(later, Admission::Log { suppressed: 2 });
        assert_eq!(
            throttle.admit(start + Duration::from_millis(1600)),
            Admission::Suppress
        );
    }
}
