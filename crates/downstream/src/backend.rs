//! One hosted server, as the transports see it.

use std::future::Future;
use std::sync::Arc;

use pontoon_jsonrpc::{Notification, Request, Response};
use pontoon_mcp::meta::RequestMeta;
use pontoon_mcp::{LegacyRevision, MirroredParameter};
use pontoon_policy::{Caller, Permit};
use pontoon_session::{Outbox, Session};
use tokio::sync::Notify;

/// Where the messages of one exchange go, and what its client can take.
#[derive(Clone, Debug)]
pub struct Target {
    /// Takes interim messages and, always, exactly one answer.
    pub outbox: Arc<Outbox>,
    /// Whether interim messages can be carried at all.
    pub streaming: Streaming,
}

/// Whether the client of an exchange accepts a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Streaming {
    /// Interim messages reach the client on this exchange's own stream.
    Accepted,
    /// The client takes a single JSON answer and nothing before it.
    Refused,
}

/// Whether a legacy request can be served outside a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SessionNeed {
    /// Each session has a process of its own: requests need a session.
    Required,
    /// The server is shared or in this process: a request can stand alone.
    Optional,
}

/// A client's answer to a question that nobody asked it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no question with that id is open in this session")]
pub struct UnknownQuestion;

/// One hosted server. The broker implements it; the transports know no more.
///
/// Every request that a method takes is answered exactly once, in the outbox
/// of its [`Target`]; errors of any kind are answers too. Futures resolve when
/// the message is on its way (or answered already), not when the answer is
/// there; dropping one before gives the message up, which is only done when
/// the client is gone.
pub trait Backend: Send + Sync + 'static {
    /// What the broker attaches to a session: its lease.
    type Attachment: Send + Sync + 'static;

    /// The server's name, as in its URLs.
    fn name(&self) -> &str;

    /// Whether legacy requests need a session.
    fn session_need(&self) -> SessionNeed;

    /// Rung when a modern exchange is abandoned; exchanges of stateless
    /// clients are made with [`Detach::Abandon`](pontoon_session::Detach) and this.
    fn bell(&self) -> &Arc<Notify>;

    /// `initialize`: attaches a lease to the session, settles its revision,
    /// then answers. If the answer is an error the session was not opened.
    fn open(
        &self,
        caller: &Caller,
        session: &Arc<Session<Self::Attachment>>,
        request: Permit<Request>,
        target: Target,
    ) -> impl Future<Output = ()> + Send;

    /// A further request of an open session.
    fn request(
        &self,
        session: &Arc<Session<Self::Attachment>>,
        request: Permit<Request>,
        target: Target,
    ) -> impl Future<Output = ()> + Send;

    /// A notification of an open session.
    fn notification(
        &self,
        session: &Arc<Session<Self::Attachment>>,
        notification: Permit<Notification>,
    ) -> impl Future<Output = ()> + Send;

    /// A client's answer to a question.
    ///
    /// # Errors
    ///
    /// [`UnknownQuestion`], if this session was not asked or has answered.
    fn reply(
        &self,
        session: &Arc<Session<Self::Attachment>>,
        response: Permit<Response>,
    ) -> Result<(), UnknownQuestion>;

    /// A legacy request without a session, where [`Backend::session_need`] allows it.
    fn once(
        &self,
        caller: &Caller,
        revision: LegacyRevision,
        request: Permit<Request>,
        target: Target,
    ) -> impl Future<Output = ()> + Send;

    /// A modern request.
    fn stateless(
        &self,
        caller: &Caller,
        meta: RequestMeta,
        request: Permit<Request>,
        target: Target,
    ) -> impl Future<Output = ()> + Send;

    /// The session is over: its lease can go. Returns at once.
    fn close(&self, session: &Arc<Session<Self::Attachment>>);

    /// The arguments of a tool that headers have to repeat, where the server's list of tools for this caller was seen
    /// (2026-07-28, Streamable HTTP, "Custom Headers from Tool Parameters").
    fn mirrored(&self, caller: &Caller, tool: &str) -> Option<Arc<[MirroredParameter]>> {
        let _ = (caller, tool);
        None
    }

    /// The gateway stops: end `subscriptions/listen` streams with their
    /// completion result, answer what is in flight or let it finish, then stop
    /// every upstream. Resolves when nothing is left running.
    fn drain(&self) -> impl Future<Output = ()> + Send;
}
