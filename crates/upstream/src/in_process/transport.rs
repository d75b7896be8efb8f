//! rmcp's side of the connection: typed messages instead of bytes.

use std::convert::Infallible;
use std::sync::Arc;

use bytes::Bytes;
use rmcp::RoleServer;
use rmcp::model::{ClientJsonRpcMessage, ServerJsonRpcMessage};
use rmcp::transport::Transport;

use crate::connection::Listener;
use crate::in_process::decode::{Decoded, decode};
use crate::in_process::encode::encode;
use crate::in_process::lifecycle::Lifecycle;
use crate::queued::{Inbox, Shared};

/// The transport that rmcp's loop runs on.
pub(crate) struct Channel {
    inbox: Inbox,
    lifecycle: Lifecycle,
    listener: Arc<dyn Listener>,
    shared: Arc<Shared>,
}

impl Channel {
    pub(crate) fn new(
        inbox: Inbox,
        lifecycle: Lifecycle,
        listener: Arc<dyn Listener>,
        shared: Arc<Shared>,
    ) -> Self {
        Self {
            inbox,
            lifecycle,
            listener,
            shared,
        }
    }

    /// What the loop gets of a message; `None` if it is dealt with here.
    fn admit(&mut self, message: &Bytes) -> Option<ClientJsonRpcMessage> {
        let message = match decode(message) {
            Decoded::Message(message) => *message,
            Decoded::Answer(answer) => {
                // As if the server had said it. We are in its task here, not in the sender's.
                self.deliver(answer);
                return None;
            }
            Decoded::Nothing(why) => {
                self.shared.tally.refused_messages.add_one();
                tracing::debug!(server = %self.shared.name, why, "message dropped");
                return None;
            }
        };
        let admitted = self.lifecycle.admits(&message);
        if !admitted {
            tracing::debug!(server = %self.shared.name, "message came too early");
        }
        admitted.then_some(message)
    }

    fn deliver(&self, message: pontoon_jsonrpc::Message) {
        self.shared.tally.received.add_one();
        self.listener.message(message);
    }
}

impl Transport<RoleServer> for Channel {
    type Error = Infallible;

    /// Everything is done before the future is returned: no copy of the message waits, and the order is the loop's.
    fn send(
        &mut self,
        message: ServerJsonRpcMessage,
    ) -> impl Future<Output = Result<(), Infallible>> + Send + 'static {
        match encode(message, self.shared.max_message) {
            Ok(message) => self.deliver(message),
            Err(why) => {
                self.shared.tally.refused_messages.add_one();
                tracing::error!(server = %self.shared.name, %why, "message lost");
            }
        }
        std::future::ready(Ok(()))
    }

    /// Cancel-safe: nothing is awaited after a message was taken.
    async fn receive(&mut self) -> Option<ClientJsonRpcMessage> {
        loop {
            let message = self.inbox.next().await?;
            if let Some(message) = self.admit(&message) {
                return Some(message);
            }
        }
    }

    async fn close(&mut self) -> Result<(), Infallible> {
        Ok(())
    }
}
