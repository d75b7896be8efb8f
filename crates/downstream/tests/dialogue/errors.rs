//! Bodies that are no message, or not one that is taken.

use http::StatusCode;

use crate::support::{House, Seen};

async fn refused(house: &House, body: &str, code: i64) {
    let shown = &body[..body.len().min(60)];
    let modern = house.client().modern("tools/call");
    let legacy = house.client().open("2025-06-18").await;
    for client in [modern, legacy] {
        let answer = client.post(body).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{shown}");
        let text = answer.text().await;
        let json: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(json["error"]["code"], code, "{shown}: {text}");
        assert!(json.get("id").is_none_or(|id| !id.is_null()), "{text}");
        assert!(!text.contains("serde") && !text.contains("column"), "{text}");
    }
    let calls = house.backend.seen().into_iter().filter(|seen| match seen {
        Seen::Request(method) => method != "initialize",
        // A server that waits for an answer is told that it came and was unreadable.
        Seen::Reply(_) => false,
        _ => true,
    });
    assert_eq!(calls.count(), 0, "{shown}");
}

#[tokio::test(start_paused = true)]
async fn what_is_not_json_is_a_parse_error() {
    let house = House::new();
    for body in [
        "",
        "   ",
        "{",
        r#"{"jsonrpc":"2.0","id":1,"method":"echo""#,
        "\u{feff}{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"echo\"}",
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ec\nho\"}",
        r#"{"jsonrpc":"2.0","id":1,"method":"echo"} x"#,
        &format!(
            r#"{{"jsonrpc":"2.0","id":1,"method":"echo","params":{{"a":{}{}}}}}"#,
            "[".repeat(200),
            "]".repeat(200)
        ),
        &"[".repeat(100_000),
    ] {
        refused(&house, body, -32700).await;
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_not_a_message_is_an_invalid_request() {
    let house = House::new();
    for body in [
        "5",
        "null",
        r#""text""#,
        "{}",
        r#"{"jsonrpc":"2.0","id":null,"method":"echo"}"#,
        r#"{"jsonrpc":"2.0","id":1.5,"method":"echo"}"#,
        r#"{"jsonrpc":"2.0","id":{},"method":"echo"}"#,
        r#"{"jsonrpc":"2.0","id":18446744073709551616,"method":"echo"}"#,
        r#"{"jsonrpc":"1.0","id":1,"method":"echo"}"#,
        r#"{"jsonrpc":2.0,"id":1,"method":"echo"}"#,
        r#"{"id":1,"method":"echo"}"#,
        r#"{"jsonrpc":"2.0","id":1,"method":"echo","result":{}}"#,
        r#"{"jsonrpc":"2.0","id":1,"result":{},"error":{"code":1,"message":"x"}}"#,
        r#"{"jsonrpc":"2.0","id":1}"#,
        r#"{"jsonrpc":"2.0","id":1,"method":"echo","method":"tools/call"}"#,
        r#"{"jsonrpc":"2.0","id":1,"id":2,"method":"echo"}"#,
        &format!(
            r#"{{"jsonrpc":"2.0","id":"{}","method":"echo"}}"#,
            "x".repeat(1_000_000)
        ),
    ] {
        refused(&house, body, -32600).await;
    }
}

#[tokio::test(start_paused = true)]
async fn ambiguous_params_are_refused_whole() {
    let house = House::new();
    for params in [
        r#"{"name":"safe","name":"evil"}"#,
        r#"{"name":"safe","n\u0061me":"evil"}"#,
        r#"{"name":"x","arguments":{"a":1,"a":2}}"#,
        "[1]",
        r#""text""#,
        "null",
    ] {
        let body = format!(r#"{{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{params}}}"#);
        refused(&house, &body, -32602).await;
    }
}

#[tokio::test(start_paused = true)]
async fn bodies_that_are_not_utf_8_are_refused() {
    let house = House::new();
    let client = house.client().with("content-type", "application/json");
    for body in [
        &b"\xff\xfe{\0}\0"[..],
        b"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"\xc0\xaf\"}",
    ] {
        let answer = client
            .send(http::Method::POST, bytes::Bytes::copy_from_slice(body))
            .await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST);
        assert_eq!(answer.code().await, -32700);
    }
}

#[tokio::test(start_paused = true)]
async fn odd_but_valid_ids_are_echoed() {
    let house = House::new();
    let client = house.client().open("2025-06-18").await;
    for id in [r#""""#, "-5", "9223372036854775807", r#""a\r\nb\u0000😀""#] {
        let answer = client
            .post(&format!(
                r#"{{"jsonrpc":"2.0","id":{id},"method":"ping","extra":1}}"#
            ))
            .await;
        let json = answer.json().await;
        assert_eq!(json["id"], serde_json::from_str::<serde_json::Value>(id).unwrap());
        assert_eq!(json["result"]["ok"], true);
    }
}
