//! Resumption with `Last-Event-ID`.

use http::StatusCode;
use pontoon_downstream::Settings;

use crate::support::{Client, Held, House};

const CALL: &str = r#"{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"slow"}}"#;

/// A call whose stream has carried one message.
async fn begin(house: &House, client: &Client) -> (Held, crate::support::Events) {
    let pending = client.start(CALL);
    let held = house.backend.next().await;
    held.progress(1);
    let mut events = pending.await.unwrap().events();
    while !events.data().await.unwrap().contains("progress") {}
    (held, events)
}

#[tokio::test(start_paused = true)]
async fn a_broken_stream_goes_on_where_it_stopped() {
    let house = House::new();
    let client = house.client().open("2025-11-25").await;
    let (held, events) = begin(&house, &client).await;
    drop(events);
    held.progress(2);
    held.finish("{}");
    let mut rest = client.clone().with("last-event-id", "0-1").get().await.events();
    let (id, data) = rest.event().await.unwrap();
    assert_eq!((id.as_str(), data), ("0-2", crate::support::backend::progress(2)));
    let (id, data) = rest.event().await.unwrap();
    assert_eq!(id, "0-3");
    assert!(data.contains("result"));
    assert_eq!(rest.next().await, None);
}

#[tokio::test(start_paused = true)]
async fn what_was_delivered_is_replayed_if_the_client_did_not_see_it() {
    let house = House::new();
    let client = house.client().open("2025-11-25").await;
    let (held, events) = begin(&house, &client).await;
    drop(events);
    held.finish("{}");
    for _ in 0..2 {
        // From the priming event, and again: the log is kept.
        let mut rest = client.clone().with("last-event-id", "0-0").get().await.events();
        assert_eq!(rest.event().await.unwrap().0, "0-1");
        assert_eq!(rest.event().await.unwrap().0, "0-2");
        assert_eq!(rest.next().await, None);
    }
}

#[tokio::test(start_paused = true)]
async fn a_resumed_stream_carries_nothing_of_another() {
    let house = House::new();
    let client = house.client().open("2025-11-25").await;
    let mut general = client.get().await.events();
    assert_eq!(general.event().await.unwrap().0, "0-0");
    let (held, events) = begin(&house, &client).await;
    drop(events);
    held.session.as_ref().unwrap().notify(r#"{"n":1}"#.into());
    held.finish("{}");
    let rest = client
        .clone()
        .with("last-event-id", "1-1")
        .get()
        .await
        .events()
        .ready()
        .await;
    assert_eq!(rest.len(), 1);
    assert!(rest[0].contains("result"));
    assert_eq!(general.ready().await, [r#"{"n":1}"#]);
}

#[tokio::test(start_paused = true)]
async fn a_get_stream_is_resumed_and_the_old_connection_is_served_no_more() {
    let house = House::new();
    let client = house.client().open("2025-06-18").await;
    let (held, _call) = begin(&house, &client).await;
    let session = held.session.clone().unwrap();
    let mut old = client.get().await.events();
    session.notify(r#"{"n":1}"#.into());
    assert_eq!(old.event().await.unwrap().0, "1-1");
    let mut new = client.clone().with("last-event-id", "1-1").get().await.events();
    session.notify(r#"{"n":2}"#.into());
    assert_eq!(new.event().await.unwrap(), ("1-2".into(), r#"{"n":2}"#.into()));
    assert_eq!(old.data().await, None);
}

#[tokio::test(start_paused = true)]
async fn an_event_that_cannot_be_found_gives_an_empty_stream() {
    let house = House::new();
    let client = house.client().open("2025-11-25").await;
    let stranger = house.client().open("2025-11-25").await;
    let (_held, _events) = begin(&house, &client).await;
    for last in [
        "garbage",
        "9-1",
        "0-99",
        "0-18446744073709551615",
        "-",
        &"9".repeat(65_536),
    ] {
        let answer = client.clone().with("last-event-id", last).get().await;
        assert_eq!(answer.status, StatusCode::OK);
        assert_eq!(answer.header("content-type"), "text/event-stream");
        assert_eq!(answer.text().await, "");
    }
    // Another session's event ids mean nothing in this one.
    assert_eq!(stranger.with("last-event-id", "0-0").get().await.text().await, "");
}

#[tokio::test(start_paused = true)]
async fn a_client_that_missed_too_much_of_its_get_stream_is_not_locked_out() {
    let mut settings = Settings::default();
    settings.streams.queue_bytes = 1_000;
    let house = House::with_settings(settings);
    let client = house.client().open("2025-06-18").await;
    let (held, _call) = begin(&house, &client).await;
    let session = held.session.clone().unwrap();
    let mut old = client.get().await.events();
    session.notify(r#"{"n":0}"#.into());
    assert_eq!(old.event().await.unwrap().0, "1-1");
    for _ in 0..20 {
        session.notify(format!(r#"{{"x":"{}"}}"#, "x".repeat(100)).into());
    }
    assert_eq!(old.data().await, None, "too slow");
    let mut new = client.clone().with("last-event-id", "1-1").get().await.events();
    new.ready().await;
    session.notify(r#"{"n":1}"#.into());
    assert_eq!(new.data().await.unwrap(), r#"{"n":1}"#);
}
