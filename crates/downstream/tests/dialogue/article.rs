//! One endpoint for plain HTTP and for streams, and the opt-in modes for clients that were taught something else; a test
//! that proves a row of the requirements is named after it.

use std::net::Ipv4Addr;

use http::StatusCode;
use pontoon_downstream::{Compat, ExtraPath, Settings};
use pontoon_policy::{Network, TrustedProxies};

use crate::support::{Client, Events, Fake, House, Seen};

const LIST: &str = r#"{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{}}"#;
const CALL: &str = r#"{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"slow"}}"#;
const LISTED: &str = r#"{"jsonrpc":"2.0","id":1,"result":{"ok":true}}"#;

fn house(compat: Compat) -> House {
    house_with(Settings {
        compat,
        ..Settings::default()
    })
}

fn house_with(settings: Settings) -> House {
    let extra_paths = vec![ExtraPath {
        server: "fake".into(),
        path: "/api/mcp".into(),
    }];
    let settings = Settings {
        extra_paths,
        ..settings
    };
    House::with(Fake::shared("fake"), settings)
}

fn channels() -> House {
    house(replies_on_streams())
}

fn replies_on_streams() -> Compat {
    Compat {
        get_channel_responses: true,
        ..Compat::default()
    }
}

/// As curl sends it.
fn curl(house: &House) -> Client {
    house.client().at("/api/mcp").with("accept", "*/*")
}

/// Opens a stream for replies.
async fn listen(client: &Client) -> Events {
    let mut channel = client.get().await.events();
    assert_eq!(channel.next_chunk().await.unwrap(), ": ping\n\n");
    channel
}

#[tokio::test(start_paused = true)]
async fn s4_8_and_s4_17_plain_clients_get_json_and_streams_are_for_those_who_ask() {
    let house = house(Compat::default());
    for (accept, is_stream) in [
        ("", false),
        ("*/*", false),
        ("application/json", false),
        ("application/*", false),
        ("APPLICATION/JSON", false),
        ("text/html", false),
        ("application/json, text/event-stream", false),
        ("text/event-stream", true),
        ("TEXT/EVENT-STREAM", true),
        ("text/event-stream, application/json;q=0", true),
    ] {
        let answer = curl(&house).with("accept", accept).post(LIST).await;
        assert_eq!(answer.status, StatusCode::OK, "{accept}");
        assert!(
            answer.header("mcp-session-id").is_empty(),
            "S4.19: there is no session"
        );
        let expected = if is_stream {
            "text/event-stream"
        } else {
            "application/json"
        };
        assert_eq!(answer.header("content-type"), expected, "{accept}");
        assert!(answer.text().await.contains(LISTED), "{accept}");
    }
}

#[tokio::test(start_paused = true)]
async fn s4_10_and_s4_16_with_a_get_channel_the_reply_is_pushed_and_without_it_is_json() {
    let house = channels();
    assert_eq!(curl(&house).post(LIST).await.text().await, LISTED);
    let mut channel = listen(&curl(&house)).await;
    let posted = curl(&house).post(LIST).await;
    assert_eq!(posted.status, StatusCode::ACCEPTED);
    assert_eq!(posted.text().await, "");
    // S4.12
    assert_eq!(channel.next_chunk().await.unwrap(), format!("data: {LISTED}\n\n"));
    // Several messages can come.
    assert_eq!(curl(&house).post(CALL).await.status, StatusCode::ACCEPTED);
    let held = house.backend.next().await;
    held.progress(1);
    held.finish("{}");
    assert!(channel.data().await.unwrap().contains("notifications/progress"));
    assert_eq!(
        channel.data().await.unwrap(),
        r#"{"jsonrpc":"2.0","id":2,"result":{}}"#
    );
    assert_eq!(house.gateway.counters().reply_channels, 1);
    drop(channel);
    assert_eq!(house.gateway.counters().reply_channels, 0);
    assert_eq!(curl(&house).post(LIST).await.text().await, LISTED);
}

#[tokio::test(start_paused = true)]
async fn s4_15_the_channel_says_ping_every_thirty_seconds() {
    let house = channels();
    let mut channel = listen(&curl(&house)).await;
    let begun = tokio::time::Instant::now();
    assert_eq!(channel.next_chunk().await.unwrap(), ": ping\n\n");
    assert_eq!(begun.elapsed().as_secs(), 30);
}

#[tokio::test(start_paused = true)]
async fn s4_37_no_other_client_gets_the_reply() {
    let house = channels();
    let mine = "/api/mcp?channel=0123456789abcdef";
    let mut by_address = listen(&curl(&house)).await;
    let mut named = listen(&curl(&house).at(mine)).await;
    for stranger in [
        curl(&house).of_address([10, 0, 0, 9]),
        curl(&house).at("/api/mcp?channel=0123456789abcdeX"),
        // Behind a proxy all have its address.
        curl(&house).with("x-forwarded-for", "203.0.113.7"),
        curl(&house).with("forwarded", "for=203.0.113.7"),
    ] {
        assert_eq!(stranger.post(LIST).await.status, StatusCode::OK);
    }
    assert!(by_address.is_silent().await && named.is_silent().await);
    // The name counts from wherever it comes.
    let elsewhere = curl(&house).at(mine).of_address([10, 0, 0, 9]);
    assert_eq!(elsewhere.post(LIST).await.status, StatusCode::ACCEPTED);
    assert_eq!(named.data().await.unwrap(), LISTED);
    assert!(by_address.is_silent().await);
    // Another server of the same client is another channel.
    assert_eq!(
        curl(&house).at("/other/mcp").get().await.status,
        StatusCode::BAD_REQUEST
    );
    // A second stream would take what the first was promised.
    assert_eq!(curl(&house).get().await.status, StatusCode::CONFLICT);
    assert_eq!(
        curl(&house).at("/api/mcp?channel=short").get().await.status,
        StatusCode::BAD_REQUEST
    );
    assert_eq!(
        curl(&house).at("/api/mcp?channel=short").post(LIST).await.status,
        StatusCode::BAD_REQUEST
    );
    assert_eq!(
        curl(&house).with("via", "1.1 p").get().await.status,
        StatusCode::BAD_REQUEST
    );
}

/// All its clients have its address, whether it says so or not.
#[tokio::test(start_paused = true)]
async fn what_comes_from_a_trusted_proxy_needs_a_name() {
    let proxy = Network::new(Ipv4Addr::LOCALHOST.into(), 8).unwrap();
    let house = house_with(Settings {
        compat: replies_on_streams(),
        trusted_proxies: TrustedProxies::new(vec![proxy]),
        ..Settings::default()
    });
    assert_eq!(curl(&house).get().await.status, StatusCode::BAD_REQUEST);
    let mut named = listen(&curl(&house).at("/api/mcp?channel=0123456789abcdef")).await;
    assert_eq!(curl(&house).post(LIST).await.text().await, LISTED);
    assert!(named.is_silent().await);
}

#[tokio::test(start_paused = true)]
async fn of_two_names_none_is_taken() {
    let house = channels();
    let twice = "/api/mcp?channel=0123456789abcdef&channel=0123456789abcdeX";
    let _by_address = listen(&curl(&house)).await;
    assert_eq!(curl(&house).at(twice).get().await.status, StatusCode::BAD_REQUEST);
    assert_eq!(
        curl(&house).at(twice).post(LIST).await.status,
        StatusCode::BAD_REQUEST
    );
}

#[tokio::test(start_paused = true)]
async fn a_channel_that_has_overflowed_makes_room_for_the_next() {
    let mut settings = Settings {
        compat: replies_on_streams(),
        ..Settings::default()
    };
    settings.streams.queue_bytes = 64;
    let house = house_with(settings);
    let slow = listen(&curl(&house)).await;
    for _ in 0..5 {
        curl(&house).post(LIST).await;
    }
    let mut next = listen(&curl(&house)).await;
    drop(slow);
    assert_eq!(curl(&house).post(LIST).await.status, StatusCode::ACCEPTED);
    assert_eq!(next.data().await.unwrap(), LISTED);
}

#[tokio::test(start_paused = true)]
async fn no_channel_is_opened_while_the_gateway_stops() {
    let house = channels();
    let mut channel = listen(&curl(&house)).await;
    house.gateway.drain(std::time::Duration::from_secs(1)).await;
    assert_eq!(channel.next_chunk().await, None);
    assert_eq!(curl(&house).get().await.status, StatusCode::SERVICE_UNAVAILABLE);
}

#[tokio::test(start_paused = true)]
async fn a_session_has_its_own_channel_and_the_address_none_in_it() {
    let house = channels();
    let client = curl(&house).open("2025-11-25").await;
    let mut by_address = listen(&curl(&house)).await;
    assert_eq!(client.post(LIST).await.text().await, LISTED);
    let mut own = client.get().await.events();
    own.next_chunk().await.unwrap();
    assert_eq!(client.post(LIST).await.status, StatusCode::ACCEPTED);
    assert_eq!(own.data().await.unwrap(), LISTED);
    assert!(by_address.is_silent().await);
}

#[tokio::test(start_paused = true)]
async fn s4_36_modern_clients_and_gateways_without_the_mode_know_nothing_of_it() {
    let house = channels();
    let mut channel = listen(&curl(&house)).await;
    let body = crate::support::client::modern(1, "tools/list", "");
    let modern = curl(&house).modern("tools/list").post(&body).await;
    assert_eq!(modern.status, StatusCode::OK);
    assert!(channel.is_silent().await);
    house.gateway.drain(std::time::Duration::from_secs(1)).await;
    assert_eq!(channel.next_chunk().await, None);
    let off = self::house(Compat::default());
    assert_eq!(curl(&off).get().await.status, StatusCode::BAD_REQUEST);
}

#[tokio::test(start_paused = true)]
async fn s4_3_a_tool_can_be_called_as_if_it_were_a_method() {
    let direct =
        r#"{"jsonrpc":"2.0","id":3,"method":"get_hotest_latest_news","params":{"id":"zhihu","count":10}}"#;
    for direct_tool_methods in [false, true] {
        let house = house(Compat {
            direct_tool_methods,
            ..Compat::default()
        });
        let pending = curl(&house).start(direct);
        house.backend.next().await.finish("{}");
        pending.await.unwrap();
        curl(&house).post(LIST).await;
        curl(&house)
            .post(r#"{"jsonrpc":"2.0","id":4,"method":"ping"}"#)
            .await;
        curl(&house)
            .post(r#"{"jsonrpc":"2.0","id":5,"method":"unknown/method"}"#)
            .await;
        let first = if direct_tool_methods {
            "tools/call"
        } else {
            "get_hotest_latest_news"
        };
        let seen = [first, "tools/list", "ping", "unknown/method"].map(|name| Seen::Request(name.into()));
        let mut requests = house.backend.seen();
        requests.retain(|seen| matches!(seen, Seen::Request(_)));
        assert_eq!(requests, seen);
    }
}
