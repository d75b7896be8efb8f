//! The end of an endpoint.

use std::sync::Arc;

use pontoon_broker::{Hosting, LeasePolicy};
use pontoon_downstream::Backend;
use tokio::time::Instant;

use crate::support::{House, Next, SECOND, until};

const OWN: Hosting = Hosting::Command(LeasePolicy::Session);
const ME: &str = "10.0.0.1";

fn assert_nothing_is_left(house: &House) {
    assert_eq!(house.fake.running(), 0, "servers");
    assert_eq!(
        (house.endpoint.processes(), house.all_processes.held()),
        (0, 0),
        "slots"
    );
    assert_eq!(house.in_flight(), 0, "calls");
}

#[tokio::test(start_paused = true)]
async fn listeners_end_gracefully_calls_finish_and_servers_are_stopped() {
    for hosting in [OWN, Hosting::Command(LeasePolicy::Shared), Hosting::InProcess] {
        let house = House::with(hosting, |settings| settings.warm = 1);
        let guest = house.guest().await;
        let held = guest.call(1, "hold").await;
        let modern = house.modern_call(ME, "hold").await;
        let filter = r#"{"notifications":{"toolsListChanged":true}}"#;
        let mut listener = house.modern(ME, "", "subscriptions/listen", filter).await;
        if hosting != Hosting::InProcess {
            listener.interim().await;
        }
        let servers: Vec<_> = (0..house.fake.started())
            .map(|number| house.fake.server(number))
            .collect();
        until(|| servers.iter().map(|server| server.holds()).sum::<usize>() == 2).await;

        let begun = Instant::now();
        let ((), ()) = tokio::join!(house.endpoint.drain(), async {
            let ended = listener.answer().await;
            assert_eq!(ended["result"]["resultType"], "complete");
            assert_eq!(
                ended["result"]["_meta"]["io.modelcontextprotocol/subscriptionId"],
                1
            );
            let late = house.modern_call(ME, "echo").await;
            assert_eq!(late.fault().await, ("shutting_down".to_owned(), false));
            tokio::time::sleep(SECOND).await;
            servers.iter().for_each(|server| server.let_go());
        });
        held.server().await;
        modern.server().await;
        assert!(begun.elapsed() < 2 * SECOND, "nobody waits longer than needed");
        assert_nothing_is_left(&house);
    }
}

#[tokio::test(start_paused = true)]
async fn calls_that_do_not_finish_in_time_are_answered() {
    let house = House::new(OWN);
    let guest = house.guest().await;
    let held = guest.call(1, "hold").await;
    let begun = Instant::now();
    house.endpoint.drain().await;
    assert!(begun.elapsed() >= 5 * SECOND && begun.elapsed() < 6 * SECOND);
    assert_eq!(held.fault().await, ("shutting_down".to_owned(), true));
    assert_nothing_is_left(&house);
    let late = guest.call(2, "echo").await;
    assert_eq!(late.fault().await, ("shutting_down".to_owned(), false));
}

#[tokio::test(start_paused = true)]
async fn the_end_waits_for_servers_that_take_their_time() {
    let house = House::new(OWN);
    house
        .fake
        .plan([Next::Lingers(20 * SECOND), Next::Lingers(30 * SECOND)]);
    let _guest = house.guest().await;
    house.guest().await.leave();
    let begun = Instant::now();
    house.endpoint.drain().await;
    assert!(begun.elapsed() < 31 * SECOND, "they are stopped side by side");
    assert_nothing_is_left(&house);
}

#[tokio::test(start_paused = true)]
async fn the_end_also_waits_for_what_a_crashed_server_left_behind() {
    let house = House::new(OWN);
    house.fake.plan([Next::Lingers(20 * SECOND)]);
    let guest = house.guest().await;
    guest.call(1, "crash").await.fault().await;
    assert_eq!(guest.call(2, "echo").await.server().await, 1);
    house.endpoint.drain().await;
    assert_nothing_is_left(&house);
}

#[tokio::test(start_paused = true)]
async fn a_server_that_is_being_started_is_not_waited_for_and_not_left_behind() {
    let house = Arc::new(House::with(OWN, |settings| settings.warm = 1));
    house
        .fake
        .plan([Next::Slow(1000 * SECOND), Next::Slow(1000 * SECOND)]);
    let waiting = tokio::spawn({
        let house = Arc::clone(&house);
        async move { house.modern_call(ME, "echo").await }
    });
    until(|| house.fake.attempts() == 2).await;
    let begun = Instant::now();
    house.endpoint.drain().await;
    assert!(begun.elapsed() < SECOND);
    let call = waiting.await.unwrap();
    assert_eq!(call.fault().await, ("shutting_down".to_owned(), false));
    assert_nothing_is_left(&house);
}

#[tokio::test(start_paused = true)]
async fn warm_servers_are_stopped_too() {
    let house = House::with(OWN, |settings| settings.warm = 3);
    until(|| house.fake.running() == 3).await;
    house.endpoint.drain().await;
    assert_nothing_is_left(&house);
    tokio::time::sleep(SECOND).await;
    assert_eq!(house.fake.started(), 3, "nothing is started any more");
}

#[tokio::test(start_paused = true)]
async fn an_endpoint_that_is_drained_can_be_dropped() {
    let house = House::new(OWN);
    house.modern_call(ME, "echo").await.server().await;
    house.endpoint.drain().await;
    let fake = Arc::downgrade(&house.fake);
    drop(house);
    tokio::time::sleep(SECOND).await;
    assert!(fake.upgrade().is_none(), "the endpoint keeps itself alive");
}
