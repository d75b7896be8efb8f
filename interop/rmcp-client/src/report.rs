//! One JSON line per check on stdout.

use std::time::{Duration, Instant};

use serde_json::json;

use crate::cell::Cell;

const DEADLINE: Duration = Duration::from_secs(20);

/// What a check found, in a few words.
pub(crate) type Finding = anyhow::Result<String>;

pub(crate) struct Report<'a> {
    cell: &'a Cell,
}

impl<'a> Report<'a> {
    pub(crate) fn new(cell: &'a Cell) -> Self {
        Self { cell }
    }

    /// Runs a check under its deadline, or says why it cannot be expressed here.
    pub(crate) async fn run(&self, check: &str, work: impl Future<Output = Finding>) {
        let started = Instant::now();
        if let Some(reason) = self.cell.skip.get(check) {
            print(&json!({"check": check, "ok": null, "detail": reason, "ms": 0}));
            return;
        }
        let finding = tokio::time::timeout(DEADLINE, work)
            .await
            .unwrap_or_else(|_| Err(anyhow::anyhow!("took longer than {} s", DEADLINE.as_secs())));
        self.line(check, &finding, started);
    }

    pub(crate) fn line(&self, check: &str, finding: &Finding, started: Instant) {
        let (ok, detail) = match finding {
            Ok(detail) => (true, detail.clone()),
            Err(error) => (false, format!("{error:#}")),
        };
        let detail: String = detail.chars().take(600).collect();
        let ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
        print(&json!({"check": check, "ok": ok, "detail": detail, "ms": ms}));
    }
}

fn print(line: &serde_json::Value) {
    println!("{line}");
}
