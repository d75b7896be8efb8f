//! Modern clients and a modern server.

use super::dialogue::modern;

#[test]
fn listens_of_several_clients_share_one_pipe_and_are_told_apart() {
    modern(
        r#"
        m: {"id":1,"method":"subscriptions/listen","params":{"_meta":{$M},"notifications":{"toolsListChanged":true}}}
            to server: {"id":1,"method":"subscriptions/listen","params":{"_meta":{$M},"notifications":{"toolsListChanged":true}}}
        n: {"id":1,"method":"subscriptions/listen","params":{"_meta":{$M},"notifications":{"toolsListChanged":true}}}
            to server: {"id":2,…
        server: {"method":"notifications/subscriptions/acknowledged","params":{"_meta":{"~subscriptionId":2 },"notifications":{}}}
            to n on 1: {"method":"notifications/subscriptions/acknowledged","params":{"_meta":{"~subscriptionId":1 },"notifications":{}}}
        server: {"method":"notifications/subscriptions/acknowledged","params":{"_meta":{"~subscriptionId":1},"notifications":{}}}
            to m on 1: {"method":"notifications/subscriptions/acknowledged",…
        server: {"method":"notifications/tools/list_changed","params":{"_meta":{"~subscriptionId":1}}}
            to m on 1: {"method":"notifications/tools/list_changed","params":{"_meta":{"~subscriptionId":1}}}
        server: {"method":"notifications/tools/list_changed","params":{"_meta":{"~subscriptionId":7}}}
            dropped: unknown_subscription
        server: {"method":"notifications/tools/list_changed","params":{"_meta":{"~subscriptionId":"1"}}}
            dropped: unknown_subscription
        server: {"id":2,"result":{"resultType":"complete","_meta":{"~subscriptionId":2}}}
            to n: {"id":1,"result":{"resultType":"complete","_meta":{"~subscriptionId":1}}}
        time 100000s
        in flight 1
        abandon m 1
            to server: {"method":"notifications/cancelled","params":{"requestId":1}}
            to m: …
        "#,
    );
}

#[test]
fn a_listen_that_the_server_takes_down_is_completed() {
    modern(
        r#"
        m: {"id":"L","method":"subscriptions/listen","params":{"_meta":{$M},"notifications":{}}}
            to server: {"id":1,…
        m: {"id":2,"method":"tools/call","params":{"name":"t","_meta":{$M}}}
            to server: {"id":2,…
        server: {"method":"notifications/cancelled","params":{"requestId":2}}
            dropped: unknown_cancellation
        server: {"method":"notifications/cancelled","params":{"requestId":7}}
            dropped: unknown_cancellation
        server: {"method":"notifications/cancelled"}
            dropped: unknown_cancellation
        server: {"method":"notifications/cancelled","params":{"requestId":1,"_meta":{"~subscriptionId":1}}}
            to m: {"id":"L","result":{"_meta":{"~subscriptionId":"L"},"resultType":"complete"}}
        server: {"id":1,"result":{}}
            dropped: unknown_response
        "#,
    );
}

#[test]
fn listens_end_gracefully_when_the_gateway_ends_them() {
    modern(
        r#"
        m: {"id":"L","method":"subscriptions/listen","params":{"_meta":{$M},"notifications":{}}}
            to server: {"id":1,…
        m: {"id":2,"method":"tools/call","params":{"name":"t","_meta":{$M}}}
            to server: {"id":2,…
        end listeners
            to server: {"method":"notifications/cancelled","params":{"requestId":1}}
            to m: {"id":"L","result":{"_meta":{"~subscriptionId":"L"},"resultType":"complete"}}
        in flight 1
        "#,
    );
}

#[test]
fn a_discovery_names_every_revision_of_the_endpoint() {
    modern(
        r#"
        m: {"id":1,"method":"server/discover","params":{"_meta":{$M}}}
            to server: {"id":1,"method":"server/discover","params":{"_meta":{$M}}}
        server: {"id":1,"result":{"supportedVersions":["2026-07-28"],"capabilities":{ "tools":{}},"ttlMs":5}}
            to m: {"id":1,"result":{"supportedVersions":["2026-07-28","2025-11-25","2025-06-18","2025-03-26","2024-11-05"],"capabilities":{ "tools":{}},"ttlMs":5}}
        "#,
    );
}

#[test]
fn rounds_of_questions_pass_through() {
    modern(
        r#"
        m: {"id":1,"method":"tools/call","params":{"name":"t","_meta":{$M}}}
            to server: {"id":1,…
        server: {"id":1,"result":{"resultType":"input_required","requestState":"s","inputRequests":{}}}
            to m: {"id":1,"result":{"resultType":"input_required","requestState":"seal 1 for m","inputRequests":{}}}
        m: {"id":1,"method":"tools/call","params":{"name":"t","_meta":{$M},"requestState":"seal 1 for m","inputResponses":{}}}
            to server: {"id":2,"method":"tools/call","params":{"name":"t","_meta":{$M},"requestState":"s","inputResponses":{}}}
        "#,
    );
}

#[test]
fn a_lost_modern_server_needs_no_opening() {
    modern(
        r#"
        m: {"id":"L","method":"subscriptions/listen","params":{"_meta":{$M},"notifications":{}}}
            to server: {"id":1,…
        m: {"id":2,"method":"tools/call","params":{"name":"t","_meta":{$M}}}
            to server: {"id":2,…
        lose (in any order)
            to m: {"id":"L","error":{…"reason":"upstream_exited","sent":true…
            to m: {"id":2,"error":{…"reason":"upstream_exited","sent":true…
        is open
        m: {"id":2,"method":"tools/call","params":{"name":"t","_meta":{$M}}}
            to server: {"id":3,…
        "#,
    );
}

#[test]
fn a_list_that_holds_for_a_while_is_not_asked_for_again_until_it_changes() {
    modern(
        r#"
        m: {"id":1,"method":"tools/list","params":{"_meta":{$M}}}
            to server: {"id":1,…
        server: {"id":1,"result":{"resultType":"complete","tools":[],"ttlMs":60000,"cacheScope":"private"}}
            to m: {"id":1,…
        time 10s
        m: {"id":2,"method":"tools/list","params":{"_meta":{$M,"traceparent":"x"}}}
            to m: {"id":2,"result":{"resultType":"complete","tools":[],"ttlMs":50000,"cacheScope":"private"}}
        n: {"id":1,"method":"tools/list","params":{"_meta":{$M}}}
            to server: {"id":2,…
        m: {"id":3,"method":"subscriptions/listen","params":{"_meta":{$M},"notifications":{"toolsListChanged":true}}}
            to server: {"id":3,…
        server: {"method":"notifications/tools/list_changed","params":{"_meta":{"~subscriptionId":3}}}
            to m on 3: …
        server: {"id":2,"result":{"resultType":"complete","tools":[1],"ttlMs":60000,"cacheScope":"public"}}
            to n: {"id":1,…
        m: {"id":4,"method":"tools/list","params":{"_meta":{$M}}}
            to server: {"id":4,…
        server: {"id":4,"result":{"resultType":"complete","tools":[2],"ttlMs":60000,"cacheScope":"public"}}
            to m: {"id":4,…
        n: {"id":2,"method":"tools/list","params":{"_meta":{$M}}}
            to n: {"id":2,"result":{"resultType":"complete","tools":[2],…
        lose
            to m: {"id":3,…
        n: {"id":3,"method":"tools/list","params":{"_meta":{$M}}}
            to server: {"id":5,…
        "#,
    );
}
