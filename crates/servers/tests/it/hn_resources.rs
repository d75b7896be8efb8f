//! The resources of `hn`, and who hears of their changes.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use pontoon_servers::{Hn, HnSettings};
use serde_json::{Value, json};

use crate::{
    hn::{apis, settings},
    stand_in::{Asked, Reply, StandIn},
    wire::{Wire, modern_meta},
};

const TOP: &str = "hn://topstories";
const LINE: &str = "GET /v0/topstories.json";

fn wants_events(asked: &Asked) -> bool {
    asked
        .headers
        .get("accept")
        .is_some_and(|accept| accept == "text/event-stream")
}

fn put(data: &str) -> String {
    format!("event: put\ndata: {{\"path\":\"/\",\"data\":{data}}}\n\n")
}

fn server(api: &StandIn) -> Hn {
    Hn::new(HnSettings {
        poll_interval: Duration::from_millis(5),
        ..settings(api)
    })
    .expect("valid settings")
}

async fn subscribed(server: Hn, uri: &str) -> Wire {
    let mut wire = Wire::legacy(server, json!({})).await;
    wire.call("resources/subscribe", json!({ "uri": uri }))
        .await
        .result();
    wire
}

async fn updated(wire: &mut Wire, uri: &str) {
    let update = wire.next().await;
    assert_eq!(update["method"], "notifications/resources/updated");
    assert_eq!(update["params"]["uri"], uri);
}

#[tokio::test]
async fn everything_can_be_read() {
    let api = StandIn::start(apis).await;
    let mut wire = Wire::legacy(server(&api), json!({})).await;
    let listed = wire.call("resources/list", json!({})).await;
    assert_eq!(listed.result()["resources"].as_array().map(Vec::len), Some(7));
    let templates = wire.call("resources/templates/list", json!({})).await;
    assert_eq!(
        templates.result()["resourceTemplates"].as_array().map(Vec::len),
        Some(3)
    );
    for (uri, pointer, value) in [
        (TOP, "/stories/0/story/id", json!(1)),
        ("hn://updates", "/max_item", json!(9_130_260)),
        ("hn://item/1", "/kids/0", json!(11)),
        ("hn://thread/1", "/comments/1/comment/id", json!(111)),
        ("hn://user/pg", "/karma", json!(155_111)),
    ] {
        let read = wire.call("resources/read", json!({ "uri": uri })).await;
        let text = read.result()["contents"][0]["text"].as_str().expect("a text");
        let text: Value = serde_json::from_str(text).expect("JSON");
        assert_eq!(text.pointer(pointer), Some(&value), "{uri}: {text}");
    }
    for uri in ["hn://item/404", "hn://user/nobody", "hn://nothing", "hn://item/x"] {
        let read = wire.call("resources/read", json!({ "uri": uri })).await;
        assert_eq!(read.error().0, -32002, "{uri}");
    }
}

#[tokio::test]
async fn the_event_stream_is_followed() {
    let api = StandIn::start(|asked| match asked.line.as_str() {
        LINE if wants_events(asked) => {
            Reply::status(307, "").header("Location", "/elsewhere/topstories.json")
        }
        "GET /elsewhere/topstories.json" => Reply::events(put("[1,2]")),
        _ => apis(asked),
    })
    .await;
    let server = server(&api);
    let mut wire = subscribed(server.session(), TOP).await;
    let mut other = subscribed(server.session(), TOP).await;
    api.until_seen("GET /elsewhere/topstories.json", 1).await;
    wire.call("resources/read", json!({ "uri": TOP })).await.result();
    // What is known already and what says nothing is no change.
    api.push(&put("[1,2]"));
    api.push("event: keep-alive\ndata: null\n\n");
    api.push("event: put\ndata: nonsense\n\n");
    api.push(&put("[2,1]"));
    updated(&mut wire, TOP).await;
    updated(&mut other, TOP).await;
    assert_eq!(
        api.seen("GET /elsewhere/topstories.json"),
        1,
        "both share one stream"
    );
    let asked = api.seen(LINE);
    wire.call("resources/read", json!({ "uri": TOP })).await.result();
    assert_eq!(api.seen(LINE), asked + 1, "what was cached is old");
    api.push("event: patch\ndata: {\"path\":\"/0\",\"data\":3}\n\n");
    updated(&mut wire, TOP).await;
    updated(&mut other, TOP).await;
}

#[tokio::test]
async fn a_stream_that_ends_is_opened_again_and_nothing_is_missed() {
    let api = StandIn::start(|asked| match asked.line.as_str() {
        LINE if asked.before == 0 => Reply::events(put("[1]")),
        LINE => Reply::events(put("[2]")),
        _ => apis(asked),
    })
    .await;
    let mut wire = subscribed(server(&api), TOP).await;
    api.until_seen(LINE, 1).await;
    api.hang_up();
    updated(&mut wire, TOP).await;
    assert_eq!(api.seen(LINE), 2);
}

/// An API whose stream is answered with `refusal`, and whose item 1 has the score in the number.
async fn without_stream(refusal: fn() -> Reply) -> (StandIn, Arc<AtomicU64>) {
    let score = Arc::new(AtomicU64::new(1));
    let now = Arc::clone(&score);
    let api = StandIn::start(move |asked| {
        if wants_events(asked) {
            return refusal();
        }
        Reply::json(json!({ "id": 1, "type": "story", "score": now.load(Ordering::SeqCst) }))
    })
    .await;
    (api, score)
}

#[tokio::test]
async fn without_a_stream_it_is_looked_at() {
    for refusal in [
        (|| Reply::status(404, "no")) as fn() -> Reply,
        Reply::html,
        || Reply::events("event: cancel\ndata: null\n\n"),
        || Reply::events("event: auth_revoked\ndata: \"expired\"\n\n"),
    ] {
        let (api, score) = without_stream(refusal).await;
        let mut wire = subscribed(server(&api), "hn://item/1").await;
        // Twice: the first look is over when the next round begins.
        api.until_seen("GET /v0/item/1.json", 3).await;
        score.store(2, Ordering::SeqCst);
        updated(&mut wire, "hn://item/1").await;
        let read = wire.call("resources/read", json!({ "uri": "hn://item/1" })).await;
        let text = read.result()["contents"][0]["text"].as_str().expect("a text");
        assert!(text.contains("\"score\":2"), "{text}");
    }
}

#[tokio::test]
async fn a_modern_listener_hears_of_what_it_named() {
    let api = StandIn::start(|asked| match asked.line.as_str() {
        LINE => Reply::events(put("[1]")),
        _ => Reply::status(404, "no"),
    })
    .await;
    let mut wire = Wire::to(server(&api));
    let params = json!({
        "_meta": modern_meta(json!({})),
        "notifications": { "resourceSubscriptions": [TOP, "hn://nothing"] },
    });
    let id = wire.request("subscriptions/listen", params).await;
    let acknowledged = wire.next().await;
    assert_eq!(
        acknowledged["params"]["notifications"],
        json!({ "resourceSubscriptions": [TOP] })
    );
    api.until_seen(LINE, 1).await;
    api.push(&put("[2]"));
    let update = wire.next().await;
    assert_eq!(update["params"]["uri"], TOP);
    assert_eq!(
        update["params"]["_meta"]["io.modelcontextprotocol/subscriptionId"],
        id
    );
    // The last listener's end closes the stream.
    wire.send(
        json!({ "jsonrpc": "2.0", "method": "notifications/cancelled", "params": { "requestId": id } }),
    )
    .await;
    while api.listeners() > 0 {
        tokio::task::yield_now().await;
    }
}
