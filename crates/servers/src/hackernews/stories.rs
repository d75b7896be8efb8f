//! One call: a ranking, then its stories side by side, in ranking order.

use std::sync::Arc;

use futures_util::{StreamExt, stream};
use rmcp::{
    Peer, RoleServer,
    model::{ProgressNotificationParam, ProgressToken},
    service::RequestContext,
};
use tokio::time::Instant;

use super::{
    api::{Api, Story},
    arguments::Arguments,
};
use crate::source::SourceError;

/// A story left out because it could not be fetched.
#[derive(Debug)]
pub(super) struct Skipped {
    pub(super) id: u64,
    pub(super) error: Arc<SourceError>,
}

/// What a call found.
#[derive(Debug, Default)]
pub(super) struct Stories {
    /// Compact JSON texts in ranking order.
    pub(super) shown: Vec<Arc<str>>,
    pub(super) skipped: Vec<Skipped>,
}

impl Api {
    /// The first `amount` stories of a ranking. Stories that are gone are left out silently, those
    /// that fail are named in the result; only when nothing at all could be fetched does it fail.
    pub(super) async fn stories(
        &self,
        arguments: Arguments,
        progress: &Progress,
    ) -> Result<Stories, Arc<SourceError>> {
        let deadline = Instant::now() + self.call_timeout();
        let ids = self.before(deadline, self.ranking(arguments.ranking)).await?;
        let ids = &ids[..ids.len().min(arguments.amount)];
        let mut fetched = stream::iter(ids.iter().copied())
            .map(|id| async move { (id, self.before(deadline, self.item(id)).await) })
            .buffered(self.concurrency());
        let mut stories = Stories::default();
        let mut done = 0;
        while let Some((id, outcome)) = fetched.next().await {
            stories.add(id, outcome);
            done += 1;
            progress.report(done, ids.len()).await;
            if stories.is_hopeless(self.concurrency()) {
                break;
            }
        }
        stories.unless_all_failed()
    }

    async fn before<T>(
        &self,
        deadline: Instant,
        work: impl Future<Output = Result<T, Arc<SourceError>>>,
    ) -> Result<T, Arc<SourceError>> {
        match tokio::time::timeout_at(deadline, work).await {
            Ok(outcome) => outcome,
            Err(_) => Err(Arc::new(SourceError::Deadline(self.call_timeout()))),
        }
    }
}

impl Stories {
    fn add(&mut self, id: u64, outcome: Result<Story, Arc<SourceError>>) {
        match outcome {
            Ok(story) => self.shown.extend(story),
            Err(error) if matches!(*error, SourceError::Missing(_)) => {}
            Err(error) => {
                tracing::warn!(id, %error, "a story is left out");
                self.skipped.push(Skipped { id, error });
            }
        }
    }

    /// Nothing came of the first `patience` stories: the API is down, the rest would fail too.
    fn is_hopeless(&self, patience: usize) -> bool {
        self.shown.is_empty() && self.skipped.len() >= patience
    }

    fn unless_all_failed(mut self) -> Result<Self, Arc<SourceError>> {
        if self.shown.is_empty() && !self.skipped.is_empty() {
            return Err(self.skipped.swap_remove(0).error);
        }
        Ok(self)
    }
}

/// Where to tell how far a call is: nowhere, unless the client gave a token.
pub(super) struct Progress(Option<(Peer<RoleServer>, ProgressToken)>);

impl Progress {
    pub(super) fn of(context: &RequestContext<RoleServer>) -> Self {
        Self(
            context
                .meta
                .get_progress_token()
                .map(|token| (context.peer.clone(), token)),
        )
    }

    async fn report(&self, done: usize, total: usize) {
        let Some((peer, token)) = &self.0 else { return };
        let update = ProgressNotificationParam::new(token.clone(), done as f64)
            .with_total(total as f64)
            .with_message(format!("{done} of {total}"));
        // The connection's end is noticed where the result is sent; progress is a courtesy.
        let _ = peer.notify_progress(update).await;
    }
}
