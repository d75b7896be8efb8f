//! The event channel over HTTP; a test that proves a row of the requirements is named after it.

use std::net::Ipv4Addr;

use http::{Method, StatusCode};
use pontoon_downstream::{ChannelToken, EventChannel, Hub, HubEvent, HubSettings, Settings};
use pontoon_policy::{Network, TrustedProxies};
use pontoon_session::SessionId;

use crate::support::client::Answer;
use crate::support::{Client, House};

const TOKEN: &str = "0123456789abcdef";

fn hub() -> Hub {
    Hub::new(HubSettings {
        epoch: || SessionId::from_bits([0; 32]),
        ..HubSettings::default()
    })
}

fn house(channel: EventChannel) -> House {
    House::with_settings(Settings {
        events: Some(channel),
        ..Settings::default()
    })
}

fn open(hub: &Hub) -> EventChannel {
    EventChannel {
        hub: hub.clone(),
        max_per_address: 2,
        token: None,
    }
}

fn page(house: &House) -> Client {
    house
        .client()
        .at("/sse/connect")
        .with("accept", "text/event-stream")
}

async fn next_text(answer: Answer) -> String {
    let chunk = answer.events().next_chunk().await.unwrap();
    String::from_utf8(chunk.to_vec()).unwrap()
}

#[tokio::test(start_paused = true)]
async fn s3_13_and_s3_24_a_page_connects_and_hears_what_is_sent() {
    let hub = hub();
    let house = house(open(&hub));
    let mut events = page(&house).get().await.events();
    let opening = "id: AAAAAAAAAAAA-0\nretry: 5000\n\nevent: connect\ndata: {\"connected\":true}\n\n";
    assert_eq!(events.next_chunk().await.unwrap(), opening);
    hub.broadcast(&HubEvent::new("message", r#"{"jsonrpc":"2.0"}"#))
        .unwrap();
    let frame = "id: AAAAAAAAAAAA-1\nevent: message\ndata: {\"jsonrpc\":\"2.0\"}\n\n";
    assert_eq!(events.next_chunk().await.unwrap(), frame);
    assert_eq!(house.gateway.counters().event_clients, 1);
    drop(events);
    assert_eq!(house.gateway.counters().event_clients, 0);
    hub.broadcast(&HubEvent::new("message", "missed")).unwrap();
    let again = page(&house).with("last-event-id", "AAAAAAAAAAAA-1").get().await;
    let text = next_text(again).await;
    assert!(
        text.contains("\"resumed\":true") && text.contains("data: missed"),
        "{text}"
    );
}

/// Behind a proxy the limit for each address is that of the pages, not the proxy's.
#[tokio::test(start_paused = true)]
async fn pages_behind_a_trusted_proxy_are_told_apart() {
    let proxies = Network::new(Ipv4Addr::LOCALHOST.into(), 8).unwrap();
    let hub = hub();
    let house = House::with_settings(Settings {
        events: Some(open(&hub)),
        trusted_proxies: TrustedProxies::new(vec![proxies]),
        ..Settings::default()
    });
    let mut held = Vec::new();
    for client in ["192.0.2.1", "192.0.2.1", "192.0.2.2"] {
        let answer = page(&house).with("x-forwarded-for", client).get().await;
        assert_eq!(answer.status, StatusCode::OK, "{client}");
        held.push(answer);
    }
    let third = page(&house).with("x-forwarded-for", "192.0.2.1").get().await;
    assert_eq!(third.status, StatusCode::TOO_MANY_REQUESTS);
}

#[tokio::test(start_paused = true)]
async fn the_channel_is_not_there_unless_it_is_wanted() {
    let answer = page(&House::new()).get().await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
}

#[tokio::test(start_paused = true)]
async fn the_channel_is_below_the_prefix_and_takes_get_alone() {
    let house = House::with_settings(Settings {
        events: Some(open(&hub())),
        prefix: "/tools".into(),
        ..Settings::default()
    });
    assert_eq!(page(&house).get().await.status, StatusCode::NOT_FOUND);
    let there = page(&house).at("/tools/sse/connect");
    assert_eq!(there.get().await.status, StatusCode::OK);
    assert_eq!(there.post("{}").await.status, StatusCode::METHOD_NOT_ALLOWED);
    let preflight = there.send(Method::OPTIONS, bytes::Bytes::new()).await;
    assert_eq!(preflight.header("access-control-allow-methods"), "GET, OPTIONS");
}

#[tokio::test(start_paused = true)]
async fn pages_of_other_origins_are_kept_out_as_everywhere() {
    let house = house(open(&hub()));
    let foreign = page(&house).with("origin", "https://evil.example").get().await;
    assert_eq!(foreign.status, StatusCode::FORBIDDEN);
    let local = page(&house).with("origin", "http://localhost:5173").get().await;
    assert_eq!(
        local.header("access-control-allow-origin"),
        "http://localhost:5173"
    );
}

#[tokio::test(start_paused = true)]
async fn s3_29_one_address_has_so_many_streams_and_gets_them_back() {
    let house = house(open(&hub()));
    let held = [page(&house).get().await, page(&house).get().await];
    let refused = page(&house).get().await;
    assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(refused.header("retry-after"), "1");
    assert_eq!(
        page(&house).of_address([10, 0, 0, 1]).get().await.status,
        StatusCode::OK
    );
    drop(held);
    assert_eq!(page(&house).get().await.status, StatusCode::OK);
}

#[tokio::test(start_paused = true)]
async fn s3_28_a_token_is_asked_for_and_taken_only_where_it_may_stand() {
    let token = ChannelToken::new(TOKEN).unwrap();
    let query = format!("/sse/connect?x=1&token={TOKEN}");
    let cookie = format!("theme=dark; pontoon_events={TOKEN}");
    let bearer = format!("Bearer {TOKEN}");
    for (token, in_query, in_cookie) in [
        (token.clone(), false, false),
        (token.clone().also_in_query(), true, false),
        (token.clone().also_in_cookie(), false, true),
    ] {
        let house = house(EventChannel {
            token: Some(token),
            ..open(&hub())
        });
        let refused = page(&house).get().await;
        assert_eq!(refused.status, StatusCode::UNAUTHORIZED);
        assert!(refused.header("www-authenticate").starts_with("Bearer"));
        let status = |taken| {
            if taken {
                StatusCode::OK
            } else {
                StatusCode::UNAUTHORIZED
            }
        };
        assert_eq!(
            page(&house).with("authorization", &bearer).get().await.status,
            StatusCode::OK
        );
        assert_eq!(page(&house).at(&query).get().await.status, status(in_query));
        assert_eq!(
            page(&house).with("cookie", &cookie).get().await.status,
            status(in_cookie)
        );
        let twice = page(&house)
            .and("authorization", &bearer)
            .and("authorization", &bearer);
        assert_eq!(twice.get().await.status, StatusCode::UNAUTHORIZED);
        let repeated = format!("{query}&token={TOKEN}");
        assert_eq!(
            page(&house).at(&repeated).get().await.status,
            StatusCode::UNAUTHORIZED
        );
        for wrong in [
            "Bearer 0123456789abcdeX",
            "Bearer 0123",
            "Basic 0123456789abcdef",
            "Bearer ",
        ] {
            let wrong = page(&house)
                .at(&query)
                .with("cookie", &cookie)
                .with("authorization", wrong);
            assert_eq!(wrong.get().await.status, StatusCode::UNAUTHORIZED);
        }
    }
    assert!(ChannelToken::new("short").is_err() && ChannelToken::new(&"&".repeat(20)).is_err());
    assert!(!format!("{token:?}").contains(TOKEN));
}

#[tokio::test(start_paused = true)]
async fn the_channel_ends_with_the_gateway() {
    let hub = hub();
    let house = house(open(&hub));
    let mut events = page(&house).get().await.events();
    events.next_chunk().await.unwrap();
    house.gateway.drain(std::time::Duration::from_secs(1)).await;
    assert_eq!(events.next_chunk().await, None);
    assert_eq!(page(&house).get().await.status, StatusCode::SERVICE_UNAVAILABLE);
}

#[tokio::test(start_paused = true)]
async fn mcp_streams_stay_pure_unless_asked_otherwise() {
    for legacy_connect_event in [false, true] {
        let compat = pontoon_downstream::Compat {
            legacy_connect_event,
            ..Default::default()
        };
        let house = House::with_settings(Settings {
            events: Some(open(&hub())),
            compat,
            ..Settings::default()
        });
        let text = next_text(house.client().at("/sse").get().await).await;
        assert!(
            text.starts_with("event: endpoint\ndata: /messages?sessionId="),
            "{text}"
        );
        let connect = "\n\nevent: connect\ndata: {\"connected\":true}\n\n";
        assert_eq!(text.ends_with(connect), legacy_connect_event, "{text}");
    }
}
