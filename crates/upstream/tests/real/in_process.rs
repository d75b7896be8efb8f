//! Servers in our own process.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use pontoon_jsonrpc::Message;
use pontoon_upstream::{Closed, Connector as _, InProcess, InProcessSettings, SendError};
use rmcp::model::{
    CallToolRequestParams, CallToolResponse, CallToolResult, ContentBlock, ServerCapabilities, ServerConfig,
};
use rmcp::service::RequestContext;
use rmcp::{ErrorData, RoleServer, ServerHandler};

use crate::common::{Talk, request, settle};

#[derive(Clone, Default)]
struct Handler {
    cancelled: Arc<AtomicBool>,
}

impl ServerHandler for Handler {
    fn get_info(&self) -> ServerConfig {
        ServerConfig::new(ServerCapabilities::builder().enable_tools().build())
    }

    async fn call_tool(
        &self,
        params: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        match &*params.name {
            "echo" => {
                let arguments = serde_json::to_string(&params.arguments).expect("JSON");
                Ok(CallToolResult::success(vec![ContentBlock::text(arguments)]).into())
            }
            "panic" => panic!("on purpose"),
            _ => {
                context.ct.cancelled().await;
                self.cancelled.store(true, Ordering::SeqCst);
                Err(ErrorData::internal_error("cancelled", None))
            }
        }
    }
}

async fn talk() -> (Talk, Handler) {
    limited(InProcessSettings::default()).await
}

async fn limited(settings: InProcessSettings) -> (Talk, Handler) {
    let handler = Handler::default();
    let connector = InProcess::new(
        "test",
        {
            let handler = handler.clone();
            move || handler.clone()
        },
        settings,
    );
    (Talk::through(&connector).await, handler)
}

const INITIALIZE: &str =
    r#"{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"test","version":"1"}}"#;

fn modern_call(id: i64, name: &str) -> String {
    let params = format!(
        r#"{{"_meta":{{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{{}},"io.modelcontextprotocol/clientInfo":{{"name":"t","version":"1"}}}},"name":"{name}","arguments":{{"a":1}}}}"#
    );
    request(id, "tools/call", &params)
}

#[tokio::test]
async fn a_legacy_client_shakes_hands_and_calls() {
    let (talk, _) = talk().await;
    talk.send(request(0, "initialize", INITIALIZE));
    talk.heard.answer(0).await;
    talk.send(r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#);
    talk.call(1, r#"{"a":"b"}"#);
    assert_eq!(talk.heard.text(1).await, r#"{"a":"b"}"#);
    talk.close().await;
}

#[tokio::test]
async fn a_modern_client_calls_at_once() {
    let (talk, _) = talk().await;
    talk.send(modern_call(1, "echo"));
    assert_eq!(talk.heard.text(1).await, r#"{"a":1}"#);
    talk.close().await;
}

#[tokio::test]
async fn clients_without_a_session_meet_in_the_same_server_and_others_do_not() {
    let common = Handler::default();
    let made = Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let connector = InProcess::new(
        "test",
        {
            let made = Arc::clone(&made);
            move || {
                made.fetch_add(1, Ordering::SeqCst);
                Handler::default()
            }
        },
        InProcessSettings::default(),
    )
    .with_common({
        let common = common.clone();
        move || common.clone()
    });
    for _ in 0..2 {
        let mut idle = connector.connect_common().await.expect("nothing can fail");
        assert!(idle.is_alive());
        idle.discard().await;
    }
    assert_eq!(made.load(Ordering::SeqCst), 0, "the common one is not made anew");
    assert!(
        Arc::strong_count(&common.cancelled) >= 2,
        "its clones share what they hold"
    );
    connector
        .connect()
        .await
        .expect("nothing can fail")
        .discard()
        .await;
    assert_eq!(made.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_request_that_cannot_be_read_is_answered_and_the_next_one_served() {
    let (talk, _) = talk().await;
    talk.send(request(0, "initialize", INITIALIZE));
    talk.send(request(1, "tools/call", r#"{"arguments":{}}"#));
    talk.send(request(2, "tools/call", r#"{"name":7}"#));
    talk.send(request(3, "resources/read", "{}"));
    talk.send(request(4, "no/such/method", r#"{"x":[1]}"#));
    talk.send(r#"{"jsonrpc":"2.0","method":"notifications/progress","params":{"progress":"much"}}"#);
    talk.send(r#"{"jsonrpc":"2.0","id":77,"result":{}}"#);
    talk.call(5, "{}");
    for id in [1, 2, 3] {
        assert_eq!(talk.heard.error(id).await, -32602, "{id}");
    }
    assert_eq!(talk.heard.error(4).await, -32601);
    assert_eq!(talk.heard.text(5).await, "{}");
    talk.close().await;
}

#[tokio::test]
async fn what_comes_before_the_opening_does_not_end_the_server() {
    let (talk, _) = talk().await;
    talk.send(r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#);
    talk.send(r#"{"jsonrpc":"2.0","id":1,"result":{}}"#);
    talk.send(request(2, "tools/list", "{}"));
    assert_eq!(talk.heard.error(2).await, -32602, "no handshake, no _meta");
    talk.send(r#"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":2}}"#);
    talk.send(modern_call(3, "echo"));
    talk.heard.text(3).await;
    talk.close().await;
}

#[tokio::test]
async fn a_panic_answers_its_own_call_and_no_other_notices() {
    let (talk, handler) = talk().await;
    talk.send(modern_call(1, "wait"));
    for id in [2, 3] {
        talk.send(modern_call(id, "panic"));
        assert_eq!(talk.heard.error(id).await, -32603);
    }
    talk.send(modern_call(4, "echo"));
    assert_eq!(talk.heard.text(4).await, r#"{"a":1}"#);
    assert!(
        !handler.cancelled.load(Ordering::SeqCst),
        "the first call goes on"
    );
    assert_eq!(talk.connection.diagnostics().counters.panics, 2);
    talk.heard.look(|record| {
        let said = format!("{:?}", record.messages);
        assert!(!said.contains("on purpose"), "{said}");
    });
    talk.close().await;
}

#[tokio::test]
async fn an_answer_over_the_limit_is_an_error_and_the_next_one_is_not() {
    let settings = InProcessSettings {
        max_message: 1000,
        ..InProcessSettings::default()
    };
    let (talk, _) = limited(settings).await;
    talk.send(request(0, "initialize", INITIALIZE));
    talk.call(1, &format!(r#"{{"a":"{}"}}"#, "x".repeat(1000)));
    talk.call(2, "{}");
    assert_eq!(talk.heard.error(1).await, -32603);
    assert_eq!(talk.heard.text(2).await, "{}");
    talk.close().await;
}

#[tokio::test]
async fn closing_cancels_what_runs_and_tells_the_listener_once() {
    let (talk, handler) = talk().await;
    talk.send(modern_call(1, "wait"));
    settle().await;
    let heard = talk.heard.clone();
    talk.close().await;
    assert!(handler.cancelled.load(Ordering::SeqCst));
    assert!(matches!(
        heard.look(|record| record.closed.clone())[..],
        [Closed::Requested]
    ));
}

#[tokio::test]
async fn a_server_whose_handles_are_all_dropped_ends() {
    let (talk, handler) = talk().await;
    talk.send(modern_call(1, "wait"));
    settle().await;
    let heard = talk.heard.clone();
    drop(talk);
    assert!(matches!(heard.closed().await, Closed::Abandoned));
    assert!(handler.cancelled.load(Ordering::SeqCst));
}

#[tokio::test]
async fn the_queue_is_bounded_in_bytes() {
    let (talk, _) = limited(InProcessSettings {
        max_queue: 1000,
        ..InProcessSettings::default()
    })
    .await;
    let call = modern_call(1, "echo");
    // Nothing runs before we wait: the runtime has one thread.
    let taken = (0..100)
        .take_while(|_| talk.connection.send(call.clone().into()).is_ok())
        .count();
    assert_eq!(taken, 1000 / call.len());
    assert_eq!(talk.connection.send(call.clone().into()), Err(SendError::Full));
    talk.heard.text(1).await;
    talk.send(call);
    talk.close().await;
}

#[tokio::test]
async fn ids_and_numbers_come_back_as_they_were() {
    let (talk, _) = talk().await;
    talk.send(request(0, "initialize", INITIALIZE));
    talk.send(r#"{"jsonrpc":"2.0","id":"a\u0000\"é","method":"ping"}"#);
    talk.heard.answer("a\0\"é").await;
    talk.heard
        .look(|record| assert!(record.messages.iter().all(|m| matches!(m, Message::Response(_)))));
    talk.close().await;
}
