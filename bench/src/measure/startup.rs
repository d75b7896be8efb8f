//! From nothing to the first answer, and memory then.

use std::time::Instant;

use crate::report::Table;
use crate::subject::{Programs, Subject};

/// Starts of each program; the best counts, since everything else on the machine only adds.
const STARTS: usize = 5;

/// Measures every program that answers MCP, and Pontoon with nothing behind it.
pub(crate) async fn run(programs: &Programs) -> anyhow::Result<Table> {
    let mut table = Table::new("start-up", &["first answer ms", "RSS KiB"]);
    let mut subjects = programs.subjects()?;
    subjects.retain(Subject::speaks_mcp);
    for subject in subjects {
        eprintln!("start-up: {}", subject.name());
        let (first, resident) = best(&subject).await?;
        table.row(&subject.name(), None, vec![first.into(), resident.into()]);
    }
    Ok(table)
}

async fn best(subject: &Subject) -> anyhow::Result<(f64, f64)> {
    let mut best = (f64::INFINITY, f64::INFINITY);
    for _ in 0..STARTS {
        let start = Instant::now();
        let running = subject.start().await?;
        let door = running.doors.last().expect("a program that starts serves an era");
        door.open().await?.run(0, 1, drop).await?;
        let first = start.elapsed().as_secs_f64() * 1e3;
        best = (
            best.0.min(first),
            best.1.min(running.program.resident_kib()? as f64),
        );
    }
    Ok(best)
}
