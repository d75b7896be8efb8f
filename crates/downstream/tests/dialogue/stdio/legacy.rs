//! Clients that begin with `initialize`.

use super::{INITIALIZED, Piped, cancel, initialize, legacy, modern};
use crate::support::Seen;

#[tokio::test(start_paused = true)]
async fn every_legacy_revision_opens_a_session_and_asks_in_it() {
    for revision in ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"] {
        let mut piped = Piped::opened(revision).await;
        piped.send(&legacy(1, "tools/list")).await;
        let answer = piped.next().await;
        assert_eq!(
            (&answer["id"], &answer["result"]["ok"]),
            (&1.into(), &true.into())
        );
        let note = Seen::Notification("notifications/initialized".to_owned());
        assert_eq!(piped.backend.times(&note), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn calls_are_answered_as_they_are_done() {
    let mut piped = Piped::opened("2025-11-25").await;
    piped.send(&legacy(1, "slow")).await;
    piped.send(&legacy(2, "slow")).await;
    piped.send(&legacy(3, "tools/list")).await;
    assert_eq!(piped.next().await["id"], 3);
    let (first, second) = (piped.backend.next().await, piped.backend.next().await);
    second.progress(1);
    second.finish("{}");
    first.progress(2);
    assert_eq!(piped.next().await["params"]["progress"], 1);
    assert_eq!(piped.next().await["id"], 2);
    assert_eq!(piped.next().await["params"]["progress"], 2);
    first.finish("{}");
    assert_eq!(piped.next().await["id"], 1);
}

#[tokio::test(start_paused = true)]
async fn what_belongs_to_no_call_and_what_is_asked_comes_on_the_pipe_and_is_answered_there() {
    let mut piped = Piped::opened("2025-11-25").await;
    piped.send(&legacy(1, "slow")).await;
    let held = piped.backend.next().await;
    let session = held.session.clone().unwrap();
    session.notify(r#"{"jsonrpc":"2.0","method":"notifications/tools/list_changed"}"#.into());
    session.request(r#"{"jsonrpc":"2.0","id":"question","method":"roots/list"}"#.into());
    assert_eq!(piped.next().await["method"], "notifications/tools/list_changed");
    assert_eq!(piped.next().await["method"], "roots/list");
    piped
        .send(r#"{"jsonrpc":"2.0","id":"question","result":{"roots":[]}}"#)
        .await;
    // Nobody asked this, and nobody is told: answers are not answered.
    piped.send(r#"{"jsonrpc":"2.0","id":"other","result":{}}"#).await;
    piped.expect_silence().await;
    assert_eq!(piped.backend.times(&Seen::Reply("\"question\"".to_owned())), 1);
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_cannot_be_read_is_an_answer_all_the_same() {
    let mut piped = Piped::opened("2025-11-25").await;
    piped
        .send(r#"{"jsonrpc":"2.0","id":"question","result":7}"#)
        .await;
    piped.expect_silence().await;
    assert_eq!(piped.backend.times(&Seen::Reply("\"question\"".to_owned())), 1);
}

#[tokio::test(start_paused = true)]
async fn a_cancelled_call_reaches_the_server_and_has_no_answer() {
    let mut piped = Piped::opened("2025-11-25").await;
    piped.send(&legacy(1, "slow")).await;
    let held = piped.backend.next().await;
    piped.send(&cancel(1)).await;
    piped.expect_silence().await;
    let note = Seen::Notification("notifications/cancelled".to_owned());
    assert_eq!(piped.backend.times(&note), 1);
    held.finish("{}");
    piped.expect_silence().await;
    // The id is free again.
    piped.send(&legacy(1, "tools/list")).await;
    assert_eq!(piped.next().await["id"], 1);
}

#[tokio::test(start_paused = true)]
async fn nothing_is_served_before_initialize_and_initialize_once() {
    let mut piped = Piped::new();
    piped.send(INITIALIZED).await;
    piped.send(&legacy(1, "tools/list")).await;
    let refused = piped.next().await;
    assert_eq!(refused["error"]["data"]["reason"], "not_initialized", "{refused}");
    piped.send(&initialize("2025-11-25")).await;
    piped.next().await;
    piped.send(&initialize("2025-11-25")).await;
    let refused = piped.next().await;
    assert_eq!(
        refused["error"]["data"]["reason"], "already_initialized",
        "{refused}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_handshake_that_fails_can_be_tried_again() {
    let mut piped = Piped::new();
    piped
        .send(r#"{"jsonrpc":"2.0","id":0,"method":"initialize","params":{}}"#)
        .await;
    assert_eq!(piped.next().await["error"]["code"], -32602);
    assert_eq!(piped.backend.times(&Seen::Close), 1);
    piped.send(&initialize("2025-06-18")).await;
    assert_eq!(piped.next().await["result"]["protocolVersion"], "2025-06-18");
}

#[tokio::test(start_paused = true)]
async fn an_id_in_use_is_not_taken_twice_in_either_era() {
    let mut piped = Piped::opened("2025-11-25").await;
    piped.send(&legacy(1, "slow")).await;
    piped.send(&modern(1, "tools/list", "")).await;
    let refused = piped.next().await;
    assert_eq!(refused["error"]["data"]["reason"], "repeated_id", "{refused}");
    piped.backend.next().await.finish("{}");
    assert_eq!(piped.next().await["result"], serde_json::json!({}));
}

#[tokio::test(start_paused = true)]
async fn a_call_at_which_the_backend_panics_is_answered_and_the_others_live_on() {
    let mut piped = Piped::opened("2025-11-25").await;
    piped.send(&legacy(1, "slow")).await;
    piped.send(&legacy(2, "panic")).await;
    let failed = piped.next().await;
    assert_eq!(
        (&failed["id"], &failed["error"]["data"]["reason"]),
        (&2.into(), &"defect".into())
    );
    piped.backend.next().await.finish("{}");
    assert_eq!(piped.next().await["id"], 1);
}

#[tokio::test(start_paused = true)]
async fn a_notification_at_which_the_backend_panics_ends_nothing() {
    let mut piped = Piped::opened("2025-11-25").await;
    piped.send(&legacy(1, "slow")).await;
    piped
        .send(r#"{"jsonrpc":"2.0","method":"notifications/panic"}"#)
        .await;
    piped.backend.next().await.finish("{}");
    assert_eq!(piped.next().await["id"], 1);
}
