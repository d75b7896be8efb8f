//! Tasks of this repository: house rules, generated documentation, the official suite, fuzzing, measurements and wear.
//! `cargo xtask` lists them.

mod bench;
mod conformance;
mod docs;
mod fuzz;
mod tidy;
mod workspace;

use std::process::ExitCode;

use crate::workspace::Workspace;

const USAGE: &str = "\
Usage: cargo xtask TASK

Tasks:
  tidy    check the house rules (ARCHITECTURE.md), then show the largest files and functions
  docs    write the generated parts of docs/
  fuzz [TARGET…] [--seconds N] [--jobs N]
          let libFuzzer look for inputs that break a rule (fuzz/)
  conformance [--bin PATH]
          run the official conformance suite against the built-in server (conformance/)
  bench [all|cost|idle|connect|startup] [OPTION…]
          what calls, streams, sessions and starting cost, beside nginx, rmcp's own server and any
          other gateway (--contender) in the same run; `bench cost --help` lists the options
  soak    a mixed load with faults, then a look at what is left; `soak --help` lists the options";

fn main() -> ExitCode {
    let task = std::env::args().nth(1);
    let rest = std::env::args().skip(2);
    let done = |()| ExitCode::SUCCESS;
    let outcome = Workspace::load().and_then(|workspace| match task.as_deref() {
        Some("tidy") => tidy::run(&workspace).map(done),
        Some("docs") => docs::write(&workspace).map(done),
        Some("conformance") => conformance::run(&workspace, rest),
        Some("bench") => bench::run(&workspace, rest),
        Some("soak") => bench::soak(&workspace, rest),
        Some("fuzz") => fuzz::run(&workspace, rest).map(done),
        _ => {
            eprintln!("{USAGE}");
            Ok(ExitCode::from(2))
        }
    });
    match outcome {
        Ok(code) => code,
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}
