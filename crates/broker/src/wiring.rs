//! Carries out what a link decides.

use std::sync::{Arc, Weak};
use std::time::Duration;

use bytes::Bytes;
use pontoon_downstream::{Streaming, Target};
use pontoon_jsonrpc::{ErrorObject, Id, Raw, encode};
use pontoon_mcp::LegacyRevision;
use pontoon_policy::{Slot, Slots};
use pontoon_session::{Delivered, Outbox, Session};
use pontoon_translate::{Anomaly, Fault, Outlet, Reason, Retry};
use pontoon_upstream::{Connection, SendError};

use crate::annotations::Audience;
use crate::attachment::Attachment;
use crate::lease::Lease;
use crate::sealed::Origin;
use crate::seat::Seat;
use crate::shared::Shared;

/// Where an exchange's messages go, and the slots that it holds.
pub(crate) struct Owner {
    outbox: Arc<Outbox>,
    streaming: Streaming,
    _slots: Slots,
    /// Keeps the lease for as long as the exchange needs it: some leases
    /// belong to nothing else.
    lease: Option<Arc<Lease>>,
    /// What it was, if it may be answered with a question.
    origin: Option<Box<Origin>>,
    seat: Option<Arc<Seat>>,
}

/// What a call holds whose client is asked something: a place among those that may be, and its seat.
pub(crate) struct Place {
    _in_all: Slot,
    _of_account: Slot,
    seat: Option<Arc<Seat>>,
}

impl Owner {
    pub(crate) fn new(target: Target, slots: Slots) -> Self {
        Self {
            outbox: target.outbox,
            streaming: target.streaming,
            _slots: slots,
            lease: None,
            origin: None,
            seat: None,
        }
    }

    pub(crate) fn holding(self, lease: &Arc<Lease>) -> Self {
        Self {
            lease: Some(Arc::clone(lease)),
            ..self
        }
    }

    /// May be answered with a question.
    pub(crate) fn asked(self, origin: Option<Origin>, seat: Option<Seat>) -> Self {
        Self {
            origin: origin.map(Box::new),
            seat: seat.map(Arc::new),
            ..self
        }
    }

    pub(crate) fn is_abandoned(&self) -> bool {
        self.outbox.is_abandoned()
    }

    /// Answers with a fault of the gateway's own.
    pub(crate) fn fail(self, id: &Id, fault: &Fault) {
        self.refuse(id, &fault.to_error());
    }

    /// Answers with an error.
    pub(crate) fn refuse(self, id: &Id, error: &ErrorObject) {
        let message = encode::error(Some(id), error);
        // A stream that has ended needs no answer.
        let _ = self.outbox.finish(message, Some(error.code));
    }
}

/// A link's way to its server and its clients.
///
/// Sessions are held weakly: they own the lease, not the other way round.
pub(crate) struct Wiring {
    pub(crate) connection: Option<Connection>,
    shared: Arc<Shared>,
    /// Whom its server lists its tools for.
    audience: Audience,
    /// How the link's own handshake went, until somebody takes it.
    pub(crate) opened: Option<Result<(), Fault>>,
}

impl Wiring {
    pub(crate) fn new(shared: Arc<Shared>, audience: Audience) -> Self {
        Self {
            connection: None,
            shared,
            audience,
            opened: None,
        }
    }
}

impl Wiring {
    fn count_lost(&mut self, delivered: Delivered) {
        if delivered == Delivered::Dropped {
            self.anomaly(Anomaly::Undeliverable);
        }
    }
}

impl Outlet for Wiring {
    type Exchange = Owner;
    type Member = Weak<Session<Attachment>>;
    type Place = Place;

    fn send(&mut self, message: Bytes) -> Result<(), Reason> {
        let connection = self.connection.as_ref().ok_or(Reason::Exited)?;
        connection.send(message).map_err(|error| match error {
            SendError::Full => Reason::Stuck,
            // The news of its end is on the way.
            SendError::Closed => Reason::Exited,
        })
    }

    fn carries(&self, exchange: &Owner) -> bool {
        exchange.streaming == Streaming::Accepted && !exchange.outbox.has_ended()
    }

    fn interim(&mut self, exchange: &Owner, message: Bytes) {
        // An overflow ends the stream, which its reader sees.
        let _ = exchange.outbox.push(message);
    }

    fn interim_hint(&mut self, exchange: &Owner, message: Bytes) {
        // As above.
        let _ = exchange.outbox.hint(message);
    }

    fn answer(&mut self, exchange: Owner, message: Bytes, error: Option<i64>) {
        // As above; a client that is gone for good needs no answer.
        let _ = exchange.outbox.finish(message, error);
    }

    fn reject(&mut self, exchange: Owner, message: Bytes, error: i64) {
        // As above.
        let _ = exchange.outbox.refuse(message, error);
    }

    fn listens(&self, member: &Self::Member) -> bool {
        member.upgrade().is_some_and(|session| session.is_listening())
    }

    fn notify(&mut self, member: &Self::Member, message: Bytes) {
        if let Some(session) = member.upgrade() {
            self.count_lost(session.notify(message));
        }
    }

    fn hint(&mut self, member: &Self::Member, message: Bytes) {
        if let Some(session) = member.upgrade() {
            self.count_lost(session.hint(message));
        }
    }

    fn ask(&mut self, member: &Self::Member, message: Bytes) -> bool {
        member
            .upgrade()
            .is_some_and(|session| session.request(message) != Delivered::Dropped)
    }

    fn park(&mut self, exchange: &Owner) -> Option<Place> {
        let account = exchange.origin.as_ref()?.caller.account();
        let place = || {
            Ok(Place {
                _in_all: self.shared.parked.acquire()?,
                _of_account: self.shared.parked_by_account.acquire(account)?,
                seat: exchange.seat.clone(),
            })
        };
        place().map_err(|limit| self.shared.report_full(&limit)).ok()
    }

    fn stray(&mut self, exchange: &Owner) {
        if let Some(seat) = &exchange.seat {
            seat.spoil();
        }
    }

    fn stray_place(&mut self, place: &Place) {
        if let Some(seat) = &place.seat {
            seat.spoil();
        }
    }

    fn seal(&mut self, exchange: &Owner, retry: &Retry, until: Duration) -> String {
        let lease = exchange.lease.as_ref().map_or(0, |lease| lease.number());
        let origin = exchange.origin.as_deref();
        // Without an origin the exchange may not be answered with a question: nothing opens this.
        origin.map_or_else(String::new, |origin| {
            self.shared.seals.seal(lease, retry, until, origin)
        })
    }

    fn listed(&mut self, tools: &Raw) {
        self.shared.annotations.learn(&self.audience, tools);
    }

    fn settled(&mut self, member: &Self::Member, revision: LegacyRevision) {
        if let Some(session) = member.upgrade() {
            session.settle_revision(revision);
        }
        // A server that a client could open is up.
        self.opened = Some(Ok(()));
    }

    fn opened(&mut self, result: Result<(), Fault>) {
        self.opened = Some(result);
    }

    fn anomaly(&mut self, anomaly: Anomaly) {
        match anomaly {
            Anomaly::ParkedExpired => {
                let server = &self.shared.settings.name;
                tracing::info!(%server, "a client did not answer in time; its call was given up, whatever it has done by then");
            }
            _ => tracing::debug!(anomaly = anomaly.label(), "a message reached nobody"),
        }
        self.shared.counters.count_anomaly(anomaly);
    }
}
