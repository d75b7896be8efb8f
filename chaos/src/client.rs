//! A client of one era, with several calls in flight.

use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use pontoon_hostile::response::Head;
use pontoon_hostile::wire::Wire;
use serde_json::{Value, json};

use crate::era::Era;
use crate::history::{Due, History, Question};

/// What ends a wait that nothing else has ended: far behind every bound of the table.
const PATIENCE: Duration = Duration::from_secs(20);
/// How often the reader of a stream looks whether it is to stop.
const LOOK: Duration = Duration::from_millis(50);
/// Most events that are read when the reader was told to stop: some servers never do.
const LAST_EVENTS: usize = 10_000;

/// A client.
pub(crate) struct Client {
    pub(crate) era: Era,
    pub(crate) history: History,
    /// Bytes of a call's text beyond what is needed.
    padding: usize,
    address: SocketAddr,
    from: IpAddr,
    server: &'static str,
    path: String,
    session: Option<String>,
    next_id: AtomicU64,
    stopped: AtomicBool,
}

/// Whom a client talks to, and as whom.
pub(crate) struct Route {
    pub(crate) address: SocketAddr,
    /// An address of the loopback network: to a gateway without authentication, another one is another principal.
    pub(crate) from: IpAddr,
    pub(crate) server: &'static str,
}

impl Client {
    /// A client that has not said anything.
    pub(crate) fn new(era: Era, name: &str, route: &Route, padding: usize) -> Self {
        Self {
            era,
            history: History::of(name),
            padding,
            address: route.address,
            from: route.from,
            server: route.server,
            path: format!("/{}/mcp", route.server),
            session: None,
            next_id: AtomicU64::new(0),
            stopped: AtomicBool::new(false),
        }
    }

    /// Opens what the era needs before the first call: a stream, a session. The stream has to be given to
    /// [`Client::read`]. `None` if the server's part of it failed, which the history tells.
    pub(crate) fn open(&mut self) -> Option<Stream> {
        let opened = match self.era {
            Era::Sse => self.open_sse(),
            Era::Streamable => self.open_session(),
            Era::Stateless => self.listen().map(Some),
        };
        opened.unwrap_or_else(|problem| {
            self.history.problem(format!("opening: {problem}"));
            None
        })
    }

    fn open_sse(&mut self) -> Result<Option<Stream>, String> {
        let mut wire = self.connect()?;
        wire.send(self.get(&format!("/{}/sse", self.server)).as_bytes(), PATIENCE);
        let deadline = Instant::now() + PATIENCE;
        let head = wire.head(deadline)?;
        let endpoint = wire.event(deadline)?.ok_or("the stream ended")?;
        if head.status != 200 || endpoint.kind != "endpoint" {
            return Err(format!("{} and {endpoint:?} instead of an endpoint", head.status));
        }
        self.path = endpoint.data;
        let stream = Stream::Open(wire);
        let id = self.announce_initialize();
        let mut post = self.connect()?;
        // Nobody reads the stream yet: the answer is taken from it here.
        let stream = std::thread::scope(|scope| {
            let reader = scope.spawn(|| self.read(stream));
            let asked = self.post(&mut post, id, &Era::initialize(id));
            self.stop();
            let stream = reader.join().expect("reading does not panic");
            asked.map(|_| stream)
        })?;
        self.stopped.store(false, Ordering::Relaxed);
        self.opened(id, &mut post).map(|opened| opened.then_some(stream))
    }

    fn open_session(&mut self) -> Result<Option<Stream>, String> {
        let id = self.announce_initialize();
        let mut post = self.connect()?;
        let head = self.post(&mut post, id, &Era::initialize(id))?;
        self.session = head.header("mcp-session-id").map(str::to_owned);
        if !self.opened(id, &mut post)? {
            return Ok(None);
        }
        let mut wire = self.connect()?;
        wire.send(self.get(&self.path).as_bytes(), PATIENCE);
        let head = wire.head(Instant::now() + PATIENCE)?;
        if head.is_stream() {
            Ok(Some(Stream::Open(wire)))
        } else {
            Err(format!("{} instead of a stream", head.status))
        }
    }

    /// `subscriptions/listen`: whatever comes of it, calls are made.
    fn listen(&self) -> Result<Stream, String> {
        let id = self.next_id.fetch_add(1, Ordering::Relaxed);
        self.history.ask(id, Due::End, "resultType".to_owned());
        let mut wire = self.connect()?;
        self.send(&mut wire, &Era::listen(id));
        Ok(Stream::Asked(wire))
    }

    fn announce_initialize(&self) -> u64 {
        let id = self.next_id.fetch_add(1, Ordering::Relaxed);
        self.history.ask(id, Due::Answer, "protocolVersion".to_owned());
        id
    }

    /// Says so, if `initialize` was answered well.
    fn opened(&self, id: u64, post: &mut Wire) -> Result<bool, String> {
        if !self.history.succeeded(id) {
            return Ok(false);
        }
        let initialized = json!({"jsonrpc": "2.0", "method": "notifications/initialized"});
        self.send(post, &initialized);
        let head = post.head(Instant::now() + PATIENCE)?;
        match head.status {
            202 => Ok(true),
            status => Err(format!("{status} to notifications/initialized")),
        }
    }

    /// Reads the stream until it ends, or [`Client::stop`] is called and nothing more comes.
    pub(crate) fn read(&self, stream: Stream) -> Stream {
        let mut wire = match stream {
            Stream::Open(wire) => wire,
            Stream::Asked(wire) => match self.wait_for_stream(wire) {
                Some(wire) => wire,
                None => return Stream::Over,
            },
            Stream::Over => return Stream::Over,
        };
        let mut last_events = LAST_EVENTS;
        while last_events > 0 {
            let is_stopped = self.stopped.load(Ordering::Relaxed);
            match wire.event(Instant::now() + LOOK) {
                Ok(Some(event)) => self.receive(&event.data),
                Ok(None) => return Stream::Over,
                Err(_) if wire.has_ended() => return Stream::Over,
                Err(_) if is_stopped => break,
                Err(_) => {}
            }
            last_events -= usize::from(is_stopped);
        }
        Stream::Open(wire)
    }

    /// Reads the head of a response that may be a stream, when it comes.
    fn wait_for_stream(&self, mut wire: Wire) -> Option<Wire> {
        let head = loop {
            match wire.head(Instant::now() + LOOK) {
                Ok(head) => break head,
                Err(_) if wire.has_ended() || self.stopped.load(Ordering::Relaxed) => return None,
                Err(_) => {}
            }
        };
        if head.is_stream() {
            return Some(wire);
        }
        match wire.body(Instant::now() + PATIENCE) {
            Ok(body) => self.receive(&String::from_utf8_lossy(&body)),
            Err(problem) => self
                .history
                .problem(format!("the answer to listening: {problem}")),
        }
        None
    }

    /// Ends the readers of streams.
    pub(crate) fn stop(&self) {
        self.stopped.store(true, Ordering::Relaxed);
    }

    /// Makes calls, one after the other, as long as `more` says so, and notes what comes of them. A connection that
    /// breaks is replaced.
    pub(crate) fn run_while(&self, mut more: impl FnMut() -> bool) {
        let mut wire = None;
        while more() {
            let open = wire.take().map_or_else(|| self.connect(), Ok);
            match open.and_then(|mut open| self.call(&mut open).map(|()| open)) {
                Ok(open) => wire = (!open.has_ended()).then_some(open),
                Err(problem) => self.history.problem(problem),
            }
        }
    }

    fn call(&self, wire: &mut Wire) -> Result<(), String> {
        let (id, call) = self.next_call();
        self.post(wire, id, &call).map(drop)
    }

    fn next_call(&self) -> (u64, Value) {
        let id = self.next_id.fetch_add(1, Ordering::Relaxed);
        let text = self.history.text(id);
        self.history.ask(id, Due::Answer, text.clone());
        (
            id,
            self.era.call(id, &format!("{text}{}", "p".repeat(self.padding))),
        )
    }

    /// Makes a call and goes away at once.
    pub(crate) fn call_and_leave(&self) -> Result<(), String> {
        let mut wire = self.connect()?;
        let (_, call) = self.next_call();
        self.send(&mut wire, &call);
        Ok(())
    }

    /// Posts a request and reads what comes back on this connection; with HTTP+SSE, waits for the answer on the
    /// stream.
    fn post(&self, wire: &mut Wire, id: u64, message: &Value) -> Result<Head, String> {
        self.send(wire, message);
        let deadline = Instant::now() + PATIENCE;
        let head = wire
            .head(deadline)
            .map_err(|problem| format!("request {id}: {problem}"))?;
        if head.status == 202 && self.era == Era::Sse {
            wire.body(deadline)?;
            if !self.history.wait(id, PATIENCE) {
                return Err(format!("request {id} was accepted and never answered"));
            }
        } else if head.is_stream() {
            self.read_stream(wire, id, deadline)?;
        } else {
            let body = wire.body(deadline)?;
            self.receive(&String::from_utf8_lossy(&body));
        }
        Ok(head)
    }

    /// To its end, which has to come right behind the answer.
    fn read_stream(&self, wire: &mut Wire, id: u64, deadline: Instant) -> Result<(), String> {
        let next = |wire: &mut Wire| wire.event(deadline);
        while let Some(event) =
            next(wire).map_err(|problem| format!("the stream of request {id}: {problem}"))?
        {
            self.receive(&event.data);
        }
        Ok(())
    }

    /// A message; an event without data only tells where to resume.
    fn receive(&self, text: &str) {
        if text.is_empty() {
            return;
        }
        if let Some(question) = self.history.receive(text) {
            self.reply(&question);
        }
    }

    /// Answers a question of the server. By then it may be void, which is nobody's fault.
    fn reply(&self, Question(id): &Question) {
        let reply = json!({"jsonrpc": "2.0", "id": id, "result": {"roots": []}});
        let status = self.connect().and_then(|mut wire| {
            self.send(&mut wire, &reply);
            Ok(wire.head(Instant::now() + PATIENCE)?.status)
        });
        match status {
            Ok(202 | 400 | 404) => {}
            other => self
                .history
                .problem(format!("{other:?} to the answer to a question")),
        }
    }

    /// Ends the session, as polite clients do.
    pub(crate) fn delete(&self) {
        let Some(session) = &self.session else { return };
        let headers = self.era.headers(Some(session), &Value::Null);
        let head = format!(
            "DELETE {} HTTP/1.1\r\nHost: {}\r\n{headers}\r\n",
            self.path, self.address
        );
        let status = self.connect().and_then(|mut wire| {
            wire.send(head.as_bytes(), PATIENCE);
            Ok(wire.head(Instant::now() + PATIENCE)?.status)
        });
        if !matches!(status, Ok(200 | 204 | 404)) {
            self.history.problem(format!("{status:?} to DELETE"));
        }
    }

    fn connect(&self) -> Result<Wire, String> {
        Wire::open(self.address, Some(self.from))
    }

    fn send(&self, wire: &mut Wire, message: &Value) {
        let body = message.to_string();
        let head = format!(
            "POST {} HTTP/1.1\r\nHost: {}\r\nContent-Type: application/json\r\nAccept: application/json, text/event-stream\r\n{}Content-Length: {}\r\n\r\n",
            self.path,
            self.address,
            self.era.headers(self.session.as_deref(), message),
            body.len(),
        );
        // A peer that does not take it has something to say about it.
        wire.send(format!("{head}{body}").as_bytes(), PATIENCE);
    }

    fn get(&self, path: &str) -> String {
        let headers = self.era.headers(self.session.as_deref(), &Value::Null);
        format!(
            "GET {path} HTTP/1.1\r\nHost: {}\r\nAccept: text/event-stream\r\n{headers}\r\n",
            self.address
        )
    }
}

/// What tells a client more than the answers to its calls.
pub(crate) enum Stream {
    /// The stream of a session.
    Open(Wire),
    /// Asked for, and not there yet.
    Asked(Wire),
    /// Ended.
    Over,
}
