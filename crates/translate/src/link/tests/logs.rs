//! Which client a log message is for.

use super::dialogue::{Dialogue, account, modern, session, shared};
use crate::{Server, Sharing};

#[test]
fn a_session_gets_its_logs_on_the_latest_exchange_or_else_on_its_own_stream() {
    session(
        r#"
        server: {"method":"notifications/message","params":{"level":"info","data":0}}
            to a's session: {"method":"notifications/message","params":{"level":"info","data":0}}
        a: {"id":1,"method":"tools/call","params":{"name":"t"}}
            to server: {"id":2,…
        a: {"id":2,"method":"tools/call","params":{"name":"t"}}
            to server: {"id":3,…
        server: {"method":"notifications/message","params":{"level":"info","data":1}}
            to a on 2: {"method":"notifications/message","params":{"level":"info","data":1}}
        server: {"id":3,"result":{}}
            to a: {"id":2,"result":{}}
        server: {"method":"notifications/message","params":{"level":"made up","data":2}}
            to a on 1: {"method":"notifications/message","params":{"level":"made up","data":2}}
        deaf a
        server: {"method":"notifications/message","params":{"level":"info","data":3}}
            to a's session: {"method":"notifications/message","params":{"level":"info","data":3}}
        "#,
    );
}

#[test]
fn a_session_sets_the_level_of_its_own_server() {
    session(
        r#"
        a: {"id":1,"method":"logging/setLevel","params":{"level":"warning"}}
            to server: {"id":2,"method":"logging/setLevel","params":{"level":"warning"}}
        server: {"id":2,"result":{}}
            to a: {"id":1,"result":{}}
        server: {"method":"notifications/message","params":{"level":"debug","data":"the server's choice"}}
            to a's session: …
        "#,
    );
}

#[test]
fn a_shared_server_gets_the_lowest_level_that_anybody_wants() {
    shared(
        r#"
        a: {"id":1,"method":"logging/setLevel","params":{"level":"warning"}}
            to server: {"id":2,"method":"logging/setLevel","params":{"level":"warning"}}
            to a: {"id":1,"result":{}}
        b: {"id":1,"method":"logging/setLevel","params":{"level":"error"}}
            to b: {"id":1,"result":{}}
        b: {"id":1,"method":"logging/setLevel","params":{"level":"debug"}}
            to server: {"id":3,"method":"logging/setLevel","params":{"level":"debug"}}
            to b: {"id":1,"result":{}}
        a: {"id":1,"method":"logging/setLevel","params":{"level":"loud"}}
            to a: {"id":1,"error":{"code":-32602,…
        "#,
    );
}

/// A server may not have heard yet that nobody waits for a request, or not care.
#[test]
fn what_a_shared_server_says_of_a_request_given_up_is_told_to_no_other() {
    shared(
        r#"
        a: {"id":1,"method":"tools/call","params":{"name":"t"}}
            to server: {"id":2,…
        b: {"id":1,"method":"tools/call","params":{"name":"t"}}
            to server: {"id":3,…
        a: {"method":"notifications/cancelled","params":{"requestId":1}}
            to server: {"method":"notifications/cancelled","params":{"requestId":2}}
            to a: {"id":1,"error":…
        server: {"method":"notifications/message","params":{"level":"info","data":"a's secret"}}
            dropped: ambiguous_notification
        server: {"id":2,"result":{}}
            dropped: unknown_response
        server: {"method":"notifications/message","params":{"level":"info","data":"perhaps about a"}}
            dropped: ambiguous_notification
        time 5s
        server: {"method":"notifications/message","params":{"level":"info","data":"for b"}}
            to b on 1: …
        "#,
    );
}

#[test]
fn a_request_given_up_is_not_talked_about_for_ever() {
    shared(
        r#"
        a: {"id":1,"method":"tools/call","params":{"name":"t"}}
            to server: {"id":2,…
        leave a
            to server: {"method":"notifications/cancelled","params":{"requestId":2}}
            to a: {"id":1,"error":…
        time 99s
        b: {"id":1,"method":"tools/call","params":{"name":"t"}}
            to server: {"id":3,…
        server: {"method":"notifications/message","params":{"level":"info","data":"a's secret"}}
            dropped: ambiguous_notification
        time 100s
        server: {"method":"notifications/message","params":{"level":"info","data":"for b"}}
            to b on 1: …
        "#,
    );
}

#[test]
fn who_gave_up_a_request_itself_hears_of_it() {
    shared(
        r#"
        a: {"id":1,"method":"tools/call","params":{"name":"t"}}
            to server: {"id":2,…
        a: {"id":2,"method":"tools/call","params":{"name":"t"}}
            to server: {"id":3,…
        a: {"method":"notifications/cancelled","params":{"requestId":1}}
            to server: {"method":"notifications/cancelled","params":{"requestId":2}}
            to a: {"id":1,"error":…
        server: {"method":"notifications/message","params":{"level":"info","data":0}}
            to a on 2: …
        "#,
    );
}

#[test]
fn a_shared_server_without_log_messages_takes_no_level() {
    let mut dialogue = Dialogue::new(Server::Legacy, Sharing::Shared);
    dialogue.run(
        r#"
        join a
        a: {"id":1,"method":"logging/setLevel","params":{"level":"info"}}
            to a: {"id":1,"error":{"code":-32601,…
        open
            to server: …
        server: {"id":1,"result":{"protocolVersion":"2025-11-25","capabilities":{}}}
            to server: …
            opened
        a: {"id":1,"method":"logging/setLevel","params":{"level":"info"}}
            to a: {"id":1,"error":{"code":-32601,…
        m: {"id":1,"method":"tools/list","params":{"_meta":{$M,"~logLevel":"info"}}}
            to server: {"id":2,"method":"tools/list","params":{}}
        "#,
    );
}

#[test]
fn a_shared_servers_log_goes_to_the_only_exchange_in_flight_or_to_nobody() {
    shared(
        r#"
        server: {"method":"notifications/message","params":{"level":"info","data":0}}
            dropped: ambiguous_notification
        a: {"id":1,"method":"logging/setLevel","params":{"level":"warning"}}
            to server: {"id":2,…
            to a: {"id":1,"result":{}}
        a: {"id":1,"method":"tools/call","params":{"name":"t"}}
            to server: {"id":3,…
        server: {"method":"notifications/message","params":{"level":"error","data":1}}
            to a on 1: {"method":"notifications/message","params":{"level":"error","data":1}}
        server: {"method":"notifications/message","params":{"level":"info","data":"below what a wants"}}
            dropped: ambiguous_notification
        b: {"id":1,"method":"tools/call","params":{"name":"t"}}
            to server: {"id":4,…
        server: {"method":"notifications/message","params":{"level":"error","data":2}}
            dropped: ambiguous_notification
        server: {"id":3,"result":{}}
            to a: …
        server: {"method":"notifications/message","params":{"level":"debug","data":"perhaps about a"}}
            dropped: ambiguous_notification
        time 5s
        server: {"method":"notifications/message","params":{"level":"debug","data":3}}
            to b on 1: {"method":"notifications/message","params":{"level":"debug","data":3}}
        "#,
    );
}

#[test]
fn a_modern_client_gets_what_its_request_asked_for() {
    account(
        r#"
        m: {"id":1,"method":"tools/call","params":{"name":"t","_meta":{$M}}}
            to server: {"id":2,…
        server: {"method":"notifications/message","params":{"level":"emergency","data":0}}
            dropped: ambiguous_notification
        m: {"id":2,"method":"tools/call","params":{"name":"t","_meta":{$M,"~logLevel":"warning"}}}
            to server: {"id":4,"method":"logging/setLevel","params":{"level":"warning"}}
            to server: {"id":3,"method":"tools/call","params":{"name":"t"}}
        server: {"id":4,"result":{}}
        server: {"method":"notifications/message","params":{"level":"info","data":1}}
            dropped: ambiguous_notification
        server: {"method":"notifications/message","params":{"level":"warning","data":2}}
            to m on 2: {"method":"notifications/message","params":{"level":"warning","data":2}}
        m: {"id":3,"method":"tools/call","params":{"name":"t","_meta":{$M,"~logLevel":"error"}}}
            to server: {"id":5,…
        m: {"id":4,"method":"tools/call","params":{"name":"t","_meta":{$M,"~logLevel":"info"}}}
            to server: {"id":7,"method":"logging/setLevel","params":{"level":"info"}}
            to server: {"id":6,…
        "#,
    );
}

#[test]
fn a_shared_modern_server_is_understood_only_if_one_request_asked() {
    modern(
        r#"
        m: {"id":1,"method":"tools/call","params":{"name":"t","_meta":{$M}}}
            to server: {"id":1,…
        n: {"id":1,"method":"tools/call","params":{"name":"t","_meta":{$M,"~logLevel":"info"}}}
            to server: {"id":2,…
        server: {"method":"notifications/message","params":{"level":"info","data":0}}
            to n on 1: {"method":"notifications/message","params":{"level":"info","data":0}}
        m: {"id":2,"method":"tools/call","params":{"name":"t","_meta":{$M,"~logLevel":"error"}}}
            to server: {"id":3,…
        server: {"method":"notifications/message","params":{"level":"info","data":"only n asked for these"}}
            to n on 1: …
        server: {"method":"notifications/message","params":{"level":"error","data":"for m or n"}}
            dropped: ambiguous_notification
        "#,
    );
}

#[test]
fn what_a_shared_modern_server_says_of_a_request_given_up_is_told_to_no_other() {
    modern(
        r#"
        m: {"id":1,"method":"tools/call","params":{"name":"t","_meta":{$M,"~logLevel":"info"}}}
            to server: {"id":1,…
        n: {"id":1,"method":"tools/call","params":{"name":"t","_meta":{$M,"~logLevel":"info"}}}
            to server: {"id":2,…
        abandon m 1
            to server: {"method":"notifications/cancelled","params":{"requestId":1}}
            to m: {"id":1,"error":…
        server: {"method":"notifications/message","params":{"level":"info","data":"m's secret"}}
            dropped: ambiguous_notification
        server: {"id":1,"result":{}}
            dropped: unknown_response
        time 5s
        server: {"method":"notifications/message","params":{"level":"info","data":"for n"}}
            to n on 1: …
        n: {"id":2,"method":"tools/call","params":{"name":"t","_meta":{$M}}}
            to server: {"id":3,…
        abandon n 2
            to server: {"method":"notifications/cancelled","params":{"requestId":3}}
            to n: {"id":2,"error":…
        server: {"method":"notifications/message","params":{"level":"info","data":"of the one that asked"}}
            to n on 1: …
        "#,
    );
}

#[test]
fn other_notifications_reach_the_session_or_nobody() {
    session(
        r#"
        server: {"method":"notifications/vendor","params":{"x":1}}
            to a's session: {"method":"notifications/vendor","params":{"x":1}}
        "#,
    );
    shared(
        r#"
        server: {"method":"notifications/vendor","params":{"x":1}}
            dropped: ambiguous_notification
        "#,
    );
}

#[test]
fn what_a_shared_server_logs_after_an_answer_reaches_nobody_else() {
    shared(
        r#"
        a: {"id":1,"method":"tools/list"}
            to server: {"id":2,"method":"tools/list"}
        server: {"id":2,"result":{}}
            to a: {"id":1,"result":{}}
        b: {"id":1,"method":"tools/list"}
            to server: {"id":3,"method":"tools/list"}
        server: {"method":"notifications/message","params":{"level":"error","data":"about a"}}
            dropped: ambiguous_notification
        time 5s
        server: {"method":"notifications/message","params":{"level":"error","data":"about b"}}
            to b on 1: {"method":"notifications/message","params":{"level":"error","data":"about b"}}
        server: {"id":3,"result":{}}
            to b: {"id":1,"result":{}}
        b: {"id":2,"method":"tools/list"}
            to server: {"id":4,"method":"tools/list"}
        server: {"method":"notifications/message","params":{"level":"error","data":"about b"}}
            to b on 2: {"method":"notifications/message","params":{"level":"error","data":"about b"}}
        "#,
    );
}

#[test]
fn accounts_without_sessions_are_told_apart() {
    shared(
        r#"
        m: {"id":1,"method":"tools/list","params":{"_meta":{$M,"~logLevel":"debug"}}}
            to server: …
            to server: …
        server: {"id":3,"result":{}}
        server: {"id":2,"result":{"tools":[]}}
            to m: …
        n: {"id":1,"method":"tools/list","params":{"_meta":{$M,"~logLevel":"debug"}}}
            to server: …
        server: {"method":"notifications/message","params":{"level":"error","data":"about m"}}
            dropped: ambiguous_notification
        "#,
    );
}

#[test]
fn an_answer_given_twice_does_not_end_the_caution() {
    shared(
        r#"
        a: {"id":1,"method":"tools/list"}
            to server: {"id":2,"method":"tools/list"}
        server: {"id":2,"result":{}}
            to a: {"id":1,"result":{}}
        server: {"id":2,"result":{}}
            dropped: unknown_response
        b: {"id":1,"method":"tools/list"}
            to server: {"id":3,"method":"tools/list"}
        server: {"method":"notifications/message","params":{"level":"error","data":"about a"}}
            dropped: ambiguous_notification
        "#,
    );
}
