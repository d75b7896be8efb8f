//! `cargo xtask fuzz`: libFuzzer on each target for a while, with the one
//! stable toolchain: coverage comes from LLVM's pass, which a code generation
//! option turns on.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, bail, ensure};

use crate::workspace::Workspace;

/// What turns coverage on for every crate that is compiled.
const COVERAGE: &str = "-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
    -Cllvm-args=-sanitizer-coverage-trace-compares --cfg fuzzing";
/// Naming a target keeps the flags away from build scripts.
const PLATFORM: &str = "x86_64-unknown-linux-gnu";
const DEFAULT_SECONDS: u32 = 60;
/// Larger inputs find little that smaller ones do not.
const MAX_LEN: u32 = 4096;

/// `[TARGET…] [--seconds N]`
struct Options {
    targets: Vec<String>,
    seconds: u32,
}

/// Builds the fuzzer and runs it on the targets that `arguments` name, or on all.
pub(crate) fn run(workspace: &Workspace, arguments: impl Iterator<Item = String>) -> anyhow::Result<()> {
    let home = workspace.root.join("fuzz");
    let options = Options::read(arguments, &home)?;
    let built = workspace.root.join("target/fuzz");
    build(&home.join("libfuzzer"), &built)?;
    let program = built.join(PLATFORM).join("release/pontoon-libfuzzer");
    let mut failed = Vec::new();
    for target in &options.targets {
        println!("fuzzing {target} for {} s", options.seconds);
        if !fuzz(&program, &home, &built, target, options.seconds)? {
            failed.push(target.as_str());
        }
    }
    println!(
        "{} passed, {} failed",
        options.targets.len() - failed.len(),
        failed.len()
    );
    ensure!(
        failed.is_empty(),
        "inputs that break {} are in fuzz/corpus: mend what they show and keep them",
        failed.join(", ")
    );
    Ok(())
}

impl Options {
    fn read(mut arguments: impl Iterator<Item = String>, home: &Path) -> anyhow::Result<Self> {
        let mut targets = Vec::new();
        let mut seconds = DEFAULT_SECONDS;
        while let Some(argument) = arguments.next() {
            if argument == "--seconds" {
                let value = arguments.next().context("--seconds takes a number")?;
                seconds = value
                    .parse()
                    .with_context(|| format!("--seconds takes a number, not {value:?}"))?;
            } else {
                targets.push(argument);
            }
        }
        let known = known_targets(home)?;
        if let Some(unknown) = targets.iter().find(|target| !known.contains(target)) {
            bail!("there is no target {unknown:?}; there are {}", known.join(", "));
        }
        let targets = if targets.is_empty() { known } else { targets };
        Ok(Self { targets, seconds })
    }
}

/// Every target has a corpus folder; a test sees to that.
fn known_targets(home: &Path) -> anyhow::Result<Vec<String>> {
    let entries = std::fs::read_dir(home.join("corpus"))?;
    let names = entries.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()));
    let mut names = names.collect::<anyhow::Result<Vec<_>>>()?;
    names.sort_unstable();
    Ok(names)
}

fn build(home: &Path, built: &Path) -> anyhow::Result<()> {
    let status = Command::new("cargo")
        .args(["build", "--quiet", "--release", "--target", PLATFORM])
        .current_dir(home)
        .env("RUSTFLAGS", COVERAGE)
        .env("CARGO_TARGET_DIR", built)
        .status()?;
    ensure!(status.success(), "the fuzzer does not build");
    Ok(())
}

/// One target. What it learns stays below `target/`; an input that breaks a
/// rule is put into the corpus, where `cargo test` finds it from then on.
fn fuzz(program: &Path, home: &Path, built: &Path, target: &str, seconds: u32) -> anyhow::Result<bool> {
    let learnt: PathBuf = built.join("learnt").join(target);
    std::fs::create_dir_all(&learnt)?;
    let corpus = home.join("corpus").join(target);
    let mut found = corpus.clone().into_os_string();
    found.push("/found-");
    let status = Command::new(program)
        .env("PONTOON_FUZZ_TARGET", target)
        .arg(&learnt)
        .arg(&corpus)
        .arg(format!("-max_total_time={seconds}"))
        .arg(format!("-max_len={MAX_LEN}"))
        .arg("-timeout=10")
        .arg("-print_final_stats=1")
        .arg(format!("-artifact_prefix={}", found.to_string_lossy()))
        .status()?;
    Ok(status.success())
}
