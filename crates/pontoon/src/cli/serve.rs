//! `pontoon serve`: its arguments, and the configuration they make.

use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::PathBuf;

use clap::builder::PossibleValuesParser;
use clap::{Args, ValueEnum};
use pontoon_config::{
    Builtin, Command, Config, ConfigError, Draft, Environment, LeaseKind, Server, ServerName, Upstream,
    parse_listen,
};

/// Examples teach faster than a list of options, so they come first.
pub(super) const HELP_TEMPLATE: &str =
    "{about}\n\n{before-help}{usage-heading} {usage}\n\n{all-args}{after-help}";

pub(super) const EXAMPLES: &str = "\
Examples:
  pontoon serve
      hosts the built-in server `showcase` at http://127.0.0.1:3000/mcp
  pontoon serve -- npx -y @modelcontextprotocol/server-everything
      hosts a stdio server; what follows -- is started as it is, without a shell
  pontoon serve --listen 127.0.0.1:0 --json -- ./my-server --verbose
      for scripts: any free port, told in one line of JSON on standard output
  pontoon serve --lease shared -- uvx mcp-server-time
      one process for all clients, for servers that keep nothing per client
  pontoon serve --config pontoon.toml
      many servers with their settings; the mcpServers file of a desktop client works too";

/// The arguments of `pontoon serve`.
#[derive(Args, Debug)]
pub(crate) struct ServeArguments {
    /// Read the servers and settings from a file.
    ///
    /// TOML as in docs/configuration.md, or the `mcpServers` JSON of desktop clients, told apart by content. The
    /// rest of the command line adds to the file.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,

    /// Where to listen [default: 127.0.0.1:3000]
    ///
    /// An IP address and a port; port 0 takes any free one. Overrides the file.
    #[arg(long, value_name = "ADDRESS:PORT", value_parser = parse_listen)]
    listen: Option<SocketAddr>,

    /// Permit listening on every interface (0.0.0.0 or [::])
    ///
    /// Anyone who can reach this machine can then use the servers. Add the names clients use for it to
    /// `allowed_hosts` in the file.
    #[arg(long)]
    allow_wildcard: bool,

    /// Host a built-in server; may be given several times.
    #[arg(long, value_name = "NAME", value_parser = PossibleValuesParser::new(Builtin::NAMES))]
    builtin: Vec<String>,

    /// Name the command's server in URLs [default: from the command]
    #[arg(long, value_name = "NAME", value_parser = ServerName::new, requires = "command")]
    name: Option<ServerName>,

    /// Who shares a process of the command.
    #[arg(long, value_enum, requires = "command", default_value_t = Lease::Session)]
    lease: Lease,

    /// How to write the log, on standard error.
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t = LogFormat::Auto)]
    pub(crate) log_format: LogFormat,

    /// What to log: error, warn, info, debug or trace [default: PONTOON_LOG, else info]
    ///
    /// Also per module, as in `info,pontoon_upstream=debug`.
    #[arg(long, value_name = "LEVEL")]
    pub(crate) log: Option<String>,

    /// Tell the addresses in one line of JSON on standard output, instead of the banner.
    #[arg(long)]
    pub(crate) json: bool,

    /// A program that speaks MCP on standard input and output, with its arguments.
    #[arg(last = true, value_name = "COMMAND")]
    command: Vec<OsString>,
}

/// Who shares a process.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Lease {
    /// Each session has its own; clients without sessions, one per principal or address
    Session,
    /// All clients share one
    Shared,
}

/// How the log is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogFormat {
    /// Human on a terminal, JSON elsewhere
    Auto,
    /// Lines for people
    Human,
    /// One JSON object per line
    Json,
}

impl From<Lease> for LeaseKind {
    fn from(lease: Lease) -> Self {
        match lease {
            Lease::Session => Self::Session,
            Lease::Shared => Self::Shared,
        }
    }
}

impl ServeArguments {
    /// The file, if there is one, and what the command line adds to it.
    pub(crate) fn configuration(&self, environment: &Environment) -> Result<Config, ConfigError> {
        let mut draft = match &self.config {
            Some(path) => Draft::load(path, environment)?,
            None => Draft::default(),
        };
        if let Some(address) = self.listen {
            draft.listen(address);
        }
        if self.allow_wildcard {
            draft.allow_wildcard();
        }
        for server in self
            .command_server(&draft)
            .into_iter()
            .chain(self.builtin_servers(&draft))
        {
            draft.add_server(server);
        }
        draft.finish()
    }

    fn command_server(&self, draft: &Draft) -> Option<Server> {
        let (program, arguments) = self.command.split_first()?;
        let words: Vec<_> = self.command.iter().map(|word| word.to_string_lossy()).collect();
        let derived = || ServerName::from_command(words.iter().map(AsRef::as_ref));
        let name = self.name.clone().unwrap_or_else(derived);
        let command = Command::new(program, arguments.to_vec(), self.lease.into(), draft.limits());
        Some(Server::new(name, Upstream::Command(command), draft.limits()))
    }

    fn builtin_servers(&self, draft: &Draft) -> Vec<Server> {
        let server = |name: &String| {
            let builtin = Builtin::named(name).expect("clap takes only the names there are");
            let name = ServerName::new(name).expect("the names of built-in servers are names of servers");
            Server::new(name, Upstream::Builtin(builtin), draft.limits())
        };
        self.builtin.iter().map(server).collect()
    }
}
