//! Servers that crash.

use std::time::Duration;

use pontoon_broker::{Hosting, LeasePolicy};
use serde_json::json;
use tokio::time::Instant;

use crate::support::{House, Next, SECOND, until};

const OWN: Hosting = Hosting::Command(LeasePolicy::Session);
const SHARED: Hosting = Hosting::Command(LeasePolicy::Shared);
const ME: &str = "10.0.0.1";

#[tokio::test(start_paused = true)]
async fn a_crash_answers_every_call_and_the_next_call_finds_a_server_opened_as_before() {
    let house = House::new(OWN);
    let guest = house.guest().await;
    let mut calls = Vec::new();
    for id in 1..50 {
        calls.push(guest.call(id, "hold").await);
    }
    calls.push(guest.call(50, "crash").await);
    for call in calls {
        assert_eq!(call.fault().await, ("upstream_exited".to_owned(), true));
    }
    assert_eq!(house.in_flight(), 0);
    assert_eq!(guest.call(1, "echo").await.server().await, 1);
    let heard = house.fake.server(1).heard();
    assert_eq!(
        heard[0]["params"],
        json!({"protocolVersion":"2025-06-18","capabilities":{"roots":{}},"clientInfo":{"name":"visitor","version":"1"}})
    );
    assert_eq!(heard[1]["method"], "notifications/initialized");
    assert_eq!(house.endpoint.counters().crashes(), 1);
    assert_eq!(house.endpoint.processes(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_server_that_is_given_up_for_not_reading_did_not_go_away_by_itself() {
    let house = House::new(OWN);
    let guest = house.guest().await;
    let call = guest.call(1, "hold").await;
    house.fake.server(0).choke();
    assert_eq!(call.fault().await, ("upstream_stuck".to_owned(), true));
    assert_eq!(guest.call(2, "echo").await.server().await, 1);
}

/// Whatever it says is no use of it: clients decide how long a server is needed.
#[tokio::test(start_paused = true)]
async fn a_server_that_talks_to_nobody_is_idle() {
    let house = House::with(OWN, |settings| settings.idle = 10 * SECOND);
    assert_eq!(house.modern_call(ME, "echo").await.server().await, 0);
    for _ in 0..20 {
        house
            .fake
            .server(0)
            .say(r#"{"jsonrpc":"2.0","method":"notifications/message","params":{"level":"info","data":1}}"#);
        tokio::time::sleep(SECOND).await;
    }
    assert_eq!((house.fake.running(), house.endpoint.leases()), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn a_crash_of_one_sessions_server_is_nothing_to_another() {
    let house = House::new(OWN);
    let (one, two) = (house.guest().await, house.guest().await);
    let held = two.call(1, "hold").await;
    let crash = one.call(1, "crash").await;
    assert_eq!(crash.fault().await.0, "upstream_exited");
    house.fake.server(1).let_go();
    assert_eq!(held.server().await, 1);
}

#[tokio::test(start_paused = true)]
async fn what_a_dying_server_does_not_take_was_not_sent() {
    let house = House::new(OWN);
    let guest = house.guest().await;
    house.fake.server(0).hang_up();
    let call = guest.call(1, "echo").await;
    assert_eq!(call.fault().await, ("upstream_exited".to_owned(), false));
    house.fake.server(0).crash();
    until(|| house.endpoint.counters().crashes() == 1).await;
    assert_eq!(guest.call(1, "echo").await.server().await, 1);
}

#[tokio::test(start_paused = true)]
async fn a_server_that_ends_between_its_handshake_and_the_first_request_is_no_matter() {
    let house = House::new(OWN);
    house
        .fake
        .plan([Next::EndsAfterHandshake, Next::EndsAfterHandshake]);
    assert_eq!(house.modern_call(ME, "echo").await.server().await, 2);
    assert_eq!(house.endpoint.counters().crashes(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_server_whose_sessions_subscribed_comes_back_by_itself() {
    let house = House::new(SHARED);
    let guest = house.guest().await;
    let subscribed = guest.request(1, "resources/subscribe", r#"{"uri":"u"}"#).await;
    subscribed.server().await;
    house.fake.server(0).crash();
    until(|| house.fake.started() == 2).await;
    until(|| {
        house
            .fake
            .server(1)
            .methods()
            .contains(&"resources/subscribe".to_owned())
    })
    .await;
    assert_eq!(guest.call(2, "echo").await.server().await, 1);
}

#[tokio::test(start_paused = true)]
async fn a_server_that_nobody_listens_to_comes_back_when_it_is_asked() {
    let house = House::new(SHARED);
    let guest = house.guest().await;
    house.fake.server(0).crash();
    tokio::time::sleep(100 * SECOND).await;
    assert_eq!(house.fake.started(), 1);
    assert_eq!(guest.call(1, "echo").await.server().await, 1);
}

#[tokio::test(start_paused = true)]
async fn a_listener_gets_its_server_back_even_if_that_takes_several_starts() {
    let house = House::new(OWN);
    let filter = r#"{"notifications":{"toolsListChanged":true}}"#;
    let mut listener = house.modern(ME, "", "subscriptions/listen", filter).await;
    listener.interim().await;
    house.fake.plan([Next::Missing, Next::EndsAtOnce, Next::Missing]);
    let begun = Instant::now();
    house.fake.server(0).crash();
    let hint = listener.interim().await;
    assert_eq!(hint["method"], "notifications/tools/list_changed");
    assert!(begun.elapsed() < 20 * SECOND, "{:?}", begun.elapsed());
    assert_eq!(house.fake.started(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_server_that_only_listeners_want_is_not_tried_all_the_time() {
    let house = House::new(OWN);
    let filter = r#"{"notifications":{"toolsListChanged":true}}"#;
    let mut listener = house.modern(ME, "", "subscriptions/listen", filter).await;
    listener.interim().await;
    house.fake.plan([Next::Missing; 3]);
    house.fake.server(0).crash();
    tokio::time::sleep(4 * SECOND).await;
    assert_eq!(house.fake.attempts(), 2, "one try at once");
    tokio::time::sleep(3 * SECOND).await;
    assert_eq!(house.fake.attempts(), 3, "and one after a pause");
    listener.interim().await;
}

#[tokio::test(start_paused = true)]
async fn a_server_that_keeps_crashing_is_left_alone_for_a_while() {
    let house = House::new(OWN);
    let guest = house.guest().await;
    let mut faults = Vec::new();
    for id in 0..8 {
        faults.push(guest.call(id, "crash").await.fault().await.0);
    }
    let expected = [
        ["upstream_exited"; 5].as_slice(),
        ["upstream_circuit_open"; 3].as_slice(),
    ]
    .concat();
    assert_eq!(faults, expected);
    tokio::time::sleep(31 * SECOND).await;
    assert_eq!(guest.call(1, "echo").await.server().await, 5);
}

#[tokio::test(start_paused = true)]
async fn a_client_that_keeps_crashing_its_own_server_shuts_out_nobody_else() {
    let house = House::new(OWN);
    let vandal = house.guest().await;
    for id in 0..5 {
        let crash = vandal.call(id, "crash").await;
        assert_eq!(crash.fault().await.0, "upstream_exited", "crash {id}");
    }
    let refused = vandal.call(5, "echo").await;
    assert_eq!(refused.fault().await.0, "upstream_circuit_open");
    let begun = Instant::now();
    let guest = house.guest().await;
    guest.call(1, "echo").await.server().await;
    house.modern_call(ME, "echo").await.server().await;
    assert_eq!(begun.elapsed(), Duration::ZERO, "not even a delay");
}

#[tokio::test(start_paused = true)]
async fn an_account_is_held_to_its_crashes_even_after_its_lease_is_gone() {
    let house = House::new(OWN);
    for _ in 0..5 {
        let crash = house.modern_call(ME, "crash").await;
        assert_eq!(crash.fault().await.0, "upstream_exited");
        tokio::time::sleep(2 * SECOND).await;
    }
    let refused = house.modern_call(ME, "echo").await;
    assert_eq!(refused.fault().await.0, "upstream_circuit_open");
    house.modern_call("10.0.0.2", "echo").await.server().await;
    tokio::time::sleep(31 * SECOND).await;
    house.modern_call(ME, "echo").await.server().await;
}

#[tokio::test(start_paused = true)]
async fn a_server_that_starts_for_some_is_not_given_up_for_all() {
    let house = House::new(OWN);
    for _ in 0..3 {
        house.fake.plan([Next::EndsAtOnce, Next::Missing]);
        for _ in 0..2 {
            let early = house.visitor().begin_initialize().await;
            assert_eq!(early.fault().await.0, "upstream_start_failed");
        }
        house.guest().await;
    }
    house.fake.plan([Next::EndsAtOnce; 5]);
    for _ in 0..5 {
        let early = house.visitor().begin_initialize().await;
        assert_eq!(early.fault().await.0, "upstream_start_failed");
    }
    let refused = house.visitor().begin_initialize().await;
    assert_eq!(refused.fault().await.0, "upstream_circuit_open");
}

#[tokio::test(start_paused = true)]
async fn a_crashed_server_with_long_lived_children_does_not_stand_in_the_way_of_its_successor() {
    let house = House::with(OWN, |settings| settings.max_processes = 1);
    house.fake.plan([Next::Lingers(10 * SECOND)]);
    let guest = house.guest().await;
    guest.call(1, "crash").await.fault().await;
    assert_eq!(guest.call(2, "echo").await.server().await, 1);
    assert!(!house.fake.server(0).is_gone());
}

#[tokio::test(start_paused = true)]
async fn the_end_of_an_old_server_is_nothing_to_its_successor() {
    let house = House::new(OWN);
    house.fake.plan([Next::SilentAndLingers(20 * SECOND)]);
    let call = house.modern_call(ME, "echo").await;
    assert_eq!(call.fault().await.0, "upstream_start_timeout");
    let held = house.modern_call(ME, "hold").await;
    until(|| house.fake.server(1).holds() == 1 && !house.fake.server(0).is_gone()).await;
    until(|| house.fake.server(0).is_gone()).await;
    house.fake.server(1).let_go();
    assert_eq!(held.server().await, 1);
}

#[tokio::test(start_paused = true)]
async fn a_stopped_server_keeps_its_slot_until_nothing_is_left_of_it() {
    let house = House::with(OWN, |settings| settings.max_processes = 1);
    house.fake.plan([Next::Lingers(10 * SECOND)]);
    house.guest().await.leave();
    let early = house.visitor().begin_initialize().await;
    assert_eq!(early.fault().await, ("too_many_processes".to_owned(), false));
    tokio::time::sleep(11 * SECOND).await;
    house.guest().await;
}
