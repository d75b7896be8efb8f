//! Trace context, which middleware looks for in headers.

use pontoon_upstream::HttpTransport;

use super::{House, connect, target};
use crate::peer::{Asked, Peer};

const PARENT: &str = "00-0af7651916cd43dd8448eb211c80319c-00f067aa0ba902b7-01";
const NAMES: [&str; 3] = ["traceparent", "tracestate", "baggage"];

fn told(asked: &Asked) -> [Option<&str>; 3] {
    NAMES.map(|name| asked.header(name))
}

fn call(id: i64, meta: &str) -> String {
    format!(
        r#"{{"jsonrpc":"2.0","id":{id},"method":"tools/call","params":{{"name":"a","_meta":{{{meta}}}}}}}"#
    )
}

#[tokio::test]
async fn what_a_message_says_in_its_meta_is_said_in_headers_too() {
    let mut house = House::opened().await;
    let meta = format!(r#""traceparent":"{PARENT}","tracestate":"a=b","baggage":"user=al\u0069ce""#);
    house.send(&call(2, &meta));
    let asked = house.peer.next().await;
    assert_eq!(told(&asked), [Some(PARENT), Some("a=b"), Some("user=alice")]);
    assert_eq!(asked.body, call(2, &meta), "the message stays as it is");

    let modern = r#""io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{},"#;
    house.send(&call(3, &format!("{modern}{meta}")));
    let asked = house.peer.next().await;
    assert_eq!(asked.header("mcp-method"), Some("tools/call"));
    assert_eq!(told(&asked), [Some(PARENT), Some("a=b"), Some("user=alice")]);

    let note = r#"{"jsonrpc":"2.0","method":"notifications/x","params":{"_meta":{"baggage":"a=b"}}}"#;
    house.send(note);
    assert_eq!(told(&house.peer.next().await), [None, None, Some("a=b")]);
}

#[tokio::test]
async fn what_breaks_the_grammar_is_no_header() {
    let mut house = House::opened().await;
    for (id, meta) in [
        (
            2,
            r#""traceparent":"x\r\nX-Key: mine","baggage":"a=b\r\nX-Key: mine""#,
        ),
        (3, r#""traceparent":7,"tracestate":"a=b","baggage":{}"#),
        (4, r#""traceparent":null,"baggage":"naïve=1""#),
    ] {
        house.send(&call(id, meta));
        let asked = house.peer.next().await;
        assert_eq!(told(&asked), [None; 3], "{meta}");
        assert_eq!(asked.header("x-key"), Some("k"));
        assert_eq!(
            asked.body,
            call(id, meta),
            "what it means is for the server to say"
        );
    }
    // Elsewhere the same words mean nothing.
    let argument = format!(
        r#"{{"jsonrpc":"2.0","id":5,"method":"tools/call","params":{{"name":"a","arguments":{{"_meta":{{"traceparent":"{PARENT}"}}}}}}}}"#
    );
    house.send(&argument);
    assert_eq!(told(&house.peer.next().await), [None; 3]);
}

#[tokio::test]
async fn what_is_configured_counts_more() {
    let peer = Peer::new().await;
    let mut target = target(&peer);
    target
        .headers
        .push(("Baggage".to_owned(), "tenant=mine".to_owned()));
    let (heard, connection) = connect(&target, HttpTransport::Streamable).await;
    let mut house = House {
        peer,
        heard,
        connection,
    };
    let meta = format!(
        r#""io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{{}},"traceparent":"{PARENT}","baggage":"tenant=yours""#
    );
    house.send(&call(2, &meta));
    assert_eq!(
        told(&house.peer.next().await),
        [Some(PARENT), None, Some("tenant=mine")]
    );
}
