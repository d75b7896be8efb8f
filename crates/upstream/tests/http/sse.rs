//! 2024-11-05, and servers of which it is not known what they speak.

use pontoon_upstream::{Closed, Failure, HttpTransport};

use super::{House, INITIALIZE, OPENED};
use crate::peer::Answer;

/// Begins the stream that the peer was asked for.
async fn stream(house: &mut House, endpoint: &str) -> Answer {
    let asked = house.peer.next().await;
    assert_eq!((asked.method(), asked.header("x-key")), ("GET", Some("k")));
    assert_eq!(asked.header("accept"), Some("text/event-stream"));
    let mut stream = asked.events().await;
    stream
        .write(&format!("event: endpoint\ndata: {endpoint}\n\n"))
        .await;
    stream
}

#[tokio::test]
async fn messages_go_where_the_stream_says_and_answers_come_on_it() {
    let mut house = House::new(HttpTransport::Sse).await;
    house.send(INITIALIZE);
    let mut stream = stream(&mut house, "/messages?sessionId=1").await;
    let opening = house.peer.next().await;
    assert!(
        opening.head.starts_with("POST /messages?sessionId=1 "),
        "{}",
        opening.head
    );
    assert_eq!(
        (opening.header("x-key"), opening.body.as_str()),
        (Some("k"), INITIALIZE)
    );
    opening.answer(202, "", "Accepted").await;
    stream.write(&format!("event: message\ndata: {OPENED}\n\n")).await;
    house.heard.answer(1).await;

    house.send(r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#);
    house.peer.next().await.accept().await;
    let asked = house.ask(2).await;
    assert!(
        asked.head.starts_with("POST /messages?sessionId=1 "),
        "no stream is opened: {}",
        asked.head
    );
    asked.accept().await;
    stream
        .dribble("data: {\"jsonrpc\":\"2.0\",\"id\":9,\"method\":\"roots/list\"}\n\n")
        .await;
    house.heard.method("roots/list").await;
    stream
        .write("data: {\"jsonrpc\":\"2.0\",\"id\":2,\"result\":{}}\n\n")
        .await;
    house.heard.answer(2).await;

    house.ask(3).await.answer(500, "", "").await;
    assert_eq!(house.heard.failure(3).await, Failure::Status(500));

    stream.end().await;
    assert!(matches!(house.heard.closed().await, Closed::SessionLost));
}

#[tokio::test]
async fn the_endpoint_stays_on_its_origin() {
    let strange = [
        "http://127.0.0.1:1/messages",
        "//evil.example/messages",
        "file:///etc/passwd",
        "https://127.0.0.1/messages",
        "http://[",
    ];
    for endpoint in strange {
        let mut house = House::new(HttpTransport::Sse).await;
        house.send(INITIALIZE);
        let _stream = stream(&mut house, endpoint).await;
        let failure = house.heard.failure(1).await;
        assert_eq!(failure.reason(), "upstream_protocol", "{endpoint}: {failure}");
        assert!(house.peer.is_idle());
    }
    let mut house = House::new(HttpTransport::Sse).await;
    let own = format!("http://user:pass@{}/messages", house.peer.address);
    house.send(INITIALIZE);
    let _stream = stream(&mut house, &own).await;
    assert_eq!(house.heard.failure(1).await.reason(), "upstream_protocol");
}

#[tokio::test]
async fn what_a_server_speaks_is_tried_in_the_order_of_the_specification() {
    for status in [400, 404, 405] {
        let mut house = House::new(HttpTransport::Auto).await;
        house.send(INITIALIZE);
        let first = house.peer.next().await;
        assert_eq!(first.method(), "POST");
        first.answer(status, "Content-Type: text/plain\r\n", "no").await;
        let _stream = stream(&mut house, "messages").await;
        let again = house.peer.next().await;
        assert!(again.head.starts_with("POST /secret/messages "), "{}", again.head);
        assert_eq!(again.body, INITIALIZE);
    }
}

#[tokio::test]
async fn a_refusal_counts_where_there_is_no_stream_either() {
    let mut house = House::new(HttpTransport::Auto).await;
    house.send(INITIALIZE);
    let refusal = r#"{"jsonrpc":"2.0","id":1,"error":{"code":-32602,"message":"too old"}}"#;
    let first = house.peer.next().await;
    first
        .answer(400, "Content-Type: application/json\r\n", refusal)
        .await;
    house.peer.next().await.answer(405, "", "").await;
    assert_eq!(house.heard.error(1).await, -32602);

    // Others are no sign of HTTP+SSE.
    house.send(INITIALIZE);
    house.peer.next().await.answer(401, "", "").await;
    assert_eq!(house.heard.failure(1).await, Failure::Unauthorized(401));
    assert!(house.peer.is_idle());
}

#[tokio::test]
async fn streamable_http_is_kept_where_it_works() {
    let mut house = House::new(HttpTransport::Auto).await;
    house.send(INITIALIZE);
    let headers = "Content-Type: application/json\r\nMcp-Session-Id: s\r\n";
    house.peer.next().await.answer(200, headers, OPENED).await;
    house.heard.answer(1).await;
    house.ask(2).await.answer(400, "", "").await;
    assert_eq!(house.heard.failure(2).await, Failure::Status(400));
}

#[tokio::test]
async fn a_handshake_that_was_refused_is_tried_again_on_the_same_stream() {
    let mut house = House::new(HttpTransport::Sse).await;
    house.send(INITIALIZE);
    let mut stream = stream(&mut house, "/messages").await;
    house.peer.next().await.accept().await;
    stream
        .write("data: {\"jsonrpc\":\"2.0\",\"id\":1,\"error\":{\"code\":-32602,\"message\":\"no\"}}\n\n")
        .await;
    assert_eq!(house.heard.error(1).await, -32602);
    house.send(&INITIALIZE.replace("\"id\":1", "\"id\":2"));
    let again = house.peer.next().await;
    assert!(again.head.starts_with("POST /messages "), "{}", again.head);
    again.accept().await;
    stream
        .write(&format!("data: {}\n\n", OPENED.replace("\"id\":1", "\"id\":2")))
        .await;
    house.heard.answer(2).await;
}

#[tokio::test]
async fn a_server_that_has_left_http_sse_behind_is_spoken_to_as_it_speaks_now() {
    let peer = crate::peer::Peer::new().await;
    let http = pontoon_upstream::Http::new(
        "test",
        &crate::target(&peer),
        HttpTransport::Auto,
        crate::SETTINGS,
    );
    let http = http.expect("the target is well formed");
    let mut house = crate::meet(&http, peer).await;
    house.send(INITIALIZE);
    house.peer.next().await.answer(405, "", "").await;
    let first = stream(&mut house, "messages").await;
    house.peer.next().await.accept().await;
    first.end().await;
    assert!(matches!(house.heard.closed().await, Closed::SessionLost));

    let mut house = crate::meet(&http, house.peer).await;
    house.send(INITIALIZE);
    let stream = house.peer.next().await;
    assert_eq!(stream.method(), "GET", "what it spoke is remembered");
    stream.answer(405, "", "").await;
    let opening = house.peer.next().await;
    assert!(opening.head.starts_with("POST /secret/mcp?"), "{}", opening.head);
    let headers = "Content-Type: application/json\r\nMcp-Session-Id: s-1\r\n";
    opening.answer(200, headers, OPENED).await;
    house.heard.answer(1).await;
    house.send(r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#);
    assert_eq!(house.peer.next().await.header("mcp-session-id"), Some("s-1"));
}
