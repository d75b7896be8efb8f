//! `resources/subscribe` of legacy sessions.

use super::dialogue::{session, shared};

#[test]
fn updates_reach_who_subscribed_and_list_changes_everybody() {
    shared(
        r#"
        a: {"id":1,"method":"resources/subscribe","params":{"uri":"file:///dir"}}
            to server: {"id":2,"method":"resources/subscribe","params":{"uri":"file:///dir"}}
        server: {"id":2,"result":{}}
            to a: {"id":1,"result":{}}
        server: {"method":"notifications/resources/updated","params":{"uri":"file:///dir/x","title":"t"}}
            to a's session: {"method":"notifications/resources/updated","params":{"uri":"file:///dir/x","title":"t"}}
        server: {"method":"notifications/resources/updated","params":{"uri":"file:///directory"}}
        server: {"method":"notifications/resources/updated"}
        server: {"method":"notifications/tools/list_changed"} (in any order)
            to a's session: {"method":"notifications/tools/list_changed"}
            to b's session: {"method":"notifications/tools/list_changed"}
        "#,
    );
}

#[test]
fn a_session_of_its_own_gets_whatever_its_server_announces() {
    session(
        r#"
        server: {"method":"notifications/resources/updated","params":{"uri":"never subscribed"}}
            to a's session: {"method":"notifications/resources/updated","params":{"uri":"never subscribed"}}
        "#,
    );
}

#[test]
fn nothing_is_published_to_a_session_before_its_initialize_is_answered() {
    shared(
        r#"
        join c
        leave b
        server: {"method":"notifications/tools/list_changed"}
            to a's session: …
        "#,
    );
}

#[test]
fn the_last_to_unsubscribe_is_heard_by_the_server() {
    shared(
        r#"
        a: {"id":1,"method":"resources/subscribe","params":{"uri":"u"}}
            to server: {"id":2,…
        b: {"id":1,"method":"resources/subscribe","params":{"uri":"u"}}
            to server: {"id":3,…
        server: {"id":2,"result":{}}
            to a: …
        a: {"id":2,"method":"resources/unsubscribe","params":{"uri":"u"}}
            to a: {"id":2,"result":{}}
        server: {"id":3,"result":{}}
            to b: …
        server: {"method":"notifications/resources/updated","params":{"uri":"u"}}
            to b's session: …
        b: {"id":2,"method":"resources/unsubscribe","params":{"uri":"u"}}
            to server: {"id":4,"method":"resources/unsubscribe","params":{"uri":"u"}}
        server: {"id":4,"result":{}}
            to b: {"id":2,"result":{}}
        server: {"method":"notifications/resources/updated","params":{"uri":"u"}}
        "#,
    );
}

#[test]
fn who_never_subscribed_ends_nobodys_subscription() {
    shared(
        r#"
        a: {"id":1,"method":"resources/subscribe","params":{"uri":"u"}}
            to server: {"id":2,…
        server: {"id":2,"result":{}}
            to a: …
        b: {"id":1,"method":"resources/unsubscribe","params":{"uri":"u"}}
            to b: {"id":1,"result":{}}
        b: {"id":2,"method":"resources/unsubscribe","params":{"uri":"u"}}
            to b: {"id":2,"result":{}}
        a: {"id":2,"method":"resources/unsubscribe","params":{"uri":"u"}}
            to server: {"id":3,"method":"resources/unsubscribe","params":{"uri":"u"}}
        "#,
    );
}

#[test]
fn who_subscribes_while_another_unsubscribes_is_subscribed() {
    shared(
        r#"
        a: {"id":1,"method":"resources/subscribe","params":{"uri":"u"}}
            to server: {"id":2,…
        server: {"id":2,"result":{}}
            to a: …
        a: {"id":2,"method":"resources/unsubscribe","params":{"uri":"u"}}
            to server: {"id":3,"method":"resources/unsubscribe","params":{"uri":"u"}}
        m: {"id":1,"method":"subscriptions/listen","params":{"_meta":{$M},"notifications":{"resourceSubscriptions":["u"]}}}
            to m on 1: …
            to server: {"id":4,"method":"resources/subscribe","params":{"uri":"u"}}
        server: {"id":3,"result":{}}
            to a: …
        server: {"id":4,"result":{}}
        server: {"method":"notifications/resources/updated","params":{"uri":"u"}}
            to m on 1: …
        "#,
    );
}

#[test]
fn a_subscription_that_was_ended_before_its_answer_stays_ended() {
    shared(
        r#"
        a: {"id":1,"method":"resources/subscribe","params":{"uri":"u"}}
            to server: {"id":2,…
        a: {"id":2,"method":"resources/unsubscribe","params":{"uri":"u"}}
            to server: {"id":3,"method":"resources/unsubscribe","params":{"uri":"u"}}
        server: {"id":2,"result":{}}
            to a: …
        server: {"id":3,"result":{}}
            to a: …
        server: {"method":"notifications/resources/updated","params":{"uri":"u"}}
        "#,
    );
}

#[test]
fn a_refused_subscription_is_none_and_a_refused_end_of_one_is_no_end() {
    shared(
        r#"
        a: {"id":1,"method":"resources/subscribe","params":{"uri":"u"}}
            to server: {"id":2,…
        server: {"id":2,"error":{"code":-32002,"message":"no such resource"}}
            to a: {"id":1,"error":{"code":-32002,"message":"no such resource"}}
        server: {"method":"notifications/resources/updated","params":{"uri":"u"}}
        a: {"id":1,"method":"resources/subscribe","params":{"uri":"v"}}
            to server: {"id":3,…
        server: {"id":3,"result":{}}
            to a: …
        a: {"id":1,"method":"resources/unsubscribe","params":{"uri":"v"}}
            to server: {"id":4,…
        server: {"id":4,"error":{"code":-1,"message":"no"}}
            to a: …
        server: {"method":"notifications/resources/updated","params":{"uri":"v"}}
            to a's session: …
        b: {"id":1,"method":"resources/subscribe","params":{"uri":"v"}}
            to server: {"id":5,…
        b: {"id":2,"method":"resources/unsubscribe","params":{"uri":"v"}}
            to b: {"id":2,"result":{}}
        "#,
    );
}

#[test]
fn what_cannot_be_sent_changes_no_subscription() {
    shared(
        r#"
        full
        a: {"id":1,"method":"resources/subscribe","params":{"uri":"u"}}
            to a: {"id":1,"error":{…"sent":false…
        room
        server: {"method":"notifications/resources/updated","params":{"uri":"u"}}
        "#,
    );
}

#[test]
fn a_session_that_leaves_unsubscribes_what_only_it_wanted() {
    shared(
        r#"
        a: {"id":1,"method":"resources/subscribe","params":{"uri":"u"}}
            to server: {"id":2,…
        server: {"id":2,"result":{}}
            to a: …
        a: {"id":1,"method":"resources/subscribe","params":{"uri":"v"}}
            to server: {"id":3,…
        server: {"id":3,"result":{}}
            to a: …
        b: {"id":1,"method":"resources/subscribe","params":{"uri":"v"}}
            to server: {"id":4,…
        leave a
            to server: {"id":5,"method":"resources/unsubscribe","params":{"uri":"u"}}
        server: {"id":5,"result":{}}
        leave b
            to server: {"method":"notifications/cancelled","params":{"requestId":4}}
            to b: {"id":1,"error":…
        "#,
    );
}

#[test]
fn a_session_has_a_limit_of_subscriptions() {
    let subscribe = |number: usize| {
        format!("a: {{\"id\":1,\"method\":\"resources/subscribe\",\"params\":{{\"uri\":\"u:{number}\"}}}}\n")
    };
    let mut script = String::new();
    for number in 0..1000 {
        let id = number + 2;
        script += &subscribe(number);
        script += &format!(
            "    to server: {{\"id\":{id},…\nserver: {{\"id\":{id},\"result\":{{}}}}\n    to a: …\n"
        );
    }
    script += &subscribe(1000);
    script += "    to a: {\"id\":1,\"error\":{\"code\":-32600,…1000 resources…\n";
    script += &subscribe(5);
    script += "    to server: {\"id\":1002,…\n";
    session(&script);
}

#[test]
fn a_subscription_without_a_uri_is_the_servers_to_refuse() {
    shared(
        r#"
        a: {"id":1,"method":"resources/subscribe","params":{}}
            to server: {"id":2,"method":"resources/subscribe","params":{}}
        a: {"id":2,"method":"resources/unsubscribe","params":{"uri":"never"}}
            to server: {"id":3,…
        "#,
    );
}
