//! `pontoon-test-child`: a scripted MCP server on standard input and output, for tests and measurements.
//!
//! Without flags it answers `initialize` (any revision before 2026-07-28; of that one with `--modern`), `ping`, `tools/list` and `tools/call`
//! of the tool `echo`. Flags make it misbehave; they combine. It uses threads for nothing and starts in a
//! millisecond or two.

mod answers;
mod flags;
mod mischief;
mod modern;
mod offspring;
mod output;
mod resources;
mod server;
mod startup;
mod wire;

use std::io;
use std::process::ExitCode;

use flags::Flags;

fn main() -> ExitCode {
    let flags = match Flags::parse(std::env::args().skip(1)) {
        Ok(flags) => flags,
        Err(problem) => {
            eprintln!("pontoon-test-child: {problem}");
            return ExitCode::from(2);
        }
    };
    if let Some(code) = startup::run(&flags) {
        return ExitCode::from(code);
    }
    match server::Server::new(flags).run() {
        Ok(()) => ExitCode::SUCCESS,
        // Whoever started us is gone.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("pontoon-test-child: {error}");
            ExitCode::FAILURE
        }
    }
}
