//! 2026-07-28.

use std::time::Duration;

use pontoon_jsonrpc::Id;
use pontoon_upstream::{Closed, Failure, Http, HttpSettings, HttpTransport};

use super::{House, INITIALIZE, OPENED};

/// A request that stands by itself.
pub(crate) fn modern(id: i64, method: &str, params: &str) -> String {
    format!(
        r#"{{"jsonrpc":"2.0","id":{id},"method":"{method}","params":{{{params},"_meta":{{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{{}}}}}}}}"#
    )
}

#[tokio::test]
async fn headers_mirror_the_body_and_there_is_no_session() {
    let mut house = House::new(HttpTransport::Streamable).await;
    house.send(&modern(1, "tools/call", r#""name":"grüße""#));
    let asked = house.peer.next().await;
    assert_eq!(asked.header("mcp-protocol-version"), Some("2026-07-28"));
    assert_eq!(asked.header("mcp-method"), Some("tools/call"));
    assert_eq!(asked.header("mcp-name"), Some("=?base64?Z3LDvMOfZQ==?="));
    let headers = "Content-Type: application/json\r\nMcp-Session-Id: nonsense\r\n";
    let answer = r#"{"jsonrpc":"2.0","id":1,"result":{"content":[{"type":"text","text":"a"}]}}"#;
    asked.answer(200, headers, answer).await;
    assert!(house.heard.result(1).await.contains("\"a\""));

    house.send(&modern(2, "resources/read", r#""uri":"a:b""#));
    let asked = house.peer.next().await;
    assert_eq!(asked.header("mcp-session-id"), None);
    assert_eq!(asked.header("mcp-name"), Some("a:b"));
    let missing = r#"{"jsonrpc":"2.0","id":2,"error":{"code":-32601,"message":"no"}}"#;
    asked
        .answer(404, "Content-Type: application/json\r\n", missing)
        .await;
    assert_eq!(house.heard.error(2).await, -32601);

    house.connection.close().await;
    assert!(matches!(house.heard.closed().await, Closed::Requested));
    assert!(
        house.peer.is_idle(),
        "there is no session to end and no stream to hold"
    );
}

#[tokio::test]
async fn cancelling_closes_the_stream_and_says_nothing() {
    let mut house = House::new(HttpTransport::Streamable).await;
    house.send(&modern(1, "subscriptions/listen", r#""notifications":{}"#));
    let listening = house.peer.next().await.events().await;
    house.send(r#"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1}}"#);
    listening.left().await;
    house.send(&modern(2, "tools/list", r#""cursor":"c""#));
    assert!(house.peer.next().await.body.contains("tools/list"));
}

#[tokio::test]
async fn each_message_is_sent_as_what_it_is() {
    let mut house = House::new(HttpTransport::Auto).await;
    house.send(&modern(7, "server/discover", r#""a":1"#));
    let asked = house.peer.next().await;
    assert_eq!(asked.header("mcp-method"), Some("server/discover"));
    let unknown = r#"{"jsonrpc":"2.0","id":null,"error":{"code":-32000,"message":"no session"}}"#;
    asked.answer(400, JSON, unknown).await;
    assert_eq!(house.heard.error(7).await, -32000);

    house.send(INITIALIZE);
    let opening = house.peer.next().await;
    assert_eq!(
        (
            opening.header("mcp-method"),
            opening.header("mcp-protocol-version")
        ),
        (None, None)
    );
    opening
        .answer(200, &format!("{JSON}Mcp-Session-Id: s-1\r\n"), OPENED)
        .await;
    house.heard.answer(1).await;

    house.send(&modern(8, "tools/list", r#""a":1"#));
    let asked = house.peer.next().await;
    assert_eq!(
        (asked.method(), asked.header("mcp-session-id")),
        ("POST", None),
        "the stream waits for notifications/initialized"
    );
    assert_eq!(asked.header("mcp-protocol-version"), Some("2026-07-28"));
    let error = r#"{"jsonrpc":"2.0","id":8,"error":{"code":-32601,"message":"no"}}"#;
    asked.answer(404, JSON, error).await;
    assert_eq!(
        house.heard.error(8).await,
        -32601,
        "that is no word on the session"
    );

    let legacy = house.ask(9).await;
    assert_eq!(legacy.header("mcp-session-id"), Some("s-1"));
    assert_eq!(legacy.header("mcp-protocol-version"), Some("2025-06-18"));
}

#[tokio::test]
async fn a_modern_request_is_known_however_its_key_is_written() {
    let mut house = House::new(HttpTransport::Streamable).await;
    for (id, key) in [
        (1, r"io.modelcontextprotocol\/protocolVersion"),
        (2, r"i\u006f.modelc\u006fntextprotoc\u006fl/protocolVersion"),
    ] {
        let request = modern(id, "tools/list", r#""a":1"#);
        house.send(&request.replace("io.modelcontextprotocol/protocolVersion", key));
        let asked = house.peer.next().await;
        assert_eq!(asked.header("mcp-protocol-version"), Some("2026-07-28"), "{key}");
        asked.accept().await;
    }
    // Somebody's text about it is not it.
    let about = r#"{"jsonrpc":"2.0","id":3,"method":"tools/call","params":{"name":"io.modelcontextprotocol/protocolVersion"}}"#;
    house.send(about);
    assert_eq!(house.peer.next().await.header("mcp-method"), None);
}

#[tokio::test]
async fn what_comes_in_an_answer_is_said_to_be_about_its_request() {
    let mut house = House::opened().await;
    let mut answer = house.ask(2).await.events().await;
    answer
        .write("id: 1\ndata: {\"jsonrpc\":\"2.0\",\"id\":9,\"method\":\"roots/list\"}\n\n")
        .await;
    assert_eq!(house.heard.within("roots/list").await, Some(Id::from(2)));
    answer.end().await;
    let mut rest = house.peer.next().await.events().await;
    rest.write("data: {\"jsonrpc\":\"2.0\",\"id\":8,\"method\":\"sampling/createMessage\"}\n\n")
        .await;
    let resumed = house.heard.within("sampling/createMessage").await;
    assert_eq!(resumed, Some(Id::from(2)));
}

#[tokio::test]
async fn a_broken_answer_is_not_asked_for_again() {
    let mut house = House::opened().await;
    house.send(&modern(2, "tools/list", r#""a":1"#));
    let mut answer = house.peer.next().await.events().await;
    answer
        .write("id: 1\nretry: 1\ndata: {\"jsonrpc\":\"2.0\",\"method\":\"notifications/message\",\"params\":{}}\n\n")
        .await;
    answer.end().await;
    let failure = house.heard.failure(2).await;
    assert!(matches!(failure, Failure::Broken(_)), "{failure}");
    assert!(house.peer.is_idle());
}

#[tokio::test]
async fn cancelling_is_said_to_the_session_only_of_its_own_requests() {
    let mut house = House::opened().await;
    house.send(&modern(2, "tools/list", r#""a":1"#));
    let listing = house.peer.next().await.events().await;
    house.send(r#"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":2}}"#);
    listing.left().await;
    let own = house.ask(3).await.events().await;
    house.send(r#"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":3}}"#);
    let told = house.peer.next().await;
    assert!(told.body.contains("\"requestId\":3"), "{}", told.body);
    told.accept().await;
    own.left().await;
    assert!(house.peer.is_idle());
}

#[tokio::test]
async fn the_old_transport_has_no_way_for_it() {
    let mut house = House::new(HttpTransport::Sse).await;
    house.send(&modern(2, "server/discover", r#""a":1"#));
    assert_eq!(house.heard.failure(2).await, Failure::Status(405));
    assert!(house.peer.is_idle());
    house.send(INITIALIZE);
    assert_eq!(house.peer.next().await.method(), "GET");
}

const JSON: &str = "Content-Type: application/json\r\n";

#[tokio::test]
async fn a_stream_of_changes_may_be_silent_for_ever_and_other_answers_may_not() {
    let peer = crate::peer::Peer::new().await;
    let settings = HttpSettings {
        read_timeout: Duration::from_millis(50),
        ..crate::SETTINGS
    };
    let http = Http::new("test", &crate::target(&peer), HttpTransport::Streamable, settings);
    let mut house = crate::meet(&http.expect("the target is well formed"), peer).await;
    house.send(&modern(1, "subscriptions/listen", r#""notifications":{}"#));
    let mut listening = house.peer.next().await.events().await;
    house.send(&modern(2, "tools/call", r#""name":"slow""#));
    let _silent = house.peer.next().await.events().await;
    assert!(matches!(house.heard.failure(2).await, Failure::Broken(_)));
    // It has been silent for longer.
    let end = r#"{"jsonrpc":"2.0","id":1,"result":{"resultType":"complete"}}"#;
    listening.write(&format!("data: {end}\n\n")).await;
    assert!(house.heard.result(1).await.contains("complete"));
}
