//! The right to use one running server.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use pontoon_jsonrpc::{Message, Notification, Response};
use pontoon_mcp::LegacyRevision;
use pontoon_policy::Slot;
use pontoon_session::Session;
use pontoon_translate::{Client, Fault, Incoming, Link, MemberId, Reason, Server, Sharing, UnknownQuestion};
use pontoon_upstream::{Closed, Connection, Idle};
use tokio::sync::Notify;

use crate::attachment::Attachment;
use crate::ear::Ear;
use crate::endpoint::Shared;
use crate::start;
use crate::wiring::{Owner, Wiring};

/// One server connection with its bridge. The connection can be lost and come
/// back; the lease stays.
pub(crate) struct Lease {
    shared: Arc<Shared>,
    desk: Mutex<Desk>,
    /// Rung whenever the phase changes.
    changed: Notify,
    /// Sessions that were dropped without a word.
    departed: Mutex<Vec<MemberId>>,
    /// Milliseconds on the endpoint's clock.
    used: AtomicU64,
}

struct Desk {
    link: Link<Wiring>,
    wiring: Wiring,
    phase: Phase,
    opening: Opening,
    /// Counts connections, so that the last words of an old one are told from
    /// the first of a new one.
    generation: u64,
    processes: Vec<Slot>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Phase {
    /// No connection; the next request brings one up.
    Down,
    /// A connection is being brought up.
    Starting,
    /// Connected; the link may still be in its handshake.
    Up,
    /// The last attempt failed; those who waited for it are told why.
    Failed(Fault),
    /// Over for good.
    Closed,
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

impl Lease {
    pub(crate) fn new(shared: Arc<Shared>, link: Link<Wiring>, opening: Opening) -> Arc<Self> {
        let wiring = Wiring::new(Arc::clone(&shared.counters));
        let used = AtomicU64::new(millis(shared.clock.now()));
        let desk = Desk {
            link,
            wiring,
            phase: Phase::Down,
            opening,
            generation: 0,
            processes: Vec::new(),
        };
        Arc::new(Self {
            shared,
            desk: Mutex::new(desk),
            changed: Notify::new(),
            departed: Mutex::default(),
            used,
        })
    }

    fn lock(&self) -> MutexGuard<'_, Desk> {
        self.desk.lock().unwrap_or_else(PoisonError::into_inner)
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
    /// A failed attempt is told to everybody who waited for it; who comes
    /// later causes a new one.
    pub(crate) async fn ready(self: &Arc<Self>) -> Result<(), Fault> {
        {
            let mut desk = self.lock();
            if desk.is_ready() {
                return Ok(());
            }
            if matches!(desk.phase, Phase::Failed(_)) {
                desk.phase = Phase::Down;
            }
        }
        loop {
            let changed = self.changed.notified();
            tokio::pin!(changed);
            changed.as_mut().enable();
            {
                let mut desk = self.lock();
                match &desk.phase {
                    Phase::Closed => return Err(Fault::before(Reason::SessionEnded)),
                    Phase::Down => self.begin_start(&mut desk),
                    Phase::Up if desk.is_ready() => return Ok(()),
                    Phase::Starting | Phase::Up => {}
                    Phase::Failed(fault) => return Err(fault.clone()),
                }
            }
            changed.await;
        }
    }

    /// Starts in a task of its own: whoever asked first may go away, and
    /// others wait for the same server.
    fn begin_start(self: &Arc<Self>, desk: &mut Desk) {
        desk.phase = Phase::Starting;
        tokio::spawn(start::bring_up(Arc::clone(&self.shared), Arc::clone(self)));
    }

    /// The server is running: listen to it and, where it is ours to do, shake hands.
    pub(crate) fn connected(self: &Arc<Self>, idle: Idle, processes: Vec<Slot>) -> Result<(), Idle> {
        let mut desk = self.lock();
        if desk.phase != Phase::Starting {
            return Err(idle);
        }
        desk.generation += 1;
        let ear = Ear::new(Arc::downgrade(self), desk.generation);
        desk.wiring.connection = Some(idle.start(Arc::new(ear)));
        desk.processes = processes;
        desk.phase = Phase::Up;
        let Desk {
            link,
            wiring,
            opening,
            ..
        } = &mut *desk;
        if let Opening::ByGateway(revision) = opening {
            link.open(*revision, self.shared.clock.now(), wiring);
        }
        drop(desk);
        self.changed.notify_waiters();
        Ok(())
    }

    /// The server could not be brought up.
    pub(crate) fn failed(&self, fault: Fault) {
        let mut desk = self.lock();
        if desk.phase == Phase::Starting {
            desk.phase = Phase::Failed(fault);
        }
        drop(desk);
        self.changed.notify_waiters();
    }

    /// Hands a client's request to the bridge, or answers why it cannot.
    pub(crate) fn begin(&self, incoming: Incoming<Owner>) {
        let now = self.shared.clock.now();
        self.used.store(millis(now), Ordering::Relaxed);
        let mut desk = self.lock();
        let Desk { link, wiring, .. } = &mut *desk;
        let limit = self.shared.settings.max_in_flight_per_session;
        if let Client::Member(member) = incoming.client
            && link.calls_of(member) >= limit
        {
            return incoming
                .owner
                .fail(&incoming.request.id, &Fault::before(Reason::TooManyCalls));
        }
        link.begin(incoming, now, wiring);
        self.conclude(desk);
    }

    pub(crate) fn notification(&self, member: MemberId, notification: &Notification) {
        let mut desk = self.lock();
        let Desk { link, wiring, .. } = &mut *desk;
        link.notification(member, notification, wiring);
    }

    pub(crate) fn reply(&self, member: MemberId, response: Response) -> Result<(), UnknownQuestion> {
        let mut desk = self.lock();
        let Desk { link, wiring, .. } = &mut *desk;
        link.reply(member, response, wiring)
    }

    /// A message of the server. Called from the connection's task.
    pub(crate) fn message(&self, generation: u64, message: Message) {
        let now = self.shared.clock.now();
        let mut desk = self.lock();
        if desk.generation != generation {
            return;
        }
        let Desk { link, wiring, .. } = &mut *desk;
        link.receive(message, now, wiring);
        self.conclude(desk);
    }

    /// The connection is over. Called from its task, once.
    pub(crate) fn lost(self: &Arc<Self>, generation: u64, why: &Closed) {
        let mut desk = self.lock();
        if desk.generation != generation || desk.phase != Phase::Up {
            return;
        }
        self.shared.report_loss(why);
        let was_open = desk.link.is_open();
        desk.wiring.connection = None;
        desk.processes.clear();
        desk.phase = Phase::Down;
        let Desk {
            link,
            wiring,
            opening,
            ..
        } = &mut *desk;
        if let (Opening::ByClient, true) = (&opening, was_open) {
            let revision = link
                .opened()
                .map_or(LegacyRevision::NEWEST, |opened| opened.revision);
            *opening = Opening::ByGateway(revision);
        }
        link.lose(Reason::Exited, wiring);
        // Somebody listens for what this server will say next.
        if desk.link.expects_news() && matches!(desk.opening, Opening::ByGateway(_)) {
            self.begin_start(&mut desk);
        }
        self.conclude(desk);
    }

    /// Tells those who wait how the handshake went.
    fn conclude(&self, mut desk: MutexGuard<'_, Desk>) {
        let Some(opened) = desk.wiring.opened.take() else {
            return;
        };
        match opened {
            Ok(()) => self.shared.guard.succeeded(),
            Err(fault) if desk.phase == Phase::Up => {
                self.shared.guard.failed();
                self.shared
                    .retire(desk.wiring.connection.take(), std::mem::take(&mut desk.processes));
                desk.phase = Phase::Failed(fault);
            }
            // The connection was lost during the handshake: the next request tries again.
            Err(_) => {}
        }
        drop(desk);
        self.changed.notify_waiters();
    }

    /// Looks for what took too long and for clients that went away.
    pub(crate) fn sweep(&self) {
        let now = self.shared.clock.now();
        let departed = std::mem::take(&mut *self.departed.lock().unwrap_or_else(PoisonError::into_inner));
        for member in departed {
            self.depart(member);
        }
        let mut desk = self.lock();
        let Desk { link, wiring, .. } = &mut *desk;
        link.collect_abandoned(Owner::is_abandoned, now, wiring);
        link.expire(now, wiring);
        self.conclude(desk);
    }

    /// A session is over. A lease that was its own is over with it.
    pub(crate) fn depart(&self, member: MemberId) {
        let mut desk = self.lock();
        let Desk { link, wiring, .. } = &mut *desk;
        link.leave(member, self.shared.clock.now(), wiring);
        let over = link.sharing() == Sharing::Exclusive;
        drop(desk);
        if over {
            self.close(Reason::SessionEnded);
        }
    }

    /// Whether nobody has used the lease for `idle`.
    pub(crate) fn is_unused(&self, idle: Duration) -> bool {
        let unused = self
            .shared
            .clock
            .now()
            .saturating_sub(Duration::from_millis(self.used.load(Ordering::Relaxed)));
        unused >= idle && self.is_vacant()
    }

    /// Whether nobody uses the lease right now.
    pub(crate) fn is_vacant(&self) -> bool {
        let desk = self.lock();
        desk.link.is_idle() && desk.phase != Phase::Starting
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
        let mut desk = self.lock();
        if desk.phase == Phase::Closed {
            return;
        }
        desk.phase = Phase::Closed;
        let Desk { link, wiring, .. } = &mut *desk;
        link.lose(reason, wiring);
        let connection = desk.wiring.connection.take();
        let processes = std::mem::take(&mut desk.processes);
        drop(desk);
        self.changed.notify_waiters();
        self.shared.retire(connection, processes);
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.lock().phase == Phase::Closed
    }
}

impl Desk {
    fn is_ready(&self) -> bool {
        self.phase == Phase::Up && (self.opening == Opening::ByClient || self.link.is_open())
    }
}

/// The link of a lease: which era, and whose.
pub(crate) fn link(
    shared: &Shared,
    server: Server,
    sharing: Sharing,
    introduction: pontoon_translate::Introduction,
) -> Link<Wiring> {
    Link::new(server, sharing, shared.settings.timeouts, introduction)
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// For the registry of leases: dead ones fall out by themselves.
pub(crate) type WeakLease = Weak<Lease>;

/// A connection on its way out, with the process slots that it still occupies.
pub(crate) type Retired = (Connection, Vec<Slot>);
