//! `pontoon serve`.

use std::io::{IsTerminal, Write, stdout};
use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context, anyhow};
use pontoon_config::{Color, Config, Environment};
use tokio::net::TcpListener;

use crate::banner::Announcement;
use crate::cli::ServeArguments;
use crate::exit_code::{ExitCode, Failure};
use crate::paint::Paint;
use crate::shutdown::{Shutdown, Signals};
use crate::{logging, wiring};

/// How long what still runs on other threads is waited for when all is said and done.
const RUNTIME_STOP_TIMEOUT: Duration = Duration::from_millis(500);

/// Runs until a signal stops it.
pub(crate) fn command(arguments: &ServeArguments, environment: Environment) -> Result<(), Failure> {
    let config = arguments
        .configuration(&environment)
        .map_err(|error| Failure::new(ExitCode::Config, error))?;
    let _log = logging::start(arguments.log_format, arguments.log.as_deref(), &environment)?;
    for note in &config.notes {
        tracing::warn!("{note}");
    }
    let output = if arguments.json {
        Output::Machine
    } else {
        Output::human(&environment)
    };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("cannot start the runtime")?;
    let outcome = runtime.block_on(until_stopped(config, environment, output));
    runtime.shutdown_timeout(RUNTIME_STOP_TIMEOUT);
    outcome
}

async fn until_stopped(config: Config, environment: Environment, output: Output) -> Result<(), Failure> {
    let shutdown = Shutdown::default();
    tokio::spawn(Signals::catch()?.forward(shutdown.clone()));
    let leave = shutdown.leave.clone();
    tokio::select! {
        outcome = run(config, environment, output, shutdown) => outcome,
        () = leave.cancelled() => Err(Failure::new(ExitCode::Interrupted, anyhow!("stopped by a second signal"))),
    }
}

/// Listens, puts the rooms together, says so, and serves until `shutdown` asks to stop.
async fn run(
    config: Config,
    environment: Environment,
    output: Output,
    shutdown: Shutdown,
) -> Result<(), Failure> {
    // First the address: if it is taken, no process was started in vain.
    let listener = listen(config.listen).await?;
    let house = wiring::assemble(&config, &environment)?;
    let address = listener.local_addr().context("cannot tell the address")?;
    output.announce(&Announcement::new(&config, address));
    tracing::info!(%address, servers = config.servers.len(), "listening");
    house.serve(listener, shutdown).await?;
    tracing::info!("stopped");
    Ok(())
}

async fn listen(address: SocketAddr) -> Result<TcpListener, Failure> {
    TcpListener::bind(address)
        .await
        .with_context(|| format!("cannot listen on {address}"))
        .map_err(|error| Failure::new(ExitCode::Listen, error))
}

/// What standard output gets when the listener is bound.
#[derive(Clone, Copy, Debug)]
enum Output {
    Machine,
    Human(Paint),
}

impl Output {
    fn human(environment: &Environment) -> Self {
        let is_colored = stdout().is_terminal() && environment.color() == Color::Auto;
        Self::Human(if is_colored { Paint::Ansi } else { Paint::Plain })
    }

    /// A closed standard output is no reason to stop: whoever started us may not care.
    fn announce(self, announcement: &Announcement) {
        let text = match self {
            Self::Machine => announcement.machine(),
            Self::Human(paint) => announcement.human(paint),
        };
        let mut out = stdout().lock();
        let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
    }
}
