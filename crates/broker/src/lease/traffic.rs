//! Messages through a lease.

use std::sync::Arc;

use bytes::Bytes;
use pontoon_jsonrpc::{Id, Message, Notification, Response};
use pontoon_translate::{Client, Fault, Incoming, MemberId, Reason, UnknownQuestion};
use pontoon_upstream::Failure;

use super::{Desk, Errand, Lease, Phase};
use crate::wiring::Owner;

impl Lease {
    /// Takes a client's request to the bridge as soon as there is a server, or
    /// answers why there is none.
    pub(crate) async fn serve(self: &Arc<Self>, incoming: Incoming<Owner>) {
        let errand = Errand::of(&incoming.request.method);
        let mut waiting = self.begin(errand, incoming);
        while let Some(incoming) = waiting {
            if let Err(fault) = self.ready_for(errand).await {
                return incoming.owner.fail(&incoming.request.id, &fault);
            }
            // The server may be gone again: nothing was sent, so that is no
            // reason to bother the client.
            waiting = self.begin(errand, incoming);
        }
    }

    /// Hands a request to the bridge; gives it back if there is no server.
    fn begin(self: &Arc<Self>, errand: Errand, incoming: Incoming<Owner>) -> Option<Incoming<Owner>> {
        let now = self.shared.clock.now();
        let mut desk = self.lock();
        if !desk.is_ready(errand) {
            return Some(incoming);
        }
        self.touch(now);
        let Desk { link, wiring, .. } = &mut *desk;
        let limit = self.shared.settings.max_in_flight_per_session;
        if let Client::Member(member) = incoming.client
            && link.calls_of(member) >= limit
        {
            let fault = Fault::before(Reason::TooManyCalls);
            incoming.owner.fail(&incoming.request.id, &fault);
            return None;
        }
        link.begin(incoming, now, wiring);
        desk.greeted |= errand == Errand::Handshake;
        self.conclude(&mut desk);
        self.arm(&mut desk);
        None
    }

    /// The client of a parked call is back. Whether its server lives is for the bridge to say.
    pub(crate) fn resume(self: &Arc<Self>, incoming: Incoming<Owner>) {
        let now = self.shared.clock.now();
        let mut desk = self.lock();
        self.touch(now);
        let Desk { link, wiring, .. } = &mut *desk;
        link.begin(incoming, now, wiring);
        self.conclude(&mut desk);
        self.arm(&mut desk);
    }

    pub(crate) fn notification(&self, member: MemberId, notification: &Notification) {
        let mut desk = self.lock();
        let Desk { link, wiring, .. } = &mut *desk;
        link.notification(member, notification, wiring);
    }

    pub(crate) fn reply(&self, member: MemberId, response: Response) -> Result<(), UnknownQuestion> {
        let mut desk = self.lock();
        let Desk { link, wiring, .. } = &mut *desk;
        link.reply(member, response, wiring)
    }

    /// A message of the server, perhaps in the answer to one of our requests. Called from the connection's task.
    pub(crate) fn message(self: &Arc<Self>, attempt: u64, message: Message, within: Option<&Id>) {
        let now = self.shared.clock.now();
        let mut desk = self.lock();
        if desk.attempt != attempt || desk.phase != Phase::Up {
            return;
        }
        let shown = self.shared.shown(&message);
        // A server that talks though nobody waits for it is not used.
        if !desk.link.is_idle() {
            self.touch(now);
        }
        let was_opening = desk.link.is_opening();
        let Desk { link, wiring, .. } = &mut *desk;
        match within {
            Some(request) => {
                self.shared.note_attribution();
                link.receive_within(message, request, now, wiring);
            }
            None => link.receive(message, now, wiring),
        }
        // Also if the server said no.
        if was_opening && !desk.link.is_opening() {
            self.changed.notify_waiters();
        }
        self.conclude(&mut desk);
        self.arm(&mut desk);
        drop(desk);
        self.shared.mirror(shown);
    }

    /// A request that the server will not answer. Called from the connection's task.
    pub(crate) fn request_failed(&self, attempt: u64, request: &Id, why: &Failure) {
        let mut desk = self.lock();
        if desk.attempt != attempt || desk.phase != Phase::Up {
            return;
        }
        let Desk { link, wiring, .. } = &mut *desk;
        link.request_failed(request, &fault_of(why), wiring);
        self.conclude(&mut desk);
    }
}

impl Lease {
    /// A request that the server did not take. Called from the connection's task.
    pub(crate) fn request_returned(&self, attempt: u64, request: &Id, message: Bytes) {
        let mut desk = self.lock();
        if desk.attempt == attempt && desk.phase == Phase::Up {
            let Desk { link, wiring, .. } = &mut *desk;
            link.request_returned(request, message, wiring);
        }
    }
}

/// What clients are told of it.
fn fault_of(failure: &Failure) -> Fault {
    let reason = match failure {
        Failure::Unreachable(_) => Reason::Unreachable,
        Failure::Broken(_) => Reason::Broken,
        Failure::Unauthorized(_) => Reason::Unauthorized,
        Failure::Busy(_) => Reason::Busy,
        Failure::Status(_) | Failure::Protocol(_) => Reason::Protocol,
        Failure::TooLarge(_) => Reason::TooLarge,
    };
    if failure.may_have_been_processed() {
        Fault::after(reason)
    } else {
        Fault::before(reason)
    }
}
