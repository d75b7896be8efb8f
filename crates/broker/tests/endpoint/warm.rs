//! Servers that wait to be needed.

use pontoon_broker::{Hosting, LeasePolicy};

use crate::support::{House, Next, SECOND, until};

const OWN: Hosting = Hosting::Command(LeasePolicy::Session);

fn warm(count: usize) -> House {
    House::with(OWN, |settings| settings.warm = count)
}

#[tokio::test(start_paused = true)]
async fn a_warm_server_is_taken_and_replaced() {
    let house = warm(1);
    until(|| house.fake.started() == 1).await;
    assert!(house.fake.server(0).heard().is_empty(), "nobody has spoken to it");
    let guest = house.guest().await;
    assert_eq!(guest.call(1, "echo").await.server().await, 0);
    until(|| house.fake.started() == 2).await;
    assert_eq!(house.endpoint.processes(), 2);
    assert_eq!(house.endpoint.counters().starts(), 1, "the one in use");
}

#[tokio::test(start_paused = true)]
async fn a_warm_server_that_died_is_not_used() {
    let house = warm(1);
    until(|| house.fake.started() == 1).await;
    house.fake.server(0).hang_up();
    let guest = house.guest().await;
    assert_eq!(guest.call(1, "echo").await.server().await, 1);
    until(|| house.fake.server(0).is_gone()).await;
    until(|| house.fake.started() == 3 && house.endpoint.processes() == 2).await;
}

#[tokio::test(start_paused = true)]
async fn only_sessions_of_commands_have_a_pool() {
    for hosting in [Hosting::Command(LeasePolicy::Shared), Hosting::InProcess] {
        let house = House::with(hosting, |settings| settings.warm = 3);
        tokio::time::sleep(SECOND).await;
        assert!(house.fake.started() <= 1, "{hosting:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_pool_that_could_not_be_filled_is_filled_after_the_next_start() {
    let house = warm(2);
    house.fake.plan([Next::Missing, Next::Missing]);
    until(|| house.fake.attempts() == 2).await;
    tokio::time::sleep(10 * SECOND).await;
    assert_eq!((house.fake.attempts(), house.endpoint.processes()), (2, 0));
    house.guest().await;
    until(|| house.fake.running() == 3).await;
}

#[tokio::test(start_paused = true)]
async fn the_pool_keeps_to_the_limit_of_processes() {
    let house = House::with(OWN, |settings| {
        settings.warm = 2;
        settings.max_processes = 2;
    });
    until(|| house.fake.running() == 2).await;
    let (one, two) = (house.guest().await, house.guest().await);
    tokio::time::sleep(SECOND).await;
    assert_eq!(house.endpoint.processes(), 2);
    one.call(1, "echo").await.server().await;
    two.call(1, "echo").await.server().await;
}
