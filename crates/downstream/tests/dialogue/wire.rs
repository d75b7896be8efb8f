//! Bytes on connections: heads, deadlines, and what goes out in one write.

use std::time::Duration;

use pontoon_downstream::Settings;

use crate::support::client::{initialize, modern};
use crate::support::raw::post;
use crate::support::{House, Raw};

#[tokio::test(start_paused = true)]
async fn an_answer_is_one_write_with_its_length() {
    let house = House::new();
    let mut raw = Raw::connect(&house);
    raw.write(&post("", &initialize("2025-06-18"))).await;
    let answer = raw.read().await;
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    assert!(answer.contains("content-type: application/json\r\n"));
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    assert!(
        head.contains(&format!("content-length: {}", body.len())),
        "{head}"
    );
}

#[tokio::test(start_paused = true)]
async fn the_head_of_a_stream_and_its_first_event_are_one_write() {
    let house = House::new();
    let mut raw = Raw::connect(&house);
    raw.write("GET /sse HTTP/1.1\r\nhost: localhost\r\n\r\n").await;
    let answer = raw.read().await;
    assert!(answer.contains("transfer-encoding: chunked\r\n"));
    assert!(
        answer.contains("event: endpoint\ndata: /messages?sessionId="),
        "{answer}"
    );

    let mut raw = Raw::connect(&house);
    let headers = "mcp-protocol-version: 2026-07-28\r\nmcp-method: tools/call\r\nmcp-name: slow\r\n";
    raw.write(&post(headers, &modern(1, "tools/call", r#""name":"slow""#)))
        .await;
    let held = house.backend.next().await;
    held.progress(1);
    let first = raw.read().await;
    assert!(
        first.starts_with("HTTP/1.1 200") && first.contains("notifications/progress"),
        "{first}"
    );
    held.finish("{}");
    let last = raw.read().await;
    assert!(
        last.contains("result") && last.ends_with("0\r\n\r\n"),
        "the end comes with the answer: {last}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_stream_says_keep_alive_only_where_the_connection_is_kept() {
    let house = House::new();
    for (version, header, expected) in [
        ("1.1", "", ["keep-alive"].as_slice()),
        ("1.1", "connection: x, Close\r\n", &["close"]),
        // Where nothing is said it is not kept.
        ("1.0", "", &[]),
    ] {
        let mut raw = Raw::connect(&house);
        raw.write(&format!(
            "GET /sse HTTP/{version}\r\nhost: localhost\r\n{header}\r\n"
        ))
        .await;
        let answer = raw.read_until("endpoint").await;
        let said: Vec<_> = answer
            .lines()
            .filter_map(|line| line.strip_prefix("connection: "))
            .collect();
        assert_eq!(said, expected, "{answer}");
    }
}

#[tokio::test(start_paused = true)]
async fn connections_are_reused_after_long_rests() {
    let house = House::new();
    let mut raw = Raw::connect(&house);
    for _ in 0..3 {
        raw.write(&post("", &initialize("2025-06-18"))).await;
        assert!(raw.read_until("}}").await.contains("200 OK"));
        tokio::time::sleep(Duration::from_secs(60)).await;
    }
    tokio::time::sleep(Duration::from_secs(16)).await;
    assert_eq!(raw.read().await, "", "after 75 s it is closed");
}

#[tokio::test(start_paused = true)]
async fn a_head_must_be_complete_soon_after_its_first_byte() {
    let house = House::new();
    let mut healthy = Raw::connect(&house);
    let mut slow = Raw::connect(&house);
    tokio::time::sleep(Duration::from_secs(60)).await;
    let begun = tokio::time::Instant::now();
    for byte in post("", "{}").chars() {
        if !slow.try_write(&byte.to_string()).await {
            break;
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    let after = begun.elapsed();
    assert!(
        after >= Duration::from_secs(10) && after <= Duration::from_secs(12),
        "{after:?}"
    );
    healthy.write(&post("", &initialize("2025-06-18"))).await;
    assert!(healthy.read().await.contains("200 OK"));
}

#[tokio::test(start_paused = true)]
async fn a_slow_second_head_is_cut_off_as_well() {
    let house = House::new();
    let mut raw = Raw::connect(&house);
    raw.write(&post("", &initialize("2025-06-18"))).await;
    raw.read_until("}}").await;
    tokio::time::sleep(Duration::from_secs(30)).await;
    let begun = tokio::time::Instant::now();
    raw.write("POST").await;
    let answer = raw.read_until("}}}").await;
    assert_eq!(begun.elapsed().as_secs(), 10);
    assert!(answer.starts_with("HTTP/1.1 408"), "{answer}");
    assert!(answer.contains("connection: close\r\n"), "{answer}");
    assert!(answer.contains(r#""reason":"head_timeout""#), "{answer}");
    assert_eq!(raw.read().await, "", "and it is closed");
    assert_eq!(house.gateway.counters().refusals["head_timeout"], 1);
}

#[tokio::test(start_paused = true)]
async fn a_slow_head_behind_an_answer_that_nobody_reads_does_not_get_into_it() {
    let house = House::new();
    let mut raw = Raw::with_buffer(&house, 1024);
    let id = "i".repeat(1000);
    let call = format!(r#"{{"jsonrpc":"2.0","id":"{id}","method":"tools/list"}}"#);
    raw.write(&post("", &call)).await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    raw.write("POST").await;
    tokio::time::sleep(Duration::from_secs(60)).await;
    let answer = raw.read_to_end().await;
    assert!(answer.starts_with("HTTP/1.1 "), "{answer}");
    assert_eq!(answer.matches("HTTP/1.1").count(), 1, "{answer}");
}

#[tokio::test(start_paused = true)]
async fn large_heads_are_refused() {
    let house = House::new();
    let many: String = (0..101).map(|n| format!("x-{n}: 1\r\n")).collect();
    let large = format!("x-large: {}\r\n", "x".repeat(64 * 1024));
    for headers in [many, large] {
        let mut raw = Raw::connect(&house);
        raw.try_write(&post(&headers, "{}")).await;
        let answer = raw.read_to_end().await;
        assert!(answer.starts_with("HTTP/1.1 431"), "{answer}");
    }
    let mut raw = Raw::connect(&house);
    raw.try_write(&format!(
        "GET /{} HTTP/1.1\r\nhost: localhost\r\n\r\n",
        "x".repeat(70_000)
    ))
    .await;
    let answer = raw.read_to_end().await;
    assert!(
        answer.starts_with("HTTP/1.1 414") && answer.contains(r#""reason":"uri_too_long""#),
        "{answer}"
    );
}

#[tokio::test(start_paused = true)]
async fn malformed_requests_are_refused_and_the_connection_is_closed() {
    let house = House::new();
    for request in [
        "GET /mcp HTTP/1.1\r\n\r\n",
        "GET /mcp HTTP/1.1\r\nhost: localhost\r\nhost: localhost\r\n\r\n",
        "GET http://evil.com/mcp HTTP/1.1\r\nhost: localhost\r\n\r\n",
        "POST /mcp HTTP/1.1\r\nhost: localhost\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\n{}",
        "POST /mcp HTTP/1.1\r\nhost: localhost\r\ncontent-length: +2\r\n\r\n{}",
        "POST /mcp HTTP/1.1\r\nhost: localhost\r\ncontent-length: 2, 2\r\n\r\n{}",
        "POST /mcp HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: xchunked\r\n\r\n0\r\n\r\n",
        "POST /mcp HTTP/1.0\r\nhost: localhost\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
        "GET /mcp HTTP/1.1\r\nhost : localhost\r\n\r\n",
        "GET /mcp HTTP/1.1\r\nhost: localhost\r\n folded: x\r\n\r\n",
        "GET /mcp HTTP/1.1\r\nhost: local\0host\r\n\r\n",
        "nonsense\r\n\r\n",
        "POST /mcp HTTP/1.1\r\nhost: localhost\r\ncontent-length: 2\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
        "POST /mcp HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\ncontent-length: 2\r\n\r\n0\r\n\r\n",
        "POST /mcp HTTP/1.1\r\nhost: localhost\r\ncontent-length: 2\r\ncontent-length: 2\r\n\r\n{}",
        "GET /mcp HTTP/1.1\nhost: localhost\n\n",
    ] {
        let mut raw = Raw::connect(&house);
        raw.write(request).await;
        let answer = raw.read().await;
        assert!(answer.starts_with("HTTP/1.1 400"), "{request:?}: {answer:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_vanished_stream_client_frees_its_session_at_once() {
    let house = House::with_settings(Settings::default());
    let mut raw = Raw::connect(&house);
    raw.write("GET /sse HTTP/1.1\r\nhost: localhost\r\n\r\n").await;
    raw.read_until("sessionId").await;
    assert_eq!(house.gateway.session_count(), 1);
    drop(raw);
    tokio::time::sleep(Duration::from_millis(1)).await;
    house.gateway.sweep();
    assert_eq!(house.gateway.session_count(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_modern_client_that_closes_its_connection_cancels() {
    let house = House::new();
    let mut raw = Raw::connect(&house);
    let headers = "mcp-protocol-version: 2026-07-28\r\nmcp-method: tools/call\r\nmcp-name: slow\r\n";
    raw.write(&post(headers, &modern(1, "tools/call", r#""name":"slow""#)))
        .await;
    let held = house.backend.next().await;
    assert!(!held.target.outbox.is_abandoned());
    drop(raw);
    tokio::time::sleep(Duration::from_millis(1)).await;
    assert!(held.target.outbox.is_abandoned());
}

#[tokio::test(start_paused = true)]
async fn a_refused_body_is_never_read_as_a_request() {
    let house = House::with_settings(Settings {
        max_body_bytes: 100,
        ..Settings::default()
    });
    let mut raw = Raw::connect(&house);
    let smuggled = post("", &initialize("2025-06-18"));
    raw.write(&format!(
        "POST /mcp HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{smuggled}",
        smuggled.len()
    ))
    .await;
    let answer = raw.read_to_end().await;
    assert!(answer.starts_with("HTTP/1.1 413"), "{answer}");
    assert_eq!(answer.matches("HTTP/1.1").count(), 1, "{answer}");
    assert_eq!(house.backend.seen(), []);
}

#[tokio::test(start_paused = true)]
async fn a_refused_request_with_a_small_body_keeps_its_connection() {
    let house = House::new();
    let mut raw = Raw::connect(&house);
    raw.write("POST /nowhere HTTP/1.1\r\nhost: localhost\r\ncontent-length: 5\r\n\r\nhel")
        .await;
    tokio::time::sleep(Duration::from_millis(500)).await;
    raw.write("lo").await;
    let answer = raw.read_until("}}").await;
    assert!(
        answer.starts_with("HTTP/1.1 404") && !answer.contains("connection: close"),
        "{answer}"
    );
    raw.write(&post("", &initialize("2025-06-18"))).await;
    assert!(raw.read_until("}}").await.starts_with("HTTP/1.1 200"));
}

#[tokio::test(start_paused = true)]
async fn a_refused_request_whose_body_does_not_come_says_that_it_closes() {
    let house = House::new();
    let mut raw = Raw::connect(&house);
    raw.write("POST /nowhere HTTP/1.1\r\nhost: localhost\r\ncontent-length: 5\r\n\r\n")
        .await;
    let answer = raw.read_to_end().await;
    assert!(
        answer.starts_with("HTTP/1.1 404") && answer.contains("connection: close"),
        "{answer}"
    );
    let mut expecting = Raw::connect(&house);
    expecting
        .write(
            "POST /nowhere HTTP/1.1\r\nhost: localhost\r\ncontent-length: 5\r\nexpect: 100-continue\r\n\r\n",
        )
        .await;
    let answer = expecting.read_to_end().await;
    assert!(
        answer.starts_with("HTTP/1.1 404") && answer.contains("connection: close"),
        "{answer}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_client_that_waits_for_100_continue_gets_it() {
    let house = House::new();
    let mut raw = Raw::connect(&house);
    let whole = post("expect: 100-continue\r\n", &initialize("2025-06-18"));
    let (head, body) = whole.split_at(whole.find("\r\n\r\n").unwrap() + 4);
    raw.write(head).await;
    assert!(raw.read().await.starts_with("HTTP/1.1 100 Continue"));
    raw.write(body).await;
    assert!(raw.read_until("}}").await.starts_with("HTTP/1.1 200"));
}

#[tokio::test(start_paused = true)]
async fn a_client_that_is_still_sending_can_read_why_it_was_refused() {
    let house = House::new();
    let mut raw = Raw::with_buffer(&house, 1_000);
    let length = 8 * 1024 * 1024;
    raw.write(&format!(
        "POST /mcp HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n"
    ))
    .await;
    // More than the connection holds: without anybody reading, this could not be written.
    for _ in 0..100 {
        assert!(raw.try_write(&"x".repeat(1_000)).await);
    }
    let answer = raw.read_to_end().await;
    assert!(
        answer.starts_with("HTTP/1.1 413") && answer.contains("connection: close"),
        "{answer}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_chunked_body_is_taken_and_its_connection_kept() {
    let house = House::new();
    let mut raw = Raw::connect(&house);
    let body = initialize("2025-06-18");
    for _ in 0..2 {
        raw.write("POST /mcp HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n").await;
        for piece in body.as_bytes().chunks(50) {
            raw.write(&format!(
                "{:x}\r\n{}\r\n",
                piece.len(),
                std::str::from_utf8(piece).unwrap()
            ))
            .await;
        }
        raw.write("0\r\n\r\n").await;
        let answer = raw.read_until("}}").await;
        assert!(
            answer.starts_with("HTTP/1.1 200") && !answer.contains("connection: close"),
            "{answer}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_chunked_request_that_came_along_with_another_ends_the_connection() {
    let house = House::new();
    let mut raw = Raw::connect(&house);
    let first = post("", &initialize("2025-06-18"));
    let hidden = "POST /mcp HTTP/1.1\r\nhost: localhost\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n";
    raw.write(&format!("{first}{hidden}{first}")).await;
    let answer = raw.read_to_end().await;
    assert_eq!(answer.matches("HTTP/1.1 ").count(), 2, "{answer}");
    assert!(answer.contains("connection: close"));
}

/// A connection keeps this much from its accept to its close, beside hyper's two buffers.
#[tokio::test]
async fn a_connection_is_small() {
    let house = House::new();
    let peer = ([127, 0, 0, 1], 1).into();
    let (io, _other) = tokio::io::duplex(1);
    let task = size_of_val(&house.gateway.serve_connection(io, peer));
    let request = http::Request::new(http_body_util::Empty::<bytes::Bytes>::new());
    let exchange = size_of_val(&house.gateway.handle(request, peer));
    assert!(task <= 2 * 1024, "the connection's task: {task} bytes");
    assert!(
        exchange <= 2_200,
        "the room for its current request: {exchange} bytes"
    );
    assert!(size_of::<pontoon_downstream::ResponseBody>() <= 64);
}

#[tokio::test(start_paused = true)]
async fn nothing_is_upgraded() {
    let house = House::new();
    for upgrade in ["websocket", "h2c"] {
        let mut raw = Raw::connect(&house);
        raw.write(&post(
            &format!("connection: upgrade\r\nupgrade: {upgrade}\r\n"),
            &initialize("2025-06-18"),
        ))
        .await;
        let answer = raw.read_until("}}").await;
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
        raw.write(&post("", &initialize("2025-06-18"))).await;
        assert!(raw.read_until("}}").await.starts_with("HTTP/1.1 200"));
    }
    let mut raw = Raw::connect(&house);
    raw.write("CONNECT localhost:3000 HTTP/1.1\r\nhost: localhost:3000\r\n\r\n")
        .await;
    let answer = raw.read().await;
    assert!(answer.starts_with("HTTP/1.1 4"), "{answer}");
}

#[tokio::test(start_paused = true)]
async fn it_does_not_matter_how_a_request_is_cut() {
    let house = House::with_settings(Settings {
        max_connections_per_address: 1_000,
        ..Settings::default()
    });
    let client = house.client().open("2025-06-18").await;
    let body = r#"{"jsonrpc":"2.0","id":1,"method":"echo","params":{"text":"\u00e4 \n"}}"#;
    let expected = client.post(body).await.text().await;
    let request = post(&format!("mcp-session-id: {}\r\n", client.session()), body);
    for size in [1, 2, 3, 7, 64, request.len() - 1, request.len()] {
        let mut raw = Raw::connect(&house);
        for piece in request.as_bytes().chunks(size) {
            raw.write(std::str::from_utf8(piece).unwrap()).await;
            tokio::task::yield_now().await;
        }
        let answer = raw.read_until("}}").await;
        assert!(
            answer.starts_with("HTTP/1.1 200") && answer.ends_with(&expected),
            "{size}: {answer}"
        );
    }
}
