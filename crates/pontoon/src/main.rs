//! The program `pontoon`: reads the command line, hands over to a subcommand, turns its outcome into an exit code.

mod banner;
mod call;
mod check;
mod cli;
mod connect;
mod exit_code;
mod logging;
mod memory;
mod paint;
mod peer;
mod remote;
mod serve;
mod shutdown;
mod snippet;
mod status;
mod tail;
mod wiring;

use std::io::Write;

use clap::Parser;
use pontoon_config::Environment;

use crate::cli::{Cli, Subcommand};

fn main() -> std::process::ExitCode {
    let Cli { command } = Cli::parse();
    let environment = Environment::current();
    let outcome = match command {
        Subcommand::Serve(arguments) => serve::command(&arguments, environment),
        Subcommand::Connect(arguments) => connect::command(&arguments, &environment),
        Subcommand::Check(arguments) => check::command(&arguments, &environment),
        Subcommand::Call(arguments) => call::command(&arguments, &environment),
        Subcommand::Snippet(arguments) => snippet::command(&arguments, &environment),
        Subcommand::Tail(arguments) => tail::command(&arguments, &environment),
    };
    if let Err(failure) = &outcome {
        // Nothing is left to be done if standard error is closed.
        let _ = writeln!(std::io::stderr(), "{failure}");
    }
    exit_code::of(&outcome).into()
}
