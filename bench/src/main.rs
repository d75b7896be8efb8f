//! Measures what Pontoon costs, against references in the same run.
//!
//! Machines are noisy: figures of one run are compared with each other, never
//! with those of another. CPU and memory are those of the program under test
//! alone, read from `/proc`, not those of the load generator or of the server
//! behind it.

mod backend;
mod client;
mod connection;
mod era;
mod measure;
mod process;
mod report;
mod soak;
mod subject;

use clap::{Args, Parser};

use crate::measure::{connect, cost, idle, startup};
use crate::report::Table;
use crate::subject::Programs;

/// Measures and wears out `pontoon serve`.
#[derive(Debug, Parser)]
enum Task {
    /// Everything but the wear: start-up, cost, connect and idle.
    All(Everything),
    /// CPU per call and latency, as ratios to nginx as a plain proxy and to rmcp's own server.
    Cost(With<cost::Settings>),
    /// Memory of idle streams and sessions; streams held without a drop.
    Idle(With<idle::Settings>),
    /// Clients that connect, call once and leave.
    Connect(With<connect::Settings>),
    /// From nothing to the first answer, and memory then.
    Startup(With<Nothing>),
    /// Mixed load of all eras with faults, then a look at what is left over.
    Soak(soak::Arguments),
}

/// One measurement.
#[derive(Debug, Args)]
struct With<S: Args> {
    #[command(flatten)]
    common: Common,
    #[command(flatten)]
    settings: S,
}

/// All of them.
#[derive(Debug, Args)]
struct Everything {
    #[command(flatten)]
    common: Common,
    #[command(flatten)]
    cost: cost::Settings,
    #[command(flatten)]
    idle: idle::Settings,
    #[command(flatten)]
    connect: connect::Settings,
}

#[derive(Debug, Args)]
struct Common {
    #[command(flatten)]
    programs: Programs,
    /// Print one JSON object instead of tables.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
struct Nothing {}

fn main() -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(run(Task::parse()))
}

async fn run(task: Task) -> anyhow::Result<()> {
    let (common, tables) = match task {
        Task::All(task) => {
            let programs = &task.common.programs;
            let mut tables = vec![
                startup::run(programs).await?,
                cost::run(programs, &task.cost).await?,
                connect::run(programs, &task.connect).await?,
            ];
            tables.extend(idle::run(programs, &task.idle).await?);
            (task.common, tables)
        }
        Task::Cost(With { common, settings }) => {
            let table = cost::run(&common.programs, &settings).await?;
            (common, vec![table])
        }
        Task::Idle(With { common, settings }) => {
            let tables = idle::run(&common.programs, &settings).await?;
            (common, tables)
        }
        Task::Connect(With { common, settings }) => {
            let table = connect::run(&common.programs, &settings).await?;
            (common, vec![table])
        }
        Task::Startup(With { common, .. }) => {
            let table = startup::run(&common.programs).await?;
            (common, vec![table])
        }
        Task::Soak(arguments) => return soak::run(&arguments).await,
    };
    print(&common, &tables);
    let exceeded: Vec<_> = tables.iter().flat_map(Table::exceeded).cloned().collect();
    anyhow::ensure!(
        exceeded.is_empty(),
        "above what is allowed:\n{}",
        exceeded.join("\n")
    );
    Ok(())
}

fn print(common: &Common, tables: &[Table]) {
    if common.json {
        let tables: Vec<_> = tables.iter().map(Table::to_json).collect();
        println!("{}", serde_json::json!({"version": 1, "tables": tables}));
    } else {
        for table in tables {
            println!("{table}");
        }
    }
}
