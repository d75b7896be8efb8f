//! The right to use one running server.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use pontoon_mcp::{LegacyRevision, method};
use pontoon_policy::Slot;
use pontoon_session::Session;
use pontoon_translate::{Fault, Introduction, Link, MemberId, Reason, Server, Sharing};
use pontoon_upstream::Closed;
use tokio::sync::Notify;

use crate::attachment::Attachment;
use crate::ear::Ear;
use crate::eras::Approach;
use crate::guard::RestartGuard;
use crate::pool::Warm;
use crate::seat::{Chair, Seat};
use crate::shared::Shared;
use crate::start;
use crate::wiring::{Owner, Wiring};

mod inquiry;
mod traffic;

/// A keyed lease without a server is not worth keeping for longer.
const DOWN_PATIENCE: Duration = Duration::from_secs(1);

/// How soon a server that only listeners want is tried again.
const EAGER_PAUSE: Duration = Duration::from_secs(5);

/// One server connection with its bridge. The connection can be lost and come
/// back; the lease stays.
pub(crate) struct Lease {
    /// Tells it from all others of its endpoint, also from those that are over.
    number: u64,
    shared: Arc<Shared>,
    /// Crashes of its servers after they were opened.
    crashes: Arc<RestartGuard>,
    desk: Mutex<Desk>,
    /// Rung whenever the phase changes.
    changed: Notify,
    /// Sessions that were dropped without a word.
    departed: Mutex<Vec<MemberId>>,
    /// Milliseconds on the endpoint's clock.
    used: AtomicU64,
    chair: Chair,
}

struct Desk {
    link: Link<Wiring>,
    /// The era in which the server was spoken to first.
    first: Server,
    /// Somebody waits to hear whether the server speaks 2026-07-28 as well.
    inquires: bool,
    wiring: Wiring,
    phase: Phase,
    opening: Opening,
    /// Its client has said `initialize`.
    greeted: bool,
    /// Counts starts: the last words of an old server are told from the first
    /// of a new one, and who waited for a start learns how that one went.
    attempt: u64,
    /// The last start that failed, and why.
    failure: Option<(u64, Fault)>,
    /// No start for the sake of listeners alone before this time.
    retry_at: Duration,
    /// When somebody looks for what cannot wait for the sweep.
    alarm: Option<Duration>,
    processes: Vec<Slot>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// No connection; the next request brings one up.
    Down,
    /// A connection is being brought up.
    Starting,
    /// Connected; the link may still be in its handshake.
    Up,
    /// Over for good.
    Closed(Reason),
}

/// Who says `initialize`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Opening {
    /// The session's client, the first time.
    ByClient,
    /// The gateway.
    ByGateway(LegacyRevision),
    /// Nobody: the server is modern.
    None,
}

/// What a request is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Errand {
    /// To open the server.
    Handshake,
    /// To see whether it lives, also meanwhile.
    Sign,
    /// Anything else.
    Call,
}

impl Errand {
    fn of(method: &str) -> Self {
        match method {
            method::INITIALIZE => Self::Handshake,
            method::PING => Self::Sign,
            _ => Self::Call,
        }
    }
}

/// For listeners: a connection must not keep the lease alive that owns it.
pub(crate) type WeakLease = Weak<Lease>;

impl Lease {
    pub(crate) fn new(
        shared: Arc<Shared>,
        approach: Approach,
        sharing: Sharing,
        introduction: Introduction,
        opening: Opening,
        crashes: Arc<RestartGuard>,
    ) -> Arc<Self> {
        let (Approach::Given(server) | Approach::Try(server)) = approach;
        let link = Link::new(server, sharing, shared.settings.timeouts, introduction);
        let link = match (approach, opening) {
            // It is known, and nobody asks it to open.
            (_, Opening::None) => link,
            (Approach::Given(Server::Legacy), _) => link,
            (Approach::Given(Server::Modern), _) => link.discovering(),
            (Approach::Try(_), _) => link.guessing(),
        };
        let desk = Desk {
            link,
            first: server,
            inquires: false,
            wiring: Wiring::new(Arc::clone(&shared)),
            phase: Phase::Down,
            opening,
            greeted: false,
            attempt: 0,
            failure: None,
            retry_at: Duration::ZERO,
            alarm: None,
            processes: Vec::new(),
        };
        Arc::new(Self {
            number: shared.number_lease(),
            used: AtomicU64::new(millis(shared.clock.now())),
            chair: Chair::new(Arc::clone(&shared.freed)),
            shared,
            crashes,
            desk: Mutex::new(desk),
            changed: Notify::new(),
            departed: Mutex::default(),
        })
    }

    fn lock(&self) -> MutexGuard<'_, Desk> {
        self.desk.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn touch(&self, now: Duration) {
        self.used.store(millis(now), Ordering::Relaxed);
    }

    /// When it was used last, on the endpoint's clock in milliseconds.
    pub(crate) fn last_use(&self) -> u64 {
        self.used.load(Ordering::Relaxed)
    }

    pub(crate) fn number(&self) -> u64 {
        self.number
    }

    /// The right to be asked something by this server, if nobody has it.
    pub(crate) fn take_seat(&self) -> Option<Seat> {
        self.chair.take()
    }

    /// Calls that wait for clients that were asked something.
    pub(crate) fn parked(&self) -> usize {
        self.lock().link.parked()
    }

    /// A legacy session starts to use the lease.
    pub(crate) fn join(&self, session: &Arc<Session<Attachment>>) -> MemberId {
        self.lock().link.join(Arc::downgrade(session))
    }

    /// Notes that a session is gone. Called from `Drop`: no work here.
    pub(crate) fn note_departure(&self, member: MemberId) {
        self.departed
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(member);
        self.shared.bell.notify_one();
    }

    /// Waits until requests can be sent, bringing the server up if need be.
    ///
    /// # Errors
    ///
    /// A failed start is told to everybody who waited for it; who comes later
    /// causes a new one.
    pub(crate) async fn ready(self: &Arc<Self>) -> Result<(), Fault> {
        self.ready_for(Errand::Call).await
    }

    /// The same for one kind of request.
    ///
    /// # Errors
    ///
    /// As [`ready`](Self::ready).
    async fn ready_for(self: &Arc<Self>, errand: Errand) -> Result<(), Fault> {
        let mut awaited = None;
        self.until(|| self.look(errand, &mut awaited)).await
    }

    fn look(self: &Arc<Self>, errand: Errand, awaited: &mut Option<u64>) -> Option<Result<(), Fault>> {
        let mut desk = self.lock();
        if desk.is_ready(errand) {
            return Some(Ok(()));
        }
        if let (Some(awaited), Some((failed, fault))) = (*awaited, &desk.failure)
            && *failed >= awaited
        {
            return Some(Err(fault.clone()));
        }
        if let Phase::Closed(reason) = desk.phase {
            return Some(Err(Fault::before(reason)));
        }
        if desk.phase == Phase::Down {
            self.begin_start(&mut desk);
        }
        awaited.get_or_insert(desk.attempt);
        None
    }

    /// Waits for the end of the lease.
    pub(crate) async fn closed(&self) {
        self.until(|| self.is_closed().then_some(())).await;
    }

    /// Looks again after every change.
    async fn until<T>(&self, mut look: impl FnMut() -> Option<T>) -> T {
        loop {
            let changed = self.changed.notified();
            tokio::pin!(changed);
            changed.as_mut().enable();
            if let Some(seen) = look() {
                return seen;
            }
            changed.await;
        }
    }

    /// Starts in a task of its own: whoever asked first may go away, and
    /// others wait for the same server.
    fn begin_start(self: &Arc<Self>, desk: &mut Desk) {
        desk.phase = Phase::Starting;
        desk.attempt += 1;
        let bring_up = start::bring_up(Arc::clone(&self.shared), Arc::clone(self), desk.attempt);
        self.shared.spawn(bring_up);
    }

    /// The server is running: listen to it and, where it is ours to do, shake
    /// hands. Gives it back if the lease was closed meanwhile.
    pub(crate) fn connected(self: &Arc<Self>, warm: Warm) -> Result<(), Warm> {
        let mut desk = self.lock();
        if desk.phase != Phase::Starting {
            return Err(warm);
        }
        let (idle, processes) = warm;
        let ear = Ear::new(Arc::downgrade(self), desk.attempt);
        desk.wiring.connection = Some(idle.start(Arc::new(ear)));
        desk.processes = processes;
        desk.phase = Phase::Up;
        if !desk.link.goes_on() {
            desk.first = desk.link.server();
        }
        if let Opening::ByGateway(revision) = desk.opening {
            let Desk { link, wiring, .. } = &mut *desk;
            link.open(revision, self.shared.clock.now(), wiring);
        }
        self.conclude(&mut desk);
        self.changed.notify_waiters();
        Ok(())
    }

    /// The server could not be brought up. A later attempt may be under way already.
    pub(crate) fn failed(&self, attempt: u64, fault: Fault) {
        let mut desk = self.lock();
        if desk.attempt == attempt && desk.phase == Phase::Starting {
            self.note_failure(&mut desk, fault);
        }
    }

    fn note_failure(&self, desk: &mut Desk, fault: Fault) {
        let Desk { link, wiring, .. } = &mut *desk;
        link.give_up_returned(fault.reason, wiring);
        desk.phase = Phase::Down;
        desk.failure = Some((desk.attempt, fault));
        desk.retry_at = self.shared.clock.now() + EAGER_PAUSE;
        self.changed.notify_waiters();
    }

    /// The connection is over. Called from its task, once.
    pub(crate) fn lost(self: &Arc<Self>, attempt: u64, why: &Closed) {
        let mut desk = self.lock();
        if desk.attempt != attempt || desk.phase != Phase::Up {
            return;
        }
        let blamed = if desk.link.is_open() {
            &*self.crashes
        } else {
            &self.shared.guard
        };
        // What the server left behind ends in the background. Its successor
        // need not wait for that, so the slots are free.
        self.shared.retire(desk.wiring.connection.take(), Vec::new());
        desk.processes.clear();
        desk.phase = Phase::Down;
        let reason = desk.expect_another_opening(why);
        let Desk { link, wiring, .. } = &mut *desk;
        match why {
            Closed::SessionLost => link.lose_session(reason, wiring),
            _ => link.lose(reason, wiring),
        }
        if link.goes_on() {
            let server = &self.shared.settings.name;
            tracing::debug!(%server, %why, "the server ended when it was asked what it speaks");
        } else {
            self.shared.report_loss(why, blamed);
        }
        // Where somebody listens, the sweep brings up the next one.
        self.conclude(&mut desk);
        if desk.phase == Phase::Down && (desk.link.has_returned() || desk.link.goes_on()) {
            self.begin_start(&mut desk);
        }
    }

    /// Acts on how a handshake went, if one is over.
    fn conclude(&self, desk: &mut Desk) {
        self.conclude_inquiry(desk);
        match desk.wiring.opened.take() {
            None => return,
            Some(Ok(())) => {
                self.shared.guard.forget();
                self.crashes.succeeded();
                self.shared.note_opened(desk.first, desk.link.server());
            }
            Some(Err(fault)) => {
                if desk.phase == Phase::Up {
                    let server = &self.shared.settings.name;
                    tracing::error!(%server, reason = %fault, "the server could not be opened");
                    self.shared.guard.failed();
                    self.shared
                        .retire(desk.wiring.connection.take(), std::mem::take(&mut desk.processes));
                    let Desk { link, wiring, .. } = &mut *desk;
                    link.lose(fault.reason, wiring);
                }
                self.note_failure(desk, fault);
            }
        }
        self.changed.notify_waiters();
    }

    /// Looks for what took too long and for clients that went away, and brings
    /// back a server that somebody listens to.
    pub(crate) fn sweep(self: &Arc<Self>) {
        let now = self.shared.clock.now();
        let departed = std::mem::take(&mut *self.departed.lock().unwrap_or_else(PoisonError::into_inner));
        for member in departed {
            self.depart(member);
        }
        let mut desk = self.lock();
        let Desk { link, wiring, .. } = &mut *desk;
        link.collect_abandoned(Owner::is_abandoned, now, wiring);
        link.expire(now, wiring);
        self.conclude(&mut desk);
        self.arm(&mut desk);
        if desk.phase == Phase::Down && desk.is_awaited_by_listeners() && desk.retry_at <= now {
            self.begin_start(&mut desk);
        }
    }

    /// Sees to it that somebody looks when something is due that cannot wait for the sweep.
    fn arm(self: &Arc<Self>, desk: &mut Desk) {
        let Some(due) = desk.link.next_wake() else { return };
        if desk.alarm.is_some_and(|alarm| alarm <= due) {
            return;
        }
        desk.alarm = Some(due);
        let pause = due.saturating_sub(self.shared.clock.now());
        let lease = Arc::downgrade(self);
        tokio::spawn(async move {
            tokio::time::sleep(pause).await;
            if let Some(lease) = lease.upgrade() {
                lease.wake();
            }
        });
    }

    fn wake(self: &Arc<Self>) {
        let mut desk = self.lock();
        desk.alarm = None;
        let Desk { link, wiring, .. } = &mut *desk;
        link.expire(self.shared.clock.now(), wiring);
        self.conclude(&mut desk);
        self.arm(&mut desk);
    }

    /// A session is over. A lease that was its own is over with it.
    pub(crate) fn depart(&self, member: MemberId) {
        let mut desk = self.lock();
        let Desk { link, wiring, .. } = &mut *desk;
        link.leave(member, self.shared.clock.now(), wiring);
        if link.sharing() == Sharing::Exclusive {
            self.end(&mut desk, Reason::SessionEnded);
        }
    }

    /// Reserves the lease for a request that is about to come; `false` if it
    /// is over.
    pub(crate) fn claim(&self) -> bool {
        let desk = self.lock();
        self.touch(self.shared.clock.now());
        !desk.is_closed()
    }

    /// Ends the lease if nobody has used it for `idle`.
    pub(crate) fn close_if_unused(&self, idle: Duration) {
        let mut desk = self.lock();
        let patience = match desk.phase {
            Phase::Down => idle.min(DOWN_PATIENCE),
            // What is left to it are calls that ask nothing, and they find another.
            Phase::Up if self.chair.is_spoilt() => idle.min(DOWN_PATIENCE),
            Phase::Up => idle,
            Phase::Starting | Phase::Closed(_) => return,
        };
        let used = Duration::from_millis(self.used.load(Ordering::Relaxed));
        if self.shared.clock.now().saturating_sub(used) >= patience && desk.link.is_idle() {
            self.end(&mut desk, Reason::SessionEnded);
        }
    }

    /// Waits as long as the crashes of its servers ask for.
    ///
    /// # Errors
    ///
    /// It crashed too often.
    pub(crate) async fn pause(&self) -> Result<(), Fault> {
        self.crashes.pass().await
    }

    /// Who uses the lease.
    pub(crate) fn sharing(&self) -> Sharing {
        self.lock().link.sharing()
    }

    /// Exchanges that wait for an answer.
    pub(crate) fn in_flight(&self) -> usize {
        self.lock().link.in_flight()
    }

    /// Ends the streams of listeners in their own way.
    pub(crate) fn end_listeners(&self) {
        let mut desk = self.lock();
        let Desk { link, wiring, .. } = &mut *desk;
        link.end_listeners(wiring);
    }

    /// Ends the lease: what is in flight is answered with `reason`, the server
    /// is stopped in the background.
    pub(crate) fn close(&self, reason: Reason) {
        self.end(&mut self.lock(), reason);
    }

    fn end(&self, desk: &mut Desk, reason: Reason) {
        if desk.is_closed() {
            return;
        }
        if desk.phase == Phase::Up && !desk.link.is_open() {
            self.shared.guard.abandoned();
        }
        desk.phase = Phase::Closed(reason);
        let Desk { link, wiring, .. } = &mut *desk;
        link.end_listeners(wiring);
        link.lose(reason, wiring);
        wiring.opened = None;
        self.shared
            .retire(desk.wiring.connection.take(), std::mem::take(&mut desk.processes));
        self.changed.notify_waiters();
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.lock().is_closed()
    }
}

impl Desk {
    fn is_ready(&self, errand: Errand) -> bool {
        let takes = match (self.opening, errand) {
            (Opening::ByClient, Errand::Handshake | Errand::Sign) => true,
            // What comes right behind the handshake waits for its end: until then it is not even known what the server speaks.
            (Opening::ByClient, Errand::Call) => self.greeted && !self.link.is_opening(),
            (Opening::ByGateway(_) | Opening::None, _) => self.link.is_open(),
        };
        self.phase == Phase::Up && takes
    }

    fn is_closed(&self) -> bool {
        matches!(self.phase, Phase::Closed(_))
    }

    /// Whether somebody listens for what this server will say next.
    fn is_awaited_by_listeners(&self) -> bool {
        self.link.expects_news() && matches!(self.opening, Opening::ByGateway(_))
    }

    /// A server that a client has opened once is opened by the gateway from
    /// now on. Returns what its loss is called.
    fn expect_another_opening(&mut self, why: &Closed) -> Reason {
        if !self.link.is_open() {
            return Reason::StartFailed;
        }
        if self.opening == Opening::ByClient {
            let revision = self
                .link
                .opened()
                .map_or(LegacyRevision::NEWEST, |opened| opened.revision);
            self.opening = Opening::ByGateway(revision);
        }
        match why {
            Closed::Stuck { .. } => Reason::Stuck,
            _ => Reason::Exited,
        }
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
