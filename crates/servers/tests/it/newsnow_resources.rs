//! The resources of `newsnow`, and who hears of their changes.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use pontoon_servers::{NewsNow, NewsNowSettings};
use serde_json::{Value, json};

use crate::{
    newsnow::{list, settings},
    stand_in::{Reply, StandIn},
    wire::{Wire, modern_meta},
};

const ZHIHU: &str = "news://source/zhihu";
const LINE: &str = "GET /api/s?id=zhihu";

/// A source that has as many items as it is told.
async fn changing() -> (StandIn, Arc<AtomicUsize>, NewsNow) {
    let items = Arc::new(AtomicUsize::new(1));
    let now = Arc::clone(&items);
    let api = StandIn::start(move |asked| match asked.line.as_str() {
        LINE => Reply::json(list("zhihu", now.load(Ordering::SeqCst))),
        _ => Reply::json(list("weibo", 1)),
    })
    .await;
    let settings = NewsNowSettings {
        poll_interval: Some(Duration::from_millis(5)),
        ..settings(&api)
    };
    (api, items, NewsNow::new(settings).expect("valid settings"))
}

/// Lets so much time go by that another source is polled for three times, at the same pace.
async fn rounds(api: &StandIn, server: &NewsNow) {
    let line = "GET /api/s?id=weibo";
    let before = api.seen(line);
    let mut wire = Wire::legacy(server.session(), json!({})).await;
    wire.call("resources/subscribe", json!({ "uri": "news://source/weibo" }))
        .await
        .result();
    api.until_seen(line, before + 3).await;
}

#[tokio::test]
async fn sources_are_resources() {
    let (_api, _, server) = changing().await;
    let mut wire = Wire::legacy(server, json!({})).await;
    let listed = wire.call("resources/list", json!({})).await;
    let listed = listed.result()["resources"].as_array().expect("a list");
    assert_eq!(listed.len(), 52);
    assert!(
        listed
            .iter()
            .any(|it| it["uri"] == ZHIHU && it["title"] == "知乎")
    );
    let templates = wire.call("resources/templates/list", json!({})).await;
    assert_eq!(
        templates.result()["resourceTemplates"][0]["uriTemplate"],
        "news://source/{id}"
    );
    let read = wire.call("resources/read", json!({ "uri": ZHIHU })).await;
    let text = read.result()["contents"][0]["text"].as_str().expect("a text");
    let text: Value = serde_json::from_str(text).expect("JSON");
    assert_eq!(text["items"][0]["title"], "zhihu 1");
    for uri in [
        "news://source/",
        "news://source/a/b",
        "news://zhihu",
        "hn://topstories",
    ] {
        assert_eq!(
            wire.call("resources/read", json!({ "uri": uri })).await.error().0,
            -32002
        );
        assert_eq!(
            wire.call("resources/subscribe", json!({ "uri": uri }))
                .await
                .error()
                .0,
            -32002
        );
    }
    let params = json!({
        "ref": { "type": "ref/resource", "uri": "news://source/{id}" },
        "argument": { "name": "id", "value": "bili" },
    });
    let completed = wire.call("completion/complete", params).await;
    assert_eq!(
        completed.result()["completion"]["values"],
        json!([
            "bilibili-hot-search",
            "bilibili-hot-video",
            "bilibili-ranking",
            "bilibili"
        ])
    );
}

#[tokio::test]
async fn a_legacy_subscriber_hears_of_a_change_and_polling_ends_with_it() {
    let (api, items, server) = changing().await;
    let mut other = Wire::legacy(server.session(), json!({})).await;
    let mut wire = Wire::legacy(server.session(), json!({})).await;
    for _ in 0..2 {
        wire.call("resources/subscribe", json!({ "uri": ZHIHU }))
            .await
            .result();
    }
    api.until_seen(LINE, 1).await;
    items.store(2, Ordering::SeqCst);
    let update = wire.next().await;
    assert_eq!(update["method"], "notifications/resources/updated");
    assert_eq!(update["params"]["uri"], ZHIHU);
    wire.call("resources/unsubscribe", json!({ "uri": ZHIHU }))
        .await
        .result();
    let polls = api.seen(LINE);
    rounds(&api, &server).await;
    // One poll may have been under way.
    assert!(api.seen(LINE) <= polls + 1, "nobody is subscribed");
    let nothing = other.call("ping", json!({})).await;
    assert!(
        nothing.notifications.is_empty(),
        "the other session did not subscribe"
    );
}

#[tokio::test]
async fn a_modern_listener_hears_of_a_change() {
    let (api, items, server) = changing().await;
    let mut wire = Wire::to(server);
    let params = json!({
        "_meta": modern_meta(json!({})),
        "notifications": { "resourceSubscriptions": [ZHIHU, "hn://topstories"], "toolsListChanged": true },
    });
    let id = wire.request("subscriptions/listen", params).await;
    let acknowledged = wire.next().await;
    assert_eq!(
        acknowledged["params"]["notifications"],
        json!({ "resourceSubscriptions": [ZHIHU] })
    );
    api.until_seen(LINE, 1).await;
    items.store(2, Ordering::SeqCst);
    let update = wire.next().await;
    assert_eq!(update["method"], "notifications/resources/updated");
    assert_eq!(update["params"]["uri"], ZHIHU);
    assert_eq!(
        update["params"]["_meta"]["io.modelcontextprotocol/subscriptionId"],
        id
    );
}

#[tokio::test]
async fn a_session_that_ends_takes_its_subscriptions_along() {
    let (api, _, server) = changing().await;
    let mut wire = Wire::legacy(server.session(), json!({})).await;
    wire.call("resources/subscribe", json!({ "uri": ZHIHU }))
        .await
        .result();
    api.until_seen(LINE, 1).await;
    drop(wire);
    // Its end is noticed in time: rounds go by until one is without a poll.
    for _ in 0..100 {
        let polls = api.seen(LINE);
        rounds(&api, &server).await;
        if api.seen(LINE) == polls {
            return;
        }
    }
    panic!("it is still polled for");
}
