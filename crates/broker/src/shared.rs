//! What the leases of an endpoint and its task have in common.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use pontoon_mcp::ClientCapabilities;
use pontoon_policy::{Account, Gauge, KeyedGauge, LimitReached, Slot};
use pontoon_supervise::{Admission, Throttle};
use pontoon_translate::{Fault, Introduction, Reason, Server};
use pontoon_upstream::{Closed, Connection, Connector};
use tokio::sync::{Notify, watch};
use tokio::task::JoinHandle;
use tokio::time::Instant;

use crate::annotations::Annotations;
use crate::clock::Clock;
use crate::counters::Counters;
use crate::crashes::Crashes;
use crate::eras::Eras;
use crate::guard::RestartGuard;
use crate::pool::WarmPool;
use crate::registry::Registry;
use crate::sealed::Seals;
use crate::settings::{EndpointSettings, Hosting, LeasePolicy};

/// How many times the log says at once that a limit is reached, and how often after that.
const FULL_BURST: u32 = 3;
const FULL_EVERY: Duration = Duration::from_secs(10);

/// One account may have one in so many of the leases of a server, and with them of its processes.
const ACCOUNT_SHARE: usize = 4;

pub(crate) struct Shared {
    pub(crate) settings: EndpointSettings,
    pub(crate) connector: Arc<dyn Connector>,
    pub(crate) counters: Arc<Counters>,
    pub(crate) clock: Clock,
    pub(crate) bell: Arc<Notify>,
    /// Starts that failed.
    pub(crate) guard: RestartGuard,
    /// Crashes of servers that had been opened.
    pub(crate) crashes: Crashes,
    /// What the server speaks, as far as is known.
    pub(crate) eras: Eras,
    pub(crate) pool: WarmPool,
    pub(crate) registry: Registry,
    /// What headers of clients have to repeat.
    pub(crate) annotations: Annotations,
    /// What modern clients bring back with a retry.
    pub(crate) seals: Seals,
    /// Calls that wait for clients that were asked something, in all and by account.
    pub(crate) parked: Arc<Gauge>,
    pub(crate) parked_by_account: Arc<KeyedGauge<Account>>,
    /// Rung when a seat is free, or a process may be.
    pub(crate) freed: Arc<Notify>,
    /// Whether the server says in the answer to which request it asks. Learnt from its first answer.
    attributes: AtomicBool,
    leases: AtomicU64,
    pub(crate) processes: Arc<Gauge>,
    all_processes: Arc<Gauge>,
    draining: watch::Sender<bool>,
    /// What starts and stops servers.
    tasks: Mutex<Vec<JoinHandle<()>>>,
    /// Clients decide how often a limit is met: the log must not fill with it.
    full: Mutex<Throttle>,
}

impl Shared {
    pub(crate) fn new(
        settings: EndpointSettings,
        connector: Arc<dyn Connector>,
        all_processes: Arc<Gauge>,
    ) -> Arc<Self> {
        let (warm, accounts) = match settings.hosting {
            Hosting::Command(LeasePolicy::Session) => (settings.warm, settings.max_processes),
            // Nothing of a remote server is brought up before its session is needed.
            Hosting::Remote(LeasePolicy::Session | LeasePolicy::Principal)
            | Hosting::Command(LeasePolicy::Principal) => (0, settings.max_processes),
            Hosting::Command(LeasePolicy::Shared)
            | Hosting::Remote(LeasePolicy::Shared)
            | Hosting::InProcess => (0, 0),
        };
        Arc::new(Self {
            guard: RestartGuard::new(settings.backoff, settings.circuit, settings.jitter),
            crashes: Crashes::new(settings.backoff, settings.circuit, settings.jitter),
            processes: Gauge::new("max_processes", settings.max_processes),
            all_processes,
            connector,
            eras: Eras::new(settings.era),
            counters: Arc::default(),
            clock: Clock::start(),
            bell: Arc::new(Notify::new()),
            pool: WarmPool::new(warm),
            registry: Registry::new(accounts, (accounts / ACCOUNT_SHARE).max(1)),
            annotations: Annotations::default(),
            seals: Seals::new(&settings.name, &(settings.seal_key)()),
            parked: Gauge::new("max_parked", settings.max_parked),
            parked_by_account: KeyedGauge::new("max_parked_per_principal", settings.max_parked_per_principal),
            freed: Arc::default(),
            attributes: AtomicBool::new(false),
            leases: AtomicU64::new(0),
            draining: watch::Sender::new(false),
            tasks: Mutex::default(),
            full: Mutex::new(Throttle::new(FULL_BURST, FULL_EVERY)),
            settings,
        })
    }

    /// What a connection says of itself that no client opens.
    pub(crate) fn introduction(&self) -> Introduction {
        Introduction {
            client_info: self.settings.client_info.clone(),
            capabilities: ClientCapabilities::none(),
        }
    }

    /// The number of a new lease.
    pub(crate) fn number_lease(&self) -> u64 {
        self.leases.fetch_add(1, Ordering::Relaxed)
    }

    /// The server asks in the answer to the request that it asks about.
    pub(crate) fn note_attribution(&self) {
        if !self.attributes() {
            self.attributes.store(true, Ordering::Relaxed);
        }
    }

    /// Whether several calls that may ask can be under way on one connection.
    pub(crate) fn attributes(&self) -> bool {
        self.attributes.load(Ordering::Relaxed)
    }

    /// A place for one more process, here and in all, where there is to be one.
    ///
    /// # Errors
    ///
    /// A limit is reached, and the log says which.
    pub(crate) fn process_slots(&self) -> Result<Vec<Slot>, Fault> {
        let Hosting::Command(_) = self.settings.hosting else {
            return Ok(Vec::new());
        };
        let slots = || Ok(vec![self.processes.acquire()?, self.all_processes.acquire()?]);
        slots().map_err(|limit: LimitReached| {
            self.report_full(&limit);
            Fault::before(Reason::TooManyProcesses)
        })
    }

    pub(crate) fn report_full(&self, limit: &LimitReached) {
        let mut full = self.full.lock().unwrap_or_else(PoisonError::into_inner);
        if let Admission::Log { suppressed } = full.admit(Instant::now().into_std()) {
            tracing::warn!(server = %self.settings.name, %limit, suppressed, "something was refused");
        }
    }

    /// Starts or stops a server in the background. The end of the endpoint
    /// waits for it.
    pub(crate) fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        let mut tasks = self.tasks.lock().unwrap_or_else(PoisonError::into_inner);
        tasks.retain(|task| !task.is_finished());
        tasks.push(tokio::spawn(task));
    }

    /// Stops a connection in the background and frees its slots when it is gone.
    pub(crate) fn retire(&self, connection: Option<Connection>, processes: Vec<Slot>) {
        let Some(connection) = connection else { return };
        self.spawn(async move {
            connection.close().await;
            drop(processes);
        });
    }

    /// Waits until nothing is started or stopped any more.
    pub(crate) async fn finish_tasks(&self) {
        loop {
            let tasks = std::mem::take(&mut *self.tasks.lock().unwrap_or_else(PoisonError::into_inner));
            if tasks.is_empty() {
                return;
            }
            for task in tasks {
                // A panic while stopping one server must not keep the others running.
                let _ = task.await;
            }
        }
    }

    /// A connection is over; `blamed` is told if nobody had asked for that.
    pub(crate) fn report_loss(&self, why: &Closed, blamed: &RestartGuard) {
        match why {
            Closed::Requested | Closed::Abandoned => {}
            _ => {
                let stderr = why.stderr_tail().unwrap_or_default();
                tracing::warn!(server = %self.settings.name, %why, stderr, "the server was lost");
                self.counters.count_crash();
                blamed.failed();
            }
        }
    }

    /// A server that was spoken to in one era first has opened in this or the other one.
    pub(crate) fn note_opened(&self, first: Server, opened: Server) {
        if self.eras.note_opened(first, opened) && self.settings.hosting.legacy().is_some() {
            let speaks = match opened {
                Server::Legacy => "revisions up to 2025-11-25",
                Server::Modern => "2026-07-28",
            };
            tracing::info!(server = %self.settings.name, speaks, "learnt what the server speaks");
        }
    }

    pub(crate) fn is_draining(&self) -> bool {
        *self.draining.borrow()
    }

    pub(crate) fn start_draining(&self) {
        self.draining.send_replace(true);
    }

    /// Waits for the beginning of the end.
    pub(crate) async fn drained(&self) {
        // An error would mean that the sender is gone, which we are.
        let _ = self.draining.subscribe().wait_for(|draining| *draining).await;
    }
}
