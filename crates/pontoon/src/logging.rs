//! The log: for people on a terminal, JSON elsewhere; always on standard error, standard output is for results.

use std::io::{IsTerminal, stderr};

use anyhow::{Context, anyhow};
use pontoon_config::{Color, Environment};
use tracing_appender::non_blocking::{NonBlockingBuilder, WorkerGuard};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::fmt::Subscriber;

use crate::cli::LogFormat;
use crate::exit_code::{ExitCode, Failure};

const DEFAULT_FILTER: &str = "info";

/// Lines that may wait for whoever reads the log. What exceeds them is lost: a reader that stalls must not stall us.
const WAITING_LINES: usize = 10_000;

/// Starts logging what `filter` or else `PONTOON_LOG` asks for. What was logged is written until the guard is dropped.
pub(crate) fn start(
    format: LogFormat,
    filter: Option<&str>,
    environment: &Environment,
) -> Result<WorkerGuard, Failure> {
    let directives = filter.or(environment.log_filter()).unwrap_or(DEFAULT_FILTER);
    let filter = parse(directives).map_err(|error| Failure::new(ExitCode::Usage, error))?;
    // A line that cannot be written is lost: to complain about it on the same standard error would panic, and
    // whoever was about to stop the program in good order with it.
    let lines = NonBlockingBuilder::default()
        .lossy(true)
        .buffered_lines_limit(WAITING_LINES);
    let (writer, guard) = lines.thread_name("log").finish(stderr());
    let subscriber = Subscriber::builder()
        .with_env_filter(filter)
        .with_writer(writer)
        .log_internal_errors(false);
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
    outcome.map_err(|error| anyhow!(error))?;
    Ok(guard)
}

/// Understands a level, or directives as in `info,pontoon_upstream=debug`.
fn parse(directives: &str) -> anyhow::Result<EnvFilter> {
    let problem = || format!("`{directives}` is no log level or filter; try `info` or `debug`");
    let filter = match directives.parse::<LevelFilter>() {
        // rmcp, in which the built-in servers are written, tells every handshake at `info`. Who wants to read that
        // names it.
        Ok(level) => format!("{level},rmcp={}", level.min(LevelFilter::WARN)),
        // A single word is a directive too, for a module of that name: a misspelt level would silence everything.
        Err(error) if !directives.contains('=') => return Err(error).with_context(problem),
        Err(_) => directives.to_owned(),
    };
    EnvFilter::builder().parse(filter).with_context(problem)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_level_is_for_pontoon_and_not_for_what_rmcp_tells() {
        for (given, meant) in [
            ("error", "rmcp=error,error"),
            ("info", "rmcp=warn,info"),
            ("DEBUG", "rmcp=warn,debug"),
        ] {
            assert_eq!(parse(given).expect("it is a level").to_string(), meant, "{given}");
        }
    }

    #[test]
    fn directives_are_taken_as_they_are() {
        for given in ["pontoon_upstream=debug,info", "rmcp=debug"] {
            assert_eq!(parse(given).expect("it is a filter").to_string(), given);
        }
    }

    #[test]
    fn a_misspelt_level_is_refused() {
        for given in ["loud", "infos", "pontoon=loud"] {
            assert!(parse(given).is_err(), "{given:?}");
        }
    }
}
