//! Batches, which only sessions of 2025-03-26 may send.

use http::StatusCode;

use crate::support::{House, Seen};

const ECHO: &str = r#"{"jsonrpc":"2.0","id":1,"method":"echo","params":{"n":1}}"#;
const LIST: &str = r#"{"jsonrpc":"2.0","id":2,"method":"tools/list"}"#;
const NOTE: &str = r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#;
const REPLY: &str = r#"{"jsonrpc":"2.0","id":"question","result":{}}"#;
const SLOW: &str = r#"{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"slow"}}"#;

#[tokio::test(start_paused = true)]
async fn requests_are_answered_together() {
    let house = House::new();
    let client = house.client().open("2025-03-26").await;
    let json = client
        .post(&format!("[{ECHO},{NOTE},{LIST},{REPLY}]"))
        .await
        .json()
        .await;
    let answers = json.as_array().unwrap();
    assert_eq!(answers.len(), 2);
    assert_eq!((&answers[0]["id"], &answers[1]["id"]), (&1.into(), &2.into()));
    assert_eq!(
        house
            .backend
            .times(&Seen::Notification("notifications/initialized".into())),
        1
    );
    assert_eq!(house.backend.times(&Seen::Reply("\"question\"".into())), 1);
}

#[tokio::test(start_paused = true)]
async fn of_two_requests_with_one_id_the_second_is_refused_however_fast_the_first_is_answered() {
    let house = House::new();
    let client = house.client().open("2025-03-26").await;
    let json = client.post(&format!("[{ECHO},{ECHO}]")).await.json().await;
    assert!(json[0]["result"].is_object());
    assert_eq!(
        (&json[1]["id"], &json[1]["error"]["code"]),
        (&1.into(), &(-32600).into())
    );
}

#[tokio::test(start_paused = true)]
async fn a_message_between_the_answers_makes_it_one_stream() {
    let house = House::new();
    let client = house.client().open("2025-03-26").await;
    let pending = client.start(&format!("[{ECHO},{SLOW}]"));
    let held = house.backend.next().await;
    held.progress(1);
    let mut events = pending.await.unwrap().events();
    assert!(events.data().await.unwrap().contains(r#""id":1,"result""#));
    assert!(events.data().await.unwrap().contains("progress"));
    held.finish("{}");
    assert!(events.data().await.unwrap().contains(r#""id":7,"result""#));
    assert_eq!(events.next().await, None);
}

#[tokio::test(start_paused = true)]
async fn answers_that_came_before_the_stream_can_be_resumed_like_any() {
    let house = House::new();
    let client = house.client().open("2025-03-26").await;
    let pending = client.start(&format!("[{ECHO},{LIST},{SLOW}]"));
    let held = house.backend.next().await;
    held.progress(1);
    let mut events = pending.await.unwrap().events();
    let (first, data) = events.event().await.unwrap();
    assert!(data.contains(r#""id":1,"result""#), "{data}");
    drop(events);
    held.finish("{}");
    let mut rest = client.with("last-event-id", &first).get().await.events();
    let seen = rest.ready().await;
    assert_eq!(seen.len(), 3, "{seen:?}");
    assert!(seen[0].contains(r#""id":2,"result""#), "{seen:?}");
    assert!(seen[1].contains("progress"), "{seen:?}");
    assert!(seen[2].contains(r#""id":7,"result""#), "{seen:?}");
}

#[tokio::test(start_paused = true)]
async fn a_client_that_takes_one_form_only_gets_it() {
    let house = House::new();
    let client = house.client().open("2025-03-26").await;
    let mut events = client
        .clone()
        .with("accept", "text/event-stream")
        .post(&format!("[{ECHO},{LIST}]"))
        .await
        .events();
    assert!(events.data().await.unwrap().contains(r#""id":1"#));
    assert!(events.data().await.unwrap().contains(r#""id":2"#));
    assert_eq!(events.next().await, None);

    let pending = client
        .with("accept", "application/json")
        .start(&format!("[{SLOW},{ECHO}]"));
    let held = house.backend.next().await;
    held.progress(1);
    held.finish("{}");
    assert_eq!(pending.await.unwrap().json().await.as_array().unwrap().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn notifications_and_responses_alone_get_202() {
    let house = House::new();
    let client = house.client().open("2025-03-26").await;
    let answer = client.post(&format!("[{NOTE},{REPLY}]")).await;
    assert_eq!(answer.status, StatusCode::ACCEPTED);
    assert_eq!(answer.text().await, "");
}

#[tokio::test(start_paused = true)]
async fn bad_elements_are_answered_among_the_others() {
    let house = House::new();
    let client = house.client().open("2025-03-26").await;
    let bad_params = r#"{"jsonrpc":"2.0","id":9,"method":"x","params":5}"#;
    let without_id = r#"{"jsonrpc":"2.0","method":"tools/call","params":{"name":"x"}}"#;
    let json = client
        .post(&format!("[5,{ECHO},{bad_params},{without_id}]"))
        .await
        .json()
        .await;
    let answers: Vec<_> = json
        .as_array()
        .unwrap()
        .iter()
        .map(|answer| (answer.get("id").cloned(), answer["error"]["code"].as_i64()))
        .collect();
    assert_eq!(
        answers,
        [
            (None, Some(-32600)),
            (Some(1.into()), None),
            (Some(9.into()), Some(-32602)),
            (None, Some(-32600))
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn an_answer_in_a_batch_that_cannot_be_read_is_an_answer_all_the_same() {
    let house = House::new();
    let client = house.client().open("2025-03-26").await;
    let unreadable = r#"{"jsonrpc":"2.0","id":"question","result":7}"#;
    client.post(&format!("[{unreadable},{ECHO}]")).await;
    assert_eq!(house.backend.times(&Seen::Reply("\"question\"".into())), 1);
}

#[tokio::test(start_paused = true)]
async fn initialize_must_stand_alone() {
    let house = House::new();
    let client = house.client().open("2025-03-26").await;
    let initialize = crate::support::client::initialize("2025-03-26");
    let answer = client.post(&format!("[{ECHO},{initialize}]")).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    assert_eq!(answer.code().await, -32600);
    assert_eq!(house.backend.times(&Seen::Request("echo".into())), 0);
    let outside = house.client().post(&format!("[{initialize}]")).await;
    assert_eq!(outside.status, StatusCode::BAD_REQUEST);
}

#[tokio::test(start_paused = true)]
async fn no_other_revision_has_batches() {
    let house = House::new();
    for revision in ["2024-11-05", "2025-06-18", "2025-11-25"] {
        // The header does not help: the session's own revision counts.
        let client = house
            .client()
            .open(revision)
            .await
            .with("mcp-protocol-version", "2025-03-26");
        let answer = client.post(&format!("[{ECHO}]")).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{revision}");
        assert_eq!(answer.code().await, -32600);
    }
    assert_eq!(
        house.client().post(&format!("[{ECHO}]")).await.code().await,
        -32600
    );
}

#[tokio::test(start_paused = true)]
async fn batches_are_limited_and_never_empty() {
    let house = House::new();
    let client = house.client().open("2025-03-26").await;
    let long = vec![ECHO; 101].join(",");
    for body in ["[]".to_owned(), format!("[{long}]")] {
        let answer = client.post(&body).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST);
        assert_eq!(answer.code().await, -32600);
    }
}
