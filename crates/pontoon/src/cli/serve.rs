//! `pontoon serve`: its arguments, and the configuration they make.

use std::net::SocketAddr;

use clap::{Args, ValueEnum};
use pontoon_config::{Config, ConfigError, Environment, parse_listen};

use super::servers::Servers;

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
    #[command(flatten)]
    servers: Servers,

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

impl ServeArguments {
    /// The file, if there is one, and what the command line adds to it.
    pub(crate) fn configuration(&self, environment: &Environment) -> Result<Config, ConfigError> {
        let mut draft = self.servers.draft(environment)?;
        if let Some(address) = self.listen {
            draft.listen(address);
        }
        if self.allow_wildcard {
            draft.allow_wildcard();
        }
        draft.finish()
    }
}
