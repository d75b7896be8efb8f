//! Modern clients in front of a legacy server.

use super::dialogue::{account, shared};

#[test]
fn requests_lose_what_describes_them_and_results_gain_what_a_modern_client_needs() {
    account(
        r#"
        m: {"id":"x","method":"tools/list","params":{"cursor":"c" ,"_meta":{$M,"~clientInfo":{"name":"m"},"traceparent":"00-1" }}}
            to server: {"id":2,"method":"tools/list","params":{"cursor":"c" ,"_meta":{"traceparent":"00-1" }}}
        server: {"id":2,"result":{"tools":[ ],"_meta":{"v":1.0}}}
            to m: {"id":"x","result":{"tools":[ ],"_meta":{"v":1.0,"~serverInfo":{"name":"s","version":"1"}},"resultType":"complete","ttlMs":0,"cacheScope":"private"}}
        m: {"id":"x","method":"tools/call","params":{"_meta":{$M},"name":"t","arguments":{"n":1.0}}}
            to server: {"id":3,"method":"tools/call","params":{"name":"t","arguments":{"n":1.0}}}
        server: {"id":3,"result":{"content":[],"n":1e1000}}
            to m: {"id":"x","result":{"content":[],"n":1e1000,"resultType":"complete","_meta":{"~serverInfo":{"name":"s","version":"1"}}}}
        "#,
    );
}

#[test]
fn what_a_server_says_of_itself_is_not_overwritten() {
    account(
        r#"
        m: {"id":1,"method":"tools/call","params":{"name":"t","_meta":{$M}}}
            to server: {"id":2,…
        server: {"id":2,"result":{"_meta":{"~serverInfo":{"name":"own"}}}}
            to m: {"id":1,"result":{"_meta":{"~serverInfo":{"name":"own"}},"resultType":"complete"}}
        "#,
    );
}

#[test]
fn forbidden_error_codes_are_replaced_and_others_pass() {
    account(
        r#"
        m: {"id":1,"method":"resources/read","params":{"_meta":{$M},"uri":"u"}}
            to server: {"id":2,…
        server: {"id":2,"error":{"code":-32002,"message":"gone","data":{"uri":"u"}}}
            to m: {"id":1,"error":{"code":-32602,"message":"gone","data":{"uri":"u"}}}
        m: {"id":1,"method":"tools/call","params":{"name":"t","_meta":{$M}}}
            to server: {"id":3,…
        server: {"id":3,"error":{"code":-32042,"message":"open it","data":{}}}
            to m: {"id":1,"error":{"code":-32603,"message":"open it…
        m: {"id":1,"method":"vendor/unknown","params":{"_meta":{$M}}}
            to server: {"id":4,…
        server: {"id":4,"error":{"code":-32601,"message":"no such method"}}
            to m: {"id":1,"error":{"code":-32601,"message":"no such method"}}
        m: {"id":1,"method":"server/discover","params":{"_meta":{$M}}}
            to m: {"id":1,"result":{"supportedVersions":…
        "#,
    );
}

#[test]
fn methods_that_the_modern_era_removed_are_unknown_whatever_the_server_can_do() {
    for name in [
        "initialize",
        "ping",
        "resources/subscribe",
        "resources/unsubscribe",
        "logging/setLevel",
    ] {
        account(&format!(
            r#"
            m: {{"id":1,"method":"{name}","params":{{"_meta":{{$M}},"uri":"u","level":"info"}}}}
                to m: {{"id":1,"error":{{"code":-32601,"message":"Method not found: {name}"}}}}
            in flight 0
            "#
        ));
    }
}

#[test]
fn a_retry_of_a_round_that_never_was_is_refused_and_changes_nothing() {
    account(
        r#"
        m: {"id":1,"method":"tools/call","params":{"name":"t","_meta":{$M,"~logLevel":"debug"},"inputResponses":{},"requestState":"forged"}}
            to m: {"id":1,"error":{"code":-32602,…
        in flight 0
        "#,
    );
}

#[test]
fn the_log_level_is_raised_once() {
    account(
        r#"
        m: {"id":1,"method":"tools/list","params":{"_meta":{$M,"~logLevel":"info"}}}
            to server: {"id":3,"method":"logging/setLevel","params":{"level":"info"}}
            to server: {"id":2,"method":"tools/list","params":{}}
        m: {"id":2,"method":"tools/list","params":{"_meta":{$M,"~logLevel":"info"}}}
            to server: {"id":4,"method":"tools/list","params":{}}
        m: {"id":3,"method":"tools/list","params":{"_meta":{$M,"~logLevel":"error"}}}
            to server: {"id":5,"method":"tools/list","params":{}}
        "#,
    );
}

#[test]
fn a_level_that_the_server_did_not_take_is_set_again() {
    account(
        r#"
        full
        m: {"id":1,"method":"tools/list","params":{"_meta":{$M,"~logLevel":"info"}}}
            dropped: undeliverable
            to m: {"id":1,"error":{…"reason":"upstream_stuck","sent":false…
        room
        m: {"id":1,"method":"tools/list","params":{"_meta":{$M,"~logLevel":"info"}}}
            to server: {"id":5,"method":"logging/setLevel","params":{"level":"info"}}
            to server: {"id":4,"method":"tools/list","params":{}}
        "#,
    );
}

#[test]
fn modern_and_legacy_clients_share_one_server() {
    shared(
        r#"
        m: {"id":1,"method":"tools/call","params":{"name":"t","_meta":{$M,"progressToken":"p"}}}
            to server: {"id":2,"method":"tools/call","params":{"name":"t","_meta":{"progressToken":2}}}
        n: {"id":1,"method":"tools/call","params":{"name":"t","_meta":{$M,"progressToken":"p"}}}
            to server: {"id":3,"method":"tools/call","params":{"name":"t","_meta":{"progressToken":3}}}
        a: {"id":1,"method":"tools/call","params":{"name":"t","_meta":{"progressToken":"p"}}}
            to server: {"id":4,"method":"tools/call","params":{"name":"t","_meta":{"progressToken":4}}}
        server: {"method":"notifications/progress","params":{"progressToken":3,"progress":1}}
            to n on 1: {"method":"notifications/progress","params":{"progressToken":"p","progress":1}}
        server: {"id":4,"result":{"x":1}}
            to a: {"id":1,"result":{"x":1}}
        server: {"id":3,"result":{"x":2}}
            to n: {"id":1,"result":{"x":2,"resultType":"complete"…
        server: {"id":2,"result":{"x":3}}
            to m: {"id":1,"result":{"x":3,"resultType":"complete"…
        "#,
    );
}
