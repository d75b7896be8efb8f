//! Which servers are meant: those of a file, of the command line, or both.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::builder::PossibleValuesParser;
use clap::{Args, ValueEnum};
use pontoon_config::{
    Builtin, Command, ConfigError, Draft, Environment, LeaseKind, Server, ServerName, Upstream,
};

/// The arguments that name servers.
#[derive(Args, Debug)]
pub(crate) struct Servers {
    /// Read the servers and settings from a file.
    ///
    /// TOML as in docs/configuration.md, or the `mcpServers` JSON of desktop clients, told apart by content. The
    /// rest of the command line adds to the file.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,

    /// Host a built-in server; may be given several times.
    #[arg(long, value_name = "NAME", value_parser = PossibleValuesParser::new(Builtin::NAMES))]
    builtin: Vec<String>,

    /// Name the command's server in URLs [default: from the command]
    #[arg(long, value_name = "NAME", value_parser = ServerName::new, requires = "command")]
    name: Option<ServerName>,

    /// Who shares a process of the command.
    #[arg(long, value_enum, requires = "command", default_value_t = Lease::Session)]
    lease: Lease,

    /// A program that speaks MCP on standard input and output, with its arguments.
    #[arg(last = true, value_name = "COMMAND")]
    command: Vec<OsString>,
}

/// Who shares a process.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Lease {
    /// Each session has its own; clients without sessions, one per principal or address
    Session,
    /// All clients of one principal or address share one
    Principal,
    /// All clients share one
    Shared,
}

impl From<Lease> for LeaseKind {
    fn from(lease: Lease) -> Self {
        match lease {
            Lease::Session => Self::Session,
            Lease::Principal => Self::Principal,
            Lease::Shared => Self::Shared,
        }
    }
}

impl Servers {
    /// The file, if there is one, with the servers of the command line.
    pub(crate) fn draft(&self, environment: &Environment) -> Result<Draft, ConfigError> {
        let mut draft = match &self.config {
            Some(path) => Draft::load(path, environment)?,
            None => Draft::default(),
        };
        for server in self
            .command_server(&draft)
            .into_iter()
            .chain(self.builtin_servers(&draft))
        {
            draft.add_server(server);
        }
        Ok(draft)
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
