//! Plays everything below `cases/`. Arguments select cases by parts of their names.

use std::path::Path;
use std::process::ExitCode;

fn main() -> ExitCode {
    let filters: Vec<_> = std::env::args()
        .skip(1)
        .filter(|argument| !argument.starts_with('-'))
        .collect();
    pontoon_hostile::run(&Path::new(env!("CARGO_MANIFEST_DIR")).join("cases"), &filters)
}
