//! The task that serves a handler.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use futures_util::FutureExt;
use rmcp::ServerHandler;
use rmcp::service::{QuitReason, serve_server_with_ct};

use crate::closed::Closed;
use crate::connection::Listener;
use crate::in_process::guarded::{Guarded, panic_text};
use crate::in_process::lifecycle::Lifecycle;
use crate::in_process::transport::Channel;
use crate::queued::{Inbox, Shared};

/// Serves until the end and tells the listener why.
pub(crate) async fn run<H: ServerHandler>(
    handler: H,
    inbox: Inbox,
    shared: Arc<Shared>,
    listener: Arc<dyn Listener>,
) {
    // However this ends, nobody waits for it in vain.
    let _finish = Finish(Arc::clone(&shared));
    let lifecycle = Lifecycle::new(handler.supported_protocol_versions());
    let channel = Channel::new(inbox, lifecycle, Arc::clone(&listener), Arc::clone(&shared));
    let serving = serve(Guarded::new(handler, Arc::clone(&shared)), channel, &shared);
    let ended = AssertUnwindSafe(serving).catch_unwind().await;
    let ended = ended.unwrap_or_else(|panic| format!("panicked: {}", panic_text(&*panic)));
    shared.end(Closed::Handler(ended));
    let reason = shared.reason.get().expect("set just now, if not before").clone();
    tracing::debug!(server = %shared.name, "{reason}");
    listener.closed(reason);
}

/// Returns what ended the service, in words.
async fn serve<H: ServerHandler>(service: Guarded<H>, channel: Channel, shared: &Shared) -> String {
    // Boxed, so that its 16 KiB are given back once the conversation is open:
    // a task keeps room for the largest state that it could be in.
    let opening = Box::pin(serve_server_with_ct(service, channel, shared.cancel.clone()));
    let running = match opening.await {
        Ok(running) => running,
        Err(error) => return format!("did not open: {error}"),
    };
    match running.waiting().await {
        Ok(QuitReason::JoinError(error)) | Err(error) => format!("panicked: {error}"),
        Ok(reason) => format!("ended its service ({reason:?})"),
    }
}

struct Finish(Arc<Shared>);

impl Drop for Finish {
    fn drop(&mut self) {
        self.0.finish();
    }
}
