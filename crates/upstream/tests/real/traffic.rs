//! Messages in both directions.

use std::time::Duration;

use pontoon_jsonrpc::Message;
use pontoon_upstream::{Closed, SendError, StdioSettings};

use crate::common::{LIMIT, Talk, child, gone, request, settings, stdio};

#[tokio::test]
async fn arguments_cross_to_the_byte() {
    let talk = Talk::with(&[]).await;
    let arguments =
        r#"{"n":9007199254740993,"f":0.1000000000000000055511151231257827,"z":-0.0,"s":"\u0000é"}"#;
    talk.call(1, arguments);
    assert_eq!(talk.heard.text(1).await, arguments);
    talk.close().await;
}

#[tokio::test]
async fn a_pretty_printed_message_reaches_the_server_as_one_line() {
    let talk = Talk::with(&[]).await;
    talk.send("{\n  \"jsonrpc\": \"2.0\",\r\n  \"id\": 1,\n  \"method\": \"ping\"\n}");
    talk.heard.answer(1).await;
    talk.close().await;
}

#[tokio::test]
async fn twenty_thousand_calls_at_once_are_all_answered_in_order() {
    const CALLS: i64 = 20_000;
    let talk = Talk::with(&[]).await;
    (0..CALLS).for_each(|n| talk.call(n, &format!(r#"{{"n":{n}}}"#)));
    assert_eq!(
        talk.heard.text(CALLS - 1).await,
        format!(r#"{{"n":{}}}"#, CALLS - 1)
    );
    let ids: Vec<_> = talk.heard.look(|record| record.messages.iter().map(id).collect());
    assert!(ids.iter().copied().eq(0..CALLS), "{} answers", ids.len());
    talk.close().await;
}

fn id(message: &Message) -> i64 {
    match message {
        Message::Response(response) => match response.id {
            Some(pontoon_jsonrpc::Id::Integer(id)) => id,
            _ => panic!("{response:?}"),
        },
        _ => panic!("{message:?}"),
    }
}

#[tokio::test]
async fn a_megabyte_crosses_in_both_directions() {
    let talk = Talk::with(&[]).await;
    let arguments = format!(r#"{{"text":"{}"}}"#, "x".repeat(1 << 20));
    talk.call(1, &arguments);
    assert_eq!(talk.heard.text(1).await, arguments);
    talk.close().await;
}

#[tokio::test]
async fn a_question_of_the_server_is_heard_and_its_answer_reaches_it() {
    let talk = Talk::with(&["--ask", "roots/list"]).await;
    talk.call(1, "{}");
    let asked = talk.heard.wait("a question", |record| {
        record.messages.iter().find_map(|message| match message {
            Message::Request(request) => Some(request.clone()),
            _ => None,
        })
    });
    let asked = asked.await;
    assert_eq!(&*asked.method, "roots/list");
    talk.send(format!(
        r#"{{"jsonrpc":"2.0","id":{},"result":{{"roots":[]}}}}"#,
        asked.id
    ));
    assert_eq!(talk.heard.text(1).await, r#"{"roots":[]}"#);
    talk.close().await;
}

#[tokio::test]
async fn every_answer_is_passed_on_also_a_second_one() {
    let talk = Talk::with(&["--duplicate-answers"]).await;
    talk.call(1, "{}");
    let both = |messages: usize| (messages == 2).then_some(());
    talk.heard
        .wait("the second answer", |record| both(record.messages.len()))
        .await;
    talk.close().await;
}

#[tokio::test]
async fn a_malformed_answer_becomes_an_error_for_whoever_waits_for_it() {
    let script = r#"read line; echo '{"jsonrpc":"2.0","id":7,"result":[]}'; read line"#;
    let spec = pontoon_supervise::CommandSpec::new("sh").args(["-c", script]);
    let talk = Talk::through(&stdio(spec, settings())).await;
    talk.call(7, "{}");
    assert_eq!(talk.heard.error(7).await, -32603);
    assert_eq!(talk.connection.diagnostics().counters.refused_messages, 1);
    talk.close().await;
}

#[tokio::test]
async fn a_server_that_never_reads_fills_its_queue_and_is_given_up_after_the_deadline() {
    let limited = StdioSettings {
        max_queue: 256 * 1024,
        write_deadline: Duration::from_millis(300),
        ..settings()
    };
    let talk = Talk::through(&stdio(child(&["--never-read"]), limited)).await;
    let pid = talk.pid();
    let message = request(1, "ping", &format!(r#"{{"x":"{}"}}"#, "x".repeat(32 * 1024)));
    let mut taken = 0;
    let refusal = loop {
        match talk.connection.send(message.clone().into()) {
            Ok(()) => taken += 1,
            Err(error) => break error,
        }
    };
    assert_eq!(refusal, SendError::Full);
    assert!(
        (7..=10).contains(&taken),
        "up to 64 KiB in the pipe and 256 KiB in the queue, not {taken} messages"
    );
    assert!(talk.connection.diagnostics().queued_bytes > 128 * 1024);
    assert!(matches!(talk.heard.closed().await, Closed::Stuck { .. }));
    assert_eq!(talk.connection.send(message.into()), Err(SendError::Closed));
    talk.close().await;
    gone(pid).await;
}

#[tokio::test]
async fn a_server_that_is_slow_to_start_is_waited_for() {
    let talk = Talk::with(&["--slow-start", "300"]).await;
    talk.call(1, "{}");
    tokio::time::timeout(LIMIT, talk.heard.text(1))
        .await
        .expect("it answers");
    talk.close().await;
}
