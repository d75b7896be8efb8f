//! `cargo xtask bench` and `cargo xtask soak`: build what is measured as users
//! build it, then hand over to `pontoon-bench`.

use std::process::{Command, ExitCode};

use anyhow::ensure;

use crate::workspace::Workspace;

/// What `cargo xtask bench` can be asked for; everything, unless it is asked.
const MEASUREMENTS: [&str; 5] = ["all", "cost", "idle", "connect", "startup"];

/// `cargo xtask bench [MEASUREMENT] [OPTION…]`
pub(crate) fn run(
    workspace: &Workspace,
    arguments: impl Iterator<Item = String>,
) -> anyhow::Result<ExitCode> {
    let mut arguments = arguments.peekable();
    let measurement = arguments
        .next_if(|first| MEASUREMENTS.contains(&first.as_str()))
        .unwrap_or_else(|| "all".to_owned());
    build(
        workspace,
        &["-p", "pontoon", "-p", "pontoon-testkit", "-p", "pontoon-bench"],
    )?;
    // By itself: what it needs of rmcp must not get into the program that is measured.
    build(workspace, &["-p", "pontoon-servers", "--example", "rmcp_http"])?;
    let release = workspace.target.join("release");
    let mut bench = bench(workspace, &measurement);
    bench.arg("--rmcp").arg(release.join("examples/rmcp_http"));
    finish(bench.args(arguments))
}

/// `cargo xtask soak [OPTION…]`
pub(crate) fn soak(
    workspace: &Workspace,
    arguments: impl Iterator<Item = String>,
) -> anyhow::Result<ExitCode> {
    build(
        workspace,
        &["-p", "pontoon", "-p", "pontoon-testkit", "-p", "pontoon-bench"],
    )?;
    finish(bench(workspace, "soak").args(arguments))
}

fn build(workspace: &Workspace, what: &[&str]) -> anyhow::Result<()> {
    eprintln!(
        "building {} as users do, which takes minutes the first time",
        what.join(" ")
    );
    let built = Command::new("cargo")
        .args(["build", "--release", "--quiet"])
        .args(what)
        .current_dir(&workspace.root)
        .status()?;
    ensure!(built.success(), "what is to be measured does not build");
    Ok(())
}

fn bench(workspace: &Workspace, task: &str) -> Command {
    let release = workspace.target.join("release");
    let mut bench = Command::new(release.join("pontoon-bench"));
    bench
        .arg(task)
        .arg("--pontoon")
        .arg(release.join("pontoon"))
        .arg("--child")
        .arg(release.join("pontoon-test-child"));
    bench
}

fn finish(command: &mut Command) -> anyhow::Result<ExitCode> {
    let code = if command.status()?.success() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    };
    Ok(code)
}
