//! Clients of 2026-07-28, alone on the pipe or beside a legacy session.

use super::{Piped, cancel, legacy, modern};
use crate::support::Seen;

#[tokio::test(start_paused = true)]
async fn every_request_stands_for_itself() {
    let mut piped = Piped::new();
    piped.send(&modern(1, "server/discover", "")).await;
    assert_eq!(piped.next().await["result"]["ok"], true);
    piped.send(&modern(2, "slow", "")).await;
    piped.send(&modern(3, "slow", "")).await;
    let (first, second) = (piped.backend.next().await, piped.backend.next().await);
    assert!(first.session.is_none());
    second.finish("{}");
    first.finish("{}");
    assert_eq!(piped.next().await["id"], 3);
    assert_eq!(piped.next().await["id"], 2);
}

#[tokio::test(start_paused = true)]
async fn both_eras_speak_on_one_pipe() {
    let mut piped = Piped::opened("2025-06-18").await;
    piped.send(&modern(1, "slow", "")).await;
    piped.send(&legacy(2, "slow")).await;
    let (stateless, member) = (piped.backend.next().await, piped.backend.next().await);
    assert!(stateless.session.is_none());
    assert!(member.session.is_some());
    member.finish("{}");
    stateless.finish("{}");
    assert_eq!(piped.next().await["id"], 2);
    assert_eq!(piped.next().await["id"], 1);
}

#[tokio::test(start_paused = true)]
async fn what_is_cancelled_is_abandoned() {
    let mut piped = Piped::new();
    piped.send(&modern(1, "slow", "")).await;
    piped.send(&modern(2, "subscriptions/listen", "")).await;
    let (call, listen) = (piped.backend.next().await, piped.backend.next().await);
    listen
        .push(r#"{"jsonrpc":"2.0","method":"notifications/subscriptions/acknowledged"}"#)
        .unwrap();
    assert_eq!(
        piped.next().await["method"],
        "notifications/subscriptions/acknowledged"
    );
    piped.send(&cancel(1)).await;
    piped.send(&cancel(2)).await;
    piped.expect_silence().await;
    assert!(call.target.outbox.is_abandoned() && listen.target.outbox.is_abandoned());
    // Whatever it was, or never was: cancelling what is over is nothing.
    piped.send(&cancel(1)).await;
    piped.send(&cancel(77)).await;
    piped.expect_silence().await;
    assert_eq!(piped.backend.seen().len(), 4, "{:?}", piped.backend.seen());
}

#[tokio::test(start_paused = true)]
async fn a_subscription_that_the_server_ends_is_torn_down_by_name() {
    let mut piped = Piped::new();
    piped.send(&modern(1, "subscriptions/listen", "")).await;
    piped.backend.next().await.finish(r#"{"resultType":"complete"}"#);
    assert_eq!(piped.next().await["result"]["resultType"], "complete");
    let cancelled = piped.next().await;
    assert_eq!(cancelled["method"], "notifications/cancelled");
    assert_eq!(cancelled["params"]["requestId"], 1);
}

#[tokio::test(start_paused = true)]
async fn requests_that_break_the_rules_are_refused() {
    let mut piped = Piped::new();
    for (line, code) in [
        (modern(1, "ping", ""), -32601),
        (modern(1, "initialize", ""), -32601),
        (
            modern(1, "tools/list", "").replace("2026-07-28", "2027-01-01"),
            -32022,
        ),
        (
            modern(1, "tools/list", "").replace("2026-07-28", "2025-11-25"),
            -32022,
        ),
        (
            modern(1, "tools/list", "").replace("clientCapabilities", "capabilities"),
            -32602,
        ),
    ] {
        piped.send(&line).await;
        let refused = piped.next().await;
        assert_eq!(
            (&refused["id"], &refused["error"]["code"]),
            (&1.into(), &code.into()),
            "{line}"
        );
    }
    assert_eq!(piped.backend.seen(), []);
}

#[tokio::test(start_paused = true)]
async fn a_client_that_probes_and_falls_back_gets_both() {
    let mut piped = Piped::new();
    piped.send(&modern(0, "server/discover", "")).await;
    piped.next().await;
    piped.send(&super::initialize("2025-11-25")).await;
    assert_eq!(piped.next().await["result"]["protocolVersion"], "2025-11-25");
    assert_eq!(piped.backend.times(&Seen::Request("initialize".to_owned())), 1);
}
