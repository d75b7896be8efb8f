//! A server that is a program.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use super::Context;
use super::keys::{FOR_BUILTINS, FOR_REMOTES, FOR_SESSION_LEASES};
use super::texts::{self, Names, argument};
use crate::expand::is_variable_name;
use crate::fault::Faults;
use crate::node::Node;
use crate::section::limits::Limits;
use crate::section::{Refused, Section};
use crate::value::{count, duration, plain};

/// A program that speaks MCP on its standard input and output.
///
/// `Debug` shows no argument and no value of a variable: they may be secrets.
#[derive(Clone, PartialEq, Eq)]
pub struct Command {
    /// The program's name, looked up in `PATH`, or its path.
    pub program: PathBuf,
    /// Its arguments, with `${NAME}` already replaced.
    pub args: Vec<OsString>,
    /// Variables to set beside the few that every child gets, with `${NAME}` already replaced.
    pub env: BTreeMap<String, String>,
    /// The directory to run in; `None` for our own.
    pub cwd: Option<PathBuf>,
    /// Who shares a process.
    pub lease: Lease,
    /// Time from the start of the process to its answer to `initialize`.
    pub start_timeout: Duration,
    /// Time to leave after its input was closed, and again after SIGTERM.
    pub stop_timeout: Duration,
}

/// Who shares a process, with the settings that only make sense there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Lease {
    /// A process for each session or, for clients without sessions, for each principal or client address.
    Session {
        /// Processes kept started for sessions to come.
        warm: usize,
        /// Processes at once, warm ones included.
        max_processes: usize,
        /// A process for clients without sessions stops when it was not called for so long.
        idle_timeout: Duration,
    },
    /// A process for all clients of one principal or client address.
    Principal {
        /// Processes at once.
        max_processes: usize,
        /// A process stops when it was not called for so long and no session is open on it.
        idle_timeout: Duration,
    },
    /// One process for everyone.
    Shared,
}

/// The kinds of [`Lease`], as `lease` and `--lease` name them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LeaseKind {
    /// `session`
    Session,
    /// `principal`
    Principal,
    /// `shared`
    Shared,
}

const LEASES: &[(&str, LeaseKind)] = &[
    ("session", LeaseKind::Session),
    ("principal", LeaseKind::Principal),
    ("shared", LeaseKind::Shared),
];

const VARIABLES: Names = Names {
    allows: is_variable_name,
    why: "is no name of a variable",
    allowed: "letters, digits and _, no digit first",
};

const DEFAULT_WARM: usize = 1;
const DEFAULT_MAX_PROCESSES: usize = 64;
pub(super) const DEFAULT_IDLE_TIMEOUT: Duration = Duration::from_secs(5 * 60);

impl From<LeaseKind> for Lease {
    /// The lease with its defaults.
    fn from(kind: LeaseKind) -> Self {
        match kind {
            LeaseKind::Shared => Self::Shared,
            LeaseKind::Principal => Self::Principal {
                max_processes: DEFAULT_MAX_PROCESSES,
                idle_timeout: DEFAULT_IDLE_TIMEOUT,
            },
            LeaseKind::Session => Self::Session {
                warm: DEFAULT_WARM,
                max_processes: DEFAULT_MAX_PROCESSES,
                idle_timeout: DEFAULT_IDLE_TIMEOUT,
            },
        }
    }
}

impl Command {
    /// A program with the defaults of `limits`, nothing in its `env`, in our own directory.
    pub fn new(program: impl Into<PathBuf>, args: Vec<OsString>, lease: LeaseKind, limits: &Limits) -> Self {
        Self {
            program: program.into(),
            args,
            env: BTreeMap::new(),
            cwd: None,
            lease: lease.into(),
            start_timeout: limits.start_timeout,
            stop_timeout: limits.stop_timeout,
        }
    }
}

impl fmt::Debug for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Command")
            .field("program", &self.program)
            .field("args", &self.args.len())
            .field("env", &self.env.keys())
            .field("cwd", &self.cwd)
            .field("lease", &self.lease)
            .field("start_timeout", &self.start_timeout)
            .field("stop_timeout", &self.stop_timeout)
            .finish()
    }
}

pub(super) fn read(section: &Section<'_>, context: &Context<'_>, faults: &mut Faults) -> Option<Command> {
    let why = "belongs to a built-in server, and this one has a `command`";
    section.refuse_present(FOR_BUILTINS, why, faults);
    let why = "belongs to a remote server, and this one has a `command`";
    section.refuse_present(FOR_REMOTES, why, faults);
    let limits = context.limits;
    let program = section.read("command", faults, program)?;
    // A bare name is looked up in PATH; what has a slash is a path, and starts where the file is.
    let program = if program.contains('/') {
        context.directory.join(program)
    } else {
        program.into()
    };
    let args = section
        .read("args", faults, |node| {
            plain::list(node, |item| {
                argument(item, context.environment).map(OsString::from)
            })
        })
        .unwrap_or_default();
    let env = section
        .get("env")
        .map(|_| texts::read(section, "env", &VARIABLES, context.environment, faults))
        .unwrap_or_default();
    let cwd = section
        .read("cwd", faults, plain::text)
        .map(|cwd| context.directory.join(cwd));
    let lease = lease(section, faults);
    let start_timeout = section
        .read("start_timeout", faults, duration::parse)
        .unwrap_or(limits.start_timeout);
    let stop_timeout = section
        .read("stop_timeout", faults, duration::parse)
        .unwrap_or(limits.stop_timeout);
    Some(Command {
        program,
        args,
        env,
        cwd,
        lease,
        start_timeout,
        stop_timeout,
    })
}

fn program(node: &Node) -> Result<String, Refused> {
    let program = plain::text(node)?;
    // Paths may hold spaces; a bare name with one is a command line.
    if program.contains(char::is_whitespace) && !program.contains(['/', '\\']) {
        return Err(Refused::value(node).hint("only the program goes here, its arguments go into `args`"));
    }
    Ok(program)
}

/// What `lease` says.
pub(super) fn lease_kind(section: &Section<'_>, faults: &mut Faults) -> LeaseKind {
    section
        .read("lease", faults, |node| plain::choice(node, LEASES))
        .unwrap_or(LeaseKind::Session)
}

fn lease(section: &Section<'_>, faults: &mut Faults) -> Lease {
    let kind = lease_kind(section, faults);
    if kind == LeaseKind::Shared {
        let why = "needs `lease = \"session\"`: a shared server is one process that stays";
        section.refuse_present(FOR_SESSION_LEASES, why, faults);
        return Lease::Shared;
    }
    let max_processes = section
        .read("max_processes", faults, count::parse)
        .unwrap_or(DEFAULT_MAX_PROCESSES);
    if kind == LeaseKind::Principal {
        let why = "needs `lease = \"session\"`: a principal's process starts with its first call";
        section.refuse_present(&["warm"], why, faults);
        let idle_timeout = section.read("idle_timeout", faults, duration::parse);
        return Lease::Principal {
            max_processes,
            idle_timeout: idle_timeout.unwrap_or(DEFAULT_IDLE_TIMEOUT),
        };
    }
    let warm = section
        .read("warm", faults, count::parse_or_none)
        .unwrap_or(DEFAULT_WARM);
    if warm > max_processes {
        faults
            .push(section.contradiction("warm", &format!("is more than `max_processes` ({max_processes})")));
    }
    let idle_timeout = section
        .read("idle_timeout", faults, duration::parse)
        .unwrap_or(DEFAULT_IDLE_TIMEOUT);
    Lease::Session {
        warm,
        max_processes,
        idle_timeout,
    }
}
