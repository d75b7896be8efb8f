//! Ids, and bytes that nobody may touch.

use super::dialogue::{modern, session, shared};

#[test]
fn ids_are_minted_toward_the_server_and_mapped_back() {
    session(
        r#"
        a: {"id":"x","method":"tools/list"}
            to server: {"id":2,"method":"tools/list"}
        a: {"id":-7,"method":"prompts/list","params":{}}
            to server: {"id":3,"method":"prompts/list","params":{}}
        a: {"id":"","method":"resources/list"}
            to server: {"id":4,"method":"resources/list"}
        in flight 3
        server: {"id":4,"result":{"resources":[]}}
            to a: {"id":"","result":{"resources":[]}}
        server: {"id":2,"result":{"tools":[]}}
            to a: {"id":"x","result":{"tools":[]}}
        server: {"id":3,"error":{"code":-32603,"message":"no"}}
            to a: {"id":-7,"error":{"code":-32603,"message":"no"}}
        in flight 0
        "#,
    );
}

#[test]
fn the_same_id_of_two_sessions_is_two_requests() {
    shared(
        r#"
        a: {"id":1,"method":"tools/call","params":{"name":"one"}}
            to server: {"id":2,"method":"tools/call","params":{"name":"one"}}
        b: {"id":1,"method":"tools/call","params":{"name":"two"}}
            to server: {"id":3,"method":"tools/call","params":{"name":"two"}}
        alone: {"id":1,"method":"tools/call","params":{"name":"three"}}
            to server: {"id":4,"method":"tools/call","params":{"name":"three"}}
        server: {"id":3,"result":{"of":"two"}}
            to b: {"id":1,"result":{"of":"two"}}
        server: {"id":4,"result":{"of":"three"}}
            to alone: {"id":1,"result":{"of":"three"}}
        server: {"id":2,"result":{"of":"one"}}
            to a: {"id":1,"result":{"of":"one"}}
        "#,
    );
}

#[test]
fn an_id_in_use_is_refused_and_its_first_request_is_still_answered() {
    session(
        r#"
        a: {"id":5,"method":"tools/call","params":{"name":"slow"}}
            to server: {"id":2,…
        a: {"id":5,"method":"tools/call","params":{"name":"again"}}
            to a: {"id":5,"error":{"code":-32600,"message":"Invalid request: this id is in use by a request in flight"}}
        server: {"id":2,"result":{}}
            to a: {"id":5,"result":{}}
        a: {"id":5,"method":"tools/call","params":{"name":"now"}}
            to server: {"id":3,"method":"tools/call","params":{"name":"now"}}
        server: {"id":3,"result":{}}
            to a: {"id":5,"result":{}}
        "#,
    );
}

#[test]
fn a_number_and_a_text_of_the_same_digits_are_two_ids() {
    session(
        r#"
        a: {"id":1,"method":"tools/list"}
            to server: {"id":2,…
        a: {"id":"1","method":"tools/list"}
            to server: {"id":3,…
        server: {"id":3,"result":{}}
            to a: {"id":"1","result":{}}
        server: {"id":2,"result":{}}
            to a: {"id":1,"result":{}}
        "#,
    );
}

#[test]
fn bytes_of_params_and_results_pass_untouched() {
    session(
        r#"
        a: {"id":1,"method":"tools/call","params":{"name":"t", "b" : 9007199254740993,"a":[1.0,-0.0 , 1e400],"\u0061b":"\ud83d\ude00\u0000" ,"x":{}}}
            to server: {"id":2,"method":"tools/call","params":{"name":"t", "b" : 9007199254740993,"a":[1.0,-0.0 , 1e400],"\u0061b":"\ud83d\ude00\u0000" ,"x":{}}}
        server: {"id":2,"result":{ "n":0.1000000000000000055511151231257827 ,"content" :[ ],"later":{"k":null}} ,"extra":1}
            to a: {"id":1,"result":{ "n":0.1000000000000000055511151231257827 ,"content" :[ ],"later":{"k":null}}}
        a: {"id":1,"method":"tools/call","params":{"name":"t","_meta":{ "progressToken" : "t", "v":1.0 },"n":1E2}}
            to server: {"id":3,"method":"tools/call","params":{"name":"t","_meta":{ "progressToken" : 3, "v":1.0 },"n":1E2}}
        server: {"id":3,"error":{"code":-1,"message":"m","data":{ "z":1e999}}}
            to a: {"id":1,"error":{"code":-1,"message":"m","data":{ "z":1e999}}}
        "#,
    );
    modern(
        r#"
        m: {"id":"q","method":"tools/call","params":{"name":"x","_meta":{$M, "progressToken":5 }, "a":[ 1.0]}}
            to server: {"id":1,"method":"tools/call","params":{"name":"x","_meta":{$M, "progressToken":1 }, "a":[ 1.0]}}
        server: {"id":1,"result":{ "resultType":"complete" , "n":12345678901234567890123}}
            to m: {"id":"q","result":{ "resultType":"complete" , "n":12345678901234567890123}}
        "#,
    );
}

#[test]
fn answers_to_nothing_are_counted_and_dropped() {
    session(
        r#"
        server: {"id":2,"result":{}}
            dropped: unknown_response
        a: {"id":1,"method":"tools/list"}
            to server: {"id":2,…
        server: {"id":"2","result":{}}
            dropped: unknown_response
        server: {"id":-2,"result":{}}
            dropped: unknown_response
        server: {"error":{"code":-32700,"message":"what?"}}
            dropped: response_without_id
        server: {"id":2,"result":{"first":true}}
            to a: {"id":1,"result":{"first":true}}
        server: {"id":2,"result":{"second":true}}
            dropped: unknown_response
        "#,
    );
}

#[test]
fn a_server_that_takes_nothing_is_told_from_one_that_may_have_worked() {
    session(
        r#"
        full
        a: {"id":1,"method":"tools/call","params":{"name":"t"}}
            to a: {"id":1,"error":{"code":-32603,…"reason":"upstream_stuck","sent":false,"retryable":true}}}
        in flight 0
        room
        a: {"id":1,"method":"tools/call","params":{"name":"t"}}
            to server: {"id":3,…
        "#,
    );
}

#[test]
fn a_session_that_left_is_not_served() {
    shared(
        r#"
        leave a
        a: {"id":1,"method":"tools/list"}
            to a: {"id":1,"error":{…"reason":"session_ended","sent":false…
        b: {"id":1,"method":"tools/list"}
            to server: {"id":2,…
        "#,
    );
}

#[test]
fn methods_of_the_other_era_are_unknown() {
    session(
        r#"
        a: {"id":1,"method":"server/discover"}
            to a: {"id":1,"error":{"code":-32601,"message":"Method not found: server/discover"}}
        a: {"id":1,"method":"subscriptions/listen","params":{"notifications":{}}}
            to a: {"id":1,"error":{"code":-32601,…
        a: {"id":1,"method":"vendor/own"}
            to server: {"id":2,"method":"vendor/own"}
        "#,
    );
    modern(
        r#"
        m: {"id":1,"method":"ping","params":{"_meta":{$M}}}
            to m: {"id":1,"error":{"code":-32601,…
        m: {"id":1,"method":"initialize","params":{"_meta":{$M}}}
            to m: {"id":1,"error":{"code":-32601,…
        m: {"id":1,"method":"logging/setLevel","params":{"_meta":{$M},"level":"info"}}
            to m: {"id":1,"error":{"code":-32601,…
        "#,
    );
}

#[test]
fn tasks_of_a_shared_server_are_nobodys_to_see() {
    shared(
        r#"
        join c
        c: {"id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{}}}
            c speaks 2025-11-25
            to c: {"id":1,"result":{"protocolVersion":"2025-11-25","capabilities":{"tools":{"listChanged":true},"prompts":{"listChanged":true},"resources":{"subscribe":true,"listChanged":true},"logging":{}},…
        c: {"id":1,"method":"tasks/list"}
            to c: {"id":1,"error":{"code":-32601,…
        m: {"id":1,"method":"tasks/cancel","params":{"_meta":{$M},"taskId":"t"}}
            to m: {"id":1,"error":{"code":-32601,…
        alone: {"id":1,"method":"tasks/get","params":{"taskId":"t"}}
            to alone: {"id":1,"error":{"code":-32601,…
        "#,
    );
    session(
        r#"
        a: {"id":1,"method":"tasks/list"}
            to server: {"id":2,"method":"tasks/list"}
        "#,
    );
}

#[test]
fn a_request_that_does_not_say_what_it_is_about_is_not_passed_on() {
    session(
        r#"
        a: {"id":1,"method":"tools/call","params":{"name":5}}
            to a: {"id":1,"error":{"code":-32602,…
        a: {"id":1,"method":"prompts/get"}
            to a: {"id":1,"error":{"code":-32602,…
        a: {"id":1,"method":"resources/read","params":{"uri":null}}
            to a: {"id":1,"error":{"code":-32602,…
        "#,
    );
}
