//! How fast clients come and go: connect, shake hands, call once, end the session.

use std::time::{Duration, Instant};

use clap::Args;

use super::{Latencies, latencies, note};
use crate::process::Program;
use crate::report::{Table, micros};
use crate::subject::{Door, Programs};

/// How much to measure.
#[derive(Debug, Args)]
pub(crate) struct Settings {
    /// Clients that come and go.
    #[arg(long, default_value_t = 2_000)]
    clients: usize,
    /// As many come at the same time.
    #[arg(long, default_value_t = 8)]
    at_once: usize,
}

/// Measures every program and era that there is.
pub(crate) async fn run(programs: &Programs, settings: &Settings) -> anyhow::Result<Table> {
    let mut table = Table::new(
        "clients that connect, call once and leave",
        &["clients/s", "CPU/client µs", "p50 µs", "p99", "max"],
    );
    for subject in programs.subjects()? {
        if !subject.speaks_mcp() {
            continue;
        }
        let running = subject.start().await?;
        for door in &running.doors {
            eprintln!("connect: {}, {}", running.name, door.era.year());
            visits(door, settings.at_once * 4, settings.at_once).await?;
            let (cpu, start) = (running.program.cpu()?, Instant::now());
            let latencies = visits(door, settings.clients, settings.at_once).await?;
            let (cpu, elapsed) = (
                settled_cpu(&running.program).await?.saturating_sub(cpu),
                start.elapsed(),
            );
            let quantile = |quantile| latencies.value_at_quantile(quantile) as f64 / 1e3;
            table.row(
                &running.name,
                Some(door.era),
                vec![
                    (latencies.len() as f64 / elapsed.as_secs_f64()).into(),
                    (micros(cpu) / latencies.len() as f64).into(),
                    quantile(0.5).into(),
                    quantile(0.99).into(),
                    quantile(1.0).into(),
                ],
            );
        }
    }
    Ok(table)
}

async fn visits(door: &Door, clients: usize, at_once: usize) -> anyhow::Result<Latencies> {
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..at_once {
        let door = door.clone();
        tasks.spawn(async move {
            let mut own = latencies();
            for _ in 0..clients.div_ceil(at_once) {
                let start = Instant::now();
                let mut client = door.open().await?;
                client.run(0, 1, drop).await?;
                client.finish().await?;
                note(&mut own, start.elapsed());
            }
            anyhow::Ok(own)
        });
    }
    let mut all = latencies();
    while let Some(own) = tasks.join_next().await {
        all.add(own??)?;
    }
    Ok(all)
}

/// CPU once what the visits left behind is cleared away.
async fn settled_cpu(program: &Program) -> anyhow::Result<Duration> {
    tokio::time::sleep(Duration::from_millis(300)).await;
    program.cpu()
}
