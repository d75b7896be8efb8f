//! What a body tells its client while it runs.

use std::time::Duration;

use rmcp::model::{
    CustomNotification, LoggingLevel, LoggingMessageNotification, LoggingMessageNotificationParam,
    ProgressNotificationParam, ServerNotification,
};
use serde_json::{Value, json};

use super::{Era, Exchange, Stop, cancelled};
use crate::showcase::{audience::Change, state::severity};

/// Who the log messages say they come from.
const LOGGER: &str = "showcase";

impl Exchange {
    /// Tells how far the work is, when the client wants to know.
    pub(in crate::showcase) async fn progress(&self, done: f64, total: f64, message: impl Into<String>) {
        let Some(token) = self.context.meta.get_progress_token() else {
            return;
        };
        let update = ProgressNotificationParam::new(token, done)
            .with_total(total)
            .with_message(message);
        // The connection's end is noticed where the result is sent.
        let _ = self.context.peer.notify_progress(update).await;
    }

    /// Sends a log message if the client wants its level; says whether it did.
    pub(in crate::showcase) async fn log(&self, level: LoggingLevel, data: impl Into<Value>) -> bool {
        if !self.logs_at(level) {
            return false;
        }
        let params = LoggingMessageNotificationParam::new(level, data.into()).with_logger(LOGGER);
        let notification = LoggingMessageNotification::new(params);
        let notification = ServerNotification::LoggingMessageNotification(notification);
        self.context.peer.send_notification(notification).await.is_ok()
    }

    fn logs_at(&self, level: LoggingLevel) -> bool {
        match self.era {
            Era::Legacy => self.state().logs_at(level),
            Era::Modern => self
                .context
                .meta
                .log_level()
                .is_some_and(|threshold| severity(level) >= severity(threshold)),
        }
    }

    /// Waits, unless the client cancels the request.
    pub(in crate::showcase) async fn sleep(&self, time: Duration) -> Result<(), Stop> {
        tokio::select! {
            () = tokio::time::sleep(time) => Ok(()),
            () = self.context.ct.cancelled() => Err(cancelled()),
        }
    }

    /// Tells this request's client, and all subscribers, of a change.
    pub(in crate::showcase) async fn announce(&self, change: Change<'_>) {
        let caller = (self.era == Era::Legacy).then_some(&self.context.peer);
        self.state().audience.tell(change, caller).await;
    }

    /// Tells the client that the page of a URL elicitation has done its work (2025-11-25).
    pub(in crate::showcase) async fn elicitation_complete(&self, id: &str) {
        let method = "notifications/elicitation/complete";
        let params = json!({ "elicitationId": id });
        let notification = CustomNotification::new(method, Some(params));
        let _ = self
            .context
            .peer
            .send_notification(ServerNotification::CustomNotification(notification))
            .await;
    }
}
