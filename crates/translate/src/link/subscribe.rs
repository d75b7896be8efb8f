//! `resources/subscribe` and `resources/unsubscribe` of legacy sessions.

use pontoon_jsonrpc::Request;
use pontoon_mcp::error::invalid_request;

use super::{Duration, Effect, Link, MemberId, Outlet, Raw, accept, refuse};
use crate::interest::{MAX_RESOURCES, uri};

impl<O: Outlet> Link<O> {
    /// Counted from here on, so that nobody else's end of a subscription ends
    /// this one while it is under way.
    pub(super) fn subscribe_member(
        &mut self,
        owner: O::Exchange,
        member: MemberId,
        request: Request,
        now: Duration,
        out: &mut O,
    ) {
        let uri = uri(request.params.as_ref());
        let (Some(uri), Some(own)) = (uri, self.members.get_mut(&member)) else {
            // The server says what is wrong.
            return self.forward(owner, Some(member), request, Effect::None, now, out);
        };
        if own.uris.len() >= MAX_RESOURCES && !own.uris.contains(&uri) {
            let error = invalid_request(format!(
                "Invalid request: this session is subscribed to {MAX_RESOURCES} resources, which is the limit; \
                 unsubscribe from some"
            ));
            return refuse(owner, &request.id, &error, out);
        }
        if own.uris.insert(uri.clone()) {
            self.subscriptions.take(&uri);
        }
        self.forward(owner, Some(member), request, Effect::Subscribe(uri), now, out);
    }

    /// The server hears of it only if nobody else needs the subscription.
    pub(super) fn unsubscribe_member(
        &mut self,
        owner: O::Exchange,
        member: MemberId,
        request: Request,
        now: Duration,
        out: &mut O,
    ) {
        let uri = uri(request.params.as_ref());
        let (Some(uri), Some(own)) = (uri, self.members.get_mut(&member)) else {
            return self.forward(owner, Some(member), request, Effect::None, now, out);
        };
        let had = own.uris.remove(&uri);
        if had {
            self.subscriptions.release(&uri);
        }
        if self.subscriptions.contains(&uri) {
            return accept(owner, &request.id, &Raw::empty_object(), out);
        }
        let effect = if had {
            Effect::Unsubscribe(uri)
        } else {
            Effect::None
        };
        self.forward(owner, Some(member), request, effect, now, out);
    }
}
