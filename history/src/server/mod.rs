//! Servers in memory, which do what the requests that they get tell them to.

mod connector;
mod puppet;
mod rounds;
mod script;
mod speech;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use pontoon_jsonrpc::{Id, Limits, Message};
use pontoon_upstream::{BoxFuture, Closed, Connection, Diagnostics, Listener, SendError, Wire};
use serde_json::Value;
use tokio::sync::{mpsc, oneshot};
use tokio::task::{AbortHandle, JoinSet};

use crate::books::{Books, Who};
use crate::circumstances::Tongue;
use crate::mark::{Mark, marks_in};

pub use connector::{Manners, Scripted, Way};
use rounds::Resumed;

pub use puppet::{Got, Puppet, PuppetManners, Puppets, Stage};

/// What fits into the pipe toward a server that does not read.
const PIPE_BYTES: usize = 16 * 1024;

/// How long a server may read nothing before it counts as stuck.
const WRITE_DEADLINE: Duration = Duration::from_secs(1);

/// One server.
pub(crate) struct Server {
    number: u16,
    house: usize,
    way: Way,
    manners: Manners,
    books: Arc<Books>,
    orders: mpsc::UnboundedSender<Order>,
    inbox: Mutex<Option<mpsc::UnboundedReceiver<Order>>>,
    /// Whether it takes what it is sent.
    lives: AtomicBool,
    /// Whether it reads what it takes.
    hears: AtomicBool,
    unread: AtomicUsize,
    state: Mutex<State>,
    gone: tokio::sync::Notify,
}

#[derive(Default)]
struct State {
    /// Requests that it ever got, by id: their marks, and their tasks while they are under way.
    requests: BTreeMap<String, Underway>,
    /// Questions that it asked, by id.
    questions: BTreeMap<String, oneshot::Sender<()>>,
    /// Listeners of a modern server: id and resources.
    listeners: BTreeMap<String, (Value, Vec<String>)>,
    announced: u64,
    asked: u64,
    gone: bool,
}

struct Underway {
    mark: Option<Mark>,
    /// None if it goes on when it is cancelled.
    task: Option<AbortHandle>,
}

pub(crate) enum Order {
    Hear(Bytes),
    /// Because of the request with this id.
    Say(String, Value),
    End(Closed),
    Close,
    Abandon,
}

impl Server {
    fn new(number: u16, house: usize, way: Way, manners: Manners, books: Arc<Books>) -> Arc<Self> {
        let (orders, inbox) = mpsc::unbounded_channel();
        books.server(number, |record, _| record.house = house);
        Arc::new(Self {
            number,
            house,
            way,
            manners,
            books,
            orders,
            inbox: Mutex::new(Some(inbox)),
            lives: AtomicBool::new(true),
            hears: AtomicBool::new(true),
            unread: AtomicUsize::new(0),
            state: Mutex::default(),
            gone: tokio::sync::Notify::new(),
        })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What the servers of its house speak.
    fn tongue(&self) -> Tongue {
        let circumstances = self.books.open().circumstances;
        circumstances.map_or(Tongue::Legacy, |circumstances| circumstances.tongue(self.house))
    }

    fn line(&self, what: impl Into<String>) {
        self.books.line(Who::Server(self.number), what);
    }

    fn order(&self, order: Order) {
        // A server that has ended takes no orders.
        let _ = self.orders.send(order);
    }

    /// From the first word that somebody listens to, to the end.
    async fn run(self: Arc<Self>, mut inbox: mpsc::UnboundedReceiver<Order>, listener: Arc<dyn Listener>) {
        self.books
            .server(self.number, |record, now| record.started = Some(now));
        self.line(format!("begins at house {}", self.house));
        let mut work = JoinSet::new();
        let why = loop {
            tokio::select! {
                biased;
                order = inbox.recv() => match order {
                    Some(Order::Hear(message)) => self.hear(&message, &mut work),
                    Some(Order::Say(text, cause)) => self.say_now(&text, &cause, &*listener),
                    Some(Order::End(why)) => break why,
                    Some(Order::Abandon) => break Closed::Abandoned,
                    Some(Order::Close) | None => break Closed::Requested,
                },
                Some(_) = work.join_next(), if !work.is_empty() => {}
            }
        };
        drop(work);
        self.end(why, &*listener).await;
    }

    async fn end(&self, why: Closed, listener: &dyn Listener) {
        self.lives.store(false, Ordering::Relaxed);
        let requested = matches!(why, Closed::Requested | Closed::Abandoned);
        self.line(format!("ends: {}", why.reason()));
        self.books
            .server(self.number, |record, now| record.ended = Some((now, requested)));
        if matches!(why, Closed::Abandoned) {
            self.books.breach(
                "memory returns",
                format!("server {} was let go of without a word", self.number),
            );
        }
        if !requested {
            listener.closed(why.clone());
        }
        tokio::time::sleep(self.manners.lingers).await;
        self.be_gone();
        if requested {
            listener.closed(why);
        }
    }

    fn be_gone(&self) {
        self.lives.store(false, Ordering::Relaxed);
        self.books.server(self.number, |record, _| record.gone = true);
        self.state().gone = true;
        self.gone.notify_waiters();
    }

    async fn wait_until_gone(&self) {
        loop {
            let gone = self.gone.notified();
            tokio::pin!(gone);
            gone.as_mut().enable();
            if self.state().gone {
                return;
            }
            gone.await;
        }
    }

    /// Stops to read; what it is sent fills its pipe, until somebody notices.
    fn grow_deaf(self: &Arc<Self>) {
        self.hears.store(false, Ordering::Relaxed);
        self.line("reads no more");
        self.books
            .server(self.number, |record, now| _ = record.deaf.get_or_insert(now));
    }

    fn say_now(&self, text: &str, cause: &Value, listener: &dyn Listener) {
        self.line(format!("says {text}"));
        if let Some((number, mark)) = script::announcement(text) {
            self.books.server(self.number, |record, now| {
                record.announced.push((number, mark, now));
            });
        }
        match Message::parse(text.to_owned(), &Limits::SERVER) {
            Ok(message) => match cause.as_i64().filter(|_| self.way == Way::Answers) {
                Some(cause) => listener.message_within(message, &Id::Integer(cause)),
                None => listener.message(message),
            },
            Err(refusal) => self.line(format!("is not understood: {refusal}")),
        }
    }

    fn hear(self: &Arc<Self>, message: &Bytes, work: &mut JoinSet<()>) {
        let text = String::from_utf8_lossy(message).into_owned();
        if !self.hears.load(Ordering::Relaxed) {
            return;
        }
        self.line(format!("hears {text}"));
        let Ok(value) = serde_json::from_slice::<Value>(message) else {
            return self.books.breach("the server's side is well formed", text);
        };
        self.check_marks(&text);
        match (value.get("method").and_then(Value::as_str), value.get("id")) {
            (Some(_), Some(id)) => self.take_request(id.clone(), value, work),
            (Some(method), None) => self.take_notification(method, &value, &text),
            (None, Some(id)) => self.take_reply(id, &text),
            (None, None) => self.books.breach("the server's side is well formed", text),
        }
    }

    /// What reaches the server of one session is that session's, and what reaches that of one account is the
    /// account's.
    fn check_marks(&self, text: &str) {
        for mark in marks_in(text) {
            self.note_caller(mark);
        }
        let owner = self
            .books
            .open()
            .servers
            .get(&self.number)
            .and_then(|record| record.opened_by);
        let Some(owner) = owner.filter(|owner| owner.session > 0) else {
            return;
        };
        for mark in marks_in(text).filter(|mark| mark.label != owner) {
            self.books.breach(
                "no crossing",
                format!("the server of {owner} heard of {mark}: {text}"),
            );
        }
    }

    fn note_caller(&self, mark: Mark) {
        let mut record = self.books.open();
        let parts = record
            .circumstances
            .is_some_and(|circumstances| circumstances.parts_accounts(self.house));
        let callers = &mut record.servers.entry(self.number).or_default().callers;
        let [Some(first), second] = callers else {
            callers[0] = Some(mark.label);
            return;
        };
        let is_second = second.is_none() && *first != mark.label;
        let is_foreign = parts && first.account() != mark.label.account();
        let first = *first;
        if is_second {
            *second = Some(mark.label);
        }
        drop(record);
        if is_second && parts {
            self.line(format!("works for {first} and {}", mark.label));
        }
        if is_foreign {
            let what = format!("server {} of the account of {first} heard of {mark}", self.number);
            self.books.breach("no crossing", what);
        }
    }

    fn take_request(self: &Arc<Self>, id: Value, request: Value, work: &mut JoinSet<()>) {
        let mark = script::mark_of(&request["params"]);
        let key = id.to_string();
        let resumed = mark.and_then(|mark| self.note_request(mark, &request["params"]));
        let is_stubborn = script::is_stubborn(&request["params"]);
        let task = work.spawn(script::perform(Arc::clone(self), id, request, resumed));
        let task = (!is_stubborn).then_some(task);
        self.state().requests.insert(key, Underway { mark, task });
    }

    /// Writes down a request with a mark. Returns where it stands if it has come back.
    fn note_request(&self, mark: Mark, params: &Value) -> Option<Resumed> {
        if rounds::describes_itself(params) {
            self.check_description(mark, params);
        }
        if !(params["requestState"].is_null() && params["inputResponses"].is_null()) {
            return self.take_comeback(mark, params);
        }
        let mut is_first = true;
        self.books.server(self.number, |record, now| {
            is_first = record.asked.insert(mark, now).is_none();
        });
        if !is_first {
            self.books
                .breach("asked once", format!("server {} got {mark} twice", self.number));
        }
        None
    }

    fn take_notification(&self, method: &str, notification: &Value, text: &str) {
        if method == "notifications/cancelled" {
            let key = notification["params"]["requestId"].to_string();
            let mut state = self.state();
            state.listeners.remove(&key);
            let Some(Underway { mark, task }) = state.requests.get(&key) else {
                return;
            };
            if let Some(task) = task {
                task.abort();
            }
            if let Some(mark) = *mark {
                self.books
                    .server(self.number, |record, now| _ = record.cancelled.insert(mark, now));
            }
        }
        self.note(text);
    }

    fn take_reply(&self, id: &Value, text: &str) {
        let key = id.to_string();
        let asked = marks_in(&key).next();
        let question = self.state().questions.remove(&key);
        self.books.server(self.number, |record, now| {
            if let Some(question) = record.questions.get_mut(&key) {
                question.told.get_or_insert(now);
            }
        });
        match question {
            Some(waiting) => _ = waiting.send(()),
            None => self.books.breach(
                "answers answer",
                format!("server {} asked no {key}: {text}", self.number),
            ),
        }
        let foreign = marks_in(text).find(|mark| {
            asked.is_some_and(|asked| asked.label != mark.label && !self.books.is_stray(asked, mark.label))
        });
        if let Some(foreign) = foreign {
            self.books
                .breach("no crossing", format!("{key} was answered by {foreign}"));
        }
        self.note(text);
    }

    /// Everything that is no request and names a mark.
    fn note(&self, text: &str) {
        self.books
            .server(self.number, |record, _| record.noted.extend(marks_in(text)));
    }
}

/// A server that nobody has spoken to.
struct Ready(Arc<Server>);

impl pontoon_upstream::Ready for Ready {
    fn is_alive(&mut self) -> bool {
        self.0.lives.load(Ordering::Relaxed)
    }

    fn start(self: Box<Self>, listener: Arc<dyn Listener>) -> Connection {
        let server = Arc::clone(&self.0);
        let inbox = server.inbox.lock().unwrap_or_else(PoisonError::into_inner).take();
        let inbox = inbox.expect("a server is started once");
        tokio::spawn(Arc::clone(&server).run(inbox, listener));
        Connection::new(Line(server))
    }

    fn discard(self: Box<Self>) -> BoxFuture<'static, ()> {
        Box::pin(async move {
            self.0.line("is not needed");
            tokio::time::sleep(self.0.manners.lingers).await;
            self.0.be_gone();
        })
    }
}

/// A connection to a server.
struct Line(Arc<Server>);

impl Drop for Line {
    fn drop(&mut self) {
        self.0.order(Order::Abandon);
    }
}

impl Wire for Line {
    fn send(&self, message: Bytes) -> Result<(), SendError> {
        let server = &self.0;
        if !server.lives.load(Ordering::Relaxed) {
            return Err(SendError::Closed);
        }
        if !server.hears.load(Ordering::Relaxed) {
            let before = server.unread.fetch_add(message.len(), Ordering::Relaxed);
            if before == 0 {
                let server = Arc::clone(server);
                tokio::spawn(async move {
                    tokio::time::sleep(WRITE_DEADLINE).await;
                    let stderr_tail = String::new();
                    server.order(Order::End(Closed::Stuck { stderr_tail }));
                });
            }
            if before + message.len() > PIPE_BYTES {
                return Err(SendError::Full);
            }
        }
        self.0.order(Order::Hear(message));
        Ok(())
    }

    fn close(&self) -> BoxFuture<'_, ()> {
        self.0.order(Order::Close);
        Box::pin(self.0.wait_until_gone())
    }

    fn diagnostics(&self) -> Diagnostics {
        Diagnostics::default()
    }
}
