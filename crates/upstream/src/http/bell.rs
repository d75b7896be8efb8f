//! A waker that is silent while its owner looks anyway.
//!
//! A connection is driven by whoever waits for its answer, and wakes whoever drives it, also for what it does in that very
//! moment. Each such call would have the runtime come back for nothing, often on another thread.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};

use futures_util::task::AtomicWaker;

/// How often is looked again at once for what was called meanwhile. A task whose budget is spent is called every time.
const MAX_LOOKS: usize = 3;

/// Wakes its owner only while that one is waiting.
pub(crate) struct Bell {
    shared: Arc<Shared>,
    /// Made once, so that what registers it again and again sees that it is the same.
    waker: Waker,
}

#[derive(Default)]
struct Shared {
    owner: AtomicWaker,
    is_waiting: AtomicBool,
    rung: AtomicBool,
}

impl Bell {
    pub(crate) fn new() -> Self {
        let shared = Arc::<Shared>::default();
        let waker = Waker::from(Arc::clone(&shared));
        Self { shared, waker }
    }

    /// What is to be polled on behalf of the owner.
    pub(crate) fn context(&self) -> Context<'_> {
        Context::from_waker(&self.waker)
    }

    /// Looks until there is something, or nothing and nobody called meanwhile.
    pub(crate) fn wait<T>(
        &self,
        cx: &mut Context<'_>,
        mut look: impl FnMut(&mut Context<'_>) -> Poll<T>,
    ) -> Poll<T> {
        let Shared {
            owner,
            is_waiting,
            rung,
        } = &*self.shared;
        is_waiting.store(false, Ordering::SeqCst);
        owner.register(cx.waker());
        for _ in 0..MAX_LOOKS {
            rung.store(false, Ordering::SeqCst);
            let seen = look(&mut self.context());
            if seen.is_ready() {
                return seen;
            }
            // In this order: who rings between the two finds us waiting, who rang before is seen.
            is_waiting.store(true, Ordering::SeqCst);
            if !rung.load(Ordering::SeqCst) {
                return Poll::Pending;
            }
            is_waiting.store(false, Ordering::SeqCst);
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}

impl Wake for Shared {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.rung.store(true, Ordering::SeqCst);
        if self.is_waiting.load(Ordering::SeqCst) {
            self.owner.wake();
        }
    }
}
