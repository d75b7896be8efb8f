//! How one server is hosted.

use std::time::Duration;

use pontoon_downstream::Hub;
use pontoon_jsonrpc::Raw;
use pontoon_policy::SEAL_KEY_BYTES;
use pontoon_supervise::{BackoffSettings, CircuitSettings};
use pontoon_translate::Timeouts;

use crate::eras::Era;

/// What kind of server it is, and who shares one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hosting {
    /// A command.
    Command(LeasePolicy),
    /// A server behind a URL. No process of ours.
    Remote(LeasePolicy),
    /// A server in this process, which speaks both eras: a connection for
    /// each legacy session, one for all stateless clients.
    InProcess,
}

impl Hosting {
    /// Who shares a server of which only the settings, or a try, tell what it
    /// speaks; `None` where it speaks both eras.
    pub(crate) fn legacy(self) -> Option<LeasePolicy> {
        match self {
            Self::Command(policy) | Self::Remote(policy) => Some(policy),
            Self::InProcess => None,
        }
    }
}

/// Who shares a running server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LeasePolicy {
    /// Each legacy session has its own; stateless clients have one for each
    /// principal (or address) and set of capabilities.
    Session,
    /// Each principal (or address) has one, for all of its sessions and for
    /// its stateless requests.
    Principal,
    /// All clients use one.
    Shared,
}

/// Settings of one hosted server.
#[derive(Clone, Debug)]
pub struct EndpointSettings {
    /// The name in its URLs.
    pub name: String,
    /// Kind and sharing.
    pub hosting: Hosting,
    /// What it speaks. Of no meaning for a server in this process, which speaks both.
    pub era: Era,
    /// Handshake and call time-outs.
    pub timeouts: Timeouts,
    /// Processes that are started before anybody needs them.
    pub warm: usize,
    /// Most processes of this server at once, warm ones included; of a remote
    /// server, most sessions for clients that have none themselves.
    pub max_processes: usize,
    /// Most calls of one session in flight.
    pub max_in_flight_per_session: usize,
    /// After so long without a request, the server of a stateless client is stopped.
    pub idle: Duration,
    /// How long to wait after a crash.
    pub backoff: BackoffSettings,
    /// Chance for the back-off: the operating system's, except where a run
    /// must repeat itself exactly.
    pub jitter: fn() -> u32,
    /// Most calls that may wait for clients that were asked something, and so hold a server each.
    pub max_parked: usize,
    /// Most of them on one account.
    pub max_parked_per_principal: usize,
    /// Makes the key of what clients keep for the gateway. Nobody else may know it: the operating system's, except
    /// where a run must repeat itself exactly.
    pub seal_key: fn() -> [u8; SEAL_KEY_BYTES],
    /// How many crashes are too many.
    pub circuit: CircuitSettings,
    /// How long requests in flight may take when the gateway stops.
    pub drain: Duration,
    /// Where the server's progress, log messages and changes appear as well, for all who listen there.
    pub mirror: Option<Hub>,
    /// What Pontoon calls itself where it has to speak for itself.
    pub client_info: Raw,
}

impl EndpointSettings {
    /// Defaults for a server called `name`: 30 s to start, 60 s for a call (10
    /// minutes with progress), 5 minutes to answer a question, one warm process, 64
    /// processes, 5 minutes idle, 5 s to drain. It speaks the revisions that begin
    /// with `initialize`.
    pub fn new(name: impl Into<String>, hosting: Hosting) -> Self {
        Self {
            name: name.into(),
            hosting,
            era: Era::default(),
            timeouts: Timeouts {
                open: Duration::from_secs(30),
                call: Duration::from_secs(60),
                call_max: Duration::from_secs(600),
                parked: Duration::from_secs(300),
            },
            warm: 1,
            max_processes: 64,
            max_in_flight_per_session: 256,
            idle: Duration::from_secs(300),
            backoff: BackoffSettings::default(),
            // Without a random source the longest delay is taken.
            jitter: || getrandom::u32().unwrap_or(u32::MAX),
            max_parked: 1_000,
            max_parked_per_principal: 100,
            seal_key: random_key,
            circuit: CircuitSettings::default(),
            drain: Duration::from_secs(5),
            mirror: None,
            client_info: Raw::from_static(concat!(
                r#"{"name":"pontoon","version":""#,
                env!("CARGO_PKG_VERSION"),
                r#""}"#
            )),
        }
    }
}

fn random_key() -> [u8; SEAL_KEY_BYTES] {
    let mut key = [0; SEAL_KEY_BYTES];
    // What is sealed with a key that can be guessed is not sealed.
    getrandom::fill(&mut key).expect("the operating system has random numbers");
    key
}
