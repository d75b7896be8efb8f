//! Plays seeds: one with its history, or many in search of one that breaks a rule.

use std::ops::Range;
use std::process::ExitCode;

use pontoon_history::{Limit, run, shrink};

#[global_allocator]
static ALLOCATOR: pontoon_history::memory::Counting = pontoon_history::memory::Counting;

const USAGE: &str = "usage: pontoon-history --seed N [--steps N] [--clients BITS] [--whole]
       pontoon-history --seeds A..B [--twice] [--first]

--steps and --clients play a part of a history; --whole shows all of it, not only its end;
--twice checks that every history repeats itself to the byte; --first stops at the first that fails.";

/// How much of a history is shown without `--whole`.
const TAIL: usize = 60;

/// What the command line asks for.
struct Options {
    seeds: Range<u64>,
    limit: Limit,
    whole: bool,
    twice: bool,
    first: bool,
}

impl Options {
    fn read(mut arguments: impl Iterator<Item = String>) -> Option<Self> {
        let mut options = Self {
            seeds: 0..0,
            limit: Limit::default(),
            whole: false,
            twice: false,
            first: false,
        };
        while let Some(argument) = arguments.next() {
            let mut value = || arguments.next();
            match argument.as_str() {
                "--whole" => options.whole = true,
                "--twice" => options.twice = true,
                "--first" => options.first = true,
                "--seed" => {
                    let seed = value()?.parse().ok()?;
                    options.seeds = seed..seed + 1;
                }
                "--seeds" => {
                    let value = value()?;
                    let (from, to) = value.split_once("..")?;
                    options.seeds = from.parse().ok()?..to.parse().ok()?;
                }
                "--steps" => options.limit.steps = Some(value()?.parse().ok()?),
                "--clients" => options.limit.clients = Some(value()?.parse().ok()?),
                _ => return None,
            }
        }
        (!options.seeds.is_empty()).then_some(options)
    }
}

fn main() -> ExitCode {
    let Some(options) = Options::read(std::env::args().skip(1)) else {
        eprintln!("{USAGE}");
        return ExitCode::from(2);
    };
    let holds = if options.seeds.end - options.seeds.start == 1 {
        show(&options)
    } else {
        search(&options)
    };
    if holds {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

/// Replays one seed.
fn show(options: &Options) -> bool {
    let outcome = run(options.seeds.start, options.limit);
    let lines: Vec<_> = outcome.history.lines().collect();
    let hidden = if options.whole {
        0
    } else {
        lines.len().saturating_sub(TAIL)
    };
    for line in &lines[hidden..] {
        println!("{line}");
    }
    for breach in &outcome.breaches {
        println!("BROKEN: {breach}");
    }
    outcome.breaches.is_empty()
}

/// Looks for seeds that break a rule.
fn search(options: &Options) -> bool {
    let begun = std::time::Instant::now();
    let mut failed = 0;
    for seed in options.seeds.clone() {
        let outcome = run(seed, options.limit);
        if options.twice && run(seed, options.limit) != outcome {
            failed += 1;
            println!("seed {seed}: does not repeat itself");
        }
        if let Some(breach) = outcome.breaches.first() {
            failed += 1;
            println!("seed {seed}: {breach}");
            if options.first {
                break;
            }
            println!("  --seed {seed}{} --whole", shrink(seed, breach.rule));
        }
    }
    let seeds = options.seeds.end - options.seeds.start;
    println!(
        "{seeds} seeds, {failed} failed, {:.1} s",
        begun.elapsed().as_secs_f64()
    );
    failed == 0
}
