//! One upstream connection and every exchange on it.

use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use pontoon_jsonrpc::{ErrorObject, Id, Message, Notification, Raw, Response, Text, encode};
use pontoon_mcp::{ClientCapabilities, LegacyRevision, LogLevel, method};

use crate::exchange::{
    Bridge, Client, ClientExchange, Deadline, Effect, InFlight, Incoming, MemberId, Origin, Purpose,
    UpstreamId,
};
use crate::fault::{Fault, Reason, Sent};
use crate::interest::Interest;
use crate::opening::{self, Introduction, Opened};
use crate::outlet::{Anomaly, Outlet};

mod client;
mod handshake;
mod listen;
mod server;
#[cfg(test)]
mod tests;

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
    in_flight: HashMap<UpstreamId, InFlight<O::Exchange>>,
    /// Which request a member's own id stands for, while it is in flight.
    by_client: HashMap<(MemberId, Id), UpstreamId>,
    next_member: u32,
    members: HashMap<MemberId, Member<O::Member>>,
    listeners: HashMap<UpstreamId, Listener<O::Exchange>>,
    next_question: i64,
    /// Questions that wait for a client's answer: our id, the server's id.
    asked: HashMap<i64, Question>,
    /// The log level that the server was last told.
    level: Option<LogLevel>,
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
}

enum State {
    /// Nothing was said yet, or the connection was lost.
    Closed,
    /// `initialize` was sent.
    Opening,
    /// Requests can be sent. `None` for a modern server, which says nothing
    /// of itself unless it is asked.
    Open(Option<Box<Opened>>),
}

struct Member<M> {
    handle: M,
    /// What it can be asked.
    capabilities: ClientCapabilities,
    /// The level it asked for on a shared link.
    level: Option<LogLevel>,
    uris: BTreeSet<String>,
    /// Requests in flight.
    calls: usize,
}

/// A modern client that listens on a link to a legacy server.
struct Listener<E> {
    owner: E,
    id: Id,
    interest: Interest,
}

struct Question {
    member: MemberId,
    server_id: Id,
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
            in_flight: HashMap::new(),
            by_client: HashMap::new(),
            next_member: 0,
            members: HashMap::new(),
            listeners: HashMap::new(),
            next_question: 1,
            asked: HashMap::new(),
            level: None,
        }
    }

    /// A legacy session starts to use the link.
    pub fn join(&mut self, handle: O::Member) -> MemberId {
        let id = MemberId(self.next_member);
        self.next_member += 1;
        let capabilities = ClientCapabilities::none();
        self.members.insert(
            id,
            Member {
                handle,
                capabilities,
                level: None,
                uris: BTreeSet::new(),
                calls: 0,
            },
        );
        id
    }

    /// A legacy session is over: what it had in flight is cancelled upstream
    /// and answered, what only it subscribed to is unsubscribed.
    pub fn leave(&mut self, member: MemberId, now: Duration, out: &mut O) {
        let Some(gone) = self.members.remove(&member) else {
            return;
        };
        let mine = |exchange: &InFlight<O::Exchange>| match &exchange.origin {
            Origin::Client(client) => client.member == Some(member),
            Origin::Link(_) => false,
        };
        for id in self.in_flight_where(mine) {
            self.withdraw(id, &Fault::after(Reason::SessionEnded), out);
        }
        self.asked.retain(|_, question| question.member != member);
        self.unsubscribe_orphans(gone.uris, now, out);
    }

    /// Whether nobody uses the link.
    pub fn is_idle(&self) -> bool {
        self.members.is_empty() && self.in_flight.is_empty() && self.listeners.is_empty()
    }

    /// Who uses the link.
    pub fn sharing(&self) -> Sharing {
        self.sharing
    }

    /// Requests that a session has in flight.
    pub fn calls_of(&self, member: MemberId) -> usize {
        self.members.get(&member).map_or(0, |member| member.calls)
    }

    /// Whether somebody waits for what the server says of its own accord.
    pub fn expects_news(&self) -> bool {
        !self.listeners.is_empty() || self.members.values().any(|member| !member.uris.is_empty())
    }

    /// Exchanges of clients that wait for an answer, listeners included.
    pub fn in_flight(&self) -> usize {
        self.in_flight.len() + self.listeners.len()
    }

    /// What the server said in its handshake, once it did.
    pub fn opened(&self) -> Option<&Opened> {
        match &self.state {
            State::Open(opened) => opened.as_deref(),
            State::Closed | State::Opening => None,
        }
    }

    /// Whether requests can be sent.
    pub fn is_open(&self) -> bool {
        matches!(self.state, State::Open(_))
    }

    /// Gives up every exchange whose client is gone for good.
    pub fn collect_abandoned(
        &mut self,
        is_abandoned: impl Fn(&O::Exchange) -> bool,
        now: Duration,
        out: &mut O,
    ) {
        let gone = |exchange: &InFlight<O::Exchange>| match &exchange.origin {
            Origin::Client(client) => is_abandoned(&client.owner),
            Origin::Link(_) => false,
        };
        for id in self.in_flight_where(gone) {
            self.withdraw(id, &Fault::after(Reason::Cancelled), out);
        }
        let listeners = self
            .listeners
            .iter()
            .filter(|(_, listener)| is_abandoned(&listener.owner));
        for id in listeners.map(|(id, _)| *id).collect::<Vec<_>>() {
            self.stop_listening(id, now, out);
        }
    }

    /// Gives up every exchange that has taken too long.
    pub fn expire(&mut self, now: Duration, out: &mut O) {
        for id in self.in_flight_where(|exchange| exchange.deadline.is_over(now)) {
            match self.in_flight.get(&id).map(|exchange| &exchange.origin) {
                Some(Origin::Link(Purpose::Open)) => {
                    self.in_flight.remove(&id);
                    self.fail_opening(Reason::StartTimeout, out);
                }
                _ => self.withdraw(id, &Fault::after(Reason::Timeout), out),
            }
        }
    }

    /// The connection is gone. Everything in flight is answered; members,
    /// listeners and subscriptions stay, for [`Link::reopen`].
    pub fn lose(&mut self, reason: Reason, out: &mut O) {
        let was_opening = matches!(self.state, State::Opening);
        let fault = Fault::after(reason);
        for (_, exchange) in std::mem::take(&mut self.in_flight) {
            if let Origin::Client(client) = exchange.origin {
                let error = fault.to_error();
                out.answer(
                    client.owner,
                    encode::error(Some(&client.id), &error),
                    Some(error.code),
                );
            }
        }
        self.by_client.clear();
        for member in self.members.values_mut() {
            member.calls = 0;
        }
        self.withdraw_questions(out);
        if self.server == Server::Legacy {
            self.state = State::Closed;
            if was_opening {
                out.opened(Err(Fault::after(reason)));
            }
        }
    }

    /// Tells clients that the questions they hold are void.
    fn withdraw_questions(&mut self, out: &mut O) {
        for (id, question) in std::mem::take(&mut self.asked) {
            if let Some(member) = self.members.get(&question.member) {
                let params = Raw::encode(&RequestId { request_id: id });
                out.notify(
                    &member.handle,
                    encode::notification(method::CANCELLED, Some(&params)),
                );
            }
        }
    }

    /// Takes an exchange back: the server is told, the client is answered.
    fn withdraw(&mut self, id: UpstreamId, fault: &Fault, out: &mut O) {
        let Some(exchange) = self.in_flight.remove(&id) else {
            return;
        };
        // `initialize` MUST NOT be cancelled (2025-11-25, Cancellation).
        if exchange.method != method::INITIALIZE {
            let params = Raw::encode(&RequestId { request_id: id.0 });
            post(encode::notification(method::CANCELLED, Some(&params)), out);
        }
        if let Origin::Client(client) = exchange.origin {
            self.forget_client_id(client.member, &client.id);
            let error = fault.to_error();
            out.answer(
                client.owner,
                encode::error(Some(&client.id), &error),
                Some(error.code),
            );
        }
    }

    fn in_flight_where(&self, wanted: impl Fn(&InFlight<O::Exchange>) -> bool) -> Vec<UpstreamId> {
        self.in_flight
            .iter()
            .filter(|(_, exchange)| wanted(exchange))
            .map(|(id, _)| *id)
            .collect()
    }

    fn forget_client_id(&mut self, member: Option<MemberId>, id: &Id) {
        let Some(member) = member else { return };
        if self.by_client.remove(&(member, id.clone())).is_some()
            && let Some(member) = self.members.get_mut(&member)
        {
            member.calls -= 1;
        }
    }

    fn mint(&mut self) -> UpstreamId {
        let id = UpstreamId(self.next_id);
        self.next_id += 1;
        id
    }

    /// Sends a request of the link's own.
    fn send_own(
        &mut self,
        method: &'static str,
        params: Option<&Raw>,
        purpose: Purpose,
        now: Duration,
        out: &mut O,
    ) {
        let id = self.mint();
        let limit = if purpose == Purpose::Open {
            self.timeouts.open
        } else {
            self.timeouts.call
        };
        let deadline = Deadline {
            soft: Some(now + limit),
            hard: None,
        };
        let opens = purpose == Purpose::Open;
        let exchange = InFlight {
            origin: Origin::Link(purpose),
            method: Text::from_static(method),
            deadline,
        };
        match out.send(encode::request(&id.to_id(), method, params)) {
            Sent::Perhaps => {
                self.in_flight.insert(id, exchange);
            }
            Sent::No if opens => self.fail_opening(Reason::Stuck, out),
            Sent::No => out.anomaly(Anomaly::Undeliverable),
        }
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
            Sent::Perhaps => {
                self.in_flight.insert(
                    id,
                    InFlight {
                        origin: Origin::Client(client),
                        method,
                        deadline,
                    },
                );
            }
            Sent::No => {
                self.forget_client_id(client.member, &client.id);
                refuse(
                    client.owner,
                    &client.id,
                    &Fault::before(Reason::Stuck).to_error(),
                    out,
                );
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
fn post<O: Outlet>(message: bytes::Bytes, out: &mut O) {
    if out.send(message) == Sent::No {
        out.anomaly(Anomaly::Undeliverable);
    }
}

/// Parameters of `notifications/cancelled`.
#[derive(serde::Serialize)]
struct RequestId<T> {
    #[serde(rename = "requestId")]
    request_id: T,
}

/// Answers an exchange with an error.
fn refuse<O: Outlet>(owner: O::Exchange, id: &Id, error: &ErrorObject, out: &mut O) {
    out.answer(owner, encode::error(Some(id), error), Some(error.code));
}

/// Answers an exchange with a result.
fn accept<O: Outlet>(owner: O::Exchange, id: &Id, result: &Raw, out: &mut O) {
    out.answer(owner, encode::result(id, result), None);
}
