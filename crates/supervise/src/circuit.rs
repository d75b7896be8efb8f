//! Stops trying when a child keeps crashing.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// Limits of a [`Circuit`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CircuitSettings {
    /// This many failures within `window` open the circuit. Default 5.
    pub failures: usize,
    /// How long a failure counts. Default 60 s.
    pub window: Duration,
    /// How long an open circuit refuses before it lets one attempt through. Default 30 s.
    pub cool_down: Duration,
}

impl Default for CircuitSettings {
    fn default() -> Self {
        Self {
            failures: 5,
            window: Duration::from_secs(60),
            cool_down: Duration::from_secs(30),
        }
    }
}

/// What the circuit says to an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Go on.
    Allow,
    /// Go on: this is the one attempt that decides whether the circuit closes. Report its outcome.
    Probe,
    /// Do not try.
    Refuse {
        /// When to ask again.
        retry_after: Duration,
    },
}

/// A circuit breaker. Pure: time is a parameter and has to be monotonic.
#[derive(Clone, Debug)]
pub struct Circuit {
    settings: CircuitSettings,
    state: State,
}

#[derive(Clone, Debug)]
enum State {
    Closed {
        failures: VecDeque<Instant>,
    },
    Open {
        until: Instant,
    },
    /// One attempt is under way. If its outcome is never reported another may follow after `until`.
    HalfOpen {
        until: Instant,
    },
}

impl Circuit {
    /// A closed circuit.
    pub fn new(settings: CircuitSettings) -> Self {
        Self {
            settings,
            state: State::Closed {
                failures: VecDeque::new(),
            },
        }
    }

    /// May a new attempt start?
    pub fn attempt(&mut self, now: Instant) -> Verdict {
        match self.state {
            State::Closed { .. } => Verdict::Allow,
            State::Open { until } | State::HalfOpen { until } if now < until => Verdict::Refuse {
                retry_after: until - now,
            },
            State::Open { .. } | State::HalfOpen { .. } => {
                self.state = State::HalfOpen {
                    until: now + self.settings.cool_down,
                };
                Verdict::Probe
            }
        }
    }

    /// Whether attempts are refused at this moment. Changes nothing.
    pub fn is_open(&self, now: Instant) -> bool {
        match self.state {
            State::Closed { .. } => false,
            State::Open { until } | State::HalfOpen { until } => now < until,
        }
    }

    /// Whether nothing is remembered that still matters.
    pub fn is_calm(&self, now: Instant) -> bool {
        let over = |since: Instant| now.saturating_duration_since(since) >= self.settings.window;
        match &self.state {
            State::Closed { failures } => failures.back().is_none_or(|last| over(*last)),
            State::Open { until } | State::HalfOpen { until } => over(*until),
        }
    }

    /// Forgets every failure.
    pub fn reset(&mut self) {
        self.state = State::Closed {
            failures: VecDeque::new(),
        };
    }

    /// An attempt worked: the child came up and answered.
    pub fn succeeded(&mut self) {
        match &mut self.state {
            // Failures age by time alone: a child that crashes at every fourth call must not hide behind three answers.
            State::Closed { .. } => {}
            State::Open { .. } | State::HalfOpen { .. } => self.reset(),
        }
    }

    /// An attempt was given up before it showed anything: the next may be made at once.
    pub fn abandoned(&mut self, now: Instant) {
        if let State::HalfOpen { .. } = self.state {
            self.state = State::Open { until: now };
        }
    }

    /// An attempt failed, or a running child crashed.
    pub fn failed(&mut self, now: Instant) {
        let opened = State::Open {
            until: now + self.settings.cool_down,
        };
        match &mut self.state {
            State::Closed { failures } => {
                failures.retain(|at| now.saturating_duration_since(*at) < self.settings.window);
                failures.push_back(now);
                if failures.len() >= self.settings.failures {
                    self.state = opened;
                }
            }
            State::HalfOpen { .. } => self.state = opened,
            State::Open { .. } => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SETTINGS: CircuitSettings = CircuitSettings {
        failures: 3,
        window: Duration::from_secs(10),
        cool_down: Duration::from_secs(5),
    };

    fn opened(start: Instant) -> Circuit {
        let mut circuit = Circuit::new(SETTINGS);
        (0..3).for_each(|_| circuit.failed(start));
        circuit
    }

    #[test]
    fn it_opens_only_after_enough_failures_within_the_window() {
        let start = Instant::now();
        let mut circuit = Circuit::new(SETTINGS);
        for second in [0, 4, 11, 15] {
            circuit.failed(start + Duration::from_secs(second));
            assert_eq!(
                circuit.attempt(start + Duration::from_secs(second)),
                Verdict::Allow,
                "{second}"
            );
        }
        circuit.failed(start + Duration::from_secs(16));
        let verdict = circuit.attempt(start + Duration::from_secs(17));
        assert_eq!(
            verdict,
            Verdict::Refuse {
                retry_after: Duration::from_secs(4)
            }
        );
    }

    #[test]
    fn one_probe_goes_through_after_the_cool_down_and_success_closes() {
        let start = Instant::now();
        let mut circuit = opened(start);
        let later = start + Duration::from_secs(5);
        assert_eq!(circuit.attempt(later), Verdict::Probe);
        assert_eq!(
            circuit.attempt(later),
            Verdict::Refuse {
                retry_after: Duration::from_secs(5)
            }
        );
        circuit.succeeded();
        assert_eq!(circuit.attempt(later), Verdict::Allow);
    }

    #[test]
    fn a_probe_that_is_given_up_is_not_used_up() {
        let start = Instant::now();
        let mut circuit = opened(start);
        circuit.abandoned(start);
        assert!(circuit.is_open(start), "only a probe can be given up");
        let later = start + Duration::from_secs(5);
        assert_eq!(circuit.attempt(later), Verdict::Probe);
        circuit.abandoned(later);
        assert_eq!(circuit.attempt(later), Verdict::Probe);
    }

    #[test]
    fn a_failed_probe_opens_it_again_at_once() {
        let start = Instant::now();
        let mut circuit = opened(start);
        let later = start + Duration::from_secs(6);
        assert_eq!(circuit.attempt(later), Verdict::Probe);
        circuit.failed(later);
        assert!(circuit.is_open(later));
        assert_eq!(circuit.attempt(later + Duration::from_secs(5)), Verdict::Probe);
    }

    #[test]
    fn it_is_calm_when_what_it_remembers_is_out_of_date() {
        let start = Instant::now();
        let mut circuit = Circuit::new(SETTINGS);
        assert!(circuit.is_calm(start));
        circuit.failed(start);
        assert!(!circuit.is_calm(start + Duration::from_secs(9)));
        assert!(circuit.is_calm(start + Duration::from_secs(10)));
        let circuit = opened(start);
        assert!(!circuit.is_calm(start + Duration::from_secs(14)));
        assert!(circuit.is_calm(start + Duration::from_secs(15)));
    }

    #[test]
    fn a_probe_whose_outcome_nobody_reports_does_not_lock_it_for_ever() {
        let start = Instant::now();
        let mut circuit = opened(start);
        assert_eq!(circuit.attempt(start + Duration::from_secs(5)), Verdict::Probe);
        assert_eq!(circuit.attempt(start + Duration::from_secs(10)), Verdict::Probe);
    }
}
