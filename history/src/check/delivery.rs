//! Nothing that was acknowledged vanishes, and nothing is lost or repeated on the way back.

use std::collections::BTreeMap;
use std::time::Duration;

use super::{SOON, breach, servers_of};
use crate::books::{Answer, Ask, Breach, Question, Record, ServerRecord};
use crate::circumstances::PARKED;
use crate::mark::{Label, Mark};

/// How soon the gateway notices that a client is gone.
const NOTICED: Duration = Duration::from_millis(1_000);

/// Progress comes in order and without a gap; who got the answer got all of it.
pub(super) fn check_progress(record: &Record, mark: Mark, ask: &Ask, breaches: &mut Vec<Breach>) {
    let in_order = if ask.retry.is_some() || matches!(ask.answers[..], [(_, Answer::Asked(_))]) {
        // What is reported while its client is away reaches nobody, and the rest comes with the retries.
        ask.progress.is_sorted_by(|one, next| one < next)
    } else {
        ask.progress.iter().zip(1..).all(|(got, want)| *got == want)
    };
    if !in_order {
        let what = format!("{mark} got progress {:?}", ask.progress);
        return breach(breaches, ask.sent, "no gap, no repetition", what);
    }
    let answered = matches!(ask.answers[..], [(_, Answer::Result(Some(_)))]);
    let paused = record
        .visits
        .get(&mark.label)
        .is_some_and(|visit| visit.idle_reader.is_some());
    if !answered || ask.retry.is_some() || !ask.hears_interim || ask.gave_up.is_some() || paused {
        return;
    }
    let said: u64 = servers_of(record, mark)
        .filter_map(|(_, server)| server.progress.get(&mark))
        .sum();
    let got = ask.progress.len() as u64;
    if got != said {
        let what = format!("{mark} got {got} of {said} reports of progress");
        breach(breaches, ask.sent, "no gap, no repetition", what);
    }
}

/// A request that its client gave up for good is given up at its server, too: where the client cancelled it,
/// where its session is over, and, in 2026-07-28, where its client left.
pub(super) fn check_cancellation(record: &Record, mark: Mark, ask: &Ask, breaches: &mut Vec<Breach>) {
    // Whether another retry goes on instead is not known.
    let may_be_another = ask.retry.is_some_and(|retry| {
        let same = |other: &&Ask| other.retry.is_some_and(|other| other.after == retry.after);
        ask.foul || record.asks.values().filter(same).count() > 1
    });
    if may_be_another {
        return;
    }
    // `initialize` MUST NOT be cancelled (2025-11-25, Cancellation).
    if ask.method == "initialize" {
        return;
    }
    let modern = mark.label.session == 0;
    let over = record.visits.get(&mark.label).and_then(|visit| visit.told_over);
    let left = match (ask.gave_up, &ask.answers[..], over) {
        (Some((at, "it left for good" | "its client left")), _, _) if modern => at,
        (
            _,
            [
                (
                    at,
                    Answer::Error {
                        reason: Some(reason), ..
                    },
                ),
            ],
            _,
        ) if reason == "cancelled" => *at,
        (_, _, Some(over)) => over,
        _ => return,
    };
    let call = ask.call(mark);
    for (number, server) in servers_of(record, call) {
        // It may have been asked something just then, and be waited for.
        let asked =
            |question: &Question| question.mark == call && question.told.is_none_or(|told| told > left);
        let patience = if server.questions.values().any(asked) {
            NOTICED + PARKED
        } else {
            NOTICED
        };
        let until = left + patience;
        let lives = server.ended.is_none_or(|(ended, _)| ended > until) && server.deaf.is_none();
        let answered = server.answered.get(&call).is_some_and(|at| *at <= until);
        // In 2026-07-28 nobody is waited for.
        let waits = server.waits.get(&call).is_some_and(|at| *at <= until);
        if lives && !answered && !waits && !server.cancelled.contains_key(&call) {
            let what = format!("server {number} was not told that {mark} is given up");
            breach(breaches, until, "nobody works for nobody", what);
        }
    }
}

/// What was acknowledged reached the server, if it lives.
pub(super) fn check_notes(record: &Record, breaches: &mut Vec<Breach>) {
    for (mark, note) in &record.notes {
        let Some(acknowledged) = note.acknowledged.filter(|_| note.is_passed_on) else {
            continue;
        };
        let own = |server: &&ServerRecord| server.opened_by == Some(mark.label);
        let there = |server: &&ServerRecord| {
            let began = server.started.is_some_and(|started| started < note.sent);
            let ended = server
                .ended
                .is_some_and(|(ended, _)| ended <= acknowledged + SOON);
            began && !ended && server.deaf.is_none()
        };
        let candidates: Vec<_> = record.servers.values().filter(own).filter(there).collect();
        if !candidates.is_empty() && !candidates.iter().any(|server| server.noted.contains(mark)) {
            let what = format!("{mark} was acknowledged and did not reach its server");
            breach(breaches, acknowledged, "nothing acknowledged vanishes", what);
        }
    }
}

/// What a server says to its one client comes once and in order; who heard everything missed nothing.
pub(super) fn check_announcements(record: &Record, breaches: &mut Vec<Breach>) {
    for (label, visit) in &record.visits {
        let mut last = BTreeMap::new();
        for (server, number) in &visit.announced {
            let before = last.insert(*server, *number).unwrap_or(0);
            if *number <= before {
                let what = format!("{label} heard {number} of server {server} after {before}");
                breach(breaches, Duration::ZERO, "no gap, no repetition", what);
            }
        }
        if let (Some(heard), None) = (visit.heard_all, visit.idle_reader) {
            check_missed(record, *label, heard, &visit.announced, breaches);
        }
    }
}

fn check_missed(
    record: &Record,
    label: Label,
    heard: Duration,
    announced: &[(u16, u64)],
    breaches: &mut Vec<Breach>,
) {
    for (number, server) in record
        .servers
        .iter()
        .filter(|(_, server)| server.opened_by == Some(label))
    {
        for (count, _, at) in server.announced.iter().filter(|(_, _, at)| *at + SOON < heard) {
            if !announced.contains(&(*number, *count)) {
                let what = format!("{label} missed {count} of server {number}");
                breach(breaches, *at, "no gap, no repetition", what);
            }
        }
    }
}
