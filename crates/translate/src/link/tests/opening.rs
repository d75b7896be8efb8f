//! The handshake, by a client or by the link.

use super::dialogue::{Dialogue, SERVER_RESULT, account, session, shared};
use crate::{Server, Sharing};

const INITIALIZE: &str = r#"{"id":0,"method":"initialize","params":{"protocolVersion":"2025-06-18","capabilities":{"x":{ }},"clientInfo":{"name":"a","version":"1"}}}"#;

fn exclusive() -> Dialogue {
    let mut dialogue = Dialogue::new(Server::Legacy, Sharing::Exclusive);
    dialogue.run("join a");
    dialogue
}

#[test]
fn a_session_of_its_own_opens_its_server_itself_and_once() {
    exclusive().run(&format!(
        r#"
        a: {INITIALIZE}
            to server: {{"id":1,"method":"initialize","params":{{"protocolVersion":"2025-06-18","capabilities":{{"x":{{ }}}},"clientInfo":{{"name":"a","version":"1"}}}}}}
        a: {{"id":1,"method":"initialize","params":{{}}}}
            to a: {{"id":1,"error":{{"code":-32600,…
        server: {{"id":1,"result":{{"protocolVersion":"2024-11-05","capabilities":{{ }},"serverInfo":{{ }}}}}}
            a speaks 2024-11-05
            to a: {{"id":0,"result":{{"protocolVersion":"2024-11-05","capabilities":{{ }},"serverInfo":{{ }}}}}}
        a: {INITIALIZE}
            to a: {{"id":0,"error":{{"code":-32600,"message":"Invalid request: this session is initialized already"}}}}
        "#
    ));
}

#[test]
fn a_handshake_that_is_refused_here_changes_nothing_of_what_the_client_said() {
    let other = r#"{"id":7,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"other","version":"2"}}}"#;
    session(&format!(
        r#"
        a: {other}
            to a: {{"id":7,"error":{{"code":-32600,…
        server: {{"id":"r","method":"roots/list"}}
            to a's session: {{"id":1,"method":"roots/list"}}
        a: {{"id":1,"result":{{"roots":[]}}}}
            to server: {{"id":"r",…
        lose
        open
            to server: {{"id":2,"method":"initialize","params":{{"protocolVersion":"2025-11-25","capabilities":{{"sampling":{{}},"roots":{{}}}},"clientInfo":{{"name":"a","version":"1"}}}}}}
        "#
    ));
    // Neither does one that could never be sent.
    exclusive().run(
        r#"
        a: {"id":0,"method":"initialize","params":{"capabilities":{"roots":{}},"clientInfo":{"name":"other","version":"2"}}}
            to a: {"id":0,"error":{"code":-32602,…
        open
            to server: {"id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"pontoon","version":"0"}}}
        "#,
    );
}

#[test]
fn a_server_is_not_asked_for_a_revision_that_the_gateway_does_not_speak() {
    for requested in ["2026-07-28", "2030-01-01", "1.0", ""] {
        exclusive().run(&format!(
            r#"
            a: {{"id":0,"method":"initialize","params":{{"x":[1.0], "protocolVersion":"{requested}","capabilities":{{}}}}}}
                to server: {{"id":1,"method":"initialize","params":{{"x":[1.0], "protocolVersion":"2025-11-25","capabilities":{{}}}}}}
            "#
        ));
    }
    for params in ["", r#","params":{}"#, r#","params":{"protocolVersion":7}"#] {
        exclusive().run(&format!(
            r#"
            a: {{"id":0,"method":"initialize"{params}}}
                to a: {{"id":0,"error":{{"code":-32602,"message":"Invalid params: \"protocolVersion\" must be a string"}}}}
            a: {INITIALIZE}
                to server: {{"id":1,…
            "#
        ));
    }
}

#[test]
fn what_is_remembered_of_a_handshake_is_not_its_body() {
    exclusive().run(&format!(
        r#"
        a: {INITIALIZE}
            to server: {{"id":1,…
        server: {{"id":1,"result":{SERVER_RESULT}}}
            a speaks 2025-11-25
            to a: …
        nothing kept
        "#
    ));
    shared("nothing kept");
    account("nothing kept");
}

#[test]
fn a_handshake_that_is_answered_with_nonsense_opens_nothing() {
    for nonsense in [
        r#"{}"#,
        r#"{"capabilities":{}}"#,
        r#"{"protocolVersion":7,"capabilities":{}}"#,
        r#"{"protocolVersion":"1066-10-14","capabilities":{}}"#,
        r#"{"protocolVersion":"2026-07-28","capabilities":{}}"#,
        r#"{"protocolVersion":"2025-06-18"}"#,
        r#"{"protocolVersion":"2025-06-18","capabilities":[]}"#,
        r#"{"protocolVersion":"2025-06-18","capabilities":{},"serverInfo":"me"}"#,
        r#"{"protocolVersion":"2025-06-18","capabilities":{},"instructions":["do"]}"#,
    ] {
        exclusive().run(&format!(
            r#"
            a: {INITIALIZE}
                to server: {{"id":1,…
            server: {{"id":1,"result":{nonsense}}}
                to a: {{"id":0,"error":{{"code":-32603,"message":"The server's answer to initialize lacks a known protocolVersion or capabilities, or has members of a wrong type; its maker has to mend it","data":{{"source":"gateway","reason":"upstream_protocol","sent":true,"retryable":false}}}}}}
                not opened: upstream_protocol
            "#
        ));
    }
}

#[test]
fn a_refused_handshake_can_be_tried_again() {
    exclusive().run(&format!(
        r#"
        a: {INITIALIZE}
            to server: {{"id":1,…
        server: {{"id":1,"error":{{"code":-32602,"message":"no","data":{{"supported":["2024-11-05"]}}}}}}
            to a: {{"id":0,"error":{{"code":-32602,"message":"no","data":{{"supported":["2024-11-05"]}}}}}}
        a: {INITIALIZE}
            to server: {{"id":2,…
        "#
    ));
}

#[test]
fn a_handshake_that_is_not_answered_ends_in_time_and_is_not_cancelled() {
    exclusive().run(&format!(
        r#"
        a: {INITIALIZE}
            to server: {{"id":1,…
        time 9s
        time 10s
            to a: {{"id":0,"error":{{…"reason":"upstream_start_timeout","sent":true…
            not opened: upstream_start_timeout
        a: {INITIALIZE}
            to server: {{"id":2,…
        server: {{"id":1,"result":{SERVER_RESULT}}}
            dropped: unknown_response
        server: {{"id":2,"result":{SERVER_RESULT}}}
            a speaks 2025-11-25
            to a: …
        "#
    ));
}

#[test]
fn a_handshake_that_cannot_be_sent_does_not_lock_the_session() {
    exclusive().run(&format!(
        r#"
        full
        a: {INITIALIZE}
            to a: {{"id":0,"error":{{…"reason":"upstream_stuck","sent":false…
            not opened: upstream_stuck
        room
        a: {INITIALIZE}
            to server: {{"id":2,…
        "#
    ));
}

#[test]
fn a_server_that_is_gone_before_its_handshake_could_not_be_started() {
    exclusive().run(&format!(
        r#"
        gone
        a: {INITIALIZE}
            to a: {{"id":0,"error":{{…"reason":"upstream_start_failed","sent":false…
            not opened: upstream_start_failed
        "#
    ));
    Dialogue::new(Server::Legacy, Sharing::Shared).run(
        r#"
        gone
        open
            not opened: upstream_start_failed
        "#,
    );
}

#[test]
fn a_handshake_is_not_cancelled() {
    exclusive().run(&format!(
        r#"
        a: {INITIALIZE}
            to server: {{"id":1,…
        a: {{"method":"notifications/cancelled","params":{{"requestId":0}}}}
            dropped: unknown_cancellation
        server: {{"id":1,"result":{SERVER_RESULT}}}
            a speaks 2025-11-25
            to a: {{"id":0,"result":…
        "#
    ));
}

#[test]
fn a_server_lost_in_the_handshake_is_opened_by_the_client_again() {
    exclusive().run(&format!(
        r#"
        a: {INITIALIZE}
            to server: {{"id":1,…
        lose
            to a: {{"id":0,"error":{{…"reason":"upstream_exited","sent":true…
            not opened: upstream_exited
        a: {INITIALIZE}
            to server: {{"id":2,…
        "#
    ));
}

#[test]
fn the_gateway_opens_a_server_for_many() {
    Dialogue::new(Server::Legacy, Sharing::Shared).run(&format!(
        r#"
        open
            to server: {{"id":1,"method":"initialize","params":{{"protocolVersion":"2025-11-25","capabilities":{{}},"clientInfo":{{"name":"pontoon","version":"0"}}}}}}
        server: {{"id":1,"result":{SERVER_RESULT}}}
            to server: {{"method":"notifications/initialized"}}
            opened
        "#
    ));
}

#[test]
fn a_handshake_of_the_gateway_can_fail_in_every_way() {
    let mut dialogue = Dialogue::new(Server::Legacy, Sharing::Shared);
    dialogue.run(
        r#"
        full
        open
            not opened: upstream_stuck
        room
        open
            to server: {"id":2,…
        server: {"id":2,"error":{"code":1,"message":"no"}}
            not opened: upstream_handshake_failed
        open
            to server: {"id":3,…
        server: {"id":3,"result":{"protocolVersion":"1999-01-01","capabilities":{}}}
            not opened: upstream_protocol
        open
            to server: {"id":4,…
        lose
            not opened: upstream_exited
        open
            to server: {"id":5,…
        time 10s
            not opened: upstream_start_timeout
        in flight 0
        "#,
    );
}

#[test]
fn further_clients_are_answered_with_what_the_server_said_at_a_revision_both_speak() {
    let mut dialogue = Dialogue::new(Server::Legacy, Sharing::Shared);
    dialogue.run(
        r#"
        open
            to server: …
        server: {"id":1,"result":{"protocolVersion":"2025-06-18","capabilities":{ "tools":{} },"serverInfo":{"name":"s"},"instructions":"be nice"}}
            to server: {"method":"notifications/initialized"}
            opened
        join a
        a: {"id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{}}}
            a speaks 2025-06-18
            to a: {"id":1,"result":{"protocolVersion":"2025-06-18","capabilities":{ "tools":{} },"serverInfo":{"name":"s"},"instructions":"be nice"}}
        join b
        b: {"id":1,"method":"initialize","params":{"protocolVersion":"2024-11-05","capabilities":{}}}
            b speaks 2024-11-05
            to b: {"id":1,"result":{"protocolVersion":"2024-11-05",…
        join c
        c: {"id":1,"method":"initialize","params":{"protocolVersion":"tomorrow","capabilities":{}}}
            c speaks 2025-06-18
            to c: {"id":1,"result":{"protocolVersion":"2025-06-18",…
        alone: {"id":1,"method":"initialize","params":{"protocolVersion":"2025-03-26","capabilities":{}}}
            to alone: {"id":1,"result":{"protocolVersion":"2025-03-26",…
        "#,
    );
}

#[test]
fn a_request_without_a_session_leaves_no_state() {
    shared(
        r#"
        alone: {"id":1,"method":"ping"}
            to alone: {"id":1,"result":{}}
        alone: {"id":1,"method":"logging/setLevel","params":{"level":"info"}}
            to alone: {"id":1,"error":{"code":-32600,…
        alone: {"id":1,"method":"resources/subscribe","params":{"uri":"u"}}
            to alone: {"id":1,"error":{"code":-32600,…
        alone: {"id":1,"method":"resources/unsubscribe","params":{"uri":"u"}}
            to alone: {"id":1,"error":{"code":-32600,…
        alone: {"id":1,"method":"server/discover"}
            to alone: {"id":1,"error":{"code":-32601,…
        "#,
    );
}

#[test]
fn pings_of_a_session_go_to_its_server() {
    session(
        r#"
        a: {"id":1,"method":"ping"}
            to server: {"id":2,"method":"ping"}
        "#,
    );
}

#[test]
fn modern_clients_learn_what_the_handshake_said() {
    account(
        r#"
        m: {"id":1,"method":"server/discover","params":{"_meta":{$M}}}
            to m: {"id":1,"result":{"supportedVersions":["2026-07-28","2025-11-25","2025-06-18","2025-03-26","2024-11-05"],"capabilities":{"tools":{"listChanged":true},"prompts":{"listChanged":true},"resources":{"subscribe":true,"listChanged":true},"logging":{}},"instructions":"be nice","resultType":"complete","ttlMs":0,"cacheScope":"private","_meta":{"~serverInfo":{"name":"s","version":"1"}}}}
        "#,
    );
}
