//! Learning what a server speaks.

use super::dialogue::{DISCOVERED, Dialogue, SERVER_RESULT, WELCOME};
use crate::{Server, Sharing};

const INITIALIZE: &str = r#"{"id":0,"method":"initialize","params":{"protocolVersion":"2025-06-18","capabilities":{},"clientInfo":{"name":"a","version":"1"}}}"#;

fn by_the_gateway(first: Server, script: &str) {
    let script = script
        .replace("$DISCOVERED", DISCOVERED)
        .replace("$SERVER", SERVER_RESULT);
    Dialogue::guessing(first, Sharing::Shared).run(&script);
}

fn by_its_client(script: &str) {
    let script = script
        .replace("$DISCOVERED", DISCOVERED)
        .replace("$SERVER", SERVER_RESULT)
        .replace("$INITIALIZE", INITIALIZE)
        .replace("$WELCOME", WELCOME);
    Dialogue::guessing(Server::Legacy, Sharing::Exclusive).run(&script);
}

#[test]
fn a_legacy_server_says_at_once_that_it_is_not_modern() {
    by_the_gateway(
        Server::Modern,
        r#"
        is closed
        open
            to server: {"id":1,"method":"server/discover","params":{"_meta":{"~protocolVersion":"2026-07-28",…
        server: {"id":1,"error":{"code":-32601,"message":"?"}}
            to server: {"id":2,"method":"initialize",…
        server: {"id":2,"result":$SERVER}
            to server: {"method":"notifications/initialized"}
            opened
        is legacy
        refusal Stated
        "#,
    );
}

#[test]
fn a_server_that_answers_anything_to_what_it_does_not_know_is_not_modern() {
    by_the_gateway(
        Server::Modern,
        r#"
        open
            to server: {"id":1,…
        server: {"id":1,"result":{}}
            to server: {"id":2,"method":"initialize",…
        "#,
    );
}

#[test]
fn a_legacy_server_that_stays_silent_is_greeted_after_a_while() {
    by_the_gateway(
        Server::Modern,
        r#"
        open
            to server: {"id":1,"method":"server/discover",…
        time 4s
        time 5s
            to server: {"id":2,"method":"initialize",…
        server: {"id":1,"error":{"code":-32002,"message":"late"}}
            dropped: unknown_response
        time 9s
        server: {"id":2,"result":$SERVER}
            to server: {"method":"notifications/initialized"}
            opened
        is legacy
        refusal Unclear
        lose
        open
            to server: {"id":3,"method":"initialize",…
        "#,
    );
}

#[test]
fn a_legacy_server_that_ends_when_it_is_asked_is_greeted_on_the_next_connection() {
    by_the_gateway(
        Server::Modern,
        r#"
        open
            to server: {"id":1,"method":"server/discover",…
        lose
        goes on
        refusal Unclear
        open
            to server: {"id":2,"method":"initialize",…
        lose
            not opened: upstream_exited
        open
            to server: {"id":3,"method":"server/discover",…
        "#,
    );
}

#[test]
fn a_modern_server_refuses_initialize_and_describes_itself() {
    by_the_gateway(
        Server::Legacy,
        r#"
        open
            to server: {"id":1,"method":"initialize",…
        server: {"id":1,"error":{"code":-32022,"message":"?"}}
            to server: {"id":2,"method":"server/discover",…
        server: {"id":2,"result":$DISCOVERED}
            opened
        is modern
        lose
        is closed
        open
            to server: {"id":3,"method":"server/discover",…
        server: {"id":3,"error":{"code":-32601,"message":"it was replaced"}}
            to server: {"id":4,"method":"initialize",…
        "#,
    );
}

#[test]
fn a_refusal_by_http_is_one_too_and_an_unreachable_server_is_none() {
    by_the_gateway(
        Server::Legacy,
        r#"
        open
            to server: {"id":1,"method":"initialize",…
        refuse 1
            to server: {"id":2,"method":"server/discover",…
        server: {"id":2,"result":$DISCOVERED}
            opened
        refusal Stated
        "#,
    );
    by_the_gateway(
        Server::Modern,
        r#"
        open
            to server: {"id":1,"method":"server/discover",…
        fall over 1
            to server: {"id":2,"method":"initialize",…
        server: {"id":2,"result":$SERVER}
            to server: {"method":"notifications/initialized"}
            opened
        refusal Unclear
        "#,
    );
    by_the_gateway(
        Server::Legacy,
        r#"
        open
            to server: {"id":1,"method":"initialize",…
        fail 1
            not opened: upstream_unreachable
        "#,
    );
}

#[test]
fn a_server_that_opens_in_neither_way_has_failed_as_it_did_first() {
    by_the_gateway(
        Server::Legacy,
        r#"
        open
            to server: {"id":1,"method":"initialize",…
        server: {"id":1,"result":{}}
            to server: {"id":2,"method":"server/discover",…
        server: {"id":2,"error":{"code":-32601,"message":"?"}}
            not opened: upstream_protocol
        open
            to server: {"id":3,"method":"initialize",…
        "#,
    );
}

#[test]
fn a_modern_server_of_another_revision_is_not_greeted() {
    by_the_gateway(
        Server::Modern,
        r#"
        open
            to server: {"id":1,"method":"server/discover",…
        server: {"id":1,"error":{"code":-32022,"message":"?","data":{"supported":["2031-01-01"],"requested":"2026-07-28"}}}
            not opened: upstream_handshake_failed
        open
            to server: {"id":2,"method":"server/discover",…
        server: {"id":2,"error":{"code":-32022,"message":"?","data":{"supported":["2031-01-01","2025-11-25"]}}}
            to server: {"id":3,"method":"initialize",…
        "#,
    );
}

#[test]
fn a_server_that_refuses_what_it_says_it_serves_is_asked_once_more() {
    let refusal = r#""error":{"code":-32022,"message":"?","data":{"supported":["2026-07-28"],"requested":"2026-07-28"}}"#;
    by_the_gateway(
        Server::Modern,
        &format!(
            r#"
        open
            to server: {{"id":1,"method":"server/discover",…
        server: {{"id":1,{refusal}}}
            to server: {{"id":2,"method":"server/discover",…
        server: {{"id":2,{refusal}}}
            to server: {{"id":3,"method":"initialize",…
        server: {{"id":3,"error":{{"code":-32601,"message":"?"}}}}
            not opened: upstream_handshake_failed
        open
            to server: {{"id":4,"method":"server/discover",…
        server: {{"id":4,{refusal}}}
            to server: {{"id":5,"method":"server/discover",…
        server: {{"id":5,"result":{DISCOVERED}}}
            opened
        "#
        ),
    );
}

#[test]
fn a_client_is_answered_by_a_modern_server_that_had_refused_it() {
    by_its_client(
        r#"
        join a
        a: $INITIALIZE
            to server: {"id":1,"method":"initialize",…
        server: {"id":1,"error":{"code":-32601,"message":"modern only"}}
            to server: {"id":2,"method":"server/discover","params":{"_meta":{"~protocolVersion":"2026-07-28",…
        in flight 1
        server: {"id":2,"result":$DISCOVERED}
            a speaks 2025-06-18
            to a: {"id":0,"result":{"protocolVersion":"2025-06-18",$WELCOME}
            to server: {"id":3,"method":"subscriptions/listen",…
        in flight 0
        is modern
        refusal Stated
        a: {"id":0,"method":"ping"}
            to a: {"id":0,"result":{}}
        a: $INITIALIZE
            to a: {"id":0,"error":{"code":-32600,…
        "#,
    );
}

#[test]
fn a_client_gets_the_servers_own_refusal_if_it_is_not_modern_either() {
    by_its_client(
        r#"
        join a
        a: $INITIALIZE
            to server: {"id":1,"method":"initialize",…
        server: {"id":1,"error":{"code":-32000,"message":"no license"}}
            to server: {"id":2,"method":"server/discover",…
        server: {"id":2,"error":{"code":-32601,"message":"?"}}
            to a: {"id":0,"error":{"code":-32000,"message":"no license"}}
        a: $INITIALIZE
            to server: {"id":3,"method":"initialize",…
        refuse 3
            to server: {"id":4,"method":"server/discover",…
        time 10s
            to a: {"id":0,"error":{…"reason":"upstream_start_timeout"…
            not opened: upstream_start_timeout
        is legacy
        "#,
    );
}

#[test]
fn a_client_that_leaves_while_the_server_is_asked_is_answered_once() {
    by_its_client(
        r#"
        join a
        a: $INITIALIZE
            to server: {"id":1,"method":"initialize",…
        server: {"id":1,"error":{"code":-32601,"message":"modern only"}}
            to server: {"id":2,"method":"server/discover",…
        leave a
            to a: {"id":0,"error":{…"reason":"session_ended"…
            not opened: session_ended
        server: {"id":2,"result":$DISCOVERED}
            dropped: unknown_response
        "#,
    );
}

#[test]
fn a_server_that_is_lost_while_it_is_asked_fails_its_client() {
    by_its_client(
        r#"
        join a
        a: $INITIALIZE
            to server: {"id":1,"method":"initialize",…
        server: {"id":1,"error":{"code":-32601,"message":"modern only"}}
            to server: {"id":2,"method":"server/discover",…
        lose
            to a: {"id":0,"error":{…"reason":"upstream_exited"…
            not opened: upstream_exited
        "#,
    );
}

#[test]
fn a_pinned_server_is_not_asked_twice() {
    Dialogue::new(Server::Legacy, Sharing::Exclusive).run(
        &r#"
        join a
        a: $INITIALIZE
            to server: {"id":1,"method":"initialize",…
        server: {"id":1,"error":{"code":-32601,"message":"modern only"}}
            to a: {"id":0,"error":{"code":-32601,"message":"modern only"}}
        "#
        .replace("$INITIALIZE", INITIALIZE),
    );
    Dialogue::discovering(Sharing::Exclusive).run(
        &r#"
        join a
        a: {"id":1,"method":"tools/list"}
            to a: {"id":1,"error":{"code":-32600,…
        a: $INITIALIZE
            to server: {"id":1,"method":"server/discover",…
        server: {"id":1,"error":{"code":-32601,"message":"legacy only"}}
            to a: {"id":0,"error":{"code":-32601,"message":"legacy only"}}
        "#
        .replace("$INITIALIZE", INITIALIZE),
    );
}

#[test]
fn an_open_legacy_server_can_be_asked_whether_it_is_modern_as_well() {
    by_the_gateway(
        Server::Legacy,
        r#"
        inquire
        inquiry Open
        open
            to server: {"id":1,"method":"initialize",…
        server: {"id":1,"result":$SERVER}
            to server: {"method":"notifications/initialized"}
            opened
        inquire
            to server: {"id":2,"method":"server/discover",…
        inquire
        inquiry UnderWay
        lose
        inquiry Unclear
        open
            to server: {"id":3,"method":"initialize",…
        server: {"id":3,"result":$SERVER} (in any order)
            to server: {"method":"notifications/initialized"}
            opened
        inquire
            to server: {"id":4,"method":"server/discover",…
        server: {"id":4,"result":$DISCOVERED}
        inquiry Yes
        is legacy
        "#,
    );
}

#[test]
fn a_session_goes_on_when_its_server_is_replaced_by_one_of_the_other_era() {
    by_its_client(
        r#"
        join a
        a: $INITIALIZE
            to server: {"id":1,"method":"initialize",…
        server: {"id":1,"result":$SERVER}
            a speaks 2025-11-25
            to a: …
        a: {"id":1,"method":"resources/subscribe","params":{"uri":"u"}}
            to server: {"id":2,"method":"resources/subscribe",…
        server: {"id":2,"result":{}}
            to a: {"id":1,"result":{}}
        lose
        open
            to server: {"id":3,"method":"initialize",…
        server: {"id":3,"error":{"code":-32601,"message":"it was replaced"}}
            to server: {"id":4,"method":"server/discover",…
        server: {"id":4,"result":$DISCOVERED}
            to server: {"id":5,"method":"subscriptions/listen",…"resourceSubscriptions":["u"]}}}
            opened
        a: {"id":2,"method":"tools/list"}
            to server: {"id":6,"method":"tools/list","params":{"_meta":{…"~clientInfo":{"name":"a","version":"1"}…
        lose
            to a: {"id":2,"error":{…
        open
            to server: {"id":7,"method":"server/discover",…
        server: {"id":7,"error":{"code":-32601,"message":"and back"}}
            to server: {"id":8,"method":"initialize","params":{…"clientInfo":{"name":"a","version":"1"}…
        server: {"id":8,"result":$SERVER} (in any order)
            to server: {"method":"notifications/initialized"}
            to server: {"id":9,"method":"resources/subscribe","params":{"uri":"u"}}
            to a's session: {"method":"notifications/tools/list_changed"}
            to a's session: {"method":"notifications/prompts/list_changed"}
            to a's session: {"method":"notifications/resources/list_changed"}
            to a's session: {"method":"notifications/resources/updated","params":{"uri":"u"}}
            opened
        a: {"id":2,"method":"tools/list"}
            to server: {"id":10,"method":"tools/list"}
        "#,
    );
}

#[test]
fn a_modern_server_need_not_say_who_it_is_and_a_legacy_client_has_to_hear_it() {
    Dialogue::discovering(Sharing::Exclusive).run(
        &r#"
        join a
        a: $INITIALIZE
            to server: {"id":1,"method":"server/discover",…
        server: {"id":1,"result":{"supportedVersions":["2026-07-28"],"capabilities":{}}}
            a speaks 2025-06-18
            to a: {"id":0,"result":{"protocolVersion":"2025-06-18","capabilities":{},"serverInfo":{"name":"unnamed","version":"unknown"}}}
        "#
        .replace("$INITIALIZE", INITIALIZE),
    );
}

#[test]
fn an_inquiry_that_does_not_reach_the_server_says_nothing_of_it() {
    by_the_gateway(
        Server::Legacy,
        r#"
        open
            to server: {"id":1,"method":"initialize",…
        server: {"id":1,"result":$SERVER}
            to server: {"method":"notifications/initialized"}
            opened
        inquire
            to server: {"id":2,"method":"server/discover",…
        fail 2
        inquiry Unheard
        full
        inquire
        inquiry Unheard
        room
        inquire
            to server: {"id":4,"method":"server/discover",…
        refuse 4
        inquiry No
        inquire
        is legacy
        "#,
    );
}

#[test]
fn a_server_may_be_asked_again_after_an_unclear_sign_and_after_its_end() {
    by_the_gateway(
        Server::Legacy,
        r#"
        open
            to server: {"id":1,"method":"initialize",…
        server: {"id":1,"result":$SERVER}
            to server: {"method":"notifications/initialized"}
            opened
        inquire
            to server: {"id":2,"method":"server/discover",…
        fall over 2
        inquiry Unclear
        inquire
            to server: {"id":3,"method":"server/discover",…
        time 5s
            to server: {"method":"notifications/cancelled",…
        inquiry Unclear
        inquire
            to server: {"id":4,"method":"server/discover",…
        server: {"id":4,"error":{"code":-32601,"message":"?"}}
        inquiry No
        inquire
        lose
        inquiry Open
        "#,
    );
}
