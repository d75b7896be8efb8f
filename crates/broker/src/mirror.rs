//! What an event channel shows of a server.

use pontoon_jsonrpc::{Message, Notification};
use pontoon_mcp::method;

use crate::shared::Shared;

impl Shared {
    /// Shows a message of the server to those who listen, if it is one that others than its client may see where the
    /// configuration says so: never an answer and never a question.
    pub(crate) fn mirror(&self, message: &Message) {
        if let (Some(hub), Message::Notification(notification)) = (&self.settings.mirror, message)
            && is_shown(notification)
        {
            hub.mirror(notification);
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
