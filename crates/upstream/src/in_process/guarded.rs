//! Notices when a handler panics.

use std::any::Any;
use std::borrow::Cow;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use futures_util::FutureExt;
use rmcp::model::{ClientNotification, ClientRequest, ProtocolVersion, ServerConfig, ServerResult};
use rmcp::service::{NotificationContext, RequestContext};
use rmcp::{ErrorData, RoleServer, ServerHandler, Service};

use crate::queued::Shared;
use crate::refused;

/// A handler whose panics answer the request that met them, and concern no other: clients without a session share
/// one handler. rmcp runs each request in a task of its own and would let a panic end that task unnoticed: the
/// request would wait for ever.
pub(crate) struct Guarded<H> {
    handler: H,
    shared: Arc<Shared>,
}

impl<H> Guarded<H> {
    pub(crate) fn new(handler: H, shared: Arc<Shared>) -> Self {
        Self { handler, shared }
    }

    async fn guard<T>(&self, work: impl Future<Output = Result<T, ErrorData>>) -> Result<T, ErrorData> {
        match AssertUnwindSafe(work).catch_unwind().await {
            Ok(outcome) => outcome,
            Err(panic) => {
                self.shared.tally.panics.add_one();
                // Its words are for operators: they may quote what the client sent.
                let what = panic_text(&*panic);
                tracing::error!(server = %self.shared.name, what, "the server panicked");
                Err(ErrorData::internal_error(
                    "The server failed at this request; others are not affected",
                    refused::gateway_data("upstream_panicked"),
                ))
            }
        }
    }
}

impl<H: ServerHandler> Service<RoleServer> for Guarded<H> {
    async fn handle_request(
        &self,
        request: ClientRequest,
        context: RequestContext<RoleServer>,
    ) -> Result<ServerResult, ErrorData> {
        self.guard(self.handler.handle_request(request, context)).await
    }

    async fn handle_notification(
        &self,
        notification: ClientNotification,
        context: NotificationContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        self.guard(self.handler.handle_notification(notification, context))
            .await
    }

    fn get_info(&self) -> ServerConfig {
        ServerHandler::get_info(&self.handler)
    }

    fn supported_protocol_versions(&self) -> Cow<'static, [ProtocolVersion]> {
        ServerHandler::supported_protocol_versions(&self.handler)
    }
}

/// What was given to `panic!`.
pub(crate) fn panic_text(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&'static str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("for a reason it did not give")
}
