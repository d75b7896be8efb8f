//! 2026-07-28.

use pontoon_upstream::{Closed, HttpTransport};

use super::House;

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
