//! What crosses both bridges comes back as it was, as far as both eras can say it.

use std::collections::BTreeMap;

use pontoon_jsonrpc::{Limits, Raw};
use pontoon_mcp::{ClientCapabilities, LegacyRevision, method};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::exchange::UpstreamId;
use crate::legacy_to_modern::Voice;
use crate::{legacy_to_modern, modern_to_legacy};

const TOKEN: UpstreamId = UpstreamId(7);

fn raw(value: &Value) -> Raw {
    Raw::parse(value.to_string(), &Limits::SERVER).unwrap()
}

fn value(raw: &Raw) -> Value {
    serde_json::from_str(raw.as_str()).unwrap()
}

/// Any JSON of some depth.
fn anything() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        "[ -~äß\"\\\\]{0,8}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 24, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            proptest::collection::btree_map("[a-z]{1,4}", inner, 0..4).prop_map(|map| json!(map)),
        ]
    })
}

/// Metadata that both eras know: of vendors, of traces, and perhaps a token.
fn meta() -> impl Strategy<Value = Value> {
    let keys = prop_oneof![
        Just("traceparent".to_owned()),
        Just("com.example/x".to_owned()),
        Just("progressToken".to_owned()),
        "[a-z]{1,5}",
    ];
    proptest::collection::btree_map(keys, "[a-z0-9]{1,5}".prop_map(Value::from), 1..4)
        .prop_map(|map| json!(map))
}

/// An object with these members and perhaps metadata.
fn object(members: impl Strategy<Value = BTreeMap<String, Value>>) -> impl Strategy<Value = Value> {
    (members, proptest::option::of(meta())).prop_map(|(members, meta)| {
        let mut object = json!(members);
        if let Some(meta) = meta {
            object["_meta"] = meta;
        }
        object
    })
}

fn members() -> impl Strategy<Value = BTreeMap<String, Value>> {
    proptest::collection::btree_map(
        "(name|uri|arguments|cursor|content|tools|[a-z]{6,9})",
        anything(),
        0..5,
    )
}

fn voice() -> Voice {
    let capabilities = ClientCapabilities::new(Raw::from_static(r#"{"roots":{}}"#)).unwrap();
    Voice::new(
        Raw::from_static(r#"{"name":"c","version":"1"}"#),
        &capabilities,
        LegacyRevision::NEWEST,
    )
}

/// The object with the token that its owner gave.
fn with_token(mut value: Value, token: Option<Raw>) -> Value {
    if let Some(token) = token {
        assert_eq!(value["_meta"]["progressToken"], 7, "minted on the way");
        value["_meta"]["progressToken"] = self::value(&token);
    }
    value
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(200) })]

    #[test]
    fn parameters_of_a_legacy_client_reach_a_legacy_server_through_a_modern_one(params in object(members())) {
        let (modern, token) = legacy_to_modern::request_params(Some(&raw(&params)), TOKEN, &voice(), None);
        let modern = raw(&with_token(value(&modern), token));
        let (legacy, token) = modern_to_legacy::request_params(Some(&modern), TOKEN).unwrap();
        prop_assert_eq!(with_token(value(&legacy.unwrap()), token), params);
    }

    #[test]
    fn parameters_of_a_modern_client_reach_a_modern_server_through_a_legacy_one(params in object(members())) {
        let (legacy, token) = modern_to_legacy::request_params(Some(&raw(&params)), TOKEN).unwrap();
        let legacy = legacy.map(|legacy| raw(&with_token(value(&legacy), token)));
        let (modern, token) = legacy_to_modern::request_params(legacy.as_ref(), TOKEN, &voice(), None);
        let mut modern = with_token(value(&modern), token);
        let meta = modern["_meta"].as_object_mut().unwrap();
        meta.retain(|key, _| !key.starts_with("io.modelcontextprotocol/"));
        if meta.is_empty() {
            modern.as_object_mut().unwrap().remove("_meta");
        }
        prop_assert_eq!(modern, params);
    }

    #[test]
    fn a_legacy_result_is_itself_again_behind_a_modern_client(
        result in object(members()),
        name in prop_oneof![
            Just(method::TOOLS_CALL), Just(method::TOOLS_LIST), Just(method::RESOURCES_READ), Just(method::COMPLETE)
        ],
    ) {
        let info = Raw::from_static(r#"{"name":"s","version":"1"}"#);
        let modern = modern_to_legacy::result(name, &raw(&result), Some(&info));
        prop_assert_eq!(value(&legacy_to_modern::result(name, &modern)), result);
    }

    #[test]
    fn a_modern_result_keeps_all_but_its_age_behind_a_legacy_client(
        result in object(members()),
        name in prop_oneof![Just(method::TOOLS_CALL), Just(method::PROMPTS_LIST)],
    ) {
        let mut modern = result;
        modern["resultType"] = json!("complete");
        if method::cacheable(name) {
            (modern["ttlMs"], modern["cacheScope"]) = (json!(0), json!("private"));
        }
        let legacy = legacy_to_modern::result(name, &raw(&modern));
        prop_assert_eq!(value(&modern_to_legacy::result(name, &legacy, None)), modern);
    }
}
