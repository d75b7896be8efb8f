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

#[cfg(test)]
mod tests {
    use std::sync::Mutex;
    use std::sync::atomic::AtomicUsize;

    use super::*;

    /// An owner that counts how often it is woken.
    #[derive(Default)]
    struct Owner(AtomicUsize);

    impl Wake for Owner {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::SeqCst);
        }
    }

    impl Owner {
        /// Waits once; `look` says what it sees.
        fn wait(self: &Arc<Self>, bell: &Bell, look: impl FnMut(&mut Context<'_>) -> Poll<u8>) -> Poll<u8> {
            let waker = Waker::from(Arc::clone(self));
            bell.wait(&mut Context::from_waker(&waker), look)
        }

        fn woken(&self) -> usize {
            self.0.load(Ordering::SeqCst)
        }
    }

    #[test]
    fn what_comes_while_the_owner_sleeps_wakes_it() {
        let (bell, owner) = (Bell::new(), Arc::<Owner>::default());
        let registered = Mutex::new(None);
        let look = |cx: &mut Context<'_>| {
            *registered.lock().expect("nothing panics") = Some(cx.waker().clone());
            Poll::Pending
        };
        assert_eq!(owner.wait(&bell, look), Poll::Pending);
        assert_eq!(owner.woken(), 0);
        let waker = registered.into_inner().expect("nothing panics");
        waker.expect("it was looked").wake();
        assert_eq!(owner.woken(), 1);
        assert_eq!(owner.wait(&bell, |_| Poll::Ready(7)), Poll::Ready(7));
    }

    #[test]
    fn what_comes_while_the_owner_looks_is_seen_at_once_and_wakes_nobody() {
        let (bell, owner) = (Bell::new(), Arc::<Owner>::default());
        let mut looks = 0;
        let look = |cx: &mut Context<'_>| {
            looks += 1;
            if looks == 2 {
                return Poll::Ready(7);
            }
            cx.waker().wake_by_ref();
            Poll::Pending
        };
        assert_eq!(owner.wait(&bell, look), Poll::Ready(7));
        assert_eq!((looks, owner.woken()), (2, 0));
    }

    #[test]
    fn who_is_called_every_time_comes_back_later() {
        let (bell, owner) = (Bell::new(), Arc::<Owner>::default());
        let mut looks = 0;
        let look = |cx: &mut Context<'_>| {
            looks += 1;
            cx.waker().wake_by_ref();
            Poll::Pending
        };
        assert_eq!(owner.wait(&bell, look), Poll::Pending);
        assert_eq!((looks, owner.woken()), (MAX_LOOKS, 1));
    }
}
