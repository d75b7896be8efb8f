//! The tools of `newsnow`, against a stand-in.

use std::time::Duration;

use pontoon_servers::{NewsNow, NewsNowSettings, SourceSettings};
use serde_json::{Value, json};

use crate::{
    stand_in::{Asked, Reply, StandIn},
    wire::{Wire, modern_meta},
};

const HOTTEST: &str = "get_hotest_latest_news";

pub(crate) fn settings(api: &StandIn) -> NewsNowSettings {
    let defaults = NewsNowSettings::default();
    NewsNowSettings {
        http: SourceSettings {
            base_url: api.url("/"),
            backoff: Duration::from_millis(1),
            ..defaults.http
        },
        ..defaults
    }
}

fn server(api: &StandIn) -> NewsNow {
    NewsNow::new(settings(api)).expect("valid settings")
}

/// A source with so many items.
pub(crate) fn list(id: &str, items: usize) -> Value {
    let items: Vec<_> = (1..=items)
        .map(|n| json!({ "id": n, "title": format!("{id} {n}"), "url": format!("https://{id}.example/{n}") }))
        .collect();
    json!({ "status": "success", "id": id, "updatedTime": 1_744_712_237_000_u64, "items": items })
}

fn invalid() -> Reply {
    Reply::status(500, json!({ "statusCode": 500, "message": "Invalid source id" }))
}

/// An instance that knows what its tests ask for.
fn instance(asked: &Asked) -> Reply {
    match asked.line.as_str() {
        "GET /api/s?id=zhihu" => Reply::json(list("zhihu", 30)),
        "GET /api/s?id=weibo" => Reply::json(list("weibo", 3)),
        "GET /api/s?id=github" | "GET /api/s?id=github-trending-today" => {
            Reply::json(list("github-trending-today", 2))
        }
        "GET /api/s?id=cls" => Reply::json(list("cls", 1)),
        "GET /api/s?id=xiaohongshu" => Reply::json(list("xiaohongshu", 1)),
        "GET /api/s?id=solidot" => Reply::json(list("solidot", 0)),
        "POST /api/s/entire" => {
            let body: Value = serde_json::from_str(&asked.body).expect("JSON");
            let wanted = body["sources"].as_array().expect("a list");
            let known = ["weibo", "hackernews"].map(|id| list(id, 2));
            let found: Vec<_> = known.iter().filter(|it| wanted.contains(&it["id"])).collect();
            Reply::json(json!(found))
        }
        _ => invalid(),
    }
}

async fn wire() -> (StandIn, Wire) {
    let api = StandIn::start(instance).await;
    let wire = Wire::legacy(server(&api), json!({})).await;
    (api, wire)
}

fn texts(result: &Value) -> Vec<&str> {
    let blocks = result["content"].as_array().expect("blocks");
    blocks
        .iter()
        .map(|block| block["text"].as_str().expect("text"))
        .collect()
}

#[tokio::test]
async fn s4_4_a_result_is_markdown_links() {
    let api = StandIn::start(|_| {
        Reply::json(json!({ "status": "cache", "id": "zhihu", "updatedTime": "2025-04-15T10:17:17Z", "items": [
            { "id": "1", "title": "新闻标题", "url": "https://e.example/1" },
            { "id": 2, "title": "a [b](c)\n d", "url": "https://e.example/(2)", "extra": { "info": "229 points" } },
        ]}))
    })
    .await;
    let mut wire = Wire::legacy(server(&api), json!({})).await;
    let called = wire.tool(HOTTEST, json!({ "id": "zhihu" })).await;
    assert_eq!(
        texts(called.result()),
        [
            "[新闻标题](https://e.example/1)",
            r"[a \[b\]\(c\) d](https://e.example/%282%29)"
        ]
    );
    let told = &called.result()["structuredContent"];
    assert_eq!((&told["id"], &told["cached"]), (&json!("zhihu"), &json!(true)));
    assert_eq!(told["updated"], "2025-04-15T10:17:17Z");
    assert_eq!(told["items"][1]["info"], "229 points");
    assert_eq!(told["items"][1]["title"], "a [b](c) d");
}

#[tokio::test]
async fn s4_42_the_tool_asks_the_api_once_and_like_a_browser() {
    let (api, mut wire) = wire().await;
    for _ in 0..2 {
        let called = wire.tool(HOTTEST, json!({ "id": "zhihu", "count": 10 })).await;
        assert_eq!(texts(called.result()).len(), 10);
    }
    assert_eq!(api.seen("GET /api/s?id=zhihu"), 1);
    assert!(api.log()[0].headers["user-agent"].starts_with("Mozilla/5.0"));
}

#[tokio::test]
async fn both_spellings_and_all_counts() {
    let (_api, mut wire) = wire().await;
    for (count, items) in [
        (json!(null), 10),
        (json!(5), 5),
        (json!("7"), 7),
        (json!(2.9), 2),
        (json!(31), 30),
        (json!(-29), 1),
        (json!(0), 1),
        (json!("abc"), 10),
        (json!([3]), 10),
    ] {
        let called = wire
            .tool(
                "get_hottest_latest_news",
                json!({ "id": "zhihu", "count": count }),
            )
            .await;
        assert_eq!(texts(called.result()).len(), items, "{count}");
    }
    let called = wire.tool(HOTTEST, json!({ "id": "solidot" })).await;
    assert_eq!(
        texts(called.result()),
        ["Source \"solidot\" has no news at the moment."]
    );
    assert_eq!(called.result()["structuredContent"]["items"], json!([]));
}

#[tokio::test]
async fn s4_43_a_list_is_kept_under_the_id_that_answered() {
    let (api, mut wire) = wire().await;
    for id in ["github", "github-trending-today", "github"] {
        let called = wire.tool(HOTTEST, json!({ "id": id })).await;
        let told = &called.result()["structuredContent"];
        assert_eq!(told["id"], "github-trending-today");
        assert_eq!(told["name"], "Github-Today");
    }
    assert_eq!(api.log().len(), 1);
    // Its own getter answers, although the table calls it a redirect.
    let called = wire.tool(HOTTEST, json!({ "id": "cls" })).await;
    assert_eq!(called.result()["structuredContent"]["id"], "cls");
}

#[tokio::test]
async fn unknown_ids_are_the_apis_business() {
    let (api, mut wire) = wire().await;
    let called = wire.tool(HOTTEST, json!({ "id": "xiaohongshu" })).await;
    assert_eq!(called.text(), "[xiaohongshu 1](https://xiaohongshu.example/1)");
    let refused = wire.tool(HOTTEST, json!({ "id": "zihu" })).await;
    let text = refused.failure();
    assert!(
        text.contains("Invalid source id") && text.contains("`zhihu`") && text.contains("list_sources"),
        "{text}"
    );
    assert_eq!(api.seen("GET /api/s?id=zihu"), 1, "asking again is of no use");
    let requests = api.log().len();
    for nonsense in ["", "../../etc", "a b", "x&latest", "知乎"] {
        let refused = wire.tool(HOTTEST, json!({ "id": nonsense })).await;
        assert!(refused.failure().contains("no source id"), "{}", refused.response);
    }
    assert_eq!(api.log().len(), requests, "and nobody is asked");
    assert!(
        wire.tool(HOTTEST, json!({ "id": "知乎" }))
            .await
            .failure()
            .contains("`zhihu`"),
        "a name is understood"
    );
}

#[tokio::test]
async fn a_broken_upstream_is_a_clear_error() {
    for (reply, told) in [
        (
            Reply::html as fn() -> Reply,
            "an HTML page instead of the expected JSON",
        ),
        (|| Reply::status(503, "<html>"), "HTTP status 503"),
        (|| Reply::json("{\"items\": 1}"), "another shape of text"),
        (|| Reply::json(" ".repeat(2 << 20)), "more than 1048576 bytes"),
        (
            || Reply::status(500, json!({ "message": "fetch failed\n\u{7}" })),
            "says \"fetch failed\"",
        ),
    ] {
        let api = StandIn::start(move |_| reply()).await;
        let mut wire = Wire::legacy(server(&api), json!({})).await;
        for (tool, arguments) in [
            (HOTTEST, json!({ "id": "zhihu" })),
            ("get_news_batch", json!({ "ids": ["zhihu"] })),
            ("search_news", json!({ "keyword": "x" })),
        ] {
            let called = wire.tool(tool, arguments).await;
            let text = called.failure();
            assert!(
                text.contains(told) && text.to_lowercase().contains("try again"),
                "{tool}: {text}"
            );
        }
    }
}

#[tokio::test]
async fn sources_are_listed_and_filtered() {
    let (api, mut wire) = wire().await;
    let all = wire.tool("list_sources", json!({})).await;
    assert!(all.text().contains("\nzhihu: 知乎\n"), "{}", all.text());
    let told = &all.result()["structuredContent"];
    assert_eq!(told["sources"].as_array().map(Vec::len), Some(52));
    assert_eq!(told["redirects"]["github"], "github-trending-today");
    let sports = wire
        .tool("list_sources", json!({ "column": "sports", "type": "realtime" }))
        .await;
    assert_eq!(sports.text(), "dongqiudi: 懂球帝-头条");
    assert_eq!(
        sports.result()["structuredContent"]["sources"],
        json!([{ "id": "dongqiudi", "name": "懂球帝-头条", "type": "realtime", "column": "sports", "interval_minutes": 10 }])
    );
    let wrong = wire.tool("list_sources", json!({ "colum": "sports" })).await;
    assert!(wrong.failure().contains("colum"), "{}", wrong.response);
    assert!(api.log().is_empty());
}

#[tokio::test]
async fn a_newer_table_takes_the_place_of_the_built_in_one() {
    let api = StandIn::start(|asked| match asked.line.as_str() {
        "GET /sources.json" if asked.before == 0 => {
            Reply::json(json!({ "fresh": { "name": "Fresh", "column": "tech", "interval": 60000 } }))
        }
        _ => Reply::html(),
    })
    .await;
    let settings = NewsNowSettings {
        sources_url: Some(api.url("/sources.json")),
        sources_fresh_for: Duration::ZERO,
        ..settings(&api)
    };
    let server = NewsNow::new(settings).expect("valid settings");
    let mut wire = Wire::legacy(server, json!({})).await;
    assert_eq!(wire.tool("list_sources", json!({})).await.text(), "fresh: Fresh");
    let told = wire.tool("list_sources", json!({})).await;
    let told = &told.result()["structuredContent"];
    assert_eq!(
        told["sources"].as_array().map(Vec::len),
        Some(52),
        "what is built in serves"
    );
    assert!(
        told["outdated"]
            .as_str()
            .is_some_and(|why| why.contains("HTML page"))
    );
}

#[tokio::test]
async fn a_batch_tells_what_failed() {
    let (api, mut wire) = wire().await;
    let ids = json!(["zhihu", "weibo", "nosuch", "zhihu", "a b"]);
    let called = wire
        .tool("get_news_batch", json!({ "ids": ids, "count": 2 }))
        .await;
    let told = &called.result()["structuredContent"];
    let found: Vec<_> = told["sources"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|it| {
            (
                it["id"].as_str().expect("an id"),
                it["items"].as_array().expect("items").len(),
            )
        })
        .collect();
    assert_eq!(found, [("zhihu", 2), ("weibo", 2)]);
    assert_eq!(told["failed"][0]["id"], "nosuch");
    assert!(
        told["failed"][0]["reason"]
            .as_str()
            .is_some_and(|it| it.contains("Invalid source id"))
    );
    assert_eq!(told["failed"][1]["id"], "a b");
    assert!(
        called
            .text()
            .starts_with("## 知乎 (zhihu)\n[zhihu 1](https://zhihu.example/1)")
    );
    assert_eq!(api.seen("POST /api/s/entire"), 1);
    assert_eq!(api.seen("GET /api/s?id=weibo"), 0, "it was at hand");
    let none = wire.tool("get_news_batch", json!({ "ids": ["nosuch"] })).await;
    assert!(none.failure().contains("nosuch"));
    let empty = wire.tool("get_news_batch", json!({ "ids": [] })).await;
    assert!(empty.failure().contains("allowed is 1 to 60"));
}

#[tokio::test]
async fn a_batch_works_without_the_path_for_batches() {
    let api = StandIn::start(|asked| match asked.line.as_str() {
        "POST /api/s/entire" => Reply::status(404, "no"),
        _ => instance(asked),
    })
    .await;
    let mut wire = Wire::legacy(server(&api), json!({})).await;
    let called = wire
        .tool("get_news_batch", json!({ "ids": ["weibo", "zhihu"] }))
        .await;
    assert_eq!(called.result()["structuredContent"]["failed"], json!([]));
    assert_eq!(api.seen("GET /api/s?id=weibo"), 1);
}

#[tokio::test]
async fn news_are_searched() {
    let (api, mut wire) = wire().await;
    let everywhere = wire.tool("search_news", json!({ "keyword": "2" })).await;
    let told = &everywhere.result()["structuredContent"];
    assert_eq!((&told["searched"], &told["total"]), (&json!(2), &json!(2)));
    assert_eq!(
        told["not_at_hand"].as_array().map(Vec::len),
        Some(50),
        "those not at hand are told"
    );
    assert_eq!(
        texts(everywhere.result()),
        [
            "[weibo 2](https://weibo.example/2) (weibo)",
            "[hackernews 2](https://hackernews.example/2) (hackernews)"
        ]
    );
    assert_eq!(api.log().len(), 1, "one request for all");
    let given = json!({ "keyword": "ZHIHU 1", "sources": ["zhihu"], "count": 3 });
    let one = wire.tool("search_news", given).await;
    let told = &one.result()["structuredContent"];
    assert_eq!(
        (&told["total"], &told["found"].as_array().map(Vec::len)),
        (&json!(12), &Some(3))
    );
    let nothing = wire.tool("search_news", json!({ "keyword": "quux" })).await;
    assert!(
        nothing.text().contains("Nothing in the lists of 3"),
        "{}",
        nothing.text()
    );
    assert!(
        wire.tool("search_news", json!({ "keyword": " " }))
            .await
            .failure()
            .contains("keyword")
    );
}

#[tokio::test]
async fn s4_5_what_clients_of_the_original_ask() {
    let api = StandIn::start(instance).await;
    let mut wire = Wire::to(server(&api));
    let opened = wire
        .call(
            "initialize",
            json!({ "protocolVersion": "2025-03-26", "capabilities": {}, "clientInfo": { "name": "t", "version": "0" } }),
        )
        .await;
    assert_eq!(opened.result()["serverInfo"]["name"], "NewsNow");
    let listed = wire.call("tools/list", json!({})).await;
    let tools = listed.result()["tools"].as_array().expect("tools");
    let names: Vec<_> = tools
        .iter()
        .map(|tool| tool["name"].as_str().expect("a name"))
        .collect();
    assert_eq!(
        names,
        [
            HOTTEST,
            "get_hottest_latest_news",
            "list_sources",
            "get_news_batch",
            "search_news"
        ]
    );
    for tool in tools {
        assert_eq!(
            tool["annotations"],
            json!({ "readOnlyHint": true, "openWorldHint": true })
        );
        assert_eq!(tool["outputSchema"]["type"], "object", "{tool}");
    }
    let schema = &tools[0]["inputSchema"];
    assert_eq!(schema["required"], json!(["id"]));
    let count = &schema["properties"]["count"];
    assert_eq!(
        (
            &count["type"],
            &count["minimum"],
            &count["maximum"],
            &count["default"]
        ),
        (&json!("integer"), &json!(1), &json!(30), &json!(10))
    );
    let id = schema["properties"]["id"]["description"]
        .as_str()
        .expect("a text");
    assert!(id.contains("知乎 is zhihu; 微博-实时热搜 is weibo;"), "{id}");
}

#[tokio::test]
async fn a_modern_client_is_served() {
    let api = StandIn::start(instance).await;
    let mut wire = Wire::to(server(&api));
    let meta = modern_meta(json!({}));
    let params = json!({ "_meta": meta, "name": HOTTEST, "arguments": { "id": "weibo" } });
    let called = wire.call("tools/call", params).await;
    assert_eq!(called.result()["resultType"], "complete");
    assert_eq!(texts(called.result()).len(), 3);
}

#[tokio::test]
async fn a_silent_upstream_does_not_hold_a_call() {
    let api = StandIn::start(|asked| match asked.line.as_str() {
        "GET /api/s?id=weibo" => instance(asked),
        _ => Reply::silence(),
    })
    .await;
    let mut settings = settings(&api);
    settings.http.call_timeout = Duration::from_millis(300);
    let server = NewsNow::new(settings).expect("valid settings");
    let mut wire = Wire::legacy(server, json!({})).await;
    wire.tool(HOTTEST, json!({ "id": "weibo" })).await.result();
    let called = wire
        .tool("get_news_batch", json!({ "ids": ["zhihu", "weibo"] }))
        .await;
    let told = &called.result()["structuredContent"];
    assert_eq!(told["sources"][0]["id"], "weibo", "what is there is told");
    let reason = told["failed"][0]["reason"].as_str().expect("a text");
    assert!(reason.contains("longer than 0.3 s"), "{reason}");
}

#[tokio::test]
async fn what_clients_were_told_of_the_tools_stays_as_it_is() {
    let (_api, mut wire) = wire().await;
    let listed = wire.call("tools/list", json!({})).await;
    let golden = include_str!("../golden/tools_newsnow.json");
    let golden: Value = serde_json::from_str(golden).expect("JSON");
    // Clients pin tools by their definitions: a change of that file is a change for them.
    assert_eq!(listed.result()["tools"], golden);
}
