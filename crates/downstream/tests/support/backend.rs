//! A backend that answers simple methods at once and holds the rest for the test.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, Weak};
use std::time::Duration;

use bytes::Bytes;
use pontoon_downstream::{Backend, SessionNeed, Streaming, Target, UnknownQuestion};
use pontoon_jsonrpc::{ErrorObject, Id, Notification, Outcome, Raw, Request, Response, code, encode};
use pontoon_mcp::meta::RequestMeta;
use pontoon_mcp::{LegacyRevision, MirroredParameter, error, method};
use pontoon_policy::{Caller, Permit, Slots};
use pontoon_session::{Outbox, Rejected, Session};
use tokio::sync::Notify;

/// What the transports told the backend.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Seen {
    Request(String),
    Notification(String),
    Reply(String),
    Close,
    Drain,
}

/// A request that waits for the test to answer it.
#[derive(Debug)]
pub(crate) struct Held {
    pub(crate) id: Id,
    pub(crate) target: Target,
    pub(crate) session: Option<Arc<Session<()>>>,
    _slots: Slots,
}

impl Held {
    pub(crate) fn push(&self, text: &str) -> Result<(), Rejected> {
        self.target.outbox.push(Bytes::copy_from_slice(text.as_bytes()))
    }

    pub(crate) fn progress(&self, step: u32) {
        self.push(&progress(step)).unwrap();
    }

    pub(crate) fn finish(self, result: &str) {
        let result = Raw::parse(result.to_owned(), &pontoon_jsonrpc::Limits::SERVER).unwrap();
        self.target
            .outbox
            .finish(encode::result(&self.id, &result), None)
            .unwrap();
    }
}

pub(crate) fn progress(step: u32) -> String {
    format!(
        r#"{{"jsonrpc":"2.0","method":"notifications/progress","params":{{"progressToken":1,"progress":{step}}}}}"#
    )
}

pub(crate) struct Fake {
    name: &'static str,
    pub(crate) need: SessionNeed,
    bell: Arc<Notify>,
    state: Mutex<State>,
    arrived: Notify,
}

#[derive(Default)]
struct State {
    held: VecDeque<Held>,
    seen: Vec<Seen>,
    outboxes: Vec<Weak<Outbox>>,
}

impl Fake {
    pub(crate) fn new(name: &'static str) -> Self {
        Self {
            name,
            need: SessionNeed::Required,
            bell: Arc::default(),
            state: Mutex::default(),
            arrived: Notify::new(),
        }
    }

    pub(crate) fn shared(name: &'static str) -> Self {
        Self {
            need: SessionNeed::Optional,
            ..Self::new(name)
        }
    }

    /// The next request that is not answered at once.
    pub(crate) async fn next(&self) -> Held {
        loop {
            let arrived = self.arrived.notified();
            if let Some(held) = self.state.lock().unwrap().held.pop_front() {
                return held;
            }
            arrived.await;
        }
    }

    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.state.lock().unwrap().seen.clone()
    }

    pub(crate) fn times(&self, seen: &Seen) -> usize {
        self.seen().iter().filter(|other| *other == seen).count()
    }

    fn note(&self, seen: Seen) {
        self.state.lock().unwrap().seen.push(seen);
    }

    fn take(&self, session: Option<&Arc<Session<()>>>, request: Permit<Request>, target: Target) {
        let (request, slots) = request.split();
        self.note(Seen::Request(request.method.to_string()));
        let finish = |message, error| target.outbox.finish(message, error).unwrap_or_default();
        match &*request.method {
            "unknown/method" => {
                let error = error::method_not_found(&request.method);
                finish(encode::error(Some(&request.id), &error), Some(error.code));
            }
            "panic" => panic!("as the test asked for"),
            "bad/params" => {
                let error = error::invalid_params("no");
                finish(encode::error(Some(&request.id), &error), Some(error.code));
            }
            "needs/elicitation" => {
                let error = ErrorObject::new(error::MISSING_CAPABILITY, "elicitation");
                finish(encode::error(Some(&request.id), &error), Some(error.code));
            }
            method::TOOLS_LIST | method::DISCOVER | method::PING => {
                finish(
                    encode::result(&request.id, &Raw::from_static(r#"{"ok":true}"#)),
                    None,
                );
            }
            "echo" => {
                let params = request.params.clone().unwrap_or_else(Raw::empty_object);
                finish(encode::result(&request.id, &params), None);
            }
            _ => self.hold(Held {
                id: request.id.clone(),
                target,
                session: session.cloned(),
                _slots: slots,
            }),
        }
    }

    fn hold(&self, held: Held) {
        let mut state = self.state.lock().unwrap();
        state.outboxes.push(Arc::downgrade(&held.target.outbox));
        state.held.push_back(held);
        drop(state);
        self.arrived.notify_waiters();
    }
}

impl Backend for Fake {
    type Attachment = ();

    fn name(&self) -> &str {
        self.name
    }

    fn session_need(&self) -> SessionNeed {
        self.need
    }

    fn bell(&self) -> &Arc<Notify> {
        &self.bell
    }

    async fn open(&self, _: &Caller, session: &Arc<Session<()>>, request: Permit<Request>, target: Target) {
        let (request, slots) = request.split();
        self.note(Seen::Request(request.method.to_string()));
        let params = request.params.as_ref().and_then(Raw::object);
        if params.as_ref().is_some_and(|params| params.contains("hold")) {
            session.attach(()).unwrap();
            return self.hold(Held {
                id: request.id,
                target,
                session: Some(Arc::clone(session)),
                _slots: slots,
            });
        }
        let asked = params
            .as_ref()
            .and_then(|params| params.get_str("protocolVersion"));
        let Some(asked) = asked else {
            let error = ErrorObject::new(code::INVALID_PARAMS, "protocolVersion is missing");
            target
                .outbox
                .finish(encode::error(Some(&request.id), &error), Some(error.code))
                .unwrap();
            return;
        };
        let revision = LegacyRevision::negotiate(&asked);
        session.settle_revision(revision);
        session.attach(()).unwrap();
        let result = format!(r#"{{"protocolVersion":"{}"}}"#, revision.as_str());
        let result = Raw::parse(result, &pontoon_jsonrpc::Limits::SERVER).unwrap();
        target
            .outbox
            .finish(encode::result(&request.id, &result), None)
            .unwrap();
    }

    async fn request(&self, session: &Arc<Session<()>>, request: Permit<Request>, target: Target) {
        self.take(Some(session), request, target);
    }

    async fn notification(&self, _: &Arc<Session<()>>, notification: Permit<Notification>) {
        let method = notification.message().method.to_string();
        assert_ne!(method, "notifications/panic", "this panics on purpose");
        self.note(Seen::Notification(method));
    }

    fn reply(&self, _: &Arc<Session<()>>, response: Permit<Response>) -> Result<(), UnknownQuestion> {
        let response = response.message();
        let id = response.id.as_ref().map(Id::to_string).unwrap_or_default();
        let known = id == "\"question\"" && matches!(response.outcome, Outcome::Result(_));
        self.note(Seen::Reply(id));
        if known { Ok(()) } else { Err(UnknownQuestion) }
    }

    async fn once(&self, _: &Caller, revision: LegacyRevision, request: Permit<Request>, target: Target) {
        self.note(Seen::Notification(format!("once {}", revision.as_str())));
        self.take(None, request, target);
    }

    async fn stateless(&self, _: &Caller, _: RequestMeta, request: Permit<Request>, target: Target) {
        if target.streaming == Streaming::Refused && *request.message().method == *method::LISTEN {
            let (request, _slots) = request.split();
            let error = error::invalid_request("needs a stream");
            target
                .outbox
                .finish(encode::error(Some(&request.id), &error), Some(error.code))
                .unwrap();
            return;
        }
        self.take(None, request, target);
    }

    /// Answers what the session still waits for and no test has taken.
    fn close(&self, session: &Arc<Session<()>>) {
        self.note(Seen::Close);
        let held = std::mem::take(&mut self.state.lock().unwrap().held);
        for held in held {
            if held
                .session
                .as_ref()
                .is_some_and(|other| Arc::ptr_eq(other, session))
            {
                let error = ErrorObject::new(code::INTERNAL_ERROR, "the session has ended");
                let answer = encode::error(Some(&held.id), &error);
                held.target
                    .outbox
                    .finish(answer, Some(error.code))
                    .unwrap_or_default();
            } else {
                self.state.lock().unwrap().held.push_back(held);
            }
        }
    }

    /// Calls of the tool `weather` repeat the city and the number of days.
    fn mirrored(&self, _: &Caller, tool: &str) -> Option<Arc<[MirroredParameter]>> {
        let schema = Raw::from_static(
            r#"{"type":"object","properties":{"city":{"type":"string","x-mcp-header":"City"},"days":{"type":"integer","x-mcp-header":"Days"}}}"#,
        );
        let parameters = MirroredParameter::read_all(&schema).expect("the schema follows the rules");
        (tool == "weather").then(|| parameters.into())
    }

    async fn drain(&self) {
        self.note(Seen::Drain);
        let waits = || {
            let state = self.state.lock().unwrap();
            state
                .outboxes
                .iter()
                .filter_map(Weak::upgrade)
                .any(|outbox| !outbox.has_ended())
        };
        while waits() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
}
