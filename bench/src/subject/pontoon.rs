//! Pontoon itself.

use std::ffi::OsStr;
use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::Context as _;

use crate::era::Era;
use crate::process::Program;

/// What Pontoon stands in front of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Host {
    /// One stdio process for everybody.
    Shared(PathBuf),
    /// The same, and it tells everybody of a change after each call.
    Announcing(PathBuf),
    /// One stdio process for everybody that speaks 2026-07-28 only.
    Modern(PathBuf),
    /// A stdio process for each session.
    Session(PathBuf),
    /// The built-in `showcase`.
    InProcess,
    /// The HTTP server that does next to nothing, as before nginx, reached by its URL.
    Backend,
    /// rmcp's own HTTP server with the same tools, reached by its URL.
    Remote(PathBuf),
}

impl Host {
    /// Those whose calls are measured.
    pub(crate) fn all(child: &Path) -> [Self; 4] {
        [
            Self::Shared(child.to_owned()),
            Self::Modern(child.to_owned()),
            Self::Session(child.to_owned()),
            Self::InProcess,
        ]
    }

    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Shared(_) | Self::Announcing(_) => "shared stdio",
            Self::Modern(_) => "modern stdio",
            Self::Session(_) => "session stdio",
            Self::InProcess => "in-process",
            Self::Backend => "remote, as nginx",
            Self::Remote(_) => "remote, rmcp",
        }
    }

    pub(crate) fn eras(&self) -> &'static [Era] {
        &Era::ALL
    }

    /// A configuration file with this one server, and with room for more
    /// clients from one address than anybody but a benchmark has.
    ///
    /// `address` is that of a remote server.
    pub(crate) fn configuration(&self, address: Option<SocketAddr>) -> String {
        let server = match self {
            Self::Shared(child) => format!("command = {child:?}\nlease = \"shared\""),
            Self::Announcing(child) => {
                format!("command = {child:?}\nargs = [\"--list-changed\"]\nlease = \"shared\"")
            }
            Self::Modern(child) => {
                format!("command = {child:?}\nargs = [\"--modern\"]\nlease = \"shared\"\nera = \"modern\"")
            }
            Self::Session(child) => format!("command = {child:?}\nlease = \"session\""),
            Self::InProcess => "builtin = \"showcase\"".to_owned(),
            Self::Backend | Self::Remote(_) => {
                let address = address.expect("a remote server was started");
                format!("url = \"http://{address}/mcp\"\nlease = \"shared\"")
            }
        };
        format!("{LIMITS}\n[server.bench]\n{server}\n")
    }
}

const LIMITS: &str = "[limits]\n\
    max_connections = 100000\n\
    max_connections_per_address = 100000\n\
    max_sessions = 100000\n\
    max_sessions_per_principal = 100000\n\
    max_listeners_per_principal = 100000\n\
    max_in_flight = 100000\n\
    max_in_flight_per_session = 100000\n";

/// Starts `pontoon serve` and reads the address that it prints.
pub(crate) fn serve(binary: &Path, arguments: &[&OsStr]) -> anyhow::Result<(Program, SocketAddr)> {
    let mut command = Command::new(binary);
    command
        .args(["serve", "--listen", "127.0.0.1:0", "--json", "--log", "error"])
        .args(arguments);
    let mut program = Program::start(command.stdin(Stdio::null()).stdout(Stdio::piped()))?;
    let mut line = String::new();
    BufReader::new(program.stdout()?).read_line(&mut line)?;
    let announced: serde_json::Value =
        serde_json::from_str(&line).with_context(|| format!("it printed {line:?}"))?;
    let url = announced["listening"].as_str().context("it printed no address")?;
    let address = url.trim_start_matches("http://").trim_end_matches('/').parse()?;
    Ok((program, address))
}
