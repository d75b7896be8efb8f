//! Modern servers that ask for something first (`input_required`).
//!
//! They keep nothing between the rounds of a call: what they need is in the state, of which the books know what it
//! stands for. So it does not matter which server of a house gets a retry.
//!
//! Source: 2026-07-28, Multi Round-Trip Requests.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::script::{MODERN, Performance};
use super::{Server, speech};
use crate::mark::{Label, Mark, marks_in};
use crate::rounds::{Asked, Comeback, Heard, Round};

const CLIENT_INFO: &str = "io.modelcontextprotocol/clientInfo";
const CAPABILITIES: &str = "io.modelcontextprotocol/clientCapabilities";

/// Where a call stands that has come back.
#[derive(Clone, Debug)]
pub(super) struct Resumed {
    step: usize,
    number: u32,
    given: BTreeSet<String>,
}

/// Whether a request says of itself what the handshake says in older revisions.
pub(super) fn describes_itself(params: &Value) -> bool {
    !params["_meta"][MODERN].is_null()
}

impl Server {
    /// A request of 2026-07-28 with a mark: it is in the name of whose mark it is.
    pub(super) fn check_description(&self, mark: Mark, params: &Value) {
        let speaker = params["_meta"][CLIENT_INFO]["name"]
            .as_str()
            .and_then(Label::parse);
        if speaker != Some(mark.label) {
            let what = format!("server {} got {mark} from {speaker:?}", self.number);
            self.books.breach("no crossing", what);
        }
        self.books
            .server(self.number, |record, _| _ = record.described.insert(mark));
    }

    /// A request that comes with a state: only those that a server of this house gave for this call are any good.
    pub(super) fn take_comeback(&self, mark: Mark, params: &Value) -> Option<Resumed> {
        let state = params["requestState"].as_str().unwrap_or_default();
        let with = params["_meta"]["with"]
            .as_str()
            .and_then(|text| marks_in(text).next());
        let answers = heard(&params["inputResponses"]);
        let now = self.books.now();
        let mut record = self.books.open();
        let own = record.rounds.get_mut(state);
        let own = own.filter(|round| (round.call, round.house) == (mark, self.house));
        let Some(round) = own else {
            drop(record);
            let what = format!("server {} got {mark} with the state {state:?}", self.number);
            self.books.breach("a state serves its own request", what);
            return None;
        };
        let mut given = round.given.clone();
        given.extend(answers.keys().cloned());
        let resumed = Resumed {
            step: round.step,
            number: round.number,
            given,
        };
        let marks: Vec<_> = answers.values().filter_map(|answer| answer.mark).collect();
        round.comebacks.push(Comeback {
            at: now,
            server: self.number,
            with,
            answers,
        });
        let server = record.servers.entry(self.number).or_default();
        server.noted.extend(marks);
        server.asked.entry(mark).or_insert(now);
        server.waits.remove(&mark);
        Some(resumed)
    }
}

/// Answers that are any.
fn heard(responses: &Value) -> BTreeMap<String, Heard> {
    let responses = responses.as_object().into_iter().flatten();
    let answers = responses.filter(|(_, answer)| answer.is_object());
    let read = |answer: &Value| Heard {
        mark: marks_in(&answer.to_string()).next(),
        action: answer["action"].as_str().unwrap_or_default().to_owned(),
    };
    answers
        .map(|(name, answer)| (name.clone(), read(answer)))
        .collect()
}

impl Performance<'_> {
    /// The step at which the script begins, or goes on.
    pub(super) fn first_step(&self) -> usize {
        self.resumed.as_ref().map_or(0, |resumed| resumed.step)
    }

    /// Asks what this step needs to know, if it does not know it; says whether it did. That is the end of a request.
    pub(super) fn asks_first(&self, at: usize, step: &Value) -> bool {
        if !describes_itself(self.params) {
            return false;
        }
        let comes_back = self.resumed.as_ref().filter(|resumed| resumed.step == at);
        let given = comes_back
            .map(|resumed| resumed.given.clone())
            .unwrap_or_default();
        let missing: Vec<_> = methods(step)
            .into_iter()
            .enumerate()
            .map(|(number, method)| (format!("ask-{at}-{number}"), method))
            .filter(|(name, method)| self.can_be_asked(method) && !given.contains(name))
            .collect();
        let waits = step[0] == "later" && comes_back.is_none();
        if missing.is_empty() && !waits {
            return false;
        }
        self.require(at, given, missing, step);
        true
    }

    /// "Servers MUST NOT send an inputRequests that the client has not declared support for" ("Server Requirements").
    fn can_be_asked(&self, method: &str) -> bool {
        let kind = method.split('/').next().unwrap_or_default();
        !self.params["_meta"][CAPABILITIES][kind].is_null()
    }

    fn require(&self, at: usize, given: BTreeSet<String>, missing: Vec<(String, String)>, step: &Value) {
        let Some(mark) = self.mark else { return };
        let now = self.server.books.now();
        let mut record = self.server.books.open();
        let number = record.rounds.len();
        let state = format!("own-{number}-{mark}");
        let asked = |(name, method): (String, String)| {
            let key = format!("n{number}/{name}");
            (name, Asked { key, method })
        };
        let round = Round {
            call: mark,
            house: self.server.house,
            server: self.server.number,
            number: self.resumed.as_ref().map_or(0, |resumed| resumed.number) + 1,
            at: now,
            step: at,
            given,
            questions: missing.into_iter().map(asked).collect(),
            comebacks: Vec::new(),
        };
        let requests = requests(&round, &step[2]);
        record.rounds.insert(state.clone(), round);
        let server = record.servers.entry(self.server.number).or_default();
        server.waits.insert(mark, now);
        drop(record);
        self.say(speech::input_required(self.id, requests, &state));
    }
}

/// What a step asks.
fn methods(step: &Value) -> Vec<String> {
    match step[0].as_str() {
        Some("ask") => vec![step[1].as_str().unwrap_or_default().to_owned()],
        Some("asks") => serde_json::from_value(step[1].clone()).unwrap_or_default(),
        _ => Vec::new(),
    }
}

fn requests(round: &Round, mood: &Value) -> Map<String, Value> {
    let request = |(name, asked): (&String, &Asked)| {
        let params = json!({
            "mark": round.call.to_string(),
            "key": asked.key,
            "mood": mood,
            "message": "?",
            "messages": [],
            "maxTokens": 1,
        });
        (name.clone(), json!({ "method": asked.method, "params": params }))
    };
    round.questions.iter().map(request).collect()
}
