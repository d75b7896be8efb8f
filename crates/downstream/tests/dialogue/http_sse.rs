//! HTTP+SSE, the transport of 2024-11-05.

use http::StatusCode;
use pontoon_downstream::{ExtraPath, RouteError, Settings};
use pontoon_sse::Item;

use crate::support::client::{Events, initialize};
use crate::support::{Client, House, Seen};

/// Opens a stream; returns it and a client that posts next to it.
async fn connect(house: &House) -> (Events, Client) {
    connect_at(house, "/sse").await
}

async fn connect_at(house: &House, path: &str) -> (Events, Client) {
    let mut events = house
        .client()
        .at(path)
        .with("accept", "text/event-stream")
        .get()
        .await
        .events();
    let Some(Item::Event(event)) = events.next().await else {
        panic!("no endpoint event")
    };
    assert_eq!(event.name, "endpoint");
    let uri = String::from_utf8(event.data.to_vec()).unwrap();
    (
        events,
        house.client().at(&uri).with("accept", "text/event-stream"),
    )
}

#[tokio::test(start_paused = true)]
async fn the_stream_opens_with_its_headers_and_the_endpoint() {
    let house = House::new();
    let answer = house.client().at("/sse").get().await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(answer.header("content-type"), "text/event-stream");
    assert_eq!(answer.header("cache-control"), "no-cache, no-transform");
    assert_eq!(answer.header("x-accel-buffering"), "no");
    assert_eq!(answer.header("connection"), "keep-alive");
    assert!(!answer.headers.contains_key("mcp-session-id"));
    let chunk = answer.events().next_chunk().await.unwrap();
    let text = std::str::from_utf8(&chunk).unwrap();
    let id = text
        .strip_prefix("event: endpoint\ndata: /messages?sessionId=")
        .unwrap();
    assert_eq!(id.len(), 43 + 2);
    assert!(id.ends_with("\n\n"));
}

#[tokio::test(start_paused = true)]
async fn a_whole_dialogue_with_id_zero() {
    let house = House::new();
    let (mut events, client) = connect(&house).await;
    let accepted = client.post(&initialize("2024-11-05")).await;
    assert_eq!(accepted.status, StatusCode::ACCEPTED);
    assert_eq!(accepted.text().await, "Accepted");
    let Some(Item::Event(reply)) = events.next().await else {
        panic!("no reply")
    };
    assert_eq!((&*reply.name, &*reply.last_event_id), ("message", ""));
    assert_eq!(
        &reply.data[..],
        br#"{"jsonrpc":"2.0","id":0,"result":{"protocolVersion":"2024-11-05"}}"#
    );
    let initialized = client
        .post(r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#)
        .await;
    assert_eq!(initialized.text().await, "Accepted");
    assert!(events.is_silent().await);
    let listed = client
        .post(r#"{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{"_meta":{"progressToken":1}}}"#);
    assert_eq!(listed.await.status, StatusCode::ACCEPTED);
    assert_eq!(
        events.data().await.unwrap(),
        r#"{"jsonrpc":"2.0","id":1,"result":{"ok":true}}"#
    );
}

#[tokio::test(start_paused = true)]
async fn any_legacy_revision_may_be_negotiated() {
    let house = House::new();
    let (mut events, client) = connect(&house).await;
    // The version header that later clients send on this transport is not looked at.
    let client = client
        .with("mcp-protocol-version", "2025-11-25")
        .with("accept", "*/*");
    client.post(&initialize("2025-11-25")).await;
    assert!(events.data().await.unwrap().contains("2025-11-25"));
    client
        .post(r#"{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"slow"}}"#)
        .await;
    let held = house.backend.next().await;
    held.progress(1);
    held.finish("{}");
    let (id, data) = events.event().await.unwrap();
    assert_eq!((id.as_str(), data), ("", crate::support::backend::progress(1)));
    assert!(events.data().await.unwrap().contains("result"));
}

#[tokio::test(start_paused = true)]
async fn sessions_do_not_mix() {
    let house = House::new();
    let (mut one, first) = connect(&house).await;
    let (mut two, second) = connect(&house).await;
    for (client, n) in [(&first, 1), (&second, 2)] {
        client.post(&initialize("2024-11-05")).await;
        client
            .post(&format!(
                r#"{{"jsonrpc":"2.0","id":1,"method":"echo","params":{{"n":{n}}}}}"#
            ))
            .await;
    }
    for (events, n) in [(&mut one, 1), (&mut two, 2)] {
        let ready = events.ready().await;
        assert_eq!(ready.len(), 2);
        assert_eq!(
            ready[1],
            format!(r#"{{"jsonrpc":"2.0","id":1,"result":{{"n":{n}}}}}"#)
        );
    }
}

#[tokio::test(start_paused = true)]
async fn bad_messages_are_refused_at_the_post() {
    let house = House::new();
    let (mut events, client) = connect(&house).await;
    client.post(&initialize("2024-11-05")).await;
    events.data().await.unwrap();
    for (body, code) in [
        ("{", -32700),
        ("[]", -32600),
        ("5", -32600),
        (r#"[{"jsonrpc":"2.0","id":1,"method":"ping"}]"#, -32600),
    ] {
        let answer = client.post(body).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{body}");
        assert_eq!(answer.code().await, code, "{body}");
    }
    assert_eq!(
        client
            .clone()
            .with("content-type", "text/plain")
            .post_as_is("{}")
            .await
            .status,
        415
    );
    assert!(events.is_silent().await);
}

#[tokio::test(start_paused = true)]
async fn requests_before_initialize_and_a_second_initialize_get_errors_on_the_stream() {
    let house = House::new();
    let (mut events, client) = connect(&house).await;
    let early = client
        .post(r#"{"jsonrpc":"2.0","id":5,"method":"tools/list"}"#)
        .await;
    assert_eq!(early.status, StatusCode::ACCEPTED);
    let error = events.data().await.unwrap();
    assert!(
        error.starts_with(r#"{"jsonrpc":"2.0","id":5,"error":{"code":-32600"#),
        "{error}"
    );
    client.post(&initialize("2024-11-05")).await;
    assert!(events.data().await.unwrap().contains("result"));
    client.post(&initialize("2024-11-05")).await;
    assert!(events.data().await.unwrap().contains("-32600"));
    let unasked = client.post(r#"{"jsonrpc":"2.0","id":"other","result":{}}"#).await;
    assert_eq!(unasked.status, StatusCode::BAD_REQUEST);
}

#[tokio::test(start_paused = true)]
async fn posts_to_unknown_sessions_get_404() {
    let house = House::new();
    let (_events, client) = connect_at(&house, "/other/sse").await;
    client.post(&initialize("2024-11-05")).await;
    let id = "A".repeat(43);
    for path in [
        "/messages".to_owned(),
        "/messages?sessionId=".to_owned(),
        format!("/messages?sessionId={id}"),
        format!("/messages?sessionid={id}"),
        "/messages?sessionId=../../x".to_owned(),
    ] {
        let answer = house.client().at(&path).post(&initialize("2024-11-05")).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
    }
}

#[tokio::test(start_paused = true)]
async fn another_servers_session_is_unknown_here() {
    let house = House::new();
    let mut events = house.client().at("/other/sse").get().await.events();
    let uri = events.data().await.unwrap();
    assert!(uri.starts_with("/other/messages?sessionId="));
    let here = uri.replace("/other", "");
    assert_eq!(
        house
            .client()
            .at(&here)
            .post(&initialize("2024-11-05"))
            .await
            .status,
        StatusCode::NOT_FOUND
    );
    assert_eq!(
        house
            .client()
            .at(&uri)
            .post(&initialize("2024-11-05"))
            .await
            .status,
        StatusCode::ACCEPTED
    );
}

#[tokio::test(start_paused = true)]
async fn the_end_of_the_stream_ends_the_session() {
    let house = House::new();
    let (events, client) = connect(&house).await;
    client.post(&initialize("2024-11-05")).await;
    drop(events);
    let early = client.post(r#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#).await;
    assert_eq!(
        early.status,
        StatusCode::NOT_FOUND,
        "nobody has to clear it away first"
    );
    house.gateway.sweep();
    assert_eq!(house.gateway.session_count(), 0);
    assert_eq!(house.backend.times(&Seen::Close), 1);
    let answer = client.post(r#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#).await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
}

#[tokio::test(start_paused = true)]
async fn a_silent_stream_is_kept_alive_and_its_session_lives() {
    let house = House::new();
    let (mut events, client) = connect(&house).await;
    client.post(&initialize("2024-11-05")).await;
    events.data().await.unwrap();
    for _ in 0..100 {
        assert!(matches!(events.next().await, Some(Item::Comment(_))));
        house.gateway.sweep();
    }
    assert_eq!(house.gateway.session_count(), 1);
}

#[tokio::test(start_paused = true)]
async fn the_endpoint_is_made_from_configuration() {
    let settings = Settings {
        prefix: "/tools".into(),
        public_prefix: "/public".into(),
        ..Settings::default()
    };
    let house = House::with_settings(settings);
    let client = house
        .client()
        .at("http://localhost:3000/tools/fake/sse")
        .with("x-forwarded-prefix", "/evil");
    let uri = client.get().await.events().data().await.unwrap();
    assert!(uri.starts_with("/public/tools/fake/messages?sessionId="), "{uri}");
    for path in ["/tools", "/tools/", "/mcp"] {
        let text = house.client().at(path).get().await.text().await;
        assert!(text.contains("/public/tools/mcp"), "{path}: {text}");
    }
}

#[tokio::test(start_paused = true)]
async fn other_methods_are_named() {
    let house = House::new();
    let answer = house.client().at("/sse").post(&initialize("2025-11-25")).await;
    assert_eq!(
        answer.status,
        StatusCode::METHOD_NOT_ALLOWED,
        "clients fall back to GET on this"
    );
    assert_eq!(answer.header("allow"), "GET, OPTIONS");
    let answer = house.client().at("/messages").get().await;
    assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(answer.header("allow"), "POST, OPTIONS");
}

#[tokio::test(start_paused = true)]
async fn a_client_that_does_not_read_loses_its_stream_and_nobody_else_notices() {
    let mut settings = Settings::default();
    settings.streams.queue_bytes = 10_000;
    let house = House::with_settings(settings);
    let (mut slow, slow_client) = connect(&house).await;
    let (mut quick, quick_client) = connect(&house).await;
    for (events, client) in [(&mut slow, &slow_client), (&mut quick, &quick_client)] {
        client.post(&initialize("2024-11-05")).await;
        events.data().await.unwrap();
        client
            .post(r#"{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"slow"}}"#)
            .await;
    }
    let (to_slow, to_quick) = (house.backend.next().await, house.backend.next().await);
    let flooded = (0..1_000).find(|step| to_slow.push(&crate::support::backend::progress(*step)).is_err());
    assert!(flooded.is_some_and(|step| step < 200));
    to_quick.progress(1);
    assert!(quick.data().await.is_some());
    assert_eq!(slow.next().await, None);
    house.gateway.sweep();
    assert_eq!(house.gateway.session_count(), 1);
    let gone = slow_client
        .post(r#"{"jsonrpc":"2.0","id":8,"method":"ping"}"#)
        .await;
    assert_eq!(gone.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn addresses_that_clash_are_refused() {
    let extra_paths = vec![ExtraPath {
        server: "fake".into(),
        path: "/fake/mcp".into(),
    }];
    let settings = Settings {
        extra_paths,
        ..Settings::default()
    };
    let gateway = pontoon_downstream::Gateway::new(
        settings,
        std::sync::Arc::new(pontoon_policy::Policy::new(1)),
        pontoon_policy::OriginGuard::loopback(),
        vec![std::sync::Arc::new(crate::support::Fake::new("fake"))],
        Some(0),
    );
    assert_eq!(gateway.err(), Some(RouteError::Claimed("/fake/mcp".to_owned())));
}
