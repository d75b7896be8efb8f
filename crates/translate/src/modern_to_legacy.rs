//! A modern client in front of a legacy server.

use pontoon_jsonrpc::{ErrorObject, Raw, RawObject, code};
use pontoon_mcp::error::{RESOURCE_NOT_FOUND, URL_ELICITATION_REQUIRED, invalid_params};
use pontoon_mcp::meta::{META, PROGRESS_TOKEN, RESERVED_PREFIX, SERVER_INFO};
use pontoon_mcp::method;

use crate::exchange::UpstreamId;
use crate::input_required::{RESPONSES, STATE};

/// Parameters as a legacy server knows them, and the client's progress token.
///
/// # Errors
///
/// A retry of a round that this gateway never opened is refused.
pub(crate) fn request_params(
    params: Option<&Raw>,
    minted: UpstreamId,
) -> Result<(Option<Raw>, Option<Raw>), ErrorObject> {
    let Some(object) = params.and_then(Raw::object) else {
        return Ok((None, None));
    };
    if object.contains(STATE) {
        return Err(invalid_params(
            "Invalid params: this requestState was not given out, or not for this request; \
             send the request without it",
        ));
    }
    let mut edit = object.edit();
    // Answers to what nobody asked are ignored (MRTR, "Server Requirements"): the call begins, and asks by itself.
    edit.remove(RESPONSES);
    let Some(meta) = object.get(META).and_then(|meta| meta.object()) else {
        return Ok((Some(edit.finish()), None));
    };
    let (meta, token) = legacy_meta(&meta, minted);
    match meta {
        Some(meta) => edit.set(META, meta),
        None => edit.remove(META),
    };
    Ok((Some(edit.finish()), token))
}

/// `_meta` without the keys that describe a modern request; `None` if nothing
/// is left.
fn legacy_meta(meta: &RawObject, minted: UpstreamId) -> (Option<Raw>, Option<Raw>) {
    let token = meta.get(PROGRESS_TOKEN);
    let mut edit = meta.edit();
    let mut left = 0;
    for (key, _) in meta.iter() {
        if key.starts_with(RESERVED_PREFIX) {
            edit.remove(&key);
        } else {
            left += 1;
        }
    }
    if token.is_some() {
        edit.set(PROGRESS_TOKEN, minted.to_raw());
    }
    ((left > 0).then(|| edit.finish()), token)
}

/// A legacy result as a modern client expects it.
pub(crate) fn result(method: &str, result: &Raw, server_info: Option<&Raw>) -> Raw {
    let object = result.object().unwrap_or_else(RawObject::empty);
    let mut edit = object.edit();
    edit.set("resultType", Raw::from_static("\"complete\""));
    if method::cacheable(method) {
        // A legacy server promises nothing about how long its lists hold.
        edit.set("ttlMs", Raw::from_static("0"));
        edit.set("cacheScope", Raw::from_static("\"private\""));
    }
    if let Some(info) = server_info {
        let meta = object
            .get(META)
            .and_then(|meta| meta.object())
            .unwrap_or_else(RawObject::empty);
        if !meta.contains(SERVER_INFO) {
            let mut meta = meta.edit();
            meta.set(SERVER_INFO, info.clone());
            edit.set(META, meta.finish());
        }
    }
    edit.finish()
}

/// A legacy error as a modern client expects it: codes that 2026-07-28 forbids
/// are replaced (Overview, "Error Codes").
pub(crate) fn error(error: ErrorObject) -> ErrorObject {
    match error.code {
        RESOURCE_NOT_FOUND => ErrorObject {
            code: code::INVALID_PARAMS,
            ..error
        },
        URL_ELICITATION_REQUIRED => ErrorObject {
            code: code::INTERNAL_ERROR,
            message: format!(
                "{} (the server wants a URL to be opened first, and the client did not declare that it can: \
                 elicitation.url)",
                error.message
            ),
            data: None,
        },
        _ => error,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn params(text: &'static str) -> (Option<Raw>, Option<Raw>) {
        request_params(Some(&Raw::from_static(text)), UpstreamId(9)).unwrap()
    }

    #[test]
    fn modern_keys_are_removed_and_the_rest_is_kept_to_the_byte() {
        let (sent, token) = params(
            r#"{"name":"a","arguments":{"n":1.0},"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{},"progressToken":"p","traceparent":"00-a","com.example/x":1}}"#,
        );
        assert_eq!(
            sent.unwrap().as_str(),
            r#"{"name":"a","arguments":{"n":1.0},"_meta":{"progressToken":9,"traceparent":"00-a","com.example/x":1}}"#
        );
        assert_eq!(token.unwrap().as_str(), r#""p""#);
    }

    #[test]
    fn a_meta_that_becomes_empty_goes() {
        let (sent, token) = params(r#"{"_meta":{"io.modelcontextprotocol/clientInfo":{}},"cursor":"x"}"#);
        assert_eq!(sent.unwrap().as_str(), r#"{"cursor":"x"}"#);
        assert!(token.is_none());
    }

    #[test]
    fn answers_to_what_nobody_asked_are_ignored() {
        let (sent, _) = params(r#"{"name":"a","inputResponses":{"b":{"action":"accept"}}}"#);
        assert_eq!(sent.unwrap().as_str(), r#"{"name":"a"}"#);
    }

    #[test]
    fn a_retry_nobody_asked_for_is_refused() {
        let forged = Raw::from_static(r#"{"name":"a","requestState":"x"}"#);
        assert_eq!(
            request_params(Some(&forged), UpstreamId(1)).unwrap_err().code,
            code::INVALID_PARAMS
        );
    }

    #[test]
    fn results_gain_what_a_modern_client_requires() {
        let info = Raw::from_static(r#"{"name":"s","version":"1"}"#);
        let got = result(
            method::TOOLS_LIST,
            &Raw::from_static(r#"{"tools":[]}"#),
            Some(&info),
        );
        let got: serde_json::Value = got.decode().unwrap();
        assert_eq!(
            got,
            serde_json::json!({"tools":[],"resultType":"complete","ttlMs":0,"cacheScope":"private",
                "_meta":{"io.modelcontextprotocol/serverInfo":{"name":"s","version":"1"}}})
        );
        let got = result(method::TOOLS_CALL, &Raw::from_static(r#"{"content":[]}"#), None);
        assert_eq!(got.as_str(), r#"{"content":[],"resultType":"complete"}"#);
    }

    #[test]
    fn forbidden_codes_are_replaced() {
        assert_eq!(
            error(ErrorObject::new(RESOURCE_NOT_FOUND, "gone")).code,
            code::INVALID_PARAMS
        );
        assert_eq!(
            error(ErrorObject::new(URL_ELICITATION_REQUIRED, "url")).code,
            code::INTERNAL_ERROR
        );
        assert_eq!(error(ErrorObject::new(-1, "own")).code, -1);
    }
}
