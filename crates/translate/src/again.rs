//! Requests of legacy clients that a modern server answers with questions.
//!
//! Source: 2026-07-28, Multi Round-Trip Requests.

use std::time::Duration;

use memchr::memmem;
use pontoon_jsonrpc::{Raw, RawObject};
use pontoon_mcp::Question;

/// How often a request may be answered with questions.
pub(crate) const MAX_ROUNDS: u32 = 10;

/// How long to wait before a request that was answered with nothing but a state is made again.
const FIRST_PAUSE: Duration = Duration::from_millis(250);
const LONGEST_PAUSE: Duration = Duration::from_secs(8);

/// What it takes to make a request again.
#[derive(Debug, Default)]
pub(crate) struct Again {
    /// The parameters as the client wrote them.
    pub(crate) params: Option<Raw>,
    /// Rounds so far.
    pub(crate) rounds: u32,
    /// The round that is under way.
    pub(crate) round: Round,
}

impl Again {
    pub(crate) fn new(params: Option<Raw>) -> Self {
        Self {
            params,
            ..Self::default()
        }
    }

    /// The pause before the next attempt where nothing was asked.
    pub(crate) fn pause(&self) -> Duration {
        let doublings = self.rounds.saturating_sub(1).min(MAX_ROUNDS);
        (FIRST_PAUSE * 2_u32.pow(doublings)).min(LONGEST_PAUSE)
    }
}

/// One round of questions.
#[derive(Debug, Default)]
pub(crate) struct Round {
    /// The server's own, to be brought back as it is.
    pub(crate) state: Option<Raw>,
    /// Questions without an answer.
    pub(crate) open: usize,
    /// Answers by the server's names for the questions.
    pub(crate) answers: Vec<(String, Raw)>,
    /// When the request is made again, where nothing was asked.
    pub(crate) due: Option<Duration>,
}

impl Round {
    /// The parameters of the retry: those of the request with what the round has brought.
    pub(crate) fn complete(&self, params: &Raw) -> Raw {
        let object = params.object().unwrap_or_else(RawObject::empty);
        let mut edit = object.edit();
        if !self.answers.is_empty() {
            let empty = RawObject::empty();
            let mut responses = empty.edit();
            for (name, answer) in &self.answers {
                responses.set(name, answer.clone());
            }
            edit.set("inputResponses", responses.finish());
        }
        if let Some(state) = &self.state {
            edit.set("requestState", state.clone());
        }
        edit.finish()
    }
}

/// A result that is no result yet.
pub(crate) struct InputRequired {
    pub(crate) state: Option<Raw>,
    pub(crate) questions: Vec<Asked>,
}

/// One question of a round.
pub(crate) struct Asked {
    /// The server's name for it.
    pub(crate) name: String,
    pub(crate) kind: Question,
    pub(crate) params: Option<Raw>,
}

impl InputRequired {
    /// Whether a result asks for input.
    pub(crate) fn is_in(result: &Raw) -> bool {
        // Hardly any result does, and a scan for the word costs less than a look at the structure.
        memmem::find(result.as_bytes(), b"input_required").is_some()
            && result
                .object()
                .is_some_and(|object| object.get_str("resultType").as_deref() == Some("input_required"))
    }

    /// Reads what is asked for; `None` if it makes no sense: neither questions nor a state, or questions that
    /// 2026-07-28 does not know.
    pub(crate) fn read(result: &Raw) -> Option<Self> {
        let object = result.object()?;
        let state = object.get("requestState");
        let questions = match object.get("inputRequests") {
            None => Vec::new(),
            Some(requests) => requests
                .object()?
                .iter()
                .map(|(name, request)| Asked::read(name.into_owned(), &request))
                .collect::<Option<_>>()?,
        };
        let says_something = state.is_some() || !questions.is_empty();
        says_something.then_some(Self { state, questions })
    }
}

impl Asked {
    fn read(name: String, request: &Raw) -> Option<Self> {
        let request = request.object()?;
        let kind = Question::of(&request.get_str("method")?)?;
        let params = request.get("params");
        Some(Self { name, kind, params })
    }

    /// The parameters as a legacy client knows them: up to 2025-11-25 an elicitation by URL has an id.
    pub(crate) fn legacy_params(&self, ours: i64) -> Option<Raw> {
        let params = self.params.clone()?;
        let Some(object) = params.object().filter(|_| self.kind == Question::Elicitation) else {
            return Some(params);
        };
        if object.get_str("mode").as_deref() != Some("url") || object.contains("elicitationId") {
            return Some(params);
        }
        let id = Raw::string(&format!("elicitation-{ours}"));
        Some(object.edit().set("elicitationId", id).finish())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_makes_no_sense_is_not_read() {
        for text in [
            r#"{"resultType":"input_required"}"#,
            r#"{"resultType":"input_required","inputRequests":{}}"#,
            r#"{"resultType":"input_required","inputRequests":[]}"#,
            r#"{"resultType":"input_required","inputRequests":{"a":{"method":"tools/call"}}}"#,
            r#"{"resultType":"input_required","inputRequests":{"a":1},"requestState":"s"}"#,
        ] {
            let result = Raw::from_static(text);
            assert!(InputRequired::is_in(&result));
            assert!(InputRequired::read(&result).is_none(), "{text}");
        }
        let mentions = Raw::from_static(r#"{"content":[{"resultType":"input_required"}]}"#);
        assert!(!InputRequired::is_in(&mentions));
    }

    #[test]
    fn pauses_grow_up_to_a_limit() {
        let pause = |rounds| {
            Again {
                rounds,
                ..Again::default()
            }
            .pause()
            .as_millis()
        };
        assert_eq!([1, 2, 3, 5, 6, 10].map(pause), [250, 500, 1000, 4000, 8000, 8000]);
    }

    #[test]
    fn an_elicitation_by_url_gets_the_id_that_its_client_requires() {
        let asked = |params| Asked {
            name: "n".to_owned(),
            kind: Question::Elicitation,
            params: Some(Raw::from_static(params)),
        };
        assert_eq!(
            asked(r#"{"mode":"url","url":"https://a.example"}"#)
                .legacy_params(3)
                .unwrap()
                .as_str(),
            r#"{"mode":"url","url":"https://a.example","elicitationId":"elicitation-3"}"#
        );
        assert_eq!(
            asked(r#"{"mode":"form" }"#).legacy_params(3).unwrap().as_str(),
            r#"{"mode":"form" }"#
        );
    }
}
