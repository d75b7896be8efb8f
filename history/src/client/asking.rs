//! Calls of 2026-07-28 clients that are answered with questions: what clients make of them.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Map, Value, json};

use super::draw;
use super::exchange::{self, Manner};
use super::pipe::{Gone, Pipe};
use super::request::{self, BOTH, Draft};
use super::visit::{PATIENCE, Visit};
use crate::books::{Brought, Retry, Who};
use crate::circumstances::PARKED;
use crate::dice::Dice;
use crate::mark::{Mark, marks_in};
use crate::rounds::action;
use crate::server::Way;

/// Most rounds that a client plays.
pub(crate) const MOST_ROUNDS: u32 = 4;

/// The address of somebody whose account is nobody's here.
const THIEF: ([u8; 4], u16) = ([127, 0, 0, 99], 4_099);

/// One round of questions, as it was brought.
pub(crate) struct Round {
    names: Vec<String>,
    state: String,
}

/// What becomes of a round.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Whim {
    /// Every question is answered.
    Answer,
    /// Some are, or none.
    Part,
    /// Every one, and some that nobody asked.
    More,
    /// The client never comes back.
    Never,
    /// It comes back about when it is too late.
    Late,
    /// It comes back twice at the same time.
    Twice,
    /// Somebody else comes first.
    Thief,
    /// It comes with another state first.
    Bent,
    /// It comes with other arguments first.
    Other,
    /// It comes with the state of the round before first.
    Old,
}

const WHIMS: [(u64, Whim); 10] = [
    (6, Whim::Answer),
    (4, Whim::Part),
    (2, Whim::More),
    (1, Whim::Never),
    (2, Whim::Late),
    (3, Whim::Twice),
    (2, Whim::Thief),
    (2, Whim::Bent),
    (2, Whim::Other),
    (2, Whim::Old),
];

/// Takes in the questions with which `mark` was answered.
pub(super) fn take(visit: &Visit, mark: Mark, result: &Value) {
    let books = &visit.world.books;
    let call = books.open().asks.get(&mark).map(|ask| ask.call(mark));
    let questions = result["inputRequests"].as_object();
    for (name, question) in questions.into_iter().flatten() {
        let about = marks_in(&question["params"]["mark"].to_string()).next();
        // On one pipe a server that does not stop when it is told to cannot be told from one that is at the next call
        // of that account.
        let stray = about.is_some_and(|about| books.is_stray(about, visit.label));
        if about != call && !(stray && visit.guest.way(&visit.world) == Way::Pipe) {
            books.breach("no crossing", format!("{mark} was asked {name}: {question}"));
        }
        let method = question["method"].as_str().unwrap_or_default();
        let declared = method
            .split('/')
            .next()
            .is_some_and(|kind| visit.guest.declares.contains(&format!("\"{kind}\"")));
        if !declared {
            let text = format!(
                "{mark} was asked {method}, and {} was declared",
                visit.guest.declares
            );
            books.breach("clients are asked what they can be asked", text);
        }
    }
    let Some(state) = result["requestState"].as_str().filter(|state| !state.is_empty()) else {
        return books.breach("the client's side is well formed", format!("{mark}: {result}"));
    };
    if marks_in(state).next().is_some() {
        books.breach("states are sealed", format!("{mark} got {state}"));
    }
    let names = questions.into_iter().flatten().map(|(name, _)| name.clone());
    let round = Round {
        names: names.collect(),
        state: state.to_owned(),
    };
    visit.keep_round(mark, round);
}

/// Comes back with answers for as long as there are questions.
pub(super) async fn go_on(visit: &Arc<Visit>, draft: &Draft) {
    let mut before = None;
    let mut last = draft.mark;
    let mut answered = BTreeSet::new();
    for _ in 0..MOST_ROUNDS {
        let Some(round) = visit.take_round(last) else {
            return;
        };
        if let Some(name) = round.names.iter().find(|name| answered.contains(*name)) {
            let text = format!("{last} is asked {name} again");
            visit.world.books.breach("answers answer", text);
        }
        let comeback = Comeback {
            visit,
            draft,
            after: last,
            round,
        };
        let whim = visit.whim(|dice| dice.weigh(&WHIMS));
        comeback.line(&format!("makes of its questions: {whim:?}"));
        let Some((next, brought)) = comeback.come(whim, before.as_ref()).await else {
            return;
        };
        last = next;
        answered.extend(brought);
        before = Some(comeback);
    }
}

/// How the state of a retry is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    AsItIs,
    Bent,
    /// As it was in an earlier round.
    Old,
}

/// A client with a round of questions to answer.
struct Comeback<'a> {
    visit: &'a Arc<Visit>,
    draft: &'a Draft,
    /// The request that was answered with them.
    after: Mark,
    round: Round,
}

impl Comeback<'_> {
    fn line(&self, what: &str) {
        let line = format!("{} of {} {what}", self.visit.label, self.draft.mark);
        self.visit
            .world
            .books
            .line(Who::Client(self.visit.guest.number), line);
    }

    /// Returns the retry that counts, and what it answers.
    async fn come(&self, whim: Whim, before: Option<&Self>) -> Option<(Mark, Vec<String>)> {
        let pause = self.visit.whim(|dice| match whim {
            Whim::Late => dice.millis(0, 900) + u64::try_from(PARKED.as_millis()).unwrap_or(0) - 300,
            _ => dice.millis(0, 400),
        });
        tokio::time::sleep(Duration::from_millis(pause)).await;
        match whim {
            Whim::Never => return None,
            Whim::Twice => return self.twice().await,
            Whim::Thief => self.steal().await,
            Whim::Bent => self.foul(State::Bent, self.draft.params.clone()).await,
            Whim::Other => {
                let mut params = self.draft.params.clone();
                params["arguments"]["other"] = Value::from(1);
                self.foul(State::AsItIs, params).await;
            }
            Whim::Old => {
                if let Some(before) = before {
                    before.foul(State::Old, self.draft.params.clone()).await;
                }
            }
            Whim::Answer | Whim::Part | Whim::More | Whim::Late => {}
        }
        let part = whim == Whim::Part;
        let names = self.round.names.iter();
        let names: Vec<_> = names
            .filter(|_| !part || self.visit.whim(|dice| dice.once_in(2)))
            .cloned()
            .collect();
        let manner = match self.visit.whim(|dice| draw::manner(self.visit, dice)) {
            // When it arrives is to be known.
            Manner::Dribble(_) | Manner::Pause(..) => Manner::Stay,
            manner => manner,
        };
        let retry = self.retry(&names, whim);
        let mark = retry.mark;
        exchange::once(self.visit, &retry, manner).await;
        Some((mark, names))
    }

    /// Two retries with one state at the same time, of which one is refused.
    async fn twice(&self) -> Option<(Mark, Vec<String>)> {
        let names = &self.round.names;
        let retries = [self.retry(names, Whim::Twice), self.retry(names, Whim::Twice)];
        tokio::join!(
            exchange::once(self.visit, &retries[0], Manner::Stay),
            exchange::once(self.visit, &retries[1], Manner::Plain),
        );
        let record = self.visit.world.books.open();
        let asked = retries.iter().map(|retry| retry.mark).find(|mark| {
            let ask = record.asks.get(mark);
            ask.is_some_and(|ask| matches!(ask.answers[..], [(_, crate::books::Answer::Asked(_))]))
        });
        Some((asked?, names.clone()))
    }

    /// The same request with answers to these questions.
    fn retry(&self, names: &[String], whim: Whim) -> Draft {
        let mut retry = self.with(self.draft.params.clone(), &self.round.state, false);
        let mut answers = self.answers(names, retry.mark, true);
        if whim == Whim::More {
            let strange = ["question-0".to_owned(), "unheard of".to_owned()];
            answers.append(&mut self.answers(&strange, retry.mark, false));
        }
        if whim == Whim::Part {
            for name in self.round.names.iter().filter(|name| !names.contains(name)) {
                answers.insert(name.clone(), Value::from("no object"));
            }
        }
        retry.params["inputResponses"] = Value::Object(answers);
        retry
    }

    /// A retry that must be refused.
    async fn foul(&self, kind: State, params: Value) {
        let state = match kind {
            State::AsItIs | State::Old => self.round.state.clone(),
            State::Bent => self.visit.whim(|dice| bend(&self.round.state, dice)),
        };
        let mut retry = self.with(params, &state, true);
        if let Some(retry) = &mut retry.retry {
            retry.replays = kind == State::Old;
        }
        let answers = self.answers(&self.round.names, retry.mark, false);
        retry.params["inputResponses"] = Value::Object(answers);
        exchange::once(self.visit, &retry, Manner::Stay).await;
    }

    fn with(&self, mut params: Value, state: &str, foul: bool) -> Draft {
        let mark = self.visit.mark();
        params["requestState"] = Value::from(state);
        params["_meta"]["with"] = Value::from(mark.to_string());
        Draft {
            mark,
            id: self.visit.id(),
            method: self.draft.method,
            params,
            honest: self.draft.honest,
            foul,
            retry: Some(Retry {
                of: self.draft.mark,
                after: self.after,
                replays: false,
            }),
        }
    }

    /// Answers, each with a mark of its own.
    fn answers(&self, names: &[String], with: Mark, is_welcome: bool) -> Map<String, Value> {
        let answer = |name: &String| {
            let mark = self.visit.mark();
            let brought = Brought { with, is_welcome };
            self.visit.world.books.open().brought.insert(mark, brought);
            let answer = json!({ "action": action(mark), "content": { "mark": mark.to_string() } });
            (name.clone(), answer)
        };
        names.iter().map(answer).collect()
    }

    /// Somebody else got hold of the state.
    async fn steal(&self) {
        let books = &self.visit.world.books;
        self.line("is robbed");
        let mut retry = self.with(self.draft.params.clone(), &self.round.state, true);
        let answers = self.answers(&self.round.names, retry.mark, false);
        retry.params["inputResponses"] = Value::Object(answers);
        let (body, headers) = retry.write(self.visit);
        let bytes = request::post(&self.visit.path(), BOTH, &headers, &body);
        let text = match tokio::time::timeout(PATIENCE, self.post_as_thief(&bytes)).await {
            Ok(Ok(text)) => text,
            Ok(Err(Gone)) if self.visit.world.is_draining() => return,
            Ok(Err(Gone)) => return books.breach("foul play is refused", "the thief was hung up on"),
            Err(_) => return books.breach("no hang", "the thief was not answered in time"),
        };
        self.line(&format!("was robbed by somebody who got {text}"));
        let answer: Value = serde_json::from_str(&text).unwrap_or_default();
        let busy = self.visit.world.is_draining() || self.visit.world.circumstances.tight;
        if answer["error"]["code"] != -32602 && !(busy && answer["error"].is_object()) {
            books.breach("foul play is refused", format!("the thief got {text}"));
        }
        if let Some(mark) = marks_in(&text).next() {
            books.breach("no crossing", format!("the thief heard of {mark}"));
        }
    }

    async fn post_as_thief(&self, bytes: &[u8]) -> Result<String, Gone> {
        let io = self.visit.world.dial(THIEF.into(), 64 * 1024).ok_or(Gone)?;
        let mut pipe = Pipe::new(io);
        pipe.send(bytes).await?;
        pipe.head().await?;
        pipe.whole().await
    }
}

/// Another state that looks like this one.
fn bend(state: &str, dice: &mut Dice) -> String {
    let length = state.len();
    let at = usize::try_from(dice.roll(u64::try_from(length).unwrap_or(1))).unwrap_or(0);
    match dice.roll(4) {
        0 => state[..at].to_owned(),
        1 => format!("{state}A"),
        2 => "made up".to_owned(),
        _ => {
            let mut bytes = state.as_bytes().to_vec();
            bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
            String::from_utf8(bytes).unwrap_or_default()
        }
    }
}
