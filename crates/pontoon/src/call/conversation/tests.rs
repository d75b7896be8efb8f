use std::sync::Mutex;

use bytes::Bytes;
use pontoon_jsonrpc::Limits;
use pontoon_mcp::LegacyRevision;
use pontoon_upstream::{
    BoxFuture, Closed, ConnectError, Connection, Connector, Diagnostics, Idle, Listener, Ready, SendError,
    Wire,
};

use super::*;
use crate::call::console::Console;
use crate::call::opening::{self, Choice, Introduction};
use crate::call::questions::Given;
use crate::call::screen::Telling;
use crate::call::subscribe::{self, Format, Told};
use crate::cli::Era;

/// What a scripted server says to a message.
type Says = fn(&Message) -> Vec<String>;

/// A server in memory; what it heard is kept.
#[derive(Clone)]
struct Scripted {
    says: Says,
    heard: Arc<Mutex<Vec<String>>>,
    starts: Arc<Mutex<usize>>,
}

struct Line {
    server: Scripted,
    listener: Arc<dyn Listener>,
}

impl Connector for Scripted {
    fn connect(&self) -> BoxFuture<'_, Result<Idle, ConnectError>> {
        *self.starts.lock().unwrap() += 1;
        Box::pin(std::future::ready(Ok(Idle::new(self.clone()))))
    }

    fn describe(&self) -> String {
        "scripted".to_owned()
    }
}

impl Ready for Scripted {
    fn start(self: Box<Self>, listener: Arc<dyn Listener>) -> Connection {
        Connection::new(Line {
            server: *self,
            listener,
        })
    }
}

impl Wire for Line {
    fn send(&self, message: Bytes) -> Result<(), SendError> {
        let text = String::from_utf8(message.to_vec()).expect("it is UTF-8");
        self.server.heard.lock().unwrap().push(text);
        let message = Message::parse(message, &Limits::SERVER).expect("we send messages");
        for said in (self.server.says)(&message) {
            if said == "(dies)" {
                self.listener.closed(Closed::Handler("it died".to_owned()));
            } else {
                let message = Message::parse(said, &Limits::SERVER).expect("the script has messages");
                self.listener.message(message);
            }
        }
        Ok(())
    }

    fn close(&self) -> BoxFuture<'_, ()> {
        Box::pin(std::future::ready(()))
    }

    fn diagnostics(&self) -> Diagnostics {
        Diagnostics::default()
    }
}

struct Nobody;

impl Console for Nobody {
    fn is_manned(&self) -> bool {
        false
    }

    fn say(&mut self, _: &str) {}

    fn ask(&mut self, _: &str) -> Option<String> {
        None
    }
}

fn manner() -> Manner {
    let name = ("name".to_owned(), Given::Text("Ann".to_owned()));
    Manner {
        patience: Duration::from_secs(60),
        log_level: None,
        desk: Arc::new(Desk::new(vec![name], Vec::new(), Box::new(Nobody))),
        screen: Arc::new(Screen::new(Some(Telling::Lines))),
        cancel: CancellationToken::new(),
    }
}

async fn open(
    says: Says,
    era: Era,
    manner: &Manner,
) -> (Scripted, Result<(Conversation, Introduction), Trouble>) {
    let server = Scripted {
        says,
        heard: Arc::default(),
        starts: Arc::default(),
    };
    let choice = Choice {
        era,
        revision: LegacyRevision::NEWEST,
    };
    let opened = opening::open(&server, choice, manner).await;
    (server, opened)
}

fn method_of(message: &Message) -> &str {
    message.method().map_or("", |method| method)
}

fn id_of(message: &Message) -> String {
    match message {
        Message::Request(request) => request.id.to_string(),
        _ => String::new(),
    }
}

fn result_for(message: &Message, result: &str) -> String {
    format!(r#"{{"jsonrpc":"2.0","id":{},"result":{result}}}"#, id_of(message))
}

fn error_for(message: &Message, error: &str) -> String {
    format!(r#"{{"jsonrpc":"2.0","id":{},"error":{error}}}"#, id_of(message))
}

const DISCOVERED: &str = r#"{"resultType":"complete","supportedVersions":["2026-07-28"],"capabilities":{"tools":{}},"_meta":{"io.modelcontextprotocol/serverInfo":{"name":"m","version":"1"}}}"#;
const INITIALIZED: &str =
    r#"{"protocolVersion":"2025-11-25","capabilities":{},"serverInfo":{"name":"l","version":"1"}}"#;

/// Asks for a name in the middle of a call, and tells what it got.
fn legacy(message: &Message) -> Vec<String> {
    match (method_of(message), message) {
        ("initialize", _) => vec![result_for(message, INITIALIZED)],
        ("tools/call", _) => vec![
            r#"{"jsonrpc":"2.0","id":"q","method":"elicitation/create","params":{"message":"?","requestedSchema":{"type":"object","properties":{"name":{"type":"string"}}}}}"#.to_owned(),
        ],
        ("slow", _) => vec![],
        ("", Message::Response(response)) => {
            assert_eq!(response.id, Some(Id::from("q")));
            let told = response.to_bytes();
            let told = Raw::string(std::str::from_utf8(&told).expect("it is UTF-8"));
            vec![format!(r#"{{"jsonrpc":"2.0","id":3,"result":{{"told":{told}}}}}"#)]
        }
        (name, Message::Request(_)) if name != "ping" => {
            vec![error_for(message, r#"{"code":-32602,"message":"what?"}"#)]
        }
        ("ping", _) => vec![result_for(message, "{}")],
        _ => vec![],
    }
}

/// Wants a name and its state back before it answers.
fn modern(message: &Message) -> Vec<String> {
    let Message::Request(request) = message else {
        return vec![];
    };
    let params = request
        .params
        .as_ref()
        .and_then(Raw::object)
        .expect("it has parameters");
    assert!(pontoon_mcp::meta::RequestMeta::read(Some(&params)).is_ok());
    match &*request.method {
        "server/discover" => vec![result_for(message, DISCOVERED)],
        "tools/call" if params.contains("inputResponses") => {
            assert_eq!(params.get_str("requestState").as_deref(), Some("s3"));
            let told = params.get("inputResponses").expect("it was just seen");
            vec![result_for(
                message,
                &format!(r#"{{"resultType":"complete","told":{told}}}"#),
            )]
        }
        "tools/call" => vec![result_for(
            message,
            r#"{"resultType":"input_required","requestState":"s3","inputRequests":{"a":{"method":"elicitation/create","params":{"message":"?","requestedSchema":{"type":"object","properties":{"name":{"type":"string"}}}}}}}"#,
        )],
        "sample" => vec![result_for(
            message,
            r#"{"resultType":"input_required","inputRequests":{"a":{"method":"sampling/createMessage","params":{"messages":[]}}}}"#,
        )],
        _ => vec![],
    }
}

fn call() -> RawObject {
    Raw::from_static(r#"{"name":"x","arguments":{}}"#)
        .object()
        .expect("it is an object")
}

#[tokio::test]
async fn a_modern_server_gets_its_answers_with_the_next_attempt() {
    let (server, opened) = open(modern, Era::Auto, &manner()).await;
    let (mut conversation, introduction) = opened.expect("it is modern");
    assert_eq!(introduction.revision, "2026-07-28");
    let result = conversation
        .ask("tools/call", &call())
        .await
        .expect("it is answered");
    assert_eq!(
        result.as_str(),
        r#"{"resultType":"complete","told":{"a":{"action":"accept","content":{"name":"Ann"}}}}"#
    );
    let ids: Vec<_> = server
        .heard
        .lock()
        .unwrap()
        .iter()
        .map(|text| text[..24].to_owned())
        .collect();
    assert_eq!(ids.len(), 3);
    assert_ne!(ids[1], ids[2], "a retry has an id of its own");
    let declined = conversation.ask("sample", &RawObject::empty()).await;
    assert!(matches!(declined, Err(Trouble::Declined(_))), "{declined:?}");
}

#[tokio::test]
async fn a_legacy_server_is_found_out_and_answered_in_the_middle_of_a_call() {
    let (server, opened) = open(legacy, Era::Auto, &manner()).await;
    let (mut conversation, introduction) = opened.expect("it is legacy");
    assert_eq!(introduction.revision, "2025-11-25");
    assert_eq!(conversation.spoken, Spoken::Legacy);
    let result = conversation
        .ask("tools/call", &call())
        .await
        .expect("it is answered");
    assert!(result.as_str().contains("accept"), "{result}");
    assert_eq!(*server.starts.lock().unwrap(), 1, "the same connection will do");
    let heard = server.heard.lock().unwrap().join("\n");
    assert!(
        !heard
            .lines()
            .skip(1)
            .any(|line| line.contains("io.modelcontextprotocol"))
    );
}

#[tokio::test]
async fn a_server_that_dies_of_the_question_is_started_again() {
    let dies: Says = |message| match method_of(message) {
        "server/discover" => vec!["(dies)".to_owned()],
        _ => legacy(message),
    };
    let (server, opened) = open(dies, Era::Auto, &manner()).await;
    assert!(opened.is_ok());
    assert_eq!(*server.starts.lock().unwrap(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_server_that_is_silent_before_the_handshake_is_a_legacy_one() {
    let silent: Says = |message| match method_of(message) {
        "server/discover" => vec![],
        _ => legacy(message),
    };
    let (_, opened) = open(silent, Era::Auto, &manner()).await;
    assert!(opened.is_ok());
}

#[tokio::test]
async fn a_modern_error_is_no_reason_to_fall_back_unless_it_names_a_legacy_revision() {
    let newer: Says = |message| {
        vec![error_for(
            message,
            r#"{"code":-32022,"message":"no","data":{"supported":["2027-01-01"],"requested":"2026-07-28"}}"#,
        )]
    };
    let (_, opened) = open(newer, Era::Auto, &manner()).await;
    let trouble = opened.err().expect("nothing in common");
    assert!(trouble.to_string().contains("2027-01-01"), "{trouble}");
    let older: Says = |message| match method_of(message) {
        "server/discover" => vec![error_for(
            message,
            r#"{"code":-32022,"message":"no","data":{"supported":["2025-11-25"],"requested":"2026-07-28"}}"#,
        )],
        _ => legacy(message),
    };
    assert!(open(older, Era::Auto, &manner()).await.1.is_ok());
    assert!(open(older, Era::Modern, &manner()).await.1.is_err());
}

#[tokio::test(start_paused = true)]
async fn whoever_does_not_wait_any_more_says_so() {
    let manner = manner();
    let (server, opened) = open(legacy, Era::Legacy, &manner).await;
    let (mut conversation, _) = opened.expect("it is legacy");
    let silent = conversation.ask("slow", &RawObject::empty()).await;
    assert!(matches!(silent, Err(Trouble::Silent { .. })), "{silent:?}");
    manner.cancel.cancel();
    let cancelled = conversation.ask("slow", &RawObject::empty()).await;
    assert!(matches!(cancelled, Err(Trouble::Cancelled)), "{cancelled:?}");
    let heard = server.heard.lock().unwrap();
    let withdrawn = heard
        .iter()
        .filter(|text| text.contains("notifications/cancelled"));
    assert_eq!(withdrawn.count(), 2);
}

#[tokio::test]
async fn a_legacy_server_is_subscribed_to_and_heard() {
    let tells: Says = |message| match method_of(message) {
        "resources/subscribe" => vec![
            result_for(message, "{}"),
            r#"{"jsonrpc":"2.0","method":"notifications/resources/updated","params":{"uri":"a:b"}}"#
                .to_owned(),
            r#"{"jsonrpc":"2.0","method":"notifications/tools/list_changed"}"#.to_owned(),
        ],
        _ => legacy(message),
    };
    let (server, opened) = open(tells, Era::Legacy, &manner()).await;
    let (mut conversation, _) = opened.expect("it is legacy");
    let told = Told {
        format: Format::Line,
        count: Some(2),
    };
    let outcome = subscribe::changes(&mut conversation, &["a:b".to_owned()], told).await;
    assert!(outcome.is_ok(), "{outcome:?}");
    assert!(
        server
            .heard
            .lock()
            .unwrap()
            .join("\n")
            .contains(r#"{"uri":"a:b"}"#)
    );
}
