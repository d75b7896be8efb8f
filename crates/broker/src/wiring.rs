//! Carries out what a link decides.

use std::sync::{Arc, Weak};

use bytes::Bytes;
use pontoon_downstream::{Streaming, Target};
use pontoon_mcp::LegacyRevision;
use pontoon_policy::Slots;
use pontoon_session::{Delivered, Outbox, Session};
use pontoon_translate::{Anomaly, Fault, Outlet, Reason};
use pontoon_upstream::{Connection, SendError};

use crate::attachment::Attachment;
use crate::counters::Counters;
use crate::lease::Lease;

/// Where an exchange's messages go, and the slots that it holds.
pub(crate) struct Owner {
    outbox: Arc<Outbox>,
    streaming: Streaming,
    _slots: Slots,
    /// Keeps the lease for as long as the exchange needs it: some leases
    /// belong to nothing else.
    _lease: Option<Arc<Lease>>,
}

impl Owner {
    pub(crate) fn new(target: Target, slots: Slots) -> Self {
        Self {
            outbox: target.outbox,
            streaming: target.streaming,
            _slots: slots,
            _lease: None,
        }
    }

    pub(crate) fn holding(self, lease: &Arc<Lease>) -> Self {
        Self {
            _lease: Some(Arc::clone(lease)),
            ..self
        }
    }

    pub(crate) fn is_abandoned(&self) -> bool {
        self.outbox.is_abandoned()
    }

    /// Answers with a fault of the gateway's own.
    pub(crate) fn fail(self, id: &pontoon_jsonrpc::Id, fault: &Fault) {
        let error = fault.to_error();
        let message = pontoon_jsonrpc::encode::error(Some(id), &error);
        // A stream that has ended needs no answer.
        let _ = self.outbox.finish(message, Some(error.code));
    }
}

/// A link's way to its server and its clients.
///
/// Sessions are held weakly: they own the lease, not the other way round.
pub(crate) struct Wiring {
    pub(crate) connection: Option<Connection>,
    counters: Arc<Counters>,
    /// How the link's own handshake went, until somebody takes it.
    pub(crate) opened: Option<Result<(), Fault>>,
}

impl Wiring {
    pub(crate) fn new(counters: Arc<Counters>) -> Self {
        Self {
            connection: None,
            counters,
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
        tracing::debug!(anomaly = anomaly.label(), "a message reached nobody");
        self.counters.count_anomaly(anomaly);
    }
}
