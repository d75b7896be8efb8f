//! What excuses an error.

use std::time::Duration;

use super::{asking, rounds};
use crate::books::{Ask, Record};
use crate::circumstances::{CALL, TIGHT_CALLS, Tongue};
use crate::mark::Mark;

/// Whether sessions of this world end at a certain age.
pub(super) fn ages(record: &Record) -> bool {
    record
        .circumstances
        .is_some_and(|circumstances| circumstances.aging)
}

pub(super) fn tight(record: &Record) -> bool {
    record
        .circumstances
        .is_some_and(|circumstances| circumstances.tight)
}

/// Whether something happened that this error tells of.
///
/// # Errors
///
/// What should have happened.
pub(super) fn earned(
    record: &Record,
    mark: Mark,
    ask: &Ask,
    at: Duration,
    code: i64,
    reason: Option<&str>,
) -> Result<(), &'static str> {
    let drained = record.drain.is_some_and(|drain| drain <= at);
    let over = record
        .visits
        .get(&mark.label)
        .and_then(|visit| visit.ended)
        .is_some_and(|(ended, _)| ended <= at);
    let because = |cause: bool, what: &'static str| if cause { Ok(()) } else { Err(what) };
    match reason {
        None => {
            let opens = matches!(ask.method.as_str(), "initialize" | "server/discover");
            let refused = opens && lost_a_server(record, mark, ask, at);
            if let (Some(retry), -32602) = (ask.retry, code) {
                let turned = rounds::is_described(record, retry.of)
                    && speaks_both(record, ask)
                    && lost_a_server(record, mark, ask, at);
                let stale = ask.foul || turned || asking::may_be_stale(record, mark, retry, at);
                return because(stale, "its state is good");
            }
            let asked = code == -32603 && rounds::may_end(record, mark, ask);
            let own = ask.foul || !ask.honest || refused || asked || server_may_refuse(ask, code);
            because(own, "nobody asked for an error")
        }
        Some("cancelled") => because(
            ask.cancelled.is_some_and(|cancelled| cancelled <= at),
            "nobody cancelled it",
        ),
        // Of two with one id, one may be taken for the other here.
        Some("upstream_timeout") => because(
            ask.foul || asking::took_too_long(record, mark, ask, at),
            "it was in time",
        ),
        Some(
            "upstream_exited"
            | "upstream_stuck"
            | "upstream_start_failed"
            | "upstream_start_timeout"
            | "upstream_handshake_failed"
            | "upstream_protocol",
        ) => because(lost_a_server(record, mark, ask, at), "its server lives"),
        Some("upstream_circuit_open") => because(
            lost_a_server(record, mark, ask, at) && tight(record),
            "nothing crashed",
        ),
        Some("too_many_calls") => because(
            tight(record) && open_calls(record, mark, ask, at) >= TIGHT_CALLS,
            "there is room for it",
        ),
        // It was to wait for one of its like to be over.
        Some("no_turn") => because(at >= ask.sent + CALL, "it did not wait for its turn"),
        Some("too_many_processes" | "busy" | "quota") => because(tight(record), "there is room"),
        Some("session_ended" | "unknown_session") => {
            because(over || ages(record) || drained, "its session lives")
        }
        Some("shutting_down" | "draining") => because(drained, "the gateway runs"),
        Some("client_too_slow") => because(
            record
                .visits
                .get(&mark.label)
                .is_some_and(|visit| visit.idle_reader.is_some()),
            "its client reads",
        ),
        Some(_) => because(ask.foul, "no such error belongs here"),
    }
}

/// Whether servers speak both eras: one that fails may pass for one that does not, and the next is spoken to as such.
fn speaks_both(record: &Record, ask: &Ask) -> bool {
    let circumstances = record.circumstances;
    circumstances.is_some_and(|circumstances| circumstances.tongue(ask.house) == Tongue::Both)
}

/// Whether a server that this request may have needed ended, or could not be started.
fn lost_a_server(record: &Record, mark: Mark, ask: &Ask, at: Duration) -> bool {
    let failed = record
        .failed_starts
        .iter()
        .any(|(when, house)| *house == ask.house && *when <= at);
    let ended = record.servers.values().any(|server| {
        let mine = server
            .opened_by
            .is_none_or(|owner| owner == mark.label || owner.session == 0);
        let ended = server
            .ended
            .is_some_and(|(when, requested)| when <= at && !requested);
        let deaf = server.deaf.is_some_and(|when| when <= at);
        server.house == ask.house && mine && (ended || deaf)
    });
    failed || ended
}

/// Calls of the session that the gateway may have had in flight when this one was made.
fn open_calls(record: &Record, mark: Mark, ask: &Ask, at: Duration) -> usize {
    let is_open = |other: &Mark, call: &Ask| {
        let answered = call.answers.iter().any(|(when, _)| *when < ask.sent);
        let settled = super::servers_of(record, *other)
            .filter_map(|(_, server)| server.answered.get(other))
            .any(|when| *when < ask.sent);
        call.sent <= at && !answered && !settled
    };
    let others = record
        .asks
        .iter()
        .filter(|(other, _)| **other != mark && other.label == mark.label);
    others.filter(|(other, call)| is_open(other, call)).count()
}

/// Errors that a correct request may get: the server, or its era, does not know the method.
fn server_may_refuse(ask: &Ask, code: i64) -> bool {
    code == -32601 && matches!(ask.method.as_str(), "server/discover" | "logging/setLevel")
}
