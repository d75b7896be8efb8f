//! Streamable HTTP without sessions (2026-07-28): every request stands alone.

use http::StatusCode;
use pontoon_jsonrpc::{Message, Notification, Request};
use pontoon_mcp::{error, method};
use pontoon_session::{Detach, Outbox};

use crate::accept::Accepts;
use crate::answer::{Form, Rules};
use crate::backend::{Backend, Target};
use crate::context::Context;
use crate::mirror;
use crate::response::{self, Reply};
use crate::status::{Fault, Problem};

impl<B: Backend> Context<'_, B> {
    /// A modern message that is no request.
    pub(crate) fn modern_message(&self, message: &Message) -> Result<Reply, Problem> {
        match message {
            Message::Notification(notification) => self.modern_notification(notification),
            // "The client MUST NOT send JSON-RPC responses."
            Message::Request(_) | Message::Response(_) => Err(Fault::UnexpectedResponse.into()),
        }
    }

    /// A modern request.
    pub(crate) async fn modern_request(&self, request: Request, accepts: Accepts) -> Result<Reply, Problem> {
        let id = request.id.clone();
        let meta =
            mirror::validate(&self.head.headers, &request).map_err(|error| Fault::Modern(error).of(&id))?;
        if *request.method == *method::TOOLS_CALL {
            let known = |tool: &str| self.server.backend.mirrored(&self.caller, tool);
            mirror::validate_arguments(&self.head.headers, &request, known)
                .map_err(|error| Fault::Modern(error).of(&id))?;
        }
        if method::removed_in_modern(&request.method) {
            return Err(Fault::Modern(error::method_not_found(&request.method)).of(&id));
        }
        let form = Form::new(accepts, &request.method);
        let permit = self.permit_alone(request).map_err(|fault| fault.of(&id))?;
        // "Closing the SSE response stream MUST be treated as cancellation."
        let detach = Detach::Abandon(self.server.backend.bell().clone());
        let outbox = Outbox::for_answers(1, self.shared.settings.streams.queue_bytes, detach);
        let reader = outbox.reader();
        let target = Target {
            outbox,
            streaming: form.streaming(),
        };
        self.server
            .backend
            .stateless(&self.caller, meta, permit, target)
            .await;
        self.shared.answer(reader, id, form, Rules::Modern).await
    }

    /// The revision has no notifications from clients over HTTP. Some clients
    /// still say that they cancelled what they just closed; there is nothing
    /// left to do for them.
    fn modern_notification(&self, notification: &Notification) -> Result<Reply, Problem> {
        let name = &*notification.method;
        if method::is_request(name) {
            return Err(Fault::MissingId(name.to_owned()).into());
        }
        mirror::validate_notification(&self.head.headers, name).map_err(Fault::Modern)?;
        Ok(response::empty(StatusCode::ACCEPTED))
    }
}
