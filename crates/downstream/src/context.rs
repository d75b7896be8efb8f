//! One HTTP request on its way: what it may do, and which session it belongs to.

use std::sync::Arc;

use http::request::Parts;
use pontoon_jsonrpc::Request;
use pontoon_mcp::method;
use pontoon_policy::{Caller, LimitReached, Permit};
use pontoon_session::{Refused, Session, SessionId, Transport};

use crate::backend::Backend;
use crate::gateway::Shared;
use crate::hosted::Hosted;
use crate::registration::Registration;
use crate::status::Fault;

/// One HTTP request: where it goes and who sent it.
pub(crate) struct Context<'a, B: Backend> {
    pub(crate) shared: &'a Arc<Shared<B>>,
    pub(crate) server: &'a Hosted<B>,
    pub(crate) caller: Caller,
    /// What the proxies in front remove from the path.
    pub(crate) public_prefix: &'a str,
    pub(crate) head: &'a Parts,
}

impl<B: Backend> Context<'_, B> {
    /// Asks policy for a message within a session.
    ///
    /// # Errors
    ///
    /// [`Fault::Busy`] when there is no room.
    pub(crate) fn permit<T>(&self, message: T) -> Result<Permit<T>, Fault> {
        let name = self.server.name();
        Ok(self.shared.policy.permit(&self.caller, name, message)?)
    }

    /// As [`Context::permit`], for a message that starts something.
    ///
    /// # Errors
    ///
    /// Also [`Fault::Draining`].
    pub(crate) fn permit_new<T>(&self, message: T) -> Result<Permit<T>, Fault> {
        self.refuse_while_draining()?;
        self.permit(message)
    }

    /// Asks policy for a request outside of any session.
    ///
    /// # Errors
    ///
    /// [`Fault::Draining`], [`Fault::Busy`], or [`Fault::Quota`] when the
    /// caller itself has too much going on.
    pub(crate) fn permit_alone(&self, request: Request) -> Result<Permit<Request>, Fault> {
        self.refuse_while_draining()?;
        let (policy, name) = (&self.shared.policy, self.server.name());
        Ok(if *request.method == *method::LISTEN {
            policy.permit_listener(&self.caller, name, request)?
        } else {
            policy.permit_alone(&self.caller, name, request)?
        })
    }

    /// # Errors
    ///
    /// [`Fault::Draining`].
    pub(crate) fn refuse_while_draining(&self) -> Result<(), Fault> {
        match self.shared.is_draining() {
            true => Err(Fault::Draining),
            false => Ok(()),
        }
    }

    /// Makes a session for the caller and takes it into the registry.
    ///
    /// # Errors
    ///
    /// [`Fault::Busy`] or [`Fault::Quota`].
    pub(crate) fn register(&self, transport: Transport) -> Result<Registration<B>, Fault> {
        if self.shared.is_draining() {
            return Err(Fault::Draining);
        }
        let settings = &self.shared.settings;
        let session = Session::new(
            (settings.session_ids)(),
            self.server.owner(&self.caller),
            transport,
            settings.streams,
            self.shared.now(),
        );
        let session = Arc::new(session);
        self.shared
            .sessions
            .insert(Arc::clone(&session))
            .map_err(|refused| match refused {
                Refused::Total => Fault::Busy(LimitReached {
                    name: "max_sessions",
                    limit: settings.sessions.total,
                }),
                Refused::PerPrincipal => Fault::Quota(LimitReached {
                    name: "max_sessions_per_principal",
                    limit: settings.sessions.per_principal,
                }),
            })?;
        Ok(Registration::new(Arc::clone(self.shared), session))
    }

    /// Finds the caller's session and notes that it is used.
    ///
    /// # Errors
    ///
    /// [`Fault::UnknownSession`], whatever the reason.
    pub(crate) fn session(
        &self,
        id: &[u8],
        transport: Transport,
    ) -> Result<Arc<Session<B::Attachment>>, Fault> {
        let id = SessionId::parse(id).map_err(|_| Fault::UnknownSession)?;
        let session = self
            .shared
            .sessions
            .get(id, &self.server.expected_owner(&self.caller))
            .ok_or(Fault::UnknownSession)?;
        // The stream of HTTP+SSE is the session: without it there is none, even
        // if nobody has cleared it away yet.
        let stands = match transport {
            Transport::HttpSse | Transport::Stdio => session.is_attached(),
            Transport::Streamable => !session.is_closed(),
        };
        if session.transport() != transport || !stands {
            return Err(Fault::UnknownSession);
        }
        session.touch(self.shared.now());
        Ok(session)
    }
}
