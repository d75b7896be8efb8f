//! The rmcp client of the interoperability suite.
//!
//! Runs one cell (a JSON object in argv, written by the runner) against a URL and prints one JSON line per check, like
//! its twins `clients/checks.mjs` and `clients/checks.py`.

mod cell;
mod checks;
mod client;
mod handler;
mod report;
mod watch;

use std::time::Instant;

use anyhow::Context as _;

use crate::{cell::Cell, checks::Checks, client::Client, report::Report};

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let argument = std::env::args()
        .nth(1)
        .context("usage: pontoon-interop-rmcp CELL-AS-JSON")?;
    let cell: Cell = serde_json::from_str(&argument).context("the cell is not what the runner writes")?;
    let report = Report::new(&cell);
    let started = Instant::now();
    let client = match Client::connect(&cell, &cell.url).await {
        Ok(client) => client,
        Err(error) => {
            for check in ["connect"]
                .into_iter()
                .chain(cell.checks.iter().map(String::as_str))
                .chain(["close"])
            {
                report.line(check, &Err(anyhow::anyhow!("not connected: {error:#}")), started);
            }
            return Ok(());
        }
    };
    report.line("connect", &client.expect_peer(&cell), started);
    let checks = Checks {
        client: &client,
        cell: &cell,
    };
    for check in &cell.checks {
        report.run(check, checks.run(check)).await;
    }
    report.run("close", client.close()).await;
    Ok(())
}
