//! Questions of a legacy server to a modern client: its request is answered with them, and comes back with the answers.

use super::dialogue::{account, asked, modern};

/// A call of `m` in which the server asks for a name.
fn asked_for_a_name(script: &str) {
    asked(&format!(
        r#"
        m: {{"id":1,"method":"tools/call","params":{{"name":"t","arguments":{{"n":1.0}},"_meta":{{$A,"progressToken":"p"}}}}}}
            to server: {{"id":2,"method":"tools/call","params":{{"name":"t","arguments":{{"n":1.0}},"_meta":{{"progressToken":2}}}}}}
        server: {{"id":"a","method":"elicitation/create","params":{{"message":"Name?","requestedSchema":{{"type":"object"}}}}}}
        {script}
        "#
    ));
}

/// The same, when the client has the question.
fn parked(script: &str) {
    asked_for_a_name(&format!(
        r#"
        time 1s
            to m: {{"id":1,"result":{{"resultType":"input_required","inputRequests":{{"question-1":{{"method":"elicitation/create",…}}}},"requestState":"seal 1 for m",…}}}}
        parked 1
        {script}
        "#
    ));
}

const ANSWER: &str = r#"m: {"id":9,"method":"tools/call","params":{"name":"t","arguments":{"n":1.0},"_meta":{$A,"progressToken":"p9"},"inputResponses":{"question-1":{"action":"accept","content":{"name":"Ada"}}},"requestState":"seal 1 for m"}}"#;

#[test]
fn a_question_in_a_call_answers_the_request_and_the_retry_goes_on_with_the_call() {
    asked_for_a_name(&format!(
        r#"
        wakes at 20ms
        server: {{"method":"notifications/progress","params":{{"progressToken":2,"progress":1}}}}
            to m on 1: {{"method":"notifications/progress","params":{{"progressToken":"p","progress":1}}}}
        time 20ms
            to m: {{"id":1,"result":{{"resultType":"input_required","inputRequests":{{"question-1":{{"method":"elicitation/create","params":{{"message":"Name?","requestedSchema":{{"type":"object"}}}}}}}},"requestState":"seal 1 for m","_meta":{{"~serverInfo":{{"name":"s","version":"1"}}}}}}}}
        wakes never
        parked 1
        places 1
        in flight 0
        server: {{"method":"notifications/progress","params":{{"progressToken":2,"progress":2}}}}
        time 30s
        {ANSWER}
            to server: {{"id":"a","result":{{"action":"accept","content":{{"name":"Ada"}}}}}}
            to m on 9: {{"method":"notifications/progress","params":{{"progressToken":"p9","progress":2}}}}
        parked 0
        in flight 1
        server: {{"method":"notifications/progress","params":{{"progressToken":2,"progress":3}}}}
            to m on 9: {{"method":"notifications/progress","params":{{"progressToken":"p9","progress":3}}}}
        server: {{"id":2,"result":{{"content":[]}}}}
            to m: {{"id":9,"result":{{"content":[],"resultType":"complete","_meta":…}}}}
        places 0
        "#
    ));
}

#[test]
fn questions_that_come_together_are_brought_together_and_what_is_missing_is_asked_again() {
    asked_for_a_name(
        r#"
        server: {"id":7,"method":"sampling/createMessage","params":{"messages":[]}}
        time 1s
            to m: {"id":1,"result":{"resultType":"input_required","inputRequests":{"question-1":{"method":"elicitation/create",…},"question-2":{"method":"sampling/createMessage","params":{"messages":[]}}},"requestState":"seal 1 for m",…
        m: {"id":2,"method":"tools/call","params":{"name":"t","_meta":{$A},"inputResponses":{"question-2":{"role":"assistant"},"question-1":"no object","question-9":{"x":1}},"requestState":"seal 1 for m"}}
            to server: {"id":7,"result":{"role":"assistant"}}
            to m: {"id":2,"result":{"resultType":"input_required","inputRequests":{"question-1":{"method":"elicitation/create",…}},"requestState":"seal 2 for m",…
        m: {"id":3,"method":"tools/call","params":{"name":"t","_meta":{$A},"inputResponses":{"question-1":{"action":"decline"}},"requestState":"seal 2 for m"}}
            to server: {"id":"a","result":{"action":"decline"}}
        server: {"id":2,"result":{"content":[]}}
            to m: {"id":3,"result":{"content":[],…
        places 0
        "#,
    );
}

#[test]
fn a_call_can_ask_again_after_an_answer_and_while_its_client_is_away() {
    parked(&format!(
        r#"
        server: {{"id":"b","method":"roots/list"}}
        {ANSWER}
            to server: {{"id":"a","result":{{"action":"accept",…
            to m: {{"id":9,"result":{{"resultType":"input_required","inputRequests":{{"question-2":{{"method":"roots/list"}}}},"requestState":"seal 2 for m",…
        m: {{"id":10,"method":"tools/call","params":{{"name":"t","_meta":{{$A}},"inputResponses":{{"question-2":{{"roots":[]}}}},"requestState":"seal 2 for m"}}}}
            to server: {{"id":"b","result":{{"roots":[]}}}}
        server: {{"id":"c","method":"roots/list"}}
        time 2s
            to m: {{"id":10,"result":{{"resultType":"input_required","inputRequests":{{"question-3":{{"method":"roots/list"}}}},"requestState":"seal 3 for m",…
        places 1
        m: {{"id":11,"method":"tools/call","params":{{"name":"t","_meta":{{$A}},"inputResponses":{{"question-3":{{"roots":[1]}}}},"requestState":"seal 3 for m"}}}}
            to server: {{"id":"c","result":{{"roots":[1]}}}}
        server: {{"id":2,"result":{{}}}}
            to m: {{"id":11,"result":{{…
        "#
    ));
}

#[test]
fn a_state_serves_once_and_only_its_own_account() {
    let stolen = ANSWER.replacen("m: ", "n: ", 1);
    parked(&format!(
        r#"
        {stolen}
            to n: {{"id":9,"error":{{"code":-32602,"message":"Invalid params: nothing waits for this requestState…
        {ANSWER}
            to server: {{"id":"a","result":…
        {ANSWER}
            to m: {{"id":9,"error":{{"code":-32602,"message":"Invalid params: nothing waits for this requestState…
        server: {{"id":2,"result":{{}}}}
            to m: {{"id":9,"result":{{"resultType":"complete",…
        {ANSWER}
            to m: {{"id":9,"error":{{"code":-32602,…
        "#
    ));
}

#[test]
fn what_the_client_did_not_declare_is_refused_toward_the_server() {
    asked(
        r#"
        m: {"id":1,"method":"tools/call","params":{"name":"t","_meta":{"~protocolVersion":"2026-07-28","~clientCapabilities":{"elicitation":{}}}}}
            to server: {"id":2,…
        server 2: {"id":"a","method":"roots/list"}
            dropped: unanswerable_question
            to server: {"id":"a","error":{"code":-32601,"message":"The client of this call cannot be asked roots/list"}}
        server: {"id":"b","method":"elicitation/create","params":{"mode":"url","url":"https://a.example","message":"m"}}
            dropped: unanswerable_question
            to server: {"id":"b","error":{"code":-32602,"message":"Invalid params: the client of this call did not declare…
        server: {"id":"c","method":"vendor/ask"}
            dropped: unanswerable_question
            to server: {"id":"c","error":{"code":-32601,…
        server: {"id":"p","method":"ping"}
            to server: {"id":"p","result":{}}
        places 0
        "#,
    );
    account(
        r#"
        m: {"id":1,"method":"tools/call","params":{"name":"t","_meta":{$M}}}
            to server: {"id":2,…
        server: {"id":"a","method":"roots/list"}
            dropped: unanswerable_question
            to server: {"id":"a","error":{"code":-32601,"message":"No client of this connection can be asked roots/list"}}
        "#,
    );
}

#[test]
fn a_question_outside_of_any_call_waits_for_the_next_one() {
    asked(
        r#"
        server: {"id":"r","method":"roots/list"}
        m: {"id":1,"method":"tools/list","params":{"_meta":{$A}}}
            to server: {"id":2,…
        server: {"id":2,"result":{"tools":[]}}
            to m: {"id":1,…
        m: {"id":2,"method":"prompts/get","params":{"name":"p","_meta":{$A}}}
            to server: {"id":3,…
        time 999ms
        time 1s
            to m: {"id":2,"result":{"resultType":"input_required","inputRequests":{"question-1":{"method":"roots/list"}},…
        "#,
    );
    asked(
        r#"
        server: {"id":"r","method":"roots/list"}
        server: {"id":"e","method":"elicitation/create","params":{"message":"?"}}
        time 60s
            to server: {"id":"r","error":{"code":-32603,"message":"The client did not answer in time"}}
            to server: {"id":"e","result":{"action":"cancel"}}
        "#,
    );
}

#[test]
fn a_question_that_came_in_no_answer_leaves_the_calls_under_way_alone_at_first() {
    asked(
        r#"
        m: {"id":1,"method":"tools/call","params":{"name":"slow","_meta":{$A,"progressToken":"p"}}}
            to server: {"id":2,…
        server 2: {"method":"notifications/progress","params":{"progressToken":2,"progress":1}}
            to m on 1: {"method":"notifications/progress","params":{"progressToken":"p","progress":1}}
        server: {"id":"r","method":"roots/list"}
        time 500ms
        abandon m 1
            to server: {"method":"notifications/cancelled","params":{"requestId":2}}
            to m: {"id":1,"error":{"code":-32603,"message":"The request was cancelled…
        m: {"id":2,"method":"tools/call","params":{"name":"t","_meta":{$A}}}
            to server: {"id":3,…
        time 1499ms
        time 1500ms
            to m: {"id":2,"result":{"resultType":"input_required","inputRequests":{"question-1":{"method":"roots/list"}},"requestState":"seal 1 for m",…
        server 3: {"id":3,"result":{}}
        m: {"id":3,"method":"tools/call","params":{"name":"t","_meta":{$A},"inputResponses":{"question-1":{"roots":[]}},"requestState":"seal 1 for m"}}
            to server: {"id":"r","result":{"roots":[]}}
            to m: {"id":3,"result":{"resultType":"complete",…
        "#,
    );
}

#[test]
fn what_a_call_only_brought_is_answered_without_its_client_all_the_same() {
    asked(
        r#"
        server: {"id":"r","method":"roots/list"}
        m: {"id":1,"method":"tools/call","params":{"name":"t","_meta":{$A}}}
            to server: {"id":2,…
        time 1s
            to m: {"id":1,"result":{"resultType":"input_required",…
        server: {"id":2,"result":{}}
        m: {"id":2,"method":"tools/call","params":{"name":"t","_meta":{$A},"requestState":"seal 1 for m"}}
            to server: {"id":"r","error":{"code":-32603,"message":"The client did not answer in time"}}
            to m: {"id":2,"result":{"resultType":"complete",…
        places 0
        "#,
    );
    asked(
        r#"
        server: {"id":"r","method":"roots/list"}
        m: {"id":1,"method":"tools/call","params":{"name":"t","_meta":{$A}}}
            to server: {"id":2,…
        time 1s
            to m: {"id":1,"result":{"resultType":"input_required",…
        server: {"id":2,"result":{}}
        time 302s
            to server: {"id":"r","error":{"code":-32603,"message":"The client did not answer in time"}}
            dropped: parked_expired
        places 0
        "#,
    );
}

#[test]
fn right_after_the_handshake_a_server_on_a_pipe_asks_for_itself() {
    asked(
        r#"
        m: {"id":1,"method":"tools/call","params":{"name":"slow","_meta":{$A}}}
            to server: {"id":2,…
        time 350ms
        server: {"id":"r","method":"roots/list"}
        time 1349ms
        server: {"id":2,"result":{}}
            to server: {"id":"r","error":{"code":-32603,"message":"The client did not answer in time"}}
            to m: {"id":1,"result":{"resultType":"complete",…
        "#,
    );
    asked(
        r#"
        m: {"id":1,"method":"tools/call","params":{"name":"slow","_meta":{$A}}}
            to server: {"id":2,…
        time 350ms
        server: {"id":"r","method":"roots/list"}
        server: {"id":"s","method":"sampling/createMessage","params":{"messages":[]}}
        time 370ms
            to m: {"id":1,"result":{"resultType":"input_required","inputRequests":{"question-1":{"method":"roots/list"},"question-2":{"method":"sampling/createMessage",…
        "#,
    );
}

#[test]
fn a_server_that_waits_for_such_an_answer_in_the_middle_of_a_call_gets_it_from_that_call() {
    asked(
        r#"
        m: {"id":1,"method":"tools/call","params":{"name":"roots","_meta":{$A,"progressToken":"p"}}}
            to server: {"id":2,…
        server 2: {"method":"notifications/progress","params":{"progressToken":2,"progress":1}}
            to m on 1: …
        server: {"id":"r","method":"roots/list"}
        time 999ms
        time 1s
            to m: {"id":1,"result":{"resultType":"input_required","inputRequests":{"question-1":{"method":"roots/list"}},"requestState":"seal 1 for m",…
        m: {"id":2,"method":"tools/call","params":{"name":"roots","_meta":{$A},"inputResponses":{"question-1":{"roots":[]}},"requestState":"seal 1 for m"}}
            to server: {"id":"r","result":{"roots":[]}}
        server 2: {"id":2,"result":{}}
            to m: {"id":2,…
        "#,
    );
}

#[test]
fn a_client_that_never_comes_back_does_not_hold_up_what_comes_in_no_answer() {
    asked(
        r#"
        m: {"id":1,"method":"tools/call","params":{"name":"t","_meta":{$A}}}
            to server: {"id":2,…
        server 2: {"id":"a","method":"elicitation/create","params":{"message":"?"}}
        time 1s
            to m: {"id":1,"result":{"resultType":"input_required",…
        server: {"id":"r","method":"roots/list"}
        n: {"id":1,"method":"tools/call","params":{"name":"u","_meta":{$A}}}
            to server: {"id":3,…
        time 2s
            to n: {"id":1,"result":{"resultType":"input_required","inputRequests":{"question-2":{"method":"roots/list"}},"requestState":"seal 2 for n",…
        parked 2
        "#,
    );
}

#[test]
fn where_two_calls_may_ask_a_question_goes_to_neither_unless_it_says_whose_it_is() {
    asked(
        r#"
        m: {"id":1,"method":"tools/call","params":{"name":"t","_meta":{$A}}}
            to server: {"id":2,…
        n: {"id":1,"method":"tools/call","params":{"name":"t","_meta":{$A}}}
            to server: {"id":3,…
        server: {"id":"a","method":"roots/list"}
        time 1s
        server 3: {"id":"b","method":"roots/list"}
        time 2s
            to n: {"id":1,"result":{"resultType":"input_required","inputRequests":{"question-1":{"method":"roots/list"}},"requestState":"seal 1 for n",…
        n: {"id":2,"method":"tools/call","params":{"name":"t","_meta":{$A},"inputResponses":{"question-1":{"roots":[]}},"requestState":"seal 1 for n"}}
            to server: {"id":"b","result":{"roots":[]}}
        server: {"id":3,"result":{}}
            to n: {"id":2,…
        time 3s
            to m: {"id":1,"result":{"resultType":"input_required","inputRequests":{"question-2":{"method":"roots/list"}},"requestState":"seal 2 for m",…
        "#,
    );
}

#[test]
fn a_question_about_a_call_that_is_over_goes_to_no_other_call() {
    parked(
        r#"
        time 301s
            to server: {"id":"a","result":{"action":"cancel"}}
            to server: {"method":"notifications/cancelled","params":{"requestId":2}}
            dropped: parked_expired
        m: {"id":3,"method":"tools/call","params":{"name":"u","_meta":{$A}}}
            to server: {"id":3,…
        m: {"id":4,"method":"tools/list","params":{"_meta":{$A}}}
            to server: {"id":4,…
        server 2: {"id":"b","method":"roots/list"}
            dropped: unanswerable_question
            to server: {"id":"b","error":{"code":-32601,"message":"No client of this connection can be asked roots/list"}}
        server 4: {"id":"c","method":"roots/list"}
            dropped: unanswerable_question
            to server: {"id":"c","error":{"code":-32601,…
        wakes never
        places 0
        "#,
    );
}

#[test]
fn a_client_that_does_not_come_back_frees_the_server() {
    parked(&format!(
        r#"
        server: {{"id":"b","method":"sampling/createMessage"}}
        time 301s
            to server: {{"id":"a","result":{{"action":"cancel"}}}}
            to server: {{"id":"b","error":{{"code":-32603,"message":"The client did not answer in time"}}}}
            to server: {{"method":"notifications/cancelled","params":{{"requestId":2}}}}
            dropped: parked_expired
        parked 0
        places 0
        {ANSWER}
            to m: {{"id":9,"error":{{"code":-32602,…
        "#
    ));
}

#[test]
fn people_may_take_longer_than_a_server() {
    parked(&format!(
        r#"
        time 290s
        {ANSWER}
            to server: {{"id":"a",…
        time 349s
        in flight 1
        time 351s
            to server: {{"method":"notifications/cancelled","params":{{"requestId":2}}}}
            to m: {{"id":9,"error":{{"code":-32603,…"reason":"upstream_timeout"…
        places 0
        "#
    ));
}

#[test]
fn the_last_deadline_of_a_call_is_moved_by_the_time_that_its_client_was_away_and_no_more() {
    parked(&format!(
        r#"
        time 290s
        {ANSWER}
            to server: {{"id":"a",…
        time 340s
        server: {{"method":"notifications/progress","params":{{"progressToken":2,"progress":1}}}}
            to m on 9: …
        time 388s
        in flight 1
        time 389s
            to server: {{"method":"notifications/cancelled","params":{{"requestId":2}}}}
            to m: {{"id":9,"error":{{"code":-32603,…"reason":"upstream_timeout"…
        places 0
        "#
    ));
}

#[test]
fn an_answer_that_comes_while_the_client_is_away_waits_for_it() {
    parked(&format!(
        r#"
        server: {{"id":2,"result":{{"content":["late"]}}}}
            to server: {{"id":"a","result":{{"action":"cancel"}}}}
        server: {{"id":2,"result":{{"content":["twice"]}}}}
            dropped: unknown_response
        {ANSWER}
            to m: {{"id":9,"result":{{"content":["late"],"resultType":"complete",…
        places 0
        "#
    ));
    parked(
        r#"
        server: {"id":2,"result":{"content":["late"]}}
            to server: {"id":"a","result":{"action":"cancel"}}
        time 301s
            dropped: parked_expired
        places 0
        "#,
    );
}

#[test]
fn a_question_that_the_server_takes_back_need_not_be_answered() {
    asked_for_a_name(
        r#"
        server: {"method":"notifications/cancelled","params":{"requestId":"a"}}
        time 1s
        wakes never
        in flight 1
        places 1
        server: {"id":2,"result":{}}
            to m: {"id":1,…
        places 0
        "#,
    );
    parked(&format!(
        r#"
        server: {{"method":"notifications/cancelled","params":{{"requestId":"a"}}}}
        {ANSWER}
        in flight 1
        server: {{"id":2,"result":{{}}}}
            to m: {{"id":9,…
        "#
    ));
}

#[test]
fn a_call_keeps_its_place_when_a_later_question_is_taken_back() {
    parked(&format!(
        r#"
        {ANSWER}
            to server: {{"id":"a",…
        server: {{"id":"b","method":"roots/list"}}
        server: {{"method":"notifications/cancelled","params":{{"requestId":"b"}}}}
        time 2s
        wakes never
        in flight 1
        places 1
        server: {{"id":2,"result":{{}}}}
            to m: {{"id":9,…
        places 0
        "#
    ));
}

#[test]
fn a_call_that_ends_while_its_client_is_away_voids_what_it_asked() {
    parked(&format!(
        r#"
        server: {{"id":"b","method":"roots/list"}}
        server: {{"id":2,"result":{{"content":["late"]}}}}
            to server: {{"id":"a","result":{{"action":"cancel"}}}}
            to server: {{"id":"b","error":{{"code":-32603,"message":"The client did not answer in time"}}}}
        {ANSWER}
            to m: {{"id":9,"result":{{"content":["late"],…
        "#
    ));
    parked(
        r#"
        fail 2
            to server: {"id":"a","result":{"action":"cancel"}}
        parked 1
        time 301s
            dropped: parked_expired
        "#,
    );
}

#[test]
fn what_the_client_did_not_declare_is_refused_while_it_is_away_too() {
    asked(
        r#"
        m: {"id":1,"method":"tools/call","params":{"name":"t","_meta":{"~protocolVersion":"2026-07-28","~clientCapabilities":{"elicitation":{}}}}}
            to server: {"id":2,…
        server: {"id":"a","method":"elicitation/create","params":{"message":"Name?"}}
        time 1s
            to m: {"id":1,"result":{"resultType":"input_required",…
        server: {"id":"b","method":"roots/list"}
            dropped: unanswerable_question
            to server: {"id":"b","error":{"code":-32601,"message":"The client of this call cannot be asked roots/list"}}
        "#,
    );
}

#[test]
fn a_call_that_ends_before_its_question_was_brought_takes_it_along() {
    asked_for_a_name(
        r#"
        server: {"id":2,"result":{}}
            to server: {"id":"a","result":{"action":"cancel"}}
            to m: {"id":1,"result":{…
        wakes never
        places 0
        "#,
    );
    asked_for_a_name(
        r#"
        abandon m 1
            to server: {"method":"notifications/cancelled","params":{"requestId":2}}
            to m: {"id":1,"error":…
            to server: {"id":"a","result":{"action":"cancel"}}
        wakes never
        places 0
        "#,
    );
    asked_for_a_name(
        r#"
        fail 2
            to m: {"id":1,"error":…
            to server: {"id":"a","result":{"action":"cancel"}}
        places 0
        "#,
    );
}

#[test]
fn a_server_that_is_lost_while_the_client_is_away_is_told_when_it_comes_back() {
    parked(&format!(
        r#"
        lose
        parked 1
        {ANSWER}
            to m: {{"id":9,"error":{{"code":-32603,…"reason":"upstream_exited","sent":true…
        places 0
        {ANSWER}
            to m: {{"id":9,"error":{{"code":-32602,…
        "#
    ));
    asked_for_a_name(
        r#"
        lose
            to m: {"id":1,"error":{"code":-32603,…"reason":"upstream_exited"…
        wakes never
        places 0
        "#,
    );
}

#[test]
fn a_server_that_takes_no_answer_ends_the_call() {
    parked(&format!(
        r#"
        full
        {ANSWER}
            dropped: undeliverable
            dropped: undeliverable
            to m: {{"id":9,"error":{{"code":-32603,…"reason":"upstream_stuck"…
        places 0
        room
        "#
    ));
}

#[test]
fn a_server_that_takes_one_answer_and_no_more_is_told_as_much_as_it_takes() {
    let both_answered = |room: &str, expected: &str| {
        asked_for_a_name(&format!(
            r#"
        server: {{"id":"b","method":"roots/list"}}
        time 1s
            to m: {{"id":1,"result":{{"resultType":"input_required",…
        {room}
        m: {{"id":9,"method":"tools/call","params":{{"name":"t","_meta":{{$A}},"inputResponses":{{"question-1":{{"action":"accept"}},"question-2":{{"roots":[]}}}},"requestState":"seal 1 for m"}}}}
            {expected}
            to m: {{"id":9,"error":{{"code":-32603,…"reason":"upstream_stuck"…
        places 0
        room
        server: {{"id":2,"result":{{}}}}
            dropped: unknown_response
        "#
        ));
    };
    both_answered(
        "room for 1",
        r#"to server: {"id":"a","result":{"action":"accept"}}
            dropped: undeliverable
            dropped: undeliverable"#,
    );
    // There is room again as soon as one was refused.
    both_answered(
        "full once",
        r#"to server: {"id":"a","result":{"action":"cancel"}}
            to server: {"id":"b","error":{"code":-32603,"message":"The client did not answer in time"}}
            to server: {"method":"notifications/cancelled","params":{"requestId":2}}"#,
    );
}

#[test]
fn no_more_calls_are_parked_than_may_be() {
    asked(
        r#"
        full house
        m: {"id":1,"method":"tools/call","params":{"name":"t","_meta":{$A}}}
            to server: {"id":2,…
        server 2: {"id":"a","method":"roots/list"}
            dropped: unanswerable_question
            to server: {"id":"a","error":{"code":-32600,"message":"Too many calls wait for their clients; try again later"}}
        server: {"id":2,"result":{}}
            to m: {"id":1,…
        "#,
    );
}

#[test]
fn a_call_has_a_limit_of_open_questions() {
    let questions: String = (0..31)
        .map(|number| format!("server 2: {{\"id\":{number},\"method\":\"roots/list\"}}\n        "))
        .collect();
    asked_for_a_name(&format!(
        r#"
        {questions}
        server 2: {{"id":"x","method":"roots/list"}}
            dropped: unanswerable_question
            to server: {{"id":"x","error":{{"code":-32600,"message":"32 questions of this call are open…
        "#
    ));
}

#[test]
fn answers_that_are_no_answers_are_refused_and_cost_nothing() {
    parked(&format!(
        r#"
        m: {{"id":5,"method":"tools/call","params":{{"name":"t","_meta":{{$A}},"inputResponses":[],"requestState":"seal 1 for m"}}}}
            to m: {{"id":5,"error":{{"code":-32602,"message":"Invalid params: \"inputResponses\" must be…
        {ANSWER}
            to server: {{"id":"a",…
        "#
    ));
}

#[test]
fn urls_that_a_server_wants_opened_first_are_a_question_and_the_call_is_made_again() {
    asked(
        r#"
        m: {"id":1,"method":"tools/call","params":{"name":"t","_meta":{$A}}}
            to server: {"id":2,…
        server: {"id":2,"error":{"code":-32042,"message":"open","data":{"elicitations":[{"mode":"url","elicitationId":"e","url":"https://a.example/x","message":"Please"}]}}}
            to m: {"id":1,"result":{"resultType":"input_required","inputRequests":{"url-1":{"method":"elicitation/create","params":{"mode":"url","message":"Please","url":"https://a.example/x"}}},"requestState":"seal 1 for m",…
        parked 0
        m: {"id":2,"method":"tools/call","params":{"name":"t","_meta":{$A},"inputResponses":{"url-1":{"action":"accept"}},"requestState":"seal 1 for m"}}
            to server: {"id":3,"method":"tools/call","params":{"name":"t"}}
        server: {"id":3,"result":{}}
            to m: {"id":2,…
        m: {"id":3,"method":"tools/call","params":{"name":"t","_meta":{$A},"inputResponses":{"url-1":{"action":"decline"}},"requestState":"seal 1 for m"}}
            to m: {"id":3,"error":{"code":-32602,"message":"The server wants a URL to be opened first, and that was declined"}}
        "#,
    );
}

#[test]
fn the_state_of_a_modern_server_is_sealed_on_its_way_to_the_client_and_opened_on_its_way_back() {
    modern(
        r#"
        m: {"id":"x","method":"tools/call","params":{"name":"t","_meta":{$M}}}
            to server: {"id":1,…
        server: {"id":1,"result":{"resultType":"input_required","inputRequests":{"k":{"method":"roots/list"}},"requestState":"own"}}
            to m: {"id":"x","result":{"resultType":"input_required","inputRequests":{"k":{"method":"roots/list"}},"requestState":"seal 1 for m"}}
        m: {"id":"y","method":"tools/call","params":{"name":"t","inputResponses":{"k":{"roots":[]}},"requestState":"seal 1 for m","_meta":{$M}}}
            to server: {"id":2,"method":"tools/call","params":{"name":"t","inputResponses":{"k":{"roots":[]}},"requestState":"own","_meta":…
        "#,
    );
}

#[test]
fn progress_that_a_client_missed_is_told_when_it_is_back_and_its_number_is_bounded() {
    let progress: String = (1..=40)
        .map(|step| {
            format!(
                "server: {{\"method\":\"notifications/progress\",\"params\":{{\"progressToken\":2,\"progress\":{step}}}}}\n        "
            )
        })
        .collect();
    let told: String = (9..=40)
        .map(|step| format!("    to m on 9: {{\"method\":\"notifications/progress\",\"params\":{{\"progressToken\":\"p9\",\"progress\":{step}}}}}\n        "))
        .collect();
    parked(&format!(
        r#"
        {progress}
        server: {{"id":2,"result":{{"content":[]}}}}
            to server: {{"id":"a","result":{{"action":"cancel"}}}}
        {ANSWER}
        {told}
            to m: {{"id":9,"result":{{"content":[],…
        places 0
        "#
    ));
}

#[test]
fn log_messages_that_a_client_missed_are_told_when_it_is_back() {
    let wants = r#""io.modelcontextprotocol/logLevel":"info""#;
    asked_for_a_name(&format!(
        r#"
        time 1s
            to m: {{"id":1,"result":{{"resultType":"input_required",…
        server: {{"method":"notifications/message","params":{{"level":"warning","data":"one"}}}}
        server: {{"method":"notifications/message","params":{{"level":"debug","data":"two"}}}}
        server 2: {{"method":"notifications/message","params":{{"level":"error","data":"three"}}}}
        m: {{"id":9,"method":"tools/call","params":{{"name":"t","arguments":{{"n":1.0}},"_meta":{{$A,{wants}}},"inputResponses":{{"question-1":{{"action":"decline"}}}},"requestState":"seal 1 for m"}}}}
            to server: {{"id":3,"method":"logging/setLevel",…
            to server: {{"id":"a",…
            to m on 9: {{"method":"notifications/message","params":{{"level":"warning","data":"one"}}}}
            to m on 9: {{"method":"notifications/message","params":{{"level":"error","data":"three"}}}}
        server: {{"id":2,"result":{{}}}}
            to m: {{"id":9,…
        "#
    ));
}
