//! 2025-03-26 to 2025-11-25.

use pontoon_upstream::{Closed, Failure, HttpTransport};

use super::{House, INITIALIZE, OPENED, connect, target};
use crate::peer::Peer;

const JSON: &str = "Content-Type: application/json\r\n";

fn result(id: i64, text: &str) -> String {
    format!(r#"{{"jsonrpc":"2.0","id":{id},"result":{{"content":[{{"type":"text","text":"{text}"}}]}}}}"#)
}

const PROGRESS: &str =
    r#"{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":7,"progress":1}}"#;

#[tokio::test]
async fn what_the_handshake_settles_is_said_with_every_request() {
    let mut house = House::new(HttpTransport::Streamable).await;
    house.send(INITIALIZE);
    house.send(r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#);
    house.send(r#"{"jsonrpc":"2.0","id":2,"method":"tools/list"}"#);

    let opening = house.peer.next().await;
    assert_eq!((opening.method(), opening.body.as_str()), ("POST", INITIALIZE));
    assert_eq!(
        opening.header("accept"),
        Some("application/json, text/event-stream")
    );
    assert_eq!(opening.header("x-key"), Some("k"));
    assert_eq!(opening.header("mcp-session-id"), None);
    assert_eq!(opening.header("mcp-protocol-version"), None);
    let mut answer = opening_events(opening).await;
    answer.write(&format!("data: {OPENED}\n\n")).await;
    answer.end().await;

    let initialized = house.peer.next().await;
    assert!(initialized.body.contains("initialized"));
    assert_eq!(initialized.header("mcp-session-id"), Some("s-2"));
    assert_eq!(initialized.header("mcp-protocol-version"), Some("2025-06-18"));
    assert!(house.peer.is_idle(), "a request overtook the handshake");
    initialized.accept().await;

    let mut methods = Vec::new();
    for _ in 0..2 {
        let asked = house.peer.next().await;
        assert_eq!(asked.header("mcp-session-id"), Some("s-2"));
        assert_eq!(asked.header("last-event-id"), None);
        methods.push(asked.method().to_owned());
    }
    methods.sort();
    assert_eq!(methods, ["GET", "POST"]);
}

/// An event stream whose head has a session id.
async fn opening_events(opening: crate::peer::Asked) -> crate::peer::Answer {
    opening.events_with("Mcp-Session-Id: s-2\r\n").await
}

#[tokio::test]
async fn answers_come_as_one_message_or_as_a_stream_split_anywhere() {
    let mut house = House::opened().await;
    house.ask(2).await.json(&result(2, "two")).await;
    assert!(house.heard.result(2).await.contains("two"));

    let mut answer = house.ask(3).await.events().await;
    let events = format!(
        ": hello\r\n\r\ndata: {PROGRESS}\r\n\r\nevent: message\rdata: {}\r\r",
        result(3, "drei ß")
    );
    answer.dribble(&events).await;
    answer.end().await;
    assert!(house.heard.result(3).await.contains("drei ß"));
    let heard = house.heard.look(<[_]>::len);
    assert_eq!(heard, 4, "the handshake, an answer, progress and an answer");
}

#[tokio::test]
async fn a_broken_answer_is_asked_for_from_where_it_broke() {
    let mut house = House::opened().await;
    let mut answer = house.ask(2).await.events().await;
    answer.write("id: e-1\nretry: 10\ndata:\n\n").await;
    answer
        .write(&format!("id: e-2\ndata: {PROGRESS}\n\nid: e-3\ndata: cut o"))
        .await;
    answer.end().await;

    let resumed = house.peer.next().await;
    assert_eq!(resumed.method(), "GET");
    assert_eq!(resumed.header("last-event-id"), Some("e-2"));
    assert_eq!(resumed.header("mcp-session-id"), Some("s-1"));
    let mut rest = resumed.events().await;
    rest.write(&format!("id: e-3\ndata: {}\n\n", result(2, "late")))
        .await;
    assert!(house.heard.result(2).await.contains("late"));
}

#[tokio::test]
async fn an_answer_that_cannot_be_resumed_may_have_been_carried_out() {
    let mut house = House::opened().await;
    let mut answer = house.ask(2).await.events().await;
    answer.write("id: e-1\nretry: 1\ndata:\n\n").await;
    answer.end().await;
    for status in [503, 401, 405, 404, 500] {
        let resumed = house.peer.next().await;
        assert_eq!(resumed.header("last-event-id"), Some("e-1"));
        resumed.answer(status, "", "").await;
    }
    let failure = house.heard.failure(2).await;
    assert!(
        matches!(failure, Failure::Broken(_)) && failure.may_have_been_processed(),
        "{failure}"
    );
}

#[tokio::test]
async fn a_handshake_may_be_preceded_by_other_words() {
    let mut house = House::new(HttpTransport::Streamable).await;
    house.send(INITIALIZE);
    let mut answer = opening_events(house.peer.next().await).await;
    let log = r#"{"jsonrpc":"2.0","method":"notifications/message","params":{"level":"info","data":1}}"#;
    answer
        .write(&format!("id: 0\ndata:\n\ndata: {log}\n\ndata: {OPENED}\n\n"))
        .await;
    house.heard.answer(1).await;
    house.send(r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#);
    assert_eq!(house.peer.next().await.header("mcp-session-id"), Some("s-2"));
}

#[tokio::test]
async fn many_answers_at_once_are_all_heard() {
    // More than a task may look at in one go.
    const MANY: std::ops::Range<i64> = 2..300;
    let mut house = House::opened().await;
    let mut asked = Vec::new();
    for id in MANY {
        asked.push((id, house.ask(id).await));
    }
    let all = async {
        for (id, asked) in asked {
            asked.json(&result(id, "all")).await;
        }
    };
    // Nobody else runs meanwhile.
    tokio::task::coop::unconstrained(all).await;
    for id in MANY {
        assert!(house.heard.result(id).await.contains("all"));
    }
}

#[tokio::test]
async fn events_that_are_no_messages_are_passed_over() {
    let mut house = House::opened().await;
    let mut answer = house.ask(2).await.events().await;
    answer.write("event: ping\ndata: 2026-11-20\n\n").await;
    answer
        .write(&format!(
            "event: message\ndata: {}\n\ndata: {PROGRESS}\n\n",
            result(2, "two")
        ))
        .await;
    answer.end().await;
    assert!(house.heard.result(2).await.contains("two"));
    // What comes in the same breath as the answer is not lost.
    house.heard.method("notifications/progress").await;
}

#[tokio::test]
async fn a_broken_answer_without_an_event_id_has_failed() {
    let mut house = House::opened().await;
    let mut answer = house.ask(2).await.events().await;
    answer.write(&format!("data: {PROGRESS}\n\n")).await;
    answer.end().await;
    let failure = house.heard.failure(2).await;
    assert!(matches!(failure, Failure::Broken(_)), "{failure}");
    assert!(failure.may_have_been_processed());
}

#[tokio::test]
async fn what_a_server_without_its_session_did_not_take_comes_back() {
    let mut house = House::opened().await;
    let answered = house.ask(2).await;
    let second = house.ask(3).await;
    let first = house.ask(4).await;
    first.answer(404, "", "").await;
    assert!(
        house
            .heard
            .returned(4)
            .await
            .ends_with(br#""id":4,"method":"tools/call","params":{"name":"echo"}}"#)
    );
    // Not sent any more, and not taken either.
    house.send(r#"{"jsonrpc":"2.0","id":5,"method":"tools/list"}"#);
    second.answer(404, "", "").await;
    answered.json(&result(2, "in time")).await;
    assert!(house.heard.result(2).await.contains("in time"));
    house.heard.returned(3).await;
    house.heard.returned(5).await;
    let closed = house.heard.closed().await;
    assert!(matches!(closed, Closed::SessionLost), "{closed}");
    assert!(house.peer.is_idle(), "there is nothing to delete");
}

#[tokio::test]
async fn what_is_no_answer_fails_its_request_and_no_other() {
    let mut house = House::opened().await;
    let huge = "x".repeat(5000);
    let cases: [(u16, &str, &str, &str); 10] = [
        (
            401,
            "WWW-Authenticate: Bearer realm=\"x\"\r\n",
            "",
            "upstream_auth",
        ),
        (
            403,
            JSON,
            r#"{"jsonrpc":"2.0","id":9,"error":{"code":1,"message":"secret"}}"#,
            "upstream_auth",
        ),
        (429, "Retry-After: 5\r\n", "", "upstream_busy"),
        (503, "Content-Type: text/html\r\n", "<html>", "upstream_busy"),
        (500, "Content-Type: text/html\r\n", "<html>", "upstream_protocol"),
        (302, "Location: http://127.0.0.1:1/\r\n", "", "upstream_protocol"),
        (202, "", "", "upstream_protocol"),
        (
            200,
            "Content-Type: text/html\r\n",
            "<html>login",
            "upstream_protocol",
        ),
        (200, JSON, "data: {}", "upstream_protocol"),
        (200, JSON, &huge, "upstream_too_large"),
    ];
    for (id, (status, headers, body, reason)) in (10..).zip(cases) {
        house.ask(id).await.answer(status, headers, body).await;
        let failure = house.heard.failure(id).await;
        assert_eq!(failure.reason(), reason, "{status} {body}");
        assert!(!failure.to_string().contains("secret"));
    }
    house.ask(2).await.json(&result(2, "still here")).await;
    assert!(house.heard.result(2).await.contains("still here"));
}

#[tokio::test]
async fn an_error_object_is_an_answer_whatever_its_status() {
    let mut house = House::opened().await;
    let error = r#"{"jsonrpc":"2.0","id":null,"error":{"code":-32602,"message":"no"}}"#;
    let asked = house.ask(2).await;
    asked.answer(400, JSON, error).await;
    assert_eq!(house.heard.error(2).await, -32602);
}

#[tokio::test]
async fn redirects_keep_their_origin_or_are_not_followed() {
    let mut house = House::opened().await;
    let stranger = Peer::new().await;
    let away = format!("Location: http://{}/\r\n", stranger.address);
    house.ask(2).await.answer(307, &away, "").await;
    assert_eq!(house.heard.failure(2).await, Failure::Status(307));

    house.ask(3).await.answer(308, "Location: /there\r\n", "").await;
    let moved = house.peer.next().await;
    assert!(moved.head.starts_with("POST /there "), "{}", moved.head);
    moved.json(&result(3, "there")).await;
    assert!(house.heard.result(3).await.contains("there"));
    assert!(stranger.is_idle());
}

#[tokio::test]
async fn the_stream_of_the_session_is_held_and_comes_back() {
    let mut house = House::new(HttpTransport::Streamable).await;
    house.send(INITIALIZE);
    house
        .peer
        .next()
        .await
        .answer(200, &format!("{JSON}Mcp-Session-Id: s\r\n"), OPENED)
        .await;
    house.heard.answer(1).await;
    house.send(r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#);
    house.peer.next().await.accept().await;

    let mut stream = house.peer.next().await.events().await;
    stream.write("retry: 5\nid: g-1\ndata: {\"jsonrpc\":\"2.0\",\"method\":\"notifications/tools/list_changed\"}\n\n").await;
    house.heard.method("notifications/tools/list_changed").await;
    stream.end().await;

    let again = house.peer.next().await;
    assert_eq!(again.header("last-event-id"), Some("g-1"));
    let mut stream = again.events().await;
    stream
        .write("data: {\"jsonrpc\":\"2.0\",\"id\":5,\"method\":\"ping\"}\n\n")
        .await;
    house.heard.method("ping").await;

    let closing = tokio::spawn({
        let connection = house.connection.clone();
        async move { connection.close().await }
    });
    let end = house.peer.next().await;
    assert_eq!(
        (end.method(), end.header("mcp-session-id")),
        ("DELETE", Some("s"))
    );
    end.answer(405, "", "").await;
    closing.await.expect("closing does not panic");
    stream.left().await;
    assert!(matches!(house.heard.closed().await, Closed::Requested));
}

#[tokio::test]
async fn a_cancelled_request_is_given_up_and_the_server_is_told() {
    let mut house = House::opened().await;
    let answer = house.ask(2).await.events().await;
    house.send(r#"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":2}}"#);
    let told = house.peer.next().await;
    assert!(told.body.contains("notifications/cancelled"));
    told.accept().await;
    answer.left().await;
    assert_eq!(house.heard.look(<[_]>::len), 1, "only the handshake's answer");
}

/// Each message travels by itself: a server that hears of the cancellation first goes on with the call for good.
#[tokio::test]
async fn a_cancellation_does_not_overtake_its_request() {
    let mut house = House::opened().await;
    let call = house.ask(2).await;
    house.send(r#"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":2}}"#);
    house.send(r#"{"jsonrpc":"2.0","method":"notifications/roots/list_changed"}"#);
    let other = house.peer.next().await;
    assert!(other.body.contains("list_changed"), "others need not wait");
    other.accept().await;
    assert!(house.peer.is_idle());
    let answer = call.events().await;
    let told = house.peer.next().await;
    assert!(told.body.contains("notifications/cancelled"));
    told.accept().await;
    answer.left().await;
}

#[tokio::test]
async fn nobody_there_is_told_as_such() {
    let mut target = target(&Peer::new().await);
    target.url = "http://127.0.0.1:1/mcp".to_owned();
    let (heard, connection) = connect(&target, HttpTransport::Streamable).await;
    connection
        .send(bytes::Bytes::from_static(INITIALIZE.as_bytes()))
        .expect("there is room");
    let failure = heard.failure(1).await;
    assert!(matches!(failure, Failure::Unreachable(_)), "{failure}");
    assert!(!failure.may_have_been_processed());
}

#[tokio::test]
async fn a_server_that_never_offered_a_stream_has_not_forgotten_the_session() {
    for session in ["Mcp-Session-Id: s-1\r\n", ""] {
        let mut house = House::new(HttpTransport::Streamable).await;
        house.send(INITIALIZE);
        let opening = house.peer.next().await;
        opening.answer(200, &format!("{JSON}{session}"), OPENED).await;
        house.heard.answer(1).await;
        house.send(r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#);
        house.peer.next().await.accept().await;
        let stream = house.peer.next().await;
        assert_eq!(stream.method(), "GET");
        stream.answer(404, "", "Cannot GET /mcp").await;
        // The first might be among the last words of a session that is over.
        for id in [2, 3] {
            house.ask(id).await.json(&result(id, "text")).await;
            assert!(house.heard.result(id).await.contains("text"));
        }
    }
}

#[tokio::test]
async fn a_stream_that_is_not_found_any_more_was_the_sessions() {
    let mut house = House::new(HttpTransport::Streamable).await;
    house.send(INITIALIZE);
    let headers = format!("{JSON}Mcp-Session-Id: s-1\r\n");
    house.peer.next().await.answer(200, &headers, OPENED).await;
    house.heard.answer(1).await;
    house.send(r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#);
    house.peer.next().await.accept().await;
    let mut stream = house.peer.next().await.events().await;
    stream.write("id: e-1\nretry: 100\ndata:\n\n").await;
    stream.end().await;
    let again = house.peer.next().await;
    assert_eq!(again.header("last-event-id"), Some("e-1"));
    again.answer(404, "", "").await;
    assert!(matches!(house.heard.closed().await, Closed::SessionLost));
}

#[tokio::test]
async fn a_stream_whose_event_id_no_header_can_hold_is_opened_anew() {
    let mut house = House::new(HttpTransport::Streamable).await;
    house.send(INITIALIZE);
    let opening = house.peer.next().await;
    let headers = format!("{JSON}Mcp-Session-Id: s-1\r\n");
    opening.answer(200, &headers, OPENED).await;
    house.heard.answer(1).await;
    house.send(r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#);
    house.peer.next().await.accept().await;
    let mut stream = house.peer.next().await.events().await;
    stream
        .write(&format!("retry: 1\nid: e\u{1}\ndata: {PROGRESS}\n\n"))
        .await;
    stream.end().await;
    let again = house.peer.next().await;
    assert_eq!((again.method(), again.header("last-event-id")), ("GET", None));
}
