//! Another gateway, given by a command line.

use std::convert::Infallible;
use std::path::Path;
use std::process::{Command, Stdio};
use std::str::FromStr;
use std::time::{Duration, Instant};

use anyhow::{bail, ensure};

use super::{Door, free_address};
use crate::era::Era;
use crate::process::Program;

/// How long a gateway has to start. Some are fetched first.
const START: Duration = Duration::from_secs(60);
/// How long it has to answer one call of an era that it may not know.
const ANSWER: Duration = Duration::from_secs(5);

/// What somebody else's gateway is called and how it is started.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Contender {
    pub(crate) name: String,
    sse: String,
    mcp: String,
    command: String,
}

impl FromStr for Contender {
    type Err = Infallible;

    /// `NAME@/sse,/mcp=COMMAND`, where all but the command may be missing. A
    /// word with a space in it is no name: `npx a=b` is a command.
    fn from_str(text: &str) -> Result<Self, Infallible> {
        let (name, command) = match text.split_once('=') {
            Some((name, command)) if !name.contains(char::is_whitespace) => (name, command),
            _ => (text.split_whitespace().next().unwrap_or_default(), text),
        };
        let (name, paths) = name.split_once('@').unwrap_or((name, "/sse,/mcp"));
        let (sse, mcp) = paths.split_once(',').unwrap_or(("/sse", paths));
        Ok(Self {
            name: name.to_owned(),
            sse: sse.to_owned(),
            mcp: mcp.to_owned(),
            command: command.to_owned(),
        })
    }
}

impl Contender {
    /// Starts it and tries which eras it serves.
    pub(crate) async fn start(&self, child: &Path) -> anyhow::Result<(Program, Vec<Door>)> {
        let address = free_address()?;
        let line = self
            .command
            .replace("{port}", &address.port().to_string())
            .replace("{address}", &address.to_string())
            .replace("{child}", &child.display().to_string());
        let mut command = Command::new("sh");
        command.arg("-c").arg(format!("exec {line}")).stdin(Stdio::null());
        let mut program = Program::start(command.stdout(Stdio::null()).stderr(Stdio::null()))?;
        let deadline = Instant::now() + START;
        while std::net::TcpStream::connect(address).is_err() {
            ensure!(program.is_running()?, "{} ended: sh -c '{line}'", self.name);
            ensure!(
                Instant::now() < deadline,
                "{} does not listen at {address}: {line}",
                self.name
            );
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let mut doors = Vec::new();
        for era in Era::ALL {
            let path = if era == Era::HttpSse { &self.sse } else { &self.mcp };
            let door = Door {
                era,
                address,
                path: path.clone(),
            };
            match serves(&door).await {
                Ok(()) => doors.push(door),
                Err(why) => eprintln!("{}, {}: not measured: {why:#}", self.name, era.year()),
            }
        }
        if doors.is_empty() {
            bail!(
                "{} serves no era at {}, {}: {line}",
                self.name,
                self.sse,
                self.mcp
            );
        }
        Ok((program, doors))
    }
}

async fn serves(door: &Door) -> anyhow::Result<()> {
    let attempt = async {
        let mut client = door.open().await?;
        client.run(0, 1, drop).await?;
        client.finish().await
    };
    tokio::time::timeout(ANSWER, attempt).await?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_line_names_itself_or_is_named() {
        let read = |text: &str| text.parse::<Contender>().expect("every text is a command line");
        let named = read("other@/a,/b=other --port {port} --env X=1");
        assert_eq!((&*named.name, &*named.sse, &*named.mcp), ("other", "/a", "/b"));
        assert_eq!(named.command, "other --port {port} --env X=1");
        let plain = read("npx gateway --port={port}");
        assert_eq!((&*plain.name, &*plain.mcp), ("npx", "/mcp"));
        assert_eq!(plain.command, "npx gateway --port={port}");
    }
}
