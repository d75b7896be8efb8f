//! What one client asked and what it was told.

use std::collections::BTreeMap;
use std::sync::{Condvar, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use serde_json::Value;

/// Begins every text that a client sends; what follows, up to the next dot, says whose it is.
pub(crate) const SECRET: &str = "secret-of-";
/// Most characters of a message in a report.
const SHOWN: usize = 400;

/// What an answer says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Said {
    /// The result of what was asked.
    Right,
    /// A result of something else.
    Wrong(String),
    /// The gateway's own error, by the token of its cause.
    Fault(String),
    /// An error that does not say whose it is, or lacks code or text.
    Unclear(String),
}

/// Whether an answer is owed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Due {
    /// One.
    Answer,
    /// None as long as the client listens; one, if listening is over before.
    End,
}

/// A request.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) due: Due,
    /// What the right result contains.
    pub(crate) expected: String,
    pub(crate) at: Instant,
    /// Every answer, and how long it took.
    pub(crate) answers: Vec<(Said, Duration)>,
}

/// A message that wants to be answered by the client.
pub(crate) struct Question(pub(crate) Value);

/// The history of one client.
#[derive(Debug)]
pub(crate) struct History {
    own_secret: String,
    state: Mutex<State>,
    news: Condvar,
}

#[derive(Debug, Default)]
struct State {
    asked: BTreeMap<u64, Asked>,
    problems: Vec<String>,
}

impl History {
    /// Of the client called `name`.
    pub(crate) fn of(name: &str) -> Self {
        Self {
            own_secret: format!("{SECRET}{name}."),
            state: Mutex::default(),
            news: Condvar::new(),
        }
    }

    /// A text that only this client may receive, for its request `id`.
    pub(crate) fn text(&self, id: u64) -> String {
        format!("{}{id}.", self.own_secret)
    }

    /// Notes that a request is about to be sent.
    pub(crate) fn ask(&self, id: u64, due: Due, expected: String) {
        let asked = Asked {
            due,
            expected,
            at: Instant::now(),
            answers: Vec::new(),
        };
        self.lock().asked.insert(id, asked);
    }

    /// Notes what must not happen.
    pub(crate) fn problem(&self, problem: String) {
        self.lock().problems.push(problem);
    }

    /// Notes a message from the gateway, whichever way it came.
    pub(crate) fn receive(&self, text: &str) -> Option<Question> {
        if let Some(foreign) = self.foreign_secret(text) {
            self.problem(format!(
                "it was told somebody else's {foreign:?}: {}",
                short(text)
            ));
        }
        let Ok(message) = serde_json::from_str::<Value>(text) else {
            self.problem(format!("it was sent what is no message: {}", short(text)));
            return None;
        };
        if message.get("method").is_some() {
            return message.get("id").cloned().map(Question);
        }
        let mut state = self.lock();
        match message["id"].as_u64().and_then(|id| state.asked.get_mut(&id)) {
            Some(asked) => {
                let said = said(&message, &asked.expected);
                asked.answers.push((said, asked.at.elapsed()));
            }
            None => {
                let problem = format!("it was sent an answer to nothing: {}", short(text));
                state.problems.push(problem);
            }
        }
        drop(state);
        self.news.notify_all();
        None
    }

    /// A secret in a text that is not this client's.
    fn foreign_secret<'t>(&self, text: &'t str) -> Option<&'t str> {
        let secrets = text.match_indices(SECRET).map(|(at, _)| &text[at..]);
        let mut foreign = secrets.filter(|secret| !secret.starts_with(&self.own_secret));
        foreign.next().map(|secret| &secret[..secret.len().min(40)])
    }

    /// Waits for the answer to a request that comes on another connection.
    pub(crate) fn wait(&self, id: u64, limit: Duration) -> bool {
        let unanswered =
            |state: &mut State| state.asked.get(&id).is_some_and(|asked| asked.answers.is_empty());
        let waited = self.news.wait_timeout_while(self.lock(), limit, unanswered);
        !waited.expect("nobody panics there").1.timed_out()
    }

    /// Whether a request was answered with the right result.
    pub(crate) fn succeeded(&self, id: u64) -> bool {
        let state = self.lock();
        let answers = state.asked.get(&id).map(|asked| &asked.answers);
        answers.is_some_and(|answers| matches!(answers[..], [(Said::Right, _)]))
    }

    /// Everything, at the end.
    pub(crate) fn close(&self) -> (BTreeMap<u64, Asked>, Vec<String>) {
        let mut state = self.lock();
        (
            std::mem::take(&mut state.asked),
            std::mem::take(&mut state.problems),
        )
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("nobody panics there")
    }
}

fn said(answer: &Value, expected: &str) -> Said {
    if let Some(result) = answer.get("result") {
        let text = result.to_string();
        return if text.contains(expected) {
            Said::Right
        } else {
            Said::Wrong(short(&text))
        };
    }
    let error = &answer["error"];
    let is_clear = error["code"].is_i64() && error["message"].as_str().is_some_and(|text| text.len() > 10);
    let source = error["data"]["source"].as_str();
    match error["data"]["reason"].as_str() {
        Some(reason) if is_clear && source == Some("gateway") => Said::Fault(reason.to_owned()),
        _ => Said::Unclear(short(&answer.to_string())),
    }
}

/// The beginning of a text.
pub(crate) fn short(text: &str) -> String {
    let mut short: String = text.chars().take(SHOWN).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    short
}
