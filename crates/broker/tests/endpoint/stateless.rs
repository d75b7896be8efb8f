//! Modern clients and the servers that they share.

use std::time::Duration;

use pontoon_broker::{Hosting, LeasePolicy};
use serde_json::json;

use crate::support::{House, Next, SECOND, until};

const OWN: Hosting = Hosting::Command(LeasePolicy::Session);
const ME: &str = "10.0.0.1";
const OTHER: &str = "10.0.0.2";

fn capabilities(text: &str) -> String {
    format!(r#""io.modelcontextprotocol/clientCapabilities":{text}"#)
}

#[tokio::test(start_paused = true)]
async fn one_account_has_one_server_and_another_account_another() {
    let house = House::new(OWN);
    assert_eq!(house.modern_call(ME, "echo").await.server().await, 0);
    assert_eq!(house.modern_call(ME, "echo").await.server().await, 0);
    assert_eq!(house.modern_call(OTHER, "echo").await.server().await, 1);
    assert_eq!(house.modern_call(ME, "echo").await.server().await, 0);
    assert_eq!(house.endpoint.processes(), 2);
}

#[tokio::test(start_paused = true)]
async fn at_once_or_one_after_the_other_they_share_the_same_start() {
    let house = House::new(OWN);
    house.fake.plan([Next::Slow(SECOND)]);
    let calls = tokio::join!(
        house.modern_call(ME, "echo"),
        house.modern_call(ME, "echo"),
        house.modern_call(ME, "echo")
    );
    let servers = [
        calls.0.server().await,
        calls.1.server().await,
        calls.2.server().await,
    ];
    assert_eq!(servers, [0, 0, 0]);
    assert_eq!(house.fake.attempts(), 1);
}

#[tokio::test(start_paused = true)]
async fn other_capabilities_make_another_lease_and_extensions_do_not() {
    let house = House::new(OWN);
    let call = async |declared: &str| {
        let meta = capabilities(declared);
        let call = house.modern(ME, &meta, "tools/call", r#"{"name":"echo"}"#).await;
        call.server().await
    };
    assert_eq!(call("{}").await, 0);
    assert_eq!(call(r#"{"extensions":{"x":{}}}"#).await, 0);
    assert_eq!(call(r#"{"experimental":{"x":{}}}"#).await, 0);
    assert_eq!(call(r#"{"sampling":{}}"#).await, 1);
    assert_eq!(
        call(r#"{"x":1, "sampling": {}}"#).await,
        1,
        "however it is written"
    );
    let declared = |number: usize| house.fake.server(number).heard()[0]["params"]["capabilities"].clone();
    assert_eq!(declared(0), json!({}));
    assert_eq!(declared(1), json!({"sampling":{}}));
}

#[tokio::test(start_paused = true)]
async fn an_account_has_a_share_of_the_leases_and_displaces_only_its_own() {
    let house = House::with(OWN, |settings| settings.max_processes = 4);
    let call = async |address: &str, declared: &str, tool: &str| {
        let params = format!(r#"{{"name":"{tool}"}}"#);
        house
            .modern(address, &capabilities(declared), "tools/call", &params)
            .await
    };
    assert_eq!(call(ME, "{}", "echo").await.server().await, 0);
    assert_eq!(call(OTHER, "{}", "echo").await.server().await, 1);
    assert_eq!(call(ME, r#"{"roots":{}}"#, "echo").await.server().await, 2);
    until(|| house.fake.server(0).is_gone()).await;
    assert!(!house.fake.server(1).is_gone());
    assert_eq!(house.endpoint.leases(), 2);

    let held = call(ME, r#"{"roots":{}}"#, "hold").await;
    until(|| house.fake.server(2).holds() == 1).await;
    let late = call(ME, "{}", "echo");
    tokio::pin!(late);
    let early = tokio::time::timeout(5 * SECOND, &mut late).await;
    assert!(early.is_err(), "it waits for its turn");
    assert_eq!(call(OTHER, "{}", "echo").await.server().await, 1);
    house.fake.server(2).let_go();
    assert_eq!(held.server().await, 2);
    assert_eq!(late.await.server().await, 3);
}

#[tokio::test(start_paused = true)]
async fn a_server_inside_the_process_serves_all_modern_clients_at_once() {
    let house = House::new(Hosting::InProcess);
    assert_eq!(house.modern_call(ME, "echo").await.server().await, 0);
    assert_eq!(house.modern_call(OTHER, "echo").await.server().await, 0);
    assert_eq!(house.fake.server(0).methods(), ["tools/call", "tools/call"]);
}

#[tokio::test(start_paused = true)]
async fn clients_without_a_session_meet_in_one_instance_and_sessions_do_not() {
    let house = House::new(Hosting::InProcess);
    house.guest().await;
    assert_eq!((house.fake.attempts(), house.fake.common()), (1, 0));
    house.modern_call(ME, "echo").await.server().await;
    let level = r#""io.modelcontextprotocol/logLevel":"info""#;
    let call = house.modern(ME, level, "tools/call", r#"{"name":"echo"}"#).await;
    call.server().await;
    house.once("tools/list", "{}").await.server().await;
    assert_eq!((house.fake.attempts(), house.fake.common()), (4, 3));
}

#[tokio::test(start_paused = true)]
async fn a_request_that_wants_log_messages_has_a_connection_of_its_own() {
    let house = House::new(Hosting::InProcess);
    let level = r#""io.modelcontextprotocol/logLevel":"info""#;
    house.modern_call(OTHER, "echo").await.server().await;
    let mut held = house.modern(ME, level, "tools/call", r#"{"name":"hold"}"#).await;
    until(|| house.fake.server(1).holds() == 1).await;
    house
        .fake
        .server(1)
        .say(r#"{"jsonrpc":"2.0","method":"notifications/message","params":{"level":"info","data":1}}"#);
    assert_eq!(held.interim().await["params"]["data"], 1);
    house.fake.server(1).let_go();
    assert_eq!(held.server().await, 1);
    until(|| house.fake.server(1).is_gone()).await;
    assert!(!house.fake.server(0).is_gone());
}

#[tokio::test(start_paused = true)]
async fn a_server_that_nobody_uses_is_stopped_and_comes_back() {
    let house = House::with(OWN, |settings| settings.idle = 30 * SECOND);
    house.modern_call(ME, "echo").await.server().await;
    tokio::time::sleep(29 * SECOND).await;
    assert_eq!(house.modern_call(ME, "echo").await.server().await, 0);
    tokio::time::sleep(29 * SECOND).await;
    assert_eq!(house.fake.running(), 1);
    tokio::time::sleep(2 * SECOND).await;
    assert_eq!((house.fake.running(), house.endpoint.processes()), (0, 0));
    assert_eq!(house.modern_call(ME, "echo").await.server().await, 1);
}

#[tokio::test(start_paused = true)]
async fn a_server_is_in_use_while_a_call_lasts_and_not_idle_right_after() {
    let house = House::with(OWN, |settings| settings.idle = 10 * SECOND);
    let held = house.modern_call(ME, "hold").await;
    tokio::time::sleep(40 * SECOND).await;
    house.fake.server(0).let_go();
    assert_eq!(held.server().await, 0);
    tokio::time::sleep(9 * SECOND).await;
    assert_eq!(house.modern_call(ME, "echo").await.server().await, 0);
}

#[tokio::test(start_paused = true)]
async fn accounts_have_no_more_leases_than_there_may_be_processes() {
    let house = House::with(OWN, |settings| {
        settings.max_processes = 2;
        settings.idle = 30 * SECOND;
    });
    house.modern_call("10.0.0.1", "echo").await.server().await;
    house.modern_call("10.0.0.2", "echo").await.server().await;
    let third = house.modern_call("10.0.0.3", "echo").await;
    assert_eq!(third.fault().await, ("too_many_processes".to_owned(), false));
    tokio::time::sleep(31 * SECOND).await;
    assert_eq!(house.modern_call("10.0.0.3", "echo").await.server().await, 2);
}

#[tokio::test(start_paused = true)]
async fn an_account_whose_server_crashed_makes_room_for_another() {
    let house = House::with(OWN, |settings| settings.max_processes = 1);
    house.modern_call(ME, "crash").await.fault().await;
    let early = house.modern_call(OTHER, "echo").await;
    assert_eq!(early.fault().await, ("too_many_processes".to_owned(), false));
    tokio::time::sleep(2 * SECOND).await;
    assert_eq!(house.modern_call(OTHER, "echo").await.server().await, 1);
}

#[tokio::test(start_paused = true)]
async fn a_client_that_goes_away_cancels_its_call() {
    let house = House::new(OWN);
    let held = house.modern_call(ME, "hold").await;
    let other = house.modern_call(ME, "hold").await;
    until(|| house.fake.server(0).holds() == 2).await;
    drop(held);
    let cancelled = || {
        house
            .fake
            .server(0)
            .methods()
            .contains(&"notifications/cancelled".to_owned())
    };
    tokio::time::timeout(Duration::from_millis(100), until(cancelled))
        .await
        .expect("it is cancelled at once");
    assert_eq!(house.in_flight(), 1);
    house.fake.server(0).let_go();
    assert_eq!(other.server().await, 0);
}

#[tokio::test(start_paused = true)]
async fn a_listener_keeps_its_server_and_lets_go_of_it_when_it_goes_away() {
    let house = House::with(OWN, |settings| settings.idle = 10 * SECOND);
    let filter = r#"{"notifications":{"toolsListChanged":true}}"#;
    let mut listener = house.modern(ME, "", "subscriptions/listen", filter).await;
    let acknowledged = listener.interim().await;
    assert_eq!(acknowledged["method"], "notifications/subscriptions/acknowledged");
    tokio::time::sleep(1000 * SECOND).await;
    house
        .fake
        .server(0)
        .say(r#"{"jsonrpc":"2.0","method":"notifications/tools/list_changed"}"#);
    assert_eq!(
        listener.interim().await["method"],
        "notifications/tools/list_changed"
    );
    drop(listener);
    until(|| house.fake.running() == 0).await;
    assert_eq!(house.in_flight(), 0);
}

#[tokio::test(start_paused = true)]
async fn all_clients_of_a_principal_share_a_server_where_that_is_wanted() {
    let house = House::with(Hosting::Command(LeasePolicy::Principal), |settings| {
        settings.idle = 10 * SECOND;
    });
    let (one, two) = (house.guest().await, house.guest().await);
    assert_eq!(one.call(1, "echo").await.server().await, 0);
    assert_eq!(two.call(1, "echo").await.server().await, 0);
    assert_eq!(house.modern_call("127.0.0.1", "echo").await.server().await, 0);
    assert_eq!(house.once("tools/list", "{}").await.server().await, 0);
    assert_eq!(house.modern_call(OTHER, "echo").await.server().await, 1);
    until(|| house.endpoint.processes() == 1).await;
    assert!(!house.fake.server(0).is_gone(), "sessions are open on it");
    one.leave();
    two.leave();
    until(|| house.endpoint.processes() == 0).await;
}
