//! How exchanges end before the server has answered them.

use super::server::minted_id;
use super::upstream_listen::Ended;
use super::{
    Anomaly, Bytes, ClientExchange, Deadline, Delivery, Duration, Effect, Fault, Id, InFlight, Link,
    MemberId, Origin, Outlet, Raw, Reason, Server, Sharing, State, UpstreamId, cancelled, method, post,
    refuse,
};
use crate::fault::Sent;

impl<O: Outlet> Link<O> {
    /// A legacy session is over: what it had in flight is cancelled upstream
    /// and answered, what only it subscribed to is unsubscribed.
    pub fn leave(&mut self, member: MemberId, now: Duration, out: &mut O) {
        let Some(leaving) = self.members.get(&member) else {
            return;
        };
        let mut calls: Vec<_> = leaving.calls.values().copied().collect();
        calls.sort_unstable();
        for id in calls {
            self.withdraw(id, Reason::SessionEnded, None, out);
        }
        self.void_questions_to(member, out);
        if let Some(gone) = self.members.remove(&member) {
            self.release_all(&gone.uris, now, out);
            self.tend(now, out);
        }
        self.cache.forget_member(member);
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
            self.withdraw(id, Reason::Cancelled, None, out);
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
        self.expire_questions(now, out);
        self.expire_asking(now, out);
        self.spare_calls_with_questions(now);
        self.given_up.expire(now);
        self.make_again(now, out);
        for id in self.in_flight_where(|exchange| exchange.deadline.is_over(now)) {
            let reason = match self.in_flight.get(&id) {
                Some(exchange) if exchange.opens() => Reason::StartTimeout,
                _ => Reason::Timeout,
            };
            self.withdraw(id, reason, None, out);
        }
        self.listen_again(now, out);
    }

    /// The connection is gone. Everything in flight is answered; members,
    /// listeners and subscriptions stay, for [`Link::open`].
    pub fn lose(&mut self, reason: Reason, out: &mut O) {
        self.break_off(reason, out);
        self.give_up_returned(reason, out);
    }

    /// The server has forgotten the session. As [`Link::lose`], but what it
    /// provably did not take waits for the next one.
    pub fn lose_session(&mut self, reason: Reason, out: &mut O) {
        self.break_off(reason, out);
    }

    fn break_off(&mut self, reason: Reason, out: &mut O) {
        self.given_up.clear();
        self.cache.clear();
        self.lose_asking(reason);
        let was_opening = matches!(self.state, State::Opening);
        let goes_on = was_opening && self.turns_after_loss();
        // A modern server that was not asked what it is need not be asked after a loss either.
        if !matches!(self.state, State::Open(None)) {
            self.state = State::Closed;
        }
        self.ears.lose();
        self.probe.lose();
        let (returned, lost) = std::mem::take(&mut self.in_flight)
            .into_iter()
            .partition(|(_, exchange)| matches!(exchange.delivery, Delivery::Returned(_)));
        self.in_flight = returned;
        for (_, exchange) in lost {
            if let Origin::Client(client) = exchange.origin {
                self.settle(client, &Fault::after(reason), out);
            }
        }
        self.void_questions(out);
        self.void_inline(out);
        self.acknowledge_listeners(out);
        if was_opening && !goes_on {
            self.close_opening();
            out.opened(Err(Fault::before(reason)));
        }
    }

    /// The server did not take `message`, the request `id`, since it has
    /// forgotten the session; [`Link::lose_session`] follows. It goes out once
    /// more when there is a new one: once, since a server may forget for ever.
    pub fn request_returned(&mut self, id: &Id, message: Bytes, out: &mut O) {
        let exchange = minted_id(id).and_then(|id| self.in_flight.get_mut(&id));
        match exchange {
            Some(InFlight {
                origin: Origin::Client(client),
                delivery: delivery @ Delivery::Sent,
                ..
            }) if !client.opens() => *delivery = Delivery::Returned(message),
            _ => self.request_failed(id, &Fault::before(Reason::Exited), out),
        }
    }

    /// Whether requests wait for a new session.
    pub fn has_returned(&self) -> bool {
        !self.returned().is_empty()
    }

    fn returned(&self) -> Vec<UpstreamId> {
        self.in_flight_where(|exchange| matches!(exchange.delivery, Delivery::Returned(_)))
    }

    /// Sends what waited for a new session.
    pub(super) fn send_returned(&mut self, out: &mut O) {
        for id in self.returned() {
            let Some(exchange) = self.in_flight.get_mut(&id) else {
                continue;
            };
            let before = std::mem::replace(&mut exchange.delivery, Delivery::SentAgain);
            let Delivery::Returned(message) = before else {
                continue;
            };
            if let Err(reason) = out.send(message) {
                self.request_failed(&id.to_id(), &Fault::before(reason), out);
            }
        }
    }

    /// There will be no new session for what waits for one.
    pub fn give_up_returned(&mut self, reason: Reason, out: &mut O) {
        for id in self.returned() {
            self.request_failed(&id.to_id(), &Fault::before(reason), out);
        }
    }

    /// Takes an exchange back: the server is told, with what else `params` say
    /// of the cancellation, and the client is answered.
    pub(super) fn withdraw(&mut self, id: UpstreamId, reason: Reason, params: Option<&Raw>, out: &mut O) {
        let Some(exchange) = self.in_flight.remove(&id) else {
            return;
        };
        if exchange.is_cancellable() {
            post(cancelled(id.to_raw(), params), out);
        }
        match exchange.origin {
            Origin::Client(client) => {
                self.remember_given_up(id, &client, exchange.deadline, out);
                let member = client.member;
                self.fail(client, &Fault::after(reason), out);
                self.void_questions_of((id, member), out);
                self.void_asking(id, out);
                self.void_inline_of(id, out);
            }
            Origin::Link(purpose) => {
                self.own_request_failed(id, &purpose, &Fault::after(reason), out);
            }
        }
    }

    /// The server will not answer this request, though the connection lives
    /// on: only where every request travels by itself.
    pub fn request_failed(&mut self, id: &Id, fault: &Fault, out: &mut O) {
        let id = minted_id(id);
        let Some((id, exchange)) = id.and_then(|id| Some((id, self.in_flight.remove(&id)?))) else {
            if !id.is_some_and(|id| self.keep_failure(id, fault, out)) {
                out.anomaly(Anomaly::UnknownResponse);
            }
            return;
        };
        match exchange.origin {
            Origin::Client(client) if self.refuses_handshake(&client, fault) => {
                self.ask_what_it_is(client, Err(fault), exchange.deadline, out);
            }
            Origin::Client(client) => {
                if fault.sent == Sent::Perhaps {
                    self.remember_given_up(id, &client, exchange.deadline, out);
                }
                let member = client.member;
                self.fail(client, fault, out);
                self.void_questions_of((id, member), out);
                self.void_asking(id, out);
            }
            Origin::Link(purpose) => self.own_request_failed(id, &purpose, fault, out),
        }
    }

    /// A server may still be at it, and talk about it, or ask.
    fn remember_given_up(
        &mut self,
        id: UpstreamId,
        client: &ClientExchange<O::Exchange>,
        deadline: Deadline,
        out: &mut O,
    ) {
        if client.asks.is_some() {
            out.stray(&client.owner);
        }
        // A modern server talks about those that asked for it (2026-07-28, Logging, "Per-request log level").
        let may_talk = self.server == Server::Legacy || client.bridge.log_level().is_some();
        if let (Sharing::Shared, true, Some(until)) = (self.sharing, may_talk, deadline.hard) {
            self.given_up.add(id, client.asker(), until);
        }
    }

    /// Answers a client's exchange with a fault of the gateway's own. A
    /// handshake that ends so is over.
    pub(super) fn fail(&mut self, client: ClientExchange<O::Exchange>, fault: &Fault, out: &mut O) {
        let opens = client.opens();
        self.settle(client, fault, out);
        if opens {
            self.fail_opening(fault.reason, out);
        }
    }

    fn settle(&mut self, client: ClientExchange<O::Exchange>, fault: &Fault, out: &mut O) {
        self.undo(&client);
        refuse(client.owner, &client.id, &fault.to_error(), out);
    }

    /// Forgets an exchange that failed, and what it would have changed.
    pub(super) fn undo(&mut self, client: &ClientExchange<O::Exchange>) {
        let Some(member) = client.member.and_then(|member| self.members.get_mut(&member)) else {
            return;
        };
        member.calls.remove(&client.id);
        match &client.effect {
            Effect::None | Effect::Open | Effect::Greet { .. } | Effect::SetLevel(_) => {}
            Effect::Subscribe(uri) => {
                if member.uris.remove(uri) {
                    self.subscriptions.release(uri);
                }
            }
            Effect::Unsubscribe(uri) => {
                if member.uris.insert(uri.clone()) {
                    self.subscriptions.take(uri);
                }
            }
        }
    }

    /// Ends a listen that a modern server ended.
    pub(super) fn end_cancelled_listener(&mut self, params: Option<&Raw>, out: &mut O) {
        let id = params
            .and_then(Raw::object)
            .and_then(|params| super::server::minted(params.get("requestId")?.as_i64()));
        match id.filter(|id| self.listens(*id)) {
            Some(id) if self.ears.hear(id) => {
                self.in_flight.remove(&id);
                self.listen_ended(id, &Ended::Closed, out);
            }
            Some(id) => self.complete_forwarded_listener(id, out),
            None => out.anomaly(Anomaly::UnknownCancellation),
        }
    }

    fn listens(&self, id: UpstreamId) -> bool {
        self.in_flight
            .get(&id)
            .is_some_and(|exchange| exchange.method == method::LISTEN)
    }

    pub(super) fn in_flight_where(&self, wanted: impl Fn(&InFlight<O::Exchange>) -> bool) -> Vec<UpstreamId> {
        self.in_flight
            .iter()
            .filter(|(_, exchange)| wanted(exchange))
            .map(|(id, _)| *id)
            .collect()
    }
}
