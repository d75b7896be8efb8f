//! Hundreds of seeds, and what is expected of seeds as such.

use std::collections::BTreeMap;
use std::ops::Range;

use pontoon_history::memory::Counting;
use pontoon_history::{Limit, run, shrink};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// How much of a failing history is shown.
const TAIL: usize = 40;

/// Plays these seeds; shows the least of the first that breaks a rule.
fn play(seeds: Range<u64>) {
    for seed in seeds {
        let outcome = run(seed, Limit::default());
        if let Some(breach) = outcome.breaches.first() {
            let limit = shrink(seed, breach.rule);
            panic!("{}", report(seed, limit));
        }
    }
}

fn report(seed: u64, limit: Limit) -> String {
    let outcome = run(seed, limit);
    let lines: Vec<_> = outcome.history.lines().collect();
    let tail = lines[lines.len().saturating_sub(TAIL)..].join("\n");
    let broken: String = outcome
        .breaches
        .iter()
        .map(|breach| format!("BROKEN: {breach}\n"))
        .collect();
    format!(
        "seed {seed} breaks a rule\n{tail}\n{broken}replay: cargo run -p pontoon-history -- --seed {seed}{limit} --whole"
    )
}

macro_rules! seeds {
    ($($name:ident: $seeds:expr;)*) => {
        $(
            #[test]
            fn $name() {
                play($seeds);
            }
        )*
    };
}

// In several parts, so that they run side by side.
seeds! {
    seeds_from_0: 0..70;
    seeds_from_70: 70..140;
    seeds_from_140: 140..210;
    seeds_from_210: 210..280;
    seeds_from_280: 280..350;
    seeds_from_350: 350..420;
}

#[test]
fn a_seed_makes_the_same_history_every_time() {
    for seed in (1_000..1_012).chain([3, 49]) {
        assert_eq!(
            run(seed, Limit::default()),
            run(seed, Limit::default()),
            "seed {seed}"
        );
    }
}

/// A history in which nothing happens breaks no rule: these are the things that must happen.
#[test]
fn histories_are_eventful() {
    const EVENTS: [(&str, usize); 41] = [
        ("upstream_exited", 20),
        ("upstream_timeout", 20),
        ("upstream_start_failed", 3),
        ("upstream_handshake_failed", 3),
        ("\"reason\":\"cancelled\"", 10),
        ("client_too_slow", 3),
        ("shutting_down", 5),
        ("too_many_calls", 1),
        ("quota", 1),
        ("this id is in use", 3),
        ("elicitation/create", 10),
        ("notifications/resources/updated", 10),
        ("notifications/subscriptions/acknowledged", 10),
        ("notifications/vendor", 20),
        ("comes back to", 10),
        ("listens from Some", 10),
        ("upstream_stuck", 1),
        ("it was deleted", 20),
        ("says nothing and is gone", 5),
        ("\"input_required\"", 60),
        ("nothing waits for this requestState", 20),
        ("of its questions: Answer", 10),
        ("of its questions: Part", 10),
        ("of its questions: More", 5),
        ("of its questions: Never", 3),
        ("of its questions: Late", 3),
        ("of its questions: Twice", 5),
        ("of its questions: Other", 5),
        ("was robbed by", 5),
        ("cannot be asked", 5),
        ("works for c", 10),
        ("requestState\":\"own-", 200),
        ("inline: Answer", 50),
        ("inline: Refuse", 10),
        ("inline: AnswerTwice", 5),
        ("inline: Forget", 5),
        ("refused what the server asked", 5),
        ("\"action\":\"decline\"", 50),
        ("\"action\":\"cancel\"", 5),
        ("more than 10 times", 2),
        ("of its questions: Old", 10),
    ];
    let mut seen = BTreeMap::new();
    for seed in 2_000..2_060 {
        let history = run(seed, Limit::default()).history;
        for (event, _) in EVENTS {
            *seen.entry(event).or_insert(0) += history.matches(event).count();
        }
    }
    let rare: Vec<_> = EVENTS
        .iter()
        .filter(|(event, least)| seen[event] < *least)
        .collect();
    assert!(rare.is_empty(), "too rare: {rare:?} of {seen:?}");
}
