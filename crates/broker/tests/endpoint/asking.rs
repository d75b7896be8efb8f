//! Servers that ask modern clients something in the middle of a call.

use std::sync::Arc;
use std::time::Duration;

use pontoon_broker::{EndpointSettings, Hosting, LeasePolicy};
use pontoon_downstream::Backend as _;
use serde_json::{Value, json};

use crate::support::{Call, House, SECOND, Server, until};

const OWN: Hosting = Hosting::Command(LeasePolicy::Session);
const ME: &str = "10.0.0.1";
const OTHER: &str = "10.0.0.2";
const ASKED: &str = r#""io.modelcontextprotocol/clientCapabilities":{"elicitation":{},"roots":{}}"#;

/// A call that its server holds.
async fn held(house: &House, address: &str, server: usize) -> (Call, Arc<Server>) {
    let call = house
        .modern(address, ASKED, "tools/call", r#"{"name":"hold"}"#)
        .await;
    until(|| house.fake.started() > server && house.fake.server(server).holds() == 1).await;
    (call, house.fake.server(server))
}

fn ask(server: &Server) {
    server.say(r#"{"jsonrpc":"2.0","id":"q","method":"elicitation/create","params":{"message":"Name?"}}"#);
}

/// A call that waits for its client, with what the client has to bring.
async fn parked(house: &House, address: &str, server: usize) -> (Value, Arc<Server>) {
    let (call, server) = held(house, address, server).await;
    ask(&server);
    let result = call.answer().await["result"].clone();
    assert_eq!(result["resultType"], "input_required", "{result}");
    (result, server)
}

/// Brings the answer `Ada` to every question of `asked`.
async fn answer(house: &House, address: &str, tool: &str, asked: &Value) -> Call {
    let questions = asked["inputRequests"].as_object().expect("questions have names");
    let answers: serde_json::Map<_, _> = questions
        .keys()
        .map(|name| (name.clone(), json!({"action":"accept","content":{"name":"Ada"}})))
        .collect();
    let params = json!({"name": tool, "inputResponses": answers, "requestState": asked["requestState"]});
    house
        .modern(address, ASKED, "tools/call", &params.to_string())
        .await
}

fn refusal(answer: &Value) -> (i64, String) {
    let error = &answer["error"];
    let code = error["code"]
        .as_i64()
        .unwrap_or_else(|| panic!("no error: {answer}"));
    (code, error["message"].as_str().unwrap().to_owned())
}

#[tokio::test(start_paused = true)]
async fn a_call_waits_for_its_client_and_goes_on_with_the_retry() {
    let house = House::new(OWN);
    let (asked, server) = parked(&house, ME, 0).await;
    assert_eq!((house.endpoint.parked(), house.endpoint.in_flight()), (1, 0));
    let call = answer(&house, ME, "hold", &asked).await;
    until(|| server.heard().last().unwrap()["id"] == "q").await;
    let heard = server.heard().last().unwrap().clone();
    assert_eq!(
        heard["result"],
        json!({"action":"accept","content":{"name":"Ada"}})
    );
    assert_eq!((house.endpoint.parked(), house.endpoint.in_flight()), (0, 1));
    server.let_go();
    assert_eq!(call.server().await, 0);
    assert_eq!(
        server.methods(),
        ["initialize", "notifications/initialized", "tools/call"]
    );
    let late = answer(&house, ME, "hold", &asked).await.answer().await;
    assert_eq!(refusal(&late).0, -32602, "a state serves once");
}

#[tokio::test(start_paused = true)]
async fn what_a_client_brings_back_counts_only_from_it_and_for_the_same_call() {
    let house = House::new(OWN);
    let (asked, server) = parked(&house, ME, 0).await;
    let before = server.heard().len();
    let cut = json!({"inputRequests": asked["inputRequests"], "requestState": "made up"});
    for (address, tool, brought) in [(OTHER, "hold", &asked), (ME, "echo", &asked), (ME, "hold", &cut)] {
        let refused = answer(&house, address, tool, brought).await.answer().await;
        let (code, message) = refusal(&refused);
        assert_eq!(code, -32602);
        assert!(message.contains("requestState"), "{message}");
    }
    assert_eq!(server.heard().len(), before, "the server heard nothing of it");
    assert_eq!(house.fake.started(), 1, "and no other was started");
    let call = answer(&house, ME, "hold", &asked).await;
    server.let_go();
    assert_eq!(call.server().await, 0);
}

#[tokio::test(start_paused = true)]
async fn calls_that_may_ask_at_once_have_a_server_each_and_others_share_one() {
    let house = House::new(OWN);
    let (first, one) = held(&house, ME, 0).await;
    let (second, two) = held(&house, ME, 1).await;
    let list = house.modern(ME, ASKED, "tools/list", "{}").await;
    assert_eq!(list.server().await, 0);
    ask(&two);
    let asked = second.answer().await["result"].clone();
    assert_eq!(asked["resultType"], "input_required");
    one.let_go();
    assert_eq!(first.server().await, 0);
    let third = house.modern(ME, ASKED, "tools/call", r#"{"name":"echo"}"#).await;
    assert_eq!(third.server().await, 0, "the seat is free again");
    let call = answer(&house, ME, "hold", &asked).await;
    two.let_go();
    assert_eq!(call.server().await, 1);
    let (call, _) = held(&house, ME, 0).await;
    let next = house.modern(ME, ASKED, "tools/call", r#"{"name":"echo"}"#).await;
    assert_eq!(next.server().await, 1, "and so is the other");
    house.fake.server(0).let_go();
    call.server().await;
}

#[tokio::test(start_paused = true)]
async fn a_call_whose_client_is_away_keeps_its_server_to_itself() {
    let house = House::new(OWN);
    let echo = || house.modern(ME, ASKED, "tools/call", r#"{"name":"echo"}"#);
    let (asked, server) = parked(&house, ME, 0).await;
    assert_eq!(echo().await.server().await, 1, "while it waits");
    let call = answer(&house, ME, "hold", &asked).await;
    until(|| server.heard().last().unwrap()["id"] == "q").await;
    assert_eq!(echo().await.server().await, 1, "and when it goes on");
    server.let_go();
    assert_eq!(call.server().await, 0);
    assert_eq!(echo().await.server().await, 0, "until it is over");
}

#[tokio::test(start_paused = true)]
async fn clients_that_cannot_be_asked_share_a_server() {
    let house = House::new(OWN);
    let (one, two) = tokio::join!(house.modern_call(ME, "hold"), house.modern_call(ME, "hold"));
    until(|| house.fake.started() == 1 && house.fake.server(0).holds() == 2).await;
    house.fake.server(0).let_go();
    assert_eq!((one.server().await, two.server().await), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn an_account_has_a_limit_of_parked_calls_and_others_have_their_own() {
    let house = House::with(OWN, |settings| settings.max_parked_per_principal = 1);
    let (_asked, _) = parked(&house, ME, 0).await;
    let (_call, server) = held(&house, ME, 1).await;
    ask(&server);
    until(|| server.heard().last().unwrap()["id"] == "q").await;
    let told = server.heard().last().unwrap()["error"]["message"].clone();
    assert_eq!(told, "Too many calls wait for their clients; try again later");
    parked(&house, OTHER, 2).await;
    assert_eq!(house.endpoint.parked(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_server_lost_while_its_client_is_away_is_told_when_it_comes_back() {
    let house = House::new(OWN);
    let (asked, server) = parked(&house, ME, 0).await;
    server.crash();
    until(|| server.is_gone()).await;
    let call = answer(&house, ME, "hold", &asked).await;
    assert_eq!(call.fault().await, ("upstream_exited".to_owned(), true));
    assert_eq!(house.fake.started(), 1, "for that no server is started");
}

#[tokio::test(start_paused = true)]
async fn a_thousand_clients_that_do_not_come_back_leave_nothing() {
    let limits = |settings: &mut EndpointSettings| {
        settings.max_processes = 5_000;
        settings.max_parked_per_principal = 1_000;
    };
    let house = House::with(OWN, limits);
    for number in 0..1_000 {
        parked(&house, ME, number).await;
    }
    assert_eq!(house.endpoint.parked(), 1_000);
    let (_, server) = held(&house, ME, 1_000).await;
    ask(&server);
    until(|| server.heard().last().unwrap()["id"] == "q").await;
    assert!(
        server.heard().last().unwrap()["error"].is_object(),
        "a thousand is the limit"
    );
    server.let_go();
    tokio::time::sleep(301 * SECOND).await;
    until(|| house.endpoint.parked() == 0).await;
    assert_eq!(house.endpoint.counters().anomalies()["parked_expired"], 1_000);
    let heard = house.fake.server(7).heard();
    assert_eq!(heard[3]["result"], json!({"action":"cancel"}));
    assert_eq!(heard[4]["method"], "notifications/cancelled");
    until(|| house.endpoint.leases() == 0 && house.endpoint.processes() == 0).await;
    assert_eq!((house.in_flight(), house.fake.running()), (0, 0));
    let (asked, server) = parked(&house, ME, 1_001).await;
    let call = answer(&house, ME, "hold", &asked).await;
    server.let_go();
    assert_eq!(call.server().await, 1_001);
}

#[tokio::test(start_paused = true)]
async fn a_gateway_that_stops_does_not_wait_for_clients_that_are_away() {
    let house = House::new(OWN);
    let (asked, _) = parked(&house, ME, 0).await;
    let begun = tokio::time::Instant::now();
    house.endpoint.drain().await;
    assert!(begun.elapsed() < Duration::from_secs(1));
    assert_eq!((house.endpoint.parked(), house.fake.running()), (0, 0));
    let call = answer(&house, ME, "hold", &asked).await;
    assert_eq!(call.fault().await, ("shutting_down".to_owned(), false));
}

#[tokio::test(start_paused = true)]
async fn a_server_whose_call_was_given_up_asks_nobody_else() {
    let house = House::new(OWN);
    let (call, stubborn) = held(&house, ME, 0).await;
    drop(call);
    until(|| {
        stubborn
            .methods()
            .last()
            .is_some_and(|name| name == "notifications/cancelled")
    })
    .await;
    let (next, server) = held(&house, ME, 1).await;
    ask(&stubborn);
    until(|| stubborn.is_gone()).await;
    server.let_go();
    assert_eq!(next.server().await, 1, "and was asked nothing");

    let (_asked, parked) = parked(&house, ME, 2).await;
    tokio::time::sleep(301 * SECOND).await;
    until(|| parked.is_gone()).await;
    let call = house.modern(ME, ASKED, "tools/call", r#"{"name":"echo"}"#).await;
    assert_eq!(call.server().await, 3);
}

#[tokio::test(start_paused = true)]
async fn calls_beyond_an_accounts_share_take_turns() {
    let house = House::with(OWN, |settings| settings.max_processes = 4);
    let echo = || house.modern(ME, ASKED, "tools/call", r#"{"name":"echo"}"#);
    let (first, server) = held(&house, ME, 0).await;
    {
        let next = echo();
        tokio::pin!(next);
        assert!(
            tokio::time::timeout(5 * SECOND, &mut next).await.is_err(),
            "it waits"
        );
        server.let_go();
        assert_eq!(first.server().await, 0);
        assert_eq!(next.await.server().await, 0);
    }
    let (first, server) = held(&house, ME, 0).await;
    let other = house
        .modern(OTHER, ASKED, "tools/call", r#"{"name":"echo"}"#)
        .await;
    assert_eq!(other.server().await, 1, "another account has a share of its own");
    let late = echo();
    tokio::pin!(late);
    assert!(tokio::time::timeout(50 * SECOND, &mut late).await.is_err());
    assert_eq!(late.await.fault().await, ("no_turn".to_owned(), false));
    server.let_go();
    first.server().await;
}
