//! The whole gateway in memory, with clients before it and servers behind it.

use std::cell::Cell;
use std::fmt;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU16, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use pontoon_broker::{Endpoint, Hosting, LeasePolicy};
use pontoon_downstream::Gateway;
use pontoon_policy::{Gauge, OriginGuard, Policy};
use pontoon_session::SessionId;
use pontoon_upstream::Connector;
use tokio::io::DuplexStream;
use tokio::task::JoinHandle;

use crate::books::{Books, Who};
use crate::circumstances::{CALL_MAX, Circumstances, HOUSES, LEASE_IDLE, SESSION_IDLE};
use crate::client::{self, Era, Guest};
use crate::dice::Dice;
use crate::server::Scripted;

/// How often sessions are looked through, as a listener does.
const SWEEP: Duration = Duration::from_secs(1);

/// How long a gateway may take to stop.
const DRAIN: Duration = Duration::from_secs(4);

/// No world takes longer than this to come to its end.
const END: Duration = Duration::from_secs(1_200);

/// What modern clients declare that they can be asked. Some of one account declare the same, and so share a server.
const DECLARATIONS: [&str; 4] = [
    "{}",
    r#"{"elicitation":{}}"#,
    r#"{"elicitation":{},"roots":{},"sampling":{}}"#,
    r#"{"elicitation":{},"roots":{},"sampling":{}}"#,
];

/// A gateway with its surroundings.
pub struct World {
    /// What happened.
    pub books: Arc<Books>,
    /// What kind of world it is.
    pub circumstances: Circumstances,
    gateway: Gateway<Endpoint>,
    endpoints: Vec<Arc<Endpoint>>,
    policy: Arc<Policy>,
    all_processes: Arc<Gauge>,
    connections: Mutex<Vec<JoinHandle<()>>>,
    draining: AtomicBool,
}

/// What must be gone when a world is.
pub struct Remains {
    policy: Weak<Policy>,
    connectors: Vec<Weak<dyn Connector>>,
}

thread_local! {
    /// Where the ids of the sessions of this thread's world come from.
    static SESSION_IDS: Cell<u64> = const { Cell::new(0) };
}

/// The next id of this thread's world: counted, so that it is the same in every run.
fn next_session_id() -> SessionId {
    let number = SESSION_IDS.replace(SESSION_IDS.get() + 1);
    let mut dice = Dice::new(number);
    SessionId::from_bits(std::array::from_fn(|_| {
        u8::try_from(dice.roll(256)).expect("it is below 256")
    }))
}

impl World {
    /// Builds a world; `connectors` bring up the servers of its houses. Must run inside a runtime.
    pub fn new(
        circumstances: Circumstances,
        books: Arc<Books>,
        connectors: [Arc<dyn Connector>; 2],
    ) -> (Arc<Self>, Remains) {
        SESSION_IDS.set(0);
        books.open().circumstances = Some(circumstances);
        let all_processes = Gauge::new("max_processes_total", if circumstances.tight { 4 } else { 1_000 });
        let policy = Arc::new(circumstances.policy());
        let remains = Remains {
            policy: Arc::downgrade(&policy),
            connectors: connectors.iter().map(Arc::downgrade).collect(),
        };
        let endpoints: Vec<_> = connectors
            .into_iter()
            .enumerate()
            .map(|(house, connector)| {
                let settings = circumstances.endpoint(house);
                Arc::new(Endpoint::new(settings, connector, Arc::clone(&all_processes)))
            })
            .collect();
        let gateway = Gateway::new(
            circumstances.gateway(next_session_id),
            Arc::clone(&policy),
            OriginGuard::loopback(),
            endpoints.clone(),
            None,
        );
        let world = Self {
            books,
            circumstances,
            gateway: gateway.expect("the addresses of two houses do not clash"),
            endpoints,
            policy,
            all_processes,
            connections: Mutex::default(),
            draining: AtomicBool::new(false),
        };
        (Arc::new(world), remains)
    }

    /// A world of scripted servers.
    pub fn scripted(circumstances: Circumstances, dice: &mut Dice) -> (Arc<Self>, Remains) {
        let books = Books::new();
        let numbers = Arc::new(AtomicU16::new(0));
        let connectors = [0, 1].map(|house| {
            let own = dice.fork();
            let faults = circumstances.faults.then_some(own);
            Arc::new(Scripted::new(
                house,
                circumstances.way(house),
                Arc::clone(&books),
                Arc::clone(&numbers),
                faults,
            )) as Arc<dyn Connector>
        });
        Self::new(circumstances, books, connectors)
    }

    /// A connection to the gateway that holds so many bytes on the way; none when it stops.
    pub fn dial(&self, peer: SocketAddr, bytes: usize) -> Option<DuplexStream> {
        if self.is_draining() {
            return None;
        }
        let (client, gateway) = tokio::io::duplex(bytes);
        let serving = tokio::spawn(self.gateway.serve_connection(gateway, peer));
        let mut connections = self.connections.lock().unwrap_or_else(PoisonError::into_inner);
        connections.retain(|connection| !connection.is_finished());
        connections.push(serving);
        Some(client)
    }

    /// Whether the gateway was told to stop.
    pub fn is_draining(&self) -> bool {
        self.draining.load(Ordering::Relaxed)
    }

    /// The name of a house, as in its URLs.
    pub fn house_name(&self, house: usize) -> &'static str {
        HOUSES[house]
    }

    /// Whether clients of this kind share the servers of a house with others.
    pub(crate) fn shares_server(&self, house: usize, era: Era) -> bool {
        match self.circumstances.houses[house] {
            Hosting::Command(LeasePolicy::Shared | LeasePolicy::Principal)
            | Hosting::Remote(LeasePolicy::Shared | LeasePolicy::Principal) => true,
            Hosting::Command(LeasePolicy::Session)
            | Hosting::Remote(LeasePolicy::Session)
            | Hosting::InProcess => era == Era::Modern,
        }
    }

    /// Lets clients live, and stops the gateway meanwhile if that is in the circumstances.
    pub async fn live(self: &Arc<Self>, dice: &mut Dice, limit: Limit) {
        let clients: Vec<_> = (0..self.circumstances.clients)
            .map(|number| {
                let mut own = dice.fork();
                let guest = guest(number, &mut own);
                let steps = limit.steps(number, self.circumstances.steps);
                self.books
                    .line(Who::World, format!("{guest:?} takes {steps} steps"));
                tokio::spawn(client::live(Arc::clone(self), guest, own, steps))
            })
            .collect();
        let draining = self.circumstances.drain_at.map(|at| {
            let world = Arc::clone(self);
            tokio::spawn(async move {
                tokio::time::sleep(at).await;
                world.drain().await;
            })
        });
        for task in clients.into_iter().chain(draining) {
            // A panic is seen by the runner.
            let _ = task.await;
        }
    }

    /// Stops the gateway.
    pub async fn drain(&self) {
        self.books.line(Who::World, "the gateway is told to stop");
        let now = self.books.now();
        self.books.open().drain.get_or_insert(now);
        self.draining.store(true, Ordering::Relaxed);
        let took = tokio::time::Instant::now();
        self.gateway.drain(DRAIN).await;
        if took.elapsed() > DRAIN + Duration::from_millis(500) {
            self.books
                .breach("no hang", format!("stopping took {:?}", took.elapsed()));
        }
        self.books.line(Who::World, "the gateway has stopped");
    }

    /// Waits until every time-out has run, and looks at what is left.
    pub async fn settle(&self) {
        if !self.is_draining() {
            tokio::time::sleep(CALL_MAX + SESSION_IDLE + LEASE_IDLE + Duration::from_secs(5)).await;
            self.look_at_rest();
            self.drain().await;
        }
        // Servers that linger.
        tokio::time::sleep(Duration::from_secs(2)).await;
        self.look_at_end();
    }

    /// Everybody left, and nobody told the gateway to stop.
    fn look_at_rest(&self) {
        let common = |house: &Hosting| {
            usize::from(matches!(
                house,
                Hosting::Command(LeasePolicy::Shared) | Hosting::Remote(LeasePolicy::Shared)
            ))
        };
        let own = |house: &Hosting| usize::from(*house == Hosting::Command(LeasePolicy::Session));
        let kept: usize = self.circumstances.houses.iter().map(common).sum();
        let warm: usize = self.circumstances.houses.iter().map(own).sum::<usize>() * self.circumstances.warm;
        let leases: usize = self.endpoints.iter().map(|endpoint| endpoint.leases()).sum();
        let held = self.gateway.counters();
        self.expect("sessions", held.sessions, 0);
        self.expect("streams", held.streams, 0);
        self.expect("calls", self.policy.in_flight().held(), 0);
        let in_flight: usize = self.endpoints.iter().map(|endpoint| endpoint.in_flight()).sum();
        self.expect("exchanges", in_flight, 0);
        self.expect("parked calls", self.parked(), 0);
        self.expect("connections", self.connections(), 0);
        self.expect("leases", leases, kept);
        self.expect("processes", self.all_processes.held(), kept + warm);
    }

    /// The gateway has stopped.
    fn look_at_end(&self) {
        self.expect("sessions", self.gateway.session_count(), 0);
        self.expect("calls", self.policy.in_flight().held(), 0);
        self.expect("parked calls", self.parked(), 0);
        self.expect("connections", self.connections(), 0);
        self.expect(
            "leases",
            self.endpoints.iter().map(|endpoint| endpoint.leases()).sum(),
            0,
        );
        self.expect("processes", self.all_processes.held(), 0);
        let record = self.books.open();
        let left: Vec<_> = record
            .servers
            .iter()
            .filter(|(_, server)| !server.gone)
            .map(|(number, _)| *number)
            .collect();
        drop(record);
        if !left.is_empty() {
            self.books
                .breach("memory returns", format!("servers {left:?} were not stopped"));
        }
    }

    fn parked(&self) -> usize {
        self.endpoints.iter().map(|endpoint| endpoint.parked()).sum()
    }

    fn expect(&self, what: &str, held: usize, most: usize) {
        if held > most {
            self.books.breach(
                "memory returns",
                format!("{held} {what} are held, and {most} would be right"),
            );
        }
    }

    fn connections(&self) -> usize {
        let mut connections = self.connections.lock().unwrap_or_else(PoisonError::into_inner);
        connections.retain(|connection| !connection.is_finished());
        connections.len()
    }

    /// Ends sessions whose time is over, as a listener does, until the world is gone.
    pub async fn sweep(world: Weak<Self>) {
        loop {
            tokio::time::sleep(SWEEP).await;
            match world.upgrade() {
                Some(world) => world.gateway.sweep(),
                None => return,
            }
        }
    }
}

impl Remains {
    /// What a world that is gone still holds.
    pub fn look(&self, books: &Books) {
        if self.policy.strong_count() > 0 {
            books.breach("memory returns", "the gateway is still there");
        }
        for (house, connector) in self.connectors.iter().enumerate() {
            if connector.strong_count() > 0 {
                books.breach(
                    "memory returns",
                    format!("the endpoint of house {house} is still there"),
                );
            }
        }
    }
}

/// How much of a history is played.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Limit {
    /// Most steps of each client; all without it.
    pub steps: Option<u32>,
    /// The only clients that do anything, as bits; all without it.
    pub clients: Option<u32>,
}

/// As options of the command line.
impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(steps) = self.steps {
            write!(f, " --steps {steps}")?;
        }
        if let Some(clients) = self.clients {
            write!(f, " --clients {clients}")?;
        }
        Ok(())
    }
}

impl Limit {
    fn steps(self, client: u16, planned: u32) -> u32 {
        let plays = self.clients.is_none_or(|clients| clients & (1 << client) != 0);
        if plays {
            self.steps.map_or(planned, |most| planned.min(most))
        } else {
            0
        }
    }
}

fn guest(number: u16, dice: &mut Dice) -> Guest {
    let era = dice.weigh(&[
        (2, Era::HttpSse),
        (1, Era::Streamable("2025-03-26")),
        (1, Era::Streamable("2025-06-18")),
        (2, Era::Streamable("2025-11-25")),
        (3, Era::Modern),
    ]);
    let house = usize::try_from(dice.roll(2)).expect("it is 0 or 1");
    // Two share an address, and with it an account.
    let address = [
        127,
        0,
        0,
        1 + u8::try_from(number / 2).expect("there are few clients"),
    ];
    Guest {
        number,
        era,
        house,
        peer: SocketAddr::from((address, 4_000 + number)),
        pipe_bytes: dice.pick(&[1_024, 8 * 1024, 64 * 1024, 64 * 1024]),
        declares: dice.pick(&DECLARATIONS),
    }
}

/// Plays a seed: builds its world, lets it live and come to its end.
pub(crate) async fn play(seed: u64, limit: Limit) -> Arc<Books> {
    let mut dice = Dice::new(seed);
    let circumstances = Circumstances::roll(&mut dice, &mut Dice::new(!seed));
    let (world, remains) = World::scripted(circumstances, &mut dice);
    let books = Arc::clone(&world.books);
    books.line(Who::World, format!("{circumstances:?}"));
    let sweeping = tokio::spawn(World::sweep(Arc::downgrade(&world)));
    let living = async {
        world.live(&mut dice, limit).await;
        world.settle().await;
    };
    if tokio::time::timeout(END, living).await.is_err() {
        books.breach("no hang", "the world does not come to its end");
        return books;
    }
    sweeping.abort();
    drop(world);
    // Tasks that hold something see that it is over.
    tokio::time::sleep(Duration::from_secs(2)).await;
    remains.look(&books);
    books
}
