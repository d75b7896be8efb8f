//! What is held at this moment, told in one line of the log at SIGUSR1.
//!
//! For whoever suspects that something is not given back, and for the tests that see to it.

use std::sync::Arc;

use anyhow::Context as _;
use pontoon_broker::Endpoint;
use pontoon_downstream::Gateway;
use tokio::runtime::Handle;
use tokio::signal::unix::{Signal, SignalKind, signal};

/// What can be asked how much it holds.
pub(crate) struct Status {
    gateway: Gateway<Endpoint>,
    endpoints: Vec<Arc<Endpoint>>,
    asked: Signal,
}

impl Status {
    /// From here on the signal does no harm. Needs a tokio runtime.
    pub(crate) fn of(gateway: Gateway<Endpoint>, endpoints: Vec<Arc<Endpoint>>) -> anyhow::Result<Self> {
        let asked = signal(SignalKind::user_defined1()).context("cannot catch signals")?;
        Ok(Self {
            gateway,
            endpoints,
            asked,
        })
    }

    /// Tells at every signal, for ever.
    pub(crate) async fn tell(mut self) {
        while self.asked.recv().await.is_some() {
            self.log();
        }
    }

    fn log(&self) {
        let held = self.gateway.counters();
        let of_endpoints = |count: fn(&Endpoint) -> usize| -> usize {
            self.endpoints.iter().map(|endpoint| count(endpoint)).sum()
        };
        tracing::info!(
            connections = held.connections,
            sessions = held.sessions,
            streams = held.streams,
            event_clients = held.event_clients,
            calls = of_endpoints(Endpoint::in_flight),
            parked = of_endpoints(Endpoint::parked),
            leases = of_endpoints(Endpoint::leases),
            processes = of_endpoints(Endpoint::processes),
            tasks = Handle::current().metrics().num_alive_tasks(),
            "status",
        );
    }
}
