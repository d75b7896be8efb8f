//! Small histories, right and wrong.

use std::time::Duration;

mod asking;
mod rounds;

use super::history;
use crate::books::{Answer, Ask, Note, Record, ServerRecord, Visit};
use crate::mark::{Label, Mark};

const LABEL: Label = Label {
    client: 1,
    session: 1,
};
const MARK: Mark = Mark {
    label: LABEL,
    number: 7,
};

fn at(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// A call that its server, number 4, answered with a result.
fn answered() -> Record {
    let mut record = Record::default();
    let ask = Ask {
        method: "tools/call".to_owned(),
        sent: at(1),
        hears_interim: true,
        honest: true,
        answers: vec![(at(2), Answer::Result(Some(MARK)))],
        ..Ask::default()
    };
    record.asks.insert(MARK, ask);
    let mut server = ServerRecord {
        started: Some(at(0)),
        opened_by: Some(LABEL),
        ..ServerRecord::default()
    };
    server.asked.insert(MARK, at(1));
    server.answered.insert(MARK, at(2));
    record.servers.insert(4, server);
    record.visits.insert(LABEL, Visit::default());
    record
}

/// What a change to that history breaks.
fn broken(change: impl FnOnce(&mut Record, fn(&mut Record) -> &mut Ask)) -> Vec<&'static str> {
    let mut record = answered();
    change(&mut record, |record| {
        record.asks.get_mut(&MARK).expect("it was asked")
    });
    history(&record).into_iter().map(|breach| breach.rule).collect()
}

fn error(reason: &str) -> Answer {
    Answer::Error {
        code: -32603,
        reason: Some(reason.to_owned()),
    }
}

#[test]
fn an_answered_call_breaks_no_rule() {
    assert!(broken(|_, _| {}).is_empty());
}

#[test]
fn each_request_has_one_answer_of_its_own() {
    let none = broken(|record, ask| ask(record).answers.clear());
    assert_eq!(none, ["exactly one answer"]);
    let two = broken(|record, ask| ask(record).answers.push((at(3), error("cancelled"))));
    assert_eq!(two, ["exactly one answer"]);
    let foreign = Mark { number: 8, ..MARK };
    let other = broken(|record, ask| ask(record).answers = vec![(at(2), Answer::Result(Some(foreign)))]);
    assert_eq!(other, ["no crossing"]);
    let nowhere = broken(|record, ask| ask(record).answers = vec![(at(2), Answer::Result(None))]);
    assert_eq!(nowhere, ["results are the server's"]);
}

#[test]
fn who_left_needs_no_answer_and_who_was_left_does() {
    let give_up = |how| {
        broken(|record, ask| {
            ask(record).answers.clear();
            ask(record).gave_up = Some((at(3), how));
        })
    };
    assert!(give_up("it left for good").is_empty());
    assert_eq!(give_up("its stream ended"), ["exactly one answer"]);
}

#[test]
fn an_error_needs_a_cause() {
    let exited = |record: &mut Record, ask: fn(&mut Record) -> &mut Ask| {
        ask(record).answers = vec![(at(3), error("upstream_exited"))];
    };
    assert_eq!(broken(exited), ["errors have a cause"]);
    let crashed = broken(|record, ask| {
        exited(record, ask);
        record.servers.get_mut(&4).expect("it is there").ended = Some((at(2), false));
    });
    assert!(crashed.is_empty(), "{crashed:?}");
    let early = broken(|record, ask| ask(record).answers = vec![(at(2), error("upstream_timeout"))]);
    assert_eq!(early, ["errors have a cause"]);
}

#[test]
fn a_cancelled_call_is_cancelled_at_its_server() {
    let cancelled = |told: bool| {
        broken(move |record, ask| {
            ask(record).answers = vec![(at(3), error("cancelled"))];
            ask(record).cancelled = Some(at(3));
            let server = record.servers.get_mut(&4).expect("it is there");
            server.answered.clear();
            if told {
                server.cancelled.insert(MARK, at(3));
            }
        })
    };
    assert!(cancelled(true).is_empty());
    assert_eq!(cancelled(false), ["nobody works for nobody"]);
}

#[test]
fn progress_has_no_gap() {
    let progress = |got: &[u64]| {
        broken(|record, ask| {
            ask(record).progress = got.to_vec();
            record
                .servers
                .get_mut(&4)
                .expect("it is there")
                .progress
                .insert(MARK, 3);
        })
    };
    assert!(progress(&[1, 2, 3]).is_empty());
    for wrong in [&[1, 2][..], &[1, 3], &[1, 2, 2, 3], &[2, 1, 3]] {
        assert_eq!(progress(wrong), ["no gap, no repetition"], "{wrong:?}");
    }
}

#[test]
fn what_was_acknowledged_reaches_a_server_that_lives() {
    let note = Note {
        sent: at(5),
        is_passed_on: true,
        acknowledged: Some(at(5)),
        ..Note::default()
    };
    let mark = Mark { number: 9, ..MARK };
    let lost = broken(|record, _| _ = record.notes.insert(mark, note.clone()));
    assert_eq!(lost, ["nothing acknowledged vanishes"]);
    let seen = broken(|record, _| {
        record.notes.insert(mark, note.clone());
        record.servers.get_mut(&4).expect("it is there").noted.push(mark);
    });
    assert!(seen.is_empty());
    let dead = broken(|record, _| {
        record.notes.insert(mark, note.clone());
        record.servers.get_mut(&4).expect("it is there").ended = Some((at(4), false));
    });
    assert!(dead.is_empty());
}

#[test]
fn announcements_come_once_and_all_of_them() {
    let announced = |got: &[(u16, u64)]| {
        broken(|record, _| {
            let server = record.servers.get_mut(&4).expect("it is there");
            server.announced = vec![(1, MARK, at(2)), (2, MARK, at(3))];
            let visit = record.visits.get_mut(&LABEL).expect("it is there");
            (visit.announced, visit.heard_all) = (got.to_vec(), Some(at(9)));
        })
    };
    assert!(announced(&[(4, 1), (4, 2)]).is_empty());
    assert_eq!(announced(&[(4, 2)]), ["no gap, no repetition"]);
    assert_eq!(announced(&[(4, 1), (4, 1), (4, 2)]), ["no gap, no repetition"]);
}
