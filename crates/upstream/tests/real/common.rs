//! A listener that remembers, and a way to talk.

use std::future::poll_fn;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use pontoon_jsonrpc::{Id, Message, Outcome, Response};
use pontoon_supervise::{CommandSpec, Environment, Grace};
use pontoon_testkit::{eventually, is_running, test_child};
use pontoon_upstream::{Closed, Connection, Connector, Idle, Listener, Stdio, StdioSettings};
use tokio::sync::Notify;

/// Long enough for a busy machine, short enough to notice a hang.
pub(crate) const LIMIT: Duration = Duration::from_secs(20);

/// Everything a listener was told.
#[derive(Default)]
pub(crate) struct Record {
    pub(crate) messages: Vec<Message>,
    pub(crate) closed: Vec<Closed>,
}

/// Remembers what it is told.
#[derive(Default)]
pub(crate) struct Recorder {
    record: Mutex<Record>,
    news: Notify,
}

impl Recorder {
    pub(crate) fn look<T>(&self, look: impl FnOnce(&Record) -> T) -> T {
        look(&self.record.lock().expect("no test panics here"))
    }

    /// Waits until `look` finds something.
    pub(crate) async fn wait<T>(&self, what: &str, mut look: impl FnMut(&Record) -> Option<T>) -> T {
        let found = async {
            loop {
                let news = self.news.notified();
                if let Some(found) = self.look(&mut look) {
                    return found;
                }
                news.await;
            }
        };
        let found = tokio::time::timeout(LIMIT, found).await;
        found.unwrap_or_else(|_| panic!("{what} did not come"))
    }

    /// The answer to a request.
    pub(crate) async fn answer(&self, id: impl Into<Id>) -> Outcome {
        let id = Some(id.into());
        self.wait("an answer", |record| {
            record.messages.iter().find_map(|message| match message {
                Message::Response(Response {
                    id: answered,
                    outcome,
                }) if *answered == id => Some(outcome.clone()),
                _ => None,
            })
        })
        .await
    }

    /// The text in the result of a tool.
    pub(crate) async fn text(&self, id: i64) -> String {
        match self.answer(id).await {
            Outcome::Result(result) => text_of(result.as_str()),
            Outcome::Error(error) => panic!("{error:?}"),
        }
    }

    /// The code of an error.
    pub(crate) async fn error(&self, id: i64) -> i64 {
        match self.answer(id).await {
            Outcome::Error(error) => error.code,
            Outcome::Result(result) => panic!("{result:?}"),
        }
    }

    pub(crate) async fn closed(&self) -> Closed {
        self.wait("the end", |record| record.closed.first().cloned())
            .await
    }
}

fn text_of(result: &str) -> String {
    let result: serde_json::Value = serde_json::from_str(result).expect("JSON");
    result["content"][0]["text"].as_str().expect("a text").to_owned()
}

impl Listener for Recorder {
    fn message(&self, message: Message) {
        let mut record = self.record.lock().expect("no test panics here");
        assert!(record.closed.is_empty(), "a message after the end: {message:?}");
        record.messages.push(message);
        drop(record);
        self.news.notify_waiters();
    }

    fn closed(&self, why: Closed) {
        self.record.lock().expect("no test panics here").closed.push(why);
        self.news.notify_waiters();
    }
}

pub(crate) fn settings() -> StdioSettings {
    StdioSettings {
        grace: Grace {
            eof: Duration::from_millis(300),
            term: Duration::from_millis(300),
        },
        ..StdioSettings::default()
    }
}

pub(crate) fn stdio(spec: CommandSpec, settings: StdioSettings) -> Stdio {
    let environment = Environment::from_iter([("PATH", "/usr/local/bin:/usr/bin:/bin")]);
    Stdio::new("test", spec, Arc::new(environment), settings)
}

pub(crate) fn child(flags: &[&str]) -> CommandSpec {
    CommandSpec::new(test_child()).args(flags)
}

pub(crate) async fn idle(flags: &[&str]) -> Idle {
    stdio(child(flags), settings())
        .connect()
        .await
        .expect("the test child starts")
}

/// A conversation with a server.
pub(crate) struct Talk {
    pub(crate) connection: Connection,
    pub(crate) heard: Arc<Recorder>,
}

impl Talk {
    pub(crate) fn start(idle: Idle) -> Self {
        let heard = Arc::new(Recorder::default());
        Self {
            connection: idle.start(heard.clone()),
            heard,
        }
    }

    pub(crate) async fn with(flags: &[&str]) -> Self {
        Self::start(idle(flags).await)
    }

    pub(crate) async fn through(connector: &dyn Connector) -> Self {
        Self::start(connector.connect().await.expect("the server starts"))
    }

    pub(crate) fn send(&self, message: impl Into<Bytes>) {
        self.connection
            .send(message.into())
            .expect("the connection is open");
    }

    /// Calls the tool `echo`.
    pub(crate) fn call(&self, id: i64, arguments: &str) {
        let params = format!(r#"{{"name":"echo","arguments":{arguments}}}"#);
        self.send(request(id, "tools/call", &params));
    }

    pub(crate) fn pid(&self) -> u32 {
        self.connection.diagnostics().pid.expect("a process")
    }

    pub(crate) async fn close(self) {
        let closing = tokio::time::timeout(LIMIT, self.connection.close()).await;
        closing.expect("closing ends");
    }
}

pub(crate) fn request(id: i64, method: &str, params: &str) -> String {
    format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"{method}","params":{params}}}"#)
}

pub(crate) async fn until(what: &str, condition: impl FnMut() -> bool + Send + 'static) {
    let held = tokio::task::spawn_blocking(move || eventually(LIMIT, condition)).await;
    assert!(held.expect("a condition does not panic"), "{what} did not happen");
}

pub(crate) async fn gone(pid: u32) {
    until("the end of a process", move || !is_running(pid)).await;
}

/// Lets every task that can run do so, some times.
pub(crate) async fn settle() {
    for _ in 0..20 {
        tokio::task::yield_now().await;
    }
    poll_fn(|_| std::task::Poll::Ready(())).await;
}
