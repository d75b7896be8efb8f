//! What clients think of, by chance.

use std::time::Duration;

use serde_json::{Value, json};

use super::exchange::{Manner, Return};
use super::visit::{Era, Visit};
use crate::dice::Dice;

/// A script for a server, and whether it ends with a result in time and nothing untoward.
pub(crate) fn script(visit: &Visit, dice: &mut Dice) -> (Value, bool) {
    if is_asked_in_rounds(visit) && dice.once_in(3) {
        return rounds(visit, dice);
    }
    if dice.once_in(10) {
        return (talkative(), true);
    }
    let mut steps = Vec::new();
    let mut honest = true;
    if dice.once_in(4) {
        steps.push(json!(["stubborn"]));
    }
    for _ in 0..dice.roll(5) {
        let (step, fair) = step(visit, dice);
        steps.push(step);
        honest &= fair;
    }
    let faults = visit.world.circumstances.faults;
    let ends: &[(u64, &[Value])] = &[
        (30, &[json!(["answer"])]),
        (2, &[json!(["error"])]),
        (1, &[]),
        (2, &[json!(["answer"]), json!(["again"])]),
        (
            2,
            &[
                json!(["stray", 1_000_000]),
                json!(["nowhere", 2_000_000]),
                json!(["answer"]),
            ],
        ),
        (1, &[json!(["sleep", 2_600]), json!(["answer"])]),
        (u64::from(faults), &[json!(["crash"])]),
        (u64::from(faults), &[json!(["answer"]), json!(["crash"])]),
        (u64::from(faults), &[json!(["hangup"])]),
        (u64::from(faults), &[json!(["deaf"]), json!(["answer"])]),
    ];
    let choices: Vec<_> = ends
        .iter()
        .enumerate()
        .map(|(at, (weight, _))| (*weight, at))
        .collect();
    let at = dice.weigh(&choices);
    honest &= matches!(at, 0 | 3 | 4);
    steps.extend_from_slice(ends[at].1);
    (Value::Array(steps), honest)
}

/// A call that is worked on, and talked about, whether it is cancelled or not.
fn talkative() -> Value {
    let mut steps = vec![json!(["stubborn"])];
    for _ in 0..5 {
        steps.extend([json!(["sleep", 150]), json!(["log", "error"])]);
    }
    steps.push(json!(["answer"]));
    Value::Array(steps)
}

/// Whether a server of this client's house may ask it something in the way of 2026-07-28.
fn is_asked_in_rounds(visit: &Visit) -> bool {
    let guest = visit.guest;
    let tongue = visit.world.circumstances.tongues[guest.house];
    tongue.knows_discover() && (guest.era != Era::Modern || guest.declares != "{}")
}

const QUESTIONS: [&str; 3] = ["sampling/createMessage", "elicitation/create", "roots/list"];

/// A call that takes several rounds of questions, or more than there may be.
fn rounds(visit: &Visit, dice: &mut Dice) -> (Value, bool) {
    let mut steps = Vec::new();
    let is_endless = dice.once_in(5);
    let count = if is_endless {
        dice.millis(9, 12)
    } else {
        dice.millis(1, 3)
    };
    for _ in 0..count {
        let question = dice.pick(&QUESTIONS);
        steps.push(match dice.roll(if is_endless { 1 } else { 8 }) {
            0 => json!(["ask", question, "steady"]),
            1 => json!(["later"]),
            2 => json!(["asks", [question, dice.pick(&QUESTIONS)]]),
            3 => json!(["asks", QUESTIONS]),
            _ => json!(["ask", question]),
        });
        if !is_endless {
            steps.extend((0..dice.roll(3)).map(|_| step(visit, dice).0));
        }
    }
    let faults = visit.world.circumstances.faults;
    let end = dice.weigh(&[(12, "answer"), (1, "error"), (u64::from(faults), "crash")]);
    steps.push(json!([end]));
    (Value::Array(steps), end == "answer" && !may_wait_for_ever(visit))
}

/// Whether a server may ask this client inline, and wait for an answer that never comes.
fn may_wait_for_ever(visit: &Visit) -> bool {
    let tongue = visit.world.circumstances.tongue(visit.guest.house);
    visit.guest.era != Era::Modern && tongue.knows_initialize()
}

fn step(visit: &Visit, dice: &mut Dice) -> (Value, bool) {
    let uri = uri(visit, dice);
    let question = dice.pick(&QUESTIONS);
    let level = dice.pick(&["debug", "info", "error"]);
    if can_be_asked(visit) && dice.once_in(4) {
        return (json!([dice.pick(&["ask", "ask", "wonder"]), question]), true);
    }
    match dice.roll(16) {
        14 | 15 => (json!(["log", level]), true),
        0..=3 => (json!(["sleep", dice.millis(1, 350)]), true),
        4..=7 => (json!(["progress"]), true),
        8 => (json!(["log", level]), true),
        9 => (json!(["update", uri]), true),
        10 => (json!(["changed"]), true),
        11 => (json!(["ask", question]), !may_wait_for_ever(visit)),
        12 if visit.guest.era != Era::Modern => (json!(["announce"]), true),
        12 => (json!(["progress"]), true),
        _ => (json!(["flood", dice.roll(4)]), true),
    }
}

/// Whether a server's questions can reach this client as answers to its requests.
fn can_be_asked(visit: &Visit) -> bool {
    visit.guest.era == Era::Modern && visit.guest.declares != "{}"
}

/// A resource: the session's own, or everybody's.
pub(crate) fn uri(visit: &Visit, dice: &mut Dice) -> String {
    match dice.roll(3) {
        0 => format!("res://common/{}", dice.roll(2)),
        // The mark of nothing that was asked: it only says whose it is.
        _ => format!("res://~{}.0~/{}", visit.label, dice.roll(2)),
    }
}

/// How to wait for an answer.
pub(crate) fn manner(visit: &Visit, dice: &mut Dice) -> Manner {
    let pause = Duration::from_millis(dice.millis(1, 700));
    let events = usize::try_from(dice.roll(4)).expect("a small number fits");
    let (stays, comes_back) = match visit.guest.era {
        Era::HttpSse => {
            return if dice.once_in(6) {
                Manner::Dribble(pause / 7)
            } else {
                Manner::Stay
            };
        }
        Era::Streamable(_) => (12, 4),
        Era::Modern => (12, 0),
    };
    let choice = dice.weigh(&[(stays, 0), (2, 1), (comes_back, 2), (2, 3), (1, 4), (1, 5)]);
    match choice {
        0 => Manner::Stay,
        1 => Manner::Plain,
        2 => Manner::Cut(events, Return::After(pause)),
        3 => Manner::Cut(events, Return::Never),
        4 => Manner::Pause(events, pause * 4),
        _ => Manner::Dribble(pause / 7),
    }
}
