//! Batches, which only sessions of 2025-03-26 may send.

use pontoon_downstream::PipeEnd;
use serde_json::Value;

use super::{INITIALIZED, Piped, cancel, legacy, modern};
use crate::support::Seen;

/// The ids of a batch's answers, in order, and why the refused ones were.
fn answers(batch: &Value) -> Vec<(u64, Option<&str>)> {
    let answers = batch.as_array().expect("a batch is answered by one");
    answers
        .iter()
        .map(|one| {
            let id = one["id"].as_u64().expect("ids are numbers here");
            (id, one["error"]["data"]["reason"].as_str())
        })
        .collect()
}

#[tokio::test(start_paused = true)]
async fn a_batch_is_answered_together_and_only_where_the_revision_has_them() {
    let batch = format!(
        "[{},{},{INITIALIZED},7,{}]",
        legacy(1, "slow"),
        legacy(2, "tools/list"),
        legacy(3, "tools/list")
    );
    let mut piped = Piped::opened("2025-03-26").await;
    piped.send(&batch).await;
    let held = piped.backend.next().await;
    held.progress(1);
    assert_eq!(piped.next().await["params"]["progress"], 1);
    held.finish("{}");
    let answers = piped.next().await;
    let mut ids: Vec<_> = answers
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["id"].to_string())
        .collect();
    ids.sort_unstable();
    assert_eq!(ids, ["1", "2", "3", "null"], "{answers}");

    for revision in ["2024-11-05", "2025-06-18", "2025-11-25"] {
        let mut piped = Piped::opened(revision).await;
        piped.send(&batch).await;
        let refused = piped.next().await;
        assert_eq!(refused["error"]["data"]["reason"], "batch", "{refused}");
        piped.expect_silence().await;
    }
}

#[tokio::test(start_paused = true)]
async fn of_two_requests_with_one_id_the_second_is_refused() {
    let mut piped = Piped::opened("2025-03-26").await;
    for (first, second) in [("tools/list", "tools/list"), ("slow", "tools/list")] {
        piped
            .send(&format!("[{},{}]", legacy(1, first), legacy(1, second)))
            .await;
        if first == "slow" {
            piped.backend.next().await.finish("{}");
        }
        let batch = piped.next().await;
        assert_eq!(answers(&batch), [(1, Some("repeated_id")), (1, None)], "{batch}");
    }
    assert_eq!(piped.backend.times(&Seen::Request("tools/list".to_owned())), 1);
}

#[tokio::test(start_paused = true)]
async fn an_id_in_use_is_taken_neither_in_a_batch_nor_beside_it() {
    let mut piped = Piped::opened("2025-03-26").await;
    piped.send(&legacy(1, "slow")).await;
    let alone = piped.backend.next().await;
    piped
        .send(&format!("[{},{}]", legacy(1, "tools/list"), legacy(2, "slow")))
        .await;
    let batched = piped.backend.next().await;
    for line in [legacy(2, "tools/list"), modern(2, "tools/list", "")] {
        piped.send(&line).await;
        let refused = piped.next().await;
        assert_eq!(refused["error"]["data"]["reason"], "repeated_id", "{refused}");
    }
    piped.send(&format!("[{}]", legacy(2, "tools/list"))).await;
    assert_eq!(answers(&piped.next().await), [(2, Some("repeated_id"))]);
    batched.finish("{}");
    assert_eq!(
        answers(&piped.next().await),
        [(1, Some("repeated_id")), (2, None)]
    );
    alone.finish("{}");
    assert_eq!(piped.next().await["id"], 1);
    // Both are free again.
    piped
        .send(&format!(
            "[{},{}]",
            legacy(1, "tools/list"),
            legacy(2, "tools/list")
        ))
        .await;
    assert_eq!(answers(&piped.next().await), [(1, None), (2, None)]);
}

#[tokio::test(start_paused = true)]
async fn what_is_withdrawn_from_a_batch_keeps_no_other_answer_waiting() {
    let mut piped = Piped::opened("2025-03-26").await;
    piped
        .send(&format!("[{},{}]", legacy(1, "slow"), legacy(2, "slow")))
        .await;
    let (first, second) = (piped.backend.next().await, piped.backend.next().await);
    second.finish("{}");
    piped.expect_silence().await;
    piped.send(&cancel(1)).await;
    assert_eq!(answers(&piped.next().await), [(2, None)]);
    let note = Seen::Notification("notifications/cancelled".to_owned());
    assert_eq!(piped.backend.times(&note), 1);
    // The server need not know in time: nobody waits for this any more.
    first.finish("{}");
    piped.expect_silence().await;
}

#[tokio::test(start_paused = true)]
async fn a_batch_that_is_withdrawn_as_a_whole_has_no_answer() {
    let mut piped = Piped::opened("2025-03-26").await;
    piped
        .send(&format!("[{},{}]", legacy(1, "slow"), legacy(2, "slow")))
        .await;
    let (first, second) = (piped.backend.next().await, piped.backend.next().await);
    piped.send(&format!("[{},{}]", cancel(1), cancel(2))).await;
    piped.expect_silence().await;
    first.finish("{}");
    second.finish("{}");
    piped.close();
    assert_eq!(piped.end().await, (vec![], PipeEnd::Closed));
}

#[tokio::test(start_paused = true)]
async fn answers_in_a_batch_are_answers() {
    let mut piped = Piped::opened("2025-03-26").await;
    let unreadable = r#"{"jsonrpc":"2.0","id":"question","result":7}"#;
    let readable = r#"{"jsonrpc":"2.0","id":"question","result":{}}"#;
    piped.send(&format!("[{unreadable},{readable}]")).await;
    piped.expect_silence().await;
    assert_eq!(piped.backend.times(&Seen::Reply("\"question\"".to_owned())), 2);
}

#[tokio::test(start_paused = true)]
async fn a_request_of_a_batch_at_which_the_backend_panics_is_answered_like_the_others() {
    let mut piped = Piped::opened("2025-03-26").await;
    piped
        .send(&format!("[{},{}]", legacy(1, "panic"), legacy(2, "tools/list")))
        .await;
    assert_eq!(answers(&piped.next().await), [(1, Some("defect")), (2, None)]);
}

#[tokio::test(start_paused = true)]
async fn the_end_of_the_input_waits_for_a_batch() {
    let mut piped = Piped::opened("2025-03-26").await;
    piped.send(&format!("[{}]", legacy(1, "slow"))).await;
    let held = piped.backend.next().await;
    piped.close();
    tokio::task::yield_now().await;
    held.finish("{}");
    let (rest, end) = piped.end().await;
    assert_eq!(end, PipeEnd::Closed);
    assert_eq!(answers(&rest[0]), [(1, None)]);
}
