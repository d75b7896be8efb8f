//! Requests that their clients give up.

use super::dialogue::{account, session, shared};

#[test]
fn a_cancellation_is_sent_on_with_our_id_and_the_clients_reason() {
    session(
        r#"
        a: {"id":"x","method":"tools/call","params":{"name":"t"}}
            to server: {"id":2,…
        a: {"method":"notifications/cancelled","params":{"requestId":"x","reason":"bored" }}
            to server: {"method":"notifications/cancelled","params":{"requestId":2,"reason":"bored" }}
            to a: {"id":"x","error":{"code":-32603,…"reason":"cancelled","sent":true,"retryable":false}}}
        server: {"id":2,"result":{}}
            dropped: unknown_response
        a: {"id":"x","method":"tools/call","params":{"name":"t"}}
            to server: {"id":3,…
        "#,
    );
}

#[test]
fn a_cancellation_of_nothing_is_ignored() {
    session(
        r#"
        a: {"method":"notifications/cancelled","params":{"requestId":"x"}}
            dropped: unknown_cancellation
        a: {"id":1,"method":"tools/call","params":{"name":"t"}}
            to server: {"id":2,…
        a: {"method":"notifications/cancelled","params":{"requestId":2}}
            dropped: unknown_cancellation
        a: {"method":"notifications/cancelled","params":{}}
            dropped: unknown_cancellation
        a: {"method":"notifications/cancelled"}
            dropped: unknown_cancellation
        server: {"id":2,"result":{}}
            to a: {"id":1,"result":{}}
        a: {"method":"notifications/cancelled","params":{"requestId":1}}
            dropped: unknown_cancellation
        "#,
    );
}

#[test]
fn nobody_cancels_anothers_request() {
    shared(
        r#"
        a: {"id":1,"method":"tools/call","params":{"name":"t"}}
            to server: {"id":2,…
        b: {"method":"notifications/cancelled","params":{"requestId":1}}
            dropped: unknown_cancellation
        server: {"id":2,"result":{}}
            to a: {"id":1,"result":{}}
        "#,
    );
}

#[test]
fn a_modern_client_that_goes_away_has_cancelled() {
    account(
        r#"
        m: {"id":1,"method":"tools/call","params":{"name":"t","_meta":{$M}}}
            to server: {"id":2,…
        m: {"id":2,"method":"tools/call","params":{"name":"t","_meta":{$M}}}
            to server: {"id":3,…
        abandon m 1
            to server: {"method":"notifications/cancelled","params":{"requestId":2}}
            to m: {"id":1,"error":…
        server: {"id":2,"result":{}}
            dropped: unknown_response
        server: {"id":3,"result":{}}
            to m: {"id":2,…
        in flight 0
        "#,
    );
}

#[test]
fn a_session_that_leaves_cancels_what_it_has_in_flight_and_no_more() {
    shared(
        r#"
        a: {"id":1,"method":"tools/call","params":{"name":"t"}}
            to server: {"id":2,…
        b: {"id":1,"method":"tools/call","params":{"name":"t"}}
            to server: {"id":3,…
        leave a
            to server: {"method":"notifications/cancelled","params":{"requestId":2}}
            to a: {"id":1,"error":{…"reason":"session_ended","sent":true,"retryable":false}}}
        leave a
        server: {"id":3,"result":{}}
            to b: {"id":1,"result":{}}
        in flight 0
        "#,
    );
}

#[test]
fn a_cancellation_that_the_server_does_not_take_still_ends_the_call() {
    session(
        r#"
        a: {"id":1,"method":"tools/call","params":{"name":"t"}}
            to server: {"id":2,…
        full
        a: {"method":"notifications/cancelled","params":{"requestId":1}}
            dropped: undeliverable
            to a: {"id":1,"error":…
        in flight 0
        "#,
    );
}

#[test]
fn notifications_of_a_session_pass_as_they_are() {
    session(
        r#"
        a: {"method":"notifications/roots/list_changed"}
            to server: {"method":"notifications/roots/list_changed"}
        a: {"method":"notifications/initialized"}
            to server: {"method":"notifications/initialized"}
        a: {"method":"vendor/x","params":{ "a" :1.0}}
            to server: {"method":"vendor/x","params":{ "a" :1.0}}
        full
        a: {"method":"vendor/x"}
            dropped: undeliverable
        "#,
    );
}

#[test]
fn one_session_does_not_speak_for_all_of_a_shared_server() {
    shared(
        r#"
        a: {"method":"notifications/initialized"}
        a: {"method":"notifications/roots/list_changed"}
        "#,
    );
}
