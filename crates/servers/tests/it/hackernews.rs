//! The contract of `get-hackernews-top-stories`, and what a call costs the API.

use std::time::Duration;

use pontoon_servers::{HackerNews, HackerNewsError, HackerNewsSettings};
use serde_json::{Value, json};

use crate::{
    news_api::{Answer, NewsApi, golden},
    wire::{Wire, modern_meta},
};

const TOOL: &str = "get-hackernews-top-stories";

fn parsed(text: &str) -> Value {
    serde_json::from_str(text).expect("the golden files are JSON")
}

/// The messages of the capture, without the `endpoint` event.
fn golden_replies() -> Vec<Value> {
    include_str!("../golden/reply_stream.txt")
        .lines()
        .filter_map(|line| line.strip_prefix("data: {"))
        .map(|rest| parsed(&format!("{{{rest}")))
        .collect()
}

#[tokio::test]
async fn s0_27_s0_28_s0_31_s0_34_s0_35_s0_36_the_first_capture_is_reproduced() {
    let mut wire = Wire::to(NewsApi::golden().await.server());
    let golden = golden_replies();
    assert_eq!(golden.len(), 3);

    wire.send_text(include_str!("../golden/seed_00.json")).await;
    let opened = wire.reply(0).await;
    assert_eq!(opened.response, golden[0]);
    assert_eq!(opened.response, parsed(include_str!("../golden/seed_01.json")));

    wire.send_text(include_str!("../golden/seed_02.json")).await;
    wire.send_text(include_str!("../golden/seed_03.json")).await;
    let listed = wire.reply(1).await;
    assert_eq!(listed.response, golden[1]);
    assert_eq!(listed.response, parsed(include_str!("../golden/seed_04.json")));

    wire.send_text(include_str!("../golden/seed_05.json")).await;
    let called = wire.reply(2).await;
    assert_eq!(called.response, golden[2]);
    let progress = called.notified("notifications/progress");
    assert_eq!(progress.len(), 5);
    for (step, message) in (1..).zip(progress) {
        let params = &message["params"];
        assert_eq!(params["progressToken"], 2);
        assert_eq!(
            (&params["progress"], &params["total"]),
            (&json!(step as f64), &json!(5.0))
        );
        assert_eq!(params["message"], format!("{step} of 5"));
    }
}

#[tokio::test]
async fn a_modern_client_gets_the_same_stories() {
    let mut wire = Wire::to(NewsApi::golden().await.server());
    let meta = modern_meta(json!({}));
    let found = wire.call("server/discover", json!({ "_meta": meta })).await;
    assert_eq!(found.result()["capabilities"], json!({ "tools": {} }));
    let params = json!({ "_meta": meta, "name": TOOL, "arguments": { "type": "topstories", "amount": 5 } });
    let called = wire.call("tools/call", params).await;
    assert_eq!(
        called.result()["content"],
        golden_replies()[2]["result"]["content"]
    );
    assert_eq!(called.result()["resultType"], "complete");
    assert!(called.notifications.is_empty(), "no token, no progress");
}

#[tokio::test]
async fn s0_32_s0_33_arguments_outside_the_schema_are_refused() {
    let mut wire = Wire::legacy(NewsApi::golden().await.server(), json!({})).await;
    for (arguments, named) in [
        (json!({}), "`type`"),
        (json!({ "type": "askstories" }), "`type`"),
        (json!({ "type": "topstories", "amount": 0 }), "`amount`"),
        (json!({ "type": "topstories", "amount": 501 }), "`amount`"),
        (json!({ "type": "topstories", "amount": "5" }), "`amount`"),
        (json!({ "type": "topstories", "limit": 5 }), "`limit`"),
    ] {
        let refused = wire.tool(TOOL, arguments.clone()).await;
        let (code, message) = refused.error();
        assert_eq!(code, -32602, "{arguments}");
        assert!(message.contains(named), "{arguments}: {message}");
    }
    let unknown = wire.tool("get-stories", json!({})).await;
    let (code, message) = unknown.error();
    assert_eq!(code, -32602);
    assert!(
        message.contains("`get-stories`") && message.contains(TOOL),
        "{message}"
    );
}

#[tokio::test]
async fn s0_33_s1_7_a_fraction_rounds_down_and_ten_is_the_default() {
    let mut wire = Wire::legacy(NewsApi::golden().await.server(), json!({})).await;
    for (amount, stories) in [(json!(1.5), 1), (json!(3), 3), (json!(500), 5)] {
        let called = wire
            .tool(TOOL, json!({ "type": "topstories", "amount": amount }))
            .await;
        assert_eq!(
            called.result()["content"].as_array().expect("blocks").len(),
            stories
        );
    }
    let called = wire.tool(TOOL, json!({ "type": "topstories" })).await;
    assert_eq!(
        called.result(),
        &golden_replies()[2]["result"],
        "ten by default, five there are"
    );
}

#[tokio::test]
async fn a_pretty_printed_item_is_compacted_and_nothing_else() {
    let api = NewsApi::start(|path, _| match path {
        "/v0/newstories.json" => Answer::Json("[ 1 ]\n".to_owned()),
        _ => Answer::Json("{\n  \"z\" : 1.50,\n  \"a\" : \"x  \\u00e9 / \\/\"\n}\n".to_owned()),
    })
    .await;
    let mut wire = Wire::legacy(api.server(), json!({})).await;
    let called = wire.tool(TOOL, json!({ "type": "newstories" })).await;
    assert_eq!(called.text(), r#"{"z":1.50,"a":"x  \u00e9 / \/"}"#);
}

#[tokio::test]
async fn what_was_fetched_is_reused_and_asked_for_once() {
    let api = NewsApi::start(|path, _| match golden(path) {
        Answer::Json(body) if path.contains("/item/") => Answer::Held(body),
        answer => answer,
    })
    .await;
    let server = api.server();
    let arguments = json!({ "name": TOOL, "arguments": { "type": "topstories", "amount": 1 } });
    let (mut one, mut two) = (
        Wire::legacy(server.clone(), json!({})).await,
        Wire::legacy(server, json!({})).await,
    );
    let (first, second) = (
        one.request("tools/call", arguments.clone()).await,
        two.request("tools/call", arguments).await,
    );
    until(|| api.held().0 == 1).await;
    // Both have had their chance to ask: a round trip on each.
    one.send(json!({ "jsonrpc": "2.0", "id": 1, "method": "ping" }))
        .await;
    two.send(json!({ "jsonrpc": "2.0", "id": 1, "method": "ping" }))
        .await;
    one.reply(1).await;
    two.reply(1).await;
    api.release(1);
    assert_eq!(one.reply(first).await.result(), two.reply(second).await.result());
    one.tool(TOOL, json!({ "type": "topstories", "amount": 1 })).await;
    assert_eq!(
        (
            api.seen("/v0/topstories.json"),
            api.seen("/v0/item/43690955.json")
        ),
        (1, 1)
    );
}

#[tokio::test]
async fn an_old_ranking_is_fetched_again() {
    let api = NewsApi::golden().await;
    let mut settings = api.settings();
    settings.list_ttl = Duration::from_millis(20);
    let mut wire = Wire::legacy(HackerNews::new(settings).expect("valid"), json!({})).await;
    for _ in 0..10_000 {
        wire.tool(TOOL, json!({ "type": "topstories", "amount": 1 }))
            .await;
        if api.seen("/v0/topstories.json") > 1 {
            assert_eq!(api.seen("/v0/item/43690955.json"), 1, "the story is still fresh");
            return;
        }
    }
    panic!("the ranking was never fetched again");
}

#[tokio::test]
async fn no_more_requests_at_once_than_allowed() {
    let api = NewsApi::start(|path, _| match golden(path) {
        Answer::Json(body) if path.contains("/item/") => Answer::Held(body),
        answer => answer,
    })
    .await;
    let mut settings = api.settings();
    settings.concurrency = 2;
    let server = HackerNews::new(settings).expect("valid");
    // Two calls, so that the limit is seen to hold over all of them.
    let (mut one, mut two) = (
        Wire::legacy(server.clone(), json!({})).await,
        Wire::legacy(server, json!({})).await,
    );
    let arguments = json!({ "name": TOOL, "arguments": { "type": "topstories", "amount": 5 } });
    let first = one.request("tools/call", arguments.clone()).await;
    let second = two.request("tools/call", arguments).await;
    until(|| api.held().0 >= 2).await;
    // Time for a third to arrive, if there were one.
    for _ in 0..2000 {
        tokio::task::yield_now().await;
    }
    api.release(5);
    assert_eq!(one.reply(first).await.result(), two.reply(second).await.result());
    assert_eq!(api.held().1, 2);
}

#[tokio::test]
async fn settings_that_cannot_work_are_refused() {
    let with = |change: fn(&mut HackerNewsSettings)| {
        let mut settings = HackerNewsSettings::default();
        change(&mut settings);
        HackerNews::new(settings).expect_err("refused")
    };
    for error in [
        with(|settings| settings.base_url = "news".to_owned()),
        with(|settings| settings.base_url = "ftp://example.com/".to_owned()),
        with(|settings| settings.base_url = "https://me:secret@example.com/".to_owned()),
    ] {
        assert!(matches!(error, HackerNewsError::BaseUrl { .. }), "{error}");
        assert!(!error.to_string().contains("secret"));
    }
    assert!(matches!(
        with(|settings| settings.concurrency = 0),
        HackerNewsError::Zero("concurrency")
    ));
    assert!(matches!(
        with(|settings| settings.attempts = 0),
        HackerNewsError::Zero("attempts")
    ));
}

/// Waits for a condition that has to come true.
pub(crate) async fn until(condition: impl Fn() -> bool) {
    let waiting = async {
        while !condition() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), waiting)
        .await
        .expect("the condition comes true in time");
}
