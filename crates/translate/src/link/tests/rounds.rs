//! Questions of a modern server to legacy clients.

use super::dialogue::{legacy_to_modern, legacy_to_modern_at, shared_modern};

/// A call of `a` to which the server has answered with an elicitation, and what is said after that.
fn asked(script: &str) {
    legacy_to_modern(&format!(
        r#"
        a: {{"id":1,"method":"tools/call","params":{{"name":"t","_meta":{{"progressToken":"p"}}}}}}
            to server: {{"id":3,…
        server: {{"id":3,"result":{{"resultType":"input_required","requestState":"s","inputRequests":{{"q":{{"method":"elicitation/create","params":{{"message":"?","requestedSchema":{{}}}}}}}}}}}}
            to a on 1: {{"id":1,"method":"elicitation/create","params":{{"message":"?","requestedSchema":{{}}}}}}
        {script}
        "#
    ));
}

#[test]
fn a_question_is_asked_inline_and_the_request_made_again() {
    asked(
        r#"
        in flight 1
        a: {"id":1,"result":{"action":"accept","content":{ "n":1.0}}}
            to server: {"id":4,"method":"tools/call","params":{"name":"t","_meta":{"progressToken":4,…},"inputResponses":{"q":{"action":"accept","content":{ "n":1.0}}},"requestState":"s"}}
        a: {"id":1,"result":{"action":"accept"}}
            nobody asked
        server: {"method":"notifications/progress","params":{"progressToken":3,"progress":1}}
            dropped: unknown_token
        server: {"method":"notifications/progress","params":{"progressToken":4,"progress":1}}
            to a on 1: {"method":"notifications/progress","params":{"progressToken":"p","progress":1}}
        server: {"id":4,"result":{"resultType":"complete","content":[]}}
            to a: {"id":1,"result":{"content":[]}}
        in flight 0
        "#,
    );
}

#[test]
fn all_answers_are_waited_for() {
    legacy_to_modern(
        r#"
        a: {"id":"c","method":"prompts/get","params":{"name":"t"}}
            to server: {"id":3,…
        server: {"id":3,"result":{"resultType":"input_required","inputRequests":{"x":{"method":"roots/list"},"y":{"method":"sampling/createMessage","params":{"messages":[]}}}}}
            to a on "c": {"id":1,"method":"roots/list"}
            to a on "c": {"id":2,"method":"sampling/createMessage","params":{"messages":[]}}
        a: {"id":2,"result":{"role":"assistant"}}
        a: {"id":2,"result":{"role":"again"}}
            nobody asked
        a: {"id":1,"result":{"roots":[]}}
            to server: {"id":4,"method":"prompts/get","params":{"name":"t","_meta":{…},"inputResponses":{"y":{"role":"assistant"},"x":{"roots":[]}}}}
        server: {"id":4,"result":{"resultType":"complete","messages":[]}}
            to a: {"id":"c","result":{"messages":[]}}
        "#,
    );
}

#[test]
fn the_server_cannot_answer_while_its_client_is_asked() {
    asked(
        r#"
        server: {"id":3,"result":{}}
            dropped: unknown_response
        server: {"id":4,"result":{}}
            dropped: unknown_response
        a: {"id":1,"result":{"action":"decline"}}
            to server: {"id":4,…"inputResponses":{"q":{"action":"decline"}}…
        "#,
    );
}

#[test]
fn a_clients_error_cancels_an_elicitation_and_ends_anything_else() {
    asked(
        r#"
        a: {"id":1,"error":{"code":-1,"message":"no"}}
            to server: {"id":4,…"inputResponses":{"q":{"action":"cancel"}}…
        "#,
    );
    legacy_to_modern(
        r#"
        a: {"id":1,"method":"tools/call","params":{"name":"t"}}
            to server: {"id":3,…
        server: {"id":3,"result":{"resultType":"input_required","inputRequests":{"x":{"method":"roots/list"},"y":{"method":"sampling/createMessage","params":{}}}}}
            to a on 1: {"id":1,…
            to a on 1: {"id":2,…
        a: {"id":2,"error":{"code":-1,"message":"rejected"}}
            to a: {"id":1,"error":{"code":-32603,"message":"The client refused what the server asked it"}}
            to a's session: {"method":"notifications/cancelled","params":{"requestId":1}}
        a: {"id":1,"result":{"roots":[]}}
            nobody asked
        in flight 0
        a: {"id":1,"method":"tools/call","params":{"name":"t"}}
            to server: {"id":5,…
        "#,
    );
}

#[test]
fn a_call_that_is_cancelled_while_its_client_is_asked_is_answered_once() {
    asked(
        r#"
        a: {"method":"notifications/cancelled","params":{"requestId":1}}
            to a: {"id":1,"error":{…"reason":"cancelled"…
            to a's session: {"method":"notifications/cancelled","params":{"requestId":1}}
        a: {"id":1,"result":{"action":"accept"}}
            nobody asked
        in flight 0
        "#,
    );
}

#[test]
fn a_client_that_leaves_while_it_is_asked_is_answered_once() {
    asked(
        r#"
        leave a
            to a: {"id":1,"error":{…"reason":"session_ended"…
            to a's session: {"method":"notifications/cancelled","params":{"requestId":1}}
            to server: {"method":"notifications/cancelled","params":{"requestId":2}}
        in flight 0
        "#,
    );
}

#[test]
fn a_server_that_dies_while_its_client_is_asked_ends_the_call() {
    asked(
        r#"
        lose
            to a: {"id":1,"error":{…"reason":"upstream_exited"…
            to a's session: {"method":"notifications/cancelled","params":{"requestId":1}}
        a: {"id":1,"result":{"action":"accept"}}
            nobody asked
        "#,
    );
    asked(
        r#"
        gone
        a: {"id":1,"result":{"action":"accept"}}
            to a: {"id":1,"error":{…"reason":"upstream_exited"…
        in flight 0
        "#,
    );
}

#[test]
fn time_that_people_need_counts_only_toward_the_last_deadline() {
    asked(
        r#"
        time 50s
        time 99s
        a: {"id":1,"result":{"action":"accept"}}
            to server: {"id":4,…
        server: {"id":4,"result":{"resultType":"complete"}}
            to a: {"id":1,"result":{}}
        "#,
    );
    asked(
        r#"
        time 99s
        time 100s
            to a: {"id":1,"error":{…"reason":"upstream_timeout"…
            to a's session: {"method":"notifications/cancelled","params":{"requestId":1}}
        "#,
    );
}

#[test]
fn a_request_is_not_made_again_for_ever() {
    let round = |id: u32| {
        format!(
            r#"
        server: {{"id":{id},"result":{{"resultType":"input_required","inputRequests":{{"q":{{"method":"elicitation/create","params":{{}}}}}}}}}}
            to a on 1: {{"id":{question},"method":"elicitation/create","params":{{}}}}
        a: {{"id":{question},"result":{{"action":"accept"}}}}
            to server: {{"id":{next},"method":"tools/call",…"inputResponses":{{"q":{{"action":"accept"}}}}}}}}"#,
            question = id - 2,
            next = id + 1
        )
    };
    let rounds: String = (3..13).map(round).collect();
    legacy_to_modern(&format!(
        r#"
        a: {{"id":1,"method":"tools/call","params":{{"name":"t"}}}}
            to server: {{"id":3,…{rounds}
        server: {{"id":13,"result":{{"resultType":"input_required","inputRequests":{{"q":{{"method":"elicitation/create","params":{{}}}}}}}}}}
            to a: {{"id":1,"error":{{"code":-32603,"message":"The server answered the same request with questions more than 10 times"}}}}
        in flight 0
        "#
    ));
}

#[test]
fn a_state_without_questions_is_brought_back_after_a_pause_that_grows() {
    legacy_to_modern(
        r#"
        a: {"id":1,"method":"resources/read","params":{"uri":"u"}}
            to server: {"id":3,…
        wakes never
        server: {"id":3,"result":{"resultType":"input_required","requestState":"s1"}}
        wakes at 250ms
        time 249ms
        time 250ms
            to server: {"id":4,"method":"resources/read","params":{"uri":"u","_meta":{…},"requestState":"s1"}}
        wakes never
        server: {"id":4,"result":{"resultType":"input_required","requestState":"s2","inputRequests":{}}}
        wakes at 750ms
        time 1s
            to server: {"id":5,…"requestState":"s2"}}
        server: {"id":5,"result":{"resultType":"complete","contents":[]}}
            to a: {"id":1,"result":{"contents":[]}}
        "#,
    );
}

#[test]
fn a_client_that_takes_only_answers_is_asked_on_its_sessions_stream() {
    legacy_to_modern(
        r#"
        deaf a
        a: {"id":1,"method":"tools/call","params":{"name":"t"}}
            to server: {"id":3,…
        server: {"id":3,"result":{"resultType":"input_required","inputRequests":{"q":{"method":"roots/list"}}}}
            to a's session: {"id":1,"method":"roots/list"}
        a: {"id":1,"result":{"roots":[]}}
            to server: {"id":4,…"inputResponses":{"q":{"roots":[]}}}}
        "#,
    );
}

#[test]
fn where_nobody_can_hear_it_an_elicitation_is_cancelled_and_others_end_the_call() {
    legacy_to_modern(
        r#"
        deaf a
        absent a
        a: {"id":1,"method":"tools/call","params":{"name":"t"}}
            to server: {"id":3,…
        server: {"id":3,"result":{"resultType":"input_required","inputRequests":{"q":{"method":"elicitation/create","params":{}}}}}
            to server: {"id":4,…"inputResponses":{"q":{"action":"cancel"}}}}
        server: {"id":4,"result":{"resultType":"input_required","inputRequests":{"e":{"method":"elicitation/create","params":{}},"q":{"method":"roots/list"}}}}
            to a: {"id":1,"error":{"code":-32603,"message":"The server asks its client something, and the client has no stream to hear it on"}}
        in flight 0
        "#,
    );
    legacy_to_modern(
        r#"
        deaf a
        crowded a
        a: {"id":1,"method":"tools/call","params":{"name":"t"}}
            to server: {"id":3,…
        server: {"id":3,"result":{"resultType":"input_required","inputRequests":{"q":{"method":"roots/list"}}}}
            to a: {"id":1,"error":{"code":-32603,…
        "#,
    );
}

#[test]
fn what_the_client_did_not_declare_is_not_asked() {
    shared_modern(
        r#"
        b: {"id":1,"method":"tools/call","params":{"name":"t"}}
            to server: {"id":3,…
        server: {"id":3,"result":{"resultType":"input_required","inputRequests":{"q":{"method":"elicitation/create","params":{}}}}}
            to server: {"id":4,…"inputResponses":{"q":{"action":"cancel"}}}}
        server: {"id":4,"result":{"resultType":"input_required","inputRequests":{"q":{"method":"sampling/createMessage","params":{}}}}}
            to b: {"id":1,"error":{"code":-32603,"message":"The server asks its client something that the client did not say it can answer"}}
        a: {"id":1,"method":"tools/call","params":{"name":"t"}}
            to server: {"id":5,…
        server: {"id":5,"result":{"resultType":"input_required","inputRequests":{"q":{"method":"sampling/createMessage","params":{}}}}}
            to a on 1: {"id":1,"method":"sampling/createMessage","params":{}}
        b: {"id":1,"result":{"role":"stolen"}}
            nobody asked
        a: {"id":1,"result":{"role":"assistant"}}
            to server: {"id":6,…"inputResponses":{"q":{"role":"assistant"}}}}
        "#,
    );
}

#[test]
fn a_url_needs_a_client_of_2025_11_25() {
    const URL: &str = r#"{"id":3,"result":{"resultType":"input_required","inputRequests":{"q":{"method":"elicitation/create","params":{"mode":"url","message":"m","url":"https://a.example"}}}}}"#;
    legacy_to_modern(&format!(
        r#"
        a: {{"id":1,"method":"tools/call","params":{{"name":"t"}}}}
            to server: {{"id":3,…
        server: {URL}
            to a on 1: {{"id":1,"method":"elicitation/create","params":{{"mode":"url","message":"m","url":"https://a.example","elicitationId":"elicitation-1"}}}}
        "#
    ));
    legacy_to_modern_at(
        "2025-06-18",
        &format!(
            r#"
        a: {{"id":1,"method":"tools/call","params":{{"name":"t"}}}}
            to server: {{"id":3,…
        server: {URL}
            to server: {{"id":4,…"inputResponses":{{"q":{{"action":"cancel"}}}}}}}}
        "#
        ),
    );
}

#[test]
fn a_question_where_none_may_be_asked_ends_the_request() {
    legacy_to_modern(
        r#"
        a: {"id":1,"method":"tools/list"}
            to server: {"id":3,…
        server: {"id":3,"result":{"resultType":"input_required","requestState":"s"}}
            to a: {"id":1,"error":{"code":-32603,"message":"The server answered with a question where 2026-07-28 allows none"}}
        a: {"id":1,"method":"tools/call","params":{"name":"t"}}
            to server: {"id":4,…
        server: {"id":4,"result":{"resultType":"input_required","inputRequests":{"q":{"method":"tools/list"}}}}
            to a: {"id":1,"error":{"code":-32603,…
        in flight 0
        "#,
    );
}

#[test]
fn a_client_without_a_session_cannot_be_asked() {
    shared_modern(
        r#"
        alone: {"id":1,"method":"tools/call","params":{"name":"t"}}
            to server: {"id":3,…
        server: {"id":3,"result":{"resultType":"input_required","inputRequests":{"q":{"method":"elicitation/create","params":{}}}}}
            to server: {"id":4,…"inputResponses":{"q":{"action":"cancel"}}}}
        server: {"id":4,"result":{"resultType":"input_required","inputRequests":{"q":{"method":"roots/list"}}}}
            to alone: {"id":1,"error":{"code":-32603,…
        "#,
    );
}

#[test]
fn what_depends_on_answers_is_not_kept() {
    legacy_to_modern(
        r#"
        a: {"id":1,"method":"resources/read","params":{"uri":"u"}}
            to server: {"id":3,…
        server: {"id":3,"result":{"resultType":"input_required","inputRequests":{"q":{"method":"roots/list"}}}}
            to a on 1: {"id":1,"method":"roots/list"}
        a: {"id":1,"result":{"roots":[]}}
            to server: {"id":4,…
        server: {"id":4,"result":{"resultType":"complete","contents":[],"ttlMs":60000,"cacheScope":"public"}}
            to a: {"id":1,"result":{"contents":[]}}
        a: {"id":2,"method":"resources/read","params":{"uri":"u"}}
            to server: {"id":5,…
        "#,
    );
}
