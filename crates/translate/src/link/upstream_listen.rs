//! Changes at a modern server, for legacy sessions: one `subscriptions/listen` carries what all of them want to hear.
//!
//! Source: 2026-07-28, Subscriptions.

use std::collections::BTreeSet;

use pontoon_jsonrpc::{ErrorObject, Outcome, RawObject, Request, code};
use pontoon_mcp::error::{invalid_params, invalid_request, method_not_found};
use pontoon_mcp::meta::{META, SUBSCRIPTION_ID};

use super::{
    Anomaly, Bridge, ClientExchange, Deadline, Duration, Effect, Fault, InFlight, Interest, Link, MemberId,
    Notification, Origin, Outlet, Purpose, Raw, Reason, Server, Text, UpstreamId, accept, cancelled, method,
    post, refuse,
};
use crate::interest::{MAX_RESOURCES, uri};

/// How long to wait before a stream that ended is opened again.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

const NOT_GRANTED: &str = "The server does not tell of changes of this resource";

/// The streams of changes from a modern server. There are two while what is wanted changes.
#[derive(Debug, Default)]
pub(super) struct Ears {
    /// The one that was acknowledged.
    current: Option<Ear>,
    /// The one that will take its place.
    next: Option<Ear>,
    rest: Rest,
    /// Streams that ended in a row.
    failures: u32,
    /// Changes may have been missed since sessions last heard of any.
    missed: bool,
}

/// How a stream of changes ended.
pub(super) enum Ended<'a> {
    /// The server answered the request for it.
    Answered(&'a Outcome),
    /// The server gave no answer.
    Failed(&'a Fault),
    /// The server closed it.
    Closed,
}

#[derive(Debug)]
struct Ear {
    id: UpstreamId,
    /// What was asked for; once acknowledged, without what was refused to those who wanted it.
    asked: Interest,
    /// Resources that the server agreed to.
    granted: BTreeSet<String>,
}

/// Whether a new stream may be opened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Rest {
    #[default]
    None,
    /// One ended; when the next is opened is decided when somebody looks at the clock.
    Due,
    /// Not before this time.
    Until(Duration),
    /// The server has no such thing.
    Refused,
    /// Everything ends.
    Ended,
}

impl Ears {
    /// Whether this stream is one of them.
    pub(super) fn hear(&self, id: UpstreamId) -> bool {
        let ears = [&self.current, &self.next];
        ears.into_iter().flatten().any(|ear| ear.id == id)
    }

    /// The connection is gone.
    pub(super) fn lose(&mut self) {
        self.missed |= self.current.is_some();
        self.current = None;
        self.next = None;
        if self.rest != Rest::Ended {
            self.rest = Rest::None;
        }
    }

    /// Nobody listens any more, and nobody will.
    pub(super) fn close(&mut self) {
        self.current = None;
        self.next = None;
        self.rest = Rest::Ended;
    }

    /// Whether no further stream is to come.
    fn have_settled(&self) -> bool {
        self.next.is_none() && matches!(self.rest, Rest::None | Rest::Refused | Rest::Ended)
    }

    fn grants(&self, uri: &str) -> bool {
        self.current.as_ref().is_some_and(|ear| ear.granted.contains(uri))
    }
}

impl<O: Outlet> Link<O> {
    /// `resources/subscribe` of a legacy session: answered when the server has agreed to tell of that resource.
    pub(super) fn subscribe_upstream(
        &mut self,
        owner: O::Exchange,
        member: MemberId,
        request: &Request,
        now: Duration,
        out: &mut O,
    ) {
        let uri = match self.resource_to_hear_of(member, request) {
            Ok(uri) => uri,
            Err(error) => return refuse(owner, &request.id, &error, out),
        };
        if let Some(own) = self.members.get_mut(&member)
            && own.uris.insert(uri.clone())
        {
            self.subscriptions.take(&uri);
        }
        if self.ears.grants(&uri) {
            return accept(owner, &request.id, &Raw::empty_object(), out);
        }
        let bridge = Bridge::LegacyToModern { log_level: None };
        let client = ClientExchange {
            member: Some(member),
            effect: Effect::Subscribe(uri),
            ..ClientExchange::stateless(owner, request.id.clone(), None, bridge)
        };
        let id = self.mint();
        let deadline = Deadline::fixed(now + self.timeouts.call);
        self.hold(id, client, Text::from_static(method::SUBSCRIBE), deadline);
        self.tend(now, out);
        if self.ears.have_settled() {
            let error = invalid_params(NOT_GRANTED);
            self.refuse_held(id, &error, out);
        }
    }

    fn resource_to_hear_of(&self, member: MemberId, request: &Request) -> Result<String, ErrorObject> {
        if !self.opened().is_some_and(|opened| opened.features.subscribe) {
            return Err(method_not_found(&request.method));
        }
        let uri = uri(request.params.as_ref())
            .ok_or_else(|| invalid_params("Invalid params: \"uri\" must be a string"))?;
        let own = self.members.get(&member).map(|member| &member.uris);
        if own.is_some_and(|own| own.len() >= MAX_RESOURCES && !own.contains(&uri)) {
            return Err(invalid_request(format!(
                "Invalid request: this session is subscribed to {MAX_RESOURCES} resources, which is the limit; \
                 unsubscribe from some"
            )));
        }
        // One listen carries what all of them want: what exceeds it would take the place of somebody else's.
        if self.subscriptions.len() >= MAX_RESOURCES && !self.subscriptions.contains(&uri) {
            return Err(invalid_request(format!(
                "Invalid request: the sessions on this server are subscribed to {MAX_RESOURCES} resources, which is \
                 the limit"
            )));
        }
        Ok(uri)
    }

    /// `resources/unsubscribe`: the session hears no more of it from here on.
    pub(super) fn unsubscribe_upstream(
        &mut self,
        owner: O::Exchange,
        member: MemberId,
        request: &Request,
        now: Duration,
        out: &mut O,
    ) {
        let Some(uri) = uri(request.params.as_ref()) else {
            let error = invalid_params("Invalid params: \"uri\" must be a string");
            return refuse(owner, &request.id, &error, out);
        };
        let own = self.members.get_mut(&member);
        if own.is_some_and(|own| own.uris.remove(&uri)) {
            self.subscriptions.release(&uri);
        }
        accept(owner, &request.id, &Raw::empty_object(), out);
        self.tend(now, out);
    }

    /// Opens, changes or closes the stream as the sessions want it now.
    pub(super) fn tend(&mut self, now: Duration, out: &mut O) {
        // What comes next is decided when this one is acknowledged.
        if self.server == Server::Legacy || self.ears.next.is_some() {
            return;
        }
        let wanted = self.wanted();
        match &self.ears.current {
            Some(current) if current.asked == wanted => return,
            None if wanted.is_empty() => return,
            Some(_) if wanted.is_empty() => return self.stop_hearing(out),
            _ => {}
        }
        if self.may_listen(now) {
            self.begin_listening(wanted, now, out);
        }
    }

    /// Opens a stream that ended, when its pause is over.
    pub(super) fn listen_again(&mut self, now: Duration, out: &mut O) {
        if matches!(self.ears.rest, Rest::Due | Rest::Until(_)) {
            self.tend(now, out);
        }
    }

    fn may_listen(&mut self, now: Duration) -> bool {
        if self.ears.rest == Rest::Due {
            let doublings = self.ears.failures.saturating_sub(1).min(5);
            let pause = (FIRST_PAUSE * 2_u32.pow(doublings)).min(LONGEST_PAUSE);
            self.ears.rest = Rest::Until(now + pause);
        }
        match self.ears.rest {
            Rest::None => true,
            Rest::Until(time) => time <= now,
            Rest::Due | Rest::Refused | Rest::Ended => false,
        }
    }

    /// What the greeted sessions want to hear, as far as the server offers it.
    fn wanted(&self) -> Interest {
        let Some(opened) = self.opened() else {
            return Interest::default();
        };
        if !self.members.values().any(|member| member.is_greeted) {
            return Interest::default();
        }
        let all = Interest {
            tools: true,
            prompts: true,
            resources: true,
            uris: self.subscriptions.uris().map(str::to_owned).collect(),
        };
        all.supported_by(opened.features)
    }

    fn begin_listening(&mut self, wanted: Interest, now: Duration, out: &mut O) {
        let own = self.own_params().object().unwrap_or_else(RawObject::empty);
        let params = own.edit().set("notifications", wanted.to_raw()).finish();
        let deadline = Deadline::fixed(now + self.timeouts.call);
        let sent = self.send_own_until(method::LISTEN, Some(&params), (Purpose::Listen, deadline), out);
        match sent {
            Ok(id) => {
                self.ears.rest = Rest::None;
                self.ears.next = Some(Ear {
                    id,
                    asked: wanted,
                    granted: BTreeSet::new(),
                });
            }
            Err(_) => {
                self.ears.failures += 1;
                self.ears.rest = Rest::Due;
                out.anomaly(Anomaly::Undeliverable);
            }
        }
    }

    fn stop_hearing(&mut self, out: &mut O) {
        if let Some(old) = self.ears.current.take()
            && self.in_flight.remove(&old.id).is_some()
        {
            post(cancelled(old.id.to_raw(), None), out);
        }
    }

    /// Something came on one of the streams.
    pub(super) fn on_change(
        &mut self,
        id: UpstreamId,
        notification: &Notification,
        now: Duration,
        out: &mut O,
    ) {
        if notification.method == method::ACKNOWLEDGED {
            return self.acknowledged(id, notification, now, out);
        }
        if self.ears.current.as_ref().is_none_or(|current| current.id != id) {
            // "MUST NOT send any notification on the subscription before it": the other stream tells the same.
            return out.anomaly(Anomaly::UnknownSubscription);
        }
        let change = Notification {
            method: notification.method.clone(),
            params: without_subscription(notification.params.as_ref()),
        };
        self.publish(&change, out);
    }

    fn acknowledged(&mut self, id: UpstreamId, notification: &Notification, now: Duration, out: &mut O) {
        let Some(mut new) = self.ears.next.take_if(|next| next.id == id) else {
            return;
        };
        if let Some(InFlight { deadline, .. }) = self.in_flight.get_mut(&id) {
            *deadline = Deadline::NONE;
        }
        let granted = Interest::read(notification.params.as_ref());
        new.granted = granted.map(|granted| granted.uris).unwrap_or_default();
        self.stop_hearing(out);
        self.ears.failures = 0;
        self.answer_subscribers(&new, out);
        let still = |uri: &String| new.granted.contains(uri) || self.subscriptions.contains(uri);
        new.asked.uris = std::mem::take(&mut new.asked.uris)
            .into_iter()
            .filter(still)
            .collect();
        self.ears.current = Some(new);
        if std::mem::take(&mut self.ears.missed) {
            let uris: Vec<_> = self.subscriptions.uris().map(str::to_owned).collect();
            self.hint_at_changes(&uris, out);
        }
        self.tend(now, out);
    }

    /// Tells those who subscribed whether the server agreed.
    fn answer_subscribers(&mut self, new: &Ear, out: &mut O) {
        for (id, uri) in self.subscribing(|uri| new.asked.uris.contains(uri)) {
            if new.granted.contains(&uri) {
                self.accept_held(id, out);
            } else {
                self.refuse_held(id, &invalid_params(NOT_GRANTED), out);
            }
        }
    }

    fn accept_held(&mut self, id: UpstreamId, out: &mut O) {
        if let Some(Origin::Client(client)) = self.in_flight.remove(&id).map(|held| held.origin) {
            if let Some(member) = client.member.and_then(|member| self.members.get_mut(&member)) {
                member.calls.remove(&client.id);
            }
            accept(client.owner, &client.id, &Raw::empty_object(), out);
        }
    }

    fn refuse_held(&mut self, id: UpstreamId, error: &ErrorObject, out: &mut O) {
        if let Some(Origin::Client(client)) = self.in_flight.remove(&id).map(|held| held.origin) {
            self.undo(&client);
            refuse(client.owner, &client.id, error, out);
        }
    }

    /// Subscriptions that wait for the server to agree.
    fn subscribing(&self, concerns: impl Fn(&str) -> bool) -> Vec<(UpstreamId, String)> {
        let held = self
            .client_exchanges()
            .filter_map(|(id, client)| match &client.effect {
                Effect::Subscribe(uri) if concerns(uri) => Some((id, uri.clone())),
                _ => None,
            });
        let mut held: Vec<_> = held.collect();
        held.sort_unstable();
        held
    }

    /// One of the streams ended: the server closed it, refused it, or was lost. Another one is opened after a pause.
    pub(super) fn listen_ended(&mut self, id: UpstreamId, end: &Ended<'_>, out: &mut O) {
        let refusal = match end {
            Ended::Answered(Outcome::Error(error)) => Some(error),
            Ended::Answered(Outcome::Result(_)) | Ended::Failed(_) | Ended::Closed => None,
        };
        if self.ears.current.take_if(|current| current.id == id).is_some() {
            self.ears.missed = true;
        } else if let Some(refused) = self.ears.next.take_if(|next| next.id == id) {
            let error = match (refusal, end) {
                (Some(error), _) => (*error).clone(),
                (None, Ended::Failed(fault)) => fault.to_error(),
                (None, _) => Fault::after(Reason::Broken).to_error(),
            };
            for (held, _) in self.subscribing(|uri| refused.asked.uris.contains(uri)) {
                self.refuse_held(held, &error, out);
            }
        } else {
            return;
        }
        self.ears.failures += 1;
        self.ears.rest = match refusal {
            Some(error) if error.code == code::METHOD_NOT_FOUND => Rest::Refused,
            _ => Rest::Due,
        };
    }
}

/// A notification's parameters as a legacy client knows them.
fn without_subscription(params: Option<&Raw>) -> Option<Raw> {
    let object = params?.object()?;
    let Some(meta) = object.get(META).and_then(|meta| meta.object()) else {
        return Some(object.to_raw());
    };
    let mut edit = object.edit();
    if meta.len() > 1 {
        edit.set(META, meta.edit().remove(SUBSCRIPTION_ID).finish());
    } else if object.len() > 1 {
        edit.remove(META);
    } else {
        return None;
    }
    Some(edit.finish())
}
