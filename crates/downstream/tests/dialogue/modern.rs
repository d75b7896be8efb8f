//! The stateless revision, 2026-07-28.

use http::StatusCode;
use pontoon_downstream::Streaming;
use pontoon_sse::Item;

use crate::support::client::{Client, modern};
use crate::support::{House, Seen};

const META: &str = r#""_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}}"#;

fn call(name: &str) -> String {
    modern(7, "tools/call", &format!(r#""name":"{name}""#))
}

fn caller(house: &House, name: &str) -> Client {
    house.client().modern("tools/call").with("mcp-name", name)
}

#[tokio::test(start_paused = true)]
async fn a_request_stands_alone() {
    let house = House::new();
    let client = house
        .client()
        .modern("server/discover")
        .with("mcp-session-id", "whatever");
    let answer = client.post(&modern(1, "server/discover", "")).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert!(!answer.headers.contains_key("mcp-session-id"));
    assert_eq!(answer.json().await["result"]["ok"], true);
    assert_eq!(house.gateway.session_count(), 0);
}

#[tokio::test(start_paused = true)]
async fn streams_have_neither_ids_nor_priming_events() {
    let house = House::new();
    let pending = caller(&house, "slow").start(&call("slow"));
    let held = house.backend.next().await;
    held.progress(1);
    let answer = pending.await.unwrap();
    assert_eq!(answer.header("x-accel-buffering"), "no");
    let mut events = answer.events();
    assert_eq!(
        events.event().await.unwrap(),
        (String::new(), crate::support::backend::progress(1))
    );
    held.finish("{}");
    assert_eq!(events.event().await.unwrap().0, "");
    assert_eq!(events.next().await, None);
}

#[tokio::test(start_paused = true)]
async fn closing_the_stream_cancels() {
    let house = House::new();
    let pending = caller(&house, "slow").start(&call("slow"));
    let held = house.backend.next().await;
    held.progress(1);
    let events = pending.await.unwrap().events();
    assert!(!held.target.outbox.is_abandoned());
    drop(events);
    assert!(held.target.outbox.is_abandoned());
}

#[tokio::test(start_paused = true)]
async fn hanging_up_before_the_answer_cancels() {
    let house = House::new();
    let pending = caller(&house, "slow").start(&call("slow"));
    let held = house.backend.next().await;
    pending.abort();
    assert!(pending.await.unwrap_err().is_cancelled());
    assert!(held.target.outbox.is_abandoned());
}

#[tokio::test(start_paused = true)]
async fn an_answered_stream_is_not_cancelled_by_its_end() {
    let house = House::new();
    let pending = caller(&house, "slow").start(&call("slow"));
    let held = house.backend.next().await;
    let outbox = held.target.outbox.clone();
    held.progress(1);
    let mut events = pending.await.unwrap().events();
    events.data().await.unwrap();
    held.finish("{}");
    drop(events);
    assert!(!outbox.is_abandoned());
}

#[tokio::test(start_paused = true)]
async fn errors_have_their_status() {
    let house = House::new();
    for (method, status, code) in [
        ("unknown/method", 404, -32601),
        ("bad/params", 200, -32602),
        ("needs/elicitation", 400, -32021),
        ("ping", 404, -32601),
        ("initialize", 404, -32601),
        ("logging/setLevel", 404, -32601),
        ("resources/subscribe", 404, -32601),
        ("resources/unsubscribe", 404, -32601),
    ] {
        for accept in [
            "application/json, text/event-stream",
            "text/event-stream",
            "application/json",
            "",
        ] {
            let client = house.client().modern(method).with("accept", accept);
            let answer = client.post(&modern(1, method, "")).await;
            assert_eq!(answer.status.as_u16(), status, "{method} {accept:?}");
            if answer.header("content-type") == "application/json" {
                let json = answer.json().await;
                assert_eq!(
                    (&json["error"]["code"], &json["id"]),
                    (&code.into(), &1.into()),
                    "{method}"
                );
            } else {
                assert_eq!((status, accept), (200, "text/event-stream"));
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn headers_must_agree_with_the_body() {
    let house = House::new();
    let right = || caller(&house, "tool");
    let body = call("tool");
    let cases = [
        (
            right().with("mcp-protocol-version", ""),
            body.clone(),
            400,
            -32020,
        ),
        (
            right().with("mcp-protocol-version", "2025-11-25"),
            body.clone(),
            400,
            -32020,
        ),
        (
            right().with("mcp-protocol-version", "1900-01-01"),
            body.clone(),
            400,
            -32020,
        ),
        (
            right().and("mcp-protocol-version", "2026-07-28"),
            body.clone(),
            400,
            -32020,
        ),
        (right().with("mcp-method", ""), body.clone(), 400, -32020),
        (
            right().with("mcp-method", "tools/list"),
            body.clone(),
            400,
            -32020,
        ),
        (
            right().with("mcp-method", "Tools/Call"),
            body.clone(),
            400,
            -32020,
        ),
        (right().and("mcp-method", "tools/call"), body.clone(), 400, -32020),
        (right().with("mcp-name", ""), body.clone(), 400, -32020),
        (right().with("mcp-name", "TOOL"), body.clone(), 400, -32020),
        (right().and("mcp-name", "tool"), body.clone(), 400, -32020),
        (
            right().with("mcp-name", "=?base64?dG9vbA?="),
            body.clone(),
            400,
            -32020,
        ),
        (
            right().with("mcp-name", "=?base64?@@@@?="),
            body.clone(),
            400,
            -32020,
        ),
        (right(), modern(7, "tools/call", r#""arguments":{}"#), 400, -32020),
        (
            right().with("mcp-param-city", "=?base64?/w==?="),
            body.clone(),
            400,
            -32020,
        ),
        (
            right().with("mcp-param-city", "Zürich"),
            body.clone(),
            400,
            -32020,
        ),
        (
            right().with("mcp-param-city", "a").and("mcp-param-city", "a"),
            body.clone(),
            400,
            -32020,
        ),
    ];
    for (number, (client, body, status, code)) in cases.into_iter().enumerate() {
        let answer = client.post(&body).await;
        assert_eq!(answer.status.as_u16(), status, "case {number}");
        let json = answer.json().await;
        assert_eq!(
            (&json["error"]["code"], &json["id"]),
            (&code.into(), &7.into()),
            "case {number}: {json}"
        );
    }
    assert_eq!(house.backend.seen(), []);
}

#[tokio::test(start_paused = true)]
async fn headers_that_agree_are_accepted() {
    let house = House::new();
    let cases = [
        (caller(&house, "tool"), call("tool")),
        (
            caller(&house, "  tool\t").with("mcp-method", " tools/call "),
            call("tool"),
        ),
        (caller(&house, "=?base64?dG9vbA==?="), call("tool")),
        (caller(&house, "=?base64?5aW9?="), call("好")),
        (caller(&house, "=?base64?5aW9?="), call(r"\u597d")),
        (
            caller(&house, "tool")
                .with("mcp-param-city", "=?base64?5aW9?=")
                .with("mcp-param-n", "42.0"),
            call("tool"),
        ),
        (
            house
                .client()
                .modern("resources/read")
                .with("mcp-name", "file:///a"),
            modern(7, "resources/read", r#""uri":"file:///a""#),
        ),
        (
            house.client().modern("prompts/get").with("mcp-name", "p"),
            modern(7, "prompts/get", r#""name":"p""#),
        ),
    ];
    for (number, (client, body)) in cases.into_iter().enumerate() {
        let pending = client.start(&body);
        tokio::select! {
            held = house.backend.next() => held.finish("{}"),
            _ = tokio::time::sleep(std::time::Duration::from_secs(1)) => panic!("case {number}"),
        }
        assert_eq!(pending.await.unwrap().status, StatusCode::OK, "case {number}");
    }
    // A name header where none is mirrored means nothing.
    let listing = house.client().modern("tools/list").with("mcp-name", "whatever");
    assert_eq!(
        listing.post(&modern(1, "tools/list", "")).await.status,
        StatusCode::OK
    );
}

#[tokio::test(start_paused = true)]
async fn headers_repeat_the_arguments_that_a_tools_schema_names() {
    let house = House::new();
    let call = |arguments: &str| modern(7, "tools/call", &format!(r#""name":"weather"{arguments}"#));
    let caller = |headers: &[(&'static str, &'static str)]| {
        let client = house.client().modern("tools/call").with("mcp-name", "weather");
        headers
            .iter()
            .fold(client, |client, (name, value)| client.with(name, value))
    };
    for (headers, arguments) in [
        (&[][..], ""),
        (&[("mcp-param-city", "Bern")], r#","arguments":{"city":"Bern"}"#),
        (
            &[("mcp-param-city", "=?base64?5aW9?=")],
            r#","arguments":{"city":"好"}"#,
        ),
        (
            &[("mcp-param-days", "3.0")],
            r#","arguments":{"days":3,"city":null}"#,
        ),
        (&[("mcp-param-other", "x")], r#","arguments":{"other":1}"#),
    ] {
        let pending = caller(headers).start(&call(arguments));
        house.backend.next().await.finish("{}");
        assert_eq!(
            pending.await.unwrap().status,
            StatusCode::OK,
            "{headers:?} {arguments}"
        );
    }
    for (headers, arguments) in [
        (&[][..], r#","arguments":{"city":"Bern"}"#),
        (&[("mcp-param-city", "Bonn")], r#","arguments":{"city":"Bern"}"#),
        (&[("mcp-param-city", "3.0")], r#","arguments":{"city":"3"}"#),
        (&[("mcp-param-days", "4")], r#","arguments":{"days":3}"#),
        (&[("mcp-param-city", "Bern")], r#","arguments":{"city":null}"#),
        (&[("mcp-param-city", "Bern")], ""),
    ] {
        let answer = caller(headers).post(&call(arguments)).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{headers:?} {arguments}");
        assert_eq!(answer.json().await["error"]["code"], -32020);
    }
}

#[tokio::test(start_paused = true)]
async fn meta_must_be_there_and_whole() {
    let house = House::new();
    let client = house.client().modern("tools/list");
    for (params, code) in [
        ("", -32602),
        (r#","params":{}"#, -32602),
        (r#","params":{"_meta":5}"#, -32602),
        (r#","params":{"_meta":{}}"#, -32602),
        (
            r#","params":{"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28"}}"#,
            -32602,
        ),
        (
            r#","params":{"_meta":{"io.modelcontextprotocol/protocolVersion":5}}"#,
            -32602,
        ),
        (
            r#","params":{"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":[]}}"#,
            -32602,
        ),
        (r#","params":[]"#, -32602),
        (r#","params":null"#, -32602),
    ] {
        let answer = client
            .post(&format!(
                r#"{{"jsonrpc":"2.0","id":1,"method":"tools/list"{params}}}"#
            ))
            .await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{params}");
        let json = answer.json().await;
        assert_eq!(
            (&json["error"]["code"], &json["id"]),
            (&code.into(), &1.into()),
            "{params}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn an_unknown_revision_is_told_which_ones_there_are() {
    let house = House::new();
    for version in ["1900-01-01", "9999-12-31", "2025-11-25"] {
        let body = modern(1, "tools/list", "").replace("2026-07-28", version);
        let client = house
            .client()
            .modern("tools/list")
            .with("mcp-protocol-version", version);
        let answer = client.post(&body).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST);
        let json = answer.json().await;
        assert_eq!(json["error"]["code"], -32022, "{version}");
        assert_eq!(json["error"]["data"]["requested"], version);
        assert_eq!(json["error"]["data"]["supported"][0], "2026-07-28");
    }
}

#[tokio::test(start_paused = true)]
async fn a_stream_of_changes_opens_with_its_acknowledgement() {
    let house = House::new();
    // Also for a client that lists JSON only: there is no other form of this answer.
    for accept in [
        "application/json, text/event-stream",
        "*/*",
        "text/event-stream",
        "application/json",
    ] {
        let client = house
            .client()
            .modern("subscriptions/listen")
            .with("accept", accept);
        let pending = client.start(&modern(1, "subscriptions/listen", r#""notifications":{}"#));
        let held = house.backend.next().await;
        assert_eq!(held.target.streaming, Streaming::Accepted);
        held.push(r#"{"jsonrpc":"2.0","method":"notifications/subscriptions/acknowledged"}"#)
            .unwrap();
        let mut events = pending.await.unwrap().events();
        assert!(events.data().await.unwrap().contains("acknowledged"));
        assert_eq!(events.next().await, Some(Item::Comment(String::new())));
        held.push(r#"{"jsonrpc":"2.0","method":"notifications/tools/list_changed"}"#)
            .unwrap();
        assert!(events.data().await.unwrap().contains("list_changed"));
        drop(events);
        assert!(held.target.outbox.is_abandoned());
    }
}

#[tokio::test(start_paused = true)]
async fn responses_and_batches_are_refused() {
    let house = House::new();
    let client = house.client().modern("tools/list");
    let response = format!(r#"{{"jsonrpc":"2.0","id":1,"result":{{{META}}}}}"#);
    for body in [response, format!("[{}]", modern(1, "tools/list", ""))] {
        let answer = client.post(&body).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST);
        assert_eq!(answer.code().await, -32600);
    }
}

#[tokio::test(start_paused = true)]
async fn notifications_need_no_headers_but_must_not_lie() {
    let house = House::new();
    let cancelled = format!(
        r#"{{"jsonrpc":"2.0","method":"notifications/cancelled","params":{{"requestId":1,{META}}}}}"#
    );
    let bare = house.client().with("mcp-protocol-version", "2026-07-28");
    assert_eq!(bare.post(&cancelled).await.status, StatusCode::ACCEPTED);
    let lying = house.client().modern("tools/list");
    assert_eq!(lying.post(&cancelled).await.code().await, -32020);
    let call = format!(r#"{{"jsonrpc":"2.0","method":"tools/call","params":{{"name":"x",{META}}}}}"#);
    let answer = house.client().modern("tools/call").post(&call).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    assert_eq!(answer.code().await, -32600);
    assert_eq!(house.backend.seen(), []);
}

#[tokio::test(start_paused = true)]
async fn there_is_nothing_to_get_or_delete() {
    let house = House::new();
    let client = house
        .client()
        .with("mcp-protocol-version", "2026-07-28")
        .with("last-event-id", "0-1");
    for answer in [client.get().await, client.delete().await] {
        assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED);
        assert_eq!(answer.header("allow"), "POST, OPTIONS");
    }
}

#[tokio::test(start_paused = true)]
async fn the_same_id_on_many_posts_gets_each_its_own_answer() {
    let house = House::new();
    let client = house.client().modern("echo");
    let pending: Vec<_> = (0..200)
        .map(|n| client.start(&modern(1, "echo", &format!(r#""n":{n}"#))))
        .collect();
    for (n, pending) in pending.into_iter().enumerate() {
        assert_eq!(pending.await.unwrap().json().await["result"]["n"], n);
    }
    assert_eq!(house.backend.times(&Seen::Request("echo".into())), 200);
}
