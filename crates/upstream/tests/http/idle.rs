//! Connections that are used again, and those that must not be.

use pontoon_upstream::Failure;

use super::House;

fn result(id: i64) -> String {
    format!(r#"{{"jsonrpc":"2.0","id":{id},"result":{{"content":[]}}}}"#)
}

#[tokio::test]
async fn a_connection_serves_one_request_after_the_other() {
    let mut house = House::opened().await;
    let kept = house.ask(2).await.stay("", &result(2)).await;
    house.heard.answer(2).await;

    house.send(r#"{"jsonrpc":"2.0","id":3,"method":"tools/list"}"#);
    let events = format!("data: {}\n\n", result(3));
    let chunks = format!("{:x}\r\n{events}\r\n0\r\n\r\n", events.len());
    let head = "HTTP/1.1 200 X\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n";
    let kept = kept.next().await.raw(&format!("{head}{chunks}")).await;
    house.heard.answer(3).await;

    house.send(r#"{"jsonrpc":"2.0","method":"notifications/progress"}"#);
    assert!(kept.next().await.body.contains("notifications/progress"));
    assert!(house.peer.is_idle());
}

#[tokio::test]
async fn a_connection_that_the_server_closed_meanwhile_fails_nobody() {
    let mut house = House::opened().await;
    for id in 2..5 {
        let kept = house.ask(id).await.stay("", &result(id)).await;
        house.heard.answer(id).await;
        kept.close().await;
    }
    // Each came on a connection of its own, and once.
    house.ask(5).await.json(&result(5)).await;
    house.heard.answer(5).await;
    assert!(house.peer.is_idle());
}

#[tokio::test]
async fn what_the_server_may_have_seen_is_not_sent_again() {
    let mut house = House::opened().await;
    let kept = house.ask(2).await.stay("", &result(2)).await;
    house.heard.answer(2).await;
    house.send(r#"{"jsonrpc":"2.0","id":3,"method":"tools/list"}"#);
    kept.next().await.hang_up();
    let failure = house.heard.failure(3).await;
    assert!(matches!(failure, Failure::Broken(_)), "{failure}");
    assert!(failure.may_have_been_processed());
    assert!(house.peer.is_idle());

    house.ask(4).await.hang_up();
    let failure = house.heard.failure(4).await;
    assert!(matches!(failure, Failure::Broken(_)), "{failure}");
    assert!(house.peer.is_idle());
}

#[tokio::test]
async fn a_server_that_soon_closes_is_not_raced_with() {
    let mut house = House::opened().await;
    let kept = house
        .ask(2)
        .await
        .stay("Keep-Alive: timeout=1\r\n", &result(2))
        .await;
    house.heard.answer(2).await;
    kept.left().await;
    house.ask(3).await.json(&result(3)).await;
    house.heard.answer(3).await;
}

#[tokio::test]
async fn a_connection_with_more_than_an_answer_is_given_up() {
    let mut house = House::opened().await;
    let answer = result(2);
    let head = format!(
        "Content-Type: application/json\r\nContent-Length: {}",
        answer.len()
    );
    let asked = house.ask(2).await;
    let kept = asked
        .raw(&format!(
            "HTTP/1.1 200 X\r\n{head}\r\n\r\n{answer}HTTP/1.1 200 X\r\n\r\n"
        ))
        .await;
    house.heard.answer(2).await;
    kept.left().await;
    house.ask(3).await.json(&result(3)).await;
    house.heard.answer(3).await;
}
