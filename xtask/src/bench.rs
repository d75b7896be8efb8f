//! `cargo xtask bench` and `cargo xtask soak`: build what is measured as users
//! build it, then hand over to `pontoon-bench`.

use std::process::{Command, ExitCode};

use anyhow::{Context as _, ensure};

use crate::workspace::Workspace;

/// What `pontoon-bench` is to do.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Task {
    /// What a call costs.
    Cost,
    /// What is left after a mixed load with faults.
    Soak,
}

impl Task {
    fn name(self) -> &'static str {
        match self {
            Self::Cost => "cost",
            Self::Soak => "soak",
        }
    }
}

/// Builds the program, the server behind it and the load generator, and runs
/// the task with `arguments` (`--help` lists them).
pub(crate) fn run(
    workspace: &Workspace,
    task: Task,
    arguments: impl Iterator<Item = String>,
) -> anyhow::Result<ExitCode> {
    let packages = ["pontoon", "pontoon-testkit", "pontoon-bench"];
    let built = Command::new("cargo")
        .args(["build", "--release", "--quiet"])
        .args(packages.iter().flat_map(|package| ["-p", package]))
        .current_dir(&workspace.root)
        .status()?;
    ensure!(built.success(), "what is to be measured does not build");
    let release = workspace.target.join("release");
    let status = Command::new(release.join("pontoon-bench"))
        .arg(task.name())
        .arg("--pontoon")
        .arg(release.join("pontoon"))
        .arg("--child")
        .arg(release.join("pontoon-test-child"))
        .args(arguments)
        .status()
        .context("cannot start pontoon-bench")?;
    Ok(if status.success() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
