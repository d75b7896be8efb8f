//! The legacy session of a pipe, and what its client does in it.

use std::sync::Arc;

use pontoon_jsonrpc::{ErrorObject, Id, Notification, Outcome, Refusal, Request, Response, code};
use pontoon_mcp::method;
use pontoon_policy::{Caller, Denied, Permit, Policy};
use pontoon_session::Session;

use crate::backend::{Backend, Target};
use crate::status::Fault;

/// A session, and who speaks in it.
pub(crate) struct Within<B: Backend> {
    pub(crate) backend: Arc<B>,
    pub(crate) policy: Arc<Policy>,
    pub(crate) caller: Caller,
    pub(crate) session: Arc<Session<B::Attachment>>,
}

impl<B: Backend> Clone for Within<B> {
    fn clone(&self) -> Self {
        Self {
            backend: Arc::clone(&self.backend),
            policy: Arc::clone(&self.policy),
            caller: self.caller.clone(),
            session: Arc::clone(&self.session),
        }
    }
}

impl<B: Backend> Within<B> {
    /// Asks policy for a message.
    ///
    /// # Errors
    ///
    /// There is no room.
    pub(crate) fn permit<T>(&self, message: T) -> Result<Permit<T>, Denied> {
        self.policy.permit(&self.caller, self.backend.name(), message)
    }

    /// `initialize`.
    pub(crate) async fn open(&self, request: Permit<Request>, target: Target) {
        self.backend
            .open(&self.caller, &self.session, request, target)
            .await;
    }

    /// A further request.
    pub(crate) async fn request(&self, request: Permit<Request>, target: Target) {
        self.backend.request(&self.session, request, target).await;
    }

    /// A notification.
    ///
    /// # Errors
    ///
    /// It is a request by definition, or there is no room.
    pub(crate) async fn notify(&self, notification: Notification) -> Result<(), Fault> {
        if method::is_request(&notification.method) {
            return Err(Fault::MissingId((*notification.method).to_owned()));
        }
        let permit = self.permit(notification)?;
        self.backend.notification(&self.session, permit).await;
        Ok(())
    }

    /// The client's answer to a question. One that nobody asked is nobody's to hear.
    pub(crate) fn reply(&self, response: Response) {
        let answered = match self.permit(response) {
            Ok(permit) => self.backend.reply(&self.session, permit).is_ok(),
            Err(_) => false,
        };
        if !answered {
            tracing::debug!("the client answered a question that is not open");
        }
    }

    /// Tells a server that the answer it waits for came and could not be read.
    pub(crate) fn reply_unreadable(&self, id: Id) {
        let error = ErrorObject::new(code::INTERNAL_ERROR, "the client's answer could not be read");
        self.reply(Response {
            id: Some(id),
            outcome: Outcome::Error(error),
        });
    }

    /// Ends the session.
    pub(crate) fn close(&self) {
        // First, so that what is in flight is answered while it has a stream.
        self.backend.close(&self.session);
        self.session.close();
    }
}

/// The question that a refused text may have been an answer to, and nothing else.
pub(crate) fn answers_only(refusal: &Refusal) -> Option<Id> {
    refusal.answers.clone().filter(|_| refusal.id.is_none())
}
