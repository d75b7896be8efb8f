//! A call whose client is asked something.

use std::time::Duration;

use super::{MARK, at, error};
use crate::books::{Answer, Ask, Brought, Question, Record, Retry, ServerRecord, Visit};
use crate::check::history;
use crate::mark::{Label, Mark};

/// Of a client without sessions.
const CALL: Mark = mark(1);
const RETRY: Mark = mark(2);
const BROUGHT: Mark = mark(3);
const OTHER: Mark = mark(4);

const STALE: Answer = Answer::Error {
    code: -32602,
    reason: None,
};

const fn mark(number: u32) -> Mark {
    let label = Label {
        client: 1,
        session: 0,
    };
    Mark { label, number }
}

fn ask(sent: u64, answer: Answer) -> Ask {
    Ask {
        method: "tools/call".to_owned(),
        sent: at(sent),
        honest: true,
        answers: vec![(at(sent), answer)],
        ..Ask::default()
    }
}

fn retry(sent: u64, answer: Answer) -> Ask {
    Ask {
        retry: Some(Retry {
            of: CALL,
            after: CALL,
            replays: false,
        }),
        ..ask(sent, answer)
    }
}

/// A call that is asked something, comes back and gets its result.
fn asked() -> Record {
    let mut record = Record::default();
    record.asks.insert(CALL, ask(1, Answer::Asked(1)));
    record.asks.insert(RETRY, retry(2, Answer::Result(Some(CALL))));
    let brought = Brought {
        with: RETRY,
        is_welcome: true,
    };
    record.brought.insert(BROUGHT, brought);
    let question = Question {
        mark: CALL,
        asked: at(1),
        told: Some(at(2)),
    };
    let mut server = ServerRecord {
        started: Some(at(0)),
        noted: vec![BROUGHT],
        ended: Some((at(60), true)),
        ..ServerRecord::default()
    };
    server.asked.insert(CALL, at(1));
    server.answered.insert(CALL, at(3));
    server.questions.insert("q".to_owned(), question);
    record.servers.insert(4, server);
    record.visits.insert(CALL.label, Visit::default());
    record
}

fn broken(change: impl FnOnce(&mut Record)) -> Vec<&'static str> {
    let mut record = asked();
    change(&mut record);
    history(&record).into_iter().map(|breach| breach.rule).collect()
}

fn server(record: &mut Record) -> &mut ServerRecord {
    record.servers.get_mut(&4).expect("it is there")
}

#[test]
fn a_call_in_two_rounds_breaks_no_rule() {
    assert!(broken(|_| {}).is_empty());
}

#[test]
fn the_result_of_a_retry_is_that_of_its_call_and_comes_once() {
    let other = broken(|record| _ = record.asks.insert(RETRY, retry(2, Answer::Result(Some(MARK)))));
    assert_eq!(other, ["no crossing"]);
    let twice = broken(|record| _ = record.asks.insert(CALL, ask(1, Answer::Result(Some(CALL)))));
    assert_eq!(twice, ["exactly one answer"]);
    let elsewhere = broken(|record| {
        let again = server(record).clone();
        record.servers.insert(
            5,
            ServerRecord {
                noted: vec![],
                ..again
            },
        );
    });
    assert_eq!(elsewhere, ["asked once"]);
}

#[test]
fn a_state_serves_once_and_the_other_is_refused() {
    let refused = broken(|record| _ = record.asks.insert(OTHER, retry(2, STALE)));
    assert!(refused.is_empty(), "{refused:?}");
    let both = broken(|record| _ = record.asks.insert(OTHER, retry(2, error("upstream_exited"))));
    assert!(both.contains(&"a state serves once"), "{both:?}");
    let neither = broken(|record| {
        record.asks.insert(RETRY, retry(2, STALE));
        server(record).noted.clear();
    });
    assert_eq!(neither, ["errors have a cause"]);
    let late = broken(|record| {
        record.asks.insert(RETRY, retry(4, STALE));
        server(record).noted.clear();
    });
    assert!(late.is_empty(), "{late:?}");
}

#[test]
fn another_request_is_served_by_no_state() {
    let foul = |answer| {
        broken(|record| {
            let ask = Ask {
                foul: true,
                ..retry(2, answer)
            };
            record.asks.insert(OTHER, ask);
        })
    };
    assert!(foul(STALE).is_empty());
    assert_eq!(foul(Answer::Asked(1)), ["a state serves its own request"]);
}

#[test]
fn what_is_brought_is_heard_once_if_its_retry_goes_on() {
    let heard = |marks: &[Mark]| broken(|record| server(record).noted = marks.to_vec());
    assert_eq!(heard(&[]), ["nothing acknowledged vanishes"]);
    assert_eq!(heard(&[BROUGHT, BROUGHT]), ["answers answer"]);
    let unwelcome = broken(|record| {
        record.brought.get_mut(&BROUGHT).expect("it is there").is_welcome = false;
    });
    assert_eq!(unwelcome, ["answers answer"]);
    let stolen = broken(|record| {
        let brought = Brought {
            with: OTHER,
            is_welcome: false,
        };
        record.brought.insert(BROUGHT, brought);
    });
    assert_eq!(stolen, ["no crossing"]);
}

#[test]
fn a_call_whose_client_stays_away_is_given_up_and_its_questions_are_answered() {
    let away = |told: Option<Duration>, cancelled: bool| {
        broken(move |record| {
            record.asks.remove(&RETRY);
            record.brought.clear();
            let server = server(record);
            server.answered.clear();
            server.questions.get_mut("q").expect("it is there").told = told;
            if cancelled {
                server.cancelled.insert(CALL, at(4));
            }
        })
    };
    assert!(away(Some(at(4)), true).is_empty());
    assert_eq!(away(Some(at(4)), false), ["nobody works for nobody"]);
    assert_eq!(away(None, true), ["nobody works for nobody"]);
}
