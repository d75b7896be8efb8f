//! What servers ask clients.

use super::dialogue::{Dialogue, SERVER_RESULT, account, modern, session, shared};
use crate::{Server, Sharing};

#[test]
fn a_question_goes_to_the_latest_exchange_and_its_answer_back() {
    session(
        r#"
        a: {"id":1,"method":"tools/call","params":{"name":"t"}}
            to server: {"id":2,…
        a: {"id":2,"method":"tools/call","params":{"name":"t"}}
            to server: {"id":3,…
        server: {"id":"s1","method":"sampling/createMessage","params":{ "n":1.0}}
            to a on 2: {"id":1,"method":"sampling/createMessage","params":{ "n":1.0}}
        server: {"id":0,"method":"roots/list"}
            to a on 2: {"id":2,"method":"roots/list"}
        a: {"id":2,"result":{ "roots":[]}}
            to server: {"id":0,"result":{ "roots":[]}}
        a: {"id":1,"error":{"code":-1,"message":"rejected","data":{}}}
            to server: {"id":"s1","error":{"code":-1,"message":"rejected","data":{}}}
        server: {"id":3,"result":{}}
            to a: {"id":2,"result":{}}
        "#,
    );
}

#[test]
fn without_an_exchange_a_question_goes_to_the_sessions_own_stream() {
    session(
        r#"
        server: {"id":1,"method":"roots/list"}
            to a's session: {"id":1,"method":"roots/list"}
        deaf a
        a: {"id":1,"method":"tools/call","params":{"name":"t"}}
            to server: {"id":2,…
        server: {"id":2,"method":"roots/list"}
            to a's session: {"id":2,"method":"roots/list"}
        crowded a
        server: {"id":3,"method":"roots/list"}
            dropped: unanswerable_question
            to server: {"id":3,"error":{"code":-32601,…
        "#,
    );
}

#[test]
fn a_question_that_the_client_did_not_declare_is_refused() {
    session(
        r#"
        a: {"id":1,"method":"tools/call","params":{"name":"t"}}
            to server: {"id":2,…
        server: {"id":5,"method":"elicitation/create","params":{}}
            dropped: unanswerable_question
            to server: {"id":5,"error":{"code":-32601,…
        server: {"id":6,"method":"vendor/ask","params":{}}
            to a on 1: {"id":1,"method":"vendor/ask","params":{}}
        "#,
    );
}

#[test]
fn nobody_behind_a_shared_or_an_account_link_can_be_asked() {
    shared(
        r#"
        a: {"id":1,"method":"tools/call","params":{"name":"t"}}
            to server: {"id":2,…
        server: {"id":5,"method":"sampling/createMessage","params":{}}
            dropped: unanswerable_question
            to server: {"id":5,"error":{"code":-32601,…
        server: {"id":2,"result":{}}
            to a: {"id":1,"result":{}}
        "#,
    );
    account(
        r#"
        m: {"id":1,"method":"tools/call","params":{"name":"t","_meta":{$M}}}
            to server: {"id":2,…
        server: {"id":5,"method":"roots/list"}
            dropped: unanswerable_question
            to server: {"id":5,"error":{"code":-32601,…
        server: {"id":2,"result":{}}
            to m: {"id":1,…
        "#,
    );
}

#[test]
fn a_modern_server_must_not_ask_and_is_not_answered() {
    modern(
        r#"
        m: {"id":1,"method":"tools/call","params":{"name":"t","_meta":{$M}}}
            to server: {"id":1,…
        server: {"id":5,"method":"sampling/createMessage","params":{}}
            dropped: request_from_modern_server
        server: {"id":6,"method":"ping"}
            dropped: request_from_modern_server
        "#,
    );
}

#[test]
fn a_servers_ping_is_answered_here() {
    session(
        r#"
        server: {"id":"p","method":"ping"}
            to server: {"id":"p","result":{}}
        "#,
    );
    shared(
        r#"
        server: {"id":"p","method":"ping"}
            to server: {"id":"p","result":{}}
        "#,
    );
}

#[test]
fn a_question_is_answered_once_and_by_who_was_asked() {
    shared("a: {\"id\":1,\"result\":{}}\n    nobody asked");
    session(
        r#"
        a: {"id":1,"result":{}}
            nobody asked
        server: {"id":9,"method":"roots/list"}
            to a's session: {"id":1,…
        join b
        b: {"id":1,"result":{"roots":["stolen"]}}
            nobody asked
        a: {"id":"1","result":{}}
            nobody asked
        a: {"id":1,"result":{"roots":[]}}
            to server: {"id":9,"result":{"roots":[]}}
        a: {"id":1,"result":{"roots":["again"]}}
            nobody asked
        a: {"error":{"code":-32700,"message":"?"}}
            nobody asked
        "#,
    );
}

#[test]
fn a_question_that_the_server_takes_back_is_taken_back_from_the_client() {
    session(
        r#"
        server: {"id":"s","method":"roots/list"}
            to a's session: {"id":1,…
        server: {"method":"notifications/cancelled","params":{"requestId":"other"}}
            dropped: unknown_cancellation
        server: {"method":"notifications/cancelled","params":{"reason":"late","requestId":"s"}}
            to a's session: {"method":"notifications/cancelled","params":{"reason":"late","requestId":1}}
        a: {"id":1,"result":{"roots":[]}}
            nobody asked
        server: {"method":"notifications/cancelled","params":{"requestId":"s"}}
            dropped: unknown_cancellation
        "#,
    );
}

#[test]
fn questions_of_a_lost_server_are_void() {
    session(
        r#"
        server: {"id":"s","method":"roots/list"}
            to a's session: {"id":1,…
        lose
            to a's session: {"method":"notifications/cancelled","params":{"requestId":1}}
        a: {"id":1,"result":{"roots":[]}}
            nobody asked
        "#,
    );
}

#[test]
fn a_call_that_waits_for_its_client_does_not_time_out_before_the_last_deadline() {
    session(
        r#"
        a: {"id":1,"method":"tools/call","params":{"name":"t"}}
            to server: {"id":2,…
        server: {"id":"s","method":"roots/list"}
            to a on 1: {"id":1,…
        time 50s
        a: {"id":2,"method":"tools/call","params":{"name":"t"}}
            to server: {"id":3,…
        time 70s
        a: {"id":1,"result":{"roots":[]}}
            to server: {"id":"s",…
        time 99s
        server: {"id":2,"result":{}}
            to a: {"id":1,"result":{}}
        server: {"id":"t","method":"roots/list"}
            to a on 2: {"id":2,…
        time 149s
        time 150s
            to server: {"method":"notifications/cancelled","params":{"requestId":3}}
            to a: {"id":2,"error":{…"reason":"upstream_timeout"…
            to a's session: {"method":"notifications/cancelled","params":{"requestId":2}}
            to server: {"id":"t","error":{"code":-32603,…
        "#,
    );
}

#[test]
fn a_question_does_not_outlive_the_call_that_it_was_for() {
    session(
        r#"
        a: {"id":1,"method":"tools/call","params":{"name":"t"}}
            to server: {"id":2,…
        server: {"id":"s","method":"roots/list"}
            to a on 1: {"id":1,…
        a: {"id":2,"method":"tools/call","params":{"name":"t"}}
            to server: {"id":3,…
        a: {"method":"notifications/cancelled","params":{"requestId":2}}
            to server: {"method":"notifications/cancelled","params":{"requestId":3}}
            to a: {"id":2,"error":{…
        a: {"method":"notifications/cancelled","params":{"requestId":1}}
            to server: {"method":"notifications/cancelled","params":{"requestId":2}}
            to a: {"id":1,"error":{…
            to a's session: {"method":"notifications/cancelled","params":{"requestId":1}}
            to server: {"id":"s","error":{"code":-32603,…
        "#,
    );
}

#[test]
fn a_question_within_a_call_is_refused_where_its_client_could_not_hear_it() {
    session(
        r#"
        deaf a
        absent a
        a: {"id":1,"method":"tools/call","params":{"name":"t"}}
            to server: {"id":2,…
        server: {"id":"s","method":"roots/list"}
            dropped: unanswerable_question
            to server: {"id":"s","error":{"code":-32601,…
        server: {"id":2,"result":{}}
            to a: {"id":1,"result":{}}
        server: {"id":"t","method":"roots/list"}
            to a's session: {"id":1,"method":"roots/list"}
        "#,
    );
}

#[test]
fn every_call_that_may_be_behind_a_question_is_spared() {
    session(
        r#"
        a: {"id":1,"method":"tools/call","params":{"name":"t"}}
            to server: {"id":2,…
        server: {"id":"s","method":"roots/list"}
            to a on 1: {"id":1,…
        a: {"id":2,"method":"tools/call","params":{"name":"t"}}
            to server: {"id":3,…
        server: {"id":"t","method":"roots/list"}
            to a on 2: {"id":2,…
        time 60s
        a: {"id":2,"result":{"roots":[]}}
            to server: {"id":"t",…
        server: {"id":3,"result":{}}
            to a: {"id":2,"result":{}}
        "#,
    );
}

#[test]
fn who_left_answers_nothing_any_more() {
    session(
        r#"
        server: {"id":"s","method":"roots/list"}
            to a's session: {"id":1,…
        leave a
            to a's session: {"method":"notifications/cancelled","params":{"requestId":1}}
            to server: {"id":"s","error":{"code":-32603,"message":"The client did not answer in time"}}
        a: {"id":1,"result":{"roots":[]}}
            nobody asked
        "#,
    );
}

#[test]
fn a_server_hears_of_each_question_to_who_left_and_once_of_each() {
    session(
        r#"
        server: {"id":"r","method":"roots/list"}
            to a's session: {"id":1,…
        a: {"id":1,"method":"tools/call","params":{"name":"t"}}
            to server: {"id":2,…
        server 2: {"id":"s","method":"roots/list"}
            to a on 1: {"id":2,…
        leave a
            to server: {"method":"notifications/cancelled","params":{"requestId":2}}
            to a: {"id":1,"error":{…"reason":"session_ended"…
            to a's session: {"method":"notifications/cancelled","params":{"requestId":2}}
            to server: {"id":"s","error":{"code":-32603,…
            to a's session: {"method":"notifications/cancelled","params":{"requestId":1}}
            to server: {"id":"r","error":{"code":-32603,…
        "#,
    );
}

/// A server that `a` and `b` share, in the middle of a call of each, and with a question to `a` within its call.
fn one_of_two_is_asked(script: &str) {
    shared(&format!(
        r#"
        b: {{"id":1,"method":"tools/call","params":{{"name":"t"}}}}
            to server: {{"id":2,…
        a: {{"id":1,"method":"tools/call","params":{{"name":"t"}}}}
            to server: {{"id":3,…
        server 3: {{"id":"x","method":"sampling/createMessage"}}
            to a on 1: {{"id":1,…
        {script}
        "#
    ));
}

#[test]
fn a_question_lends_no_time_to_the_calls_of_others() {
    one_of_two_is_asked(
        r#"
        time 60s
            to server: {"method":"notifications/cancelled","params":{"requestId":2}}
            to b: {"id":1,"error":{…"reason":"upstream_timeout"…
        in flight 1
        time 99s
        a: {"id":1,"result":{"role":"assistant"}}
            to server: {"id":"x",…
        server: {"id":3,"result":{}}
            to a: {"id":1,"result":{}}
        "#,
    );
}

#[test]
fn a_question_is_void_with_its_call_whatever_others_have_in_flight() {
    one_of_two_is_asked(
        r#"
        a: {"method":"notifications/cancelled","params":{"requestId":1}}
            to server: {"method":"notifications/cancelled","params":{"requestId":3}}
            to a: {"id":1,"error":{…"reason":"cancelled"…
            to a's session: {"method":"notifications/cancelled","params":{"requestId":1}}
            to server: {"id":"x","error":{"code":-32603,…
        a: {"id":1,"result":{"role":"assistant"}}
            nobody asked
        in flight 1
        "#,
    );
    one_of_two_is_asked(
        r#"
        b: {"method":"notifications/cancelled","params":{"requestId":1}}
            to server: {"method":"notifications/cancelled","params":{"requestId":2}}
            to b: {"id":1,"error":{…"reason":"cancelled"…
        a: {"id":1,"result":{"role":"assistant"}}
            to server: {"id":"x",…
        "#,
    );
}

#[test]
fn a_question_that_says_whose_it_is_lends_time_to_that_call_alone() {
    session(
        r#"
        a: {"id":1,"method":"tools/call","params":{"name":"t"}}
            to server: {"id":2,…
        a: {"id":2,"method":"tools/call","params":{"name":"t"}}
            to server: {"id":3,…
        server 3: {"id":"s","method":"roots/list"}
            to a on 2: {"id":1,…
        time 60s
            to server: {"method":"notifications/cancelled","params":{"requestId":2}}
            to a: {"id":1,"error":{…"reason":"upstream_timeout"…
        in flight 1
        "#,
    );
}

#[test]
fn a_question_that_says_nothing_is_not_put_on_the_stream_of_who_has_no_session() {
    session(
        r#"
        alone: {"id":1,"method":"tools/call","params":{"name":"t"}}
            to server: {"id":2,…
        server: {"id":"s","method":"roots/list"}
            to a's session: {"id":1,"method":"roots/list"}
        server 2: {"id":"t","method":"roots/list"}
            dropped: unanswerable_question
            to server: {"id":"t","error":{"code":-32601,…
        time 60s
            to server: {"method":"notifications/cancelled","params":{"requestId":2}}
            to alone: {"id":1,"error":{…"reason":"upstream_timeout"…
        "#,
    );
}

#[test]
fn a_question_about_a_call_that_is_over_is_put_to_nobody() {
    session(
        r#"
        a: {"id":1,"method":"tools/call","params":{"name":"t"}}
            to server: {"id":2,…
        a: {"method":"notifications/cancelled","params":{"requestId":1}}
            to server: {"method":"notifications/cancelled","params":{"requestId":2}}
            to a: {"id":1,"error":{…"reason":"cancelled"…
        server 2: {"id":"s","method":"roots/list"}
            dropped: unanswerable_question
            to server: {"id":"s","error":{"code":-32601,…
        a: {"id":2,"method":"tools/call","params":{"name":"t"}}
            to server: {"id":3,…
        server: {"id":3,"result":{}}
            to a: {"id":2,"result":{}}
        server 3: {"id":"t","method":"roots/list"}
            dropped: unanswerable_question
            to server: {"id":"t","error":{"code":-32601,…
        "#,
    );
}

#[test]
fn a_question_about_what_the_link_asked_for_itself_goes_to_its_one_session() {
    session(&format!(
        r#"
        a: {{"id":1,"method":"logging/setLevel","params":{{"level":"info"}}}}
            to server: {{"id":2,…
        server: {{"id":2,"result":{{}}}}
            to a: {{"id":1,"result":{{}}}}
        lose
        open
            to server: {{"id":3,"method":"initialize",…
        server: {{"id":3,"result":{SERVER_RESULT}}} (in any order)
            to server: {{"method":"notifications/initialized"}}
            to server: {{"id":4,"method":"logging/setLevel",…
            to a's session: {{"method":"notifications/prompts/list_changed"}}
            to a's session: {{"method":"notifications/resources/list_changed"}}
            to a's session: {{"method":"notifications/tools/list_changed"}}
            opened
        server 4: {{"id":"s","method":"roots/list"}}
            to a's session: {{"id":1,"method":"roots/list"}}
        a: {{"id":1,"result":{{"roots":[]}}}}
            to server: {{"id":"s",…
        "#
    ));
}

#[test]
fn a_question_lends_no_time_to_calls_that_came_after_it() {
    session(
        r#"
        server: {"id":"s","method":"roots/list"}
            to a's session: {"id":1,…
        a: {"id":1,"method":"tools/call","params":{"name":"t"}}
            to server: {"id":2,…
        time 60s
            to server: {"method":"notifications/cancelled","params":{"requestId":2}}
            to a: {"id":1,"error":{…"reason":"upstream_timeout"…
        "#,
    );
}

#[test]
fn a_question_that_nobody_answers_is_answered_in_the_end() {
    let mut dialogue = Dialogue::new(Server::Legacy, Sharing::Exclusive);
    dialogue.run(
        r#"
        join a
        a: {"id":0,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{"roots":{},"elicitation":{}}}}
            to server: …
        server: {"id":1,"result":{"protocolVersion":"2025-11-25","capabilities":{}}}
            a speaks 2025-11-25
            to a: …
        server: {"id":"r","method":"roots/list"}
            to a's session: {"id":1,…
        time 1s
        server: {"id":"e","method":"elicitation/create","params":{}}
            to a's session: {"id":2,…
        time 100s
            to a's session: {"method":"notifications/cancelled","params":{"requestId":1}}
            to server: {"id":"r","error":{"code":-32603,"message":"The client did not answer in time"}}
        time 101s
            to a's session: {"method":"notifications/cancelled","params":{"requestId":2}}
            to server: {"id":"e","result":{"action":"cancel"}}
        a: {"id":2,"result":{"action":"accept"}}
            nobody asked
        "#,
    );
}

#[test]
fn questions_without_end_are_refused() {
    let asked: String = (1..=100)
        .map(|id| {
            format!(
                "server: {{\"id\":{id},\"method\":\"roots/list\"}}\n    to a's session: {{\"id\":{id},…\n"
            )
        })
        .collect();
    session(&format!(
        "{asked}server: {{\"id\":101,\"method\":\"roots/list\"}}\n    dropped: unanswerable_question\n    to server: {{\"id\":101,\"error\":…\n"
    ));
}

#[test]
fn on_a_shared_server_the_answer_in_which_a_question_comes_says_who_is_asked() {
    shared(
        r#"
        a: {"id":1,"method":"tools/call","params":{"name":"t"}}
            to server: {"id":2,…
        b: {"id":1,"method":"tools/call","params":{"name":"t"}}
            to server: {"id":3,…
        a: {"id":2,"method":"tools/call","params":{"name":"u"}}
            to server: {"id":4,…
        server 2: {"id":"x","method":"sampling/createMessage"}
            to a on 1: {"id":1,"method":"sampling/createMessage"}
        server 3: {"id":"y","method":"sampling/createMessage"}
            dropped: unanswerable_question
            to server: {"id":"y","error":{"code":-32601,…
        server: {"id":"z","method":"sampling/createMessage"}
            dropped: unanswerable_question
            to server: {"id":"z","error":{"code":-32601,…
        b: {"id":1,"result":{}}
            nobody asked
        a: {"id":1,"result":{"role":"assistant"}}
            to server: {"id":"x","result":{"role":"assistant"}}
        m: {"id":1,"method":"tools/call","params":{"name":"t","_meta":{"~protocolVersion":"2026-07-28","~clientCapabilities":{"roots":{}}}}}
            to server: {"id":5,…
        server 5: {"id":"r","method":"roots/list"}
        time 1s
            to m: {"id":1,"result":{"resultType":"input_required","inputRequests":{"question-2":{"method":"roots/list"}},…
        server 2: {"method":"notifications/message","params":{"level":"error","data":1}}
            to a on 1: {"method":"notifications/message",…
        "#,
    );
}

#[test]
fn questions_that_one_client_leaves_open_are_no_others_limit() {
    let mut script = String::from(
        r#"join c
c: {"id":0,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{"sampling":{}},"clientInfo":{"name":"c","version":"1"}}}
    c speaks 2025-11-25
    to c: …
a: {"id":1,"method":"tools/call","params":{"name":"t"}}
    to server: {"id":2,…
c: {"id":1,"method":"tools/call","params":{"name":"t"}}
    to server: {"id":3,…
"#,
    );
    for id in 1..=100 {
        script += &format!(
            "server 2: {{\"id\":{id},\"method\":\"sampling/createMessage\"}}\n    to a on 1: {{\"id\":{id},…\n"
        );
    }
    script += r#"server 2: {"id":101,"method":"sampling/createMessage"}
    dropped: unanswerable_question
    to server: {"id":101,"error":…
server 3: {"id":102,"method":"sampling/createMessage"}
    to c on 1: {"id":101,…
"#;
    shared(&script);
}
