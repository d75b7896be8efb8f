//! Measures what Pontoon costs, against references in the same run.
//!
//! Machines are noisy: figures of one run are compared with each other, never
//! with those of another. CPU is that of the process under test alone, read
//! from `/proc`, not that of the load generator or of the server behind it.

mod backend;
mod contender;
mod era;
mod load;
mod process;
mod report;
mod soak;

use std::path::PathBuf;

use clap::{Args, Parser};

/// Measures and wears out `pontoon serve`.
#[derive(Debug, Parser)]
enum Task {
    /// CPU per call in front of a stdio server, as ratios to nginx as a plain proxy.
    Cost(Arguments),
    /// Mixed load of all eras with faults, then a look at what is left over.
    Soak(soak::Arguments),
}

/// What to measure.
#[derive(Debug, Args)]
struct Arguments {
    /// The program under test; build it with `cargo build --release -p pontoon`.
    #[arg(long, default_value = "target/release/pontoon")]
    pontoon: PathBuf,
    /// The stdio server behind it; build it with `cargo build --release -p pontoon-testkit`.
    #[arg(long, default_value = "target/release/pontoon-test-child")]
    child: PathBuf,
    /// Calls in flight.
    #[arg(long, default_value_t = 16)]
    in_flight: usize,
    /// Calls of one measurement.
    #[arg(long, default_value_t = 20_000)]
    calls: usize,
    /// Measurements of each contender, taken in turn; medians are reported.
    #[arg(long, default_value_t = 3)]
    rounds: usize,
    /// Fail if a call through a shared server costs more than this many times nginx's CPU.
    #[arg(long)]
    limit: Option<f64>,
}

fn main() -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let arguments = match Task::parse() {
        Task::Cost(arguments) => arguments,
        Task::Soak(arguments) => return runtime.block_on(soak::run(&arguments)),
    };
    let report = runtime.block_on(run(&arguments))?;
    print!("{report}");
    match arguments.limit {
        Some(limit) => report.check(limit),
        None => Ok(()),
    }
}

async fn run(arguments: &Arguments) -> anyhow::Result<report::Report> {
    let startup = contender::startup(arguments).await?;
    let contenders = contender::all(arguments).await?;
    let mut report = report::Report::new(startup);
    for round in 1..=arguments.rounds {
        for contender in &contenders {
            eprintln!("round {round}/{}: {}", arguments.rounds, contender.name());
            report.add(contender.name(), contender.measure(arguments).await?);
        }
    }
    Ok(report)
}
