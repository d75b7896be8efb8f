//! What a link does to the world.

use std::time::Duration;

use bytes::Bytes;
use pontoon_jsonrpc::Raw;
use pontoon_mcp::LegacyRevision;

use crate::{Fault, Reason, Retry};

/// Takes what a [`Link`](crate::Link) decides.
///
/// The link is borrowed while these are called: implementations queue and
/// return. They never wait and never call back into the link.
pub trait Outlet {
    /// Where the messages of one exchange go.
    type Exchange;
    /// Where the messages of one legacy session go.
    type Member;
    /// What a call holds whose client is asked something: a place among those that may be.
    type Place;

    /// Writes one message to the server. A loss after that comes as
    /// [`Link::lose`](crate::Link::lose).
    ///
    /// # Errors
    ///
    /// Why the message provably was not taken.
    fn send(&mut self, message: Bytes) -> Result<(), Reason>;

    /// Whether interim messages can reach the client of this exchange on the
    /// exchange's own stream.
    fn carries(&self, exchange: &Self::Exchange) -> bool;

    /// Sends a message that is not the answer.
    fn interim(&mut self, exchange: &Self::Exchange, message: Bytes);

    /// As [`interim`](Self::interim), for a message that says no more than its
    /// equal does: where one still waits to be read, it will do.
    fn interim_hint(&mut self, exchange: &Self::Exchange, message: Bytes) {
        self.interim(exchange, message);
    }

    /// Sends the answer; `error` is its code if it is an error. The exchange
    /// is over.
    fn answer(&mut self, exchange: Self::Exchange, message: Bytes, error: Option<i64>);

    /// Sends the refusal of what is no valid request: no server sees it. The
    /// exchange is over.
    fn reject(&mut self, exchange: Self::Exchange, message: Bytes, error: i64) {
        self.answer(exchange, message, Some(error));
    }

    /// Whether a client reads a stream of this member's session for what
    /// belongs to no exchange.
    fn listens(&self, member: &Self::Member) -> bool {
        let _ = member;
        true
    }

    /// Sends a notification that belongs to no exchange.
    fn notify(&mut self, member: &Self::Member, message: Bytes);

    /// As [`notify`](Self::notify), for a message that says no more than its
    /// equal does: where one still waits to be read, it will do.
    fn hint(&mut self, member: &Self::Member, message: Bytes) {
        self.notify(member, message);
    }

    /// Sends a question that belongs to no exchange; `false` if there was no room.
    fn ask(&mut self, member: &Self::Member, message: Bytes) -> bool;

    /// A place for a call whose client is going to be asked something; `None` if all are taken.
    fn park(&mut self, exchange: &Self::Exchange) -> Option<Self::Place>;

    /// A call was given up that its server may still be at: what it asks from now on may be about that call.
    fn stray(&mut self, exchange: &Self::Exchange) {
        let _ = exchange;
    }

    /// The same for a call whose client was asked something.
    fn stray_place(&mut self, place: &Self::Place) {
        let _ = place;
    }

    /// Text for the client of this exchange to bring back, until `until`, with a retry of the same request: the retry
    /// then comes with `retry`. Nobody else can use it, nor read or change it.
    fn seal(&mut self, exchange: &Self::Exchange, retry: &Retry, until: Duration) -> String;

    /// A list of tools, or a page of one, goes to a client.
    fn listed(&mut self, tools: &Raw) {
        let _ = tools;
    }

    /// The handshake with this member settled on a revision; comes before the
    /// answer that says so.
    fn settled(&mut self, member: &Self::Member, revision: LegacyRevision);

    /// The link's own handshake is over.
    fn opened(&mut self, result: Result<(), Fault>);

    /// Something that the specification does not foresee was seen and dropped.
    fn anomaly(&mut self, anomaly: Anomaly);
}

/// Messages of a server that reach nobody, by cause: counted, never silent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Anomaly {
    /// A response to nothing: sent twice, or after a time-out or cancellation.
    UnknownResponse,
    /// An error that names no request.
    ResponseWithoutId,
    /// Progress for a token that no request in flight gave.
    UnknownToken,
    /// A notification that could be for several clients and says not for which.
    AmbiguousNotification,
    /// A notification for a subscription that nobody has.
    UnknownSubscription,
    /// A request of a modern server, which must not send any.
    RequestFromModernServer,
    /// A question that no client can be asked; the server was told.
    UnanswerableQuestion,
    /// A client's cancellation of nothing.
    UnknownCancellation,
    /// A message that nobody waits for, and that the server did not take.
    Undeliverable,
    /// A client that was asked something did not come back: the call was given up, whatever it has done by then.
    ParkedExpired,
}

impl Anomaly {
    /// A label for metrics and logs.
    pub const fn label(self) -> &'static str {
        match self {
            Self::UnknownResponse => "unknown_response",
            Self::ResponseWithoutId => "response_without_id",
            Self::UnknownToken => "unknown_token",
            Self::AmbiguousNotification => "ambiguous_notification",
            Self::UnknownSubscription => "unknown_subscription",
            Self::RequestFromModernServer => "request_from_modern_server",
            Self::UnanswerableQuestion => "unanswerable_question",
            Self::UnknownCancellation => "unknown_cancellation",
            Self::Undeliverable => "undeliverable",
            Self::ParkedExpired => "parked_expired",
        }
    }
}
