//! What the envelope does not need crosses to the byte.

use pontoon_jsonrpc::{Kind, Limits, Message, Payload, Raw, Request};

fn request(body: &str) -> Request {
    match Message::parse(body.to_owned(), &Limits::CLIENT) {
        Ok(Message::Request(request)) => request,
        other => panic!("{body:.100}: {other:?}"),
    }
}

#[test]
fn values_cross_to_the_byte() {
    let digits = "7".repeat(10_000);
    for value in [
        "9007199254740993",
        "0.1000000000000000055511151231257827",
        "-0.0",
        "-0",
        "1.0",
        "1e999",
        "-1E+999",
        "1e-999",
        &digits,
        r#""\u0000\ud800\/\u00e9é😀\ud83d\ude00""#,
        "[ 1 ,\t2\r\n, {} ]",
        "{ \"z\" : null , \"a\" : true }",
        "\"\u{7f}\u{2028}\u{feff}\"",
    ] {
        let params = format!("{{ \"b\":1,\"a\" : {value} }}");
        let body = format!("\r\n{{\"method\":\"m\", \"params\" : {params} ,\"id\":1,\"jsonrpc\":\"2.0\"}} ");
        let parsed = request(&body);
        let raw = parsed.params.clone().expect("params");
        assert_eq!(raw.as_str(), params);
        assert_eq!(
            parsed.to_bytes(),
            format!("{{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"m\",\"params\":{params}}}")
        );
        let object = raw.object().expect("an object");
        assert_eq!(object.get("a").expect("a member").as_str(), value);
        let edited = object.edit().set("b", Raw::number(2)).finish();
        assert_eq!(edited.as_str(), format!("{{ \"b\":2,\"a\" : {value} }}"));
    }
}

#[test]
fn unknown_members_are_dropped() {
    let body = r#"{"x":{"a":1,"a":2},"jsonrpc":"2.0","sessionId":[1],"id":1,"method":"m"}"#;
    assert_eq!(
        request(body).to_bytes(),
        r#"{"jsonrpc":"2.0","id":1,"method":"m"}"#
    );
}

#[test]
fn methods_are_decoded_and_written_again() {
    let parsed = request(r#"{"jsonrpc":"2\u002e0","id":1,"method":"tools\/c\u0061ll\n"}"#);
    assert_eq!(parsed.method, "tools/call\n");
    assert_eq!(
        parsed.to_bytes(),
        r#"{"jsonrpc":"2.0","id":1,"method":"tools/call\n"}"#
    );
    assert_eq!(request(r#"{"jsonrpc":"2.0","id":1,"method":""}"#).method, "");
}

#[test]
fn raw_values_know_what_they_are() {
    for (text, kind) in [
        ("{}", Kind::Object),
        ("[]", Kind::Array),
        ("\"\"", Kind::String),
        ("-1", Kind::Number),
        ("0", Kind::Number),
        ("true", Kind::Bool),
        ("false", Kind::Bool),
        ("null", Kind::Null),
    ] {
        assert_eq!(Raw::from_static(text).kind(), kind);
    }
    let string = Raw::from_static(r#""a\u0000\ud83d\ude00""#);
    assert_eq!(string.to_string_value().as_deref(), Some("a\0😀"));
    assert_eq!(Raw::from_static(r#""\ude00\ud83d""#).to_string_value(), None);
    assert_eq!(Raw::from_static("1").to_string_value(), None);
    assert_eq!(Raw::from_static("-12").as_i64(), Some(-12));
    assert_eq!(Raw::from_static("12.0").as_i64(), None);
    assert_eq!(Raw::from_static("\"12\"").as_i64(), None);
    assert_eq!(Raw::from_static("true").as_bool(), Some(true));
    assert_eq!(Raw::from_static("false").as_bool(), Some(false));
    assert_eq!(Raw::from_static("null").as_bool(), None);
    assert_eq!(
        [Raw::from(true).as_str(), Raw::from(false).as_str()],
        ["true", "false"]
    );
}

#[test]
fn a_detached_value_lets_go_of_its_body() {
    let body = bytes::Bytes::from(r#"{"a":{},"b":[1.0, 2]}"#.to_owned());
    let object = Raw::parse(body.clone(), &Limits::CLIENT)
        .expect("an object")
        .object()
        .expect("an object");
    let kept = ["a", "b"].map(|key| object.get(key).expect("it is there").detached());
    drop(object);
    assert!(body.is_unique());
    assert_eq!(kept.each_ref().map(Raw::as_str), ["{}", "[1.0, 2]"]);
}

#[test]
fn raw_drops_whitespace_around_it() {
    assert_eq!(
        Raw::parse(" \n[ 1 ]\t", &Limits::CLIENT)
            .expect("an array")
            .as_str(),
        "[ 1 ]"
    );
    assert!(Raw::parse("1 2", &Limits::CLIENT).is_err());
    assert!(Raw::parse(r#"{"a":{"b":1,"b":1}}"#, &Limits::CLIENT).is_err());
    assert!(Raw::parse(r#"{"a":{"b":1,"b":1}}"#, &Limits::SERVER).is_ok());
}

#[test]
#[should_panic(expected = "one JSON value")]
fn a_literal_must_be_one_value() {
    let _ = Raw::from_static("{} ");
}

#[test]
fn raw_crosses_serde_untouched() {
    #[derive(serde::Serialize, serde::Deserialize)]
    struct Holder {
        id: pontoon_jsonrpc::Id,
        value: Raw,
        absent: Option<Raw>,
    }
    let text = r#"{"id":"7","value":{"n":9007199254740993, "x":1e999,"s":"\ud800"},"absent":null}"#;
    let holder: Holder = Raw::from_static(text).decode().expect("it fits");
    assert_eq!(Raw::encode(&holder).as_str(), text);
    assert!(
        Raw::from_static(r#"{"id":1.5,"value":1}"#)
            .decode::<Holder>()
            .is_err()
    );
}

#[test]
fn golden_bodies_survive() {
    for body in [
        include_str!("golden/seed_00.json"),
        include_str!("golden/seed_02.json"),
        include_str!("golden/seed_03.json"),
        include_str!("golden/seed_05.json"),
    ] {
        let Ok(Payload::Single(message)) = Payload::parse(body, &Limits::CLIENT) else {
            panic!("{body}")
        };
        assert_eq!(message.to_bytes(), body.trim_end());
    }
    let call = request(include_str!("golden/seed_05.json"));
    assert_eq!(call.method, "tools/call");
    let params = call.params.as_ref().and_then(Raw::object).expect("params");
    assert_eq!(
        params.get_str("name").as_deref(),
        Some("get-hackernews-top-stories")
    );
    assert_eq!(
        params.get("arguments").expect("arguments").as_str(),
        r#"{"type":"topstories","amount":5}"#
    );
}
