//! Changes at a modern server, for legacy sessions.

use super::dialogue::{DISCOVERED, legacy_to_modern, shared_modern};

const ACK: &str = r#"{"method":"notifications/subscriptions/acknowledged","params":{"_meta":{"~subscriptionId":3},"notifications":{"toolsListChanged":true,"resourceSubscriptions":["u"]}}}"#;

/// A session that is subscribed to `u`, whose changes come on the listen 4.
fn subscribed(script: &str) {
    let ack = ACK.replace("Id\":3", "Id\":4");
    legacy_to_modern(&format!(
        r#"
        a: {{"id":1,"method":"resources/subscribe","params":{{"uri":"u"}}}}
            to server: {{"id":4,"method":"subscriptions/listen","params":{{"_meta":{{…}},"notifications":{{"toolsListChanged":true,"resourceSubscriptions":["u"]}}}}}}
        server: {ack}
            to server: {{"method":"notifications/cancelled","params":{{"requestId":2}}}}
            to a: {{"id":1,"result":{{}}}}
        {script}
        "#
    ));
}

#[test]
fn changes_reach_the_session_as_it_knows_them() {
    subscribed(
        r#"
        server: {"method":"notifications/tools/list_changed","params":{"_meta":{"~subscriptionId":4}}}
            to a's session: {"method":"notifications/tools/list_changed"}
        server: {"method":"notifications/resources/updated","params":{"_meta":{"~subscriptionId":4,"x":1},"uri":"u"}}
            to a's session: {"method":"notifications/resources/updated","params":{"_meta":{"x":1},"uri":"u"}}
        server: {"method":"notifications/resources/updated","params":{"_meta":{"~subscriptionId":4},"uri":"other"}}
        server: {"method":"notifications/tools/list_changed","params":{"_meta":{"~subscriptionId":2}}}
            dropped: unknown_subscription
        "#,
    );
}

#[test]
fn the_old_stream_is_heard_until_the_new_one_is_acknowledged() {
    subscribed(
        r#"
        a: {"id":2,"method":"resources/subscribe","params":{"uri":"v"}}
            to server: {"id":6,"method":"subscriptions/listen",…"resourceSubscriptions":["u","v"]}}}
        server: {"method":"notifications/resources/updated","params":{"_meta":{"~subscriptionId":6},"uri":"v"}}
            dropped: unknown_subscription
        server: {"method":"notifications/resources/updated","params":{"_meta":{"~subscriptionId":4},"uri":"u"}}
            to a's session: {"method":"notifications/resources/updated","params":{"uri":"u"}}
        a: {"id":3,"method":"resources/subscribe","params":{"uri":"w"}}
        a: {"id":4,"method":"resources/subscribe","params":{"uri":"u"}}
            to a: {"id":4,"result":{}}
        server: {"method":"notifications/subscriptions/acknowledged","params":{"_meta":{"~subscriptionId":6},"notifications":{"resourceSubscriptions":["u","v"]}}}
            to server: {"method":"notifications/cancelled","params":{"requestId":4}}
            to a: {"id":2,"result":{}}
            to server: {"id":8,"method":"subscriptions/listen",…"resourceSubscriptions":["u","v","w"]}}}
        in flight 1
        server: {"method":"notifications/subscriptions/acknowledged","params":{"_meta":{"~subscriptionId":8},"notifications":{"resourceSubscriptions":["u","v","w"]}}}
            to server: {"method":"notifications/cancelled","params":{"requestId":6}}
            to a: {"id":3,"result":{}}
        in flight 0
        "#,
    );
}

#[test]
fn what_the_acknowledgement_leaves_out_is_refused() {
    subscribed(
        r#"
        a: {"id":2,"method":"resources/subscribe","params":{"uri":"v"}}
            to server: {"id":6,…
        server: {"method":"notifications/subscriptions/acknowledged","params":{"_meta":{"~subscriptionId":6},"notifications":{"toolsListChanged":true,"resourceSubscriptions":["u"]}}}
            to server: {"method":"notifications/cancelled","params":{"requestId":4}}
            to a: {"id":2,"error":{"code":-32602,…
        time 1s
        server: {"method":"notifications/resources/updated","params":{"_meta":{"~subscriptionId":6},"uri":"u"}}
            to a's session: {"method":"notifications/resources/updated","params":{"uri":"u"}}
        "#,
    );
}

#[test]
fn a_server_that_does_not_answer_in_time_is_not_called_broken() {
    legacy_to_modern(
        r#"
        a: {"id":1,"method":"resources/subscribe","params":{"uri":"u"}}
            to server: {"id":4,"method":"subscriptions/listen",…
        time 60s
            to server: {"method":"notifications/cancelled","params":{"requestId":4}}
            to a: {"id":1,"error":{…"reason":"upstream_timeout"…
        "#,
    );
}

#[test]
fn the_end_of_a_subscription_is_the_end_of_its_changes() {
    subscribed(
        r#"
        a: {"id":2,"method":"resources/unsubscribe","params":{"uri":"u"}}
            to a: {"id":2,"result":{}}
            to server: {"id":5,"method":"subscriptions/listen",…"notifications":{"toolsListChanged":true}}}
        server: {"method":"notifications/resources/updated","params":{"_meta":{"~subscriptionId":4},"uri":"u"}}
        server: {"method":"notifications/subscriptions/acknowledged","params":{"_meta":{"~subscriptionId":5},"notifications":{"toolsListChanged":true}}}
            to server: {"method":"notifications/cancelled","params":{"requestId":4}}
        leave a
            to server: {"method":"notifications/cancelled","params":{"requestId":5}}
        "#,
    );
}

#[test]
fn a_stream_that_ends_is_opened_again_after_a_pause_and_sessions_are_told_to_look() {
    subscribed(
        r#"
        server: {"id":4,"result":{"resultType":"complete","_meta":{"~subscriptionId":4}}}
        time 1s
        time 2s
            to server: {"id":5,"method":"subscriptions/listen",…
        fail 5
        time 3s
        time 5s
            to server: {"id":6,"method":"subscriptions/listen",…
        server: {"method":"notifications/cancelled","params":{"requestId":6}}
        time 6s
        time 10s
            to server: {"id":7,"method":"subscriptions/listen",…
        server: {"method":"notifications/subscriptions/acknowledged","params":{"_meta":{"~subscriptionId":7},"notifications":{"toolsListChanged":true,"resourceSubscriptions":["u"]}}}
            to a's session: {"method":"notifications/tools/list_changed"}
            to a's session: {"method":"notifications/resources/updated","params":{"uri":"u"}}
        "#,
    );
}

#[test]
fn a_server_that_comes_back_is_listened_to_again() {
    subscribed(&format!(
        r#"
        lose
        is closed
        open
            to server: {{"id":5,"method":"server/discover",…
        server: {{"id":5,"result":{DISCOVERED}}}
            to server: {{"id":6,"method":"subscriptions/listen",…"resourceSubscriptions":["u"]}}}}}}
            opened
        server: {{"method":"notifications/subscriptions/acknowledged","params":{{"_meta":{{"~subscriptionId":6}},"notifications":{{"toolsListChanged":true,"resourceSubscriptions":["u"]}}}}}}
            to a's session: {{"method":"notifications/tools/list_changed"}}
            to a's session: {{"method":"notifications/resources/updated","params":{{"uri":"u"}}}}
        "#
    ));
}

#[test]
fn a_server_without_such_streams_is_not_asked_for_ever() {
    subscribed(
        r#"
        a: {"id":2,"method":"resources/subscribe","params":{"uri":"v"}}
            to server: {"id":6,…
        server: {"id":6,"error":{"code":-32601,"message":"no"}}
            to a: {"id":2,"error":{"code":-32601,"message":"no"}}
        time 50s
        a: {"id":2,"method":"resources/subscribe","params":{"uri":"v"}}
            to a: {"id":2,"error":{"code":-32602,…
        "#,
    );
}

#[test]
fn a_subscription_that_is_not_acknowledged_in_time_fails() {
    subscribed(
        r#"
        a: {"id":2,"method":"resources/subscribe","params":{"uri":"v"}}
            to server: {"id":6,…
        time 59s
        time 60s (in any order)
            to a: {"id":2,"error":{…"reason":"upstream_timeout"…
            to server: {"method":"notifications/cancelled","params":{"requestId":6}}
        in flight 0
        a: {"id":3,"method":"resources/subscribe","params":{"uri":"v"}}
        a: {"method":"notifications/cancelled","params":{"requestId":3}}
            to a: {"id":3,"error":{…"reason":"cancelled"…
        "#,
    );
}

#[test]
fn each_session_hears_of_what_it_subscribed_to() {
    shared_modern(&format!(
        r#"
        a: {{"id":1,"method":"resources/subscribe","params":{{"uri":"u"}}}}
            to server: {{"id":4,"method":"subscriptions/listen",…
        b: {{"id":1,"method":"resources/subscribe","params":{{"uri":"u"}}}}
        server: {}
            to server: {{"method":"notifications/cancelled","params":{{"requestId":2}}}}
            to a: {{"id":1,"result":{{}}}}
            to b: {{"id":1,"result":{{}}}}
        server: {{"method":"notifications/resources/updated","params":{{"_meta":{{"~subscriptionId":4}},"uri":"u"}}}} (in any order)
            to a's session: {{"method":"notifications/resources/updated","params":{{"uri":"u"}}}}
            to b's session: {{"method":"notifications/resources/updated","params":{{"uri":"u"}}}}
        leave a
        a: {{"id":3,"method":"resources/subscribe","params":{{"uri":"v"}}}}
            to a: {{"id":3,"error":{{…
        server: {{"method":"notifications/resources/updated","params":{{"_meta":{{"~subscriptionId":4}},"uri":"u"}}}}
            to b's session: {{"method":"notifications/resources/updated","params":{{"uri":"u"}}}}
        end listeners
            to server: {{"method":"notifications/cancelled","params":{{"requestId":4}}}}
        time 50s
        "#,
        ACK.replace("Id\":3", "Id\":4")
    ));
}

#[test]
fn a_session_that_leaves_while_it_subscribes_is_answered_once_and_forgotten() {
    shared_modern(
        r#"
        a: {"id":1,"method":"resources/subscribe","params":{"uri":"u"}}
            to server: {"id":4,"method":"subscriptions/listen",…
        leave a
            to a: {"id":1,"error":{…"reason":"session_ended"…
        server: {"method":"notifications/subscriptions/acknowledged","params":{"_meta":{"~subscriptionId":4},"notifications":{"resourceSubscriptions":["u"]}}}
            to server: {"method":"notifications/cancelled","params":{"requestId":2}}
            to server: {"id":5,"method":"subscriptions/listen",…"notifications":{"toolsListChanged":true}}}
        "#,
    );
}

#[test]
fn what_one_session_subscribes_to_displaces_nothing_of_another() {
    let mut script = String::from(
        r#"b: {"id":1,"method":"resources/subscribe","params":{"uri":"z"}}
    to server: {"id":4,"method":"subscriptions/listen",…
server: {"method":"notifications/subscriptions/acknowledged","params":{"_meta":{"~subscriptionId":4},"notifications":{"toolsListChanged":true,"resourceSubscriptions":["z"]}}}
    to server: {"method":"notifications/cancelled","params":{"requestId":2}}
    to b: {"id":1,"result":{}}
a: {"id":"first","method":"resources/subscribe","params":{"uri":"a:0"}}
    to server: {"id":6,"method":"subscriptions/listen",…
"#,
    );
    let granted: Vec<_> = (0..999).map(|number| format!("\"a:{number}\"")).collect();
    for number in 1..999 {
        script += &format!(
            "a: {{\"id\":{number},\"method\":\"resources/subscribe\",\"params\":{{\"uri\":\"a:{number}\"}}}}\n"
        );
    }
    script += r#"a: {"id":"more","method":"resources/subscribe","params":{"uri":"a:999"}}
    to a: {"id":"more","error":{"code":-32600,…1000 resources…
b: {"id":2,"method":"resources/unsubscribe","params":{"uri":"y"}}
    to b: {"id":2,"result":{}}
"#;
    script += &format!(
        r#"server: {{"method":"notifications/subscriptions/acknowledged","params":{{"_meta":{{"~subscriptionId":6}},"notifications":{{"toolsListChanged":true,"resourceSubscriptions":["a:0","z"]}}}}}}
    to server: {{"method":"notifications/cancelled","params":{{"requestId":4}}}}
    to a: {{"id":"first","result":{{}}}}
    to server: {{"id":1005,"method":"subscriptions/listen",…{}…"z"]}}}}}}
"#,
        granted[998]
    );
    shared_modern(&script);
}
