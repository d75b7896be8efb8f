//! The official conformance suite against the built-in server behind our own front end.
//!
//! Every revision gets a gateway of its own, so that what one run leaves behind cannot help or hurt the next.

mod expectations;
mod gateway;
mod report;
mod suite;
mod verdict;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result, bail, ensure};

use crate::workspace::Workspace;
use expectations::Expectations;
use gateway::Gateway;
use report::{Report, Row};
use suite::Suite;
use verdict::judge;

/// A revision of the protocol that the suite knows.
struct Revision {
    name: &'static str,
    selection: Selection,
    /// How many scenarios count. Written down, because a suite that lost some would otherwise stay green.
    scored: usize,
}

/// How the suite is told what belongs to a revision.
#[derive(Clone, Copy)]
enum Selection {
    /// A frozen list of what the revision requires, and what is run without counting.
    Requirements,
    /// Everything that applies; for revisions older than such lists.
    Applicable,
}

const REVISIONS: [Revision; 4] = [
    Revision {
        name: "2025-03-26",
        selection: Selection::Applicable,
        scored: 1,
    },
    Revision {
        name: "2025-06-18",
        selection: Selection::Applicable,
        scored: 27,
    },
    Revision {
        name: "2025-11-25",
        selection: Selection::Requirements,
        scored: 30,
    },
    Revision {
        name: "2026-07-28",
        selection: Selection::Requirements,
        scored: 37,
    },
];

/// Runs everything; the last line on standard output counts the scenarios.
pub(crate) fn run(workspace: &Workspace, arguments: impl Iterator<Item = String>) -> Result<ExitCode> {
    let binary = binary(workspace, &arguments.collect::<Vec<_>>())?;
    let folder = workspace.root.join("conformance");
    let suite = Suite::install(&folder)?;
    let expectations = Expectations::read(&folder.join("expected-failures.toml"))?;
    let cache = folder.join(".cache");
    let mut rows = Vec::new();
    for revision in &REVISIONS {
        rows.extend(try_revision(&suite, &expectations, &binary, revision, &cache)?);
    }
    let unknown = expectations.unknown(&rows);
    ensure!(unknown.is_empty(), "no such scenario: {}", unknown.join(", "));
    let report = Report {
        binary: binary.display().to_string(),
        suite: suite.version()?,
        rows,
    };
    report.print();
    report.write(&cache.join("results.json"))?;
    Ok(report.finish())
}

fn try_revision(
    suite: &Suite,
    expectations: &Expectations,
    binary: &Path,
    revision: &Revision,
    cache: &Path,
) -> Result<Vec<Row>> {
    let scenarios = suite.scenarios(revision)?;
    let scored = scenarios.iter().filter(|scenario| scenario.scored).count();
    ensure!(
        scored == revision.scored,
        "the suite scores {scored} scenarios for {}, not {}",
        revision.name,
        revision.scored
    );
    let logs = cache.join(revision.name);
    if logs.exists() {
        fs::remove_dir_all(&logs).with_context(|| format!("cannot empty {}", logs.display()))?;
    }
    fs::create_dir_all(&logs).with_context(|| format!("cannot make {}", logs.display()))?;
    let gateway = Gateway::start(binary, &logs.join("pontoon.log"))?;
    let checks = suite.run(revision, gateway.url(), &logs);
    gateway
        .stop()
        .with_context(|| format!("see {}", logs.display()))?;
    let checks = checks?;
    let row = |scenario: suite::Scenario| {
        let expected = expectations.of(revision.name, &scenario.name);
        Row {
            revision: revision.name,
            verdict: judge(&scenario, checks.get(&scenario.name).map(Vec::as_slice), expected),
            scenario: scenario.name,
            scored: scenario.scored,
        }
    };
    Ok(scenarios.into_iter().map(row).collect())
}

/// The program named by `--bin`, else the newest kind that was built.
fn binary(workspace: &Workspace, arguments: &[String]) -> Result<PathBuf> {
    match arguments {
        [] => ["release/pontoon", "debug/pontoon"]
            .into_iter()
            .map(|path| workspace.target.join(path))
            .find(|path| path.is_file())
            .context("no pontoon was built: cargo build -p pontoon, or --bin PATH"),
        [flag, path] if flag == "--bin" => {
            fs::canonicalize(path).with_context(|| format!("no such file: {path}"))
        }
        _ => bail!("usage: cargo xtask conformance [--bin PATH]"),
    }
}
