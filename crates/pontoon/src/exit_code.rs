//! What the exit code says. Scripts depend on these numbers: they never change their meaning.

use std::fmt;

/// How the program ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ExitCode {
    Success = 0,
    Failure = 1,
    /// Also what clap uses.
    Usage = 2,
    Config = 3,
    Listen = 4,
    Unusable = 5,
    Unreachable = 10,
    Protocol = 11,
    ToolError = 12,
    TimedOut = 13,
    Unauthorized = 14,
    Cancelled = 15,
    Interrupted = 130,
}

/// Every code and its meaning, for `--help` and `docs/exit-codes.md`.
pub(crate) const MEANINGS: &[(ExitCode, &str)] = &[
    (
        ExitCode::Success,
        "done, or stopped in good order by SIGTERM, SIGINT or SIGHUP",
    ),
    (
        ExitCode::Failure,
        "something failed while running; the last line on standard error says what",
    ),
    (ExitCode::Usage, "the command line was not understood"),
    (
        ExitCode::Config,
        "the configuration was refused, alone or together with the command line",
    ),
    (
        ExitCode::Listen,
        "the address cannot be listened on: it is taken, not there, or not permitted",
    ),
    (
        ExitCode::Unusable,
        "`pontoon check` found a server that cannot be used",
    ),
    (
        ExitCode::Unreachable,
        "`pontoon call`, `pontoon tail`: the server cannot be started or reached, or was lost",
    ),
    (
        ExitCode::Protocol,
        "`pontoon call`: the server refused the request with a JSON-RPC error, or did not speak MCP; `pontoon tail`: what came is no event stream, or nothing that `--decode` knows",
    ),
    (
        ExitCode::ToolError,
        "`pontoon call`: the tool's result says that it failed (`isError`); `pontoon tail --decode`: the provider says that it failed",
    ),
    (
        ExitCode::TimedOut,
        "`pontoon call`, `pontoon tail`: the server was silent for longer than `--timeout`",
    ),
    (
        ExitCode::Unauthorized,
        "`pontoon call`, `pontoon tail`: the server wants other credentials (401 or 403)",
    ),
    (
        ExitCode::Cancelled,
        "`pontoon call`: cancelled by a signal, or by declining what the call could not do without",
    ),
    (
        ExitCode::Interrupted,
        "a second signal ended the program before it had stopped in good order",
    ),
];

impl From<ExitCode> for std::process::ExitCode {
    fn from(code: ExitCode) -> Self {
        Self::from(code as u8)
    }
}

/// Why the program ends early, with the code that says so.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) code: ExitCode,
    error: anyhow::Error,
}

impl Failure {
    pub(crate) fn new(code: ExitCode, error: impl Into<anyhow::Error>) -> Self {
        Self {
            code,
            error: error.into(),
        }
    }
}

/// What fails without a code of its own is a failure while running.
impl From<anyhow::Error> for Failure {
    fn from(error: anyhow::Error) -> Self {
        Self::new(ExitCode::Failure, error)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.code {
            // Says where and what on its own, line by line.
            ExitCode::Config => write!(f, "{:#}", self.error),
            _ => write!(f, "pontoon: {:#}", self.error),
        }
    }
}

/// The code for an outcome.
pub(crate) fn of(outcome: &Result<(), Failure>) -> ExitCode {
    outcome
        .as_ref()
        .map_or_else(|failure| failure.code, |()| ExitCode::Success)
}

/// The section of `--help`.
pub(crate) fn help() -> String {
    let lines = MEANINGS
        .iter()
        .map(|(code, meaning)| format!("  {:>3}  {meaning}", *code as u8));
    std::iter::once("Exit codes:".to_owned())
        .chain(lines)
        .collect::<Vec<_>>()
        .join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_documentation_lists_every_code() {
        let document = include_str!("../../../docs/exit-codes.md");
        for (code, meaning) in MEANINGS {
            let row = format!("| {} | {meaning} |", *code as u8);
            assert!(document.contains(&row), "docs/exit-codes.md lacks: {row}");
        }
    }
}
