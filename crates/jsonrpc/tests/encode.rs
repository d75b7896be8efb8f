//! Messages as they are written.

use pontoon_jsonrpc::{ErrorObject, Id, Limits, Message, Outcome, Raw, Response, code, encode};
use proptest::prelude::*;

#[test]
fn messages_are_written_in_one_order() {
    let params = Raw::from_static(r#"{"a": 1}"#);
    assert_eq!(
        encode::request(&Id::Integer(-7), "m", None),
        r#"{"jsonrpc":"2.0","id":-7,"method":"m"}"#
    );
    assert_eq!(
        encode::request(&Id::from("x\"\n"), "tools/call", Some(&params)),
        r#"{"jsonrpc":"2.0","id":"x\"\n","method":"tools/call","params":{"a": 1}}"#
    );
    assert_eq!(
        encode::notification("notifications/\u{1}", Some(&params)),
        r#"{"jsonrpc":"2.0","method":"notifications/\u0001","params":{"a": 1}}"#
    );
    assert_eq!(
        encode::result(&Id::Integer(0), &params),
        r#"{"jsonrpc":"2.0","id":0,"result":{"a": 1}}"#
    );
}

#[test]
fn errors_leave_an_unknown_id_out() {
    let error = ErrorObject::new(code::METHOD_NOT_FOUND, "no \"x\"");
    assert_eq!(
        encode::error(Some(&Id::Integer(1)), &error),
        r#"{"jsonrpc":"2.0","id":1,"error":{"code":-32601,"message":"no \"x\""}}"#
    );
    assert_eq!(
        encode::error(None, &error.with_data(Raw::from_static("[1]"))),
        r#"{"jsonrpc":"2.0","error":{"code":-32601,"message":"no \"x\"","data":[1]}}"#
    );
}

/// At least a thousand cases; `PROPTEST_CASES` asks for more.
fn config() -> ProptestConfig {
    let config = ProptestConfig::default();
    ProptestConfig {
        cases: config.cases.max(1000),
        failure_persistence: None,
        ..config
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn what_is_written_reads_back(number in any::<i64>(), text in "\\PC{0,20}|[\\x00-\\x7f]{0,20}", data in any::<bool>()) {
        for id in [Id::Integer(number), Id::from(text.as_str())] {
            let written = id.to_string();
            let raw = id.to_raw();
            prop_assert_eq!(&written, raw.as_str());
            prop_assert_eq!(&written, &serde_json::to_string(&id).expect("an id"));
            prop_assert_eq!(Id::from_raw(&id.to_raw()), Some(id.clone()));
            let error = ErrorObject { code: number, message: text.clone(), data: data.then(|| Raw::string(&text)) };
            let messages = [
                Message::parse(encode::request(&id, &text, Some(&Raw::empty_object())), &Limits::CLIENT),
                Message::parse(encode::notification(&text, None), &Limits::CLIENT),
                Message::parse(encode::result(&id, &Raw::empty_object()), &Limits::CLIENT),
                Message::parse(encode::error(Some(&id), &error), &Limits::CLIENT),
            ];
            for message in messages {
                let message = message.expect("we write messages");
                prop_assert_eq!(Message::parse(message.to_bytes(), &Limits::CLIENT), Ok(message.clone()));
            }
            let response = Response { id: Some(id), outcome: Outcome::Error(error) };
            prop_assert_eq!(Message::parse(response.to_bytes(), &Limits::CLIENT), Ok(Message::Response(response)));
        }
    }
}
