//! `cargo xtask fuzz`: libFuzzer on each target for a while, with the one
//! stable toolchain: coverage comes from LLVM's pass, which a code generation
//! option turns on.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::str::FromStr;
use std::sync::Mutex;

use anyhow::{Context as _, bail, ensure};

use crate::workspace::Workspace;

/// What turns coverage on for every crate that is compiled.
const COVERAGE: &str = "-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
    -Cllvm-args=-sanitizer-coverage-trace-compares --cfg fuzzing";
/// Naming a target keeps the flags away from build scripts.
const PLATFORM: &str = "x86_64-unknown-linux-gnu";
const DEFAULT_SECONDS: u32 = 60;
/// Lines that are shown of what a fuzzer said before it failed.
const SHOWN: usize = 40;
/// Larger inputs find little that smaller ones do not.
const MAX_LEN: u32 = 4096;

/// `[TARGET…] [--seconds N] [--jobs N] [--seed N]`
struct Options {
    targets: Vec<String>,
    seconds: u32,
    /// Targets at once.
    jobs: usize,
    /// What the inputs are drawn from; without it, another one each time.
    seed: Option<u32>,
}

/// Where the fuzzer and its inputs are.
struct Bench {
    program: PathBuf,
    corpora: PathBuf,
    /// Below it: what was learnt, and what was said.
    built: PathBuf,
}

/// Builds the fuzzer and runs it on the targets that `arguments` name, or on all.
pub(crate) fn run(workspace: &Workspace, arguments: impl Iterator<Item = String>) -> anyhow::Result<()> {
    let home = workspace.root.join("fuzz");
    let options = Options::read(arguments, &home)?;
    let built = workspace.target.join("fuzz");
    build(&home.join("libfuzzer"), &built)?;
    let bench = Bench {
        program: built.join(PLATFORM).join("release/pontoon-libfuzzer"),
        corpora: home.join("corpus"),
        built,
    };
    let failed = bench.run(&options)?;
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
        let mut jobs = std::thread::available_parallelism().map_or(1, usize::from);
        let mut seed = None;
        while let Some(argument) = arguments.next() {
            match argument.as_str() {
                "--seconds" => seconds = number(&argument, arguments.next())?,
                "--jobs" => jobs = number(&argument, arguments.next())?,
                "--seed" => seed = Some(number(&argument, arguments.next())?),
                _ => targets.push(argument),
            }
        }
        let known = known_targets(home)?;
        if let Some(unknown) = targets.iter().find(|target| !known.contains(target)) {
            bail!("there is no target {unknown:?}; there are {}", known.join(", "));
        }
        let targets = if targets.is_empty() { known } else { targets };
        ensure!(jobs > 0, "--jobs takes a number above 0");
        Ok(Self {
            targets,
            seconds,
            jobs,
            seed,
        })
    }
}

fn number<T: FromStr>(option: &str, value: Option<String>) -> anyhow::Result<T> {
    let value = value.with_context(|| format!("{option} takes a number"))?;
    let number = value.parse().ok();
    number.with_context(|| format!("{option} takes a number, not {value:?}"))
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

impl Bench {
    /// Runs all targets, some at once; which of them failed.
    fn run<'o>(&self, options: &'o Options) -> anyhow::Result<Vec<&'o str>> {
        let queue = Mutex::new(options.targets.iter());
        let next = || queue.lock().ok()?.next();
        let work = || -> anyhow::Result<Vec<&'o str>> {
            let mut failed = Vec::new();
            while let Some(target) = next() {
                if !self.fuzz(target, options)? {
                    failed.push(target.as_str());
                }
            }
            Ok(failed)
        };
        let mut failed = Vec::new();
        std::thread::scope(|scope| {
            let workers: Vec<_> = (0..options.jobs).map(|_| scope.spawn(work)).collect();
            for worker in workers {
                failed.extend(worker.join().expect("no worker panics")?);
            }
            anyhow::Ok(())
        })?;
        Ok(failed)
    }

    /// One target. What it learns stays below `target/`; an input that breaks a
    /// rule is put into the corpus, where `cargo test` finds it from then on.
    fn fuzz(&self, target: &str, options: &Options) -> anyhow::Result<bool> {
        println!("fuzzing {target} for {} s", options.seconds);
        let learnt = self.built.join("learnt").join(target);
        std::fs::create_dir_all(&learnt)?;
        let corpus = self.corpora.join(target);
        let found = corpus.join("found-");
        // Several at once would talk into each other's words.
        let said = self.built.join(format!("{target}.log"));
        let status = Command::new(&self.program)
            .env("PONTOON_FUZZ_TARGET", target)
            .arg(&learnt)
            .arg(&corpus)
            .arg(format!("-max_total_time={}", options.seconds))
            .arg(format!("-max_len={MAX_LEN}"))
            .args(options.seed.map(|seed| format!("-seed={seed}")))
            .arg("-timeout=60")
            .arg("-print_final_stats=1")
            .arg(format!("-artifact_prefix={}", found.display()))
            .stdout(std::process::Stdio::null())
            .stderr(std::fs::File::create(&said)?)
            .status()?;
        // Inputs are shown as they are: not everything is text.
        let said = String::from_utf8_lossy(&std::fs::read(&said)?).into_owned();
        println!("{}", summary(target, &said, status.success()));
        Ok(status.success())
    }
}

/// How often it was tried, or the end of what was said.
fn summary(target: &str, said: &str, passed: bool) -> String {
    if passed {
        let tried = said
            .lines()
            .find_map(|line| line.strip_prefix("stat::number_of_executed_units:"));
        return format!("{target}: {} inputs tried", tried.map_or("?", str::trim));
    }
    let lines: Vec<_> = said.lines().collect();
    let last = lines[lines.len().saturating_sub(SHOWN)..].join("\n  ");
    format!("{target}: failed\n  {last}")
}
