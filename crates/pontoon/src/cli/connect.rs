//! `pontoon connect`: its arguments, and the server they mean.

use std::ffi::OsString;
use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use anyhow::Context as _;
use clap::{Args, ValueEnum};
use pontoon_config::{
    Command, Environment, Era, LeaseKind, Limits, Remote, Server, ServerName, Transport, Upstream,
    parse_duration,
};

use super::LogFormat;

pub(super) const EXAMPLES: &str = "\
A client starts this command and speaks MCP to it on standard input and output, in any revision. In the
client's configuration, as in claude_desktop_config.json or .cursor/mcp.json:

  { \"mcpServers\": { \"far\": { \"command\": \"pontoon\", \"args\": [\"connect\", \"https://mcp.example.com/mcp\"] } } }

Examples:
  pontoon connect https://mcp.example.com/mcp
      a remote server of any revision, over Streamable HTTP or HTTP+SSE, for a client that only starts commands
  pontoon connect --bearer-env TOKEN https://mcp.example.com/mcp
      with a token from the environment; in the client's file: \"env\": { \"TOKEN\": \"...\" }
  pontoon connect --header 'X-Api-Key: ${KEY}' https://mcp.example.com/mcp
      any header; ${NAME} is replaced by the variable, so that no secret is among the arguments
  pontoon connect -- npx -y some-new-server
      a local server of another generation than the client: old clients use 2026-07-28 servers, and the reverse";

/// The arguments of `pontoon connect`.
#[derive(Args, Debug)]
pub(crate) struct ConnectArguments {
    /// The address of a remote server
    #[arg(
        value_name = "URL",
        required_unless_present = "command",
        conflicts_with = "command"
    )]
    url: Option<String>,

    /// Send a header with every request; may be given several times
    ///
    /// `${NAME}` in the value is replaced by the environment variable NAME.
    #[arg(long, value_name = "NAME: VALUE", conflicts_with = "command")]
    header: Vec<Header>,

    /// Send the token in this environment variable as `Authorization: Bearer`
    #[arg(long, value_name = "VAR", conflicts_with_all = ["command", "bearer_file"])]
    bearer_env: Option<String>,

    /// Send the token in this file as `Authorization: Bearer`
    #[arg(long, value_name = "PATH", conflicts_with = "command")]
    bearer_file: Option<PathBuf>,

    /// Trust the certificates in this PEM file besides the system's
    #[arg(long, value_name = "PEM", conflicts_with = "command")]
    ca_file: Option<PathBuf>,

    /// What the remote server speaks
    #[arg(long, value_enum, conflicts_with = "command", default_value_t = TransportArgument::Auto)]
    transport: TransportArgument,

    /// Which revisions the server speaks
    #[arg(long, value_enum, default_value_t = EraArgument::Auto)]
    era: EraArgument,

    /// Time the server has to start, or to answer for the first time [default: 30s]
    #[arg(long, value_name = "TIME", value_parser = parse_duration)]
    connect_timeout: Option<Duration>,

    /// Time the server has to answer a call; progress starts it anew [default: 60s]
    #[arg(long, value_name = "TIME", value_parser = parse_duration)]
    timeout: Option<Duration>,

    /// How to write the log, on standard error.
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t = LogFormat::Human)]
    pub(crate) log_format: LogFormat,

    /// What to log: error, warn, info, debug or trace [default: PONTOON_LOG, else info]
    ///
    /// Also per module, as in `info,pontoon_upstream=debug`.
    #[arg(long, value_name = "LEVEL")]
    pub(crate) log: Option<String>,

    /// A program that speaks MCP on standard input and output, with its arguments. It sees the whole environment.
    #[arg(last = true, value_name = "COMMAND")]
    command: Vec<OsString>,
}

/// `--transport`
#[derive(Clone, Copy, Debug, ValueEnum)]
enum TransportArgument {
    /// Streamable HTTP or, if it refuses that, HTTP+SSE
    Auto,
    /// Streamable HTTP
    Streamable,
    /// HTTP+SSE, the transport of 2024-11-05
    Sse,
}

/// `--era`
#[derive(Clone, Copy, Debug, ValueEnum)]
enum EraArgument {
    /// It is found out
    Auto,
    /// Those that begin with `initialize`: 2024-11-05 to 2025-11-25
    Legacy,
    /// Those without a handshake: 2026-07-28
    Modern,
}

impl From<TransportArgument> for Transport {
    fn from(argument: TransportArgument) -> Self {
        match argument {
            TransportArgument::Auto => Self::Auto,
            TransportArgument::Streamable => Self::Streamable,
            TransportArgument::Sse => Self::Sse,
        }
    }
}

impl From<EraArgument> for Era {
    fn from(argument: EraArgument) -> Self {
        match argument {
            EraArgument::Auto => Self::Auto,
            EraArgument::Legacy => Self::Legacy,
            EraArgument::Modern => Self::Modern,
        }
    }
}

/// One `--header`. `Debug` does not show the value: it may be a secret.
#[derive(Clone)]
struct Header {
    name: String,
    value: String,
}

impl FromStr for Header {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (name, value) = text.split_once(':').ok_or("a header is written 'Name: value'")?;
        Ok(Self {
            name: name.trim().to_owned(),
            value: value.trim().to_owned(),
        })
    }
}

impl fmt::Debug for Header {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Header")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

impl ConnectArguments {
    /// The server that is meant.
    pub(crate) fn server(&self, environment: &Environment, limits: &Limits) -> anyhow::Result<Server> {
        let (name, upstream) = match &self.url {
            Some(url) => (
                name_of_url(url),
                Upstream::Remote(self.remote(url, environment, limits)?),
            ),
            None => self.local(limits),
        };
        let mut server = Server::new(name, upstream, limits);
        server.era = self.era.into();
        if let Some(timeout) = self.timeout {
            server.call_timeout = timeout;
            server.max_call_timeout = server.max_call_timeout.max(timeout);
        }
        Ok(server)
    }

    fn local(&self, limits: &Limits) -> (ServerName, Upstream) {
        let (program, arguments) = self
            .command
            .split_first()
            .expect("clap requires it where there is no URL");
        let words: Vec<_> = self.command.iter().map(|word| word.to_string_lossy()).collect();
        let name = ServerName::from_command(words.iter().map(AsRef::as_ref));
        let mut command = Command::new(program, arguments.to_vec(), LeaseKind::Session, limits);
        command.start_timeout = self.connect_timeout.unwrap_or(command.start_timeout);
        (name, Upstream::Command(command))
    }

    fn remote(&self, url: &str, environment: &Environment, limits: &Limits) -> anyhow::Result<Remote> {
        let mut remote = Remote::new(url, limits)?;
        for header in &self.header {
            let value = environment.expand(&header.value);
            let value = value.with_context(|| format!("--header {}", header.name))?;
            remote.set_header(&header.name, value)?;
        }
        if let Some(token) = self.token(environment)? {
            remote.set_header("Authorization", format!("Bearer {token}"))?;
        }
        remote.transport = self.transport.into();
        remote.ca_file.clone_from(&self.ca_file);
        remote.start_timeout = self.connect_timeout.unwrap_or(remote.start_timeout);
        Ok(remote)
    }

    /// The token to send, which is nowhere else.
    fn token(&self, environment: &Environment) -> anyhow::Result<Option<String>> {
        if let Some(name) = &self.bearer_env {
            let token = environment.expand(&format!("${{{name}}}"));
            return Ok(Some(token.with_context(|| format!("--bearer-env {name}"))?));
        }
        self.bearer_file.as_deref().map(read_token).transpose()
    }
}

fn read_token(file: &Path) -> anyhow::Result<String> {
    let text = std::fs::read_to_string(file);
    let text = text.with_context(|| format!("--bearer-file {}: it cannot be read", file.display()))?;
    Ok(text.trim().to_owned())
}

/// The host: it is what people call the server by.
fn name_of_url(url: &str) -> ServerName {
    let host = url.split("://").nth(1).unwrap_or_default();
    let host = host.split(['/', '?', ':']).next().unwrap_or_default();
    let name = ServerName::from_free_text(host);
    name.unwrap_or_else(|| ServerName::new("remote").expect("it is plain and no route"))
}
