//! Legacy sessions and their servers.

use pontoon_broker::{Hosting, LeasePolicy};
use serde_json::json;

use crate::support::{House, Next, SECOND, until};

const OWN: Hosting = Hosting::Command(LeasePolicy::Session);
const SHARED: Hosting = Hosting::Command(LeasePolicy::Shared);

#[tokio::test(start_paused = true)]
async fn each_session_has_a_server_of_its_own_and_opens_it_itself() {
    for hosting in [OWN, Hosting::InProcess] {
        let house = House::new(hosting);
        let (one, two) = (house.guest().await, house.guest().await);
        assert_eq!(one.call(1, "echo").await.server().await, 0);
        assert_eq!(two.call(1, "echo").await.server().await, 1);
        let initialize = &house.fake.server(0).heard()[0];
        assert_eq!(initialize["params"]["clientInfo"]["name"], "visitor");
        assert_eq!(initialize["params"]["protocolVersion"], "2025-06-18");
        assert_eq!(one.session.revision().as_str(), "2025-06-18");
        assert_eq!(house.fake.server(0).methods(), ["initialize", "tools/call"]);
    }
}

#[tokio::test(start_paused = true)]
async fn all_sessions_share_one_server_that_the_gateway_opens() {
    let house = House::new(SHARED);
    let (one, two) = (house.guest().await, house.guest().await);
    let (held, echo) = (one.call(1, "hold").await, two.call(1, "echo").await);
    assert_eq!(echo.server().await, 0);
    house.fake.server(0).let_go();
    assert_eq!(held.server().await, 0);
    let methods = house.fake.server(0).methods();
    assert_eq!(
        methods,
        [
            "initialize",
            "notifications/initialized",
            "tools/call",
            "tools/call"
        ]
    );
    assert_eq!(
        house.fake.server(0).heard()[0]["params"]["clientInfo"]["name"],
        "pontoon"
    );
    one.leave();
    assert_eq!(two.call(2, "echo").await.server().await, 0);
}

#[tokio::test(start_paused = true)]
async fn a_shared_server_is_up_before_it_is_asked_for() {
    let house = House::new(SHARED);
    until(|| house.endpoint.processes() == 1).await;
    until(|| !house.fake.server(0).heard().is_empty()).await;
}

#[tokio::test(start_paused = true)]
async fn a_request_without_a_session_uses_the_shared_server() {
    let house = House::new(SHARED);
    let answer = house.once("tools/call", r#"{"name":"echo"}"#).await;
    assert_eq!(answer.server().await, 0);
    let house = House::new(Hosting::InProcess);
    assert_eq!(house.once("tools/list", "{}").await.server().await, 0);
}

#[tokio::test(start_paused = true)]
async fn a_session_that_closes_takes_its_server_and_its_calls_with_it() {
    let house = House::new(OWN);
    let guest = house.guest().await;
    let held = guest.call(1, "hold").await;
    until(|| house.fake.server(0).holds() == 1).await;
    guest.leave();
    assert_eq!(held.fault().await, ("session_ended".to_owned(), true));
    until(|| house.fake.running() == 0 && house.endpoint.processes() == 0).await;
    assert_eq!(house.all_processes.held(), 0);
    assert_eq!(house.in_flight(), 0);
    let late = guest.call(2, "echo").await;
    assert_eq!(late.fault().await, ("session_ended".to_owned(), false));
}

#[tokio::test(start_paused = true)]
async fn a_session_that_is_dropped_without_a_word_takes_its_server_with_it() {
    let house = House::new(OWN);
    drop(house.guest().await);
    let stopped = until(|| house.fake.running() == 0 && house.endpoint.processes() == 0);
    tokio::time::timeout(SECOND / 10, stopped)
        .await
        .expect("it is stopped at once");

    let guest = house.guest().await;
    let held = guest.call(1, "hold").await;
    until(|| house.fake.server(1).holds() == 1).await;
    drop(guest);
    assert_eq!(held.fault().await, ("session_ended".to_owned(), true));
    until(|| house.fake.running() == 0 && house.endpoint.processes() == 0).await;
}

#[tokio::test(start_paused = true)]
async fn a_session_dropped_on_a_shared_server_leaves_the_others_alone() {
    let house = House::new(SHARED);
    let (one, two) = (house.guest().await, house.guest().await);
    let subscribed = one.request(1, "resources/subscribe", r#"{"uri":"u"}"#).await;
    assert_eq!(subscribed.server().await, 0);
    drop(one);
    let unsubscribed = || {
        house
            .fake
            .server(0)
            .methods()
            .contains(&"resources/unsubscribe".to_owned())
    };
    until(unsubscribed).await;
    assert_eq!(two.call(1, "echo").await.server().await, 0);
}

#[tokio::test(start_paused = true)]
async fn a_second_initialize_is_refused_and_starts_nothing() {
    let house = House::new(OWN);
    let guest = house.guest().await;
    let again = guest.initialize().await;
    assert_eq!(again["error"]["code"], -32600);
    assert_eq!(house.fake.started(), 1);
    assert_eq!(guest.call(1, "echo").await.server().await, 0);
}

#[tokio::test(start_paused = true)]
async fn one_session_has_a_limit_of_calls_in_flight() {
    let house = House::with(OWN, |settings| settings.max_in_flight_per_session = 2);
    let guest = house.guest().await;
    let (one, two) = (guest.call(1, "hold").await, guest.call(2, "hold").await);
    let three = guest.call(3, "hold").await;
    assert_eq!(three.fault().await, ("too_many_calls".to_owned(), false));
    until(|| house.fake.server(0).holds() == 2).await;
    house.fake.server(0).let_go();
    one.server().await;
    two.server().await;
    guest.call(3, "echo").await.server().await;
    assert_eq!(house.in_flight(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_call_ends_when_it_takes_too_long_and_its_slot_is_free() {
    let house = House::new(OWN);
    let guest = house.guest().await;
    let begun = tokio::time::Instant::now();
    let held = guest.call(1, "hold").await;
    assert_eq!(held.fault().await, ("upstream_timeout".to_owned(), true));
    let taken = begun.elapsed();
    assert!(taken >= 60 * SECOND && taken < 61 * SECOND, "{taken:?}");
    assert_eq!(house.in_flight(), 0);
    let heard = house.fake.server(0).heard();
    let cancelled = heard.last().expect("it heard of it");
    assert_eq!(cancelled["method"], "notifications/cancelled");
    assert_eq!(cancelled["params"], json!({"requestId": 2}));
    guest.call(1, "echo").await.server().await;
}

#[tokio::test(start_paused = true)]
async fn what_is_sent_right_behind_the_handshake_waits_for_its_end() {
    let house = House::new(Hosting::Command(LeasePolicy::Session));
    house.fake.plan([Next::Thinks(3 * SECOND), Next::Refuses]);
    let visitor = house.visitor();
    let (opening, call) = tokio::join!(visitor.begin_initialize(), visitor.call(1, "echo"));
    assert!(opening.answer().await["result"].is_object());
    assert_eq!(call.server().await, 0);
    assert_eq!(house.fake.server(0).methods(), ["initialize", "tools/call"]);

    let refused = house.visitor();
    let (opening, call) = tokio::join!(refused.begin_initialize(), refused.call(1, "echo"));
    assert!(opening.answer().await["error"].is_object());
    assert_eq!(call.server().await, 1, "it is for the server to say");
}
