//! Medians and ratios.

use std::fmt;
use std::time::Duration;

use crate::contender::{Figures, Startup};

/// Everything that was measured.
pub(crate) struct Report {
    startup: Startup,
    rows: Vec<(String, Vec<Figures>)>,
}

impl Report {
    pub(crate) fn new(startup: Startup) -> Self {
        Self {
            startup,
            rows: Vec::new(),
        }
    }

    pub(crate) fn add(&mut self, name: &str, figures: Figures) {
        match self.rows.iter_mut().find(|(known, _)| known == name) {
            Some((_, rounds)) => rounds.push(figures),
            None => self.rows.push((name.to_owned(), vec![figures])),
        }
    }

    fn reference(&self) -> Option<Duration> {
        let (_, rounds) = self.rows.iter().find(|(name, _)| name.starts_with("nginx"))?;
        Some(median(rounds.iter().map(|figures| figures.cpu_per_call)))
    }

    /// Fails if a call through a shared server costs more than `limit` times nginx's.
    pub(crate) fn check(&self, limit: f64) -> anyhow::Result<()> {
        let Some(reference) = self.reference() else {
            return Ok(());
        };
        for (name, rounds) in self.rows.iter().filter(|(name, _)| name.contains("shared")) {
            let cpu = median(rounds.iter().map(|figures| figures.cpu_per_call));
            let ratio = cpu.as_secs_f64() / reference.as_secs_f64();
            anyhow::ensure!(
                ratio <= limit,
                "{name}: {ratio:.2} times nginx's CPU per call, allowed are {limit}"
            );
        }
        Ok(())
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let first_answer = self.startup.first_answer.as_secs_f64() * 1e3;
        writeln!(
            f,
            "start to first answer {first_answer:.1} ms, {} KiB resident then\n",
            self.startup.resident_kib
        )?;
        writeln!(
            f,
            "{:34} {:>9} {:>6} {:>9} {:>9} {:>10} {:>9}",
            "", "CPU/call", "ratio", "p50", "p99", "calls/s", "RSS KiB"
        )?;
        let reference = self.reference();
        for (name, rounds) in &self.rows {
            let cpu = median(rounds.iter().map(|figures| figures.cpu_per_call));
            let ratio = reference.map(|reference| cpu.as_secs_f64() / reference.as_secs_f64());
            let ratio = ratio.map_or_else(|| "-".to_owned(), |ratio| format!("{ratio:.2}"));
            let p50 = median(rounds.iter().map(|figures| quantile(&figures.latencies, 50)));
            let p99 = median(rounds.iter().map(|figures| quantile(&figures.latencies, 99)));
            let rate = median(rounds.iter().map(|figures| Duration::from_secs_f64(figures.rate)));
            let resident = rounds
                .iter()
                .map(|figures| figures.resident_kib)
                .max()
                .unwrap_or(0);
            writeln!(
                f,
                "{name:34} {:>6.1} µs {ratio:>6} {:>6.0} µs {:>6.0} µs {:>10.0} {resident:>9}",
                micros(cpu),
                micros(p50),
                micros(p99),
                rate.as_secs_f64(),
            )?;
        }
        Ok(())
    }
}

fn micros(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e6
}

fn median(values: impl Iterator<Item = Duration>) -> Duration {
    let mut values: Vec<_> = values.collect();
    values.sort_unstable();
    values[values.len() / 2]
}

fn quantile(sorted: &[Duration], percent: usize) -> Duration {
    sorted[(sorted.len() - 1) * percent / 100]
}
