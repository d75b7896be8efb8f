//! `subscriptions/listen` in front of a legacy server.

use super::dialogue::{Dialogue, account, shared};
use crate::{Server, Sharing};

#[test]
fn a_listener_is_acknowledged_subscribed_and_told_of_changes_with_its_tag() {
    account(
        r#"
        m: {"id":"L","method":"subscriptions/listen","params":{"_meta":{$M},"notifications":{"toolsListChanged":true,"promptsListChanged":false,"resourceSubscriptions":["b:/2","a:/1","a:/1"]}}}
            to m on "L": {"method":"notifications/subscriptions/acknowledged","params":{"_meta":{"~subscriptionId":"L"},"notifications":{"toolsListChanged":true,"resourceSubscriptions":["a:/1","b:/2"]}}}
            to server: {"id":2,"method":"resources/subscribe","params":{"uri":"a:/1"}}
            to server: {"id":3,"method":"resources/subscribe","params":{"uri":"b:/2"}}
        server: {"id":2,"result":{}}
        server: {"id":3,"result":{}}
        in flight 1
        server: {"method":"notifications/tools/list_changed"}
            to m on "L": {"method":"notifications/tools/list_changed","params":{"_meta":{"~subscriptionId":"L"}}}
        server: {"method":"notifications/prompts/list_changed"}
        server: {"method":"notifications/resources/list_changed","params":{"_meta":{}}}
        server: {"method":"notifications/resources/updated","params":{"uri":"a:/1","_meta":{"v":1.0},"t":[ ]}}
            to m on "L": {"method":"notifications/resources/updated","params":{"uri":"a:/1","_meta":{"v":1.0,"~subscriptionId":"L"},"t":[ ]}}
        server: {"method":"notifications/resources/updated","params":{"uri":"a:/1/part"}}
            to m on "L": …"uri":"a:/1/part"…
        server: {"method":"notifications/resources/updated","params":{"uri":"a:/10"}}
        server: {"method":"notifications/resources/updated"}
        "#,
    );
}

#[test]
fn the_acknowledgement_names_only_what_the_server_can_do() {
    let mut dialogue = Dialogue::new(Server::Legacy, Sharing::Exclusive);
    dialogue.run(
        r#"
        open
            to server: …
        server: {"id":1,"result":{"protocolVersion":"2025-11-25","capabilities":{"tools":{},"prompts":{"listChanged":true},"resources":{"subscribe":false}}}}
            to server: …
            opened
        m: {"id":1,"method":"subscriptions/listen","params":{"_meta":{$M},"notifications":{"toolsListChanged":true,"promptsListChanged":true,"resourcesListChanged":true,"resourceSubscriptions":["u"]}}}
            to m on 1: {"method":"notifications/subscriptions/acknowledged","params":{"_meta":{"~subscriptionId":1},"notifications":{"promptsListChanged":true}}}
        server: {"method":"notifications/tools/list_changed"}
        "#,
    );
}

#[test]
fn a_server_without_changes_is_listened_to_in_vain() {
    let mut dialogue = Dialogue::new(Server::Legacy, Sharing::Exclusive);
    dialogue.run(
        r#"
        open
            to server: …
        server: {"id":1,"result":{"protocolVersion":"2025-11-25","capabilities":{}}}
            to server: …
            opened
        m: {"id":1,"method":"subscriptions/listen","params":{"_meta":{$M},"notifications":{"toolsListChanged":true,"promptsListChanged":true,"resourcesListChanged":true,"resourceSubscriptions":["u"]}}}
            to m on 1: {"method":"notifications/subscriptions/acknowledged","params":{"_meta":{"~subscriptionId":1},"notifications":{}}}
        server: {"method":"notifications/prompts/list_changed"}
        "#,
    );
}

#[test]
fn a_malformed_filter_is_refused() {
    account(
        r#"
        m: {"id":1,"method":"subscriptions/listen","params":{"_meta":{$M}}}
            to m: {"id":1,"error":{"code":-32602,…
        m: {"id":1,"method":"subscriptions/listen","params":{"_meta":{$M},"notifications":{"toolsListChanged":1}}}
            to m: {"id":1,"error":{"code":-32602,…toolsListChanged…
        m: {"id":1,"method":"subscriptions/listen","params":{"_meta":{$M},"notifications":{"resourceSubscriptions":[1]}}}
            to m: {"id":1,"error":{"code":-32602,…
        in flight 0
        "#,
    );
}

#[test]
fn resources_are_subscribed_once_and_unsubscribed_with_their_last_listener() {
    account(
        r#"
        m: {"id":1,"method":"subscriptions/listen","params":{"_meta":{$M},"notifications":{"resourceSubscriptions":["u","v"]}}}
            to m on 1: …
            to server: {"id":2,"method":"resources/subscribe","params":{"uri":"u"}}
            to server: {"id":3,"method":"resources/subscribe","params":{"uri":"v"}}
        n: {"id":1,"method":"subscriptions/listen","params":{"_meta":{$M},"notifications":{"resourceSubscriptions":["v","w"]}}}
            to n on 1: …
            to server: {"id":5,"method":"resources/subscribe","params":{"uri":"w"}}
        server: {"method":"notifications/resources/updated","params":{"uri":"v"}} (in any order)
            to m on 1: …
            to n on 1: …
        abandon m 1
            to server: {"id":7,"method":"resources/unsubscribe","params":{"uri":"u"}}
        server: {"method":"notifications/resources/updated","params":{"uri":"v"}}
            to n on 1: …
        abandon n 1
            to server: {"id":8,"method":"resources/unsubscribe","params":{"uri":"v"}}
            to server: {"id":9,"method":"resources/unsubscribe","params":{"uri":"w"}}
        "#,
    );
}

#[test]
fn listeners_of_one_client_are_told_apart() {
    account(
        r#"
        m: {"id":1,"method":"subscriptions/listen","params":{"_meta":{$M},"notifications":{"toolsListChanged":true}}}
            to m on 1: …
        m: {"id":"1","method":"subscriptions/listen","params":{"_meta":{$M},"notifications":{"toolsListChanged":true}}}
            to m on "1": …
        server: {"method":"notifications/tools/list_changed"} (in any order)
            to m on 1: {"method":"notifications/tools/list_changed","params":{"_meta":{"~subscriptionId":1}}}
            to m on "1": {"method":"notifications/tools/list_changed","params":{"_meta":{"~subscriptionId":"1"}}}
        "#,
    );
}

#[test]
fn a_listener_ends_gracefully_with_its_own_tag() {
    account(
        r#"
        m: {"id":"L","method":"subscriptions/listen","params":{"_meta":{$M},"notifications":{"toolsListChanged":true}}}
            to m on "L": …
        end listeners
            to m: {"id":"L","result":{"_meta":{"~subscriptionId":"L","~serverInfo":{"name":"s","version":"1"}},"resultType":"complete"}}
        in flight 0
        server: {"method":"notifications/tools/list_changed"}
        "#,
    );
}

#[test]
fn after_a_graceful_end_resources_are_subscribed_anew() {
    account(
        r#"
        m: {"id":1,"method":"subscriptions/listen","params":{"_meta":{$M},"notifications":{"resourceSubscriptions":["u"]}}}
            to m on 1: …
            to server: {"id":2,…
        end listeners
            to m: …
        m: {"id":2,"method":"subscriptions/listen","params":{"_meta":{$M},"notifications":{"resourceSubscriptions":["u"]}}}
            to m on 2: …
            to server: {"id":4,"method":"resources/subscribe","params":{"uri":"u"}}
        "#,
    );
}

#[test]
fn subscriptions_that_the_server_does_not_take_are_counted() {
    account(
        r#"
        full
        m: {"id":1,"method":"subscriptions/listen","params":{"_meta":{$M},"notifications":{"resourceSubscriptions":["u"]}}}
            to m on 1: …
            dropped: undeliverable
        abandon m 1
            dropped: undeliverable
        "#,
    );
}

#[test]
fn listeners_and_sessions_of_a_shared_server_count_together() {
    shared(
        r#"
        a: {"id":1,"method":"resources/subscribe","params":{"uri":"u"}}
            to server: {"id":2,"method":"resources/subscribe","params":{"uri":"u"}}
        m: {"id":1,"method":"subscriptions/listen","params":{"_meta":{$M},"notifications":{"resourceSubscriptions":["u"]}}}
            to m on 1: …
        server: {"id":2,"result":{}}
            to a: {"id":1,"result":{}}
        server: {"method":"notifications/resources/updated","params":{"uri":"u"}}
            to a's session: {"method":"notifications/resources/updated","params":{"uri":"u"}}
            to m on 1: {"method":"notifications/resources/updated","params":{"uri":"u","_meta":{"~subscriptionId":1}}}
        a: {"id":2,"method":"resources/unsubscribe","params":{"uri":"u"}}
            to a: {"id":2,"result":{}}
        server: {"method":"notifications/resources/updated","params":{"uri":"u"}}
            to m on 1: …
        abandon m 1
            to server: {"id":4,"method":"resources/unsubscribe","params":{"uri":"u"}}
        "#,
    );
}

#[test]
fn a_listener_has_no_deadline() {
    account(
        r#"
        m: {"id":1,"method":"subscriptions/listen","params":{"_meta":{$M},"notifications":{"toolsListChanged":true}}}
            to m on 1: …
        time 100000s
        server: {"method":"notifications/tools/list_changed"}
            to m on 1: …
        "#,
    );
}

#[test]
fn more_resources_than_allowed_are_left_out_of_the_acknowledgement() {
    let uris: Vec<_> = (0..1001).map(|number| format!("\"u:{number:04}\"")).collect();
    let subscribed: String = (0..1000)
        .map(|number| format!("    to server: {{\"id\":{},\"method\":\"resources/subscribe\",\"params\":{{\"uri\":\"u:{number:04}\"}}}}\n", number + 2))
        .collect();
    account(&format!(
        "m: {{\"id\":1,\"method\":\"subscriptions/listen\",\"params\":{{\"_meta\":{{$M}},\"notifications\":{{\"resourceSubscriptions\":[{}]}}}}}}\n    to m on 1: …\"u:0999\"]}}}}}}\n{subscribed}",
        uris.join(",")
    ));
}

/// Every request travels by itself there: what the client does next must not be there before the subscription.
#[test]
fn over_http_a_listener_is_acknowledged_when_the_server_has_subscribed() {
    let asks = r#"m: {"id":1,"method":"tools/call","params":{"name":"t","_meta":{$M}}}
            to server: {"id":2,…
        server 2: {"id":2,"result":{}}
            to m: {"id":1,…
        m: {"id":5,"method":"subscriptions/listen","params":{"_meta":{$M},"notifications":{"resourceSubscriptions":["a://b"]}}}
            to server: {"id":3,"method":"resources/subscribe","params":{"uri":"a://b"}}"#;
    let acknowledged = r#"to m on 5: {"method":"notifications/subscriptions/acknowledged",…"#;
    for heard in [
        r#"server 3: {"id":3,"result":{}}"#,
        r#"server 3: {"id":3,"error":{"code":-32602,"message":"no"}}"#,
        "lose",
    ] {
        account(&format!(
            r#"
        {asks}
        {heard}
            {acknowledged}
        "#
        ));
    }
    account(&format!(
        r#"
        {asks}
        server: {{"method":"notifications/resources/updated","params":{{"uri":"a://b"}}}}
            {acknowledged}
            to m on 5: {{"method":"notifications/resources/updated",…
        server 3: {{"id":3,"result":{{}}}}
        "#
    ));
}
