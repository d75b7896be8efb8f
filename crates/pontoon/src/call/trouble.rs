//! Why a call did not succeed.

use std::time::Duration;

use pontoon_jsonrpc::{ErrorObject, code};
use pontoon_mcp::error::{MISSING_CAPABILITY, UNSUPPORTED_VERSION};
use pontoon_upstream::{Closed, ConnectError, Failure};
use thiserror::Error;

use crate::exit_code::{self, ExitCode};

/// Lines of a program's standard error that are shown.
const OUTPUT_LINES: usize = 5;

/// Why a call did not succeed. Each names the cause and the next step.
#[derive(Debug, Error)]
pub(super) enum Trouble {
    #[error("{0}")]
    Usage(String),
    #[error("{0}\n  is the program installed, and in the PATH?")]
    Start(#[from] ConnectError),
    #[error("{0}\n  {next}", next = next_step(.0))]
    Failed(Failure),
    #[error("{what}\n  run the command by hand: does it wait for input, and what does it print?{output}")]
    Gone { what: String, output: String },
    #[error("the server was silent for {}\n  raise --timeout if it needs longer{noise}", shown(.patience))]
    Silent { patience: Duration, noise: &'static str },
    #[error("the server refused `{method}`: {} ({}){}", .error.message, .error.code, remedy(.error))]
    Refused { method: String, error: ErrorObject },
    #[error("the server's answer makes no sense: {0}")]
    Nonsense(String),
    #[error("{0}")]
    Version(String),
    #[error("the tool failed")]
    Tool,
    #[error("cancelled")]
    Cancelled,
    #[error("{0}")]
    Declined(String),
    #[error("{0}")]
    Output(String),
}

impl Trouble {
    pub(super) fn usage(what: impl Into<String>) -> Self {
        Self::Usage(what.into())
    }

    pub(super) fn of_closed(why: &Closed) -> Self {
        match why {
            Closed::SessionLost => Self::Failed(Failure::Broken(why.to_string())),
            _ => Self::Gone {
                what: why.to_string(),
                output: tail(why.stderr_tail().unwrap_or_default()),
            },
        }
    }

    fn code(&self) -> ExitCode {
        match self {
            Self::Usage(_) => ExitCode::Usage,
            Self::Failed(Failure::Unauthorized(_)) => ExitCode::Unauthorized,
            Self::Failed(Failure::Unreachable(_) | Failure::Broken(_) | Failure::Busy(_))
            | Self::Start(_)
            | Self::Gone { .. } => ExitCode::Unreachable,
            Self::Failed(Failure::Status(_) | Failure::Protocol(_) | Failure::TooLarge(_))
            | Self::Refused { .. }
            | Self::Nonsense(_)
            | Self::Version(_) => ExitCode::Protocol,
            Self::Silent { .. } => ExitCode::TimedOut,
            Self::Tool => ExitCode::ToolError,
            Self::Cancelled | Self::Declined(_) => ExitCode::Cancelled,
            Self::Output(_) => ExitCode::Failure,
        }
    }
}

impl From<Trouble> for exit_code::Failure {
    fn from(trouble: Trouble) -> Self {
        Self::new(trouble.code(), trouble)
    }
}

/// What helps against an error, where something is known to.
fn remedy(error: &ErrorObject) -> &'static str {
    match error.code {
        code::METHOD_NOT_FOUND => {
            "\n  without a method pontoon call tells what the server offers; another --era may have it"
        }
        MISSING_CAPABILITY => {
            "\n  it asks what this client did not say that it can answer: directories need --root"
        }
        UNSUPPORTED_VERSION => "\n  try another --era or --revision",
        _ => "",
    }
}

fn next_step(failure: &Failure) -> &'static str {
    match failure {
        Failure::Unreachable(_) => {
            "is the URL right, does the server run, and is its certificate known (--ca-file)?"
        }
        Failure::Unauthorized(_) => "give it credentials: --bearer-env, --bearer-file or --header",
        Failure::Busy(_) | Failure::Broken(_) => "try again later",
        Failure::Status(_) | Failure::Protocol(_) => {
            "is the URL that of its MCP endpoint? It may speak another era (--era)"
        }
        Failure::TooLarge(_) => "ask for less at once",
    }
}

/// The last lines of its standard error. They may hold secrets: this is the operator's own terminal.
fn tail(stderr: &str) -> String {
    let lines: Vec<_> = stderr.lines().collect();
    let last = &lines[lines.len().saturating_sub(OUTPUT_LINES)..];
    last.iter().map(|line| format!("\n  | {line}")).collect()
}

fn shown(patience: &Duration) -> String {
    if patience.subsec_millis() == 0 {
        format!("{} s", patience.as_secs())
    } else {
        format!("{} ms", patience.as_millis())
    }
}
