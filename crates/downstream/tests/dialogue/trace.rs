//! Trace context in headers.

use http::StatusCode;
use serde_json::{Value, json};

use crate::support::client::{Client, modern};
use crate::support::{Fake, House};

const PARENT: &str = "00-0af7651916cd43dd8448eb211c80319c-00f067aa0ba902b7-01";
const ECHO: &str = r#"{"jsonrpc":"2.0","id":1,"method":"echo","params":{"n":1}}"#;

/// What the server gets as `_meta`.
async fn meta(client: &Client, body: &str) -> Value {
    let answer = client.post(body).await;
    assert_eq!(answer.status, StatusCode::OK);
    answer.json().await["result"]["_meta"].clone()
}

#[tokio::test(start_paused = true)]
async fn it_reaches_the_server_in_the_message() {
    let house = House::new();
    let client = house.client().open("2025-06-18").await;
    assert_eq!(meta(&client, ECHO).await, Value::Null);
    let traced = client.with("traceparent", PARENT);
    assert_eq!(meta(&traced, ECHO).await, json!({"traceparent": PARENT}));
    let traced = traced
        .with("tracestate", "a=b")
        .and("tracestate", "c=d")
        .with("baggage", "user=alice");
    let whole = json!({"traceparent": PARENT, "tracestate": "a=b,c=d", "baggage": "user=alice"});
    assert_eq!(meta(&traced, ECHO).await, whole);
    let without = r#"{"jsonrpc":"2.0","id":1,"method":"echo"}"#;
    assert_eq!(meta(&traced, without).await, whole);
}

#[tokio::test(start_paused = true)]
async fn it_reaches_the_server_in_every_revision() {
    let house = House::with(Fake::shared("fake"), pontoon_downstream::Settings::default());
    let modern_client = house.client().modern("echo").with("traceparent", PARENT);
    let told = meta(&modern_client, &modern(1, "echo", "")).await;
    assert_eq!(told["traceparent"], PARENT);
    assert_eq!(told["io.modelcontextprotocol/protocolVersion"], "2026-07-28");

    let alone = house.client().with("traceparent", PARENT);
    assert_eq!(meta(&alone, ECHO).await, json!({"traceparent": PARENT}));

    let mut stream = house.client().at("/sse").get().await.events();
    let messages = stream.data().await.expect("it says where to post");
    let poster = house.client().at(&messages).with("baggage", "a=b");
    let opening = crate::support::client::initialize("2024-11-05");
    assert_eq!(poster.post(&opening).await.status, StatusCode::ACCEPTED);
    stream.data().await.expect("the session is opened");
    poster.post(ECHO).await;
    let answer = stream.data().await.expect("there is an answer");
    assert!(answer.contains(r#""_meta":{"baggage":"a=b"}"#), "{answer}");
}

#[tokio::test(start_paused = true)]
async fn it_is_that_of_every_message_of_a_batch_that_has_none_of_its_own() {
    let house = House::new();
    let client = house
        .client()
        .open("2025-03-26")
        .await
        .with("traceparent", PARENT);
    let own = r#"{"jsonrpc":"2.0","id":2,"method":"echo","params":{"_meta":{"baggage":"own=1"}}}"#;
    let answers = client.post(&format!("[{ECHO},{own},7]")).await.json().await;
    let meta_of = |id: u64| {
        let answers = answers.as_array().expect("a batch is answered by one");
        let answer = answers.iter().find(|answer| answer["id"] == id);
        answer.expect("each is answered")["result"]["_meta"].clone()
    };
    assert_eq!(meta_of(1), json!({"traceparent": PARENT}));
    assert_eq!(meta_of(2), json!({"baggage": "own=1"}));
}

#[tokio::test(start_paused = true)]
async fn what_the_message_says_itself_counts() {
    let house = House::new();
    let client = house.client().open("2025-11-25").await;
    let traced = client.with("traceparent", PARENT).with("baggage", "a=b");
    let own = r#"{"jsonrpc":"2.0","id":1,"method":"echo","params":{"_meta":{"traceparent":"own"}}}"#;
    assert_eq!(meta(&traced, own).await, json!({"traceparent": "own"}));
}

#[tokio::test(start_paused = true)]
async fn what_breaks_the_grammar_is_left_out_and_refuses_nothing() {
    let house = House::new();
    let client = house.client().open("2025-11-25").await;
    for (parent, state, baggage) in [
        ("nonsense", "a=b", "a b=c"),
        (r#"","evil":""#, "a=b", "\"}"),
        ("", "a=b", "na\u{ef}ve=1"),
    ] {
        let traced = client
            .clone()
            .and("traceparent", parent)
            .and("tracestate", state)
            .and("baggage", baggage);
        assert_eq!(meta(&traced, ECHO).await, Value::Null, "{parent} {baggage}");
    }
    let twice = client.and("traceparent", PARENT).and("traceparent", PARENT);
    assert_eq!(meta(&twice, ECHO).await, Value::Null);
}
