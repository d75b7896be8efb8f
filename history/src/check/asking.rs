//! Calls whose clients are asked something, and come back with the answers or do not.
//!
//! However many rounds a call has, its server gets it once and its client gets one result. A state serves once, and
//! nobody but whom it was given to, for the same request. An answer that a client brings reaches the server once if
//! its retry goes on, and never if that is refused. A call whose client does not come back is given up, and whoever
//! asks a question is told something in the end.

use std::collections::BTreeMap;
use std::time::Duration;

use super::rounds::is_described;
use super::{breach, servers_of};
use crate::books::{Answer, Ask, Breach, Record, Retry, ServerRecord};
use crate::circumstances::{CALL, CALL_MAX, PARKED};
use crate::client::MOST_ROUNDS;
use crate::mark::Mark;

/// How soon a server hears that nobody came back.
const NOTICED: Duration = Duration::from_secs(1);

/// No question of a call stays open for longer.
const LONGEST: Duration = CALL_MAX
    .saturating_add(PARKED.saturating_mul(MOST_ROUNDS + 1))
    .saturating_add(NOTICED);

pub(super) fn check(record: &Record, breaches: &mut Vec<Breach>) {
    for (mark, ask) in &record.asks {
        if let Some(retry) = ask.retry {
            check_retry(record, *mark, ask, retry, breaches);
        }
        if let [(at, Answer::Asked(_))] = ask.answers[..] {
            check_stay_away(record, *mark, ask, at, breaches);
        }
    }
    check_calls(record, breaches);
    check_brought(record, breaches);
    check_questions(record, breaches);
}

/// Whether a retry with this answer was refused as one.
fn is_refused(answer: &Answer) -> bool {
    *answer
        == Answer::Error {
            code: -32602,
            reason: None,
        }
}

/// Whether a retry with this answer surely went on.
fn has_gone_on(answer: &Answer) -> bool {
    match answer {
        Answer::Result(_) | Answer::Asked(_) => true,
        Answer::Error { code, reason } => match reason.as_deref() {
            None => *code != -32602,
            Some(reason) => reason.starts_with("upstream_") || reason == "cancelled",
        },
    }
}

/// Other retries with the same state that nothing is wrong with.
fn others_with_state(record: &Record, mark: Mark, retry: Retry) -> impl Iterator<Item = (Mark, &Ask)> {
    let asks = record.asks.iter().map(|(other, ask)| (*other, ask));
    asks.filter(move |(other, ask)| {
        let same = ask.retry.is_some_and(|other| other.after == retry.after);
        *other != mark && same && !ask.foul
    })
}

/// Whether the refusal of a retry as such has a reason.
pub(super) fn may_be_stale(record: &Record, mark: Mark, retry: Retry, at: Duration) -> bool {
    // Nothing waits, and what a modern server gives out is good for longer than a world lasts.
    if is_described(record, retry.of) {
        return false;
    }
    let late = parked_at(record, retry).is_some_and(|parked| at >= parked + PARKED);
    let taken = others_with_state(record, mark, retry).any(|(_, other)| {
        other
            .answers
            .first()
            .is_none_or(|(_, answer)| !is_refused(answer))
    });
    late || taken
}

/// The earliest that a call was parked before this retry: its client may have read of it later.
fn parked_at(record: &Record, retry: Retry) -> Option<Duration> {
    let asking = record.asks.get(&retry.after)?;
    let (read, _) = asking.answers.first()?;
    let questions = servers_of(record, retry.of).flat_map(|(_, server)| server.questions.values());
    let about = questions.filter(|question| question.mark == retry.of && question.asked <= *read);
    let put = about.map(|question| question.asked).max();
    Some(put.unwrap_or(*read).max(asking.sent))
}

/// Whether a request that was answered at `at` had taken its server too long. That its client was away does not count,
/// nor is a retry kept waiting for a server that has answered, or is gone.
pub(super) fn took_too_long(record: &Record, mark: Mark, ask: &Ask, at: Duration) -> bool {
    let retry = ask.retry.filter(|retry| !is_described(record, retry.of));
    let Some(retry) = retry else {
        return at.saturating_sub(ask.sent) >= CALL;
    };
    let is_over = |server: &ServerRecord| {
        let answered = server.answered.get(&retry.of).is_some_and(|at| *at < ask.sent);
        answered || server.ended.is_some_and(|(ended, _)| ended < ask.sent)
    };
    if servers_of(record, ask.call(mark)).any(|(_, server)| is_over(server)) {
        return false;
    }
    let mut worked = at.saturating_sub(ask.sent);
    if worked >= CALL {
        return true;
    }
    let mut earlier = record.asks.get(&retry.after);
    while let Some(ask) = earlier {
        let asked = ask.answers.first().map_or(ask.sent, |(asked, _)| *asked);
        worked += asked.saturating_sub(ask.sent);
        earlier = ask.retry.and_then(|retry| record.asks.get(&retry.after));
    }
    worked >= CALL_MAX
}

fn check_retry(record: &Record, mark: Mark, ask: &Ask, retry: Retry, breaches: &mut Vec<Breach>) {
    let Some((at, answer)) = ask.answers.first() else {
        return;
    };
    if !has_gone_on(answer) {
        return;
    }
    // In 2026-07-28 a state may be brought again: servers that mind have to see to it themselves.
    let is_described = is_described(record, retry.of);
    if ask.foul && !(is_described && retry.replays) {
        let what = format!("{mark} is no retry of {}, and got {answer}", retry.of);
        breach(breaches, *at, "a state serves its own request", what);
    }
    let also = others_with_state(record, mark, retry)
        .find(|(other, ask)| *other > mark && ask.answers.iter().any(|(_, answer)| has_gone_on(answer)));
    if let (Some((other, _)), false) = (also, ask.foul || is_described) {
        let what = format!("{mark} and {other} both go on after {}", retry.after);
        breach(breaches, *at, "a state serves once", what);
    }
}

/// A client that was asked something at `at` and does not come back.
fn check_stay_away(record: &Record, mark: Mark, ask: &Ask, at: Duration, breaches: &mut Vec<Breach>) {
    let call = ask.call(mark);
    let retry = Retry {
        of: call,
        after: mark,
        replays: false,
    };
    if is_described(record, call) || others_with_state(record, call, retry).next().is_some() {
        return;
    }
    let until = at + PARKED + NOTICED;
    for (number, server) in servers_of(record, call) {
        let answered = server.answered.get(&call).is_some_and(|at| *at <= until);
        if lives(server, until) && !answered && !server.cancelled.contains_key(&call) {
            let what = format!("server {number} was not told that nobody comes back for {call}");
            breach(breaches, until, "nobody works for nobody", what);
        }
    }
}

fn lives(server: &ServerRecord, until: Duration) -> bool {
    server.ended.is_none_or(|(ended, _)| ended > until) && server.deaf.is_none()
}

/// A call is one call for its server, and has one result.
fn check_calls(record: &Record, breaches: &mut Vec<Breach>) {
    let mut results = BTreeMap::<Mark, u32>::new();
    let parked = record
        .asks
        .iter()
        .filter(|(mark, ask)| !is_described(record, ask.call(**mark)));
    for (mark, ask) in parked {
        for (at, answer) in &ask.answers {
            if let Answer::Result(Some(_)) = answer {
                let count = results.entry(ask.call(*mark)).or_default();
                *count += 1;
                if *count == 2 {
                    let what = format!("{mark} is the second request that got the result of one call");
                    breach(breaches, *at, "exactly one answer", what);
                }
            }
        }
        if let Some((_, server)) = servers_of(record, *mark).nth(1) {
            let at = server.asked.get(mark).copied().unwrap_or_default();
            breach(breaches, at, "asked once", format!("two servers got {mark}"));
        }
    }
}

/// Answers that clients brought.
fn check_brought(record: &Record, breaches: &mut Vec<Breach>) {
    let mut heard = BTreeMap::<Mark, u32>::new();
    for mark in record.servers.values().flat_map(|server| &server.noted) {
        *heard.entry(*mark).or_default() += 1;
    }
    for (mark, brought) in &record.brought {
        let count = heard.get(mark).copied().unwrap_or(0);
        let Some(ask) = record.asks.get(&brought.with) else {
            // Nobody wrote down what became of the retry; a thief's for example.
            if count > u32::from(brought.is_welcome) {
                let what = format!("a server heard {mark} {count} times");
                breach(breaches, Duration::ZERO, "no crossing", what);
            }
            continue;
        };
        let is_described = is_described(record, ask.call(brought.with));
        let answer = ask.answers.first();
        let refused = answer.is_some_and(|(_, answer)| is_refused(answer));
        // A modern server sees to it itself what it makes of what it did not ask.
        let is_welcome = brought.is_welcome || is_described;
        if count > 1 || (count == 1 && (refused || !is_welcome)) {
            let what = format!(
                "a server heard {mark} {count} times, which came with {}",
                brought.with
            );
            breach(breaches, ask.sent, "answers answer", what);
        }
        let went_on =
            answer.is_some_and(|(_, answer)| matches!(answer, Answer::Result(_) | Answer::Asked(_)));
        let over = |server: &ServerRecord| {
            let call = ask.call(brought.with);
            let answered = server.answered.get(&call).is_some_and(|at| *at <= ask.sent);
            answered || !lives(server, ask.sent)
        };
        let lost =
            !is_described && servers_of(record, ask.call(brought.with)).all(|(_, server)| over(server));
        if count == 0 && brought.is_welcome && went_on && !lost {
            let what = format!(
                "{mark} was brought with {} and did not reach its server",
                brought.with
            );
            breach(breaches, ask.sent, "nothing acknowledged vanishes", what);
        }
    }
}

/// A server that asks a stateless client is told something in the end.
fn check_questions(record: &Record, breaches: &mut Vec<Breach>) {
    let end = record.journal.last().map_or(Duration::ZERO, |entry| entry.at);
    for (number, server) in &record.servers {
        for (id, question) in &server.questions {
            if question.mark.label.session > 0 || question.told.is_some() || server.deaf.is_some() {
                continue;
            }
            let (until, requested) = server.ended.unwrap_or((end, false));
            let drained = record.drain.is_some_and(|drain| drain <= until);
            // Who asks about a call that was given up is not asked for, and may be stopped while somebody else is
            // looked for.
            let stray = server
                .cancelled
                .get(&question.mark)
                .is_some_and(|at| *at <= question.asked);
            let forgotten = requested && !drained && !stray;
            if forgotten || until > question.asked + LONGEST {
                let what = format!("server {number} was not told what became of {id}");
                breach(breaches, question.asked, "nobody works for nobody", what);
            }
        }
    }
}
