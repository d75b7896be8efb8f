//! What servers send: sloppier, and every refusal tells who waits in vain.

use pontoon_jsonrpc::{Id, Limits, Message, Outcome, Refusal, RefusalKind, Response};

fn response(body: &str) -> Response {
    match Message::parse(body.to_owned(), &Limits::SERVER) {
        Ok(Message::Response(response)) => response,
        other => panic!("{body}: {other:?}"),
    }
}

fn refused(body: &str) -> Refusal {
    Message::parse(body.to_owned(), &Limits::SERVER).expect_err(body)
}

#[test]
fn a_byte_order_mark_and_whitespace_are_borne() {
    for body in [
        "\u{feff}{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"a\":1}}",
        "\u{feff} \r\n{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"a\":1}}\r\n\t ",
        " {\"result\":{\"a\":1},\"id\":1,\"jsonrpc\":\"2.0\"}\r",
    ] {
        let response = response(body);
        assert_eq!(response.id, Some(Id::Integer(1)));
        let Outcome::Result(result) = response.outcome else {
            panic!("a result")
        };
        assert_eq!(result.as_str(), "{\"a\":1}");
    }
    // One, at the start.
    assert!(matches!(
        refused("\u{feff}\u{feff}{}").kind,
        RefusalKind::Syntax(_)
    ));
    assert!(matches!(refused(" \u{feff}{}").kind, RefusalKind::Syntax(_)));
}

#[test]
fn repeated_keys_deep_inside_pass_untouched() {
    let deep = r#"{"content":[{"a":1,"a":2}],"structuredContent":{"b":1,"b":2,"\ud800":0}}"#;
    let Outcome::Result(result) = response(&format!(r#"{{"jsonrpc":"2.0","id":1,"result":{deep}}}"#)).outcome
    else {
        panic!("a result");
    };
    assert_eq!(result.as_str(), deep);
    let data = format!(r#"{{"jsonrpc":"2.0","id":1,"error":{{"code":1,"message":"m","data":{deep}}}}}"#);
    let Outcome::Error(error) = response(&data).outcome else {
        panic!("an error")
    };
    assert_eq!(error.data.expect("data").as_str(), deep);
}

#[test]
fn repeated_keys_where_we_look_do_not() {
    for (body, kind) in [
        (
            r#"{"jsonrpc":"2.0","id":5,"result":{},"result":{}}"#,
            RefusalKind::AmbiguousMember,
        ),
        (
            r#"{"jsonrpc":"2.0","id":5,"result":{"a":1,"\u0061":2}}"#,
            RefusalKind::InvalidResult,
        ),
        (
            r#"{"jsonrpc":"2.0","id":5,"error":{"code":1,"code":2,"message":"m"}}"#,
            RefusalKind::InvalidError,
        ),
    ] {
        let refusal = refused(body);
        assert_eq!(refusal.kind, kind);
        assert_eq!(
            (refusal.id, refusal.answers),
            (None, Some(Id::Integer(5))),
            "{body}"
        );
    }
    let refusal =
        refused(r#"{"jsonrpc":"2.0","id":5,"method":"sampling/createMessage","params":{"a":1,"a":2}}"#);
    assert_eq!(refusal.kind, RefusalKind::AmbiguousParams);
    assert_eq!((refusal.id, refusal.answers), (Some(Id::Integer(5)), None));
}

#[test]
fn an_error_may_lack_its_id() {
    for id in ["", r#""id":null,"#] {
        let response = response(&format!(
            r#"{{"jsonrpc":"2.0",{id}"error":{{"code":-32700,"message":"no"}}}}"#
        ));
        assert_eq!(response.id, None);
        assert_eq!(
            response.to_bytes(),
            r#"{"jsonrpc":"2.0","error":{"code":-32700,"message":"no"}}"#
        );
    }
    assert_eq!(
        refused(r#"{"jsonrpc":"2.0","id":null,"result":{}}"#).kind,
        RefusalKind::InvalidId
    );
    assert_eq!(
        refused(r#"{"jsonrpc":"2.0","result":{}}"#).kind,
        RefusalKind::MissingId
    );
    assert_eq!(
        refused(r#"{"jsonrpc":"2.0","id":null,"method":"m"}"#).kind,
        RefusalKind::InvalidId
    );
}

#[test]
fn a_broken_answer_tells_who_waits_for_it() {
    for body in [
        r#"{"id":"a","result":{}}"#,
        r#"{"jsonrpc":"2.0","id":"a","result":[]}"#,
        r#"{"jsonrpc":"2.0","id":"a","result":null}"#,
        r#"{"jsonrpc":"2.0","id":"a","result":{},"error":null}"#,
        r#"{"jsonrpc":"2.0","id":"a","error":{"message":"no code"}}"#,
        r#"{"jsonrpc":"2.0","id":"a","error":"text"}"#,
        r#"{"jsonrpc":"2.0","id":"a"}"#,
        r#"{"jsonrpc":"2.0","id":"a","reslt":{}}"#,
    ] {
        assert_eq!(refused(body).answers, Some(Id::from("a")), "{body}");
    }
}

#[test]
fn an_error_message_with_a_lone_surrogate_is_still_an_error() {
    let Outcome::Error(error) =
        response(r#"{"jsonrpc":"2.0","id":1,"error":{"code":-1,"message":"a\ud800b","x":1}}"#).outcome
    else {
        panic!("an error");
    };
    assert_eq!(
        (
            error.code,
            error.message.starts_with('a'),
            error.message.ends_with('b')
        ),
        (-1, true, true)
    );
    assert!(error.message.contains('\u{fffd}'));
}
