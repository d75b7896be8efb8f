//! Streamable HTTP with sessions: 2025-03-26 to 2025-11-25.

use http::StatusCode;
use pontoon_downstream::Streaming;
use pontoon_sse::Item;
use std::time::Duration;

use crate::support::client::initialize;
use crate::support::{Fake, House, Seen};
use pontoon_downstream::Settings;

const CALL: &str = r#"{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"slow"}}"#;
const LIST: &str = r#"{"jsonrpc":"2.0","id":1,"method":"tools/list"}"#;
const INITIALIZED: &str = r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#;

#[tokio::test(start_paused = true)]
async fn initialize_opens_a_session_and_answers_in_json() {
    let house = House::new();
    for revision in ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"] {
        let answer = house.client().post(&initialize(revision)).await;
        assert_eq!(answer.status, StatusCode::OK);
        let id = answer.header("mcp-session-id").to_owned();
        assert!(
            id.len() >= 32 && id.bytes().all(|byte| (0x21..=0x7e).contains(&byte)),
            "{id}"
        );
        let json = answer.json().await;
        assert_eq!(json["id"], 0);
        assert_eq!(json["result"]["protocolVersion"], revision);
    }
    assert_eq!(house.gateway.session_count(), 4);
}

#[tokio::test(start_paused = true)]
async fn a_client_that_takes_streams_only_gets_the_handshake_as_one_event() {
    let house = House::new();
    let answer = house
        .client()
        .with("accept", "text/event-stream")
        .post(&initialize("2025-11-25"))
        .await;
    assert!(!answer.header("mcp-session-id").is_empty());
    let mut events = answer.events();
    assert!(events.data().await.unwrap().contains("protocolVersion"));
    assert_eq!(events.next().await, None);
}

#[tokio::test(start_paused = true)]
async fn a_refused_handshake_leaves_no_session() {
    let house = House::new();
    let answer = house
        .client()
        .post(r#"{"jsonrpc":"2.0","id":0,"method":"initialize","params":{}}"#)
        .await;
    assert_eq!(answer.status, StatusCode::OK);
    assert!(!answer.headers.contains_key("mcp-session-id"));
    assert_eq!(answer.code().await, -32602);
    assert_eq!(house.gateway.session_count(), 0);
    assert_eq!(house.backend.times(&Seen::Close), 1);
}

#[tokio::test(start_paused = true)]
async fn an_id_that_the_client_proposes_is_ignored() {
    let house = House::new();
    let client = house.client().with("mcp-session-id", &"A".repeat(43));
    let answer = client.post(&initialize("2025-06-18")).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_ne!(answer.header("mcp-session-id"), "A".repeat(43));
}

#[tokio::test(start_paused = true)]
async fn a_plain_answer_is_json_and_keeps_its_bytes() {
    let house = House::new();
    let client = house.client().open("2025-11-25").await;
    let body = r#"{"method":"echo","params":{"z":1.0,"big":123456789012345678901234567890,"a":-0.0},"jsonrpc":"2.0","id":"x"}"#;
    let answer = client.post(body).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(answer.header("content-type"), "application/json");
    let expected =
        r#"{"jsonrpc":"2.0","id":"x","result":{"z":1.0,"big":123456789012345678901234567890,"a":-0.0}}"#;
    assert_eq!(answer.text().await, expected);
}

#[tokio::test(start_paused = true)]
async fn errors_of_valid_requests_travel_with_200() {
    let house = House::new();
    let client = house.client().open("2025-06-18").await;
    for (method, code) in [
        ("unknown/method", -32601),
        ("bad/params", -32602),
        ("needs/elicitation", -32021),
    ] {
        let answer = client
            .post(&format!(r#"{{"jsonrpc":"2.0","id":3,"method":"{method}"}}"#))
            .await;
        assert_eq!(answer.status, StatusCode::OK, "{method}");
        assert_eq!(answer.code().await, code);
    }
}

#[tokio::test(start_paused = true)]
async fn a_message_before_the_answer_makes_it_a_stream() {
    let house = House::new();
    let client = house.client().open("2025-06-18").await;
    let pending = client.start(CALL);
    let held = house.backend.next().await;
    assert_eq!(held.target.streaming, Streaming::Accepted);
    held.progress(1);
    let answer = pending.await.unwrap();
    assert_eq!(answer.header("cache-control"), "no-cache, no-transform");
    assert_eq!(answer.header("x-accel-buffering"), "no");
    let mut events = answer.events();
    assert_eq!(events.data().await.unwrap(), crate::support::backend::progress(1));
    held.progress(2);
    assert_eq!(events.data().await.unwrap(), crate::support::backend::progress(2));
    assert!(events.is_silent().await);
    held.finish(r#"{"done":1}"#);
    assert_eq!(
        events.data().await.unwrap(),
        r#"{"jsonrpc":"2.0","id":7,"result":{"done":1}}"#
    );
    assert_eq!(events.next().await, None);
}

#[tokio::test(start_paused = true)]
async fn only_2025_11_25_streams_open_with_a_priming_event() {
    for (revision, primed) in [("2025-03-26", false), ("2025-06-18", false), ("2025-11-25", true)] {
        let house = House::new();
        let client = house.client().open(revision).await;
        let pending = client.start(CALL);
        let held = house.backend.next().await;
        held.progress(1);
        let chunk = pending.await.unwrap().events().next_chunk().await.unwrap();
        let text = std::str::from_utf8(&chunk).unwrap();
        // Head and first event go out together, so the priming event comes with the first message.
        assert_eq!(
            text.starts_with("id: 0-0\nretry: 1000\ndata: \n\n"),
            primed,
            "{text}"
        );
        assert!(text.ends_with(&format!(
            "id: 0-1\nevent: message\ndata: {}\n\n",
            crate::support::backend::progress(1)
        )));
    }
}

#[tokio::test(start_paused = true)]
async fn a_client_that_takes_json_only_gets_the_answer_and_nothing_else() {
    for accept in ["application/json", "*/*", ""] {
        let house = House::new();
        let client = house.client().open("2025-06-18").await.with("accept", accept);
        let pending = client.start(CALL);
        let held = house.backend.next().await;
        assert_eq!(held.target.streaming, Streaming::Refused);
        held.progress(1);
        held.finish("{}");
        let json = pending.await.unwrap().json().await;
        assert_eq!(json["id"], 7, "{accept}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_client_that_takes_streams_only_gets_a_stream() {
    let house = House::new();
    let client = house
        .client()
        .open("2025-06-18")
        .await
        .with("accept", "text/event-stream");
    let mut events = client.post(LIST).await.events();
    assert_eq!(
        events.data().await.unwrap(),
        r#"{"jsonrpc":"2.0","id":1,"result":{"ok":true}}"#
    );
    assert_eq!(events.next().await, None);
}

#[tokio::test(start_paused = true)]
async fn a_slow_answer_becomes_a_stream_that_is_kept_alive() {
    let house = House::new();
    let client = house.client().open("2025-11-25").await;
    let pending = client.start(CALL);
    let held = house.backend.next().await;
    let mut events = pending.await.unwrap().events();
    assert_eq!(events.data().await.unwrap(), "", "the priming event");
    assert!(events.is_silent().await);
    for _ in 0..3 {
        let before = tokio::time::Instant::now();
        assert_eq!(events.next().await, Some(Item::Comment(String::new())));
        assert_eq!(before.elapsed().as_secs(), 15);
    }
    held.finish("{}");
    assert!(events.data().await.unwrap().contains("result"));
}

#[tokio::test(start_paused = true)]
async fn keep_alive_comments_can_be_switched_off_and_wait_for_silence() {
    let off = House::with_settings(Settings {
        keep_alive: None,
        ..Settings::default()
    });
    let client = off.client().open("2025-06-18").await;
    let mut events = client.get().await.events();
    let waited = tokio::time::timeout(Duration::from_secs(86_400), events.next()).await;
    assert!(waited.is_err(), "{waited:?}");

    let house = House::new();
    let client = house.client().open("2025-06-18").await;
    let pending = client.start(CALL);
    let held = house.backend.next().await;
    held.progress(1);
    let mut events = pending.await.unwrap().events();
    events.data().await.unwrap();
    for step in 2..6 {
        tokio::time::sleep(Duration::from_secs(10)).await;
        held.progress(step);
        assert!(matches!(events.next().await, Some(Item::Event(_))), "step {step}");
    }
}

#[tokio::test(start_paused = true)]
async fn notifications_and_answers_are_taken_with_202_and_no_body() {
    let house = House::new();
    let client = house.client().open("2025-11-25").await;
    for body in [INITIALIZED, r#"{"jsonrpc":"2.0","id":"question","result":{}}"#] {
        let answer = client.post(body).await;
        assert_eq!(answer.status, StatusCode::ACCEPTED);
        assert_eq!(answer.text().await, "");
    }
    let unknown = client.post(r#"{"jsonrpc":"2.0","id":"other","result":{}}"#).await;
    assert_eq!(unknown.status, StatusCode::BAD_REQUEST);
    assert_eq!(unknown.code().await, -32600);
    assert_eq!(
        house
            .backend
            .times(&Seen::Notification("notifications/initialized".into())),
        1
    );
}

#[tokio::test(start_paused = true)]
async fn a_request_method_without_an_id_is_not_executed() {
    let house = House::new();
    let client = house.client().open("2025-06-18").await;
    let answer = client
        .post(r#"{"jsonrpc":"2.0","method":"tools/call","params":{"name":"x"}}"#)
        .await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    let json = answer.json().await;
    assert_eq!(json["error"]["code"], -32600);
    assert!(json.get("id").is_none());
    assert_eq!(house.backend.seen(), [Seen::Request("initialize".into())]);
}

#[tokio::test(start_paused = true)]
async fn unknown_foreign_and_ended_sessions_look_the_same() {
    let house = House::new();
    let ended = house.client().open("2025-06-18").await;
    assert_eq!(ended.delete().await.status, StatusCode::NO_CONTENT);
    let elsewhere = house
        .client()
        .at("/other/mcp")
        .open("2025-06-18")
        .await
        .at("/mcp");
    let stream = house
        .client()
        .at("/sse")
        .get()
        .await
        .events()
        .data()
        .await
        .unwrap();
    let of_other_transport = stream.split_once('=').unwrap().1.to_owned();
    let unknown = house.client().with("mcp-session-id", &"A".repeat(43));
    let garbage = house.client().with("mcp-session-id", "../../etc/passwd");
    let of_sse = house.client().with("mcp-session-id", &of_other_transport);

    let mut bodies = Vec::new();
    for client in [ended, elsewhere, unknown, garbage, of_sse] {
        for answer in [
            client.post(INITIALIZED).await,
            client.get().await,
            client.delete().await,
        ] {
            assert_eq!(answer.status, StatusCode::NOT_FOUND);
            let headers = format!("{:?}", answer.headers);
            bodies.push((headers, answer.text().await));
        }
        // A request gets its id back, and nothing else differs.
        assert_eq!(client.post(LIST).await.status, StatusCode::NOT_FOUND);
    }
    bodies.dedup();
    assert_eq!(bodies.len(), 1, "{bodies:?}");
}

#[tokio::test(start_paused = true)]
async fn without_a_session_a_server_with_leases_asks_for_initialize() {
    let house = House::new();
    for body in [LIST, INITIALIZED] {
        let answer = house.client().post(body).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST);
        let json = answer.json().await;
        assert_eq!(json["error"]["code"], -32600);
        assert!(
            json["error"]["message"].as_str().unwrap().contains("initialize"),
            "{json}"
        );
    }
    for answer in [house.client().get().await, house.client().delete().await] {
        assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    }
    assert_eq!(house.backend.seen(), []);
}

#[tokio::test(start_paused = true)]
async fn without_a_session_a_shared_server_serves_single_exchanges() {
    let house = House::with(Fake::shared("fake"), Settings::default());
    assert_eq!(house.client().post(LIST).await.json().await["id"], 1);
    let named = house.client().with("mcp-protocol-version", "2025-11-25");
    assert_eq!(named.post(LIST).await.status, StatusCode::OK);
    assert_eq!(
        house.client().post(INITIALIZED).await.status,
        StatusCode::ACCEPTED
    );
    let once = |revision: &str| {
        house
            .backend
            .times(&Seen::Notification(format!("once {revision}")))
    };
    assert_eq!((once("2025-03-26"), once("2025-11-25")), (1, 1));

    let pending = house.client().start(CALL);
    let held = house.backend.next().await;
    held.progress(1);
    let mut events = pending.await.unwrap().events();
    let (id, _) = events.event().await.unwrap();
    assert_eq!(id, "", "nobody could resume it");
}

#[tokio::test(start_paused = true)]
async fn a_version_header_must_be_one_that_is_served() {
    let house = House::new();
    let client = house.client().open("2025-06-18").await;
    for version in ["2025-06-18", "2025-03-26", "2024-11-05", "2025-11-25", ""] {
        let answer = client
            .clone()
            .with("mcp-protocol-version", version)
            .post(LIST)
            .await;
        assert_eq!(answer.status, StatusCode::OK, "{version}");
    }
    for version in ["1900-01-01", "banana"] {
        let client = client.clone().with("mcp-protocol-version", version);
        for answer in [client.post(LIST).await, client.get().await, client.delete().await] {
            assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{version}");
            let json = answer.json().await;
            assert_eq!(json["error"]["code"], -32022);
            assert_eq!(json["error"]["data"]["requested"], version);
        }
    }
    assert_eq!(
        client
            .and("mcp-protocol-version", "2025-06-18")
            .post(LIST)
            .await
            .status,
        StatusCode::BAD_REQUEST
    );
}

#[tokio::test(start_paused = true)]
async fn each_get_stream_gets_its_own_messages() {
    let house = House::new();
    let client = house.client().open("2025-06-18").await;
    let pending = client.start(CALL);
    let session = house.backend.next().await.session.unwrap();
    drop(pending);
    let mut first = client.get().await.events();
    let mut second = client.get().await.events();
    for step in 0..4 {
        session.notify(format!(r#"{{"n":{step}}}"#).into());
    }
    let mut seen = first.ready().await;
    seen.extend(second.ready().await);
    seen.sort();
    assert_eq!(
        seen,
        (0..4).map(|n| format!(r#"{{"n":{n}}}"#)).collect::<Vec<_>>()
    );
}

#[tokio::test(start_paused = true)]
async fn what_came_while_nobody_listened_waits_for_the_next_stream() {
    let house = House::new();
    let client = house.client().open("2025-11-25").await;
    let pending = client.start(CALL);
    let session = house.backend.next().await.session.unwrap();
    drop(pending);
    session.notify(r#"{"n":1}"#.into());
    let mut events = client.get().await.events();
    assert_eq!(events.data().await.unwrap(), "", "the priming event");
    assert_eq!(events.data().await.unwrap(), r#"{"n":1}"#);
}

#[tokio::test(start_paused = true)]
async fn delete_ends_the_session_and_its_streams() {
    let house = House::new();
    let client = house.client().open("2025-06-18").await;
    let mut events = client.get().await.events();
    let pending = client.start(CALL);
    let held = house.backend.next().await;
    held.progress(1);
    let mut call = pending.await.unwrap().events();
    call.data().await.unwrap();
    assert_eq!(client.delete().await.status, StatusCode::NO_CONTENT);
    assert!(matches!(events.next().await, Some(Item::Retry(_))));
    assert_eq!(events.next().await, None);
    assert!(matches!(call.next().await, Some(Item::Retry(_))));
    assert_eq!(call.next().await, None);
    assert_eq!(client.delete().await.status, StatusCode::NOT_FOUND);
    assert_eq!(house.backend.times(&Seen::Close), 1);
    assert_eq!(house.gateway.session_count(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_legacy_client_that_hangs_up_has_not_cancelled() {
    let house = House::new();
    let client = house.client().open("2025-11-25").await;
    let pending = client.start(CALL);
    let held = house.backend.next().await;
    held.progress(1);
    drop(pending.await.unwrap().events());
    assert!(!held.target.outbox.is_abandoned());
    assert_eq!(house.backend.times(&Seen::Close), 0);
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_cannot_be_read_is_still_one_for_the_server_that_waits() {
    let house = House::new();
    let client = house.client().open("2025-11-25").await;
    let answer = client
        .post(r#"{"jsonrpc":"2.0","id":"question","result":[]}"#)
        .await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    assert_eq!(house.backend.times(&Seen::Reply("\"question\"".into())), 1);
}
