//! Progress follows its token, and moves one deadline.

use super::dialogue::{account, session, shared};

#[test]
fn tokens_are_minted_and_mapped_back() {
    shared(
        r#"
        a: {"id":1,"method":"tools/call","params":{"name":"t","_meta":{"progressToken":"t"}}}
            to server: {"id":2,"method":"tools/call","params":{"name":"t","_meta":{"progressToken":2}}}
        b: {"id":1,"method":"tools/call","params":{"name":"t","_meta":{"progressToken":"t"}}}
            to server: {"id":3,"method":"tools/call","params":{"name":"t","_meta":{"progressToken":3}}}
        server: {"method":"notifications/progress","params":{"progressToken":3,"progress":0.5 ,"x":[]}}
            to b on 1: {"method":"notifications/progress","params":{"progressToken":"t","progress":0.5 ,"x":[]}}
        server: {"method":"notifications/progress","params":{"progress":1,"progressToken":2}}
            to a on 1: {"method":"notifications/progress","params":{"progress":1,"progressToken":"t"}}
        "#,
    );
    account(
        r#"
        m: {"id":1,"method":"tools/call","params":{"name":"t","_meta":{$M,"progressToken":9007199254740993}}}
            to server: {"id":2,"method":"tools/call","params":{"name":"t","_meta":{"progressToken":2}}}
        server: {"method":"notifications/progress","params":{"progressToken":2,"progress":1}}
            to m on 1: {"method":"notifications/progress","params":{"progressToken":9007199254740993,"progress":1}}
        "#,
    );
}

#[test]
fn progress_for_no_token_in_flight_reaches_nobody() {
    session(
        r#"
        server: {"method":"notifications/progress","params":{"progressToken":2,"progress":1}}
            dropped: unknown_token
        a: {"id":1,"method":"tools/call","params":{"name":"t"}}
            to server: {"id":2,…
        server: {"method":"notifications/progress","params":{"progressToken":2,"progress":1}}
            dropped: unknown_token
        a: {"id":7,"method":"tools/call","params":{"name":"t","_meta":{"progressToken":7}}}
            to server: {"id":3,…
        server: {"method":"notifications/progress","params":{"progressToken":7,"progress":1}}
            dropped: unknown_token
        server: {"method":"notifications/progress","params":{"progressToken":"3","progress":1}}
            dropped: unknown_token
        server: {"method":"notifications/progress"}
            dropped: unknown_token
        server: {"id":3,"result":{}}
            to a: {"id":7,"result":{}}
        server: {"method":"notifications/progress","params":{"progressToken":3,"progress":2}}
            dropped: unknown_token
        "#,
    );
}

#[test]
fn progress_extends_the_deadline_up_to_the_last_one() {
    session(
        r#"
        a: {"id":1,"method":"tools/call","params":{"name":"t","_meta":{"progressToken":1}}}
            to server: {"id":2,…
        time 59s
        server: {"method":"notifications/progress","params":{"progressToken":2,"progress":1}}
            to a on 1: …
        time 99s
        server: {"method":"notifications/progress","params":{"progressToken":2,"progress":2}}
            to a on 1: …
        time 100s
            to server: {"method":"notifications/cancelled","params":{"requestId":2}}
            to a: {"id":1,"error":{"code":-32603,…"reason":"upstream_timeout","sent":true,"retryable":false}}}
        server: {"id":2,"result":{}}
            dropped: unknown_response
        in flight 0
        "#,
    );
}

#[test]
fn without_progress_a_call_ends_at_its_first_deadline() {
    session(
        r#"
        a: {"id":1,"method":"tools/call","params":{"name":"t","_meta":{"progressToken":1}}}
            to server: {"id":2,…
        time 59s
        time 60s
            to server: {"method":"notifications/cancelled","params":{"requestId":2}}
            to a: {"id":1,"error":{…"reason":"upstream_timeout"…
        "#,
    );
}

#[test]
fn progress_toward_a_client_that_takes_none_still_counts() {
    session(
        r#"
        deaf a
        a: {"id":1,"method":"tools/call","params":{"name":"t","_meta":{"progressToken":1}}}
            to server: {"id":2,…
        time 59s
        server: {"method":"notifications/progress","params":{"progressToken":2,"progress":1}}
        time 99s
        server: {"id":2,"result":{}}
            to a: {"id":1,"result":{}}
        "#,
    );
}
