//! Arguments that headers repeat (2026-07-28, "Custom Headers from Tool Parameters").

use pontoon_upstream::HttpTransport;

use super::House;
use super::stateless::modern;

const JSON: &str = "Content-Type: application/json\r\n";
const MISMATCH: &str =
    r#"{"jsonrpc":"2.0","id":2,"error":{"code":-32020,"message":"Header mismatch: Mcp-Param-Region"}}"#;
const CALL: &str = r#""name":"query","arguments":{"region":"Zürich","floor":7}"#;

/// A tool with an annotated parameter.
fn tool(name: &str, kind: &str, header: &str) -> String {
    format!(
        r#"{{"name":"{name}","inputSchema":{{"type":"object","properties":{{"region":{{"type":"{kind}","x-mcp-header":"{header}"}},"floor":{{"type":"integer"}}}}}}}}"#
    )
}

fn list(id: &str, tools: &[String], more: &str) -> String {
    let tools = tools.join(",");
    format!(r#"{{"jsonrpc":"2.0","id":{id},"result":{{"tools":[{tools}],"ttlMs":0{more}}}}}"#)
}

/// Lists tools, and returns what of the answer arrives.
async fn listed(house: &mut House, id: i64, tools: &[String]) -> String {
    house.send(&modern(id, "tools/list", r#""a":1"#));
    let answer = list(&id.to_string(), tools, "");
    house.peer.next().await.json(&answer).await;
    house.heard.result(id).await
}

#[tokio::test]
async fn arguments_are_repeated_as_the_last_list_says() {
    let mut house = House::new(HttpTransport::Streamable).await;
    let as_it_was = listed(&mut house, 1, &[tool("query", "string", "Region")]).await;
    assert!(as_it_was.contains(r#""x-mcp-header":"Region""#));
    house.send(&modern(2, "tools/call", CALL));
    let asked = house.peer.next().await;
    assert_eq!(asked.header("mcp-param-region"), Some("=?base64?WsO8cmljaA==?="));
    assert_eq!(asked.header("mcp-name"), Some("query"));
    asked.json(r#"{"jsonrpc":"2.0","id":2,"result":{}}"#).await;

    listed(&mut house, 3, &[tool("query", "string", "Place")]).await;
    house.send(&modern(4, "tools/call", CALL));
    let asked = house.peer.next().await;
    assert_eq!(asked.header("mcp-param-region"), None);
    assert_eq!(asked.header("mcp-param-place"), Some("=?base64?WsO8cmljaA==?="));
    asked.json(r#"{"jsonrpc":"2.0","id":4,"result":{}}"#).await;

    listed(
        &mut house,
        5,
        &[r#"{"name":"query","inputSchema":{"type":"object"}}"#.to_owned()],
    )
    .await;
    house.send(&modern(6, "tools/call", CALL));
    assert!(!house.peer.next().await.head.to_lowercase().contains("mcp-param"));
}

#[tokio::test]
async fn tools_with_invalid_annotations_are_left_out() {
    let mut house = House::new(HttpTransport::Streamable).await;
    let plain = r#"{"name":"plain","extra":1.50}"#.to_owned();
    let tools = [
        tool("bad", "number", "Region"),
        plain.clone(),
        tool("good", "string", "Region"),
    ];
    let seen = listed(&mut house, 1, &tools).await;
    let expected = format!(r#"{{"tools":[{plain},{}],"ttlMs":0}}"#, tools[2]);
    assert_eq!(seen, expected, "and nothing else changes");
}

#[tokio::test]
async fn a_mismatch_has_the_tools_listed_again_and_the_call_repeated() {
    let mut house = House::new(HttpTransport::Streamable).await;
    let token = r#""progressToken":5,"io.modelcontextprotocol/protocolVersion""#;
    let call = modern(2, "tools/call", CALL).replace(r#""io.modelcontextprotocol/protocolVersion""#, token);
    house.send(&call);
    let first = house.peer.next().await;
    assert_eq!(first.header("mcp-param-region"), None);
    first.answer(400, JSON, MISMATCH).await;

    let listing = house.peer.next().await;
    assert_eq!(listing.header("mcp-method"), Some("tools/list"));
    assert_eq!(listing.header("mcp-name"), None);
    assert_eq!(listing.header("mcp-protocol-version"), Some("2026-07-28"));
    assert!(listing.body.contains("clientCapabilities"), "{}", listing.body);
    assert!(!listing.body.contains("progressToken"), "{}", listing.body);
    let page = list(r#""pontoon-tools-0""#, &[], r#","nextCursor":"more""#);
    listing.json(&page).await;
    let listing = house.peer.next().await;
    assert!(listing.body.contains(r#""cursor":"more""#), "{}", listing.body);
    let page = list(r#""pontoon-tools-1""#, &[tool("query", "string", "Region")], "");
    let mut events = listing.events().await;
    events.write(&format!("data: {page}\n\n")).await;

    let again = house.peer.next().await;
    assert_eq!(again.header("mcp-param-region"), Some("=?base64?WsO8cmljaA==?="));
    assert_eq!(again.body, call);
    // Once only.
    again.answer(400, JSON, MISMATCH).await;
    assert_eq!(house.heard.error(2).await, -32020);
    assert_eq!(house.heard.look(<[_]>::len), 1);
    assert!(house.peer.is_idle());
}

#[tokio::test]
async fn a_mismatch_that_nothing_can_be_done_about_is_the_answer() {
    let mut house = House::new(HttpTransport::Streamable).await;
    house.send(&modern(2, "tools/call", CALL));
    house.peer.next().await.answer(400, JSON, MISMATCH).await;
    let listing = house.peer.next().await;
    listing.answer(503, "", "").await;
    assert_eq!(house.heard.error(2).await, -32020);
    assert!(house.peer.is_idle());
}
