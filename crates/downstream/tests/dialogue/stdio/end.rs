//! How a pipe ends.

use std::time::Duration;

use pontoon_downstream::{PipeEnd, PipeSettings};
use tokio::time::Instant;

use super::{Piped, legacy, modern};
use crate::support::Seen;

#[tokio::test(start_paused = true)]
async fn the_end_of_the_input_ends_everything_in_good_order() {
    let mut piped = Piped::opened("2025-11-25").await;
    piped.close();
    let backend = std::sync::Arc::clone(&piped.backend);
    let start = Instant::now();
    assert_eq!(piped.end().await, (vec![], PipeEnd::Closed));
    assert_eq!(backend.times(&Seen::Drain), 1);
    assert_eq!(start.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn calls_in_flight_at_the_end_of_the_input_are_answered() {
    let mut piped = Piped::opened("2025-11-25").await;
    piped.send(&legacy(1, "slow")).await;
    piped.send(&modern(2, "slow", "")).await;
    // A last line needs no end.
    piped.send_bytes(modern(3, "tools/list", "").as_bytes()).await;
    piped.close();
    assert_eq!(piped.next().await["id"], 3);
    piped.backend.next().await.finish("{}");
    assert_eq!(piped.next().await["id"], 1);
    piped.backend.next().await.finish("{}");
    let (rest, end) = piped.end().await;
    assert_eq!((&rest[0]["id"], end), (&2.into(), PipeEnd::Closed));
}

#[tokio::test(start_paused = true)]
async fn calls_that_take_too_long_at_the_end_are_answered_by_the_end() {
    let mut piped = Piped::opened("2025-11-25").await;
    piped.send(&legacy(1, "slow")).await;
    piped.close();
    let start = Instant::now();
    let (rest, end) = piped.end().await;
    assert_eq!(
        (&rest[0]["id"], &rest[0]["error"]["code"]),
        (&1.into(), &(-32603).into())
    );
    assert_eq!(end, PipeEnd::Closed);
    assert!(
        start.elapsed() >= PipeSettings::default().grace,
        "{:?}",
        start.elapsed()
    );
}

#[tokio::test(start_paused = true)]
async fn who_is_asked_to_stop_during_the_end_takes_no_more_time() {
    let mut piped = Piped::opened("2025-11-25").await;
    piped.send(&legacy(1, "slow")).await;
    piped.expect_silence().await;
    piped.close();
    tokio::time::advance(Duration::from_millis(10)).await;
    let start = Instant::now();
    let (unused, _) = tokio::sync::oneshot::channel();
    std::mem::replace(&mut piped.stop, unused).send(()).unwrap();
    let (rest, end) = piped.end().await;
    assert_eq!((rest.len(), end), (1, PipeEnd::Closed));
    assert!(start.elapsed() < Duration::from_secs(1), "{:?}", start.elapsed());
}

#[tokio::test(start_paused = true)]
async fn who_is_asked_to_stop_reads_no_more_and_lets_calls_finish() {
    let mut piped = Piped::new();
    piped.send(&modern(1, "slow", "")).await;
    let held = piped.backend.next().await;
    let (unused, _) = tokio::sync::oneshot::channel();
    std::mem::replace(&mut piped.stop, unused).send(()).unwrap();
    tokio::task::yield_now().await;
    held.finish("{}");
    assert_eq!(piped.next().await["id"], 1);
    let (rest, end) = piped.end().await;
    assert_eq!((rest, end), (vec![], PipeEnd::Stopped));
}

#[tokio::test(start_paused = true)]
async fn listeners_are_not_waited_for() {
    let mut piped = Piped::new();
    piped.send(&modern(1, "subscriptions/listen", "")).await;
    let held = piped.backend.next().await;
    piped.close();
    let start = Instant::now();
    while piped.backend.times(&Seen::Drain) == 0 {
        tokio::task::yield_now().await;
    }
    assert_eq!(start.elapsed(), Duration::ZERO);
    held.finish(r#"{"resultType":"complete"}"#);
    let (rest, _) = piped.end().await;
    assert_eq!(rest[0]["result"]["resultType"], "complete");
    assert_eq!(rest[1]["method"], "notifications/cancelled");
}

#[tokio::test(start_paused = true)]
async fn a_client_that_does_not_read_is_given_up_and_costs_no_more_than_its_queue() {
    let mut piped = Piped::with(PipeSettings {
        queue_bytes: 256 * 1024,
        ..PipeSettings::default()
    });
    piped.send(&modern(1, "slow", "")).await;
    let held = piped.backend.next().await;
    let text = format!(r#"{{"jsonrpc":"2.0","method":"{}"}}"#, "x".repeat(10_000));
    for _ in 0..100 {
        let _ = held.push(&text);
        tokio::task::yield_now().await;
    }
    drop(held);
    assert_eq!(piped.serving.await.unwrap(), PipeEnd::TooSlow);
}

#[tokio::test(start_paused = true)]
async fn a_client_that_has_closed_its_end_is_gone() {
    let mut piped = Piped::new();
    piped.send(&modern(1, "slow", "")).await;
    let held = piped.backend.next().await;
    let Piped {
        output,
        serving,
        input,
        ..
    } = piped;
    drop(output);
    held.finish("{}");
    assert_eq!(serving.await.unwrap(), PipeEnd::Gone);
    drop(input);
}
