//! What an event channel shows of a server.

use pontoon_jsonrpc::{Message, Notification};
use pontoon_mcp::method;

use crate::shared::Shared;

impl Shared {
    /// What of a message of the server others than its client may see where the configuration says so: never an answer
    /// and never a question.
    pub(crate) fn shown(&self, message: &Message) -> Option<Notification> {
        match message {
            Message::Notification(notification)
                if self.settings.mirror.is_some() && is_shown(notification) =>
            {
                Some(notification.clone())
            }
            _ => None,
        }
    }

    /// Shows it to those who listen. There may be thousands: not under a lock that calls need.
    pub(crate) fn mirror(&self, shown: Option<Notification>) {
        if let (Some(hub), Some(notification)) = (&self.settings.mirror, shown) {
            hub.mirror(&notification);
        }
    }
}

fn is_shown(notification: &Notification) -> bool {
    matches!(
        &*notification.method,
        method::PROGRESS
            | method::LOG_MESSAGE
            | method::RESOURCE_UPDATED
            | method::TOOLS_CHANGED
            | method::PROMPTS_CHANGED
            | method::RESOURCES_CHANGED
    )
}
