use super::*;

fn voice(declared: &'static str, revision: LegacyRevision) -> Voice {
    let declared = ClientCapabilities::new(Raw::from_static(declared)).unwrap();
    Voice::new(Raw::from_static(r#"{"name":"c"}"#), &declared, revision)
}

fn sent(params: Option<&'static str>, level: Option<LogLevel>) -> (String, Option<Raw>) {
    let voice = voice("{}", LegacyRevision::NEWEST);
    let params = params.map(Raw::from_static);
    let (params, token) = request_params(params.as_ref(), UpstreamId(9), &voice, level);
    (params.as_str().replace("io.modelcontextprotocol/", "~"), token)
}

#[test]
fn a_request_says_what_it_is_and_the_rest_is_kept_to_the_byte() {
    let (params, token) = sent(
        Some(r#"{"name":"a","arguments":{ "n":1.0},"_meta":{"progressToken":"p","traceparent":"00-a"}}"#),
        Some(LogLevel::Info),
    );
    assert_eq!(
        params,
        r#"{"name":"a","arguments":{ "n":1.0},"_meta":{"progressToken":9,"traceparent":"00-a","~protocolVersion":"2026-07-28","~clientInfo":{"name":"c"},"~clientCapabilities":{},"~logLevel":"info"}}"#
    );
    assert_eq!(token.unwrap().as_str(), r#""p""#);
    let (params, token) = sent(None, None);
    assert_eq!(
        params,
        r#"{"_meta":{"~protocolVersion":"2026-07-28","~clientInfo":{"name":"c"},"~clientCapabilities":{}}}"#
    );
    assert!(token.is_none());
}

#[test]
fn what_only_a_modern_client_can_mean_is_not_passed() {
    let (params, _) = sent(
        Some(
            r#"{"name":"a","requestState":"x","inputResponses":{},"_meta":{"io.modelcontextprotocol/logLevel":"debug"}}"#,
        ),
        None,
    );
    assert_eq!(
        params,
        r#"{"name":"a","_meta":{"~protocolVersion":"2026-07-28","~clientInfo":{"name":"c"},"~clientCapabilities":{}}}"#
    );
}

#[test]
fn capabilities_are_told_as_the_other_era_knows_them() {
    let declared = r#"{"roots":{"listChanged":true},"sampling":{"tools":{}},"elicitation":{"form":{},"url":{}},"tasks":{},"extensions":{}}"#;
    let newest = voice(declared, LegacyRevision::V2025_11_25);
    assert_eq!(
        newest.capabilities().raw().as_str(),
        r#"{"roots":{},"sampling":{"tools":{}},"elicitation":{"form":{},"url":{}}}"#
    );
    let older = voice(declared, LegacyRevision::V2025_06_18);
    assert_eq!(
        older.capabilities().raw().as_str(),
        r#"{"roots":{},"sampling":{"tools":{}},"elicitation":{"form":{}}}"#
    );
}

#[test]
fn results_lose_what_a_legacy_client_does_not_know() {
    for (name, given, expected) in [
        (
            method::RESOURCES_READ,
            r#"{"resultType":"complete","contents":[ ],"ttlMs":1,"cacheScope":"public","_meta":{"io.modelcontextprotocol/serverInfo":{}}}"#,
            r#"{"contents":[ ]}"#,
        ),
        (
            method::TOOLS_CALL,
            r#"{"content":[],"structuredContent":[1],"_meta":{"x":1.0,"io.modelcontextprotocol/serverInfo":{}}}"#,
            r#"{"content":[],"_meta":{"x":1.0}}"#,
        ),
        (
            method::TOOLS_CALL,
            r#"{"content":[],"structuredContent":{"a":1.0}}"#,
            r#"{"content":[],"structuredContent":{"a":1.0}}"#,
        ),
        (
            method::TOOLS_LIST,
            r#"{"tools":[{"name":"a","outputSchema":{"type":"array"}},{"name":"b","outputSchema":{"type":"object"} }],"nextCursor":"c"}"#,
            r#"{"tools":[{"name":"a"},{"name":"b","outputSchema":{"type":"object"} }],"nextCursor":"c"}"#,
        ),
        (
            method::TOOLS_LIST,
            r#"{"tools":[ {"name":"a"} ]}"#,
            r#"{"tools":[ {"name":"a"} ]}"#,
        ),
    ] {
        assert_eq!(result(name, &Raw::from_static(given)).as_str(), expected);
    }
}

#[test]
fn errors_keep_to_the_codes_of_a_legacy_client() {
    let missing = ErrorObject::new(code::INVALID_PARAMS, "Resource not found")
        .with_data(Raw::from_static(r#"{"uri":"u"}"#));
    assert_eq!(
        error(method::RESOURCES_READ, missing.clone()).code,
        RESOURCE_NOT_FOUND
    );
    assert_eq!(error(method::TOOLS_CALL, missing).code, code::INVALID_PARAMS);
    let malformed = ErrorObject::new(code::INVALID_PARAMS, "uri must be a URI");
    assert_eq!(
        error(method::RESOURCES_READ, malformed).code,
        code::INVALID_PARAMS
    );
    let lacking = error(
        method::TOOLS_CALL,
        ErrorObject::new(MISSING_CAPABILITY, "no sampling"),
    );
    assert_eq!(lacking.code, code::INTERNAL_ERROR);
    assert!(
        lacking.message.starts_with("no sampling ("),
        "{}",
        lacking.message
    );
}
