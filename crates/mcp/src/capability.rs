//! What a client says it can do.

use pontoon_jsonrpc::Raw;

use crate::Question;

/// The `capabilities` object of a client, kept as it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientCapabilities(Raw);

impl ClientCapabilities {
    /// Takes a JSON object; `None` for any other value.
    pub fn new(raw: Raw) -> Option<Self> {
        raw.object().is_some().then_some(Self(raw))
    }

    /// A client that can do nothing beyond the base protocol.
    pub fn none() -> Self {
        Self(Raw::from_static("{}"))
    }

    /// What a connection declares whose questions reach clients of all kinds: each of them has declared what it can be
    /// asked itself, and is asked nothing else.
    pub fn all_questions() -> Self {
        Self(Raw::from_static(
            r#"{"elicitation":{"form":{},"url":{}},"sampling":{"tools":{}},"roots":{}}"#,
        ))
    }

    /// The same in memory of its own, for keeping it.
    pub fn detached(&self) -> Self {
        Self(self.0.detached())
    }

    /// The object as written.
    pub fn raw(&self) -> &Raw {
        &self.0
    }

    /// Whether the client declared that it can answer `question`.
    pub fn answers(&self, question: Question) -> bool {
        self.0
            .object()
            .is_some_and(|object| object.contains(question.capability()))
    }

    /// Whether the client declared that it can answer any question.
    pub fn answers_any(&self) -> bool {
        Question::ALL.into_iter().any(|question| self.answers(question))
    }

    /// Whether the client declared that it brings users to URLs.
    pub fn opens_urls(&self) -> bool {
        let declared = self
            .0
            .object()
            .and_then(|all| all.get(Question::Elicitation.capability()));
        declared
            .and_then(|elicitation| elicitation.object())
            .is_some_and(|modes| modes.contains("url"))
    }

    /// Whether the client declared what this very question needs: the mode of
    /// an elicitation, tools for sampling.
    ///
    /// Source: 2025-11-25 and 2026-07-28, Elicitation and Sampling, "Capabilities".
    pub fn answers_with(&self, question: Question, params: Option<&Raw>) -> bool {
        let Some(declared) = self.0.object().and_then(|all| all.get(question.capability())) else {
            return false;
        };
        let (declared, params) = (declared.object(), params.and_then(Raw::object));
        let has = |part: &str| declared.as_ref().is_some_and(|declared| declared.contains(part));
        let asks = |member: &str| params.as_ref().is_some_and(|params| params.contains(member));
        let mode = params.as_ref().and_then(|params| params.get_str("mode"));
        match question {
            Question::Roots => true,
            Question::Sampling => has("tools") || !(asks("tools") || asks("toolChoice")),
            Question::Elicitation if mode.as_deref() == Some("url") => has("url"),
            // "An empty capabilities object is equivalent to declaring support for form mode only."
            Question::Elicitation => has("form") || !has("url"),
        }
    }

    /// The same capabilities as far as another era knows them: extensions are
    /// carried where both sides share an era.
    #[must_use]
    pub fn across_eras(&self) -> Self {
        let Some(object) = self.0.object() else {
            return Self::none();
        };
        Self(object.edit().remove("extensions").remove("tasks").finish())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn capabilities(text: &'static str) -> ClientCapabilities {
        ClientCapabilities::new(Raw::from_static(text)).unwrap()
    }

    #[test]
    fn a_question_needs_what_it_uses_declared() {
        let form = Raw::from_static(r#"{"message":"m"}"#);
        let url = Raw::from_static(r#"{"mode":"url","url":"https://a.example"}"#);
        let tools = Raw::from_static(r#"{"tools":[]}"#);
        for (declared, question, params, answered) in [
            ("{}", Question::Roots, None, false),
            (r#"{"roots":{}}"#, Question::Roots, None, true),
            (r#"{"elicitation":{}}"#, Question::Elicitation, Some(&form), true),
            (r#"{"elicitation":{}}"#, Question::Elicitation, Some(&url), false),
            (
                r#"{"elicitation":{"url":{}}}"#,
                Question::Elicitation,
                Some(&url),
                true,
            ),
            (
                r#"{"elicitation":{"url":{}}}"#,
                Question::Elicitation,
                Some(&form),
                false,
            ),
            (
                r#"{"elicitation":{"url":{},"form":{}}}"#,
                Question::Elicitation,
                Some(&form),
                true,
            ),
            (r#"{"sampling":{}}"#, Question::Sampling, Some(&form), true),
            (r#"{"sampling":{}}"#, Question::Sampling, Some(&tools), false),
            (
                r#"{"sampling":{"tools":{}}}"#,
                Question::Sampling,
                Some(&tools),
                true,
            ),
        ] {
            let answers = capabilities(declared).answers_with(question, params);
            assert_eq!(answers, answered, "{declared} {question:?} {params:?}");
        }
    }

    #[test]
    fn what_only_one_era_knows_is_not_told_to_the_other() {
        let all = capabilities(r#"{"sampling":{},"extensions":{"x":{}},"experimental":{}}"#);
        let left = all.across_eras();
        assert_eq!(left.raw().as_str(), r#"{"sampling":{},"experimental":{}}"#);
    }
}
