//! Modern listeners and legacy subscriptions on a legacy server.

use pontoon_jsonrpc::RawObject;
use pontoon_mcp::meta::{META, SUBSCRIPTION_ID};

use super::{
    Anomaly, BTreeSet, Duration, Id, InFlight, Interest, Link, Listener, Notification, Opened, Origin,
    Outlet, Purpose, Raw, Server, Sharing, UpstreamId, accept, cancelled, encode, method, post, refuse,
};
use crate::interest::{covers_uri, uri};
use crate::modern_to_legacy;
use crate::straight::with_subscription_id;

impl<O: Outlet> Link<O> {
    /// `subscriptions/listen` in front of a legacy server: acknowledged with
    /// what the server's capabilities allow, subscribed, and kept until the
    /// client or the gateway ends it.
    pub(super) fn listen(
        &mut self,
        owner: O::Exchange,
        id: Id,
        params: Option<&Raw>,
        now: Duration,
        out: &mut O,
    ) {
        let interest = match Interest::read(params) {
            Ok(interest) => interest,
            Err(error) => return refuse(owner, &id, &error, out),
        };
        let features = self.opened().map(|opened| opened.features).unwrap_or_default();
        let interest = interest.supported_by(features);
        // Where every message travels by itself, what the client does next could be there before the subscription.
        let waits = self.says_whose;
        if !waits {
            out.interim(&owner, acknowledgement(&id, &interest));
        }
        let mut awaited = Vec::new();
        for uri in &interest.uris {
            if self.subscriptions.take(uri) {
                self.subscribe(uri, now, out);
                awaited.push(UpstreamId(self.next_id - 1));
            }
        }
        awaited.retain(|sent| waits && self.in_flight.contains_key(sent));
        if waits && awaited.is_empty() {
            out.interim(&owner, acknowledgement(&id, &interest));
        }
        let key = self.mint();
        let listener = Listener {
            owner,
            id,
            interest,
            awaited,
        };
        self.listeners.insert(key, listener);
    }

    /// The server has answered a subscription, or will not.
    pub(super) fn subscription_settled(&mut self, sent: UpstreamId, out: &mut O) {
        for listener in self.listeners.values_mut() {
            if listener.awaited.contains(&sent) {
                listener.awaited.retain(|awaited| *awaited != sent);
                if listener.awaited.is_empty() {
                    out.interim(&listener.owner, acknowledgement(&listener.id, &listener.interest));
                }
            }
        }
    }

    /// Nothing is waited for any more: what was subscribed to is subscribed to again.
    pub(super) fn acknowledge_listeners(&mut self, out: &mut O) {
        for listener in self.listeners.values_mut() {
            acknowledge(listener, out);
        }
    }

    /// A listener's client is gone.
    pub(super) fn stop_listening(&mut self, key: UpstreamId, now: Duration, out: &mut O) {
        if let Some(listener) = self.listeners.remove(&key) {
            self.release_all(&listener.interest.uris, now, out);
        }
    }

    /// Ends all listeners the way that 2026-07-28, Subscriptions, "Graceful
    /// Closure" asks for.
    pub fn end_listeners(&mut self, out: &mut O) {
        let server_info = self.opened().and_then(Opened::server_info).cloned();
        for (_, mut listener) in std::mem::take(&mut self.listeners) {
            acknowledge(&mut listener, out);
            for uri in &listener.interest.uris {
                self.subscriptions.release(uri);
            }
            let result = with_subscription_id(None, &listener.id.to_raw());
            let result = modern_to_legacy::result(method::LISTEN, &result, server_info.as_ref());
            accept(listener.owner, &listener.id, &result, out);
        }
        self.ears.close();
        let listens = |exchange: &InFlight<O::Exchange>| exchange.method == method::LISTEN;
        for id in self.in_flight_where(listens) {
            post(cancelled(id.to_raw(), None), out);
            self.complete_forwarded_listener(id, out);
        }
    }

    /// The same for a listener whose stream comes from a modern server.
    pub(super) fn complete_forwarded_listener(&mut self, id: UpstreamId, out: &mut O) {
        let Some(InFlight {
            origin: Origin::Client(client),
            ..
        }) = self.in_flight.remove(&id)
        else {
            return;
        };
        let result = with_subscription_id(None, &client.id.to_raw());
        let result = modern_to_legacy::result(method::LISTEN, &result, None);
        accept(client.owner, &client.id, &result, out);
    }

    pub(super) fn subscribe(&mut self, uri: &str, now: Duration, out: &mut O) {
        let params = resource(uri);
        let sent = self.send_own(method::SUBSCRIBE, Some(&params), Purpose::Subscribe, now, out);
        if sent.is_err() {
            out.anomaly(Anomaly::Undeliverable);
        }
    }

    /// Somebody who was subscribed to `uris` is gone.
    pub(super) fn release_all(&mut self, uris: &BTreeSet<String>, now: Duration, out: &mut O) {
        for uri in uris {
            if self.subscriptions.release(uri) && self.is_open() && self.server == Server::Legacy {
                let params = resource(uri);
                let sent = self.send_own(method::UNSUBSCRIBE, Some(&params), Purpose::Unsubscribe, now, out);
                if sent.is_err() {
                    out.anomaly(Anomaly::Undeliverable);
                }
            }
        }
    }

    /// Brings a change to every session and listener that wants it: one copy each.
    pub(super) fn publish(&mut self, change: &Notification, out: &mut O) {
        let uri = uri(change.params.as_ref());
        let of_resource = change.method == method::RESOURCE_UPDATED;
        let legacy = encode::notification(&change.method, change.params.as_ref());
        for member in self.members.values() {
            let wanted = !of_resource || uri.as_deref().is_some_and(|uri| covers_uri(&member.uris, uri));
            // An exclusive legacy server's own idea of who subscribed is the better one.
            let decides = (self.sharing, self.server) == (Sharing::Exclusive, Server::Legacy);
            if (wanted && member.is_greeted) || decides {
                match of_resource {
                    true => out.notify(&member.handle, legacy.clone()),
                    false => out.hint(&member.handle, legacy.clone()),
                }
            }
        }
        for listener in self.listeners.values_mut() {
            if listener.interest.covers(&change.method, uri.as_deref()) {
                acknowledge(listener, out);
                tell(&listener.owner, &listener.id, change, out);
            }
        }
    }
}

/// The acknowledgement is the first that a listener hears.
fn acknowledge<O: Outlet>(listener: &mut Listener<O::Exchange>, out: &mut O) {
    if !std::mem::take(&mut listener.awaited).is_empty() {
        out.interim(&listener.owner, acknowledgement(&listener.id, &listener.interest));
    }
}

/// Brings a notification to a listener, under the listener's own id.
pub(super) fn tell<O: Outlet>(listener: &O::Exchange, id: &Id, change: &Notification, out: &mut O) {
    let params = with_subscription_id(change.params.as_ref(), &id.to_raw());
    let message = encode::notification(&change.method, Some(&params));
    if method::is_list_change(&change.method) {
        out.interim_hint(listener, message);
    } else {
        out.interim(listener, message);
    }
}

/// Parameters that name one resource.
pub(super) fn resource(uri: &str) -> Raw {
    #[derive(serde::Serialize)]
    struct Params<'a> {
        uri: &'a str,
    }
    Raw::encode(&Params { uri })
}

fn acknowledgement(id: &Id, interest: &Interest) -> bytes::Bytes {
    let empty = RawObject::empty();
    let mut meta = empty.edit();
    meta.set(SUBSCRIPTION_ID, id.to_raw());
    let mut params = empty.edit();
    params.set(META, meta.finish());
    params.set("notifications", interest.to_raw());
    encode::notification(method::ACKNOWLEDGED, Some(&params.finish()))
}
