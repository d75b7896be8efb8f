//! Sessions that nobody has decided to keep yet, or that live as long as a stream.

use std::sync::{Arc, Mutex, PoisonError};

use pontoon_session::{Session, SessionId};
use tokio::sync::Notify;

use crate::backend::Backend;
use crate::gateway::Shared;
use crate::sse_body::Hold;

/// A session in the registry that ends unless it is kept.
///
/// Dropping it, as a client does that goes away in the middle, only notes that
/// the session is abandoned; the listener's task ends it.
pub(crate) struct Registration<B: Backend> {
    shared: Arc<Shared<B>>,
    session: Arc<Session<B::Attachment>>,
    settled: bool,
}

impl<B: Backend> Registration<B> {
    pub(crate) fn new(shared: Arc<Shared<B>>, session: Arc<Session<B::Attachment>>) -> Self {
        Self {
            shared,
            session,
            settled: false,
        }
    }

    pub(crate) fn session(&self) -> &Arc<Session<B::Attachment>> {
        &self.session
    }

    /// Leaves the session to the registry.
    pub(crate) fn keep(mut self) {
        self.settled = true;
    }

    /// Ends the session.
    pub(crate) fn end(mut self) {
        self.settled = true;
        self.shared.end(&self.session);
    }
}

impl<B: Backend> Hold for Registration<B> {}

impl<B: Backend> Drop for Registration<B> {
    fn drop(&mut self) {
        if !self.settled {
            self.shared.abandoned.note(self.session.id());
        }
    }
}

/// Sessions whose clients went away without a word.
#[derive(Debug, Default)]
pub(crate) struct Abandoned {
    ids: Mutex<Vec<SessionId>>,
    noted: Notify,
}

impl Abandoned {
    fn note(&self, id: SessionId) {
        self.lock().push(id);
        self.noted.notify_one();
    }

    /// Resolves when something was noted.
    pub(crate) async fn noted(&self) {
        self.noted.notified().await;
    }

    /// What was noted since it was last asked.
    pub(crate) fn take(&self) -> Vec<SessionId> {
        std::mem::take(&mut self.lock())
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<SessionId>> {
        self.ids.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
