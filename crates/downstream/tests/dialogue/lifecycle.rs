//! Limits, ages and the end.

use std::time::Duration;

use http::StatusCode;
use pontoon_downstream::Settings;
use pontoon_policy::Policy;
use pontoon_sse::Item;

use crate::support::client::{initialize, modern};
use crate::support::raw::post;
use crate::support::{Fake, House, Raw, Seen};

const CALL: &str = r#"{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"slow"}}"#;
const LIST: &str = r#"{"jsonrpc":"2.0","id":1,"method":"tools/list"}"#;

#[tokio::test(start_paused = true)]
async fn idle_sessions_expire_but_not_while_a_stream_is_open() {
    let house = House::new();
    let client = house.client().open("2025-06-18").await;
    let events = client.get().await.events();
    tokio::time::advance(Duration::from_secs(3_600)).await;
    house.gateway.sweep();
    assert_eq!(client.post(LIST).await.status, StatusCode::OK);
    drop(events);
    tokio::time::advance(Duration::from_secs(299)).await;
    house.gateway.sweep();
    assert_eq!(
        client.post(LIST).await.status,
        StatusCode::OK,
        "used within the limit"
    );
    tokio::time::advance(Duration::from_secs(301)).await;
    house.gateway.sweep();
    assert_eq!(client.post(LIST).await.status, StatusCode::NOT_FOUND);
    assert_eq!(house.backend.times(&Seen::Close), 1);
}

/// Every request has exactly one answer, also one whose session ends first.
#[tokio::test(start_paused = true)]
async fn what_is_in_flight_when_a_session_ends_is_answered_on_its_stream() {
    let house = House::new();
    let client = house.client().open("2025-06-18").await;
    let calling = client.clone().with("accept", "text/event-stream").start(CALL);
    // Nothing precedes the answer: the stream opens when that has taken long enough.
    tokio::time::sleep(Duration::from_secs(11)).await;
    assert_eq!(client.delete().await.status, StatusCode::NO_CONTENT);
    let mut events = calling.await.unwrap().events();
    let (_, answer) = events.event().await.expect("the answer comes before the end");
    assert!(answer.contains("the session has ended"), "{answer}");
    assert_eq!(events.event().await, None);
}

#[tokio::test(start_paused = true)]
async fn a_session_that_takes_long_to_open_is_not_idle() {
    let house = House::new();
    let body = initialize("2025-06-18").replacen(r#""params":{"#, r#""params":{"hold":true,"#, 1);
    let opening = house.client().start(&body);
    let held = house.backend.next().await;
    tokio::time::advance(Duration::from_secs(3_600)).await;
    house.gateway.sweep();
    held.finish(r#"{"protocolVersion":"2025-06-18"}"#);
    let answer = opening.await.unwrap();
    assert_eq!(answer.status, StatusCode::OK);
    let session = answer.header("mcp-session-id").to_owned();
    house.gateway.sweep();
    let client = house.client().with("mcp-session-id", &session);
    assert_eq!(client.post(LIST).await.status, StatusCode::OK);
}

#[tokio::test(start_paused = true)]
async fn sessions_end_at_their_age_whatever_happens_on_them() {
    let house = House::new();
    let client = house.client().open("2025-06-18").await;
    let mut events = client.get().await.events();
    tokio::time::advance(Duration::from_secs(24 * 60 * 60)).await;
    house.gateway.sweep();
    assert!(matches!(events.next().await, Some(Item::Retry(_))));
    assert_eq!(events.next().await, None);
    assert_eq!(client.post(LIST).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test(start_paused = true)]
async fn sessions_are_limited_in_all_and_per_address() {
    let mut settings = Settings::default();
    settings.sessions.total = 3;
    settings.sessions.per_principal = 2;
    let house = House::with_settings(settings);
    let body = initialize("2025-06-18");
    let first = house.client().open("2025-06-18").await;
    let _sse = house.client().at("/sse").get().await.events();
    let mine = house.client().post(&body).await;
    assert_eq!(mine.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(mine.header("retry-after"), "1");
    assert_eq!(
        house.client().at("/sse").get().await.status,
        StatusCode::TOO_MANY_REQUESTS
    );
    let neighbour = house.client().of_address([127, 0, 0, 2]);
    assert_eq!(neighbour.post(&body).await.status, StatusCode::OK);
    let third = house.client().of_address([127, 0, 0, 3]).post(&body).await;
    assert_eq!(third.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(third.header("retry-after"), "1");
    assert_eq!(third.json().await["id"], 0);
    first.delete().await;
    assert_eq!(house.client().post(&body).await.status, StatusCode::OK);
}

#[tokio::test(start_paused = true)]
async fn calls_in_flight_are_limited() {
    let house = House::with_policy(Fake::new("fake"), Settings::default(), Policy::new(1));
    let client = house.client().open("2025-06-18").await;
    let pending = client.start(CALL);
    let held = house.backend.next().await;
    let refused = client.post(LIST).await;
    assert_eq!(refused.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(refused.header("retry-after"), "1");
    let json = refused.json().await;
    assert_eq!(
        (&json["id"], &json["error"]["data"]["source"]),
        (&1.into(), &"gateway".into())
    );
    held.finish("{}");
    assert_eq!(pending.await.unwrap().status, StatusCode::OK);
    assert_eq!(client.post(LIST).await.status, StatusCode::OK);
}

#[tokio::test(start_paused = true)]
async fn a_session_that_reads_all_its_streams_gets_a_further_one_for_its_oldest() {
    let mut settings = Settings::default();
    settings.streams.streams = 2;
    let house = House::with_settings(settings);
    let client = house.client().open("2025-06-18").await;
    // The client of the first may have died unnoticed: it is not locked out for that.
    let _streams = [client.get().await.events(), client.get().await.events()];
    assert_eq!(client.get().await.status, StatusCode::OK);
}

#[tokio::test(start_paused = true)]
async fn draining_answers_what_is_in_flight_and_ends_every_stream() {
    let house = House::new();
    let client = house.client().open("2025-11-25").await;
    let mut general = client.get().await.events();
    general.data().await.unwrap();
    let mut sse = house.client().at("/sse").get().await.events();
    sse.data().await.unwrap();
    let call = client.start(CALL);
    let listen = house.client().modern("subscriptions/listen");
    let listen = listen.start(&modern(9, "subscriptions/listen", ""));
    let mut held = [house.backend.next().await, house.backend.next().await];
    held.sort_by_key(|held| held.id.to_string());
    let [call_held, listen_held] = held;
    listen_held
        .push(r#"{"jsonrpc":"2.0","method":"notifications/subscriptions/acknowledged"}"#)
        .unwrap();
    let mut listening = listen.await.unwrap().events();
    listening.data().await.unwrap();

    let gateway = house.gateway.clone();
    let drained = tokio::spawn(async move { gateway.drain(Duration::from_secs(10)).await });
    tokio::task::yield_now().await;
    assert_eq!(client.post(LIST).await.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(client.get().await.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(
        house.client().at("/sse").get().await.status,
        StatusCode::SERVICE_UNAVAILABLE
    );
    assert_eq!(
        house.client().post(&initialize("2025-11-25")).await.status,
        StatusCode::SERVICE_UNAVAILABLE
    );
    call_held.finish("{}");
    listen_held.finish("{}");
    assert_eq!(call.await.unwrap().status, StatusCode::OK);
    assert!(listening.data().await.unwrap().contains(r#""id":9,"result""#));
    assert_eq!(listening.next().await, None);
    drained.await.unwrap();
    for events in [&mut general, &mut sse] {
        assert!(matches!(events.next().await, Some(Item::Retry(_))));
        assert_eq!(events.next().await, None);
    }
    assert_eq!(house.gateway.session_count(), 0);
    assert_eq!(house.backend.times(&Seen::Drain), 1);
}

#[tokio::test(start_paused = true)]
async fn draining_closes_idle_connections_and_cuts_stubborn_ones_at_the_deadline() {
    let house = House::new();
    let mut idle = Raw::connect(&house);
    idle.write(&post("", &initialize("2025-06-18"))).await;
    assert!(idle.read_until("result").await.starts_with("HTTP/1.1 200"));
    // A client that has sent half a head, and one that never reads its stream.
    let mut half = Raw::connect(&house);
    half.write("POST /mcp HT").await;
    let mut deaf = Raw::with_buffer(&house, 64);
    deaf.write("GET /sse HTTP/1.1\r\nhost: localhost\r\n\r\n").await;
    tokio::task::yield_now().await;

    let begun = tokio::time::Instant::now();
    house.gateway.drain(Duration::from_secs(5)).await;
    assert!(begun.elapsed() <= Duration::from_secs(6), "{:?}", begun.elapsed());
    assert_eq!(idle.read_to_end().await, "");
    assert!(half.read_to_end().await.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_defect_ends_one_request_only() {
    let house = House::new();
    let client = house.client().open("2025-06-18").await;
    let answer = client.post(r#"{"jsonrpc":"2.0","id":1,"method":"panic"}"#).await;
    assert_eq!(answer.status, StatusCode::INTERNAL_SERVER_ERROR);
    let text = answer.text().await;
    assert!(
        text.contains("-32603") && !text.contains("as the test asked for"),
        "{text}"
    );
    assert_eq!(client.post(LIST).await.status, StatusCode::OK);
}

#[tokio::test(start_paused = true)]
async fn a_session_lives_while_a_long_call_is_waited_for_without_a_stream() {
    let house = House::new();
    let client = house
        .client()
        .open("2025-06-18")
        .await
        .with("accept", "application/json");
    let pending = client.start(CALL);
    let held = house.backend.next().await;
    tokio::time::advance(Duration::from_secs(540)).await;
    house.gateway.sweep();
    held.finish("{}");
    assert_eq!(pending.await.unwrap().status, StatusCode::OK);
    house.gateway.sweep();
    assert_eq!(client.post(LIST).await.status, StatusCode::OK);
}
