//! Plays the whole table. Arguments select rows by parts of their labels.

use std::process::ExitCode;

fn main() -> ExitCode {
    let filters: Vec<_> = std::env::args()
        .skip(1)
        .filter(|argument| !argument.starts_with('-'))
        .collect();
    pontoon_chaos::run(&filters)
}
