//! What clients send.

use pontoon_jsonrpc::{ErrorObject, Kind, Request};
use pontoon_mcp::error::{invalid_params, invalid_request, method_not_found};

use super::handshake::requested_level;
use super::{
    Anomaly, Bridge, Client, ClientExchange, Deadline, Duration, Effect, Fault, Id, InFlight, Incoming, Link,
    MemberId, Notification, Outlet, Raw, Reason, Server, Sharing, State, UpstreamId, accept, encode, method,
    post, refuse,
};
use crate::exchange::{Asker, Modern, Retry};
use crate::input_required;
use crate::modern_to_legacy;
use crate::opening;
use crate::straight::mint_token;

impl<O: Outlet> Link<O> {
    /// A client's request. It is answered exactly once, through `out`, now or
    /// later.
    pub fn begin(&mut self, incoming: Incoming<O::Exchange>, now: Duration, out: &mut O) {
        let Incoming {
            owner,
            client,
            request,
        } = incoming;
        if let Some(error) = malformed(&request) {
            return refuse(owner, &request.id, &error, out);
        }
        if self.hides(&request.method) {
            return refuse(owner, &request.id, &method_not_found(&request.method), out);
        }
        match client {
            Client::Member(member) => self.begin_member(owner, member, request, now, out),
            Client::Alone => self.begin_alone(owner, request, now, out),
            Client::Modern(modern) => self.begin_modern(owner, &modern, request, now, out),
        }
    }

    /// Tasks (2025-11-25) of a shared legacy server are everybody's: whoever
    /// asked for the list would see, and could end, those of others.
    fn hides(&self, method: &str) -> bool {
        (self.server, self.sharing) == (Server::Legacy, Sharing::Shared) && method.starts_with("tasks/")
    }

    fn begin_member(
        &mut self,
        owner: O::Exchange,
        member: MemberId,
        request: Request,
        now: Duration,
        out: &mut O,
    ) {
        let Some(own) = self.members.get(&member) else {
            let error = Fault::before(Reason::SessionEnded).to_error();
            return refuse(owner, &request.id, &error, out);
        };
        if own.calls.contains_key(&request.id) {
            let error = invalid_request("Invalid request: this id is in use by a request in flight");
            let message = encode::error(Some(&request.id), &error);
            return out.reject(owner, message, error.code);
        }
        let effect = match &*request.method {
            method::INITIALIZE => return self.initialize(owner, member, request, now, out),
            _ if self.server == Server::Modern => {
                return self.cross_to_modern(owner, Some(member), request, now, out);
            }
            method::SET_LEVEL if self.sharing == Sharing::Shared => {
                return self.set_shared_level(owner, member, &request, now, out);
            }
            method::SUBSCRIBE => return self.subscribe_member(owner, member, request, now, out),
            method::UNSUBSCRIBE => return self.unsubscribe_member(owner, member, request, now, out),
            method::SET_LEVEL => requested_level(request.params.as_ref()).map(Effect::SetLevel),
            name if method::absent_in_legacy(name) => {
                return refuse(owner, &request.id, &method_not_found(name), out);
            }
            _ => None,
        };
        self.forward(
            owner,
            Some(member),
            request,
            effect.unwrap_or(Effect::None),
            now,
            out,
        );
    }

    /// A legacy request without a session: it has no handshake to do and no
    /// state to leave behind.
    fn begin_alone(&mut self, owner: O::Exchange, request: Request, now: Duration, out: &mut O) {
        match &*request.method {
            method::INITIALIZE => self.welcome(owner, None, &request, out),
            _ if self.server == Server::Modern => self.cross_to_modern(owner, None, request, now, out),
            method::PING => accept(owner, &request.id, &Raw::empty_object(), out),
            name @ (method::SET_LEVEL | method::SUBSCRIBE | method::UNSUBSCRIBE) => {
                let error = invalid_request(format!(
                    "Invalid request: {name} needs a session; send initialize first"
                ));
                refuse(owner, &request.id, &error, out);
            }
            name if method::absent_in_legacy(name) => {
                refuse(owner, &request.id, &method_not_found(name), out);
            }
            _ => self.forward(owner, None, request, Effect::None, now, out),
        }
    }

    /// `initialize` of a session: on a link of its own it goes to the server
    /// as it is, on a shared one it is answered from what the server said.
    fn initialize(
        &mut self,
        owner: O::Exchange,
        member: MemberId,
        request: Request,
        now: Duration,
        out: &mut O,
    ) {
        // What is refused here changes nothing of what the client has said.
        match (&self.state, self.sharing) {
            (State::Closed, Sharing::Exclusive) if self.server == Server::Modern => {
                self.learn_introduction(member, request.params.as_ref());
                self.greet(owner, member, &request, now, out);
            }
            (State::Closed, Sharing::Exclusive) => {
                let params = match opening::speakable(request.params.as_ref()) {
                    Ok(params) => Some(params),
                    Err(error) => return refuse(owner, &request.id, &error, out),
                };
                self.learn_introduction(member, request.params.as_ref());
                self.state = State::Opening;
                let request = Request { params, ..request };
                self.forward(owner, Some(member), request, Effect::Open, now, out);
            }
            (_, Sharing::Exclusive) => {
                let error = invalid_request("Invalid request: this session is initialized already");
                refuse(owner, &request.id, &error, out);
            }
            (_, Sharing::Shared) => {
                self.learn_introduction(member, request.params.as_ref());
                self.welcome(owner, Some(member), &request, out);
                self.tend(now, out);
            }
        }
    }

    fn welcome(&mut self, owner: O::Exchange, member: Option<MemberId>, request: &Request, out: &mut O) {
        let requested = requested_revision(request.params.as_ref());
        self.welcome_as(owner, &request.id, (member, requested.as_deref()), out);
    }

    /// Answers an `initialize` from what the server said of itself.
    pub(super) fn welcome_as(
        &mut self,
        owner: O::Exchange,
        id: &Id,
        (member, requested): (Option<MemberId>, Option<&str>),
        out: &mut O,
    ) {
        let Some(opened) = self.opened() else {
            let error = Fault::before(Reason::HandshakeFailed).to_error();
            return refuse(owner, id, &error, out);
        };
        let (revision, result) = opened.welcome(requested);
        if let Some(member) = member {
            self.note_revision(member, revision);
        }
        if let Some(member) = member.and_then(|member| self.members.get_mut(&member)) {
            member.is_greeted = true;
            out.settled(&member.handle, revision);
        }
        accept(owner, id, &result, out);
    }

    /// On a shared server the level is the lowest that anybody wants; who
    /// wants less is spared the rest.
    fn set_shared_level(
        &mut self,
        owner: O::Exchange,
        member: MemberId,
        request: &Request,
        now: Duration,
        out: &mut O,
    ) {
        if !self.opened().is_some_and(|opened| opened.features.logging) {
            return refuse(owner, &request.id, &method_not_found(method::SET_LEVEL), out);
        }
        let Some(level) = requested_level(request.params.as_ref()) else {
            let error = pontoon_mcp::error::invalid_params(
                "Invalid params: \"level\" must be one of debug, info, notice, warning, error, critical, alert, emergency",
            );
            return refuse(owner, &request.id, &error, out);
        };
        if let Some(member) = self.members.get_mut(&member) {
            member.level = Some(level);
        }
        self.raise_level(level, now, out);
        accept(owner, &request.id, &Raw::empty_object(), out);
    }

    fn begin_modern(
        &mut self,
        owner: O::Exchange,
        modern: &Modern,
        request: Request,
        now: Duration,
        out: &mut O,
    ) {
        if method::removed_in_modern(&request.method) {
            return refuse(owner, &request.id, &method_not_found(&request.method), out);
        }
        match self.server {
            Server::Modern => self.forward_modern(owner, modern, request, now, out),
            Server::Legacy => self.cross_to_legacy(owner, modern, request, now, out),
        }
    }

    fn forward_modern(
        &mut self,
        owner: O::Exchange,
        modern: &Modern,
        request: Request,
        now: Duration,
        out: &mut O,
    ) {
        let params = match &modern.retry {
            None => request.params,
            Some(Retry::Own(state)) => input_required::with_state(request.params.as_ref(), Some(state)),
            Some(Retry::Again | Retry::Parked(_)) => {
                return refuse(owner, &request.id, &super::retry::stale(), out);
            }
        };
        let capabilities = modern.meta.capabilities.raw();
        let asker = Asker::Account(modern.account);
        let keeps = self
            .cache
            .question(&request.method, params.as_ref(), capabilities, asker);
        if let Some(result) = keeps.as_ref().and_then(|question| self.cache.get(question, now)) {
            return accept(owner, &request.id, &result, out);
        }
        let listens = request.method == method::LISTEN;
        let deadline = if listens {
            Deadline::NONE
        } else {
            self.call_deadline(now)
        };
        let id = self.mint();
        let (params, token) = mint_token(params, id);
        let bridge = Bridge::Modern {
            log_level: modern.meta.log_level,
        };
        let client = ClientExchange {
            keeps: keeps.map(Box::new),
            ..ClientExchange::stateless(owner, request.id, token, bridge)
        };
        self.send_for_client(id, params.as_ref(), (client, request.method), deadline, out);
    }

    fn cross_to_legacy(
        &mut self,
        owner: O::Exchange,
        modern: &Modern,
        request: Request,
        now: Duration,
        out: &mut O,
    ) {
        match (&*request.method, &modern.retry) {
            (method::DISCOVER, _) => return self.discover(owner, &request.id, out),
            (method::LISTEN, _) => {
                return self.listen(owner, request.id, request.params.as_ref(), now, out);
            }
            (_, Some(retry)) => return self.retry(owner, (modern, retry), request, now, out),
            (_, None) => {}
        }
        self.send_across(owner, modern, request, now, out);
    }

    /// A modern request that goes to a legacy server as it is, but for what only one era knows.
    pub(super) fn send_across(
        &mut self,
        owner: O::Exchange,
        modern: &Modern,
        request: Request,
        now: Duration,
        out: &mut O,
    ) {
        let id = self.mint();
        let (params, token) = match modern_to_legacy::request_params(request.params.as_ref(), id) {
            Ok(params) => params,
            Err(error) => return refuse(owner, &request.id, &error, out),
        };
        let client = self.crossing(owner, request.id, (&request.method, token), modern, now, out);
        let deadline = self.call_deadline(now);
        self.send_for_client(id, params.as_ref(), (client, request.method), deadline, out);
        self.hold_waiting(now);
    }

    /// A modern client's exchange on this legacy server, whose log messages the client may want.
    pub(super) fn crossing(
        &mut self,
        owner: O::Exchange,
        id: Id,
        (method, token): (&str, Option<Raw>),
        modern: &Modern,
        now: Duration,
        out: &mut O,
    ) -> ClientExchange<O::Exchange> {
        let Modern { meta, account, .. } = modern;
        if let Some(level) = meta.log_level {
            self.raise_level(level, now, out);
        }
        let bridge = Bridge::ModernToLegacy {
            log_level: meta.log_level,
            account: *account,
        };
        let may_be_asked = method::may_ask(method) && meta.capabilities.answers_any();
        ClientExchange {
            asks: may_be_asked.then(|| meta.capabilities.clone()),
            ..ClientExchange::stateless(owner, id, token, bridge)
        }
    }

    fn discover(&mut self, owner: O::Exchange, id: &Id, out: &mut O) {
        match self.opened() {
            Some(opened) => {
                let result =
                    modern_to_legacy::result(method::DISCOVER, &opened.discovery(), opened.server_info());
                accept(owner, id, &result, out);
            }
            None => refuse(owner, id, &Fault::before(Reason::HandshakeFailed).to_error(), out),
        }
    }

    /// Same era on both sides: ids and tokens are replaced, nothing else.
    pub(super) fn forward(
        &mut self,
        owner: O::Exchange,
        member: Option<MemberId>,
        request: Request,
        effect: Effect,
        now: Duration,
        out: &mut O,
    ) {
        let id = self.mint();
        let (params, token) = mint_token(request.params, id);
        let deadline = match effect {
            Effect::Open => Deadline::fixed(now + self.timeouts.open),
            _ => self.call_deadline(now),
        };
        let client = ClientExchange {
            owner,
            id: request.id,
            member,
            token,
            bridge: Bridge::Straight,
            effect,
            asks: None,
            keeps: None,
            again: None,
        };
        self.send_for_client(id, params.as_ref(), (client, request.method), deadline, out);
    }

    /// A notification of a legacy session.
    pub fn notification(&mut self, member: MemberId, notification: &Notification, out: &mut O) {
        match &*notification.method {
            method::CANCELLED => self.cancel(member, notification, out),
            // A shared server was opened, and told so, by the link itself. It
            // must not hear of one client's roots on behalf of all.
            method::INITIALIZED | method::ROOTS_CHANGED if self.sharing == Sharing::Shared => {}
            // A modern server takes none but the one above.
            _ if self.server == Server::Modern => {}
            name => post(encode::notification(name, notification.params.as_ref()), out),
        }
    }

    fn cancel(&mut self, member: MemberId, notification: &Notification, out: &mut O) {
        let id = notification
            .params
            .as_ref()
            .and_then(Raw::object)
            .and_then(|params| params.get("requestId"));
        let id = id.and_then(|id| Id::from_raw(&id));
        let calls = self.members.get(&member).map(|member| &member.calls);
        let upstream = id.and_then(|id| calls?.get(&id).copied());
        // Clients MUST NOT cancel `initialize` (2025-11-25, Cancellation).
        match upstream.filter(|upstream| !self.is_handshake(*upstream)) {
            Some(upstream) => {
                self.withdraw(upstream, Reason::Cancelled, notification.params.as_ref(), out);
            }
            None => out.anomaly(Anomaly::UnknownCancellation),
        }
    }

    fn is_handshake(&self, id: UpstreamId) -> bool {
        self.in_flight.get(&id).is_some_and(InFlight::opens)
    }
}

/// The revision that an `initialize` asks for.
pub(super) fn requested_revision(params: Option<&Raw>) -> Option<String> {
    let params = params.and_then(Raw::object)?;
    params
        .get_str("protocolVersion")
        .map(std::borrow::Cow::into_owned)
}

/// What is wrong with a request that does not say which tool, prompt or
/// resource it is about. Whoever decides what a client may use decides by that
/// name: without one nothing is passed on.
fn malformed(request: &Request) -> Option<ErrorObject> {
    let name = method::mirrored_name(&request.method)?;
    let params = request.params.as_ref().and_then(Raw::object);
    let given = params.and_then(|params| params.get(name));
    let is_text = given.is_some_and(|given| given.kind() == Kind::String);
    (!is_text).then(|| invalid_params(format!("Invalid params: {name:?} must be a string")))
}
