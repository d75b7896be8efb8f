//! What clients send and must not: one table row per hostile input, with the answer it gets.

use pontoon_jsonrpc::{Limits, Message, Payload, Refusal, RefusalKind, SyntaxFault, code};

fn refused(body: impl Into<Vec<u8>>) -> Refusal {
    let body = body.into();
    let single = Message::parse(body.clone(), &Limits::CLIENT).expect_err(&String::from_utf8_lossy(&body));
    if !matches!(single.kind, RefusalKind::Batch) {
        assert_eq!(Payload::parse(body, &Limits::CLIENT), Err(single.clone()));
    }
    single
}

/// The answer's code, and its id as JSON text.
fn answer(refusal: &Refusal) -> (i64, Option<String>) {
    let response = Message::parse(refusal.to_response(), &Limits::CLIENT).expect("an answer is a message");
    let Message::Response(response) = response else {
        panic!("an answer is a response: {response:?}")
    };
    let pontoon_jsonrpc::Outcome::Error(error) = response.outcome else {
        panic!("a refusal is an error")
    };
    assert_eq!(error.code, refusal.code());
    assert!(!error.message.is_empty());
    (error.code, response.id.map(|id| id.to_string()))
}

#[track_caller]
fn assert_answers(rows: &[(&str, i64, Option<&str>)]) {
    for (body, code, id) in rows {
        let refusal = refused(*body);
        assert_eq!(
            answer(&refusal),
            (*code, id.map(str::to_owned)),
            "{body} -> {refusal}"
        );
    }
}

#[test]
fn text_that_is_not_json_is_a_parse_error_without_id() {
    let request = r#"{"jsonrpc":"2.0","id":1,"method":"ping""#;
    let bodies: Vec<Vec<u8>> = vec![
        b"".to_vec(),
        b" \r\n\t ".to_vec(),
        request.into(),
        format!("{request},}}").into(),
        format!("{request}}}}}").into(),
        format!("{request}}} x").into(),
        format!("\u{feff}{request}}}").into(),
        format!("{request},\"params\":{{\"a\":\"\u{0}\"}}}}").into(),
        format!("{request},\"params\":{{\"a\":\"\n\"}}}}").into(),
        format!("{request},\"params\":{{\"a\":\"\\x\"}}}}").into(),
        format!("{request},\"params\":{{\"a\":\"\\u12g4\"}}}}").into(),
        format!("{request},\"params\":{{\"a\":01}}}}").into(),
        format!("{request},\"params\":{{\"a\":+1}}}}").into(),
        format!("{request},\"params\":{{\"a\":1.}}}}").into(),
        format!("{request},\"params\":{{\"a\":NaN}}}}").into(),
        format!("{request},\"params\":{{\"a\":[1,]}}}}").into(),
        format!("{request},\"params\":{{a:1}}}}").into(),
        format!("{request},\"params\":{{'a':1}}}}").into(),
        format!("{request}}} // why").into(),
        [request.as_bytes(), b",\"a\":\"\xff\"}"].concat(),
        [request.as_bytes(), b",\"a\":\"\xc0\xaf\"}"].concat(),
        [request.as_bytes(), b",\"a\":\"\xed\xa0\x80\"}"].concat(),
        format!("{request}}}")
            .encode_utf16()
            .flat_map(u16::to_le_bytes)
            .collect(),
        format!("{request}}}")
            .encode_utf16()
            .flat_map(u16::to_be_bytes)
            .collect(),
    ];
    for body in bodies {
        let refusal = refused(body.clone());
        assert!(
            matches!(refusal.kind, RefusalKind::Syntax(_)),
            "{} {refusal}",
            String::from_utf8_lossy(&body)
        );
        assert_eq!(answer(&refusal), (code::PARSE_ERROR, None));
    }
}

#[test]
fn bad_syntax_wins_over_everything_before_it() {
    assert_answers(&[
        (
            r#"{"jsonrpc":"1.0","id":null,"id":1,"params":[{"a":1,"a":2}],"method":7"#,
            code::PARSE_ERROR,
            None,
        ),
        (r#"[] []"#, code::PARSE_ERROR, None),
        (
            r#"[{"jsonrpc":"2.0","id":1,"method":"ping"},{]"#,
            code::PARSE_ERROR,
            None,
        ),
        (r#"7 "#, code::INVALID_REQUEST, None),
        (r#"7 7"#, code::PARSE_ERROR, None),
    ]);
}

#[test]
fn depth_is_limited_without_a_deep_stack() {
    let nested = |depth: usize| {
        let (open, close) = ("[".repeat(depth - 2), "]".repeat(depth - 2));
        format!(r#"{{"jsonrpc":"2.0","id":1,"method":"m","params":{{"a":{open}{close}}}}}"#)
    };
    assert!(Message::parse(nested(128), &Limits::CLIENT).is_ok());
    for body in [
        nested(129),
        nested(200),
        nested(100_000),
        "[".repeat(100_000),
        "{\"a\":".repeat(100_000),
    ] {
        let refusal = refused(body.as_str());
        assert_eq!(answer(&refusal), (code::PARSE_ERROR, None));
        let RefusalKind::Syntax(error) = refusal.kind else {
            panic!("{refusal}")
        };
        assert_eq!(error.fault, SyntaxFault::TooDeep);
        // It stopped there, whatever follows.
        assert!(error.offset < 1000, "{error}");
    }
    let tall = Limits {
        max_depth: usize::MAX,
        ..Limits::CLIENT
    };
    assert!(Message::parse(nested(1_000_000), &tall).is_ok());
    assert!(Message::parse(nested(512), &Limits::SERVER).is_ok());
    assert!(Message::parse(nested(513), &Limits::SERVER).is_err());
}

#[test]
fn repeated_keys_of_the_message_are_an_invalid_request() {
    assert_answers(&[
        (
            r#"{"jsonrpc":"2.0","jsonrpc":"2.0","id":1,"method":"m"}"#,
            code::INVALID_REQUEST,
            Some("1"),
        ),
        (
            r#"{"jsonrpc":"2.0","id":1,"method":"m","method":"n"}"#,
            code::INVALID_REQUEST,
            Some("1"),
        ),
        (
            r#"{"jsonrpc":"2.0","id":1,"method":"m","meth\u006fd":"n"}"#,
            code::INVALID_REQUEST,
            Some("1"),
        ),
        (
            r#"{"jsonrpc":"2.0","id":1,"method":"m","params":{},"params":{}}"#,
            code::INVALID_REQUEST,
            Some("1"),
        ),
        (
            r#"{"jsonrpc":"2.0","id":1,"method":"m","x":1,"x":1}"#,
            code::INVALID_REQUEST,
            Some("1"),
        ),
        (
            r#"{"jsonrpc":"2.0","id":1,"method":"m","method\udc00":1}"#,
            code::INVALID_REQUEST,
            Some("1"),
        ),
        // Which id is meant?
        (
            r#"{"jsonrpc":"2.0","id":1,"method":"m","id":2}"#,
            code::INVALID_REQUEST,
            None,
        ),
        (
            r#"{"jsonrpc":"2.0","id":1,"method":"m","i\u0064":1}"#,
            code::INVALID_REQUEST,
            None,
        ),
    ]);
}

#[test]
fn repeated_keys_inside_params_are_invalid_params() {
    let call =
        |params: &str| format!(r#"{{"jsonrpc":"2.0","id":"x","method":"tools/call","params":{params}}}"#);
    for params in [
        r#"{"name":"safe","name":"evil"}"#,
        r#"{"name":"safe","n\u0061me":"evil"}"#,
        r#"{"arguments":{"path":"/a","path":"/b"}}"#,
        r#"{"arguments":{"deep":[[{"x":[{"a":{},"b":1,"a":{}}]}]]}}"#,
        r#"{"a":{"a":1},"b":{"a":1},"a":1}"#,
        r#"{"name":"safe","name\ud800":"evil"}"#,
        r#"{"a":{"\ude00":"evil"}}"#,
    ] {
        let refusal = refused(call(params));
        assert_eq!(
            answer(&refusal),
            (code::INVALID_PARAMS, Some("\"x\"".into())),
            "{params}"
        );
        assert_eq!(refusal.kind, RefusalKind::AmbiguousParams);
    }
    for params in [
        r#"{"a":{"a":{"a":1}},"b":{"a":1},"c":[{"a":1},{"a":1}]}"#,
        r#"{"\ud83d\ude00":1,"\ud83d\ude01":1}"#,
    ] {
        assert!(Message::parse(call(params), &Limits::CLIENT).is_ok(), "{params}");
    }
    let notification = refused(r#"{"jsonrpc":"2.0","method":"m","params":{"a":1,"a":1}}"#);
    assert_eq!(answer(&notification), (code::INVALID_PARAMS, None));
}

#[test]
fn the_offset_points_at_the_repeated_key() {
    let body = r#"{"jsonrpc":"2.0","id":1,"method":"m","params":{"b":{"a":1, "a":2}}}"#;
    let offset = refused(body).offset.expect("a place");
    assert_eq!(&body[offset..offset + 5], r#""a":2"#);
}

#[test]
fn many_keys_are_compared_without_comparing_each_with_each() {
    let keys = |count: usize| {
        (0..count)
            .map(|n| format!("\"k{n}\":0"))
            .collect::<Vec<_>>()
            .join(",")
    };
    let call = |members: String| format!(r#"{{"jsonrpc":"2.0","id":1,"method":"m","params":{{{members}}}}}"#);
    for count in [1, 31, 32, 33, 34, 100_000] {
        assert!(
            Message::parse(call(keys(count)), &Limits::CLIENT).is_ok(),
            "{count}"
        );
        let refusal = refused(call(format!("{},\"k0\":0", keys(count))));
        assert_eq!(refusal.kind, RefusalKind::AmbiguousParams, "{count}");
        // The keys of an object do not meet those around it, before or after it grew large.
        assert!(
            Message::parse(
                call(format!("\"k1\":{{{}}},\"k0\":0", keys(count))),
                &Limits::CLIENT
            )
            .is_ok()
        );
    }
}

#[test]
fn ids_that_are_none_are_an_invalid_request_without_id() {
    let limit = Limits::CLIENT.max_id_len;
    let long = format!("\"{}\"", "x".repeat(limit + 1));
    let huge = format!("\"{}\"", "x".repeat(1 << 20));
    let escaped = format!("\"{}\"", r"\u0041".repeat(limit + 1));
    let ids = [
        "null",
        "true",
        "{}",
        "{\"a\":1}",
        "[]",
        "[1]",
        "1.5",
        "1.0",
        "1e3",
        "18446744073709551616",
        "9223372036854775808",
        "-9223372036854775809",
        r#""\ud800""#,
        &long,
        &huge,
        &escaped,
    ];
    for id in ids {
        for rest in [r#""method":"m""#, r#""method":"m","params":[]"#, r#""result":{}"#] {
            let refusal = refused(format!(r#"{{"jsonrpc":"2.0","id":{id},{rest}}}"#));
            assert_eq!(answer(&refusal), (code::INVALID_REQUEST, None), "{id:.40} {rest}");
        }
    }
}

#[test]
fn ids_are_echoed_exactly() {
    let limit = Limits::CLIENT.max_id_len;
    let full = format!("\"{}\"", "é".repeat(limit / 2));
    let escaped = format!("\"{}\"", r"\u0041".repeat(limit));
    let plain = format!("\"{}\"", "A".repeat(limit));
    let ids: [(&str, &str); 9] = [
        ("0", "0"),
        ("9223372036854775807", "9223372036854775807"),
        ("-9223372036854775808", "-9223372036854775808"),
        ("\"\"", "\"\""),
        (r#""\r\n\u0000\u001f\"\\\/""#, r#""\r\n\u0000\u001f\"\\/""#),
        (r#""😀\ud83d\ude00""#, r#""😀😀""#),
        ("\"1\"", "\"1\""),
        (&full, &full),
        (&escaped, &plain),
    ];
    for (sent, echoed) in ids {
        let refusal = refused(format!(
            r#"{{"jsonrpc":"2.0","id":{sent},"method":"m","params":[]}}"#
        ));
        assert_eq!(answer(&refusal), (code::INVALID_PARAMS, Some(echoed.to_owned())));
    }
}

#[test]
fn wrong_envelopes_are_an_invalid_request() {
    assert_answers(&[
        (r#"{"id":1,"method":"m"}"#, code::INVALID_REQUEST, Some("1")),
        (
            r#"{"jsonrpc":"1.0","id":1,"method":"m"}"#,
            code::INVALID_REQUEST,
            Some("1"),
        ),
        (
            r#"{"jsonrpc":2.0,"id":1,"method":"m"}"#,
            code::INVALID_REQUEST,
            Some("1"),
        ),
        (
            r#"{"jsonrpc":null,"id":1,"method":"m"}"#,
            code::INVALID_REQUEST,
            Some("1"),
        ),
        (
            r#"{"jsonrpc":"2.0","id":1,"result":{},"error":{"code":1,"message":""}}"#,
            code::INVALID_REQUEST,
            None,
        ),
        (
            r#"{"jsonrpc":"2.0","id":1,"method":"m","result":{}}"#,
            code::INVALID_REQUEST,
            None,
        ),
        (
            r#"{"jsonrpc":"2.0","id":1,"method":"m","error":{}}"#,
            code::INVALID_REQUEST,
            None,
        ),
        (r#"{"jsonrpc":"2.0","id":1}"#, code::INVALID_REQUEST, Some("1")),
        (r#"{"jsonrpc":"2.0"}"#, code::INVALID_REQUEST, None),
        (r#"{}"#, code::INVALID_REQUEST, None),
        (
            r#"{"jsonrpc":"2.0","id":1,"method":7}"#,
            code::INVALID_REQUEST,
            Some("1"),
        ),
        (
            r#"{"jsonrpc":"2.0","id":1,"method":null}"#,
            code::INVALID_REQUEST,
            Some("1"),
        ),
        (
            r#"{"jsonrpc":"2.0","id":1,"method":"m\ud800"}"#,
            code::INVALID_REQUEST,
            Some("1"),
        ),
        (r#"{"jsonrpc":"2.0","result":{}}"#, code::INVALID_REQUEST, None),
        (
            r#"{"jsonrpc":"2.0","id":1,"result":[]}"#,
            code::INVALID_REQUEST,
            None,
        ),
        (
            r#"{"jsonrpc":"2.0","id":1,"result":{"a":{"b":1,"b":1}}}"#,
            code::INVALID_REQUEST,
            None,
        ),
        (
            r#"{"jsonrpc":"2.0","id":1,"error":{"code":1.5,"message":""}}"#,
            code::INVALID_REQUEST,
            None,
        ),
        (
            r#"{"jsonrpc":"2.0","id":1,"error":{"code":1,"message":2}}"#,
            code::INVALID_REQUEST,
            None,
        ),
        (
            r#"{"jsonrpc":"2.0","id":1,"error":{"code":1}}"#,
            code::INVALID_REQUEST,
            None,
        ),
        (
            r#"{"jsonrpc":"2.0","id":1,"error":"no"}"#,
            code::INVALID_REQUEST,
            None,
        ),
        (
            r#"{"jsonrpc":"2.0","id":1,"error":{"code":1,"message":"m","data":[{"b":1,"b":1}]}}"#,
            code::INVALID_REQUEST,
            None,
        ),
        (
            r#"{"jsonrpc":"2.0","id":1,"error":null}"#,
            code::INVALID_REQUEST,
            None,
        ),
        (
            r#"{"jsonrpc":"2.0","id":null,"error":{"code":1,"message":""}}"#,
            code::INVALID_REQUEST,
            None,
        ),
        ("7", code::INVALID_REQUEST, None),
        ("\"x\"", code::INVALID_REQUEST, None),
        ("null", code::INVALID_REQUEST, None),
    ]);
}

#[test]
fn params_that_are_no_object_are_invalid_params() {
    for params in ["[]", "[1]", "\"a\"", "null", "1", "true"] {
        let refusal = refused(format!(
            r#"{{"jsonrpc":"2.0","id":1,"method":"m","params":{params}}}"#
        ));
        assert_eq!(
            answer(&refusal),
            (code::INVALID_PARAMS, Some("1".into())),
            "{params}"
        );
        let refusal = refused(format!(r#"{{"jsonrpc":"2.0","method":"m","params":{params}}}"#));
        assert_eq!(answer(&refusal), (code::INVALID_PARAMS, None), "{params}");
    }
}

#[test]
fn the_words_never_quote_the_text() {
    for body in [
        r#"{"secret"#,
        r#"{"jsonrpc":"secret"}"#,
        r#"{"jsonrpc":"2.0","id":1,"method":"m","params":"secret"}"#,
    ] {
        assert!(!refused(body).to_string().contains("secret"));
    }
}

#[test]
fn a_batch_is_refused_where_one_message_is_expected() {
    for body in ["[]", r#"[{"jsonrpc":"2.0","method":"m"}]"#, "[1]"] {
        assert_eq!(answer(&refused(body)), (code::INVALID_REQUEST, None));
        assert_eq!(refused(body).kind, RefusalKind::Batch);
    }
}
