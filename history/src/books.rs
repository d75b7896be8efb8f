//! What happened, as it is written down while a world runs.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::circumstances::Circumstances;
use crate::mark::{Label, Mark, marks_in};
use crate::rounds::{Put, Round};

/// So much of what happened stands in one line.
const MAX_LINE: usize = 400;

/// The books of one world. Cheap to share; nobody waits while holding them.
#[derive(Debug)]
pub struct Books {
    began: Instant,
    record: Mutex<Record>,
}

/// Everything that was written down.
#[derive(Debug, Default)]
pub struct Record {
    /// What kind of world it is.
    pub circumstances: Option<Circumstances>,
    /// In the order in which it happened.
    pub journal: Vec<Entry>,
    /// Requests, by the mark that they carry.
    pub asks: BTreeMap<Mark, Ask>,
    /// Sessions, and clients without sessions.
    pub visits: BTreeMap<Label, Visit>,
    /// Notifications and replies of clients, by the mark that they carry.
    pub notes: BTreeMap<Mark, Note>,
    /// Answers that clients bring with a retry, by the mark that they carry.
    pub brought: BTreeMap<Mark, Brought>,
    /// Rounds of modern servers, by the state that they gave.
    pub rounds: BTreeMap<String, Round>,
    /// Questions of such rounds that legacy clients heard, by what tells them apart.
    pub put: BTreeMap<String, Put>,
    /// Servers, by number.
    pub servers: BTreeMap<u16, ServerRecord>,
    /// Starts that were made to fail: when, and of which house.
    pub failed_starts: Vec<(Duration, usize)>,
    /// When the gateway was told to stop.
    pub drain: Option<Duration>,
    /// Rules that were seen to be broken.
    pub breaches: Vec<Breach>,
}

/// Who did something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Who {
    /// The world itself: the gateway's operator.
    World,
    /// A client.
    Client(u16),
    /// A server.
    Server(u16),
}

/// One line of the history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Since the world's beginning.
    pub at: Duration,
    /// Who.
    pub who: Who,
    /// What.
    pub what: String,
}

/// A rule that was broken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Breach {
    /// When it was noticed.
    pub at: Duration,
    /// The rule.
    pub rule: &'static str,
    /// What was seen.
    pub what: String,
}

/// A client's request.
#[derive(Clone, Debug, Default)]
pub struct Ask {
    /// At which house.
    pub house: usize,
    /// The method.
    pub method: String,
    /// When it was handed to the gateway, completely.
    pub sent: Duration,
    /// Whether its client can hear anything before the answer.
    pub hears_interim: bool,
    /// Whether its script ends with a result and nothing untoward.
    pub honest: bool,
    /// Whether it breaks a rule on purpose, so that a refusal is the right answer.
    pub foul: bool,
    /// When its client cancelled it.
    pub cancelled: Option<Duration>,
    /// When and how its client gave up the means to receive the answer.
    pub gave_up: Option<(Duration, &'static str)>,
    /// Its final answers.
    pub answers: Vec<(Duration, Answer)>,
    /// Progress that arrived, in order.
    pub progress: Vec<u64>,
    /// What it is a retry of, if it is one.
    pub retry: Option<Retry>,
}

/// A request that is made again, with answers to questions. It carries the mark of the first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retry {
    /// The first request.
    pub of: Mark,
    /// The one whose answer brought the state.
    pub after: Mark,
    /// Whether a later answer has brought another one.
    pub replays: bool,
}

/// An answer to a question, in a retry.
#[derive(Clone, Copy, Debug)]
pub struct Brought {
    /// The retry.
    pub with: Mark,
    /// Whether a server may ever hear it.
    pub is_welcome: bool,
}

/// A final answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// A result, and the mark in it.
    Result(Option<Mark>),
    /// So many questions, for the client to make its request again with the answers.
    Asked(usize),
    /// A JSON-RPC error, of the gateway's own if it gives a reason.
    Error {
        /// Its code.
        code: i64,
        /// `data.reason`.
        reason: Option<String>,
    },
}

/// A session, or a client without one.
#[derive(Clone, Debug, Default)]
pub struct Visit {
    /// When it was over, and how.
    pub ended: Option<(Duration, &'static str)>,
    /// When the gateway was told that it is over: by DELETE, or by the end of the stream that it lives on.
    pub told_over: Option<Duration>,
    /// When its client stopped reading for a while.
    pub idle_reader: Option<Duration>,
    /// Announcements that arrived: server and number.
    pub announced: Vec<(u16, u64)>,
    /// Set when its client has heard everything there was, and missed nothing.
    pub heard_all: Option<Duration>,
    /// Resources that it ever subscribed to.
    pub uris: Vec<String>,
}

/// A notification or a reply of a client.
#[derive(Clone, Debug, Default)]
pub struct Note {
    /// At which house.
    pub house: usize,
    /// When it was sent.
    pub sent: Duration,
    /// Whether the server hears of it as it is.
    pub is_passed_on: bool,
    /// When it was acknowledged with 202.
    pub acknowledged: Option<Duration>,
}

/// What a server went through.
#[derive(Clone, Debug, Default)]
pub struct ServerRecord {
    /// At which house.
    pub house: usize,
    /// When somebody began to listen to it.
    pub started: Option<Duration>,
    /// Who said `initialize`, as far as its name tells.
    pub opened_by: Option<Label>,
    /// The first two that it worked for.
    pub callers: [Option<Label>; 2],
    /// When it stopped reading.
    pub deaf: Option<Duration>,
    /// When it ended, and whether the gateway had asked for it.
    pub ended: Option<(Duration, bool)>,
    /// Whether nothing of it is left.
    pub gone: bool,
    /// Requests that it got, when, by mark.
    pub asked: BTreeMap<Mark, Duration>,
    /// Those of them that described themselves (2026-07-28).
    pub described: BTreeSet<Mark>,
    /// Requests that it answered with questions and has not seen again.
    pub waits: BTreeMap<Mark, Duration>,
    /// Requests that it was told to give up, by mark.
    pub cancelled: BTreeMap<Mark, Duration>,
    /// Requests that it answered.
    pub answered: BTreeMap<Mark, Duration>,
    /// Notifications and replies that it got, in order.
    pub noted: Vec<Mark>,
    /// Reports of progress that it made before its answer.
    pub progress: BTreeMap<Mark, u64>,
    /// Announcements that it made: number, mark, when.
    pub announced: Vec<(u64, Mark, Duration)>,
    /// Questions that it asked as a server of a legacy era, by id.
    pub questions: BTreeMap<String, Question>,
}

/// A question of a server.
#[derive(Clone, Copy, Debug)]
pub struct Question {
    /// The call that it is about.
    pub mark: Mark,
    /// When it was asked.
    pub asked: Duration,
    /// When it was answered, by whomever.
    pub told: Option<Duration>,
}

impl Books {
    /// Empty books that begin now.
    pub fn new() -> Arc<Self> {
        Arc::new(Self {
            began: Instant::now(),
            record: Mutex::default(),
        })
    }

    /// The time since the beginning.
    pub fn now(&self) -> Duration {
        self.began.elapsed()
    }

    /// Looks at the books, or writes in them. Not to be held across an await.
    pub fn open(&self) -> MutexGuard<'_, Record> {
        self.record.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes a line into the journal.
    pub fn line(&self, who: Who, what: impl Into<String>) {
        let mut what = what.into();
        if what.len() > MAX_LINE {
            let length = what.len();
            what.truncate(what.floor_char_boundary(MAX_LINE));
            what = format!("{what}… ({length} bytes)");
        }
        let entry = Entry {
            at: self.now(),
            who,
            what,
        };
        self.open().journal.push(entry);
    }

    /// Notes that a rule was broken.
    pub fn breach(&self, rule: &'static str, what: impl Into<String>) {
        let at = self.now();
        self.open().breaches.push(Breach {
            at,
            rule,
            what: what.into(),
        });
    }

    /// A client sent a request.
    pub fn ask(&self, mark: Mark, ask: Ask) {
        let text = format!("asks {} {mark} of house {}", ask.method, ask.house);
        self.line(Who::Client(mark.label.client), text);
        let earlier = self.open().asks.insert(mark, ask);
        assert!(earlier.is_none(), "marks are counted");
    }

    /// A final answer arrived at the client that waits for `mark`.
    pub fn answer(&self, mark: Mark, answer: Answer) {
        let at = self.now();
        self.line(
            Who::Client(mark.label.client),
            format!("is answered {mark}: {answer}"),
        );
        if let Some(ask) = self.open().asks.get_mut(&mark) {
            ask.answers.push((at, answer));
        }
    }

    /// The client of `mark` gave up the means to receive its answer.
    pub fn give_up(&self, mark: Mark, how: &'static str) {
        let at = self.now();
        self.line(Who::Client(mark.label.client), format!("gives up {mark}: {how}"));
        if let Some(ask) = self.open().asks.get_mut(&mark) {
            ask.gave_up.get_or_insert((at, how));
        }
    }

    /// A session is over.
    pub fn end_visit(&self, label: Label, how: &'static str) {
        let at = self.now();
        self.line(Who::Client(label.client), format!("{label} is over: {how}"));
        let mut record = self.open();
        record
            .visits
            .entry(label)
            .or_default()
            .ended
            .get_or_insert((at, how));
    }

    /// Something arrived at `label`: nothing of it may be somebody else's.
    pub fn hear(&self, label: Label, text: &str) {
        self.line(Who::Client(label.client), format!("{label} hears {text}"));
        let is_log = text.contains("\"notifications/message\"");
        let asks = text.contains("\"input_required\"");
        for mark in marks_in(text) {
            // What a server logs for one of two stateless clients of one account may reach the other, and so may
            // what it asks about a call that was given up.
            let related = is_log && are_related(mark.label, label) || asks && self.is_stray(mark, label);
            if mark.label != label && !related {
                self.breach("no crossing", format!("{label} heard of {mark}: {text}"));
            }
        }
    }

    /// Whether a call of this account was given up at its server, which may still be at it.
    pub fn is_stray(&self, call: Mark, label: Label) -> bool {
        let record = self.open();
        let given_up = record
            .servers
            .values()
            .any(|server| server.cancelled.contains_key(&call));
        given_up && are_related(call.label, label)
    }

    /// Changes what is known of a server.
    pub fn server(&self, number: u16, change: impl FnOnce(&mut ServerRecord, Duration)) {
        let now = self.now();
        change(self.open().servers.entry(number).or_default(), now);
    }
}

impl Ask {
    /// The mark of the call to which this request belongs, which is its own unless it is a retry.
    pub fn call(&self, mark: Mark) -> Mark {
        self.retry.map_or(mark, |retry| retry.of)
    }
}

/// Whether two are stateless clients of one account.
pub(crate) fn are_related(one: Label, other: Label) -> bool {
    (one.session, other.session) == (0, 0) && one.account() == other.account()
}

impl Record {
    /// The journal as text.
    pub fn text(&self) -> String {
        self.journal.iter().map(|entry| format!("{entry}\n")).collect()
    }
}

impl fmt::Display for Who {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::World => f.write_str("world"),
            Self::Client(number) => write!(f, "client {number}"),
            Self::Server(number) => write!(f, "server {number}"),
        }
    }
}

impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:>10.3} {:<9} {}",
            self.at.as_secs_f64(),
            self.who.to_string(),
            self.what
        )
    }
}

impl fmt::Display for Breach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} (at {:.3} s): {}",
            self.rule,
            self.at.as_secs_f64(),
            self.what
        )
    }
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Result(Some(mark)) => write!(f, "result of {mark}"),
            Self::Result(None) => f.write_str("result"),
            Self::Asked(questions) => write!(f, "{questions} questions"),
            Self::Error { code, reason } => {
                write!(f, "error {code} {}", reason.as_deref().unwrap_or("of the server"))
            }
        }
    }
}
