//! Runs seeds, and finds the shortest way to what one of them shows.

use crate::books::Breach;
use crate::world::{Limit, play};
use crate::{check, panics};

/// Most steps that a client ever takes.
const MOST_STEPS: u32 = 24;

/// What a seed led to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// The history as text, the same every time.
    pub history: String,
    /// The rules that it breaks.
    pub breaches: Vec<Breach>,
}

/// Plays a seed to its end, and checks its history.
///
/// # Panics
///
/// If there is no runtime to be had.
pub fn run(seed: u64, limit: Limit) -> Outcome {
    let (books, panics) = panics::watched(|| {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()
            .expect("a runtime without threads and sockets can be made");
        runtime.block_on(play(seed, limit))
    });
    let record = books.open();
    let mut breaches = record.breaches.clone();
    breaches.extend(check::history(&record));
    breaches.extend(panics.into_iter().map(|what| Breach {
        at: books_end(&record),
        rule: "no panic",
        what,
    }));
    Outcome {
        history: record.text(),
        breaches,
    }
}

fn books_end(record: &crate::books::Record) -> std::time::Duration {
    record
        .journal
        .last()
        .map_or(std::time::Duration::ZERO, |entry| entry.at)
}

/// The least of a seed's history that still breaks the same rule: the fewest steps of each client, and of the
/// clients those without whom it holds.
pub fn shrink(seed: u64, rule: &'static str) -> Limit {
    let fails = |limit| run(seed, limit).breaches.iter().any(|breach| breach.rule == rule);
    let mut limit = Limit::default();
    for steps in 1..=MOST_STEPS {
        let fewer = Limit {
            steps: Some(steps),
            ..limit
        };
        if fails(fewer) {
            limit = fewer;
            break;
        }
    }
    let mut clients = (1 << crate::circumstances::MOST_CLIENTS) - 1;
    for client in 0..crate::circumstances::MOST_CLIENTS {
        let fewer = clients & !(1 << client);
        let without = Limit {
            clients: Some(fewer),
            ..limit
        };
        if fails(without) {
            clients = fewer;
            limit = without;
        }
    }
    limit
}
