//! Servers that start, and servers that do not.

use std::sync::Arc;
use std::time::Duration;

use pontoon_broker::{Hosting, LeasePolicy};
use pontoon_supervise::BackoffSettings;
use tokio::time::Instant;

use crate::support::{House, Next, SECOND, until};

const OWN: Hosting = Hosting::Command(LeasePolicy::Session);
const SHARED: Hosting = Hosting::Command(LeasePolicy::Shared);
const ME: &str = "10.0.0.1";

fn fault(reason: &str) -> (String, bool) {
    (reason.to_owned(), false)
}

#[tokio::test(start_paused = true)]
async fn a_missing_program_is_told_to_all_who_wait_and_tried_again_for_who_comes_later() {
    let house = House::new(OWN);
    house.fake.plan([Next::Missing]);
    let calls = tokio::join!(house.modern_call(ME, "echo"), house.modern_call(ME, "echo"));
    assert_eq!(calls.0.fault().await, fault("upstream_start_failed"));
    assert_eq!(calls.1.fault().await, fault("upstream_start_failed"));
    assert_eq!(house.fake.attempts(), 1);
    assert_eq!((house.endpoint.processes(), house.in_flight()), (0, 0));
    assert_eq!(house.modern_call(ME, "echo").await.server().await, 0);
}

#[tokio::test(start_paused = true)]
async fn who_waits_for_a_start_learns_how_that_one_went() {
    let house = House::new(OWN);
    house.fake.plan([Next::Missing, Next::Silent]);
    let first = house.modern_call(ME, "echo").await;
    assert_eq!(first.fault().await, fault("upstream_start_failed"));
    let second = house.modern_call(ME, "echo").await;
    assert_eq!(second.fault().await, fault("upstream_start_timeout"));
}

#[tokio::test(start_paused = true)]
async fn a_server_that_ends_in_the_handshake_is_told_at_once_and_not_tried_in_a_loop() {
    let house = House::new(OWN);
    house.fake.plan([Next::EndsAtOnce, Next::EndsAtOnce]);
    let begun = Instant::now();
    let calls = tokio::join!(house.modern_call(ME, "echo"), house.modern_call(ME, "echo"));
    assert_eq!(calls.0.fault().await, fault("upstream_start_failed"));
    assert_eq!(calls.1.fault().await, fault("upstream_start_failed"));
    assert!(begun.elapsed() < SECOND);
    assert_eq!(house.fake.attempts(), 1);

    let visitor = house.visitor();
    let answer = visitor.begin_initialize().await;
    assert_eq!(answer.fault().await, ("upstream_start_failed".to_owned(), true));
    assert!(
        visitor.initialize().await["result"].is_object(),
        "the same session can try again"
    );
}

#[tokio::test(start_paused = true)]
async fn a_handshake_has_a_deadline_and_a_silent_server_is_stopped() {
    let house = House::new(OWN);
    house.fake.plan([Next::Silent, Next::Silent]);
    let begun = Instant::now();
    let call = house.modern_call(ME, "echo").await;
    assert_eq!(call.fault().await, fault("upstream_start_timeout"));
    assert!(begun.elapsed() >= 30 * SECOND && begun.elapsed() < 31 * SECOND);
    until(|| house.fake.running() == 0 && house.endpoint.processes() == 0).await;

    let visitor = house.visitor();
    let answer = visitor.begin_initialize().await;
    assert_eq!(answer.fault().await, ("upstream_start_timeout".to_owned(), true));
    until(|| house.fake.running() == 0 && house.endpoint.processes() == 0).await;
    assert!(visitor.initialize().await["result"].is_object());
}

#[tokio::test(start_paused = true)]
async fn a_server_that_does_not_even_take_the_handshake_is_told_at_once_and_stopped() {
    let house = House::new(OWN);
    house.fake.plan([Next::Deaf, Next::Deaf]);
    let begun = Instant::now();
    let call = house.modern_call(ME, "echo").await;
    assert_eq!(call.fault().await, fault("upstream_start_failed"));
    assert_eq!(begun.elapsed(), Duration::ZERO);
    until(|| house.fake.running() == 0).await;

    let visitor = house.visitor();
    let answer = visitor.begin_initialize().await;
    assert_eq!(answer.fault().await, fault("upstream_start_failed"));
    until(|| house.fake.running() == 0).await;
    assert!(visitor.initialize().await["result"].is_object());
}

#[tokio::test(start_paused = true)]
async fn a_call_goes_out_as_soon_as_the_handshake_is_over() {
    let house = House::new(OWN);
    house.fake.plan([Next::Thinks(7 * SECOND)]);
    let begun = Instant::now();
    let calls = tokio::join!(house.modern_call(ME, "echo"), house.modern_call(ME, "echo"));
    assert_eq!((calls.0.server().await, calls.1.server().await), (0, 0));
    assert_eq!(begun.elapsed(), 7 * SECOND);
}

#[tokio::test(start_paused = true)]
async fn what_else_was_asked_during_a_failed_handshake_is_answered_with_it() {
    let house = House::new(OWN);
    house.fake.plan([Next::Silent]);
    let visitor = house.visitor();
    let begun = Instant::now();
    let initialize = visitor.begin_initialize().await;
    let ping = visitor.request(1, "ping", "{}").await;
    assert_eq!(ping.fault().await.0, "upstream_start_timeout");
    assert_eq!(initialize.fault().await.0, "upstream_start_timeout");
    assert!(begun.elapsed() < 31 * SECOND);
}

#[tokio::test(start_paused = true)]
async fn handshakes_that_fail_count_as_failed_starts() {
    let house = House::new(OWN);
    house.fake.plan([Next::Refuses; 6]);
    for _ in 0..5 {
        let call = house.modern_call(ME, "echo").await;
        assert_eq!(call.fault().await, fault("upstream_handshake_failed"));
    }
    let call = house.modern_call(ME, "echo").await;
    assert_eq!(call.fault().await, fault("upstream_circuit_open"));
}

#[tokio::test(start_paused = true)]
async fn a_start_has_a_deadline_too() {
    let house = House::new(OWN);
    house.fake.plan([Next::Slow(1000 * SECOND)]);
    let begun = Instant::now();
    let call = house.modern_call(ME, "echo").await;
    assert_eq!(call.fault().await, fault("upstream_start_timeout"));
    assert!(begun.elapsed() >= 30 * SECOND && begun.elapsed() < 31 * SECOND);
    assert_eq!(house.endpoint.processes(), 0);
    assert_eq!(house.modern_call(ME, "echo").await.server().await, 0);
}

#[tokio::test(start_paused = true)]
async fn a_refused_handshake_is_the_clients_answer_or_a_fault() {
    let house = House::new(OWN);
    house.fake.plan([Next::Refuses, Next::Refuses]);
    let call = house.modern_call(ME, "echo").await;
    assert_eq!(call.fault().await, fault("upstream_handshake_failed"));
    until(|| house.fake.running() == 0).await;
    let answer = house.visitor().initialize().await;
    assert_eq!(answer["error"]["code"], 1, "{answer}");
}

#[tokio::test(start_paused = true)]
async fn starts_are_delayed_and_after_too_many_failures_refused_for_a_while() {
    let house = House::new(OWN);
    house.fake.plan([Next::Missing; 6]);
    let mut waits = Vec::new();
    for _ in 0..5 {
        let begun = Instant::now();
        let call = house.modern_call(ME, "echo").await;
        assert_eq!(call.fault().await, fault("upstream_start_failed"));
        waits.push(begun.elapsed());
    }
    assert_eq!(waits[0], Duration::ZERO);
    assert!(
        waits[1] >= Duration::from_millis(100) && waits[1] <= Duration::from_millis(205),
        "{waits:?}"
    );
    assert!(
        waits[4] >= Duration::from_millis(800) && waits[4] <= Duration::from_millis(1605),
        "{waits:?}"
    );
    assert_eq!(
        house.modern_call(ME, "echo").await.fault().await,
        fault("upstream_circuit_open")
    );
    assert_eq!(house.fake.attempts(), 5);

    tokio::time::sleep(30 * SECOND).await;
    let probe = house.modern_call(ME, "echo").await;
    assert_eq!(probe.fault().await, fault("upstream_start_failed"));
    assert_eq!(
        house.modern_call(ME, "echo").await.fault().await,
        fault("upstream_circuit_open")
    );
    tokio::time::sleep(31 * SECOND).await;
    assert_eq!(house.modern_call(ME, "echo").await.server().await, 0);
    assert_eq!(house.modern_call("10.0.0.2", "echo").await.server().await, 1);
}

#[tokio::test(start_paused = true)]
async fn a_full_house_does_not_use_up_the_one_attempt_after_an_open_circuit() {
    let house = House::with(OWN, |settings| settings.max_processes = 1);
    let guest = house.guest().await;
    for _ in 0..5 {
        let before = house.endpoint.counters().crashes();
        house.fake.server(house.fake.started() - 1).crash();
        until(|| house.endpoint.counters().crashes() > before).await;
        let call = guest.call(1, "echo").await;
        if call.answer().await["error"].is_object() {
            break;
        }
    }
    tokio::time::sleep(31 * SECOND).await;
    let taken = house.all_processes.held();
    assert_eq!(taken, 0);
    assert!(
        guest.call(1, "echo").await.answer().await["result"].is_object(),
        "the probe"
    );
    assert_eq!(
        house.modern_call(ME, "echo").await.fault().await,
        fault("too_many_processes")
    );
}

#[tokio::test(start_paused = true)]
async fn there_are_no_more_processes_than_allowed_here_and_in_all() {
    let house = House::with(OWN, |settings| settings.max_processes = 2);
    let guests = [house.guest().await, house.guest().await];
    let third = house.visitor();
    let answer = third.begin_initialize().await;
    assert_eq!(answer.fault().await, fault("too_many_processes"));
    guests[0].leave();
    until(|| house.endpoint.processes() == 1).await;
    assert!(third.initialize().await["result"].is_object());

    let house = House::new(OWN);
    let taken: Vec<_> = (0..10_000)
        .map(|_| house.all_processes.acquire().unwrap())
        .collect();
    let answer = house.visitor().begin_initialize().await;
    assert_eq!(answer.fault().await, fault("too_many_processes"));
    assert_eq!(
        house.endpoint.processes(),
        0,
        "what could not be used is given back"
    );
    drop(taken);
    house.guest().await;
}

#[tokio::test(start_paused = true)]
async fn who_goes_away_before_the_server_is_there_leaves_it_to_the_others() {
    let house = Arc::new(House::new(OWN));
    house.fake.plan([Next::Slow(10 * SECOND)]);
    let first = tokio::spawn({
        let house = Arc::clone(&house);
        async move { house.modern_call(ME, "echo").await }
    });
    until(|| house.in_flight() == 1).await;
    let second = tokio::spawn({
        let house = Arc::clone(&house);
        async move { house.modern_call(ME, "echo").await }
    });
    until(|| house.in_flight() == 2).await;
    first.abort();
    until(|| house.in_flight() == 1).await;
    assert_eq!(second.await.unwrap().server().await, 0);
    assert_eq!(house.fake.attempts(), 1);
    assert_eq!(
        house.fake.server(0).methods().len(),
        3,
        "the call that was given up was never sent"
    );
}

#[tokio::test(start_paused = true)]
async fn a_start_that_panics_is_told_and_the_next_one_is_tried() {
    let house = House::new(OWN);
    house.fake.plan([Next::Panics]);
    assert_eq!(
        house.modern_call(ME, "echo").await.fault().await,
        fault("internal")
    );
    assert_eq!(house.endpoint.processes(), 0);
    assert_eq!(house.modern_call(ME, "echo").await.server().await, 0);
}

#[tokio::test(start_paused = true)]
async fn a_session_that_closes_while_its_server_starts_leaves_nothing_behind() {
    let house = Arc::new(House::new(OWN));
    house.fake.plan([Next::Slow(1000 * SECOND)]);
    let visitor = house.visitor();
    let session = Arc::clone(&visitor.session);
    let begun = Instant::now();
    let (call, ()) = tokio::join!(visitor.begin_initialize(), async {
        until(|| session.attachment().is_some() && house.endpoint.processes() == 1).await;
        visitor.leave();
    });
    assert_eq!(call.fault().await, fault("session_ended"));
    until(|| house.endpoint.processes() == 0).await;
    assert!(
        begun.elapsed() < SECOND,
        "nobody waits for a server that nobody wants"
    );
    assert_eq!(house.fake.started(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_shared_server_that_could_not_start_ahead_is_started_when_it_is_needed() {
    let house = House::new(SHARED);
    house.fake.plan([Next::Missing]);
    until(|| house.fake.attempts() == 1).await;
    assert!(house.visitor().initialize().await["result"].is_object());
}

/// Starts that fail one right after the other, on several threads: the end of one is never taken for that of the next.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn every_failed_start_is_told_with_its_own_cause() {
    let house = Arc::new(House::with(SHARED, |settings| {
        settings.backoff = BackoffSettings {
            base: Duration::ZERO,
            max: Duration::ZERO,
        };
        settings.circuit.failures = usize::MAX;
    }));
    house.fake.plan(std::iter::repeat_n(Next::Missing, 2_000));
    let client = |house: Arc<House>| async move {
        for _ in 0..200 {
            let call = house.modern_call(ME, "echo").await;
            assert_eq!(call.fault().await, fault("upstream_start_failed"));
        }
    };
    let clients: Vec<_> = (0..8).map(|_| tokio::spawn(client(Arc::clone(&house)))).collect();
    for client in clients {
        client.await.expect("no other cause was told");
    }
}
