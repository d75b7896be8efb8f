//! All rows: those that mostly wait side by side, then the others two by two.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use pontoon_hostile::program::pontoon;
use pontoon_testkit::test_child;

use crate::play::{Played, play};
use crate::table::{Behaviour, Lease, TABLE, Weight};

/// Rows at once.
const SIDE_BY_SIDE: usize = 8;
/// Rows at once that load the machine.
const HEAVY_AT_ONCE: usize = 2;
/// Problems of a row that are shown.
const SHOWN: usize = 6;

/// Everything that was played.
#[derive(Default)]
pub(crate) struct Outcome {
    pub(crate) rows: usize,
    pub(crate) requests: usize,
    pub(crate) bystander_calls: usize,
    /// The label of a row, and what did not hold.
    pub(crate) failures: Vec<(String, String)>,
}

type Row = (&'static Behaviour, Lease);

/// Plays the rows whose labels contain one of `filters`.
pub(crate) fn play_all(filters: &[String]) -> Outcome {
    let wanted = |row: &Row| filters.is_empty() || filters.iter().any(|filter| label(row).contains(filter));
    let rows = TABLE
        .iter()
        .flat_map(|behaviour| behaviour.leases.iter().map(move |lease| (behaviour, *lease)));
    let (light, heavy): (Vec<_>, Vec<_>) = rows
        .filter(wanted)
        .partition(|(behaviour, _)| behaviour.weight == Weight::Light);
    // Built before the first row, which would count it as its own time.
    let _ = (test_child(), pontoon());
    let outcome = Mutex::new(Outcome::default());
    play_rows(&light, SIDE_BY_SIDE, &outcome);
    play_rows(&heavy, HEAVY_AT_ONCE, &outcome);
    outcome.into_inner().expect("nobody panics there")
}

fn play_rows(rows: &[Row], at_once: usize, outcome: &Mutex<Outcome>) {
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..at_once.min(rows.len()) {
            scope.spawn(|| {
                while let Some(row) = rows.get(next.fetch_add(1, Ordering::Relaxed)) {
                    play_row(row, outcome);
                }
            });
        }
    });
}

fn play_row(row: &Row, outcome: &Mutex<Outcome>) {
    let start = Instant::now();
    let played = play(row.0, row.1);
    if std::env::args().any(|argument| argument == "--times") {
        println!("{:>6} ms  {}", start.elapsed().as_millis(), label(row));
    }
    let mut outcome = outcome.lock().expect("nobody panics there");
    outcome.rows += 1;
    match played {
        Ok(Played {
            requests,
            bystander_calls,
        }) => {
            outcome.requests += requests;
            outcome.bystander_calls += bystander_calls;
        }
        Err(problems) => outcome.failures.push((label(row), summary(&problems))),
    }
}

fn summary(problems: &[String]) -> String {
    let mut text = problems[..problems.len().min(SHOWN)].join("\n");
    if problems.len() > SHOWN {
        text.push_str(&format!("\nand {} more", problems.len() - SHOWN));
    }
    text
}

fn label((behaviour, lease): &Row) -> String {
    let lease = match lease {
        Lease::Session => "session",
        Lease::Shared => "shared",
    };
    format!("{}/{lease}", behaviour.name)
}
