//! Rounds of questions as they are written down: what modern servers answer with `input_required`, what legacy clients
//! are asked in the middle of their calls, and what comes back.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crate::mark::{Label, Mark};

/// One answer of a modern server that asks for something first, by the `requestState` in it.
#[derive(Clone, Debug)]
pub struct Round {
    /// The call.
    pub call: Mark,
    /// At which house.
    pub house: usize,
    /// Which server asks.
    pub server: u16,
    /// Which round of its call, counted from 1.
    pub number: u32,
    /// When.
    pub at: Duration,
    /// The step of the script at which it goes on.
    pub step: usize,
    /// What was answered at this step in earlier rounds.
    pub given: BTreeSet<String>,
    /// What is asked, by the server's names.
    pub questions: BTreeMap<String, Asked>,
    /// Requests that came with its state.
    pub comebacks: Vec<Comeback>,
}

/// One question of a round.
#[derive(Clone, Debug)]
pub struct Asked {
    /// What no other question has.
    pub key: String,
    /// `elicitation/create` for example.
    pub method: String,
}

/// A request that came back to a server with its state.
#[derive(Clone, Debug)]
pub struct Comeback {
    /// When.
    pub at: Duration,
    /// The server.
    pub server: u16,
    /// The retry of a client that makes them itself.
    pub with: Option<Mark>,
    /// The answers in it, by the server's names for the questions.
    pub answers: BTreeMap<String, Heard>,
}

/// An answer as a server heard it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Heard {
    /// The mark in it.
    pub mark: Option<Mark>,
    /// Its `action`.
    pub action: String,
}

/// A question of a round as it was put to a legacy client.
#[derive(Clone, Debug)]
pub struct Put {
    /// To whom.
    pub to: Label,
    /// When it was heard.
    pub at: Duration,
    /// How often it was heard.
    pub times: u32,
    /// What the client posted to it, in order.
    pub replies: Vec<Reply>,
}

/// A legacy client's answer to a question of a round.
#[derive(Clone, Copy, Debug)]
pub struct Reply {
    /// The mark that it carries.
    pub mark: Mark,
    /// Whether it is a JSON-RPC error.
    pub is_refusal: bool,
}

/// What an answer with this mark says, whoever gives it.
pub fn action(mark: Mark) -> &'static str {
    if mark.number.is_multiple_of(3) {
        "decline"
    } else {
        "accept"
    }
}
