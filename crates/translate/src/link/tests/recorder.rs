//! An outlet that writes down what a link does.

use std::collections::HashSet;
use std::fmt;
use std::rc::Rc;
use std::time::Duration;

use bytes::Bytes;
use pontoon_mcp::LegacyRevision;

use crate::{Anomaly, Fault, Outlet, Reason, Retry};

/// The stream of one exchange: whose, and the id that its client gave it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Stream {
    pub(super) client: String,
    pub(super) id: String,
}

impl fmt::Display for Stream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} on {}", self.client, self.id)
    }
}

/// Every effect is one line.
#[derive(Debug, Default)]
pub(super) struct Recorder {
    pub(super) effects: Vec<String>,
    /// Why nothing more can be sent to the server, if so.
    pub(super) refuses: Option<Reason>,
    /// How many more messages the server takes, where that is known.
    pub(super) room: Option<u32>,
    /// The server refuses one message.
    pub(super) is_full_once: bool,
    /// Clients that take no interim messages.
    pub(super) deaf: HashSet<String>,
    /// Sessions of which no stream of their own is read.
    pub(super) absent: HashSet<String>,
    /// Sessions without room for a question.
    pub(super) crowded: HashSet<String>,
    /// What clients hold, in the order in which it was sealed.
    pub(super) seals: Vec<(Retry, Duration)>,
    /// No further call can be parked.
    pub(super) full_house: bool,
    /// One more for each place that is taken.
    pub(super) places: Rc<()>,
}

impl Recorder {
    fn note(&mut self, effect: String) {
        self.effects.push(effect);
    }
}

/// A message without the member that all have.
fn brief(message: &Bytes) -> String {
    let text = std::str::from_utf8(message).expect("messages are text");
    text.replacen(r#""jsonrpc":"2.0","#, "", 1)
}

impl Outlet for Recorder {
    type Exchange = Stream;
    type Member = String;
    type Place = Rc<()>;

    fn send(&mut self, message: Bytes) -> Result<(), Reason> {
        if std::mem::take(&mut self.is_full_once) {
            return Err(Reason::Stuck);
        }
        if let Some(room) = &mut self.room {
            *room = room.checked_sub(1).ok_or(Reason::Stuck)?;
        }
        match self.refuses {
            Some(reason) => Err(reason),
            None => {
                self.note(format!("to server: {}", brief(&message)));
                Ok(())
            }
        }
    }

    fn carries(&self, exchange: &Stream) -> bool {
        !self.deaf.contains(&exchange.client)
    }

    fn interim(&mut self, exchange: &Stream, message: Bytes) {
        self.note(format!("to {exchange}: {}", brief(&message)));
    }

    fn answer(&mut self, exchange: Stream, message: Bytes, error: Option<i64>) {
        let text = brief(&message);
        assert_eq!(error.is_some(), text.contains(r#""error":"#), "{text}");
        self.note(format!("to {}: {text}", exchange.client));
    }

    fn listens(&self, member: &String) -> bool {
        !self.absent.contains(member)
    }

    fn notify(&mut self, member: &String, message: Bytes) {
        self.note(format!("to {member}'s session: {}", brief(&message)));
    }

    fn ask(&mut self, member: &String, message: Bytes) -> bool {
        if self.crowded.contains(member) {
            return false;
        }
        self.note(format!("to {member}'s session: {}", brief(&message)));
        true
    }

    fn park(&mut self, _exchange: &Stream) -> Option<Rc<()>> {
        (!self.full_house).then(|| Rc::clone(&self.places))
    }

    fn seal(&mut self, exchange: &Stream, retry: &Retry, until: Duration) -> String {
        self.seals.push((retry.clone(), until));
        format!("seal {} for {}", self.seals.len(), exchange.client)
    }

    fn settled(&mut self, member: &String, revision: LegacyRevision) {
        self.note(format!("{member} speaks {}", revision.as_str()));
    }

    fn opened(&mut self, result: Result<(), Fault>) {
        self.note(match result {
            Ok(()) => "opened".to_owned(),
            Err(fault) => format!("not opened: {fault}"),
        });
    }

    fn anomaly(&mut self, anomaly: Anomaly) {
        self.note(format!("dropped: {}", anomaly.label()));
    }
}
