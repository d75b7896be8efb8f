//! The official conformance suite, with the gateway on either side of it.
//!
//! As a client it meets the gateway in front of the built-in server, of a legacy and of a modern one that are reached over
//! HTTP; as a server it judges what the gateway sends there for a client. Every revision gets processes of its own, so that
//! what one run leaves behind cannot help or hurt the next.

mod expectations;
mod gateway;
mod report;
mod suite;
mod trial;
mod verdict;

use std::fs;
use std::path::PathBuf;
use std::process::{Command, ExitCode};

use anyhow::{Context, Result, bail, ensure};

use crate::workspace::Workspace;
use expectations::Expectations;
use report::Report;
use suite::Suite;
use trial::Trial;

/// A revision of the protocol that the suite knows.
struct Revision {
    name: &'static str,
    selection: Selection,
    /// How many scenarios for servers count. Written down, because a suite that lost some would otherwise stay green.
    scored: usize,
    /// Likewise for clients, those about authorization left out: the gateway has no part in that yet.
    scored_clients: usize,
    /// Which of the two reference servers speaks it.
    era: &'static str,
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
        scored_clients: 0,
        era: "legacy",
    },
    Revision {
        name: "2025-06-18",
        selection: Selection::Applicable,
        scored: 27,
        scored_clients: 0,
        era: "legacy",
    },
    Revision {
        name: "2025-11-25",
        selection: Selection::Requirements,
        scored: 30,
        scored_clients: 4,
        era: "legacy",
    },
    Revision {
        name: "2026-07-28",
        selection: Selection::Requirements,
        scored: 37,
        scored_clients: 7,
        era: "modern",
    },
];

/// Runs everything; the last line on standard output counts the scenarios.
pub(crate) fn run(workspace: &Workspace, arguments: impl Iterator<Item = String>) -> Result<ExitCode> {
    let binary = binary(workspace, &arguments.collect::<Vec<_>>())?;
    let folder = workspace.root.join("conformance");
    let trial = Trial {
        suite: Suite::install(&folder)?,
        expectations: Expectations::read(&folder.join("expected-failures.toml"))?,
        reference: reference(workspace)?,
        cache: folder.join(".cache"),
        binary,
    };
    let mut rows = Vec::new();
    for revision in &REVISIONS {
        rows.extend(trial.servers(revision)?);
        rows.extend(trial.clients(revision)?);
    }
    let unknown = trial.expectations.unknown(&rows);
    ensure!(unknown.is_empty(), "no such scenario: {}", unknown.join(", "));
    let report = Report {
        binary: trial.binary.display().to_string(),
        suite: trial.suite.version()?,
        rows,
    };
    report.print();
    report.write(&trial.cache.join("results.json"))?;
    Ok(report.finish())
}

/// `rmcp`'s own transport with the same server behind it, which the gateway is compared with.
fn reference(workspace: &Workspace) -> Result<PathBuf> {
    let built = Command::new("cargo")
        .args([
            "build",
            "--quiet",
            "--locked",
            "-p",
            "pontoon-servers",
            "--example",
            "rmcp_http",
        ])
        .current_dir(&workspace.root)
        .status()?;
    ensure!(built.success(), "the reference server does not build");
    Ok(workspace.target.join("debug/examples/rmcp_http"))
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
