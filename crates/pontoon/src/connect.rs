//! `pontoon connect`: a stdio server for the client that started it, before a server of any kind.

mod explain;
mod hint;
mod watch;

use std::io::{IsTerminal, Write as _, stderr, stdin};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, anyhow};
use pontoon_broker::{Endpoint, EndpointSettings};
use pontoon_config::{Environment, Limits, Server, Upstream};
use pontoon_downstream::{Pipe, PipeEnd, PipeSettings};
use pontoon_policy::{AccountLimits, Gauge, Policy};
use pontoon_supervise::{BackoffSettings, CircuitSettings, Inherit};
use pontoon_upstream::Connector;

use self::explain::Explanations;
use self::watch::Watched;
use crate::cli::ConnectArguments;
use crate::exit_code::{ExitCode, Failure};
use crate::shutdown::{Shutdown, Signals};
use crate::{logging, wiring};

/// One client is not held off: who tries again wants to know now.
const BACKOFF: BackoffSettings = BackoffSettings {
    base: Duration::from_millis(100),
    max: Duration::from_secs(2),
};

/// Serves the client on standard input and output until it closes its end or a signal comes.
pub(crate) fn command(arguments: &ConnectArguments, environment: &Environment) -> Result<(), Failure> {
    let limits = Limits::default();
    let server = arguments
        .server(environment, &limits)
        .map_err(|error| Failure::new(ExitCode::Config, error.context("pontoon connect")))?;
    let _log = logging::start(arguments.log_format, arguments.log.as_deref(), environment)?;
    if stdin().is_terminal() {
        // Whoever reads this is no client. A closed standard error is no reason to stop.
        let _ = stderr().write_all(hint::text(&server).as_bytes());
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("cannot start the runtime")?;
    let outcome = runtime.block_on(until_stopped(&server, &limits, environment));
    // The thread that reads standard input may never come back.
    runtime.shutdown_background();
    outcome
}

async fn until_stopped(server: &Server, limits: &Limits, environment: &Environment) -> Result<(), Failure> {
    let shutdown = Shutdown::default();
    tokio::spawn(Signals::catch()?.forward(shutdown.clone()));
    let leave = shutdown.leave.clone();
    tokio::select! {
        outcome = run(server, limits, environment, shutdown) => outcome,
        () = leave.cancelled() => Err(Failure::new(ExitCode::Interrupted, anyhow!("stopped by a second signal"))),
    }
}

async fn run(
    server: &Server,
    limits: &Limits,
    environment: &Environment,
    shutdown: Shutdown,
) -> Result<(), Failure> {
    if let Err(error) = pontoon_supervise::become_subreaper() {
        tracing::debug!(%error, "orphans of children cannot be adopted");
    }
    let explanations = Arc::new(Explanations::of(server));
    let connector = Watched::new(connector(server, limits, environment)?, Arc::clone(&explanations));
    let settings = EndpointSettings {
        // The one client decides what runs, and for how long.
        warm: 0,
        idle: Duration::MAX,
        // The pipe has waited already.
        drain: Duration::ZERO,
        backoff: BACKOFF,
        circuit: CircuitSettings {
            failures: usize::MAX,
            ..CircuitSettings::default()
        },
        ..wiring::endpoint_settings(server, limits)
    };
    let processes = Gauge::new("max_processes", limits.max_processes);
    let endpoint = Arc::new(Endpoint::new(settings, Arc::new(connector), processes));
    let policy = Policy::new(limits.max_in_flight).with_account_limits(AccountLimits {
        calls: limits.max_in_flight_per_session,
        listeners: limits.max_listeners_per_principal,
    });
    let pipe = Pipe::new(endpoint, Arc::new(policy), PipeSettings::default()).explained_by(explanations);
    let stop = shutdown.drain.cancelled_owned();
    match pipe.serve(tokio::io::stdin(), tokio::io::stdout(), stop).await {
        PipeEnd::Closed | PipeEnd::Stopped | PipeEnd::Gone => Ok(()),
        PipeEnd::TooSlow => Err(anyhow!("the client does not read what it is sent").into()),
    }
}

/// The way to the server. A command sees all of our environment: whoever started us chose it for that.
fn connector(
    server: &Server,
    limits: &Limits,
    environment: &Environment,
) -> Result<Arc<dyn Connector>, Failure> {
    let outer: pontoon_supervise::Environment = environment.variables().collect();
    let outer = Arc::new(outer);
    match &server.upstream {
        Upstream::Command(command) => {
            let inherit = Inherit::nothing().and("*");
            Ok(Arc::new(wiring::stdio(server, command, limits, &outer, inherit)))
        }
        Upstream::Remote(_) | Upstream::Builtin(_) => wiring::connector(server, limits, &outer)
            .map_err(|error| Failure::new(ExitCode::Config, error.context("pontoon connect"))),
    }
}
