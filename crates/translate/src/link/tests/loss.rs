//! A server goes away and comes back.

use super::dialogue::{Dialogue, SERVER_RESULT, account, session, shared};
use crate::{Server, Sharing};

#[test]
fn everything_in_flight_is_answered_and_late_words_reach_nobody() {
    shared(
        r#"
        a: {"id":1,"method":"tools/call","params":{"name":"t"}}
            to server: {"id":2,…
        b: {"id":1,"method":"tools/call","params":{"name":"t"}}
            to server: {"id":3,…
        lose (in any order)
            to a: {"id":1,"error":{"code":-32603,…"source":"gateway","reason":"upstream_exited","sent":true,"retryable":false}}}
            to b: {"id":1,"error":{"code":-32603,…"source":"gateway","reason":"upstream_exited","sent":true,"retryable":false}}}
        in flight 0
        is closed
        server: {"id":2,"result":{}}
            dropped: unknown_response
        "#,
    );
}

#[test]
fn a_session_is_opened_again_as_its_client_did_and_gets_back_what_it_had() {
    session(&format!(
        r#"
        a: {{"id":1,"method":"logging/setLevel","params":{{"level":"warning"}}}}
            to server: {{"id":2,…
        server: {{"id":2,"result":{{}}}}
            to a: …
        a: {{"id":1,"method":"resources/subscribe","params":{{"uri":"u"}}}}
            to server: {{"id":3,…
        server: {{"id":3,"result":{{}}}}
            to a: …
        a: {{"id":1,"method":"resources/subscribe","params":{{"uri":"under way"}}}}
            to server: {{"id":4,…
        lose
            to a: {{"id":1,"error":…
        open
            to server: {{"id":5,"method":"initialize","params":{{"protocolVersion":"2025-11-25","capabilities":{{"sampling":{{}},"roots":{{}}}},"clientInfo":{{"name":"a","version":"1"}}}}}}
        server: {{"id":5,"result":{SERVER_RESULT}}}
            to server: {{"method":"notifications/initialized"}}
            to server: {{"id":6,"method":"logging/setLevel","params":{{"level":"warning"}}}}
            to server: {{"id":7,"method":"resources/subscribe","params":{{"uri":"u"}}}}
            to a's session: {{"method":"notifications/tools/list_changed"}}
            to a's session: {{"method":"notifications/prompts/list_changed"}}
            to a's session: {{"method":"notifications/resources/list_changed"}}
            to a's session: {{"method":"notifications/resources/updated","params":{{"uri":"u"}}}}
            opened
        "#
    ));
}

#[test]
fn a_shared_server_is_opened_again_by_the_gateway_for_all() {
    shared(
        r#"
        a: {"id":1,"method":"logging/setLevel","params":{"level":"warning"}}
            to server: {"id":2,…
            to a: …
        b: {"id":1,"method":"logging/setLevel","params":{"level":"info"}}
            to server: {"id":3,…
            to b: …
        lose
        open
            to server: {"id":4,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"pontoon","version":"0"}}}
        server: {"id":4,"result":{"protocolVersion":"2025-11-25","capabilities":{"logging":{},"prompts":{"listChanged":true},"tools":{}}}} (in any order)
            to server: {"method":"notifications/initialized"}
            to server: {"id":5,"method":"logging/setLevel","params":{"level":"info"}}
            to a's session: {"method":"notifications/prompts/list_changed"}
            to b's session: {"method":"notifications/prompts/list_changed"}
            opened
        "#,
    );
}

#[test]
fn listeners_stay_and_are_told_that_anything_may_have_changed() {
    account(&format!(
        r#"
        m: {{"id":1,"method":"subscriptions/listen","params":{{"_meta":{{$M}},"notifications":{{"toolsListChanged":true,"resourceSubscriptions":["u"]}}}}}}
            to m on 1: …
            to server: {{"id":2,…
        lose
        in flight 1
        open
            to server: {{"id":4,…
        server: {{"id":4,"result":{SERVER_RESULT}}}
            to server: {{"method":"notifications/initialized"}}
            to server: {{"id":5,"method":"resources/subscribe","params":{{"uri":"u"}}}}
            to m on 1: {{"method":"notifications/tools/list_changed","params":{{"_meta":{{"~subscriptionId":1}}}}}}
            to m on 1: {{"method":"notifications/resources/updated","params":{{"uri":"u","_meta":{{"~subscriptionId":1}}}}}}
            opened
        "#
    ));
}

#[test]
fn listeners_that_left_in_between_are_not_restored() {
    account(&format!(
        r#"
        m: {{"id":1,"method":"subscriptions/listen","params":{{"_meta":{{$M}},"notifications":{{"resourceSubscriptions":["u"]}}}}}}
            to m on 1: …
            to server: {{"id":2,…
        lose
        abandon m 1
        open
            to server: {{"id":4,…
        server: {{"id":4,"result":{SERVER_RESULT}}}
            to server: {{"method":"notifications/initialized"}}
            opened
        "#
    ));
}

#[test]
fn a_first_opening_is_no_change_for_those_who_waited_for_it() {
    let mut dialogue = Dialogue::new(Server::Legacy, Sharing::Shared);
    dialogue.run(&format!(
        r#"
        join a
        open
            to server: …
        lose
            not opened: upstream_exited
        open
            to server: …
        server: {{"id":2,"result":{SERVER_RESULT}}}
            to server: {{"method":"notifications/initialized"}}
            opened
        "#
    ));
}

#[test]
fn the_level_of_modern_requests_is_raised_anew() {
    account(&format!(
        r#"
        m: {{"id":1,"method":"tools/list","params":{{"_meta":{{$M,"~logLevel":"info"}}}}}}
            to server: {{"id":3,"method":"logging/setLevel",…
            to server: {{"id":2,…
        lose
            to m: {{"id":1,"error":…
        open
            to server: {{"id":4,…
        server: {{"id":4,"result":{SERVER_RESULT}}}
            to server: …
            opened
        m: {{"id":1,"method":"tools/list","params":{{"_meta":{{$M,"~logLevel":"info"}}}}}}
            to server: {{"id":6,"method":"logging/setLevel",…
            to server: {{"id":5,…
        "#
    ));
}

#[test]
fn a_request_that_failed_by_itself_is_answered_and_no_other() {
    session(
        r#"
        a: {"id":7,"method":"tools/list"}
            to server: {"id":2,"method":"tools/list"}
        a: {"id":8,"method":"tools/list"}
            to server: {"id":3,"method":"tools/list"}
        fail 2
            to a: {"id":7,"error":{"code":-32603,"message":"The server cannot be reached; …"data":{"source":"gateway","reason":"upstream_unreachable","sent":false,"retryable":true}}}
        fail 2
            dropped: unknown_response
        server: {"id":3,"result":{}}
            to a: {"id":8,"result":{}}
        "#,
    );
}

#[test]
fn a_handshake_that_cannot_be_sent_can_be_tried_again() {
    let mut dialogue = Dialogue::new(Server::Legacy, Sharing::Shared);
    dialogue.run(
        r#"
        open
            to server: {"id":1,"method":"initialize",…
        fail 1
            not opened: upstream_unreachable
        is closed
        open
            to server: {"id":2,"method":"initialize",…
        "#,
    );
}

#[test]
fn what_a_server_without_its_session_did_not_take_goes_out_once_more() {
    session(&format!(
        r#"
        a: {{"id":7,"method":"tools/list"}}
            to server: {{"id":2,"method":"tools/list"}}
        a: {{"id":8,"method":"tools/list"}}
            to server: {{"id":3,"method":"tools/list"}}
        return 2
        forget
            to a: {{"id":8,"error":{{…"reason":"upstream_exited","sent":true…
        open
            to server: {{"id":4,"method":"initialize",…
        server: {{"id":4,"result":{SERVER_RESULT}}}
            to server: {{"method":"notifications/initialized"}}
            to a's session: {{"method":"notifications/tools/list_changed"}}
            to a's session: {{"method":"notifications/prompts/list_changed"}}
            to a's session: {{"method":"notifications/resources/list_changed"}}
            to server: {{"id":2,"again":true}}
            opened
        return 2
            to a: {{"id":7,"error":{{…"reason":"upstream_exited","sent":false,"retryable":true}}}}}}
        in flight 0
        "#
    ));
}

#[test]
fn what_waits_for_a_new_session_is_answered_if_there_is_none() {
    session(
        r#"
        a: {"id":7,"method":"tools/list"}
            to server: {"id":2,"method":"tools/list"}
        return 2
        forget
        open
            to server: {"id":3,"method":"initialize",…
        fail 3
            not opened: upstream_unreachable
        lose
            to a: {"id":7,"error":{…"reason":"upstream_exited","sent":false,"retryable":true}}}
        "#,
    );
}
