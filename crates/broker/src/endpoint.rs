//! One hosted server.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use pontoon_downstream::{Backend, SessionNeed, Target, UnknownQuestion};
use pontoon_jsonrpc::{Notification, Request, Response};
use pontoon_mcp::meta::RequestMeta;
use pontoon_mcp::{ClientCapabilities, LegacyRevision};
use pontoon_policy::{Caller, Gauge, LimitReached, Permit, Slot};
use pontoon_session::Session;
use pontoon_translate::{Client, Fault, Incoming, Introduction, Reason, Server, Sharing};
use pontoon_upstream::{Closed, Connection, Connector};
use tokio::sync::Notify;

use crate::attachment::Attachment;
use crate::clock::Clock;
use crate::counters::Counters;
use crate::guard::RestartGuard;
use crate::lease::{self, Lease, Opening, Retired, WeakLease};
use crate::pool::WarmPool;
use crate::settings::{EndpointSettings, Hosting, LeasePolicy};
use crate::sweep;
use crate::wiring::Owner;

/// One hosted server, as the transports use it.
///
/// Must be made inside a tokio runtime: it starts the endpoint's own task.
pub struct Endpoint {
    shared: Arc<Shared>,
}

/// What leases and the endpoint's task have in common.
pub(crate) struct Shared {
    pub(crate) settings: EndpointSettings,
    pub(crate) connector: Arc<dyn Connector>,
    pub(crate) counters: Arc<Counters>,
    pub(crate) clock: Clock,
    pub(crate) bell: Arc<Notify>,
    pub(crate) guard: RestartGuard,
    pub(crate) pool: WarmPool,
    processes: Arc<Gauge>,
    all_processes: Arc<Gauge>,
    leases: Mutex<Leases>,
    retired: Mutex<Vec<tokio::task::JoinHandle<()>>>,
}

#[derive(Default)]
struct Leases {
    /// Leases that several clients find by a key.
    keyed: HashMap<LeaseKey, Arc<Lease>>,
    /// All leases, for the sweeper.
    all: Vec<WeakLease>,
    draining: bool,
}

/// Who shares a lease that belongs to no session.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum LeaseKey {
    /// Everybody, on a server that wants `initialize`.
    SharedLegacy,
    /// Everybody, on a server that does not.
    SharedModern,
    /// One account with these capabilities: servers register tools by them.
    Account { account: String, capabilities: String },
}

impl Endpoint {
    /// Hosts what `connector` brings up. `all_processes` bounds the processes
    /// of all endpoints together.
    pub fn new(settings: EndpointSettings, connector: Arc<dyn Connector>, all_processes: Arc<Gauge>) -> Self {
        let warm = match settings.hosting {
            Hosting::Command(LeasePolicy::Session) => settings.warm,
            Hosting::Command(LeasePolicy::Shared) | Hosting::InProcess => 0,
        };
        let shared = Arc::new(Shared {
            guard: RestartGuard::new(settings.backoff, settings.circuit),
            processes: Gauge::new("max_processes", settings.max_processes),
            all_processes,
            connector,
            counters: Arc::default(),
            clock: Clock::start(),
            bell: Arc::new(Notify::new()),
            pool: WarmPool::new(warm),
            leases: Mutex::default(),
            retired: Mutex::default(),
            settings,
        });
        shared.pool.refill(&shared);
        tokio::spawn(sweep::run(Arc::downgrade(&shared)));
        let endpoint = Self { shared };
        if endpoint.shared.settings.hosting == Hosting::Command(LeasePolicy::Shared) {
            // The one process is needed by whoever comes first.
            let lease = endpoint.shared_legacy_lease();
            tokio::spawn(async move { lease.ready().await });
        }
        endpoint
    }

    /// What was counted since the start.
    pub fn counters(&self) -> &Counters {
        &self.shared.counters
    }

    /// Server processes or connections that run now, warm ones included.
    pub fn processes(&self) -> usize {
        self.shared.processes.held()
    }

    async fn run(&self, lease: &Arc<Lease>, client: Client, request: Permit<Request>, target: Target) {
        let (request, slot) = request.split();
        let owner = Owner::new(target, slot);
        if self.shared.is_draining() {
            return owner.fail(&request.id, &Fault::before(Reason::ShuttingDown));
        }
        match lease.ready().await {
            Ok(()) => lease.begin(Incoming {
                owner: owner.holding(lease),
                client,
                request,
            }),
            Err(fault) => owner.fail(&request.id, &fault),
        }
    }

    /// The lease of a new legacy session.
    fn session_lease(&self) -> Arc<Lease> {
        match self.shared.settings.hosting {
            Hosting::Command(LeasePolicy::Shared) => self.shared_legacy_lease(),
            Hosting::Command(LeasePolicy::Session) | Hosting::InProcess => {
                let link = lease::link(
                    &self.shared,
                    Server::Legacy,
                    Sharing::Exclusive,
                    self.shared.introduction(),
                );
                let lease = Lease::new(Arc::clone(&self.shared), link, Opening::ByClient);
                self.shared.register(&lease);
                lease
            }
        }
    }

    fn shared_legacy_lease(&self) -> Arc<Lease> {
        self.shared.keyed(LeaseKey::SharedLegacy, || {
            let link = lease::link(
                &self.shared,
                Server::Legacy,
                Sharing::Shared,
                self.shared.introduction(),
            );
            Lease::new(
                Arc::clone(&self.shared),
                link,
                Opening::ByGateway(LegacyRevision::NEWEST),
            )
        })
    }

    /// The lease of a modern request.
    fn stateless_lease(&self, caller: &Caller, meta: &RequestMeta) -> Arc<Lease> {
        match self.shared.settings.hosting {
            Hosting::Command(LeasePolicy::Shared) => self.shared_legacy_lease(),
            Hosting::Command(LeasePolicy::Session) => self.account_lease(caller, meta),
            // Log messages do not say which request they are about: one that
            // asks for them has a connection of its own.
            Hosting::InProcess if meta.log_level.is_some() => {
                let lease = self.modern_lease();
                self.shared.register(&lease);
                lease
            }
            Hosting::InProcess => self.shared.keyed(LeaseKey::SharedModern, || self.modern_lease()),
        }
    }

    fn modern_lease(&self) -> Arc<Lease> {
        let link = lease::link(
            &self.shared,
            Server::Modern,
            Sharing::Shared,
            self.shared.introduction(),
        );
        Lease::new(Arc::clone(&self.shared), link, Opening::None)
    }

    fn account_lease(&self, caller: &Caller, meta: &RequestMeta) -> Arc<Lease> {
        let key = LeaseKey::Account {
            account: caller.account(),
            capabilities: meta.capabilities.raw().as_str().to_owned(),
        };
        self.shared.keyed(key, || {
            let client_info = meta.client_info.clone();
            let introduction = Introduction {
                client_info: client_info.unwrap_or_else(|| self.shared.settings.client_info.clone()),
                // Its questions could not be brought to a modern client yet.
                capabilities: meta.capabilities.without_questions(),
            };
            let link = lease::link(&self.shared, Server::Legacy, Sharing::Exclusive, introduction);
            Lease::new(
                Arc::clone(&self.shared),
                link,
                Opening::ByGateway(LegacyRevision::NEWEST),
            )
        })
    }
}

impl Shared {
    fn introduction(&self) -> Introduction {
        Introduction {
            client_info: self.settings.client_info.clone(),
            capabilities: ClientCapabilities::none(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Leases> {
        self.leases.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn register(&self, lease: &Arc<Lease>) {
        self.lock().all.push(Arc::downgrade(lease));
    }

    /// The lease with this key; made if there is none that lives.
    fn keyed(&self, key: LeaseKey, make: impl FnOnce() -> Arc<Lease>) -> Arc<Lease> {
        let mut leases = self.lock();
        if let Some(lease) = leases.keyed.get(&key)
            && !lease.is_closed()
        {
            return Arc::clone(lease);
        }
        let lease = make();
        leases.all.push(Arc::downgrade(&lease));
        leases.keyed.insert(key, Arc::clone(&lease));
        lease
    }

    /// A place for one more process, here and in all; none is needed inside our own.
    pub(crate) fn process_slots(&self) -> Result<Vec<Slot>, LimitReached> {
        match self.settings.hosting {
            Hosting::InProcess => Ok(Vec::new()),
            Hosting::Command(_) => Ok(vec![self.processes.acquire()?, self.all_processes.acquire()?]),
        }
    }

    /// Stops a connection in the background and frees its slots when it is gone.
    pub(crate) fn retire(&self, connection: Option<Connection>, processes: Vec<Slot>) {
        let Some(connection) = connection else { return };
        let retired: Retired = (connection, processes);
        let task = tokio::spawn(async move {
            let (connection, processes) = retired;
            connection.close().await;
            drop(processes);
        });
        let mut tasks = self.retired.lock().unwrap_or_else(PoisonError::into_inner);
        tasks.retain(|task| !task.is_finished());
        tasks.push(task);
    }

    pub(crate) fn report_loss(&self, why: &Closed) {
        match why {
            Closed::Requested | Closed::Abandoned => {}
            _ => {
                let stderr = why.stderr_tail().unwrap_or_default();
                tracing::warn!(server = %self.settings.name, %why, stderr, "the server was lost");
                self.counters.count_crash();
                self.guard.failed();
            }
        }
    }

    /// Every lease that lives. Ended ones are forgotten on the way.
    pub(crate) fn living(&self) -> Vec<Arc<Lease>> {
        let mut leases = self.lock();
        leases.keyed.retain(|_, lease| !lease.is_closed());
        leases.all.retain(|lease| lease.strong_count() > 0);
        leases.all.iter().filter_map(WeakLease::upgrade).collect()
    }

    /// Closes keyed leases that nobody has used for long.
    pub(crate) fn close_unused(&self) {
        let idle = self.settings.idle;
        let keyed: Vec<_> = self.lock().keyed.values().cloned().collect();
        for lease in keyed.into_iter().filter(|lease| lease.is_unused(idle)) {
            lease.close(Reason::SessionEnded);
        }
    }

    pub(crate) fn is_draining(&self) -> bool {
        self.lock().draining
    }

    pub(crate) fn start_draining(&self) {
        self.lock().draining = true;
    }

    pub(crate) fn take_retired(&self) -> Vec<tokio::task::JoinHandle<()>> {
        std::mem::take(&mut self.retired.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Backend for Endpoint {
    type Attachment = Attachment;

    fn name(&self) -> &str {
        &self.shared.settings.name
    }

    fn session_need(&self) -> SessionNeed {
        match self.shared.settings.hosting {
            Hosting::Command(LeasePolicy::Session) => SessionNeed::Required,
            Hosting::Command(LeasePolicy::Shared) | Hosting::InProcess => SessionNeed::Optional,
        }
    }

    fn bell(&self) -> &Arc<Notify> {
        &self.shared.bell
    }

    async fn open(
        &self,
        _caller: &Caller,
        session: &Arc<Session<Attachment>>,
        request: Permit<Request>,
        target: Target,
    ) {
        let lease = self.session_lease();
        let member = lease.join(session);
        // On a second `initialize` the first lease stays; this one is dropped,
        // which lets go of it.
        let _ = session.attach(Attachment { lease, member });
        self.request(session, request, target).await;
    }

    async fn request(&self, session: &Arc<Session<Attachment>>, request: Permit<Request>, target: Target) {
        match session.attachment() {
            Some(attachment) => {
                self.run(
                    &attachment.lease,
                    Client::Member(attachment.member),
                    request,
                    target,
                )
                .await;
            }
            None => {
                let (request, slot) = request.split();
                let fault = Fault::before(Reason::SessionEnded);
                Owner::new(target, slot).fail(&request.id, &fault);
            }
        }
    }

    async fn notification(&self, session: &Arc<Session<Attachment>>, notification: Permit<Notification>) {
        if let Some(attachment) = session.attachment() {
            attachment
                .lease
                .notification(attachment.member, notification.message());
        }
    }

    fn reply(
        &self,
        session: &Arc<Session<Attachment>>,
        response: Permit<Response>,
    ) -> Result<(), UnknownQuestion> {
        let attachment = session.attachment().ok_or(UnknownQuestion)?;
        let (response, _slot) = response.split();
        attachment
            .lease
            .reply(attachment.member, response)
            .map_err(|_| UnknownQuestion)
    }

    async fn once(
        &self,
        _caller: &Caller,
        _revision: LegacyRevision,
        request: Permit<Request>,
        target: Target,
    ) {
        let lease = self.shared_legacy_lease();
        self.run(&lease, Client::Alone, request, target).await;
    }

    async fn stateless(&self, caller: &Caller, meta: RequestMeta, request: Permit<Request>, target: Target) {
        let lease = self.stateless_lease(caller, &meta);
        self.run(&lease, Client::Modern(meta), request, target).await;
    }

    fn close(&self, session: &Arc<Session<Attachment>>) {
        if let Some(attachment) = session.attachment() {
            attachment.lease.depart(attachment.member);
        }
    }

    async fn drain(&self) {
        sweep::drain(&self.shared).await;
    }
}
