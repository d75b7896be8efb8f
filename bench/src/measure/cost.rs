//! What a call costs, and how long it takes, with a fixed number in flight.

use std::time::{Duration, Instant};

use clap::Args;

use super::{Latencies, latencies, median, note, pipe};
use crate::client::Client;
use crate::era::Era;
use crate::process::Program;
use crate::report::{Ratio, Table, micros};
use crate::subject::{Door, Programs};

/// How much to measure.
#[derive(Debug, Args)]
pub(crate) struct Settings {
    /// Calls in flight.
    #[arg(long, default_value_t = 16)]
    pub(crate) in_flight: usize,
    /// Calls of one measurement.
    #[arg(long, default_value_t = 20_000)]
    pub(crate) calls: usize,
    /// Measurements of each program and era, taken in turn; medians are reported.
    #[arg(long, default_value_t = 3)]
    rounds: usize,
    /// Fail if a call through a shared server costs more than this many times nginx's CPU.
    #[arg(long)]
    limit: Option<f64>,
}

/// Names of the same server in the two eras, for everybody over a pipe.
const LEGACY: &str = "shared stdio";
const MODERN: &str = "modern stdio";

/// The figures of one round.
pub(crate) struct Figures {
    /// CPU of the program under test for one call.
    pub(crate) cpu_per_call: Duration,
    /// How long the calls took.
    pub(crate) latencies: Latencies,
    /// Calls in a second.
    pub(crate) rate: f64,
    /// Resident memory right after.
    pub(crate) resident_kib: u64,
}

/// All rounds of a program and an era.
struct Row {
    name: String,
    era: Option<Era>,
    rounds: Vec<Figures>,
}

/// Measures everything in turn.
pub(crate) async fn run(programs: &Programs, settings: &Settings) -> anyhow::Result<Table> {
    let mut running = Vec::new();
    for subject in programs.subjects()? {
        running.push(subject.start().await?);
    }
    let child = programs.child()?;
    let mut rows: Vec<Row> = Vec::new();
    for round in 1..=settings.rounds {
        eprintln!("cost, round {round}/{}: the bare pipe", settings.rounds);
        add(
            &mut rows,
            "bare pipe, the server's",
            None,
            pipe::measure(&child, settings)?,
        );
        for subject in &running {
            eprintln!("cost, round {round}/{}: {}", settings.rounds, subject.name);
            for door in &subject.doors {
                let figures = measure(&subject.program, door, settings).await?;
                add(&mut rows, &subject.name, Some(door.era), figures);
            }
        }
    }
    Ok(table(&rows, settings))
}

fn add(rows: &mut Vec<Row>, name: &str, era: Option<Era>, figures: Figures) {
    match rows.iter_mut().find(|row| row.name == name && row.era == era) {
        Some(row) => row.rounds.push(figures),
        None => rows.push(Row {
            name: name.to_owned(),
            era,
            rounds: vec![figures],
        }),
    }
}

/// One round: connect, warm up, measure.
async fn measure(program: &Program, door: &Door, settings: &Settings) -> anyhow::Result<Figures> {
    let mut clients = Vec::new();
    for _ in 0..settings.in_flight {
        clients.push(door.open().await?);
    }
    let each = settings.calls.div_ceil(settings.in_flight);
    let (clients, _) = load(clients, each.div_ceil(10)).await?;
    let (cpu, start) = (program.cpu()?, Instant::now());
    let (clients, latencies) = load(clients, each).await?;
    let (cpu, elapsed) = (program.cpu()?.saturating_sub(cpu), start.elapsed());
    let resident_kib = program.resident_kib()?;
    for client in clients {
        client.finish().await?;
    }
    Ok(Figures {
        cpu_per_call: cpu / u32::try_from(latencies.len())?,
        rate: latencies.len() as f64 / elapsed.as_secs_f64(),
        resident_kib,
        latencies,
    })
}

/// Every client makes `calls` calls, one after the other; all at the same time.
async fn load(clients: Vec<Client>, calls: usize) -> anyhow::Result<(Vec<Client>, Latencies)> {
    let mut tasks = tokio::task::JoinSet::new();
    for (name, mut client) in clients.into_iter().enumerate() {
        tasks.spawn(async move {
            let mut own = latencies();
            client.run(name, calls, |latency| note(&mut own, latency)).await?;
            anyhow::Ok((client, own))
        });
    }
    let (mut clients, mut all) = (Vec::new(), latencies());
    while let Some(done) = tasks.join_next().await {
        let (client, own) = done??;
        clients.push(client);
        all.add(own)?;
    }
    Ok((clients, all))
}

impl Row {
    fn cpu(&self) -> f64 {
        median(self.rounds.iter().map(|figures| micros(figures.cpu_per_call)))
    }

    fn quantile(&self, quantile: f64) -> f64 {
        let value = |figures: &Figures| figures.latencies.value_at_quantile(quantile) as f64 / 1e3;
        median(self.rounds.iter().map(value))
    }

    fn is_nginx(&self) -> bool {
        self.name.starts_with("nginx")
    }

    fn is_rmcp(&self) -> bool {
        self.name.starts_with("rmcp")
    }

    /// The same call without a crossing of eras, if this one crosses.
    fn straight<'a>(&self, rows: &'a [Self]) -> Option<&'a Self> {
        let of = |kind: &str| {
            rows.iter()
                .find(|row| row.era == self.era && row.name.contains(kind))
        };
        match self.era? {
            Era::Stateless if self.name.contains(LEGACY) => of(MODERN),
            Era::HttpSse | Era::Streamable if self.name.contains(MODERN) => of(LEGACY),
            _ => None,
        }
    }
}

fn table(rows: &[Row], settings: &Settings) -> Table {
    let mut table = Table::new(
        &format!("calls, {} in flight", settings.in_flight),
        &[
            "CPU/call µs",
            "× nginx",
            "× rmcp",
            "× straight",
            "p50 µs",
            "p90",
            "p99",
            "p99.9",
            "max",
            "p99/p50",
            "calls/s",
            "RSS KiB",
        ],
    );
    let nginx = rows.iter().find(|row| row.is_nginx()).map(Row::cpu);
    for row in rows {
        let rmcp = rows.iter().find(|other| other.is_rmcp() && other.era == row.era);
        if let (true, Some(nginx)) = (row.name.contains("shared stdio"), nginx) {
            let what = format!(
                "{}, {}: CPU per call, times nginx",
                row.name,
                row.era.map_or("", Era::year)
            );
            table.limit(&what, row.cpu() / nginx, settings.limit);
        }
        let (p50, p99) = (row.quantile(0.5), row.quantile(0.99));
        table.row(
            &row.name,
            row.era,
            vec![
                row.cpu().into(),
                Ratio::of(row.cpu(), nginx).into(),
                Ratio::of(row.cpu(), rmcp.map(Row::cpu)).into(),
                Ratio::of(row.cpu(), row.straight(rows).map(Row::cpu)).into(),
                p50.into(),
                row.quantile(0.9).into(),
                p99.into(),
                row.quantile(0.999).into(),
                row.quantile(1.0).into(),
                Ratio::of(p99, Some(p50)).into(),
                median(row.rounds.iter().map(|figures| figures.rate)).into(),
                (median(row.rounds.iter().map(|figures| figures.resident_kib)) as f64).into(),
            ],
        );
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(name: &str, micros: u64) -> Row {
        let mut latencies = latencies();
        note(&mut latencies, Duration::from_micros(micros));
        Row {
            name: name.to_owned(),
            era: Some(Era::Stateless),
            rounds: vec![Figures {
                cpu_per_call: Duration::from_micros(micros),
                latencies,
                rate: 1.0,
                resident_kib: 1,
            }],
        }
    }

    #[test]
    fn a_call_that_crosses_eras_is_compared_with_one_that_does_not() {
        let rows = [row("pontoon, shared stdio", 20), row("pontoon, modern stdio", 10)];
        assert_eq!(rows[0].straight(&rows).map(Row::cpu), Some(10.0));
        assert!(rows[1].straight(&rows).is_none());
    }

    #[test]
    fn a_call_that_costs_more_than_is_allowed_is_told() {
        let settings = Settings {
            in_flight: 1,
            calls: 1,
            rounds: 1,
            limit: Some(2.0),
        };
        let rows = |cpu| [row("nginx, plain proxy", 10), row("pontoon, shared stdio", cpu)];
        assert!(table(&rows(20), &settings).exceeded().is_empty());
        let table = table(&rows(25), &settings);
        assert_eq!(table.exceeded().len(), 1);
        assert!(table.exceeded()[0].contains("2.50"), "{:?}", table.exceeded());
    }
}
