//! A call that a modern server asks about, for a legacy client and for a modern one.

use super::{LABEL, MARK, answered, at, error};
use crate::books::{Answer, Brought, Note, Record};
use crate::check::history;
use crate::mark::{Label, Mark};
use crate::rounds::{Asked, Comeback, Heard, Put, Reply, Round};

const STATE: &str = "own";
const KEY: &str = "n0/q";
const NAME: &str = "q";
const REPLY: Mark = Mark { number: 8, ..MARK };
const SECOND: Mark = Mark { number: 10, ..MARK };

fn heard(mark: Option<Mark>, action: &str) -> Heard {
    Heard {
        mark,
        action: action.to_owned(),
    }
}

fn comeback(answer: Heard) -> Comeback {
    Comeback {
        at: at(2),
        server: 4,
        with: None,
        answers: [(NAME.to_owned(), answer)].into(),
    }
}

fn taken() -> Note {
    Note {
        acknowledged: Some(at(2)),
        ..Note::default()
    }
}

/// A legacy client's call that server 4 asks about once, and goes on with.
fn asked(method: &str) -> Record {
    let mut record = answered();
    let question = Asked {
        key: KEY.to_owned(),
        method: method.to_owned(),
    };
    let round = Round {
        call: MARK,
        house: 0,
        server: 4,
        number: 1,
        at: at(1),
        step: 0,
        given: [].into(),
        questions: [(NAME.to_owned(), question)].into(),
        comebacks: vec![comeback(heard(Some(REPLY), "accept"))],
    };
    record.rounds.insert(STATE.to_owned(), round);
    let reply = Reply {
        mark: REPLY,
        is_refusal: false,
    };
    let put = Put {
        to: LABEL,
        at: at(1),
        times: 1,
        replies: vec![reply],
    };
    record.put.insert(KEY.to_owned(), put);
    record.notes.insert(REPLY, taken());
    let server = record.servers.get_mut(&4).expect("it is there");
    server.described.insert(MARK);
    record
}

fn broken(method: &str, change: impl FnOnce(&mut Record)) -> Vec<&'static str> {
    let mut record = asked(method);
    change(&mut record);
    history(&record).into_iter().map(|breach| breach.rule).collect()
}

fn round(record: &mut Record) -> &mut Round {
    record.rounds.get_mut(STATE).expect("it was asked")
}

fn put(record: &mut Record) -> &mut Put {
    record.put.get_mut(KEY).expect("it was put")
}

fn answers(record: &mut Record) -> &mut Vec<(std::time::Duration, Answer)> {
    &mut record.asks.get_mut(&MARK).expect("it was asked").answers
}

const ELICITATION: &str = "elicitation/create";
const SAMPLING: &str = "sampling/createMessage";

#[test]
fn a_call_that_is_asked_about_inline_breaks_no_rule() {
    assert!(broken(SAMPLING, |_| {}).is_empty());
}

#[test]
fn a_round_comes_back_once_to_who_asked_with_every_answer() {
    let twice = broken(SAMPLING, |record| {
        let again = round(record).comebacks[0].clone();
        round(record).comebacks.push(again);
    });
    assert_eq!(twice, ["asked once"]);
    let elsewhere = broken(SAMPLING, |record| round(record).comebacks[0].server = 5);
    assert_eq!(elsewhere, ["a round comes back to who asked"]);
    let half = broken(SAMPLING, |record| round(record).comebacks[0].answers.clear());
    assert_eq!(half, ["a round comes back to who asked"]);
    let never = broken(SAMPLING, |record| {
        round(record).comebacks.clear();
        *answers(record) = vec![(at(9), error("upstream_timeout"))];
    });
    assert_eq!(never, ["nothing acknowledged vanishes"]);
}

#[test]
fn ten_rounds_are_enough() {
    let more = |record: &mut Record| round(record).number = 11;
    assert_eq!(broken(SAMPLING, more), ["ten rounds at most"]);
    let refusal = Answer::Error {
        code: -32603,
        reason: None,
    };
    let ended = broken(SAMPLING, |record| {
        more(record);
        round(record).comebacks.clear();
        *answers(record) = vec![(at(2), refusal.clone())];
    });
    assert!(ended.is_empty(), "{ended:?}");
    let early = broken(SAMPLING, |record| *answers(record) = vec![(at(2), refusal)]);
    assert_eq!(early, ["errors have a cause"]);
}

#[test]
fn what_a_server_hears_is_what_its_client_said_first() {
    let hears = |answer: Heard| broken(SAMPLING, |record| round(record).comebacks[0] = comeback(answer));
    assert_eq!(hears(heard(Some(REPLY), "decline")), ["answers answer"]);
    assert_eq!(hears(heard(Some(SECOND), "accept")), ["answers answer"]);
    assert_eq!(hears(heard(None, "cancel")), ["answers answer"]);
    let stranger = Label { client: 9, ..LABEL };
    let foreign = Mark {
        label: stranger,
        ..REPLY
    };
    assert_eq!(hears(heard(Some(foreign), "accept")), ["answers answer"]);
    let second = broken(SAMPLING, |record| {
        put(record).replies.push(Reply {
            mark: SECOND,
            is_refusal: false,
        });
        round(record).comebacks[0] = comeback(heard(Some(SECOND), "accept"));
    });
    assert_eq!(second, ["answers answer"]);
    let again = broken(SAMPLING, |record| put(record).times = 2);
    assert_eq!(again, ["answers answer"]);
}

#[test]
fn a_refused_elicitation_is_cancelled_and_any_other_refusal_ends_the_call() {
    let refuse = |record: &mut Record| put(record).replies[0].is_refusal = true;
    let cancelled = |record: &mut Record| {
        refuse(record);
        round(record).comebacks[0] = comeback(heard(None, "cancel"));
    };
    assert!(broken(ELICITATION, cancelled).is_empty());
    assert_eq!(
        broken(SAMPLING, cancelled),
        ["answers answer", "a refusal ends its call"]
    );
    let ended = broken(SAMPLING, |record| {
        refuse(record);
        round(record).comebacks.clear();
        let answer = Answer::Error {
            code: -32603,
            reason: None,
        };
        *answers(record) = vec![(at(2), answer)];
    });
    assert!(ended.is_empty(), "{ended:?}");
}

#[test]
fn a_legacy_client_is_never_answered_with_questions() {
    let questions = broken(SAMPLING, |record| {
        *answers(record) = vec![(at(2), Answer::Asked(1))];
    });
    assert_eq!(questions, ["results are the server's"]);
}

#[test]
fn a_retry_of_a_modern_client_reaches_one_server_once() {
    let with = Mark { number: 9, ..MARK };
    let retried = |times: usize| {
        broken(SAMPLING, |record| {
            let brought = Brought {
                with,
                is_welcome: true,
            };
            record.brought.insert(REPLY, brought);
            let server = record.servers.get_mut(&4).expect("it is there");
            server.noted = vec![REPLY];
            let own = Comeback {
                with: Some(with),
                ..comeback(heard(Some(REPLY), "accept"))
            };
            let round = round(record);
            round.call.label.session = 0;
            round.comebacks = vec![own; times];
        })
    };
    let once = retried(1);
    assert!(!once.contains(&"asked once"), "{once:?}");
    assert!(retried(2).contains(&"asked once"));
}
