//! One upstream connection and every exchange on it.

use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use bytes::Bytes;
use pontoon_jsonrpc::{ErrorObject, Id, Message, Notification, Raw, RawObject, Response, Text, encode};
use pontoon_mcp::{ClientCapabilities, LegacyRevision, LogLevel, method};

use crate::cache::Cache;
use crate::exchange::{
    Account, Bridge, Client, ClientExchange, Deadline, Delivery, Effect, InFlight, Incoming, MemberId,
    Origin, Purpose, UpstreamId,
};
use crate::fault::{Fault, Reason};
use crate::interest::Interest;
use crate::legacy_to_modern::Voice;
use crate::minted::Minted;
use crate::opening::{self, Introduction, Opened};
use crate::outlet::{Anomaly, Outlet};
use crate::subscriptions::Subscriptions;
use asking::{Asking, Waiting};
use given_up::GivenUp;
use probe::Probe;
pub use probe::{Inquiry, Refusal};
use question::Question;
use rounds::Inline;
use upstream_listen::Ears;

pub use retry::stale;

mod across;
mod asking;
mod client;
mod end;
mod given_up;
mod handshake;
mod listen;
mod probe;
mod question;
mod retry;
mod rounds;
mod server;
mod subscribe;
#[cfg(test)]
mod tests;
mod upstream_listen;

/// The state machine of one upstream connection.
///
/// Times are durations since a start that the caller chose once.
pub struct Link<O: Outlet> {
    server: Server,
    sharing: Sharing,
    timeouts: Timeouts,
    state: State,
    introduction: Introduction,
    next_id: u64,
    in_flight: Minted<UpstreamId, InFlight<O::Exchange>>,
    next_member: u32,
    members: Minted<MemberId, Member<O::Member>>,
    listeners: Minted<UpstreamId, Listener<O::Exchange>>,
    /// What members and listeners are subscribed to, counted.
    subscriptions: Subscriptions,
    next_question: i64,
    /// Questions that wait for a client's answer: our id, the server's id.
    asked: Minted<i64, Question>,
    /// Calls whose modern clients are asked something, parked ones among them.
    asking: Minted<UpstreamId, Asking<O::Place>>,
    /// Questions for modern clients that belong to no call so far.
    waiting: Vec<Waiting>,
    /// Whether this connection says of each message in whose answer it came. Then what came in none belongs to none.
    says_whose: bool,
    /// When the server took the gateway's own handshake last.
    opened_at: Duration,
    /// Results of a modern server that hold for a while.
    cache: Cache,
    /// What a shared server may still say something about.
    given_up: GivenUp,
    /// The log level that the server was last told.
    level: Option<LogLevel>,
    /// How the server is opened where it is not known what it speaks.
    probe: Probe,
    /// Questions of a modern server that wait for a legacy client's answer.
    inline: Minted<i64, Inline>,
    /// The streams of changes from a modern server to legacy sessions.
    ears: Ears,
}

/// Which era the server at the other end speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Server {
    /// It wants `initialize` first.
    Legacy,
    /// Every request describes itself.
    Modern,
}

/// Who uses a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sharing {
    /// One legacy session, or one modern principal: what the server says
    /// outside an exchange can only be for that one.
    Exclusive,
    /// Several: what cannot be attributed reaches nobody.
    Shared,
}

/// How long things may take.
#[derive(Clone, Copy, Debug)]
pub struct Timeouts {
    /// The handshake.
    pub open: Duration,
    /// A request without an answer and without progress.
    pub call: Duration,
    /// A request in all, however much progress it reports.
    pub call_max: Duration,
    /// How long a client that was asked something has to bring the answers.
    pub parked: Duration,
}

enum State {
    /// Nothing was said yet, or the connection was lost.
    Closed,
    /// The server was asked to open, or what it is.
    Opening,
    /// Requests can be sent. `None` for a modern server, which says nothing
    /// of itself unless it is asked.
    Open(Option<Box<Opened>>),
}

struct Member<M> {
    handle: M,
    /// What it can be asked.
    capabilities: ClientCapabilities,
    /// Whether its `initialize` was answered: a shared server publishes nothing
    /// to it before.
    is_greeted: bool,
    /// The level it asked for.
    level: Option<LogLevel>,
    /// What its `initialize` asks for.
    requested: Option<String>,
    /// What it settled on.
    revision: Option<LegacyRevision>,
    /// Name and version, where a modern server has to be told.
    client_info: Option<Raw>,
    /// What a modern server is told of it with every request.
    voice: Option<Voice>,
    uris: BTreeSet<String>,
    /// Its requests in flight, by its own ids.
    calls: HashMap<Id, UpstreamId>,
}

/// A modern client that listens on a link to a legacy server.
struct Listener<E> {
    owner: E,
    id: Id,
    interest: Interest,
    /// The server's answers that its acknowledgement waits for. None of them: it was acknowledged.
    awaited: Vec<UpstreamId>,
}

/// An answer to a question that this member was not asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnknownQuestion;

impl<O: Outlet> Link<O> {
    /// A link on which nothing was said yet. A modern server needs no opening.
    pub fn new(server: Server, sharing: Sharing, timeouts: Timeouts, introduction: Introduction) -> Self {
        let state = match server {
            Server::Legacy => State::Closed,
            Server::Modern => State::Open(None),
        };
        Self {
            server,
            sharing,
            timeouts,
            state,
            introduction,
            next_id: 1,
            in_flight: Minted::default(),
            next_member: 0,
            members: Minted::default(),
            listeners: Minted::default(),
            subscriptions: Subscriptions::default(),
            next_question: 1,
            asked: Minted::default(),
            asking: Minted::default(),
            waiting: Vec::new(),
            says_whose: false,
            opened_at: Duration::ZERO,
            cache: Cache::default(),
            given_up: GivenUp::default(),
            level: None,
            probe: Probe::default(),
            inline: Minted::default(),
            ears: Ears::default(),
        }
    }

    /// A legacy session starts to use the link.
    pub fn join(&mut self, handle: O::Member) -> MemberId {
        let id = MemberId(self.next_member);
        self.next_member += 1;
        self.members.insert(
            id,
            Member {
                handle,
                capabilities: ClientCapabilities::none(),
                is_greeted: false,
                level: None,
                requested: None,
                revision: None,
                client_info: None,
                voice: None,
                uris: BTreeSet::new(),
                calls: HashMap::new(),
            },
        );
        id
    }

    /// Whether nobody uses the link.
    pub fn is_idle(&self) -> bool {
        self.members.is_empty()
            && self.in_flight.is_empty()
            && self.listeners.is_empty()
            && self.asking.is_empty()
    }

    /// Who uses the link.
    pub fn sharing(&self) -> Sharing {
        self.sharing
    }

    /// Requests that a session has in flight.
    pub fn calls_of(&self, member: MemberId) -> usize {
        self.members.get(&member).map_or(0, |member| member.calls.len())
    }

    /// Whether somebody waits for what the server says of its own accord.
    pub fn expects_news(&self) -> bool {
        !self.listeners.is_empty() || !self.subscriptions.is_empty()
    }

    /// Exchanges of clients that wait for an answer, listeners included.
    pub fn in_flight(&self) -> usize {
        self.client_exchanges().count() + self.listeners.len()
    }

    /// Calls that wait for a modern client to come back with answers.
    pub fn parked(&self) -> usize {
        self.asking.values().filter(|asking| asking.is_parked()).count()
    }

    /// When [`Link::expire`] has something to do that cannot wait for a regular look.
    pub fn next_wake(&self) -> Option<Duration> {
        let settling = self.asking.values().filter_map(Asking::due).min();
        settling.into_iter().chain(self.next_retry()).min()
    }

    /// What the server said in its handshake, once it did.
    pub fn opened(&self) -> Option<&Opened> {
        match &self.state {
            State::Open(opened) => opened.as_deref(),
            State::Closed | State::Opening => None,
        }
    }

    /// What the server speaks, as far as is known.
    pub fn server(&self) -> Server {
        self.server
    }

    /// Whether a handshake is under way.
    pub fn is_opening(&self) -> bool {
        matches!(self.state, State::Opening)
    }

    /// Whether requests can be sent.
    pub fn is_open(&self) -> bool {
        matches!(self.state, State::Open(_))
    }

    fn mint(&mut self) -> UpstreamId {
        let id = UpstreamId(self.next_id);
        self.next_id += 1;
        id
    }

    /// Sends a request of the link's own.
    ///
    /// # Errors
    ///
    /// Why the server did not take it.
    fn send_own(
        &mut self,
        method: &'static str,
        params: Option<&Raw>,
        purpose: Purpose,
        now: Duration,
        out: &mut O,
    ) -> Result<(), Reason> {
        let deadline = match purpose {
            Purpose::Open | Purpose::Discover => self.probe.deadline(self.server),
            Purpose::Inquire => Deadline::fixed(now + probe::patience(self.timeouts)),
            Purpose::Subscribe | Purpose::Unsubscribe | Purpose::SetLevel | Purpose::Listen => {
                Deadline::fixed(now + self.timeouts.call)
            }
        };
        self.send_own_until(method, params, (purpose, deadline), out)?;
        Ok(())
    }

    /// As [`send_own`](Self::send_own), with a deadline of its own. Returns its id.
    fn send_own_until(
        &mut self,
        method: &'static str,
        params: Option<&Raw>,
        (purpose, deadline): (Purpose, Deadline),
        out: &mut O,
    ) -> Result<UpstreamId, Reason> {
        let id = self.mint();
        out.send(encode::request(&id.to_id(), method, params))?;
        let exchange = InFlight {
            origin: Origin::Link(purpose),
            method: Text::from_static(method),
            deadline,
            delivery: Delivery::Sent,
        };
        self.in_flight.insert(id, exchange);
        Ok(id)
    }

    /// Sends a client's request, or answers that it could not be sent.
    fn send_for_client(
        &mut self,
        id: UpstreamId,
        params: Option<&Raw>,
        exchange: (ClientExchange<O::Exchange>, Text),
        deadline: Deadline,
        out: &mut O,
    ) {
        let (client, method) = exchange;
        match out.send(encode::request(&id.to_id(), &method, params)) {
            Ok(()) => {
                if let Some(member) = client.member.and_then(|member| self.members.get_mut(&member)) {
                    member.calls.insert(client.id.clone(), id);
                }
                let origin = Origin::Client(client);
                self.in_flight.insert(
                    id,
                    InFlight {
                        origin,
                        method,
                        deadline,
                        delivery: Delivery::Sent,
                    },
                );
            }
            Err(reason) => {
                let reason = if client.opens() {
                    reason.in_opening()
                } else {
                    reason
                };
                self.fail(client, &Fault::before(reason), out);
            }
        }
    }

    fn call_deadline(&self, now: Duration) -> Deadline {
        Deadline {
            soft: Some(now + self.timeouts.call),
            hard: Some(now + self.timeouts.call_max),
        }
    }
}

/// Sends a message that nobody waits for.
fn post<O: Outlet>(message: Bytes, out: &mut O) {
    if out.send(message).is_err() {
        out.anomaly(Anomaly::Undeliverable);
    }
}

/// `notifications/cancelled` for a request, with what else `params` say of it.
fn cancelled(request: Raw, params: Option<&Raw>) -> Bytes {
    let params = params.and_then(Raw::object).unwrap_or_else(RawObject::empty);
    let params = params.edit().set("requestId", request).finish();
    encode::notification(method::CANCELLED, Some(&params))
}

/// Answers an exchange with an error.
fn refuse<O: Outlet>(owner: O::Exchange, id: &Id, error: &ErrorObject, out: &mut O) {
    out.answer(owner, encode::error(Some(id), error), Some(error.code));
}

/// Answers an exchange with a result.
fn accept<O: Outlet>(owner: O::Exchange, id: &Id, result: &Raw, out: &mut O) {
    out.answer(owner, encode::result(id, result), None);
}
