//! All cases: which runs there are, which share a gateway, and what came of them.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use crate::case::{Case, Row};
use crate::era::Era;
use crate::gateway::Gateway;
use crate::play::Play;
use crate::probe::Probe;
use crate::setup::Setup;

/// Gateways at once, and runs at once on each of them: mostly they wait.
const GATEWAYS: usize = 6;
const RUNS: usize = 4;

/// A case in one era with one row.
#[derive(Clone, Copy)]
struct Run<'a> {
    case: &'a Case,
    row: &'a Row,
    era: Era,
    number: usize,
}

/// What came of a run or of a gateway: its label, and what was wrong.
type Failure = (String, String);

/// Everything that was played.
#[derive(Default)]
pub(crate) struct Outcome {
    pub(crate) runs: usize,
    pub(crate) known: usize,
    pub(crate) gateways: usize,
    pub(crate) failures: Vec<Failure>,
}

/// Reads all cases below a directory whose name contains one of `filters`.
///
/// # Errors
///
/// Every file that cannot be read, one to a line.
pub(crate) fn load(directory: &Path, filters: &[String]) -> Result<Vec<Case>, String> {
    let mut files = Vec::new();
    collect(directory, &mut files).map_err(|error| format!("{}: {error}", directory.display()))?;
    files.sort();
    let mut problems = Vec::new();
    let mut cases = Vec::new();
    for file in files {
        let name = file
            .strip_prefix(directory)
            .unwrap_or(&file)
            .with_extension("")
            .display()
            .to_string();
        if !filters.is_empty() && !filters.iter().any(|filter| name.contains(filter.as_str())) {
            continue;
        }
        let text = std::fs::read_to_string(&file).map_err(|error| error.to_string());
        match text.and_then(|text| Case::parse(&name, &text)) {
            Ok(case) => cases.push(case),
            Err(problem) => problems.push(problem),
        }
    }
    if problems.is_empty() {
        Ok(cases)
    } else {
        Err(problems.join("\n"))
    }
}

fn collect(directory: &Path, files: &mut Vec<PathBuf>) -> std::io::Result<()> {
    for entry in std::fs::read_dir(directory)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, files)?;
        } else if path.extension().is_some_and(|extension| extension == "txt") {
            files.push(path);
        }
    }
    Ok(())
}

/// Plays all cases.
pub(crate) fn play(cases: &[Case]) -> Outcome {
    let outcome = Mutex::new(Outcome::default());
    let groups = groups(cases, &outcome);
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..GATEWAYS {
            scope.spawn(|| {
                while let Some((setup, runs)) = groups.get(next.fetch_add(1, Ordering::Relaxed)) {
                    play_group(setup, runs, &outcome);
                }
            });
        }
    });
    outcome.into_inner().expect("nobody panics there")
}

/// The runs that share a gateway; large groups first.
fn groups<'a>(cases: &'a [Case], outcome: &Mutex<Outcome>) -> Vec<(Setup, Vec<Run<'a>>)> {
    let mut groups: HashMap<Setup, Vec<Run<'a>>> = HashMap::new();
    let mut number = 0;
    for case in cases {
        for row in &case.rows {
            for era in &case.eras {
                number += 1;
                let run = Run {
                    case,
                    row,
                    era: *era,
                    number,
                };
                match Setup::new(case, row, &run.label()) {
                    Ok(setup) => groups.entry(setup).or_default().push(run),
                    Err(problem) => fail(outcome, run.label(), problem),
                }
            }
        }
    }
    let mut groups: Vec<_> = groups.into_iter().collect();
    groups.sort_by_key(|(_, runs)| (std::cmp::Reverse(runs.len()), runs[0].number));
    groups
}

impl Run<'_> {
    fn label(&self) -> String {
        let row = self.row.columns.first().map_or_else(String::new, |column| {
            let short: String = column.chars().take(60).collect();
            format!(" [{short}]")
        });
        format!("{} ({}){row}", self.case.name, self.era.label())
    }
}

fn fail(outcome: &Mutex<Outcome>, label: String, problem: String) {
    outcome
        .lock()
        .expect("nobody panics there")
        .failures
        .push((label, problem));
}

/// Starts a gateway, plays the runs on it, and sees whether it comes to rest and stops.
fn play_group(setup: &Setup, runs: &[Run<'_>], outcome: &Mutex<Outcome>) {
    let start = Instant::now();
    let label = format!("the gateway of {} and {} more", runs[0].label(), runs.len() - 1);
    outcome.lock().expect("nobody panics there").gateways += 1;
    let gateway = match Gateway::start(setup) {
        Ok(gateway) => gateway,
        Err(problem) => return fail(outcome, label, problem),
    };
    let result = play_runs(setup, &gateway, runs, outcome);
    gateway.clean_up();
    if let Err(problem) = result {
        fail(outcome, label, problem);
    } else if std::env::args().any(|argument| argument == "--times") {
        println!("{:>6} ms  {label}", start.elapsed().as_millis());
    }
}

fn play_runs(
    setup: &Setup,
    gateway: &Gateway,
    runs: &[Run<'_>],
    outcome: &Mutex<Outcome>,
) -> Result<(), String> {
    let probe = Probe::start(gateway.address)?;
    gateway.note_rest();
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..RUNS.min(runs.len()) {
            scope.spawn(|| {
                while let Some(run) = runs.get(next.fetch_add(1, Ordering::Relaxed)) {
                    play_run(*run, gateway, &probe, outcome);
                }
            });
        }
    });
    let stopped = gateway.ended(std::time::Duration::ZERO).is_some();
    let rest = if stopped {
        Ok(())
    } else {
        gateway.check_rest(setup)
    };
    probe.stop();
    probe.verdict()?;
    rest?;
    gateway.stop()
}

fn play_run(run: Run<'_>, gateway: &Gateway, probe: &Probe, outcome: &Mutex<Outcome>) {
    let result = Play::new(run.case, run.row, run.era, (gateway, probe), run.number).run();
    let mut outcome = outcome.lock().expect("nobody panics there");
    outcome.runs += 1;
    match (run.case.known(run.row, run.era), result) {
        (None, Ok(())) => {}
        (Some(_), Err(_)) => outcome.known += 1,
        (None, Err(problem)) => outcome.failures.push((run.label(), problem)),
        (Some(reason), Ok(())) => {
            let problem = format!("it holds now: remove the `known` line ({reason})");
            outcome.failures.push((run.label(), problem));
        }
    }
}
