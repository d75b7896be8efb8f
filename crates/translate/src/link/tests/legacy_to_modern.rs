//! Legacy clients in front of a modern server.

use super::dialogue::{legacy_to_modern, legacy_to_modern_at, shared_modern};

#[test]
fn requests_say_what_they_are_and_results_are_plain() {
    legacy_to_modern(
        r#"
        a: {"id":1,"method":"tools/call","params":{"name":"t","arguments":{ "n":1.0},"_meta":{"progressToken":"p","v":1}}}
            to server: {"id":3,"method":"tools/call","params":{"name":"t","arguments":{ "n":1.0},"_meta":{"progressToken":3,"v":1,"~protocolVersion":"2026-07-28","~clientInfo":{"name":"a","version":"1"},"~clientCapabilities":{"sampling":{},"roots":{},"elicitation":{"form":{},"url":{}}}}}}
        server: {"method":"notifications/progress","params":{"progressToken":3,"progress":1.0}}
            to a on 1: {"method":"notifications/progress","params":{"progressToken":"p","progress":1.0}}
        server: {"id":3,"result":{"content":[ ],"resultType":"complete","_meta":{"~serverInfo":{}}}}
            to a: {"id":1,"result":{"content":[ ]}}
        a: {"id":2,"method":"resources/read","params":{"uri":"u"}}
            to server: {"id":4,…
        server: {"id":4,"error":{"code":-32602,"message":"Resource not found","data":{"uri":"u"}}}
            to a: {"id":2,"error":{"code":-32002,"message":"Resource not found","data":{"uri":"u"}}}
        a: {"id":3,"method":"tools/list"}
            to server: {"id":5,…
        server: {"id":5,"result":{"resultType":"complete","tools":[{"name":"x","outputSchema":{"type":"array"}}],"ttlMs":0,"cacheScope":"private"}}
            to a: {"id":3,"result":{"tools":[{"name":"x"}]}}
        a: {"id":4,"method":"tools/call","params":{"name":"t"}}
            to server: {"id":6,…
        server: {"id":6,"error":{"code":-32021,"message":"sampling.tools","data":{"requiredCapabilities":{}}}}
            to a: {"id":4,"error":{"code":-32603,"message":"sampling.tools (the server needs a capability…
        "#,
    );
}

#[test]
fn what_only_one_era_knows_is_answered_here() {
    legacy_to_modern(
        r#"
        a: {"id":1,"method":"ping"}
            to a: {"id":1,"result":{}}
        a: {"id":1,"method":"tasks/list"}
            to a: {"id":1,"error":{"code":-32601,…
        a: {"id":1,"method":"server/discover"}
            to a: {"id":1,"error":{"code":-32601,…
        a: {"id":1,"method":"subscriptions/listen","params":{"notifications":{}}}
            to a: {"id":1,"error":{"code":-32601,…
        a: {"method":"notifications/roots/list_changed"}
        a: {"method":"notifications/vendor"}
        a: {"id":1,"method":"vendor/do","params":{"x":1}}
            to server: {"id":3,"method":"vendor/do","params":{"x":1,"_meta":{…
        "#,
    );
}

#[test]
fn a_log_level_goes_with_every_request_and_messages_come_back() {
    legacy_to_modern(
        r#"
        a: {"id":1,"method":"logging/setLevel","params":{"level":"loud"}}
            to a: {"id":1,"error":{"code":-32602,…
        a: {"id":1,"method":"logging/setLevel","params":{"level":"info"}}
            to a: {"id":1,"result":{}}
        a: {"id":2,"method":"tools/call","params":{"name":"t"}}
            to server: {"id":3,…"~logLevel":"info"}}}
        server: {"method":"notifications/message","params":{"level":"info","data":"x"}}
            to a on 2: {"method":"notifications/message","params":{"level":"info","data":"x"}}
        "#,
    );
    shared_modern(
        r#"
        a: {"id":1,"method":"logging/setLevel","params":{"level":"info"}}
            to a: {"id":1,"result":{}}
        b: {"id":1,"method":"tools/call","params":{"name":"t"}}
            to server: {"id":3,…"~clientCapabilities":{}}}}
        a: {"id":1,"method":"tools/call","params":{"name":"t"}}
            to server: {"id":4,…"~logLevel":"info"}}}
        server: {"method":"notifications/message","params":{"level":"info","data":"x"}}
            to a on 1: {"method":"notifications/message","params":{"level":"info","data":"x"}}
        "#,
    );
}

#[test]
fn a_cancellation_goes_on_with_our_id() {
    legacy_to_modern(
        r#"
        a: {"id":1,"method":"tools/call","params":{"name":"t"}}
            to server: {"id":3,…
        a: {"method":"notifications/cancelled","params":{"requestId":1,"reason":"r"}}
            to server: {"method":"notifications/cancelled","params":{"requestId":3,"reason":"r"}}
            to a: {"id":1,"error":{…"reason":"cancelled"…
        server: {"id":3,"result":{}}
            dropped: unknown_response
        "#,
    );
}

#[test]
fn a_client_without_a_session_is_served_too() {
    shared_modern(
        r#"
        alone: {"id":1,"method":"initialize","params":{"protocolVersion":"2024-11-05"}}
            to alone: {"id":1,"result":{"protocolVersion":"2024-11-05",…
        alone: {"id":1,"method":"ping"}
            to alone: {"id":1,"result":{}}
        alone: {"id":1,"method":"resources/subscribe","params":{"uri":"u"}}
            to alone: {"id":1,"error":{"code":-32600,…
        alone: {"id":1,"method":"tools/list"}
            to server: {"id":3,"method":"tools/list","params":{"_meta":{"~protocolVersion":"2026-07-28","~clientInfo":{"name":"pontoon","version":"0"},"~clientCapabilities":{}}}}
        "#,
    );
}

#[test]
fn modern_and_legacy_clients_share_a_modern_server() {
    shared_modern(
        r#"
        m: {"id":1,"method":"subscriptions/listen","params":{"_meta":{$M},"notifications":{"toolsListChanged":true}}}
            to server: {"id":3,"method":"subscriptions/listen",…
        server: {"method":"notifications/subscriptions/acknowledged","params":{"_meta":{"~subscriptionId":3},"notifications":{}}}
            to m on 1: …
        server: {"method":"notifications/tools/list_changed","params":{"_meta":{"~subscriptionId":3}}}
            to m on 1: {"method":"notifications/tools/list_changed","params":{"_meta":{"~subscriptionId":1}}}
        server: {"method":"notifications/tools/list_changed","params":{"_meta":{"~subscriptionId":2}}} (in any order)
            to a's session: {"method":"notifications/tools/list_changed"}
            to b's session: {"method":"notifications/tools/list_changed"}
        m: {"id":2,"method":"tools/call","params":{"name":"t","_meta":{$M}}}
            to server: {"id":4,…
        server: {"id":4,"result":{"resultType":"complete","content":[]}}
            to m: {"id":2,"result":{"resultType":"complete","content":[]}}
        "#,
    );
}

#[test]
fn older_clients_get_content_that_they_know() {
    legacy_to_modern_at(
        "2024-11-05",
        r#"
        a: {"id":1,"method":"tools/call","params":{"name":"t"}}
            to server: {"id":3,…
        server: {"id":3,"result":{"resultType":"complete","content":[{"type":"audio","data":"QQ==","mimeType":"audio/wav"}]}}
            to a: {"id":1,"result":{"content":[{"type":"resource","resource":{"uri":"audio:1","mimeType":"audio/wav","blob":"QQ=="}}]}}
        "#,
    );
}
