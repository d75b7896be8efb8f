//! `input_required`, the modern way to ask: the questions, and what brings the answers back.
//!
//! Source: 2026-07-28, Multi Round-Trip Requests.

use memchr::memmem;
use pontoon_jsonrpc::{ErrorObject, Raw, RawObject};
use pontoon_mcp::error::{URL_ELICITATION_REQUIRED, invalid_params};
use pontoon_mcp::meta::{META, SERVER_INFO};
use pontoon_mcp::method;

/// Answers to questions, by the names that the questions had.
pub(crate) const RESPONSES: &str = "inputResponses";
/// What a client repeats without reading it.
pub(crate) const STATE: &str = "requestState";
const REQUESTS: &str = "inputRequests";

/// Most URLs that a client is asked to open at once.
const MAX_URLS: usize = 32;

/// Members of a retry, which only make sense to whoever asked.
pub(crate) const RETRY: [&str; 2] = [RESPONSES, STATE];

/// A question as `inputRequests` holds it.
pub(crate) fn question(method: &str, params: Option<&Raw>) -> Raw {
    let empty = RawObject::empty();
    let mut edit = empty.edit();
    edit.set("method", Raw::string(method));
    if let Some(params) = params {
        edit.set("params", params.clone());
    }
    edit.finish()
}

/// The result that asks `questions`, and will be recognised by `state`.
pub(crate) fn result<'a>(
    questions: impl Iterator<Item = (&'a str, &'a Raw)>,
    state: &str,
    server_info: Option<&Raw>,
) -> Raw {
    let empty = RawObject::empty();
    let mut requests = empty.edit();
    for (name, question) in questions {
        requests.set(name, question.clone());
    }
    let mut edit = empty.edit();
    edit.set("resultType", Raw::from_static("\"input_required\""));
    edit.set(REQUESTS, requests.finish());
    edit.set(STATE, Raw::string(state));
    if let Some(info) = server_info {
        edit.set(META, empty.edit().set(SERVER_INFO, info.clone()).finish());
    }
    edit.finish()
}

/// A server of 2025-11-25 refuses a call until its user has opened some URLs: the same as questions by name.
///
/// Source: 2025-11-25, Elicitation, "URL Elicitation Required Error".
pub(crate) fn url_questions(error: &ErrorObject) -> Option<Vec<(String, Raw)>> {
    #[derive(serde::Deserialize)]
    struct Refusal {
        elicitations: Vec<Wanted>,
    }
    #[derive(serde::Deserialize)]
    struct Wanted {
        message: String,
        url: String,
    }
    #[derive(serde::Serialize)]
    struct Params<'a> {
        mode: &'static str,
        message: &'a str,
        url: &'a str,
    }
    if error.code != URL_ELICITATION_REQUIRED {
        return None;
    }
    let refusal: Refusal = error.data.as_ref()?.decode().ok()?;
    let named = |(number, wanted): (usize, &Wanted)| {
        let params = Raw::encode(&Params {
            mode: "url",
            message: &wanted.message,
            url: &wanted.url,
        });
        (
            format!("url-{}", number + 1),
            question(method::ELICITATION, Some(&params)),
        )
    };
    let questions: Vec<_> = refusal
        .elicitations
        .iter()
        .take(MAX_URLS)
        .enumerate()
        .map(named)
        .collect();
    (!questions.is_empty()).then_some(questions)
}

/// The answers that a retry brings.
///
/// # Errors
///
/// `-32602` if they are no object.
pub(crate) fn responses(params: Option<&Raw>) -> Result<RawObject, ErrorObject> {
    let given = params
        .and_then(Raw::object)
        .and_then(|params| params.get(RESPONSES));
    match given {
        None => Ok(RawObject::empty()),
        Some(given) => given.object().ok_or_else(|| {
            invalid_params("Invalid params: \"inputResponses\" must be an object of answers by name")
        }),
    }
}

/// Parameters with another state, or with none.
pub(crate) fn with_state(params: Option<&Raw>, state: Option<&Raw>) -> Option<Raw> {
    let object = params?.object()?;
    let mut edit = object.edit();
    match state {
        Some(state) => edit.set(STATE, state.clone()),
        None => edit.remove(STATE),
    };
    Some(edit.finish())
}

/// Parameters as they were before there were any answers.
pub(crate) fn without_retry(params: Option<&Raw>) -> Option<Raw> {
    let object = params?.object()?;
    let mut edit = object.edit();
    for member in RETRY {
        edit.remove(member);
    }
    Some(edit.finish())
}

/// What a modern server wants to see again with the retry, if its result is a question.
///
/// Results without the word, which most are, are not looked into.
pub(crate) fn state_of(name: &str, result: &Raw) -> Option<Raw> {
    if !method::may_ask(name) || memmem::find(result.as_bytes(), STATE.as_bytes()).is_none() {
        return None;
    }
    let object = result.object()?;
    (object.get_str("resultType")? == "input_required").then(|| object.get(STATE))?
}

/// The same result with another state in it.
pub(crate) fn replace_state(result: &Raw, state: &str) -> Raw {
    match result.object() {
        Some(object) => object.edit().set(STATE, Raw::string(state)).finish(),
        None => result.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_result_names_its_questions_and_its_state() {
        let asked = question(method::ROOTS_LIST, None);
        let info = Raw::from_static(r#"{"name":"s"}"#);
        let got = result([("q1", &asked)].into_iter(), "sealed", Some(&info));
        assert_eq!(
            got.as_str(),
            r#"{"resultType":"input_required","inputRequests":{"q1":{"method":"roots/list"}},"requestState":"sealed","_meta":{"io.modelcontextprotocol/serverInfo":{"name":"s"}}}"#
        );
        assert_eq!(
            state_of(method::TOOLS_CALL, &got).unwrap().as_str(),
            r#""sealed""#
        );
        assert_eq!(state_of(method::TOOLS_LIST, &got), None, "which must not ask");
        let other = replace_state(&got, "s2");
        assert_eq!(state_of(method::TOOLS_CALL, &other).unwrap().as_str(), r#""s2""#);
    }

    #[test]
    fn text_that_only_looks_like_state_is_none() {
        let text = Raw::from_static(
            r#"{"content":[{"type":"text","text":"requestState"}],"resultType":"complete"}"#,
        );
        assert_eq!(state_of(method::TOOLS_CALL, &text), None);
        let complete = Raw::from_static(r#"{"requestState":"x","resultType":"complete"}"#);
        assert_eq!(state_of(method::TOOLS_CALL, &complete), None);
    }

    #[test]
    fn a_retry_becomes_the_first_request_again() {
        let params = Raw::from_static(r#"{"name":"t","inputResponses":{},"requestState":"x"}"#);
        assert_eq!(without_retry(Some(&params)).unwrap().as_str(), r#"{"name":"t"}"#);
        let state = Raw::from_static("\"own\"");
        assert_eq!(
            with_state(Some(&params), Some(&state)).unwrap().as_str(),
            r#"{"name":"t","inputResponses":{},"requestState":"own"}"#
        );
        assert!(responses(Some(&Raw::from_static(r#"{"inputResponses":[]}"#))).is_err());
    }
}
