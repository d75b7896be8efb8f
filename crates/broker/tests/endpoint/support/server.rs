//! A server in memory.
//!
//! For tests with `start_paused`: what takes time here takes none for real.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use pontoon_jsonrpc::{Limits, Message, Request};
use pontoon_upstream::{BoxFuture, Closed, Connection, Diagnostics, Failure, Listener, SendError, Wire};
use serde_json::Value;
use tokio::sync::{mpsc, watch};

const INITIALIZED: &str = r#"{"protocolVersion":"2025-06-18","capabilities":{"tools":{"listChanged":true},"resources":{"subscribe":true},"logging":{}},"serverInfo":{"name":"fake","version":"1"}}"#;

const DISCOVERED: &str = r#"{"resultType":"complete","supportedVersions":["2026-07-28"],"capabilities":{"tools":{}},"_meta":{"io.modelcontextprotocol/serverInfo":{"name":"fake","version":"1"}},"ttlMs":0,"cacheScope":"private"}"#;

/// Headers repeat an argument of its tools.
const SCHEMA: &str = r#"{"type":"object","properties":{"a":{"type":"string","x-mcp-header":"A"}}}"#;

/// What a server speaks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Tongue {
    /// `initialize`; anything else is answered, if only with an error.
    #[default]
    Legacy,
    /// `initialize`; silent to what it does not know.
    Taciturn,
    /// `initialize`; it ends when it hears what it does not know.
    Touchy,
    /// 2026-07-28.
    Modern,
    /// Both.
    Dual,
}

/// How a server behaves.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Manners {
    pub(super) tongue: Tongue,
    pub(super) deaf: bool,
    pub(super) ends_at_once: bool,
    pub(super) ends_after_handshake: bool,
    /// Before its first word.
    pub(super) thinks: Duration,
    pub(super) silent: bool,
    pub(super) refuses: bool,
    pub(super) lingers: Duration,
}

/// Tools: `echo` answers, `hold` waits to be told to, `crash` ends the server. It lists one other, with its number.
/// Every result names the server's number.
pub(crate) struct Server {
    number: usize,
    manners: Manners,
    orders: mpsc::UnboundedSender<Order>,
    inbox: Mutex<Option<mpsc::UnboundedReceiver<Order>>>,
    heard: Mutex<Vec<Value>>,
    /// Ids of calls that were told to wait.
    held: Mutex<Vec<i64>>,
    /// What becomes of the next request instead of an answer.
    failure: Mutex<Option<Failure>>,
    hears: AtomicBool,
    gone: watch::Sender<bool>,
}

enum Order {
    Hear(Bytes),
    Say(String),
    Crash,
    Choke,
    Close,
    Abandon,
}

impl Server {
    pub(super) fn new(number: usize, manners: Manners) -> Arc<Self> {
        let (orders, inbox) = mpsc::unbounded_channel();
        Arc::new(Self {
            number,
            manners,
            orders,
            inbox: Mutex::new(Some(inbox)),
            heard: Mutex::default(),
            held: Mutex::default(),
            failure: Mutex::default(),
            hears: AtomicBool::new(true),
            gone: watch::Sender::new(false),
        })
    }

    /// What it was told, in order, messages without `jsonrpc`.
    pub(crate) fn heard(&self) -> Vec<Value> {
        self.heard.lock().unwrap().clone()
    }

    /// The methods it was told, in order.
    pub(crate) fn methods(&self) -> Vec<String> {
        let heard = self.heard();
        heard
            .iter()
            .filter_map(|message| Some(message["method"].as_str()?.to_owned()))
            .collect()
    }

    /// How many calls it holds.
    pub(crate) fn holds(&self) -> usize {
        self.held.lock().unwrap().len()
    }

    /// Answers every call that it holds.
    pub(crate) fn let_go(&self) {
        for id in std::mem::take(&mut *self.held.lock().unwrap()) {
            self.say(&self.result(id));
        }
    }

    /// Says something.
    pub(crate) fn say(&self, message: &str) {
        let _ = self.orders.send(Order::Say(message.to_owned()));
    }

    /// Does not answer the next request, as a remote server does not.
    pub(crate) fn fail_next(&self, why: Failure) {
        *self.failure.lock().unwrap() = Some(why);
    }

    /// Ends, uncalled for.
    pub(crate) fn crash(&self) {
        let _ = self.orders.send(Order::Crash);
    }

    /// Is given up for not reading what it is told.
    pub(crate) fn choke(&self) {
        let _ = self.orders.send(Order::Choke);
    }

    /// Does not take anything any more, though nobody knows yet that it ended.
    pub(crate) fn hang_up(&self) {
        self.hears.store(false, Ordering::Relaxed);
    }

    /// Whether nothing is left of it.
    pub(crate) fn is_gone(&self) -> bool {
        *self.gone.borrow()
    }

    fn result(&self, id: i64) -> String {
        format!(
            r#"{{"jsonrpc":"2.0","id":{id},"result":{{"server":{}}}}}"#,
            self.number
        )
    }

    fn hear(&self, message: Bytes, listener: &dyn Listener) {
        let mut value: Value = serde_json::from_slice(&message).expect("messages are JSON");
        value
            .as_object_mut()
            .expect("messages are objects")
            .remove("jsonrpc");
        self.heard.lock().unwrap().push(value);
        let message = Message::parse(message, &Limits::CLIENT).expect("messages are well formed");
        let Message::Request(request) = message else {
            return;
        };
        if let Some(why) = self.failure.lock().unwrap().take() {
            return listener.failed(request.id, why);
        }
        if !self.manners.silent
            && let Some(answer) = self.answer(&request)
        {
            listener.message(Message::parse(answer, &Limits::SERVER).expect("its own text"));
        }
    }

    fn answer(&self, request: &Request) -> Option<String> {
        let id = &request.id;
        let params = request.params.as_ref().map_or("{}", |params| params.as_str());
        let params: Value = serde_json::from_str(params).expect("parameters are JSON");
        let pontoon_jsonrpc::Id::Integer(number) = id else {
            panic!("ids toward servers are numbers")
        };
        let refusal = || format!(r#"{{"jsonrpc":"2.0","id":{id},"error":{{"code":-32601,"message":"?"}}}}"#);
        match (&*request.method, params["name"].as_str()) {
            ("server/discover", _) => match self.manners.tongue {
                Tongue::Legacy => Some(refusal()),
                Tongue::Taciturn => None,
                Tongue::Touchy => {
                    self.crash();
                    None
                }
                Tongue::Modern | Tongue::Dual => {
                    Some(format!(r#"{{"jsonrpc":"2.0","id":{id},"result":{DISCOVERED}}}"#))
                }
            },
            ("initialize", _) if self.manners.tongue == Tongue::Modern => Some(refusal()),
            ("initialize", _) if self.manners.refuses => Some(format!(
                r#"{{"jsonrpc":"2.0","id":{id},"error":{{"code":1,"message":"no"}}}}"#
            )),
            ("initialize", _) => {
                if self.manners.ends_after_handshake {
                    self.crash();
                }
                Some(format!(r#"{{"jsonrpc":"2.0","id":{id},"result":{INITIALIZED}}}"#))
            }
            ("tools/call", Some("hold")) => {
                self.held.lock().unwrap().push(*number);
                None
            }
            ("tools/call", Some("crash")) => {
                self.crash();
                None
            }
            ("subscriptions/listen", _) => None,
            ("tools/list", _) => Some(format!(
                r#"{{"jsonrpc":"2.0","id":{id},"result":{{"server":{0},"tools":[{{"name":"tool{0}","inputSchema":{SCHEMA}}}]}}}}"#,
                self.number
            )),
            _ => Some(self.result(*number)),
        }
    }

    async fn run(&self, mut inbox: mpsc::UnboundedReceiver<Order>, listener: Arc<dyn Listener>) {
        tokio::time::sleep(self.manners.thinks).await;
        let why = loop {
            match inbox.recv().await.expect("the server holds a sender") {
                Order::Hear(_) if self.manners.ends_at_once => break Closed::Handler("ended".to_owned()),
                Order::Hear(message) => self.hear(message, &*listener),
                Order::Say(text) => {
                    listener.message(Message::parse(text, &Limits::SERVER).expect("a message"));
                }
                Order::Crash => break Closed::Handler("crashed".to_owned()),
                Order::Choke => {
                    break Closed::Stuck {
                        stderr_tail: String::new(),
                    };
                }
                Order::Close => break Closed::Requested,
                Order::Abandon => break Closed::Abandoned,
            }
        };
        self.hang_up();
        let expected = matches!(why, Closed::Requested | Closed::Abandoned);
        if !expected {
            listener.closed(why.clone());
        }
        tokio::time::sleep(self.manners.lingers).await;
        self.gone.send_replace(true);
        if expected {
            listener.closed(why);
        }
    }

    async fn wait_until_gone(&self) {
        let _ = self.gone.subscribe().wait_for(|gone| *gone).await;
    }
}

/// A server that nobody has spoken to.
pub(super) struct Ready(pub(super) Arc<Server>);

impl pontoon_upstream::Ready for Ready {
    fn is_alive(&mut self) -> bool {
        self.0.hears.load(Ordering::Relaxed)
    }

    fn start(self: Box<Self>, listener: Arc<dyn Listener>) -> Connection {
        let server = Arc::clone(&self.0);
        let inbox = server.inbox.lock().unwrap().take().expect("it is started once");
        if server.manners.deaf {
            server.hang_up();
        }
        let running = Arc::clone(&server);
        tokio::spawn(async move { running.run(inbox, listener).await });
        Connection::new(Line(server))
    }

    fn discard(self: Box<Self>) -> BoxFuture<'static, ()> {
        Box::pin(async move {
            self.0.hang_up();
            tokio::time::sleep(self.0.manners.lingers).await;
            self.0.gone.send_replace(true);
        })
    }
}

/// A connection to a server.
struct Line(Arc<Server>);

impl Drop for Line {
    fn drop(&mut self) {
        let _ = self.0.orders.send(Order::Abandon);
    }
}

impl Wire for Line {
    fn send(&self, message: Bytes) -> Result<(), SendError> {
        if !self.0.hears.load(Ordering::Relaxed) {
            return Err(SendError::Closed);
        }
        self.0
            .orders
            .send(Order::Hear(message))
            .map_err(|_| SendError::Closed)
    }

    fn close(&self) -> BoxFuture<'_, ()> {
        let _ = self.0.orders.send(Order::Close);
        Box::pin(self.0.wait_until_gone())
    }

    fn diagnostics(&self) -> Diagnostics {
        Diagnostics::default()
    }
}
