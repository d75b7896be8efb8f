//! A link between scripted peers, and the books that are kept on it.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::time::Duration;

use bytes::Bytes;
use pontoon_jsonrpc::{Id, Limits, Message, Outcome, Raw, encode};
use pontoon_mcp::meta::RequestMeta;
use pontoon_mcp::{ClientCapabilities, LegacyRevision, method};

use super::Event;
use crate::{
    Anomaly, Client, Fault, Incoming, Introduction, Link, MemberId, Modern, Outlet, Reason, Retry, Server,
    Sharing, Timeouts,
};

pub(super) const METHODS: [&str; 8] = [
    method::TOOLS_CALL,
    method::TOOLS_LIST,
    method::INITIALIZE,
    method::SUBSCRIBE,
    method::UNSUBSCRIBE,
    method::SET_LEVEL,
    method::LISTEN,
    method::PING,
];

pub(super) const ANNOUNCEMENTS: [&str; 4] = [
    method::TOOLS_CHANGED,
    method::RESOURCE_UPDATED,
    method::LOG_MESSAGE,
    "notifications/vendor",
];

/// What the server asks before it answers.
pub(super) const QUESTIONS: [&str; 4] = [
    r#""inputRequests":{"r":{"method":"roots/list"}}"#,
    r#""requestState":"s","inputRequests":{"e":{"method":"elicitation/create"},"r":{"method":"roots/list"}}"#,
    r#""inputRequests":{"s":{"method":"sampling/createMessage"}}"#,
    r#""requestState":"s""#,
];

/// Whatever a request was for, this is an answer to it.
const INITIALIZED: &str = r#"{"supportedVersions":["2026-07-28"],"protocolVersion":"2025-11-25","capabilities":{"tools":{"listChanged":true},"resources":{"subscribe":true,"listChanged":true},"logging":{}}}"#;

/// A client's exchange: its number in the books, and the client's own id.
#[derive(Debug)]
pub(super) struct Exchange {
    number: u64,
    id: Id,
}

/// What the link was seen to do.
#[derive(Default)]
struct Books {
    /// Requests that the server holds: our id and the exchange that they name.
    held: BTreeMap<u64, Option<u64>>,
    /// Exchanges without an answer, by number.
    open: HashSet<u64>,
    answers: HashMap<u64, u32>,
    jammed: bool,
    shared: bool,
    /// Sessions whose `initialize` was answered.
    greeted: HashSet<usize>,
}

impl Outlet for Books {
    type Exchange = Exchange;
    type Member = usize;
    type Place = ();

    fn send(&mut self, message: Bytes) -> Result<(), Reason> {
        if self.jammed {
            return Err(Reason::Stuck);
        }
        if let Ok(Message::Request(request)) = Message::parse(message, &Limits::CLIENT) {
            let Id::Integer(id) = request.id else {
                panic!("ids toward servers are numbers")
            };
            let id = u64::try_from(id).expect("ids toward servers are positive");
            let earlier = self.held.insert(id, mark(request.params.as_ref()));
            assert!(earlier.is_none(), "an id was used twice");
        }
        Ok(())
    }

    fn carries(&self, exchange: &Exchange) -> bool {
        !exchange.number.is_multiple_of(3)
    }

    fn interim(&mut self, exchange: &Exchange, message: Bytes) {
        let Ok(message) = Message::parse(message, &Limits::SERVER) else {
            panic!("not a message")
        };
        if let Message::Notification(notification) = message
            && notification.method == method::PROGRESS
        {
            assert_eq!(
                mark(notification.params.as_ref()),
                Some(exchange.number),
                "progress of another"
            );
        }
    }

    fn answer(&mut self, exchange: Exchange, message: Bytes, error: Option<i64>) {
        let Ok(Message::Response(response)) = Message::parse(message, &Limits::SERVER) else {
            panic!("an answer is a response")
        };
        assert_eq!(
            response.id.as_ref(),
            Some(&exchange.id),
            "the client's own id comes back"
        );
        match &response.outcome {
            Outcome::Result(result) => {
                assert!(error.is_none());
                let of = mark(Some(result));
                assert!(
                    of.is_none() || of == Some(exchange.number),
                    "the answer of another"
                );
            }
            Outcome::Error(object) => assert_eq!(error, Some(object.code)),
        }
        assert!(
            self.open.remove(&exchange.number),
            "answered twice, or never begun"
        );
        *self.answers.entry(exchange.number).or_default() += 1;
    }

    fn notify(&mut self, member: &usize, _message: Bytes) {
        let is_told = !self.shared || self.greeted.contains(member);
        assert!(
            is_told,
            "a session heard something before its initialize was answered"
        );
    }

    fn ask(&mut self, _member: &usize, _message: Bytes) -> bool {
        true
    }

    fn park(&mut self, _exchange: &Exchange) -> Option<()> {
        Some(())
    }

    fn seal(&mut self, _exchange: &Exchange, _retry: &Retry, _until: Duration) -> String {
        String::new()
    }

    fn settled(&mut self, member: &usize, _revision: LegacyRevision) {
        self.greeted.insert(*member);
    }

    fn opened(&mut self, _result: Result<(), Fault>) {}

    fn anomaly(&mut self, _anomaly: Anomaly) {}
}

/// The exchange that parameters or a result name.
fn mark(object: Option<&Raw>) -> Option<u64> {
    let mark = object?.object()?.get("mark")?.as_i64()?;
    u64::try_from(mark).ok()
}

pub(super) struct World {
    link: Link<Books>,
    books: Books,
    server: Server,
    sharing: Sharing,
    sessions: Vec<MemberId>,
    begun: u64,
    abandoned: HashSet<u64>,
    now: Duration,
}

impl World {
    pub(super) fn new(server: Server, sharing: Sharing) -> Self {
        let timeouts = Timeouts {
            open: Duration::from_secs(10),
            call: Duration::from_secs(60),
            call_max: Duration::from_secs(100),
            parked: Duration::from_secs(300),
        };
        let introduction = Introduction {
            client_info: Raw::from_static("{}"),
            capabilities: ClientCapabilities::none(),
        };
        let mut world = Self {
            link: Link::new(server, sharing, timeouts, introduction),
            books: Books {
                shared: sharing == Sharing::Shared,
                ..Books::default()
            },
            server,
            sharing,
            sessions: Vec::new(),
            begun: 0,
            abandoned: HashSet::new(),
            now: Duration::ZERO,
        };
        if server == Server::Legacy {
            world.join();
        }
        world
    }

    /// A modern server that has legacy sessions, and so is opened.
    pub(super) fn with_sessions_on_a_modern_server(sharing: Sharing) -> Self {
        let world = Self::new(Server::Modern, sharing);
        let mut world = Self {
            link: world.link.discovering(),
            ..world
        };
        world.join();
        world
    }

    fn join(&mut self) {
        let count = match self.sharing {
            Sharing::Exclusive => 1,
            Sharing::Shared => 2,
        };
        self.sessions = (0..count).map(|session| self.link.join(session)).collect();
    }

    pub(super) fn happen(&mut self, event: &Event) {
        match *event {
            Event::Begin { client, id, method } => self.begin(client, id, METHODS[method]),
            Event::Answer { pick } => self.server_answers(pick, |_| None),
            Event::Refuse { pick } => self.server_answers(pick, |id| {
                Some(format!(
                    r#"{{"jsonrpc":"2.0","id":{id},"error":{{"code":-32002,"message":"no"}}}}"#
                ))
            }),
            Event::AnswerAnything { id } => self.receive(format!(
                r#"{{"jsonrpc":"2.0","id":{id},"error":{{"code":-1,"message":"from nowhere"}}}}"#
            )),
            Event::AskFirst { pick, kind } => self.server_answers(pick, |id| {
                let questions = QUESTIONS[kind];
                Some(format!(
                    r#"{{"jsonrpc":"2.0","id":{id},"result":{{"resultType":"input_required",{questions}}}}}"#
                ))
            }),
            Event::Acknowledge { pick } => self.tell(pick, method::ACKNOWLEDGED),
            Event::Tell { pick, method } => self.tell(pick, ANNOUNCEMENTS[method]),
            Event::Progress { pick } => self.progress(pick),
            Event::Announce { method } => self.receive(format!(
                r#"{{"jsonrpc":"2.0","method":"{}","params":{{"uri":"u","level":"info"}}}}"#,
                ANNOUNCEMENTS[method]
            )),
            Event::Ask { id } => {
                self.receive(format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"roots/list"}}"#));
            }
            Event::TakeBack { id } => self.receive(format!(
                r#"{{"jsonrpc":"2.0","method":"notifications/cancelled","params":{{"requestId":{id}}}}}"#
            )),
            Event::Reply { session, id } => self.reply(session, id),
            Event::Cancel { session, id } => self.cancel(session, id),
            Event::Abandon { pick } => self.abandon(pick),
            Event::Rejoin { session } => self.rejoin(session),
            Event::Wait { seconds } => {
                self.now += Duration::from_secs(seconds);
                self.link.expire(self.now, &mut self.books);
            }
            Event::Jam => self.books.jammed = !self.books.jammed,
            Event::Lose => self.lose(),
            Event::Open => self.open(),
            Event::EndListeners => self.link.end_listeners(&mut self.books),
        }
        let answered: u32 = self.books.answers.values().sum();
        let unanswered = self.books.open.len() as u64;
        assert_eq!(
            u64::from(answered) + unanswered,
            self.begun,
            "an exchange was lost"
        );
    }

    fn begin(&mut self, client: usize, id: i64, method: &str) {
        let modern = r#""_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{},"progressToken":"t"}"#;
        let legacy = r#""_meta":{"progressToken":"t"}"#;
        let session = self.sessions.get(client).copied();
        // Clients beyond the sessions have none; of these every other one is modern.
        let is_modern = session.is_none() && (client.is_multiple_of(2) || self.server == Server::Modern);
        if session.is_none() && !is_modern && self.sharing == Sharing::Exclusive {
            return;
        }
        self.begun += 1;
        let params = format!(
            r#"{{"mark":{},"uri":"u","level":"info","notifications":{{"toolsListChanged":true,"resourceSubscriptions":["u"]}},"protocolVersion":"2025-11-25","capabilities":{{"roots":{{}},"elicitation":{{}}}},{}}}"#,
            self.begun,
            if is_modern { modern } else { legacy }
        );
        let text = format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"{method}","params":{params}}}"#);
        let Ok(Message::Request(request)) = Message::parse(text, &Limits::CLIENT) else {
            panic!("a request")
        };
        let client = match session {
            Some(member) => Client::Member(member),
            None if is_modern => {
                let params = request.params.as_ref().and_then(Raw::object);
                {
                    let meta = RequestMeta::read(params.as_ref()).expect("the metadata is complete");
                    Client::Modern(Box::new(Modern {
                        meta,
                        account: crate::Account(0),
                        retry: None,
                    }))
                }
            }
            None => Client::Alone,
        };
        let owner = Exchange {
            number: self.begun,
            id: request.id.clone(),
        };
        self.books.open.insert(self.begun);
        let incoming = Incoming {
            owner,
            client,
            request,
        };
        self.link.begin(incoming, self.now, &mut self.books);
    }

    fn receive(&mut self, text: impl Into<Bytes>) {
        let message = Message::parse(text.into(), &Limits::SERVER).expect("a message");
        self.link.receive(message, self.now, &mut self.books);
    }

    fn held(&self, pick: usize) -> Option<(u64, Option<u64>)> {
        let nth = pick.checked_rem(self.books.held.len())?;
        self.books.held.iter().nth(nth).map(|(id, mark)| (*id, *mark))
    }

    fn server_answers(&mut self, pick: usize, with: impl Fn(u64) -> Option<String>) {
        let Some((id, mark)) = self.held(pick) else { return };
        self.books.held.remove(&id);
        let result = match mark {
            // The result of a handshake and of a call at once.
            Some(mark) => INITIALIZED.replacen('{', &format!(r#"{{"mark":{mark},"#), 1),
            None => INITIALIZED.to_owned(),
        };
        let plain = format!(r#"{{"jsonrpc":"2.0","id":{id},"result":{result}}}"#);
        self.receive(with(id).unwrap_or(plain));
    }

    /// On the listen stream that one of the requests may have opened.
    fn tell(&mut self, pick: usize, method: &str) {
        if let Some((id, _)) = self.held(pick) {
            self.receive(format!(
                r#"{{"jsonrpc":"2.0","method":"{method}","params":{{"_meta":{{"io.modelcontextprotocol/subscriptionId":{id}}},"uri":"u","notifications":{{"resourceSubscriptions":["u"]}}}}}}"#
            ));
        }
    }

    fn progress(&mut self, pick: usize) {
        if let Some((id, Some(mark))) = self.held(pick) {
            self.receive(format!(
                r#"{{"jsonrpc":"2.0","method":"notifications/progress","params":{{"progressToken":{id},"progress":1,"mark":{mark}}}}}"#
            ));
        }
    }

    fn reply(&mut self, session: usize, id: i64) {
        let text = format!(r#"{{"jsonrpc":"2.0","id":{id},"result":{{"roots":[]}}}}"#);
        let Ok(Message::Response(response)) = Message::parse(text, &Limits::CLIENT) else {
            panic!("a response")
        };
        if let Some(member) = self.sessions.get(session) {
            // Most of these answer nothing.
            let _ = self.link.reply(*member, response, &mut self.books);
        }
    }

    fn cancel(&mut self, session: usize, id: i64) {
        let params = Raw::parse(format!(r#"{{"requestId":{id}}}"#), &Limits::CLIENT).expect("an object");
        let text = encode::notification(method::CANCELLED, Some(&params));
        let Ok(Message::Notification(notification)) = Message::parse(text, &Limits::CLIENT) else {
            panic!("a notification")
        };
        if let Some(member) = self.sessions.get(session) {
            self.link.notification(*member, &notification, &mut self.books);
        }
    }

    /// The stream of an exchange is gone for good. A listener's needs no answer.
    fn abandon(&mut self, pick: usize) {
        let mut open: Vec<_> = self.books.open.iter().copied().collect();
        open.sort_unstable();
        let Some(nth) = pick.checked_rem(open.len()) else {
            return;
        };
        self.abandoned.insert(open[nth]);
        let abandoned = &self.abandoned;
        self.link.collect_abandoned(
            |exchange| abandoned.contains(&exchange.number),
            self.now,
            &mut self.books,
        );
        if self.books.open.remove(&open[nth]) {
            self.books.answers.insert(open[nth], 1);
        }
    }

    fn rejoin(&mut self, session: usize) {
        if let Some(member) = self.sessions.get_mut(session) {
            self.link.leave(*member, self.now, &mut self.books);
            assert_eq!(self.link.calls_of(*member), 0);
            self.books.greeted.remove(&session);
            *member = self.link.join(session);
        }
    }

    fn lose(&mut self) {
        self.books.held.clear();
        self.link.lose(Reason::Exited, &mut self.books);
    }

    /// The broker opens a server only when there is none, or a new one.
    fn open(&mut self) {
        if !self.link.is_open() && self.books.held.is_empty() {
            self.link.open(LegacyRevision::NEWEST, self.now, &mut self.books);
        }
    }

    /// After the loss of the server and the end of all listeners nothing is owed.
    pub(super) fn end(mut self) {
        self.lose();
        self.link.end_listeners(&mut self.books);
        assert!(
            self.books.open.is_empty(),
            "without an answer: {:?}",
            self.books.open
        );
        assert!(self.books.answers.values().all(|count| *count == 1));
        assert_eq!(self.link.in_flight(), 0);
        for member in &self.sessions {
            assert_eq!(self.link.calls_of(*member), 0);
            self.link.leave(*member, self.now, &mut self.books);
        }
        assert!(self.link.is_idle());
        assert!(!self.link.expects_news());
    }
}
