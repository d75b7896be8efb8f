//! What a caller sees when the API misbehaves.

use std::time::Duration;

use pontoon_servers::HackerNews;
use serde_json::{Value, json};

use crate::{
    hackernews::until,
    news_api::{Answer, NewsApi, golden},
    wire::{Reply, Wire},
};

const TOOL: &str = "get-hackernews-top-stories";
/// An answer, and what the result says of it.
type Case = (fn() -> Answer, &'static str);
/// The second of the ranking.
const STORY: &str = "/v0/item/43661954.json";

async fn five(server: HackerNews) -> Reply {
    let mut wire = Wire::legacy(server, json!({})).await;
    wire.tool(TOOL, json!({ "type": "topstories", "amount": 5 }))
        .await
}

/// The golden API, but for one path.
async fn golden_but(path: &'static str, answer: impl Fn(u32) -> Answer + Send + Sync + 'static) -> NewsApi {
    NewsApi::start(move |asked, before| {
        if asked == path {
            answer(before)
        } else {
            golden(asked)
        }
    })
    .await
}

fn ids(reply: &Reply) -> Vec<u64> {
    let blocks = reply.result()["content"].as_array().expect("blocks");
    let id = |block: &Value| {
        let story: Value = serde_json::from_str(block["text"].as_str().expect("text")).expect("JSON");
        story["id"].as_u64().expect("an id")
    };
    blocks.iter().map(id).collect()
}

#[tokio::test]
async fn a_ranking_that_fails_is_an_error_that_says_what_to_do() {
    for (answer, told) in [(500, "HTTP status 500"), (404, "HTTP status 404")] {
        let api = golden_but("/v0/topstories.json", move |_| Answer::Status(answer)).await;
        let reply = five(api.server()).await;
        let text = reply.failure();
        assert!(
            text.contains(told) && text.contains("/v0/topstories.json") && text.contains("Try again"),
            "{text}"
        );
        assert_eq!(
            api.seen("/v0/topstories.json"),
            if answer == 500 { 3 } else { 1 },
            "attempts for {answer}"
        );
    }
}

#[tokio::test]
async fn html_instead_of_json_is_trouble_upstream() {
    let api = golden_but("/v0/topstories.json", |_| Answer::Html).await;
    let reply = five(api.server()).await;
    assert!(reply.failure().contains("HTML page"), "{}", reply.response);
    assert_eq!(api.seen("/v0/topstories.json"), 3);
}

#[tokio::test]
async fn nobody_at_the_address() {
    let api = NewsApi::golden().await;
    let mut settings = api.settings();
    // Port 1 is reserved and answers nothing on a loopback interface.
    settings.base_url = "http://127.0.0.1:1/v0/".to_owned();
    let reply = five(HackerNews::new(settings).expect("valid")).await;
    assert!(reply.failure().contains("127.0.0.1:1"), "{}", reply.response);
}

#[tokio::test]
async fn a_failure_that_passes_is_not_seen() {
    let api = golden_but(STORY, |before| {
        if before < 2 {
            Answer::Status(503)
        } else {
            golden(STORY)
        }
    })
    .await;
    let reply = five(api.server()).await;
    assert_eq!(ids(&reply), [43690955, 43661954, 43691334, 43688658, 43678590]);
    assert_eq!(api.seen(STORY), 3);
    assert!(reply.result().get("_meta").is_none());
}

#[tokio::test]
async fn a_story_that_fails_is_left_out_and_named() {
    let cases: [Case; 4] = [
        (|| Answer::Status(500), "status 500"),
        (|| Answer::Html, "HTML page"),
        (|| Answer::Json("[1]".to_owned()), "instead of the expected JSON"),
        (
            || Answer::Json(format!("{{\"id\":1,\"text\":\"{}\"}}", "x".repeat(20_000))),
            "more than 16384 bytes",
        ),
    ];
    for (answer, reason) in cases {
        let api = golden_but(STORY, move |_| answer()).await;
        let mut settings = api.settings();
        settings.max_response_bytes = 16 * 1024;
        let reply = five(HackerNews::new(settings).expect("valid")).await;
        assert_eq!(ids(&reply), [43690955, 43691334, 43688658, 43678590], "{reason}");
        let skipped = &reply.result()["_meta"]["pontoon/skipped"];
        assert_eq!(skipped[0]["id"], 43661954);
        assert!(
            skipped[0]["reason"].as_str().expect("a reason").contains(reason),
            "{skipped}"
        );
        assert_eq!(skipped.as_array().expect("a list").len(), 1);
    }
}

#[tokio::test]
async fn a_story_that_is_gone_is_left_out_silently() {
    for gone in [
        "null",
        r#"{"id":43661954,"deleted":true}"#,
        r#"{"id":43661954,"dead":true,"by":"x"}"#,
    ] {
        let api = golden_but(STORY, move |_| Answer::Json(gone.to_owned())).await;
        let reply = five(api.server()).await;
        assert_eq!(ids(&reply), [43690955, 43691334, 43688658, 43678590], "{gone}");
        assert!(reply.result().get("_meta").is_none(), "{gone}");
        assert_eq!(api.seen(STORY), 1, "{gone}");
    }
}

#[tokio::test]
async fn a_silent_story_costs_the_timeout_only() {
    let api = golden_but(STORY, |_| Answer::Silence).await;
    let mut settings = api.settings();
    settings.request_timeout = Duration::from_millis(100);
    settings.attempts = 1;
    let reply = five(HackerNews::new(settings).expect("valid")).await;
    assert_eq!(ids(&reply).len(), 4);
    let skipped = &reply.result()["_meta"]["pontoon/skipped"];
    assert!(
        skipped[0]["reason"]
            .as_str()
            .expect("a reason")
            .contains("timed out"),
        "{skipped}"
    );
}

#[tokio::test]
async fn a_call_ends_at_its_deadline() {
    let api = NewsApi::start(|path, _| match path {
        "/v0/topstories.json" => golden(path),
        _ => Answer::Silence,
    })
    .await;
    let mut settings = api.settings();
    settings.call_timeout = Duration::from_millis(200);
    let reply = five(HackerNews::new(settings).expect("valid")).await;
    assert!(
        reply.failure().contains("longer than 0.2 s"),
        "{}",
        reply.response
    );
}

#[tokio::test]
async fn an_api_that_is_down_is_not_asked_for_every_story() {
    let api = NewsApi::start(|path, _| match path {
        "/v0/topstories.json" => Answer::Json(format!("{:?}", (1..=500).collect::<Vec<_>>())),
        _ => Answer::Status(404),
    })
    .await;
    let mut wire = Wire::legacy(api.server(), json!({})).await;
    let reply = wire
        .tool(TOOL, json!({ "type": "topstories", "amount": 500 }))
        .await;
    assert!(reply.failure().contains("status 404"), "{}", reply.response);
    let asked = (1..=500)
        .filter(|id| api.seen(&format!("/v0/item/{id}.json")) > 0)
        .count();
    assert!((10..100).contains(&asked), "{asked} stories were asked for");
}

#[tokio::test]
async fn redirects_stay_within_the_origin() {
    let elsewhere = NewsApi::golden().await;
    let away = format!("http://{}{STORY}", elsewhere.address);
    let api = golden_but(STORY, move |_| Answer::Redirect(away.clone())).await;
    let reply = five(api.server()).await;
    assert_eq!(ids(&reply).len(), 4);
    assert_eq!(elsewhere.seen(STORY), 0);
    assert!(
        reply.result()["_meta"].to_string().contains("another origin"),
        "{}",
        reply.response
    );

    let api = NewsApi::start(|path, _| match path {
        STORY => Answer::Redirect("/v0/moved.json".to_owned()),
        "/v0/moved.json" => golden(STORY),
        _ => golden(path),
    })
    .await;
    assert_eq!(ids(&five(api.server()).await).len(), 5);
}

#[tokio::test]
async fn a_cancelled_call_is_not_answered_and_harms_no_other() {
    let api = golden_but(STORY, |_| Answer::Held("null".to_owned())).await;
    let mut wire = Wire::legacy(api.server(), json!({})).await;
    let params = json!({ "name": TOOL, "arguments": { "type": "topstories", "amount": 5 } });
    let id = wire.request("tools/call", params).await;
    until(|| api.held().0 == 1).await;
    let cancelled = json!({ "requestId": id, "reason": "enough" });
    wire.send(json!({ "jsonrpc": "2.0", "method": "notifications/cancelled", "params": cancelled }))
        .await;
    // `reply` fails on an answer to any other request.
    let reply = wire
        .tool(TOOL, json!({ "type": "topstories", "amount": 1 }))
        .await;
    assert_eq!(ids(&reply), [43690955]);
}
