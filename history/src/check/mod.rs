//! The rules that every history keeps.
//!
//! What is seen while a world runs (a payload at the wrong client, a gap, a hang, something that is held
//! when all is over) is in the books already. Here is what takes the whole history:
//!
//! - `answers`: every accepted request has exactly one final answer, and an error has a cause.
//! - `asking`: calls whose clients are asked something in the middle.
//! - `rounds`: what modern servers ask in the middle of a call.
//! - `delivery`: nothing that was acknowledged vanishes, and nothing is lost or repeated on the way back.

mod answers;
mod asking;
mod causes;
mod delivery;
mod rounds;
#[cfg(test)]
mod tests;

use std::time::Duration;

use crate::books::{Breach, Record};
use crate::mark::Mark;

/// How soon a server sees what the gateway was told, in virtual time.
const SOON: Duration = Duration::from_millis(50);

/// Holds a history against the rules.
pub fn history(record: &Record) -> Vec<Breach> {
    let mut breaches = Vec::new();
    for (mark, ask) in &record.asks {
        answers::check(record, *mark, ask, &mut breaches);
        delivery::check_progress(record, *mark, ask, &mut breaches);
        delivery::check_cancellation(record, *mark, ask, &mut breaches);
    }
    asking::check(record, &mut breaches);
    rounds::check(record, &mut breaches);
    delivery::check_notes(record, &mut breaches);
    delivery::check_announcements(record, &mut breaches);
    breaches
}

fn breach(breaches: &mut Vec<Breach>, at: Duration, rule: &'static str, what: String) {
    breaches.push(Breach { at, rule, what });
}

/// The servers that got a request.
fn servers_of(record: &Record, mark: Mark) -> impl Iterator<Item = (u16, &crate::books::ServerRecord)> {
    let servers = record.servers.iter().map(|(number, server)| (*number, server));
    servers.filter(move |(_, server)| server.asked.contains_key(&mark))
}
