//! The log: for people on a terminal, JSON elsewhere; always on standard error, standard output is for results.

use std::io::{IsTerminal, stderr};

use anyhow::{Context, anyhow};
use pontoon_config::{Color, Environment};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::Subscriber;

use crate::cli::LogFormat;
use crate::exit_code::{ExitCode, Failure};

/// rmcp, in which the built-in servers are written, tells every handshake at `info`.
const DEFAULT_FILTER: &str = "info,rmcp=warn";

/// Starts logging what `filter` or else `PONTOON_LOG` asks for.
pub(crate) fn start(
    format: LogFormat,
    filter: Option<&str>,
    environment: &Environment,
) -> Result<(), Failure> {
    let directives = filter.or(environment.log_filter()).unwrap_or(DEFAULT_FILTER);
    let filter = EnvFilter::builder()
        .parse(directives)
        .with_context(|| format!("`{directives}` is no log level or filter; try `info` or `debug`"))
        .map_err(|error| Failure::new(ExitCode::Usage, error))?;
    let subscriber = Subscriber::builder().with_env_filter(filter).with_writer(stderr);
    let outcome = match format {
        LogFormat::Auto if !stderr().is_terminal() => subscriber
            .json()
            .flatten_event(true)
            .with_span_list(false)
            .try_init(),
        LogFormat::Json => subscriber
            .json()
            .flatten_event(true)
            .with_span_list(false)
            .try_init(),
        LogFormat::Auto | LogFormat::Human => {
            let ansi = stderr().is_terminal() && environment.color() == Color::Auto;
            subscriber.compact().with_ansi(ansi).with_target(false).try_init()
        }
    };
    outcome.map_err(|error| anyhow!(error).into())
}
