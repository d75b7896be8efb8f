//! Hostile input, as files: what a client sends, how the server behaves, what has to come back, and what must hold
//! afterwards, replayed over real sockets against the real binary.
//!
//! `README.md` describes the files below `cases/`; adding one adds a case. What other suites against the real binary need
//! as well is public: the program, what `/proc` tells of it, and a client's side of a connection.

mod case;
mod era;
mod gateway;
mod play;
mod probe;
pub mod process;
pub mod program;
pub mod response;
mod setup;
mod subset;
mod suite;
mod text;
pub mod wire;
mod words;

use std::path::Path;
use std::process::ExitCode;
use std::time::Instant;

/// Plays the cases of a directory whose names contain one of `filters` (all, if there are none) and prints what did
/// not hold.
pub fn run(directory: &Path, filters: &[String]) -> ExitCode {
    let start = Instant::now();
    let cases = match suite::load(directory, filters) {
        Ok(cases) => cases,
        Err(problems) => {
            eprintln!("{problems}");
            return ExitCode::FAILURE;
        }
    };
    let outcome = suite::play(&cases);
    for (label, problem) in &outcome.failures {
        println!("FAILED {label}\n{problem}\n");
    }
    println!(
        "hostile: {} runs of {} cases on {} gateways in {:.1} s; {} known not to hold, {} failed",
        outcome.runs,
        cases.len(),
        outcome.gateways,
        start.elapsed().as_secs_f64(),
        outcome.known,
        outcome.failures.len()
    );
    if outcome.failures.is_empty() && outcome.runs > 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}
