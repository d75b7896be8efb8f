//! The tools of `hn`, against a stand-in for both APIs.

use std::time::Duration;

use pontoon_servers::{Hn, HnSettings, SourceSettings};
use serde_json::{Value, json};

use crate::{
    stand_in::{Asked, Reply, StandIn},
    wire::{Wire, modern_meta},
};

pub(crate) fn settings(api: &StandIn) -> HnSettings {
    let http = |path| SourceSettings {
        backoff: Duration::from_millis(1),
        ..SourceSettings::new(api.url(path))
    };
    HnSettings {
        http: http("/v0/"),
        search: http("/api/v1"),
        ..HnSettings::default()
    }
}

async fn wire() -> (StandIn, Wire) {
    let api = StandIn::start(apis).await;
    let server = Hn::new(settings(&api)).expect("valid settings");
    let wire = Wire::legacy(server, json!({})).await;
    (api, wire)
}

/// Items of a small Hacker News.
fn item(id: u64) -> Value {
    let comment = |by: &str, parent: u64, kids: &[u64]| {
        json!({ "id": id, "type": "comment", "by": by, "parent": parent, "kids": kids, "time": 1_314_211_127,
            "text": format!("comment {id}<p>more &amp; more") })
    };
    match id {
        1 => {
            json!({ "id": 1, "type": "story", "by": "ann", "title": "One &amp; only", "url": "https://www.one.example/x",
            "score": 10, "descendants": 7, "kids": [11, 12, 13], "time": 1_175_714_200 })
        }
        2 => {
            json!({ "id": 2, "type": "job", "by": "boss", "title": "Work", "url": "", "time": 1_175_714_200 })
        }
        3 => json!({ "id": 3, "deleted": true, "type": "story" }),
        11 => comment("bob", 1, &[111, 112]),
        12 => comment("ann", 1, &[]),
        13 => json!({ "id": 13, "type": "comment", "deleted": true, "parent": 1, "kids": [131], "time": 1 }),
        // A loop that no API should send.
        111 => comment("cid", 11, &[1, 11, 1111]),
        112 => json!({ "id": 112, "type": "comment", "dead": true, "parent": 11, "time": 1 }),
        131 => comment("dan", 13, &[]),
        1111 => comment("eve", 111, &[]),
        20 => {
            json!({ "id": 20, "type": "poll", "by": "pg", "title": "Ban?", "parts": [21, 22, 23], "score": 46, "time": 1 })
        }
        21 => json!({ "id": 21, "type": "pollopt", "poll": 20, "score": 25, "text": "No" }),
        22 => json!({ "id": 22, "type": "pollopt", "poll": 20, "score": 75, "text": "Yes; <i>now</i>" }),
        23 => json!({ "id": 23, "type": "pollopt", "poll": 20, "deleted": true }),
        30 => {
            json!({ "id": 30, "type": "story", "by": "whoishiring", "title": "Ask HN: Who is hiring? (November 2026)",
            "kids": [31, 32] })
        }
        31 => comment("acme", 30, &[]),
        32 => comment("globex", 30, &[]),
        _ => Value::Null,
    }
}

pub(crate) fn apis(asked: &Asked) -> Reply {
    let path = asked.line.strip_prefix("GET ").expect("everything is read");
    if let Some(id) = path
        .strip_prefix("/v0/item/")
        .and_then(|it| it.strip_suffix(".json"))
    {
        return match id {
            "500" => Reply::status(500, "no"),
            id => Reply::json(item(id.parse().expect("a number"))),
        };
    }
    match path {
        "/v0/topstories.json" => Reply::json("[1,2,3,500,404]"),
        "/v0/newstories.json" => Reply::json(r#"{"1":2,"0":1}"#),
        "/v0/user/pg.json" => Reply::json(
            json!({ "id": "pg", "created": 1_160_418_092, "karma": 155_111, "about": "Bug fixer.<p>x", "submitted": [11, 1, 3] }),
        ),
        "/v0/user/nobody.json" => Reply::json("null"),
        "/v0/updates.json" => Reply::json(r#"{"items":[1,2],"profiles":["pg"],"new":1}"#),
        "/v0/maxitem.json" => Reply::json("9130260"),
        _ if path.starts_with("/api/v1/search") => search(path),
        _ => Reply::status(404, "no"),
    }
}

fn search(path: &str) -> Reply {
    let hit = |id: &str, title: Option<&str>| {
        json!({ "objectID": id, "title": title, "author": "whoishiring", "created_at_i": 1_793_548_800, "points": null,
            "_tags": ["story", "author_whoishiring", "story_30"], "_highlightResult": {} })
    };
    let hits = if path.contains("author_whoishiring") {
        json!([
            hit("29", Some("Ask HN: Who wants to be hired? (November 2026)")),
            hit("30", Some("Ask HN: Who is hiring? (November 2026)")),
            hit("28", Some("Ask HN: Who is hiring? (October 2026)")),
        ])
    } else if path.contains("story_30") {
        json!([
            { "objectID": "32", "comment_text": "rust", "parent_id": 30, "story_id": 30, "_tags": ["comment"] },
            { "objectID": "33", "comment_text": "a reply", "parent_id": 31, "story_id": 30, "_tags": ["comment"] },
        ])
    } else if path.contains("query=nothing") {
        json!([])
    } else {
        json!([
            { "objectID": "8863", "title": "Dropbox &amp; co", "url": "http://www.getdropbox.com/", "author": "dhouston",
              "points": 111, "num_comments": 71, "story_id": 8863, "created_at_i": 1_175_714_200, "_tags": ["story"] },
            { "objectID": "x", "title": "no id" },
            { "objectID": "2921983", "comment_text": "Aw &quot;shucks&quot;", "author": "norvig", "story_id": 2_921_506,
              "story_title": "Peter", "parent_id": 2_921_506, "_tags": ["comment"] },
        ])
    };
    Reply::json(
        json!({ "hits": hits, "page": 0, "nbHits": 2, "nbPages": 1, "hitsPerPage": 20, "exhaustive": {} }),
    )
}

/// A tool's structured result.
async fn told(wire: &mut Wire, tool: &str, arguments: Value) -> Value {
    let reply = wire.tool(tool, arguments).await;
    let told = reply.result()["structuredContent"].clone();
    assert!(told.is_object(), "{}", reply.response);
    let text: Value = serde_json::from_str(reply.text()).expect("the text is the same as JSON");
    assert_eq!(text, told);
    told
}

fn ids(list: &Value, pointer: &str) -> Vec<u64> {
    let list = list.as_array().expect("a list");
    list.iter()
        .map(|it| it.pointer(pointer).and_then(Value::as_u64).expect("an id"))
        .collect()
}

#[tokio::test]
async fn a_ranking_names_what_could_not_be_read() {
    let (_api, mut wire) = wire().await;
    let top = told(&mut wire, "hn_stories", json!({})).await;
    assert_eq!(
        ids(&top["stories"], "/story/id"),
        [1, 2],
        "what is gone is left out"
    );
    assert_eq!(ids(&top["stories"], "/rank"), [1, 2]);
    assert_eq!(top["total"], 5);
    assert_eq!(ids(&top["skipped"], "/id"), [500]);
    let story = &top["stories"][0]["story"];
    assert_eq!(
        (&story["title"], &story["domain"]),
        (&json!("One & only"), &json!("one.example"))
    );
    assert_eq!(story["time"], "2007-04-04T19:16:40Z");
    assert_eq!(story["hn_url"], "https://news.ycombinator.com/item?id=1");
    assert_eq!(
        top["stories"][1]["story"].get("url"),
        None,
        "an empty address is none"
    );
    let page = told(&mut wire, "hn_stories", json!({ "feed": "new", "count": 1 })).await;
    assert_eq!((&page["total"], &page["next_offset"]), (&json!(2), &json!(1)));
    let page = told(&mut wire, "hn_stories", json!({ "feed": "new", "offset": 1 })).await;
    assert_eq!(ids(&page["stories"], "/rank"), [2]);
    assert_eq!(page.get("next_offset"), None);
    let beyond = told(&mut wire, "hn_stories", json!({ "offset": 1_000_000 })).await;
    assert_eq!(beyond["stories"], json!([]));
}

#[tokio::test]
async fn arguments_outside_the_schema_are_told() {
    let (api, mut wire) = wire().await;
    for (tool, arguments, named) in [
        ("hn_stories", json!({ "feed": "hot" }), "`hot`"),
        ("hn_stories", json!({ "count": 0 }), "allowed is 1 to 100"),
        ("hn_stories", json!({ "limit": 5 }), "`limit`"),
        ("hn_item", json!({}), "`id`"),
        ("hn_item", json!({ "id": -1 }), "-1"),
        ("hn_thread", json!({ "id": 1, "depth": 11 }), "allowed is 0 to 10"),
        ("hn_user", json!({ "username": "a/../b" }), "`username`"),
        (
            "hn_search",
            json!({ "query": "x", "author": "a,story" }),
            "`author`",
        ),
        (
            "hn_search",
            json!({ "query": "x", "since": "yesterday" }),
            "`since`",
        ),
        ("hn_front_page_diff", json!({ "since": "9999-01-01" }), "future"),
        ("hn_updates", json!({ "x": 1 }), "`x`"),
    ] {
        let reply = wire.tool(tool, arguments.clone()).await;
        assert!(reply.failure().contains(named), "{arguments}: {}", reply.text());
    }
    assert!(api.log().is_empty());
    assert_eq!(wire.tool("hn_nothing", json!({})).await.error().0, -32602);
}

#[tokio::test]
async fn a_thread_is_a_tree_in_reading_order_within_bounds() {
    let (api, mut wire) = wire().await;
    let all = told(&mut wire, "hn_thread", json!({ "id": 1, "depth": 10 })).await;
    assert_eq!(ids(&all["comments"], "/comment/id"), [11, 111, 1111, 12, 13, 131]);
    assert_eq!(ids(&all["comments"], "/depth"), [1, 2, 3, 1, 1, 2]);
    assert_eq!(all["truncated"], false);
    assert_eq!(all["comments"][0]["comment"]["text"], "comment 11\n\nmore & more");
    assert_eq!(
        (&all["comments"][3]["by_author"], &all["comments"][0]["by_author"]),
        (&json!(true), &json!(false))
    );
    assert_eq!(
        all["comments"][4]["comment"]["state"], "deleted",
        "it has a reply"
    );
    assert_eq!(api.seen("GET /v0/item/11.json"), 1);

    let none = told(&mut wire, "hn_thread", json!({ "id": 1, "depth": 0 })).await;
    assert_eq!(
        (&none["comments"], &none["truncated"]),
        (&json!([]), &json!(true))
    );
    let shallow = told(&mut wire, "hn_thread", json!({ "id": 1, "depth": 1 })).await;
    assert_eq!(ids(&shallow["comments"], "/comment/id"), [11, 12, 13]);
    let few = told(&mut wire, "hn_thread", json!({ "id": 1, "max_comments": 4 })).await;
    assert_eq!(
        ids(&few["comments"], "/comment/id"),
        [11, 111, 12, 13],
        "upper levels come first"
    );
    assert_eq!(few["truncated"], true);

    let page = told(
        &mut wire,
        "hn_comments",
        json!({ "id": 1, "count": 1, "offset": 1 }),
    )
    .await;
    assert_eq!(ids(&page["comments"], "/comment/id"), [12]);
    assert_eq!(page["truncated"], true);
    let missing = wire.tool("hn_thread", json!({ "id": 404 })).await;
    assert!(
        missing.failure().contains("There is no item 404"),
        "{}",
        missing.text()
    );
}

#[tokio::test]
async fn items_users_and_updates() {
    let (_api, mut wire) = wire().await;
    let item = told(&mut wire, "hn_item", json!({ "id": 1 })).await;
    assert_eq!(item["kids"], json!([11, 12, 13]));
    let user = told(
        &mut wire,
        "hn_user",
        json!({ "username": "pg", "submissions": 3 }),
    )
    .await;
    assert_eq!((&user["karma"], &user["submitted"]), (&json!(155_111), &json!(3)));
    assert_eq!(user["about"], "Bug fixer.\n\nx");
    assert_eq!(ids(&user["submissions"], "/id"), [11, 1]);
    let nobody = wire.tool("hn_user", json!({ "username": "nobody" })).await;
    assert!(nobody.failure().contains("case-sensitive"), "{}", nobody.text());
    let updates = told(&mut wire, "hn_updates", json!({})).await;
    assert_eq!(
        updates,
        json!({ "items": [1, 2], "profiles": ["pg"], "max_item": 9_130_260 })
    );
}

#[tokio::test]
async fn a_poll_has_results() {
    let (_api, mut wire) = wire().await;
    for id in [20, 22] {
        let poll = told(&mut wire, "hn_poll", json!({ "id": id })).await;
        assert_eq!(
            poll["options"],
            json!([
                { "id": 22, "text": "Yes; *now*", "votes": 75, "share": 0.75 },
                { "id": 21, "text": "No", "votes": 25, "share": 0.25 },
            ])
        );
        assert_eq!((&poll["votes"], &poll["poll"]["id"]), (&json!(100), &json!(20)));
    }
    let story = wire.tool("hn_poll", json!({ "id": 1 })).await;
    assert!(story.failure().contains("is a story, not a poll"));
}

#[tokio::test]
async fn searches_are_asked_for_as_algolia_wants_it() {
    let (api, mut wire) = wire().await;
    let arguments = json!({ "query": "\"file sync\" -ftp", "kind": "story", "author": "pg", "min_points": 5,
        "min_comments": 2, "since": "2007-04-04", "until": "1175800000", "count": 7, "page": 1 });
    let found = told(&mut wire, "hn_search", arguments).await;
    assert_eq!(
        ids(&found["hits"], "/id"),
        [8863, 2_921_983],
        "a hit without an id is no hit"
    );
    let [story, comment] = [&found["hits"][0], &found["hits"][1]];
    assert_eq!(
        (&story["title"], story.get("story_id")),
        (&json!("Dropbox & co"), None)
    );
    assert_eq!(
        (&comment["text"], &comment["story_id"]),
        (&json!("Aw \"shucks\""), &json!(2_921_506))
    );
    assert_eq!(
        api.log()[0].line,
        "GET /api/v1/search?query=%22file+sync%22+-ftp&tags=story%2Cauthor_pg\
         &numericFilters=points%3E%3D5%2Cnum_comments%3E%3D2%2Ccreated_at_i%3E%3D1175644800%2Ccreated_at_i%3C1175800000\
         &page=1&hitsPerPage=7"
    );
    let nothing = told(&mut wire, "hn_search_by_date", json!({ "query": "nothing" })).await;
    assert!(nothing["hint"].is_string());
    assert_eq!(
        api.seen("GET /api/v1/search_by_date?query=nothing&page=0&hitsPerPage=20"),
        1
    );
}

#[tokio::test]
async fn who_is_hiring() {
    let (_api, mut wire) = wire().await;
    let latest = told(&mut wire, "hn_who_is_hiring", json!({})).await;
    assert_eq!(latest["thread"]["id"], 30);
    assert_eq!(ids(&latest["posts"], "/id"), [31, 32]);
    let rust = told(
        &mut wire,
        "hn_who_is_hiring",
        json!({ "query": "rust", "month": "november 2026" }),
    )
    .await;
    assert_eq!(ids(&rust["posts"], "/id"), [32], "a reply is no post");
    let none = wire
        .tool("hn_who_is_hiring", json!({ "month": "May 1999" }))
        .await;
    assert!(none.failure().contains("no such thread"));
}

#[tokio::test]
async fn the_front_page_is_compared_with_what_it_was() {
    use std::time::{SystemTime, UNIX_EPOCH};
    let api = StandIn::start(|asked| match (asked.line.as_str(), asked.before) {
        ("GET /v0/topstories.json", 0) => Reply::json("[1,20,2]"),
        ("GET /v0/topstories.json", _) => Reply::json("[20,30,1]"),
        _ => apis(asked),
    })
    .await;
    let server = Hn::new(HnSettings {
        feed_fresh_for: Duration::ZERO,
        time_of_day: || UNIX_EPOCH + Duration::from_secs(1_793_548_800),
        ..settings(&api)
    })
    .expect("valid settings");
    let _: fn() -> SystemTime = HnSettings::default().time_of_day;
    let mut wire = Wire::legacy(server, json!({})).await;
    // Nothing is remembered: what was written since is new.
    let since = json!({ "since": "2007-01-01", "depth": 10 });
    let first = told(&mut wire, "hn_front_page_diff", since).await;
    assert_eq!(
        (&first["basis"], &first["left"]),
        (&json!("creation_time"), &json!([]))
    );
    assert_eq!(ids(&first["entered"], "/story/id"), [1, 2], "20 is of 1970");
    let since = json!({ "since": "2026-11-01T16:00:00Z" });
    let second = told(&mut wire, "hn_front_page_diff", since).await;
    assert_eq!(
        (&second["basis"], &second["compared_with"]),
        (&json!("snapshot"), &json!("2026-11-01T16:00:00Z"))
    );
    assert_eq!(ids(&second["entered"], "/story/id"), [30]);
    assert_eq!(second["left"], json!([{ "id": 2, "old_rank": 3 }]));
    assert_eq!(
        second["moved"],
        json!([{ "id": 1, "old_rank": 1, "rank": 3 }, { "id": 20, "old_rank": 2, "rank": 1 }])
    );
}

#[tokio::test]
async fn an_api_that_is_down_is_a_clear_error() {
    let api = StandIn::start(|_| Reply::html()).await;
    let mut wire = Wire::legacy(Hn::new(settings(&api)).expect("valid settings"), json!({})).await;
    for (tool, arguments) in [
        ("hn_stories", json!({})),
        ("hn_thread", json!({ "id": 1 })),
        ("hn_search", json!({ "query": "x" })),
        ("hn_updates", json!({})),
    ] {
        let reply = wire.tool(tool, arguments).await;
        let text = reply.failure();
        assert!(
            text.contains("an HTML page") && text.contains("Try again in a minute"),
            "{text}"
        );
    }
}

#[tokio::test]
async fn the_server_says_what_it_is() {
    let (api, mut wire) = wire().await;
    let listed = wire.call("tools/list", json!({})).await;
    let tools = listed.result()["tools"].as_array().expect("tools");
    let names: Vec<_> = tools
        .iter()
        .map(|tool| tool["name"].as_str().expect("a name"))
        .collect();
    assert_eq!(
        names,
        [
            "hn_stories",
            "hn_item",
            "hn_thread",
            "hn_comments",
            "hn_user",
            "hn_search",
            "hn_search_by_date",
            "hn_front_page_diff",
            "hn_who_is_hiring",
            "hn_poll",
            "hn_updates"
        ]
    );
    for tool in tools {
        assert_eq!(
            tool["annotations"],
            json!({ "readOnlyHint": true, "openWorldHint": true })
        );
        assert_eq!(tool["outputSchema"]["type"], "object", "{tool}");
        assert!(!tool.to_string().contains("uint"), "{tool}");
    }
    let prompts = wire.call("prompts/list", json!({})).await;
    assert_eq!(prompts.result()["prompts"].as_array().map(Vec::len), Some(5));
    let prompt = wire
        .call(
            "prompts/get",
            json!({ "name": "hn_summarize_thread", "arguments": { "id": "8863" } }),
        )
        .await;
    let text = &prompt.result()["messages"][0]["content"]["text"];
    assert!(text.as_str().is_some_and(|text| text.contains("8863")), "{text}");

    let mut modern = Wire::to(Hn::new(settings(&api)).expect("valid settings"));
    let meta = modern_meta(json!({}));
    let found = modern.call("server/discover", json!({ "_meta": meta })).await;
    assert!(
        found.result()["instructions"]
            .as_str()
            .is_some_and(|it| it.contains("hn_thread"))
    );
    let params = json!({ "_meta": meta, "name": "hn_item", "arguments": { "id": 1 } });
    let called = modern.call("tools/call", params).await;
    assert_eq!(called.result()["structuredContent"]["item"]["id"], 1);
}

#[tokio::test]
async fn what_clients_were_told_of_the_tools_stays_as_it_is() {
    let (_api, mut wire) = wire().await;
    let listed = wire.call("tools/list", json!({})).await;
    let golden = include_str!("../golden/tools_hn.json");
    let golden: Value = serde_json::from_str(golden).expect("JSON");
    // Clients pin tools by their definitions: a change of that file is a change for them.
    assert_eq!(listed.result()["tools"], golden);
}
