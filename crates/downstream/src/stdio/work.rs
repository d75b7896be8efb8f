//! What is under way on one pipe.

use std::collections::HashMap;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_util::future::{AbortHandle, Abortable};
use futures_util::stream::{FuturesUnordered, Stream as _};
use pontoon_jsonrpc::Id;

use super::outlet::Forwarded;
use crate::caught::Panicked;

type Task = Pin<Box<dyn Future<Output = Option<Done>> + Send>>;

/// What a call is, as far as its end and its cancellation are concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// `initialize`, which clients must not cancel.
    Opening,
    /// A request of the legacy session.
    Legacy,
    /// A request of the legacy session in a batch, which sees to its answer itself.
    Batched,
    /// A modern request.
    Modern,
    /// A modern stream of changes: it rests, and nobody waits for its end.
    Listener,
}

/// Something that has come to its end.
#[derive(Debug)]
pub(crate) enum Done {
    /// A call.
    Call(Id, Role, Result<Forwarded, Panicked>),
    /// The stream of a session.
    Stream(Forwarded),
    /// A notification has been passed on.
    Note,
}

struct Call {
    abort: AbortHandle,
    role: Role,
}

/// Futures of calls, in the order in which they came: each is polled once
/// before the next message is read, so nothing overtakes anything.
#[derive(Default)]
pub(crate) struct Work {
    tasks: FuturesUnordered<Task>,
    calls: HashMap<Id, Call>,
}

impl Work {
    /// Whether a call with that id is under way.
    pub(crate) fn has(&self, id: &Id) -> bool {
        self.calls.contains_key(id)
    }

    /// What the call with that id is.
    pub(crate) fn role(&self, id: &Id) -> Option<Role> {
        self.calls.get(id).map(|call| call.role)
    }

    /// Whether somebody waits for an answer.
    pub(crate) fn is_awaited(&self) -> bool {
        self.calls.values().any(|call| call.role != Role::Listener)
    }

    /// Whether nothing at all is under way.
    pub(crate) fn is_empty(&self) -> bool {
        self.tasks.is_empty()
    }

    /// Carries out a call, whose id no other one has.
    pub(crate) fn call(
        &mut self,
        id: Id,
        role: Role,
        call: impl Future<Output = Result<Forwarded, Panicked>> + Send + 'static,
    ) {
        let (abort, registration) = AbortHandle::new_pair();
        let key = id.clone();
        let call = Abortable::new(call, registration);
        self.tasks.push(Box::pin(async move {
            let result = call.await.ok()?;
            Some(Done::Call(id, role, result))
        }));
        self.calls.insert(key, Call { abort, role });
    }

    /// Carries out something that has no id.
    pub(crate) fn add(&mut self, task: impl Future<Output = Done> + Send + 'static) {
        self.tasks.push(Box::pin(async move { Some(task.await) }));
    }

    /// Gives a call up: nothing of it reaches the client any more.
    pub(crate) fn give_up(&mut self, id: &Id) {
        if let Some(call) = self.calls.remove(id) {
            call.abort.abort();
        }
    }

    /// Gives everything up.
    pub(crate) fn clear(&mut self) {
        *self = Self::default();
    }

    /// Waits until something has come to its end; for ever where nothing is under way.
    pub(crate) async fn next(&mut self) -> Done {
        std::future::poll_fn(|cx| self.poll_next(cx)).await
    }

    fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Done> {
        loop {
            match Pin::new(&mut self.tasks).poll_next(cx) {
                // Given up.
                Poll::Ready(Some(None)) => {}
                Poll::Ready(Some(Some(done))) => {
                    self.note(&done);
                    return Poll::Ready(done);
                }
                Poll::Ready(None) | Poll::Pending => return Poll::Pending,
            }
        }
    }

    fn note(&mut self, done: &Done) {
        match done {
            Done::Call(id, ..) => drop(self.calls.remove(id)),
            Done::Stream(_) | Done::Note => {}
        }
    }
}
