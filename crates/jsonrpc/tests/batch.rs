//! Batches: MCP revision 2025-03-26 has them.

use pontoon_jsonrpc::{Id, Limits, Message, Payload, Refusal, RefusalKind, code};

fn batch(body: &str) -> Vec<Result<Message, Refusal>> {
    match Payload::parse(body.to_owned(), &Limits::CLIENT) {
        Ok(Payload::Batch(batch)) => batch,
        other => panic!("{other:?}"),
    }
}

#[test]
fn every_element_is_judged_by_itself() {
    let batch = batch(
        r#" [ {"jsonrpc":"2.0","id":1,"method":"a"} , 7, {"jsonrpc":"2.0","method":"b"},
            {"jsonrpc":"2.0","id":2,"method":"c","params":{"x":1,"x":2}}, [], null,
            {"jsonrpc":"2.0","id":3,"result":{}}, {"jsonrpc":"2.0","id":null,"method":"d"} ] "#,
    );
    let seen: Vec<String> = batch
        .iter()
        .map(|element| match element {
            Ok(Message::Request(request)) => format!("request {} {}", request.id, request.method),
            Ok(Message::Notification(notification)) => format!("notification {}", notification.method),
            Ok(Message::Response(response)) => format!("response {:?}", response.id),
            Err(refusal) => format!("{} {:?}", refusal.code(), refusal.id),
        })
        .collect();
    assert_eq!(
        seen,
        [
            "request 1 a",
            "-32600 None",
            "notification b",
            "-32602 Some(Integer(2))",
            "-32600 None",
            "-32600 None",
            "response Some(Integer(3))",
            "-32600 None",
        ]
    );
}

#[test]
fn an_empty_or_long_batch_is_refused() {
    let of = |count: usize| format!("[{}]", vec![r#"{"jsonrpc":"2.0","method":"m"}"#; count].join(","));
    assert_eq!(batch(&of(1)).len(), 1);
    assert_eq!(
        batch(&of(Limits::CLIENT.max_batch)).len(),
        Limits::CLIENT.max_batch
    );
    for (body, kind) in [
        ("[]".to_owned(), RefusalKind::EmptyBatch),
        ("[ ]".to_owned(), RefusalKind::EmptyBatch),
        (of(101), RefusalKind::BatchTooLong { max: 100 }),
        (of(10_000), RefusalKind::BatchTooLong { max: 100 }),
    ] {
        let refusal = Payload::parse(body, &Limits::CLIENT).expect_err("refused");
        assert_eq!(
            (refusal.kind, refusal.code(), refusal.id),
            (kind, code::INVALID_REQUEST, None)
        );
    }
}

#[test]
fn depth_is_counted_per_element() {
    let element = r#"{"jsonrpc":"2.0","method":"m","params":{"a":[{}]}}"#;
    let body = |count: usize| format!("[{}]", vec![element; count].join(","));
    let limits = |max_depth| Limits {
        max_depth,
        max_batch: 1000,
        ..Limits::CLIENT
    };
    assert!(Payload::parse(body(1000), &limits(5)).is_ok());
    assert!(Payload::parse(body(1), &limits(4)).is_err());
}

#[test]
fn broken_text_refuses_all() {
    let good = r#"{"jsonrpc":"2.0","id":1,"method":"a"}"#;
    for body in [
        format!("[{good}"),
        format!("[{good},]"),
        format!("[{good}{good}]"),
        format!("[{good}]]"),
    ] {
        let refusal = Payload::parse(body, &Limits::CLIENT).expect_err("refused");
        assert_eq!((refusal.code(), refusal.id), (code::PARSE_ERROR, None));
    }
}

#[test]
fn a_single_message_is_no_batch() {
    let Ok(Payload::Single(Message::Request(request))) =
        Payload::parse(r#"{"jsonrpc":"2.0","id":"x","method":"a"}"#, &Limits::CLIENT)
    else {
        panic!("a request");
    };
    assert_eq!(request.id, Id::from("x"));
}
