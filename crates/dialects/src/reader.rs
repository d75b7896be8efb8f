//! One stream in one dialect.

use serde_json::Value;

use crate::anthropic::Anthropic;
use crate::chatgpt::ChatGpt;
use crate::deepseek::DeepSeek;
use crate::{Dialect, Piece, kimi, openai};

/// Reads one stream, event by event.
#[derive(Debug)]
pub struct Reader {
    state: State,
}

#[derive(Debug)]
enum State {
    /// Nobody is recognized yet.
    Guessing,
    ChatGpt(ChatGpt),
    Kimi,
    DeepSeek(DeepSeek),
    OpenAi,
    Anthropic(Anthropic),
}

impl Reader {
    /// Of a stream in this dialect.
    pub fn new(dialect: Dialect) -> Self {
        let state = match dialect {
            Dialect::ChatGpt => State::ChatGpt(ChatGpt::default()),
            Dialect::Kimi => State::Kimi,
            Dialect::DeepSeek => State::DeepSeek(DeepSeek::default()),
            Dialect::OpenAi => State::OpenAi,
            Dialect::Anthropic => State::Anthropic(Anthropic::default()),
        };
        Self { state }
    }

    /// Of a stream in the dialect of the first event that tells which. Events before it say nothing.
    pub fn guessing() -> Self {
        Self {
            state: State::Guessing,
        }
    }

    /// Who speaks, as far as is known.
    pub fn dialect(&self) -> Option<Dialect> {
        match self.state {
            State::Guessing => None,
            State::ChatGpt(_) => Some(Dialect::ChatGpt),
            State::Kimi => Some(Dialect::Kimi),
            State::DeepSeek(_) => Some(Dialect::DeepSeek),
            State::OpenAi => Some(Dialect::OpenAi),
            State::Anthropic(_) => Some(Dialect::Anthropic),
        }
    }

    /// What an event says: nothing, if its dialect does not know it. `event` is its name, `message` if it has none.
    pub fn read(&mut self, event: &str, data: &[u8]) -> Vec<Piece> {
        if matches!(self.state, State::Guessing) {
            match Dialect::recognize(event, data) {
                Some(dialect) => *self = Self::new(dialect),
                None => return Vec::new(),
            }
        }
        // How the APIs end a stream, and the pages that grew out of them.
        if data.trim_ascii() == b"[DONE]" {
            return vec![Piece::Finished("[DONE]".to_owned())];
        }
        let value: Value = match serde_json::from_slice(data) {
            Ok(value) => value,
            Err(error) => return vec![Piece::Unreadable(error.to_string())],
        };
        let mut pieces = Vec::new();
        match &mut self.state {
            State::Guessing => {}
            State::ChatGpt(page) => page.read(&value, &mut pieces),
            State::Kimi => kimi::read(&value, &mut pieces),
            State::DeepSeek(page) => page.read(event, &value, &mut pieces),
            State::OpenAi => openai::read(event, &value, &mut pieces),
            State::Anthropic(api) => api.read(&value, &mut pieces),
        }
        pieces
    }
}
