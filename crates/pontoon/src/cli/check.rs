//! `pontoon check`: its arguments.

use clap::Args;
use pontoon_config::{Config, ConfigError, Environment};

use super::servers::Servers;

pub(super) const EXAMPLES: &str = "\
Examples:
  pontoon check --config pontoon.toml
      starts or reaches every server of the file, asks each what it offers, and stops it again
  pontoon check --config ~/.cursor/mcp.json
      the servers of a desktop client
  pontoon check -- npx -y @modelcontextprotocol/server-everything
      one command; pontoon check --json is for scripts";

/// The arguments of `pontoon check`.
#[derive(Args, Debug)]
pub(crate) struct CheckArguments {
    #[command(flatten)]
    servers: Servers,

    /// What to log: error, warn, info, debug or trace
    #[arg(long, value_name = "LEVEL", default_value = "off")]
    pub(crate) log: String,

    /// Tell the findings in one line of JSON on standard output.
    #[arg(long)]
    pub(crate) json: bool,
}

impl CheckArguments {
    /// What is to be checked.
    pub(crate) fn configuration(&self, environment: &Environment) -> Result<Config, ConfigError> {
        self.servers.draft(environment)?.finish()
    }
}
