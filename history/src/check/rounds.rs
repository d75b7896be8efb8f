//! Rounds of modern servers.
//!
//! What a server asks a legacy client in 2026-07-28's way reaches that client once, in the middle of its call, and the
//! request is made again at the same server, once for each round and ten times at most, with what the client has said:
//! its answers as they are, `cancel` where it refused an elicitation. Refusing anything else ends the call. A modern
//! client plays the rounds itself; each of its retries reaches one server at most. Whatever a state is brought with is
//! held against the call while the world runs.

use std::collections::BTreeMap;
use std::time::Duration;

use super::{SOON, breach, servers_of};
use crate::books::{Answer, Ask, Breach, Record};
use crate::mark::Mark;
use crate::rounds::{Asked, Comeback, Heard, Put, Round, action};

/// A request is made again so often at most, where its client does not do that itself.
pub(super) const MOST: u32 = 10;

const ELICITATION: &str = "elicitation/create";

pub(super) fn check(record: &Record, breaches: &mut Vec<Breach>) {
    let mut retries = BTreeMap::<Mark, u32>::new();
    for round in record.rounds.values() {
        for comeback in &round.comebacks {
            check_answers(record, round, comeback, breaches);
            if let Some(with) = comeback.with {
                *retries.entry(with).or_default() += 1;
            }
        }
        if round.call.label.session > 0 {
            check_inline(record, round, breaches);
        }
    }
    for (with, count) in retries {
        if count > 1 {
            let what = format!("servers got the retry {with} {count} times");
            breach(breaches, Duration::ZERO, "asked once", what);
        }
    }
}

/// Whether a call was described to its server as 2026-07-28 wants it: the server asks in rounds.
pub(super) fn is_described(record: &Record, call: Mark) -> bool {
    servers_of(record, call).any(|(_, server)| server.described.contains(&call))
}

/// Whether the call of a legacy client may have ended with an error that says why it could not go on.
pub(super) fn may_end(record: &Record, call: Mark, ask: &Ask) -> bool {
    let mut rounds = record.rounds.values().filter(|round| round.call == call);
    rounds.any(|round| {
        let is_unheard = |asked: &Asked| asked.method != ELICITATION && !ask.hears_interim;
        let mut asked = round.questions.values();
        round.number > MOST || asked.any(|asked| is_unheard(asked) || refusal(record, asked).is_some())
    })
}

/// A client's refusal that ends its call.
fn refusal(record: &Record, asked: &Asked) -> Option<Mark> {
    let reply = record.put.get(&asked.key)?.replies.first()?;
    (reply.is_refusal && asked.method != ELICITATION).then_some(reply.mark)
}

fn was_acknowledged(record: &Record, mark: Mark) -> Option<Duration> {
    record.notes.get(&mark)?.acknowledged
}

/// What a server hears is what a client said.
fn check_answers(record: &Record, round: &Round, comeback: &Comeback, breaches: &mut Vec<Breach>) {
    for (name, heard) in &comeback.answers {
        let is_right = match (heard.mark, round.questions.get(name)) {
            (Some(mark), _) if heard.action != action(mark) || mark.label != round.call.label => false,
            // Modern clients may say more than they were asked.
            (Some(mark), _) if comeback.with.is_some() => record.brought.contains_key(&mark),
            (Some(mark), Some(asked)) => {
                let put = record.put.get(&asked.key);
                put.is_some_and(|put| is_the_reply(record, put, mark))
            }
            (None, Some(asked)) => comeback.with.is_none() && may_be_cancelled(record, asked, heard),
            (_, None) => false,
        };
        if !is_right {
            let what = format!(
                "server {} heard {heard:?} as {name} of {}",
                comeback.server, round.call
            );
            breach(breaches, comeback.at, "answers answer", what);
        }
    }
}

/// Of several replies the first that was taken is the answer.
fn is_the_reply(record: &Record, put: &Put, mark: Mark) -> bool {
    let earlier = put.replies.iter().take_while(|reply| reply.mark != mark);
    let mut taken = earlier.filter(|reply| was_acknowledged(record, reply.mark).is_some());
    let mut replies = put.replies.iter();
    taken.next().is_none() && replies.any(|reply| reply.mark == mark && !reply.is_refusal)
}

/// An elicitation that its client refused, or could not hear of.
fn may_be_cancelled(record: &Record, asked: &Asked, heard: &Heard) -> bool {
    let put = record.put.get(&asked.key);
    let refused = put.is_none_or(|put| put.replies.first().is_some_and(|reply| reply.is_refusal));
    heard.action == "cancel" && asked.method == ELICITATION && refused
}

/// A round of a legacy client's call.
fn check_inline(record: &Record, round: &Round, breaches: &mut Vec<Breach>) {
    let call = round.call;
    if let Some(again) = round.comebacks.get(1) {
        let what = format!("{call} was made again twice after round {}", round.number);
        breach(breaches, again.at, "asked once", what);
    }
    let answers: &[_] = record.asks.get(&call).map_or(&[], |ask| &ask.answers);
    if round.number > MOST {
        let got_result = answers
            .iter()
            .any(|(_, answer)| matches!(answer, Answer::Result(_)));
        if got_result || !round.comebacks.is_empty() {
            let what = format!("{call} went on after {} rounds", round.number);
            breach(breaches, round.at, "ten rounds at most", what);
        }
    }
    for comeback in &round.comebacks {
        let complete = round.questions.keys().eq(comeback.answers.keys());
        if comeback.server != round.server || comeback.with.is_some() || !complete {
            let what = format!("round {} of {call} came back as {comeback:?}", round.number);
            breach(breaches, comeback.at, "a round comes back to who asked", what);
        }
    }
    for asked in round.questions.values() {
        check_put(record, round, asked, breaches);
    }
    check_goes_on(record, round, breaches);
}

/// A question reaches its own client, once; refusing it has the right end.
fn check_put(record: &Record, round: &Round, asked: &Asked, breaches: &mut Vec<Breach>) {
    let Some(put) = record.put.get(&asked.key) else {
        return;
    };
    if put.to != round.call.label || put.times > 1 {
        let what = format!("{} was asked {} {} times", put.to, asked.key, put.times);
        breach(breaches, put.at, "answers answer", what);
    }
    let refused = refusal(record, asked).and_then(|mark| was_acknowledged(record, mark));
    if let (Some(at), false) = (refused, round.comebacks.is_empty()) {
        let what = format!("{} went on though its client refused {}", round.call, asked.key);
        breach(breaches, at, "a refusal ends its call", what);
    }
}

/// A round of which every question was answered goes back to its server.
fn check_goes_on(record: &Record, round: &Round, breaches: &mut Vec<Breach>) {
    let answered = |asked: &Asked| {
        let reply = record.put.get(&asked.key)?.replies.first()?;
        let goes_on = !reply.is_refusal || asked.method == ELICITATION;
        was_acknowledged(record, reply.mark).filter(|_| goes_on)
    };
    let all: Option<Vec<_>> = round.questions.values().map(answered).collect();
    let last = all.and_then(|answered| answered.into_iter().max());
    let Some(last) = last.filter(|_| round.comebacks.is_empty() && round.number <= MOST) else {
        return;
    };
    if !is_over(record, round, last + SOON) {
        let what = format!(
            "round {} of {} was answered and did not go on",
            round.number, round.call
        );
        breach(breaches, last, "nothing acknowledged vanishes", what);
    }
}

/// Whether a call, or somebody whom it takes, had come to an end by then.
fn is_over(record: &Record, round: &Round, until: Duration) -> bool {
    let by_then = |at: Option<Duration>| at.is_some_and(|at| at <= until);
    let call = record.asks.get(&round.call);
    let visit = record.visits.get(&round.call.label);
    let server = record.servers.get(&round.server);
    let call = call.is_none_or(|call| {
        let answered = call.answers.first().map(|(at, _)| *at);
        by_then(answered) || by_then(call.cancelled)
    });
    let visit = visit.is_none_or(|visit| {
        let ended = visit.ended.map(|(at, _)| at);
        by_then(ended) || by_then(visit.told_over)
    });
    let server = server.is_none_or(|server| {
        let ended = server.ended.map(|(at, _)| at);
        by_then(ended) || by_then(server.deaf)
    });
    call || visit || server || by_then(record.drain)
}
