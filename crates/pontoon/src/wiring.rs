//! Where the rooms are put together: the configuration's settings become each room's own.

mod builtin;
mod events;
mod listener;
mod servers;

pub(crate) use servers::{connector, endpoint_settings, stdio};

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use pontoon_broker::Endpoint;
use pontoon_config::{Config, Environment, Limits};
use pontoon_downstream::Gateway;
use pontoon_policy::{AccountLimits, Gauge, Policy};
use tokio::net::TcpListener;

use crate::memory;
use crate::shutdown::Shutdown;
use crate::status::Status;

/// The rooms, joined and ready to serve.
pub(crate) struct House {
    gateway: Gateway<Endpoint>,
    status: Status,
    drain: Duration,
}

/// Makes every room from its part of the configuration. Starts the warm
/// processes; needs a tokio runtime.
pub(crate) fn assemble(config: &Config, environment: &Environment) -> anyhow::Result<House> {
    if let Err(error) = pontoon_supervise::become_subreaper() {
        tracing::warn!(%error, "orphans of children cannot be adopted; they are found by their mark only");
    }
    check_descriptors(&config.limits);
    let processes = Gauge::new("max_processes", config.limits.max_processes);
    let outer: pontoon_supervise::Environment = environment.variables().collect();
    let outer = Arc::new(outer);
    let hub = events::hub(config);
    let endpoints = config.servers.iter().map(|server| {
        let mirror = hub
            .as_ref()
            .filter(|_| events::is_mirrored(config, server))
            .cloned();
        servers::endpoint(server, &config.limits, &outer, &processes, mirror)
    });
    let endpoints = endpoints.collect::<anyhow::Result<Vec<_>>>()?;
    let default = config
        .default_server
        .as_ref()
        .and_then(|default| config.servers.iter().position(|server| server.name == *default));
    let policy = Policy::new(config.limits.max_in_flight).with_account_limits(AccountLimits {
        calls: config.limits.max_in_flight_per_session,
        listeners: config.limits.max_listeners_per_principal,
    });
    let guard = listener::guard(config)?;
    let mut settings = listener::settings(config);
    settings.events = hub.map(|hub| events::channel(config, hub)).transpose()?;
    events::report(config);
    let gateway = Gateway::new(settings, Arc::new(policy), guard, endpoints.clone(), default)
        .context("the addresses cannot be laid out")?;
    Ok(House {
        status: Status::of(gateway.clone(), endpoints)?,
        gateway,
        drain: config.limits.drain_timeout,
    })
}

/// Pipes to and from a child, and the descriptor that tells of its end.
const DESCRIPTORS_PER_PROCESS: usize = 4;
/// What the program itself has open.
const DESCRIPTORS_OF_OUR_OWN: usize = 32;

/// Asks the system for as many descriptors as it gives. Says so if the limits
/// promise more than that: better now than at the ten-thousandth client.
fn check_descriptors(limits: &Limits) {
    let wanted =
        limits.max_connections + limits.max_processes * DESCRIPTORS_PER_PROCESS + DESCRIPTORS_OF_OUR_OWN;
    match pontoon_supervise::raise_descriptor_limit() {
        Some(allowed) if allowed < wanted as u64 => tracing::warn!(
            allowed,
            wanted,
            "the system allows fewer descriptors than max_connections and max_processes may need: \
             raise its limit (ulimit -n, or LimitNOFILE= of the service), or lower these two"
        ),
        _ => {}
    }
}

/// Time for the answers to calls that were ended at the deadline, before connections are cut.
const LAST_WORDS: Duration = Duration::from_secs(1);

impl House {
    /// Serves until `shutdown` asks to stop, then ends streams, calls and children in good order.
    pub(crate) async fn serve(self, listener: TcpListener, shutdown: Shutdown) -> anyhow::Result<()> {
        let telling = tokio::spawn(self.status.tell());
        let giving_back = tokio::spawn(memory::give_back(self.gateway.clone()));
        let serving = tokio::spawn({
            let gateway = self.gateway.clone();
            async move { gateway.serve(listener).await }
        });
        shutdown.drain.cancelled().await;
        // The endpoints end their calls when the drain time is over. What they say then has to get out.
        self.gateway.drain(self.drain + LAST_WORDS).await;
        serving.await.context("the listener failed")?;
        telling.abort();
        giving_back.abort();
        Ok(())
    }
}
