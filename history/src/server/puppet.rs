//! Servers that do what somebody outside tells them to, to the byte.

use std::sync::atomic::{AtomicBool, AtomicU16, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use pontoon_upstream::{
    BoxFuture, Closed, ConnectError, Connection, Connector, Diagnostics, Heard, Idle, Listener, SendError,
    StdioDecoder, Wire,
};
use serde_json::Value;
use tokio::sync::{Notify, mpsc};

use super::speech;
use crate::books::{Books, Who};
use crate::mark::{Mark, marks_in};

/// Longer lines are skipped.
const MAX_LINE: usize = 64 * 1024;

/// The servers of one house, in the order in which they were started.
pub struct Puppets {
    house: usize,
    manners: PuppetManners,
    books: Arc<Books>,
    numbers: Arc<AtomicU16>,
    stage: Arc<Stage>,
}

/// All servers that were started, of all houses.
#[derive(Default)]
pub struct Stage(Mutex<Vec<Arc<Puppet>>>);

/// What puppets do by themselves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PuppetManners {
    /// They answer `initialize`.
    Polite,
    /// Nothing.
    Mute,
}

/// A request that a puppet got.
#[derive(Clone, Debug)]
pub struct Got {
    /// The id that it came with.
    pub id: Value,
    /// Its method.
    pub method: String,
    /// The mark that it carried.
    pub mark: Option<Mark>,
    /// Whether the puppet has answered it.
    pub is_answered: bool,
}

/// One server.
pub struct Puppet {
    number: u16,
    manners: PuppetManners,
    books: Arc<Books>,
    pulls: mpsc::UnboundedSender<Pull>,
    inbox: Mutex<Option<mpsc::UnboundedReceiver<Pull>>>,
    got: Mutex<Vec<Got>>,
    lives: AtomicBool,
    gone: Notify,
    is_gone: AtomicBool,
}

enum Pull {
    Hear(Bytes),
    Say(Vec<u8>),
    End(Closed),
}

impl Stage {
    /// The server with this number, from 0, as long as it lives.
    pub fn puppet(&self, number: usize) -> Option<Arc<Puppet>> {
        let puppets = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let puppet = puppets.get(number)?;
        puppet.lives.load(Ordering::Relaxed).then(|| Arc::clone(puppet))
    }

    /// Servers that were started.
    pub fn len(&self) -> usize {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// Whether no server was started.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl Puppets {
    /// A connector for `house`, whose servers appear on `stage`.
    pub fn new(
        house: usize,
        manners: PuppetManners,
        books: Arc<Books>,
        numbers: Arc<AtomicU16>,
        stage: Arc<Stage>,
    ) -> Self {
        Self {
            house,
            manners,
            books,
            numbers,
            stage,
        }
    }

    fn bring_up(&self) -> Idle {
        let number = self.numbers.fetch_add(1, Ordering::Relaxed);
        let (pulls, inbox) = mpsc::unbounded_channel();
        self.books.server(number, |record, _| record.house = self.house);
        let puppet = Arc::new(Puppet {
            number,
            manners: self.manners,
            books: Arc::clone(&self.books),
            pulls,
            inbox: Mutex::new(Some(inbox)),
            got: Mutex::default(),
            lives: AtomicBool::new(true),
            gone: Notify::new(),
            is_gone: AtomicBool::new(false),
        });
        let mut stage = self.stage.0.lock().unwrap_or_else(PoisonError::into_inner);
        stage.push(Arc::clone(&puppet));
        Idle::new(Ready(puppet))
    }
}

impl Connector for Puppets {
    fn connect(&self) -> BoxFuture<'_, Result<Idle, ConnectError>> {
        Box::pin(async { Ok(self.bring_up()) })
    }

    fn describe(&self) -> String {
        format!("the puppets of house {}", self.house)
    }
}

impl Puppet {
    /// Writes these bytes on its standard output.
    pub fn say(&self, bytes: &[u8]) {
        self.pull(Pull::Say(bytes.to_vec()));
    }

    /// Ends, uncalled for.
    pub fn die(&self) {
        self.pull(Pull::End(Closed::Handler("it was told to".to_owned())));
    }

    /// The requests that it got, in order.
    pub fn got(&self) -> MutexGuard<'_, Vec<Got>> {
        self.got.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn pull(&self, pull: Pull) {
        // One that has ended does nothing any more.
        let _ = self.pulls.send(pull);
    }

    async fn run(self: Arc<Self>, mut inbox: mpsc::UnboundedReceiver<Pull>, listener: Arc<dyn Listener>) {
        let mut decoder = StdioDecoder::new(MAX_LINE);
        let why = loop {
            match inbox.recv().await {
                Some(Pull::Hear(message)) => self.hear(&message),
                Some(Pull::Say(bytes)) => {
                    decoder.feed(&bytes);
                    while let Some(heard) = decoder.decode() {
                        if let Heard::Message(message) | Heard::StandIn(message) = heard {
                            listener.message(message);
                        }
                    }
                }
                Some(Pull::End(why)) => break why,
                None => break Closed::Abandoned,
            }
        };
        self.lives.store(false, Ordering::Relaxed);
        self.be_gone();
        listener.closed(why);
    }

    fn hear(&self, message: &Bytes) {
        let text = String::from_utf8_lossy(message);
        self.books.line(Who::Server(self.number), format!("hears {text}"));
        let Ok(value) = serde_json::from_slice::<Value>(message) else {
            return self.books.breach("the server's side is well formed", text);
        };
        let (Some(id), Some(method)) = (value.get("id"), value["method"].as_str()) else {
            return self
                .books
                .server(self.number, |record, _| record.noted.extend(marks_in(&text)));
        };
        let is_answered = method == "initialize" && self.manners == PuppetManners::Polite;
        if is_answered {
            let line = speech::initialized(id, "2025-06-18") + "\n";
            self.say(line.as_bytes());
        }
        self.got().push(Got {
            id: id.clone(),
            method: method.to_owned(),
            mark: marks_in(&text).next(),
            is_answered,
        });
    }

    fn be_gone(&self) {
        self.books.server(self.number, |record, _| record.gone = true);
        self.is_gone.store(true, Ordering::Relaxed);
        self.gone.notify_waiters();
    }

    async fn wait_until_gone(&self) {
        loop {
            let gone = self.gone.notified();
            tokio::pin!(gone);
            gone.as_mut().enable();
            if self.is_gone.load(Ordering::Relaxed) {
                return;
            }
            gone.await;
        }
    }
}

/// A puppet that nobody has spoken to.
struct Ready(Arc<Puppet>);

impl pontoon_upstream::Ready for Ready {
    fn is_alive(&mut self) -> bool {
        self.0.lives.load(Ordering::Relaxed)
    }

    fn start(self: Box<Self>, listener: Arc<dyn Listener>) -> Connection {
        let inbox = self.0.inbox.lock().unwrap_or_else(PoisonError::into_inner).take();
        let inbox = inbox.expect("a server is started once");
        tokio::spawn(Arc::clone(&self.0).run(inbox, listener));
        Connection::new(Strings(self.0))
    }

    fn discard(self: Box<Self>) -> BoxFuture<'static, ()> {
        self.0.lives.store(false, Ordering::Relaxed);
        self.0.be_gone();
        Box::pin(async {})
    }
}

/// A connection to a puppet.
struct Strings(Arc<Puppet>);

impl Drop for Strings {
    fn drop(&mut self) {
        self.0.pull(Pull::End(Closed::Abandoned));
    }
}

impl Wire for Strings {
    fn send(&self, message: Bytes) -> Result<(), SendError> {
        if !self.0.lives.load(Ordering::Relaxed) {
            return Err(SendError::Closed);
        }
        self.0.pull(Pull::Hear(message));
        Ok(())
    }

    fn close(&self) -> BoxFuture<'_, ()> {
        self.0.pull(Pull::End(Closed::Requested));
        Box::pin(self.0.wait_until_gone())
    }

    fn diagnostics(&self) -> Diagnostics {
        Diagnostics::default()
    }
}
