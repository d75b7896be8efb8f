//! Tasks of this repository: `cargo xtask tidy` checks the house rules, `cargo xtask docs` writes the generated parts
//! of the documentation.

mod docs;
mod tidy;
mod workspace;

use std::process::ExitCode;

use crate::workspace::Workspace;

const USAGE: &str = "\
Usage: cargo xtask TASK

Tasks:
  tidy    check the house rules (ARCHITECTURE.md), then show the largest files and functions
  docs    write the generated parts of docs/";

fn main() -> ExitCode {
    let task = std::env::args().nth(1);
    let outcome = match task.as_deref() {
        Some("tidy") => Workspace::load().and_then(|workspace| tidy::run(&workspace)),
        Some("docs") => Workspace::load().and_then(|workspace| docs::write(&workspace)),
        _ => {
            eprintln!("{USAGE}");
            return ExitCode::from(2);
        }
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}
