//! What the server sends.

use pontoon_jsonrpc::{Outcome, RawObject};

use super::asking::Missed;
use super::upstream_listen::Ended;
use super::{
    Anomaly, Bridge, ClientExchange, Duration, Effect, Fault, Id, InFlight, LegacyRevision, Link, LogLevel,
    Member, MemberId, Message, Notification, Opened, Origin, Outlet, Purpose, Raw, Reason, Response, Server,
    Sharing, State, UpstreamId, accept, encode, listen, method, opening, refuse,
};
use crate::exchange::Retry;
use crate::input_required;
use crate::interest::uri;
use crate::legacy_to_modern;
use crate::modern_to_legacy;
use crate::straight::{subscription_id, with_subscription_id};

/// How long after its answer a server may still log about a request.
pub(super) const LAST_WORDS: Duration = Duration::from_secs(5);

/// How old state of a modern server's own may become at a client. The server may be stricter.
const STATE_AGE: Duration = Duration::from_secs(3600);

impl<O: Outlet> Link<O> {
    /// A message of the server.
    pub fn receive(&mut self, message: Message, now: Duration, out: &mut O) {
        self.take(message, None, now, out);
    }

    /// A message that came in the answer to `request`, and so is about it.
    pub fn receive_within(&mut self, message: Message, request: &Id, now: Duration, out: &mut O) {
        self.says_whose = true;
        self.take(message, minted_id(request), now, out);
    }

    fn take(&mut self, message: Message, within: Option<UpstreamId>, now: Duration, out: &mut O) {
        match message {
            Message::Response(response) => self.on_response(response, now, out),
            Message::Notification(notification) => self.on_notification(&notification, within, now, out),
            Message::Request(request) => self.on_request(&request, within, now, out),
        }
    }

    fn on_response(&mut self, response: Response, now: Duration, out: &mut O) {
        let Some(id) = response.id else {
            return out.anomaly(Anomaly::ResponseWithoutId);
        };
        let Some(id) = minted_id(&id) else {
            return out.anomaly(Anomaly::UnknownResponse);
        };
        let held = self.in_flight.get(&id).is_some_and(InFlight::is_held);
        let Some(exchange) = (!held).then(|| self.in_flight.remove(&id)).flatten() else {
            if held || self.keep_answer(id, response.outcome, out).is_err() {
                self.given_up.answered(id, now + LAST_WORDS);
                out.anomaly(Anomaly::UnknownResponse);
            }
            return;
        };
        match exchange.origin {
            Origin::Link(Purpose::Open) => self.finish_opening(&response.outcome, now, out),
            // Whatever the server says to these, nobody waits for it.
            Origin::Link(Purpose::Unsubscribe | Purpose::SetLevel) => {}
            Origin::Link(Purpose::Subscribe) => self.subscription_settled(id, out),
            Origin::Link(Purpose::Discover) => self.finish_discovery(&response.outcome, now, out),
            Origin::Link(Purpose::Inquire) => self.finish_inquiry(&response.outcome),
            Origin::Link(Purpose::Listen) => self.listen_ended(id, &Ended::Answered(&response.outcome), out),
            Origin::Client(client) => {
                self.note_answered(id, &client, now);
                self.void_asking(id, out);
                let sent = (&exchange.method, exchange.deadline);
                let Some((client, outcome)) = self.intercept(client, sent, response.outcome, now, out) else {
                    return;
                };
                self.answer(id, client, (&exchange.method, outcome), now, out);
                self.assign_waiting(now, out);
            }
        }
    }

    /// What a shared server still logs about this request is nothing to others.
    fn note_answered(&mut self, id: UpstreamId, client: &ClientExchange<O::Exchange>, now: Duration) {
        let logs = self.opened().is_some_and(|opened| opened.features.logging);
        if logs && (self.sharing, self.server) == (Sharing::Shared, Server::Legacy) {
            self.given_up.add(id, client.asker(), now + LAST_WORDS);
        }
    }

    /// Brings the answer `outcome` of the request `id` for `method` to its client.
    pub(super) fn answer(
        &mut self,
        id: UpstreamId,
        mut client: ClientExchange<O::Exchange>,
        (method, outcome): (&str, Outcome),
        now: Duration,
        out: &mut O,
    ) {
        match outcome {
            // No client could do anything with it either.
            Outcome::Result(result) if client.effect == Effect::Open && Opened::read(&result).is_none() => {
                self.fail(client, &Fault::after(Reason::Protocol), out);
            }
            Outcome::Result(result) => {
                self.apply(&client, &result, out);
                if method == method::TOOLS_LIST {
                    out.listed(&result);
                }
                if let Some(question) = client.keeps.take() {
                    self.cache.keep(*question, &result, now);
                }
                let result = self.readable(client.member, method, result);
                match client.bridge {
                    Bridge::Straight => accept(client.owner, &client.id, &result, out),
                    Bridge::LegacyToModern { .. } => {
                        let result = legacy_to_modern::result(method, &result);
                        accept(client.owner, &client.id, &result, out);
                    }
                    Bridge::Modern { .. } => {
                        let result = modern_result(id, &client.id, method, result);
                        let result = seal_state(&client.owner, method, result, now, out);
                        accept(client.owner, &client.id, &result, out);
                    }
                    Bridge::ModernToLegacy { .. } => {
                        let info = self.opened().and_then(Opened::server_info);
                        let result = modern_to_legacy::result(method, &result, info);
                        accept(client.owner, &client.id, &result, out);
                    }
                }
            }
            Outcome::Error(error) => {
                self.undo(&client);
                if client.effect == Effect::Open {
                    // The server lives: its client may ask for another revision.
                    self.state = State::Closed;
                }
                let Some(client) = self.ask_for_urls(client, &error, now, out) else {
                    return;
                };
                let error = match client.bridge {
                    Bridge::ModernToLegacy { .. } => modern_to_legacy::error(error),
                    Bridge::LegacyToModern { .. } => legacy_to_modern::error(method, error),
                    Bridge::Straight | Bridge::Modern { .. } => error,
                };
                refuse(client.owner, &client.id, &error, out);
            }
        }
    }

    /// What a success means for the link.
    fn apply(&mut self, client: &ClientExchange<O::Exchange>, result: &Raw, out: &mut O) {
        let Some((id, member)) = client
            .member
            .and_then(|id| Some((id, self.members.get_mut(&id)?)))
        else {
            return;
        };
        member.calls.remove(&client.id);
        match &client.effect {
            // Subscriptions count from their request on.
            Effect::None | Effect::Subscribe(_) | Effect::Unsubscribe(_) | Effect::Greet { .. } => {}
            Effect::Open => {
                let opened = Opened::read(result);
                let revision = opened
                    .as_ref()
                    .map_or(LegacyRevision::NEWEST, |opened| opened.revision);
                member.is_greeted = true;
                out.settled(&member.handle, revision);
                self.note_revision(id, revision);
                self.probe.succeeded();
                self.state = State::Open(opened.map(Box::new));
            }
            Effect::SetLevel(level) => member.level = Some(*level),
        }
    }

    fn on_notification(
        &mut self,
        notification: &Notification,
        within: Option<UpstreamId>,
        now: Duration,
        out: &mut O,
    ) {
        if self.server == Server::Modern {
            let of_resource = notification.method == method::RESOURCE_UPDATED;
            let uri = of_resource.then(|| uri(notification.params.as_ref())).flatten();
            self.cache.invalidate(&notification.method, uri.as_deref());
        }
        if self.server == Server::Modern && notification.method == method::CANCELLED {
            // It MUST mean a listen stream (2026-07-28, Cancellation).
            return self.end_cancelled_listener(notification.params.as_ref(), out);
        }
        if self.server == Server::Modern
            && let Some(subscription) = subscription_id(notification.params.as_ref())
        {
            return self.on_subscription(&subscription, notification, now, out);
        }
        match &*notification.method {
            method::PROGRESS => self.on_progress(notification, now, out),
            method::LOG_MESSAGE => self.on_log(notification, within, out),
            method::CANCELLED => self.on_cancelled(notification, out),
            method::TOOLS_CHANGED
            | method::PROMPTS_CHANGED
            | method::RESOURCES_CHANGED
            | method::RESOURCE_UPDATED => self.publish(notification, out),
            _ => self.on_other(notification, out),
        }
    }

    /// Progress follows its token, whatever streams are open.
    fn on_progress(&mut self, notification: &Notification, now: Duration, out: &mut O) {
        let params = notification.params.as_ref().and_then(Raw::object);
        let Some(params) = params else {
            return out.anomaly(Anomaly::UnknownToken);
        };
        let id = params
            .get("progressToken")
            .and_then(|token| minted(token.as_i64()));
        let exchange = id.and_then(|id| self.in_flight.get_mut(&id));
        let Some(InFlight {
            origin: Origin::Client(client),
            deadline,
            ..
        }) = exchange
        else {
            // Whoever waits for it may be asked something, and has no stream meanwhile.
            let kept = id.and_then(|id| self.keep_missed(id, Missed::Progress(Box::new(params))));
            if kept.is_none() {
                out.anomaly(Anomaly::UnknownToken);
            }
            return;
        };
        let Some(token) = &client.token else {
            return out.anomaly(Anomaly::UnknownToken);
        };
        deadline.extend(now + self.timeouts.call);
        tell_progress(&client.owner, token, &params, out);
    }

    /// A log message belongs to the exchange in whose answer it came, or to the
    /// one that is in flight; where there are several, to the latest of the same
    /// client, or to nobody.
    fn on_log(&mut self, notification: &Notification, within: Option<UpstreamId>, out: &mut O) {
        let level = notification.params.as_ref().and_then(Raw::object);
        let level = level.and_then(|params| LogLevel::parse(&params.get_str("level")?));
        // A level that nobody knows is passed to those who take everything.
        let level = level.unwrap_or(LogLevel::Emergency);
        let message = encode::notification(method::LOG_MESSAGE, notification.params.as_ref());
        if let Some(client) = within.and_then(|id| self.client_of(id)) {
            let member = client.member.and_then(|member| self.members.get(&member));
            match member {
                _ if !(asks_for(client, level) && self.member_wants(client.member, level)) => {}
                _ if out.carries(&client.owner) => out.interim(&client.owner, message),
                Some(member) => out.notify(&member.handle, message),
                None => {}
            }
            return;
        }
        match (self.log_recipient(level, out), self.sole_member()) {
            (Some(client), _) => return out.interim(&client.owner, message),
            (None, Some((_, member))) => return out.notify(&member.handle, message),
            (None, None) => {}
        }
        // Whoever waits for it may be asked something, and has no stream meanwhile.
        let about = within.or_else(|| self.latest_parked());
        let missed = Missed::Log(level, notification.params.clone());
        if about.and_then(|call| self.keep_missed(call, missed)).is_none() {
            out.anomaly(Anomaly::AmbiguousNotification);
        }
    }

    /// The exchange that a log message goes to.
    fn log_recipient(&self, level: LogLevel, out: &O) -> Option<&ClientExchange<O::Exchange>> {
        let asked = |client: &ClientExchange<O::Exchange>| asks_for(client, level);
        let mut all = self.client_exchanges();
        match (self.sharing, self.server) {
            (Sharing::Exclusive, _) => all
                .filter(|(_, client)| asked(client) && out.carries(&client.owner))
                .max_by_key(|(id, _)| *id)
                .map(|(_, client)| client),
            // It may be about any request in flight, so there must be one only;
            // or about one of somebody else's that is answered, or given up and the
            // server is still at it.
            (Sharing::Shared, Server::Legacy) => {
                let (_, only) = all.next()?;
                let meant = all.next().is_none() && self.given_up.are_all_of(only.asker());
                let wanted = asked(only) && self.member_wants(only.member, level);
                (meant && wanted && out.carries(&only.owner)).then_some(only)
            }
            // It can only be about a request that asked for messages, of which
            // there must be one only; or about such a one of somebody else's that
            // is given up and the server is still at it.
            (Sharing::Shared, Server::Modern) => {
                let mut asking = all.filter(|(_, client)| asked(client));
                let (_, only) = asking.next()?;
                let meant = asking.next().is_none() && self.given_up.are_all_of(only.asker());
                (meant && out.carries(&only.owner)).then_some(only)
            }
        }
    }

    /// Whether a session of a shared server, whose level is the lowest that
    /// anybody wants, wants messages of this level itself.
    fn member_wants(&self, member: Option<MemberId>, level: LogLevel) -> bool {
        let lowest = member
            .and_then(|member| self.members.get(&member))
            .and_then(|member| member.level);
        lowest.is_none_or(|lowest| level >= lowest)
    }

    pub(super) fn client_exchanges(
        &self,
    ) -> impl Iterator<Item = (UpstreamId, &ClientExchange<O::Exchange>)> {
        self.in_flight
            .iter()
            .filter_map(|(id, exchange)| match &exchange.origin {
                Origin::Client(client) => Some((*id, client)),
                Origin::Link(_) => None,
            })
    }

    /// The one session of an exclusive link.
    pub(super) fn sole_member(&self) -> Option<(MemberId, &Member<O::Member>)> {
        match self.sharing {
            Sharing::Exclusive => self.members.iter().next().map(|(id, member)| (*id, member)),
            Sharing::Shared => None,
        }
    }

    fn on_other(&mut self, notification: &Notification, out: &mut O) {
        match self.sole_member() {
            Some((_, member)) => {
                let message = encode::notification(&notification.method, notification.params.as_ref());
                out.notify(&member.handle, message);
            }
            None => out.anomaly(Anomaly::AmbiguousNotification),
        }
    }

    /// A modern server's notification on one of the listen streams.
    fn on_subscription(
        &mut self,
        subscription: &Raw,
        notification: &Notification,
        now: Duration,
        out: &mut O,
    ) {
        let id = minted(subscription.as_i64());
        if let Some(id) = id.filter(|id| self.ears.hear(*id)) {
            return self.on_change(id, notification, now, out);
        }
        let exchange = id.and_then(|id| self.in_flight.get(&id));
        let Some(InFlight {
            origin: Origin::Client(client),
            ..
        }) = exchange
        else {
            return out.anomaly(Anomaly::UnknownSubscription);
        };
        listen::tell(&client.owner, &client.id, notification, out);
    }
}

/// Brings progress to the client of an exchange, under the client's own token.
pub(super) fn tell_progress<O: Outlet>(owner: &O::Exchange, token: &Raw, progress: &RawObject, out: &mut O) {
    if out.carries(owner) {
        let params = progress.edit().set("progressToken", token.clone()).finish();
        out.interim(owner, encode::notification(method::PROGRESS, Some(&params)));
    }
}

/// Whether a client wants log messages of this level on the exchange's own stream.
pub(super) fn asks_for<E>(client: &ClientExchange<E>, level: LogLevel) -> bool {
    client.bridge.log_level().is_some_and(|lowest| level >= lowest)
}

/// A modern server's question for a modern client: what it wants to see again comes back only from that client, and
/// only with that request.
fn seal_state<O: Outlet>(owner: &O::Exchange, method: &str, result: Raw, now: Duration, out: &mut O) -> Raw {
    match input_required::state_of(method, &result) {
        Some(state) => {
            let sealed = out.seal(owner, &Retry::Own(state), now + STATE_AGE);
            input_required::replace_state(&result, &sealed)
        }
        None => result,
    }
}

/// An id that we may have minted.
pub(super) fn minted_id(id: &Id) -> Option<UpstreamId> {
    match id {
        Id::Integer(number) => minted(Some(*number)),
        Id::String(_) => None,
    }
}

/// An id or token that we may have minted.
pub(super) fn minted(number: Option<i64>) -> Option<UpstreamId> {
    u64::try_from(number?).ok().map(UpstreamId)
}

/// A modern server's result for a modern client: as it is, but for what names
/// our id or this endpoint's revisions.
fn modern_result(id: UpstreamId, client: &Id, method: &str, result: Raw) -> Raw {
    match method {
        method::DISCOVER => opening::widen_discovery(&result),
        method::LISTEN if subscription_id(Some(&result)) == Some(id.to_raw()) => {
            with_subscription_id(Some(&result), &client.to_raw())
        }
        _ => result,
    }
}
