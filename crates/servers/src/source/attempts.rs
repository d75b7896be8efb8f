//! When to ask an API again.

use std::time::Duration;

use super::{SourceError, SourceSettings};

/// The attempts at one request.
pub(super) struct Attempts<'a> {
    settings: &'a SourceSettings,
    left: u32,
    pause: Duration,
}

impl<'a> Attempts<'a> {
    pub(super) fn new(settings: &'a SourceSettings) -> Self {
        Self {
            settings,
            left: settings.attempts - 1,
            pause: settings.backoff,
        }
    }

    pub(super) fn go_on_after(&self, error: &SourceError) -> bool {
        self.left > 0 && error.is_transient(self.settings.final_messages)
    }

    /// Waits before the next attempt: as long as the API wishes, at least as long as we do.
    pub(super) async fn pause(&mut self, error: &SourceError) {
        tracing::debug!(%error, "asking again");
        let wished = error.retry_after().unwrap_or_default();
        tokio::time::sleep(self.settings.jittered(self.pause).max(wished)).await;
        self.left -= 1;
        self.pause = self.pause.saturating_mul(2);
    }
}
