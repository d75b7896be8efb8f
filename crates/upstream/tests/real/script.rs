//! The test server keeps to its script; other rooms build on it.

use pontoon_jsonrpc::Message;

use crate::common::{Talk, request};

/// What was heard, each as its method or `answer`.
fn heard(talk: &Talk) -> Vec<String> {
    let word = |message: &Message| match message {
        Message::Request(request) => request.method.to_string(),
        Message::Notification(notification) => notification.method.to_string(),
        Message::Response(_) => "answer".to_owned(),
    };
    talk.heard
        .look(|record| record.messages.iter().map(word).collect())
}

#[tokio::test]
async fn notifications_of_a_call_come_before_its_answer() {
    let talk = Talk::with(&["--progress", "2", "--log", "info", "--list-changed"]).await;
    let params = r#"{"name":"echo","arguments":{},"_meta":{"progressToken":"t"}}"#;
    talk.send(request(1, "tools/call", params));
    talk.heard.text(1).await;
    let expected = [
        "notifications/progress",
        "notifications/progress",
        "notifications/message",
        "notifications/tools/list_changed",
        "answer",
    ];
    assert_eq!(heard(&talk), expected);
    talk.close().await;
}

#[tokio::test]
async fn subscribed_resources_are_reported_when_touched() {
    let talk = Talk::with(&["--resources"]).await;
    talk.send(request(1, "resources/subscribe", r#"{"uri":"test://one"}"#));
    talk.send(request(2, "tools/call", r#"{"name":"touch"}"#));
    assert_eq!(talk.heard.text(2).await, "touched");
    assert_eq!(
        heard(&talk),
        ["answer", "notifications/resources/updated", "answer"]
    );
    talk.send(request(3, "resources/unsubscribe", r#"{"uri":"test://one"}"#));
    talk.send(request(4, "tools/call", r#"{"name":"touch"}"#));
    assert_eq!(talk.heard.text(4).await, "touched");
    talk.send(request(5, "resources/read", r#"{"uri":"test://nothing"}"#));
    assert_eq!(talk.heard.error(5).await, -32002);
    assert_eq!(heard(&talk).len(), 6);
    talk.close().await;
}

#[tokio::test]
async fn a_handshake_is_answered_with_the_revision_asked_for_and_unknown_methods_are_refused() {
    let talk = Talk::with(&[]).await;
    talk.send(request(1, "initialize", r#"{"protocolVersion":"2024-11-05"}"#));
    let pontoon_jsonrpc::Outcome::Result(result) = talk.heard.answer(1).await else {
        panic!("an error")
    };
    assert!(
        result.as_str().contains(r#""protocolVersion":"2024-11-05""#),
        "{result:?}"
    );
    talk.send(request(2, "server/discover", "{}"));
    assert_eq!(talk.heard.error(2).await, -32601);
    talk.send(request(3, "tools/list", "{}"));
    talk.heard.answer(3).await;
    talk.close().await;
}

#[tokio::test]
async fn a_silent_server_takes_everything_and_says_nothing() {
    let talk = Talk::with(&["--silent"]).await;
    (0..100).for_each(|id| talk.call(id, "{}"));
    let heard = talk.heard.clone();
    talk.close().await;
    assert_eq!(heard.look(|record| record.messages.len()), 0);
}
