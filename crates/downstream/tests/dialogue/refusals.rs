//! What is turned away before anybody looks at a message.

use std::time::Duration;

use bytes::Bytes;
use http::{Method, StatusCode};
use pontoon_downstream::{AcceptPolicy, Settings};

use crate::support::client::{initialize, modern};
use crate::support::raw::post;
use crate::support::{House, Raw};

const ROUTES: [&str; 8] = [
    "/mcp",
    "/sse",
    "/messages",
    "/fake/mcp",
    "/other/sse",
    "/",
    "/nowhere",
    "/.well-known/x",
];

#[tokio::test(start_paused = true)]
async fn foreign_origins_are_refused_on_every_route_and_method() {
    let house = House::new();
    for path in ROUTES {
        for origin in [
            "http://evil.com",
            "null",
            "http://localhost.evil",
            "https://user@localhost",
            "http://localhost.",
        ] {
            for method in [
                Method::GET,
                Method::POST,
                Method::DELETE,
                Method::OPTIONS,
                Method::PUT,
            ] {
                let client = house.client().at(path).with("origin", origin);
                let answer = client.send(method.clone(), Bytes::new()).await;
                assert_eq!(answer.status, StatusCode::FORBIDDEN, "{method} {path} {origin}");
                assert!(!answer.headers.contains_key("access-control-allow-origin"));
                let json = answer.json().await;
                assert!(json.get("id").is_none() && json["error"]["code"].is_i64());
            }
        }
        let twice = house
            .client()
            .at(path)
            .with("origin", "http://localhost")
            .and("origin", "http://localhost");
        assert_eq!(twice.get().await.status, StatusCode::FORBIDDEN);
    }
}

#[tokio::test(start_paused = true)]
async fn foreign_hosts_are_refused_on_every_route() {
    let house = House::new();
    for path in ROUTES {
        for (host, status) in [
            ("evil.com", 403),
            ("", 400),
            ("foo?/bar", 400),
            ("a@b", 400),
            ("localhost:99999", 400),
        ] {
            let answer = house.client().at(path).with("host", host).get().await;
            assert_eq!(answer.status.as_u16(), status, "{path} {host:?}");
        }
        let twice = house.client().at(path).and("host", "localhost");
        assert_eq!(twice.get().await.status, StatusCode::BAD_REQUEST);
    }
}

#[tokio::test(start_paused = true)]
async fn pages_of_allowed_origins_can_read_every_answer() {
    let house = House::new();
    let client = house.client().with("origin", "http://localhost:6274");
    let opened = client.post(&initialize("2025-06-18")).await;
    assert_eq!(
        opened.header("access-control-allow-origin"),
        "http://localhost:6274"
    );
    assert_eq!(opened.header("vary"), "Origin");
    let exposed = opened.header("access-control-expose-headers");
    for name in [
        "Mcp-Session-Id",
        "WWW-Authenticate",
        "MCP-Protocol-Version",
        "Retry-After",
    ] {
        assert!(exposed.contains(name));
    }
    assert!(!opened.headers.contains_key("access-control-allow-credentials"));
    for answer in [
        client.post("{").await,
        client.clone().at("/nowhere").get().await,
        client.clone().at("/sse").get().await,
    ] {
        assert_eq!(
            answer.header("access-control-allow-origin"),
            "http://localhost:6274"
        );
    }
    let without = house.client().post(&initialize("2025-06-18")).await;
    assert!(!without.headers.contains_key("access-control-allow-origin"));
}

#[tokio::test(start_paused = true)]
async fn preflights_are_answered() {
    let house = House::new();
    let client = house
        .client()
        .with("origin", "http://localhost:6274")
        .with("access-control-request-method", "POST")
        .with(
            "access-control-request-headers",
            "content-type, mcp-param-region, x-evil",
        );
    let answer = client.send(Method::OPTIONS, Bytes::new()).await;
    assert_eq!(answer.status, StatusCode::NO_CONTENT);
    assert_eq!(
        answer.header("access-control-allow-methods"),
        "GET, POST, DELETE, OPTIONS"
    );
    let allowed = answer.header("access-control-allow-headers");
    for name in [
        "Authorization",
        "Content-Type",
        "Accept",
        "MCP-Protocol-Version",
        "Mcp-Session-Id",
        "Last-Event-ID",
        "Mcp-Method",
        "Mcp-Name",
        "mcp-param-region",
    ] {
        assert!(allowed.contains(name), "{name}");
    }
    assert!(!allowed.contains("evil"));
}

#[tokio::test(start_paused = true)]
async fn only_json_is_taken() {
    let house = House::new();
    let body = initialize("2025-06-18");
    for kind in [
        "",
        "text/plain",
        "application/x-www-form-urlencoded",
        "application/jsonp",
        "application/json-seq",
        "multipart/form-data; boundary=application/json",
        "application/json; charset=utf-16",
    ] {
        let answer = house.client().with("content-type", kind).post_as_is(&body).await;
        assert_eq!(answer.status, StatusCode::UNSUPPORTED_MEDIA_TYPE, "{kind}");
    }
    for kind in [
        "application/json; charset=utf-8",
        "Application/JSON",
        "application/json;charset=\"UTF-8\"",
    ] {
        let answer = house.client().with("content-type", kind).post_as_is(&body).await;
        assert_eq!(answer.status, StatusCode::OK, "{kind}");
    }
    let twice = house
        .client()
        .and("content-type", "application/json")
        .and("content-type", "application/json");
    assert_eq!(
        twice.post_as_is(&body).await.status,
        StatusCode::UNSUPPORTED_MEDIA_TYPE
    );
    for coding in ["gzip", "identity, br"] {
        let answer = house.client().with("content-encoding", coding).post(&body).await;
        assert_eq!(answer.status, StatusCode::UNSUPPORTED_MEDIA_TYPE, "{coding}");
    }
}

#[tokio::test(start_paused = true)]
async fn strict_policy_answers_406_in_the_sdks_words() {
    let house = House::with_settings(Settings {
        accept: AcceptPolicy::Strict,
        ..Settings::default()
    });
    for accept in [
        "",
        "application/json",
        "text/event-stream",
        "*/*, text/event-stream;q=0",
    ] {
        let answer = house
            .client()
            .with("accept", accept)
            .post(&initialize("2025-06-18"))
            .await;
        assert_eq!(answer.status, StatusCode::NOT_ACCEPTABLE, "{accept}");
        let json = answer.json().await;
        assert_eq!(json["error"]["code"], -32000);
        assert_eq!(
            json["error"]["message"],
            "Not Acceptable: Client must accept both application/json and text/event-stream"
        );
    }
    assert_eq!(
        house
            .client()
            .with("accept", "*/*")
            .post(&initialize("2025-06-18"))
            .await
            .status,
        StatusCode::OK
    );
    let client = house.client().open("2025-06-18").await;
    let answer = client.with("accept", "application/json").get().await;
    assert_eq!(answer.status, StatusCode::NOT_ACCEPTABLE);
    assert_eq!(
        answer.json().await["error"]["message"],
        "Not Acceptable: Client must accept text/event-stream"
    );
}

#[tokio::test(start_paused = true)]
async fn other_methods_get_405_and_allow() {
    let house = House::new();
    for method in [Method::PUT, Method::PATCH, Method::TRACE, Method::HEAD] {
        let answer = house.client().send(method.clone(), Bytes::new()).await;
        assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED, "{method}");
        assert_eq!(answer.header("allow"), "GET, POST, DELETE, OPTIONS");
    }
}

#[tokio::test(start_paused = true)]
async fn unknown_paths_get_404_and_the_root_a_hint() {
    let house = House::new();
    for path in [
        "/nowhere",
        "/mcp/x",
        "//mcp",
        "/fake",
        "/third/mcp",
        "/mcp/..%2f",
        "/metrics",
    ] {
        let answer = house.client().at(path).post(&initialize("2025-06-18")).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
        let text = answer.text().await;
        assert!(text.contains("/NAME/mcp") && !text.contains("fake"), "{text}");
    }
    let root = house.client().at("/").get().await;
    assert_eq!(root.status, StatusCode::OK);
    assert!(root.text().await.contains("/mcp"));
}

#[tokio::test(start_paused = true)]
async fn a_slash_at_the_end_is_served_not_redirected() {
    let house = House::new();
    for path in ["/mcp/", "/fake/mcp/"] {
        assert_eq!(
            house
                .client()
                .at(path)
                .post(&initialize("2025-06-18"))
                .await
                .status,
            StatusCode::OK,
            "{path}"
        );
    }
    assert_eq!(house.client().at("/sse/").get().await.status, StatusCode::OK);
}

#[tokio::test(start_paused = true)]
async fn bodies_over_the_limit_are_refused_however_they_come() {
    let house = House::with_settings(Settings {
        max_body_bytes: 1_000,
        ..Settings::default()
    });
    let long = modern(1, "echo", &format!(r#""x":"{}""#, "x".repeat(1_000)));
    let honest = house
        .client()
        .with("content-length", &long.len().to_string())
        .post(&long)
        .await;
    assert_eq!(honest.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(
        house.client().post(&long).await.status,
        StatusCode::PAYLOAD_TOO_LARGE
    );

    let mut chunked = Raw::connect(&house);
    chunked.write("POST /mcp HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n").await;
    while chunked.try_write(&format!("64\r\n{}\r\n", "x".repeat(100))).await {
        tokio::task::yield_now().await;
    }
    let answer = chunked.read_to_end().await;
    assert!(answer.starts_with("HTTP/1.1 413"), "{answer}");

    let mut announced = Raw::connect(&house);
    announced.write("POST /mcp HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 9223372036854775807\r\n\r\n").await;
    let answer = announced.read_until("\r\n\r\n").await;
    assert!(
        answer.starts_with("HTTP/1.1 413") && answer.contains("connection: close"),
        "{answer}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_body_that_does_not_come_is_waited_for_only_so_long() {
    let house = House::with_settings(Settings {
        min_body_rate: 0,
        ..Settings::default()
    });
    let mut slow = Raw::connect(&house);
    slow.write("POST /mcp HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 1000\r\n\r\n").await;
    let begun = tokio::time::Instant::now();
    tokio::time::sleep(Duration::from_secs(10)).await;
    slow.write("{").await;
    let answer = slow.read_to_end().await;
    assert!(answer.starts_with("HTTP/1.1 408"), "{answer}");
    assert!(begun.elapsed() >= Duration::from_secs(30) && begun.elapsed() <= Duration::from_secs(31));
    assert_eq!(house.backend.seen(), []);
    assert_eq!(house.gateway.session_count(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_body_that_trickles_is_given_up_before_its_time_is_over() {
    let house = House::new();
    let body = initialize("2025-06-18");
    let announced = 3 * body.len();
    let head = format!(
        "POST /mcp HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: {announced}\r\n\r\n"
    );
    for (pause, is_served) in [(50, true), (1000, false)] {
        let mut raw = Raw::connect(&house);
        raw.write(&head).await;
        let begun = tokio::time::Instant::now();
        for piece in format!("{body:announced$}").as_bytes().chunks(20) {
            if !raw.try_write(std::str::from_utf8(piece).unwrap()).await {
                break;
            }
            tokio::time::sleep(Duration::from_millis(pause)).await;
        }
        let answer = raw.read().await;
        assert_eq!(answer.starts_with("HTTP/1.1 200"), is_served, "{answer}");
        assert_eq!(answer.starts_with("HTTP/1.1 408"), !is_served, "{answer}");
        assert!(begun.elapsed() < Duration::from_secs(25), "{:?}", begun.elapsed());
    }
}

#[tokio::test(start_paused = true)]
async fn a_body_that_breaks_off_starts_nothing() {
    let house = House::new();
    let mut broken = Raw::connect(&house);
    let whole = post("", &initialize("2025-06-18"));
    broken.write(&whole[..whole.len() - 5]).await;
    drop(broken);
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(house.backend.seen(), []);
}

#[tokio::test(start_paused = true)]
async fn refusals_are_counted_by_reason() {
    let house = House::new();
    house.client().at("/nowhere").get().await;
    house.client().with("origin", "null").get().await;
    house.client().with("origin", "null").post("{}").await;
    let client = house.client().open("2025-06-18").await;
    client.with("last-event-id", "9-9").get().await;
    let counters = house.gateway.counters();
    let refusals: Vec<_> = counters.refusals.into_iter().collect();
    assert_eq!(
        refusals,
        [("foreign_origin", 2), ("not_resumed", 1), ("unknown_path", 1)]
    );
    assert_eq!((counters.sessions, counters.connections), (1, 0));
}
