//! Servers of which it is to be found out what they speak.

use std::time::Duration;

use pontoon_broker::{Era, Hosting, LeasePolicy};
use pontoon_upstream::Failure;
use tokio::time::{Instant, timeout};

use crate::support::{House, SECOND, Tongue, until};

const OWN: Hosting = Hosting::Command(LeasePolicy::Session);
const SHARED: Hosting = Hosting::Command(LeasePolicy::Shared);
const REMOTE: Hosting = Hosting::Remote(LeasePolicy::Shared);
const MINUTE: Duration = Duration::from_secs(60);
const ME: &str = "10.0.0.1";
const OTHER: &str = "10.0.0.2";
const THIRD: &str = "10.0.0.3";

fn house(hosting: Hosting, tongue: Tongue) -> House {
    let house = House::with(hosting, |settings| {
        settings.era = Era::Auto;
        // Nothing ends for want of use while a test waits for something else.
        settings.idle = 60 * MINUTE;
    });
    house.fake.speak(tongue);
    house
}

#[tokio::test(start_paused = true)]
async fn a_legacy_server_is_asked_once_by_modern_clients_and_never_by_others() {
    let house = house(OWN, Tongue::Legacy);
    house.guest().await;
    assert_eq!(house.fake.server(0).methods(), ["initialize"]);
    house.modern_call(ME, "echo").await.server().await;
    let opening = [
        "server/discover",
        "initialize",
        "notifications/initialized",
        "tools/call",
    ];
    assert_eq!(house.fake.server(1).methods(), opening);
    house.modern_call(OTHER, "echo").await.server().await;
    assert_eq!(house.fake.server(2).methods(), opening[1..]);
    assert_eq!(house.fake.attempts(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_modern_server_serves_legacy_sessions_and_is_remembered() {
    let house = house(OWN, Tongue::Modern);
    let guest = house.guest().await;
    assert_eq!(house.fake.server(0).methods(), ["initialize", "server/discover"]);
    assert_eq!(guest.call(1, "echo").await.server().await, 0);
    house.guest().await;
    assert_eq!(house.fake.server(1).methods(), ["server/discover"]);
    house.modern_call(ME, "echo").await.server().await;
    assert_eq!(house.fake.server(2).methods(), ["tools/call"]);
}

#[tokio::test(start_paused = true)]
async fn a_server_of_both_eras_is_spoken_to_in_each_clients_own() {
    let house = house(OWN, Tongue::Dual);
    house.guest().await;
    house.modern_call(ME, "echo").await.server().await;
    house.modern_call(OTHER, "echo").await.server().await;
    assert_eq!(house.fake.server(0).methods(), ["initialize"]);
    assert_eq!(house.fake.server(1).methods(), ["server/discover", "tools/call"]);
    assert_eq!(house.fake.server(2).methods(), ["tools/call"]);
}

#[tokio::test(start_paused = true)]
async fn a_silent_server_costs_its_deadline_once() {
    let house = house(OWN, Tongue::Taciturn);
    let begun = Instant::now();
    house.modern_call(ME, "echo").await.server().await;
    assert!(begun.elapsed() >= 5 * SECOND && begun.elapsed() < 6 * SECOND);
    let begun = Instant::now();
    house.modern_call(OTHER, "echo").await.server().await;
    assert!(begun.elapsed() < SECOND);
    assert_eq!(house.fake.attempts(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_server_that_was_silent_once_is_asked_again_after_some_minutes() {
    let house = house(OWN, Tongue::Taciturn);
    house.modern_call(ME, "echo").await.server().await;
    // It was only slow.
    house.fake.speak(Tongue::Dual);
    tokio::time::sleep(9 * MINUTE).await;
    house.modern_call(OTHER, "echo").await.server().await;
    assert_eq!(house.fake.server(1).methods()[0], "initialize");
    tokio::time::sleep(2 * MINUTE).await;
    house.modern_call(THIRD, "echo").await.server().await;
    assert_eq!(house.fake.server(2).methods(), ["server/discover", "tools/call"]);
}

#[tokio::test(start_paused = true)]
async fn a_shared_server_that_is_silent_is_asked_again_after_some_minutes() {
    let house = house(SHARED, Tongue::Taciturn);
    let questions = || {
        let asked = house.fake.server(0).methods();
        asked.iter().filter(|method| *method == "server/discover").count()
    };
    house.modern_call(ME, "echo").await.server().await;
    house.modern_call(ME, "echo").await.server().await;
    assert_eq!(questions(), 1);
    tokio::time::sleep(9 * MINUTE).await;
    house.modern_call(ME, "echo").await.server().await;
    assert_eq!(questions(), 1);
    tokio::time::sleep(2 * MINUTE).await;
    house.modern_call(ME, "echo").await.server().await;
    assert_eq!((questions(), house.fake.attempts()), (2, 1));
}

#[tokio::test(start_paused = true)]
async fn what_a_server_lets_be_known_is_remembered_though_nobody_waits_for_it() {
    let house = house(SHARED, Tongue::Taciturn);
    let impatient = timeout(3 * SECOND, house.modern_call(ME, "echo"));
    assert!(impatient.await.is_err());
    tokio::time::sleep(3 * SECOND).await;
    house.modern_call(ME, "echo").await.server().await;
    let asked = house.fake.server(0).methods();
    let questions = asked.iter().filter(|method| *method == "server/discover");
    assert_eq!(questions.count(), 1, "{asked:?}");
}

#[tokio::test(start_paused = true)]
async fn a_remote_server_that_could_not_be_asked_is_asked_by_who_comes_next() {
    let house = house(REMOTE, Tongue::Dual);
    let guest = house.guest().await;
    house
        .fake
        .server(0)
        .fail_next(Failure::Unreachable("no route".to_owned()));
    // The one that is there serves the call.
    assert_eq!(house.modern_call(ME, "echo").await.server().await, 0);
    assert_eq!(house.modern_call(ME, "echo").await.server().await, 1);
    assert_eq!(guest.call(1, "echo").await.server().await, 0);
}

#[tokio::test(start_paused = true)]
async fn a_remote_server_that_fell_over_is_asked_again_after_some_minutes_and_one_that_refused_is_not() {
    for (status, serves) in [(502, 1), (404, 0)] {
        let house = house(REMOTE, Tongue::Dual);
        house.guest().await;
        house.fake.server(0).fail_next(Failure::Status(status));
        assert_eq!(house.modern_call(ME, "echo").await.server().await, 0);
        assert_eq!(house.modern_call(ME, "echo").await.server().await, 0);
        tokio::time::sleep(11 * MINUTE).await;
        assert_eq!(
            house.modern_call(ME, "echo").await.server().await,
            serves,
            "{status}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_shared_server_that_comes_after_one_that_refused_is_asked_too() {
    let house = house(SHARED, Tongue::Legacy);
    assert_eq!(house.modern_call(ME, "echo").await.server().await, 0);
    house.fake.speak(Tongue::Dual);
    house.fake.server(0).crash();
    until(|| house.fake.running() == 0).await;
    // One that is asked what it speaks, and then one for modern clients.
    assert_eq!(house.modern_call(ME, "echo").await.server().await, 2);
    assert!(
        house
            .fake
            .server(1)
            .methods()
            .contains(&"server/discover".to_owned())
    );
    assert_eq!(house.fake.server(2).methods(), ["tools/call"]);
}

#[tokio::test(start_paused = true)]
async fn a_server_that_ends_when_it_is_asked_is_started_anew() {
    let house = house(OWN, Tongue::Touchy);
    let calls = tokio::join!(house.modern_call(ME, "echo"), house.modern_call(ME, "echo"));
    assert_eq!((calls.0.server().await, calls.1.server().await), (1, 1));
    assert_eq!(house.fake.server(0).methods(), ["server/discover"]);
    assert_eq!(house.modern_call(OTHER, "echo").await.server().await, 2);
    assert_eq!(house.fake.server(2).methods()[0], "initialize");
    until(|| house.fake.running() == 2 && house.endpoint.processes() == 2).await;
}

#[tokio::test(start_paused = true)]
async fn a_shared_legacy_server_is_asked_on_the_pipe_that_it_has() {
    let house = house(SHARED, Tongue::Legacy);
    house.guest().await;
    let calls = tokio::join!(house.modern_call(ME, "echo"), house.modern_call(OTHER, "echo"));
    assert_eq!((calls.0.server().await, calls.1.server().await), (0, 0));
    assert_eq!(house.once("tools/list", "{}").await.server().await, 0);
    let asked = house.fake.server(0).methods();
    let questions = asked.iter().filter(|method| *method == "server/discover");
    assert_eq!(questions.count(), 1, "{asked:?}");
    assert_eq!(house.fake.attempts(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_shared_modern_server_is_one_for_all() {
    let house = house(SHARED, Tongue::Modern);
    let guest = house.guest().await;
    assert_eq!(guest.call(1, "echo").await.server().await, 0);
    assert_eq!(house.modern_call(ME, "echo").await.server().await, 0);
    assert_eq!(house.once("tools/list", "{}").await.server().await, 0);
    assert_eq!(
        house.fake.server(0).methods()[..2],
        ["initialize", "server/discover"]
    );
    assert_eq!(house.fake.attempts(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_shared_server_of_both_eras_is_started_once_for_each() {
    let house = house(SHARED, Tongue::Dual);
    let guest = house.guest().await;
    assert_eq!(guest.call(1, "echo").await.server().await, 0);
    assert_eq!(house.modern_call(ME, "echo").await.server().await, 1);
    assert_eq!(house.modern_call(OTHER, "echo").await.server().await, 1);
    assert_eq!(house.fake.server(1).methods(), ["tools/call", "tools/call"]);
}

#[tokio::test(start_paused = true)]
async fn a_shared_server_that_is_lost_when_it_is_asked_comes_back() {
    let house = house(SHARED, Tongue::Touchy);
    house.guest().await;
    assert_eq!(house.modern_call(ME, "echo").await.server().await, 1);
    // Others use it too: it is not to end with every call.
    assert_eq!(house.modern_call(OTHER, "echo").await.server().await, 1);
    tokio::time::sleep(11 * MINUTE).await;
    assert_eq!(house.modern_call(OTHER, "echo").await.server().await, 2);
}

#[tokio::test(start_paused = true)]
async fn a_pinned_server_is_not_asked() {
    let house = House::with(OWN, |settings| settings.era = Era::Modern);
    house.fake.speak(Tongue::Modern);
    house.modern_call(ME, "echo").await.server().await;
    house.guest().await;
    assert_eq!(house.fake.server(0).methods(), ["tools/call"]);
    assert_eq!(house.fake.server(1).methods(), ["server/discover"]);

    let house = House::with(SHARED, |settings| settings.era = Era::Modern);
    house.fake.speak(Tongue::Modern);
    house.modern_call(ME, "echo").await.server().await;
    assert_eq!(house.fake.server(0).methods(), ["server/discover", "tools/call"]);
}

#[tokio::test(start_paused = true)]
async fn a_session_survives_the_loss_of_its_modern_server() {
    let house = house(OWN, Tongue::Modern);
    let guest = house.guest().await;
    house.fake.server(0).crash();
    until(|| house.fake.running() == 0).await;
    assert_eq!(guest.call(1, "echo").await.server().await, 1);
    assert_eq!(house.fake.server(1).methods(), ["server/discover", "tools/call"]);
}
