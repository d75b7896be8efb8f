//! Ill-behaved servers, under load from several clients of every era at once, against the real binary.
//!
//! `table` says how servers misbehave and what their clients must be told. Each row is played on a gateway of its
//! own, once with a process for each session and once with a shared one, beside a healthy server with clients of its
//! own. What must hold, whatever the server does:
//!
//! - every request gets exactly one final answer in time: the right result, or an error that names the cause;
//! - nothing that one client sent reaches another client or the log;
//! - the healthy server's clients notice nothing;
//! - when the clients are gone, no session, stream, connection, call, task, thread, descriptor or process is left;
//! - the gateway still serves, and stops at SIGTERM with exit code 0, with all that it ever started.

mod bystander;
mod client;
mod era;
mod gateway;
mod history;
mod judge;
mod play;
mod rest;
mod suite;
mod table;

use std::process::ExitCode;
use std::time::Instant;

/// Plays the rows whose labels contain one of `filters` (all, if there are none) and prints what did not hold.
pub fn run(filters: &[String]) -> ExitCode {
    let start = Instant::now();
    let outcome = suite::play_all(filters);
    for (label, problem) in &outcome.failures {
        println!("FAILED {label}\n{problem}\n");
    }
    println!(
        "chaos: {} rows, {} requests, {} calls of bystanders in {:.1} s; {} failed",
        outcome.rows,
        outcome.requests,
        outcome.bystander_calls,
        start.elapsed().as_secs_f64(),
        outcome.failures.len()
    );
    if outcome.failures.is_empty() && outcome.rows > 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}
