//! Runs seeds, and finds the shortest way to what one of them shows.

use std::cell::Cell;
use std::sync::Arc;
use std::time::Duration;

use crate::books::{Books, Breach, Record};
use crate::circumstances::MOST_CLIENTS;
use crate::world::{Limit, play};
use crate::{check, memory, panics};

/// Most steps that a client ever takes.
const MOST_STEPS: u32 = 24;

thread_local! {
    /// Whether this thread has what a thread makes once.
    static WARM: Cell<bool> = const { Cell::new(false) };
}

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
    in_time(|| play(seed, limit))
}

/// Lets a world come to its end on a clock of its own, and checks its history and that it gave back what it took.
///
/// # Panics
///
/// If there is no runtime to be had.
pub fn in_time<F>(world: impl Fn() -> F) -> Outcome
where
    F: Future<Output = Arc<Books>>,
{
    if !WARM.replace(true) {
        panics::watched(|| on_virtual_time(world()));
    }
    let before = memory::held();
    let (books, panics) = panics::watched(|| on_virtual_time(world()));
    let after = memory::held();
    let mut outcome = verdict(&books.open(), panics);
    let with_books = memory::held();
    drop(books);
    let kept = after - before - (with_books - memory::held());
    if kept != 0 && outcome.breaches.is_empty() {
        outcome.breaches.push(Breach {
            at: Duration::ZERO,
            rule: "memory returns",
            what: format!("{kept} bytes are still held"),
        });
    }
    outcome
}

fn on_virtual_time<T>(world: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .expect("a runtime without threads and sockets can be made");
    runtime.block_on(world)
}

fn verdict(record: &Record, panics: Vec<String>) -> Outcome {
    let end = record.journal.last().map_or(Duration::ZERO, |entry| entry.at);
    let mut breaches = record.breaches.clone();
    breaches.extend(check::history(record));
    breaches.extend(panics.into_iter().map(|what| Breach {
        at: end,
        rule: "no panic",
        what,
    }));
    Outcome {
        history: record.text(),
        breaches,
    }
}

/// The least of a seed's history that still breaks the same rule: the fewest steps of each client, and of the
/// clients those without whom it holds.
pub fn shrink(seed: u64, rule: &'static str) -> Limit {
    let fails = |limit| run(seed, limit).breaches.iter().any(|breach| breach.rule == rule);
    let with_steps = |steps| Limit {
        steps: Some(steps),
        ..Limit::default()
    };
    let fewest = (1..=MOST_STEPS).map(with_steps).find(|limit| fails(*limit));
    let mut limit = fewest.unwrap_or_default();
    let mut clients = (1 << MOST_CLIENTS) - 1;
    for client in 0..MOST_CLIENTS {
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
