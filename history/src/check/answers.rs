//! Exactly one final answer.
//!
//! Who keeps reading gets exactly one answer. Who gave up the means to receive it gets one or none, and must
//! have had a reason: it left, it cut its own connection before it knew an event id to come back to, it stopped
//! to read, its session was over (deleted by itself, aged, or ended with its stream), or the gateway was
//! stopped. An HTTP error with a JSON-RPC body is an answer.

use std::time::Duration;

use super::{breach, causes};
use crate::books::{Answer, Ask, Breach, Record};
use crate::mark::Mark;

pub(super) fn check(record: &Record, mark: Mark, ask: &Ask, breaches: &mut Vec<Breach>) {
    match (&ask.answers[..], ask.gave_up) {
        ([], None) => breach(
            breaches,
            ask.sent,
            "exactly one answer",
            format!("{mark} has none"),
        ),
        ([], Some((at, how))) if !may_give_up(record, mark, at, how) => {
            breach(
                breaches,
                at,
                "exactly one answer",
                format!("{mark} has none: {how}"),
            );
        }
        ([], Some(_)) => {}
        ([(at, answer)], _) => check_answer(record, mark, ask, *at, answer, breaches),
        ([_, (at, second), ..], _) => {
            breach(
                breaches,
                *at,
                "exactly one answer",
                format!("{mark} has another: {second}"),
            );
        }
    }
}

fn may_give_up(record: &Record, mark: Mark, at: Duration, how: &str) -> bool {
    let drained = record.drain.is_some_and(|drain| drain <= at);
    let visit = record.visits.get(&mark.label);
    let ended = visit
        .and_then(|visit| visit.ended)
        .is_some_and(|(ended, _)| ended <= at);
    // What exceeds a bound because nobody reads it ends the stream, and is told nobody.
    let idle = visit
        .and_then(|visit| visit.idle_reader)
        .is_some_and(|since| since <= at);
    match how {
        "it left for good"
        | "it left before it knew where to come back to"
        | "it does not read"
        | "its client left"
        | "it could not be opened" => true,
        "no connection" | "its connection broke" => drained,
        "its stream ended" => drained || idle,
        // Where few streams may be kept, older ones make room.
        "it could not come back" => drained || idle || causes::tight(record),
        "its session is over" => ended || causes::ages(record),
        _ => false,
    }
}

fn check_answer(
    record: &Record,
    mark: Mark,
    ask: &Ask,
    at: Duration,
    answer: &Answer,
    breaches: &mut Vec<Breach>,
) {
    match answer {
        Answer::Result(Some(other)) if *other != ask.call(mark) => {
            breach(
                breaches,
                at,
                "no crossing",
                format!("{mark} got the result of {other}"),
            );
        }
        Answer::Result(None) if ask.method == "tools/call" => {
            breach(
                breaches,
                at,
                "results are the server's",
                format!("{mark} got a result from nowhere"),
            );
        }
        // Who began with `initialize` is asked in the middle of the call.
        Answer::Asked(_) if ask.method != "tools/call" || mark.label.session > 0 => {
            breach(
                breaches,
                at,
                "results are the server's",
                format!("{mark} got questions"),
            );
        }
        Answer::Result(_) | Answer::Asked(_) => {}
        Answer::Error { code, reason } => {
            if let Err(why) = causes::earned(record, mark, ask, at, *code, reason.as_deref()) {
                let what = format!("{mark} ({}) got {answer}: {why}", ask.method);
                breach(breaches, at, "errors have a cause", what);
            }
        }
    }
}
