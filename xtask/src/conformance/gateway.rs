//! What is started for a run: the gateway, and the reference server behind it.

use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde::Deserialize;

const SERVER: &str = "showcase";
const START_WITHIN: Duration = Duration::from_secs(10);

/// A process with an address, started for one run of the suite.
pub(super) struct Gateway {
    child: Child,
    url: String,
}

/// What stands behind the gateway.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Setting {
    /// The built-in server.
    BuiltIn,
    /// The same behind `rmcp`'s own transport, speaking 2025-11-25 and older.
    Legacy,
    /// Likewise, speaking 2026-07-28 only.
    Modern,
}

impl Setting {
    pub(super) const ALL: [Self; 3] = [Self::BuiltIn, Self::Legacy, Self::Modern];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::BuiltIn => "built-in",
            Self::Legacy => "legacy",
            Self::Modern => "modern",
        }
    }
}

/// The line that `--json` prints.
#[derive(Deserialize)]
struct Announcement {
    servers: std::collections::HashMap<String, Addresses>,
}

#[derive(Deserialize)]
struct Addresses {
    mcp: String,
}

impl Gateway {
    /// Starts the gateway on a free port and waits until it listens; what it logs goes to `log`.
    ///
    /// It hosts the built-in server, or stands in front of the one at `upstream`.
    pub(super) fn start(binary: &Path, upstream: Option<&str>, log: &Path) -> Result<Self> {
        let mut command = Command::new(binary);
        command.args(["serve", "--listen", "127.0.0.1:0", "--json"]);
        if let Some(url) = upstream {
            let config = log.with_extension("toml");
            fs::write(&config, format!("[server.{SERVER}]\nurl = {url:?}\n"))?;
            command.arg("--config").arg(config);
        } else {
            command.args(["--builtin", SERVER]);
        }
        Self::spawn(command, log, |line| {
            let mut announcement: Announcement = serde_json::from_str(line)?;
            let addresses = announcement.servers.remove(SERVER);
            Ok(addresses.context("the gateway does not serve showcase")?.mcp)
        })
    }

    /// Starts the reference server on a free port, held to the revisions that `era` names.
    pub(super) fn reference(binary: &Path, era: &str, log: &Path) -> Result<Self> {
        let mut command = Command::new(binary);
        command.args(["127.0.0.1:0", era]);
        Self::spawn(command, log, |line| Ok(line.trim().to_owned()))
    }

    fn spawn(mut command: Command, log: &Path, url: impl FnOnce(&str) -> Result<String>) -> Result<Self> {
        command.stdin(Stdio::null()).stdout(Stdio::piped());
        command.stderr(File::create(log)?);
        let mut child = command
            .spawn()
            .with_context(|| format!("cannot start {}", command.get_program().display()))?;
        let stdout = child.stdout.take().expect("stdout is piped");
        let announced =
            first_line(stdout).and_then(|line| url(&line).with_context(|| format!("it announced {line:?}")));
        match announced {
            Ok(url) => Ok(Self { child, url }),
            Err(error) => {
                end(child)?;
                Err(error.context(format!("see {}", log.display())))
            }
        }
    }

    pub(super) fn url(&self) -> &str {
        &self.url
    }

    /// Ends it. One that ended before is an error: it did not survive the suite.
    pub(super) fn stop(mut self) -> Result<()> {
        if let Some(status) = self.child.try_wait()? {
            bail!("it ended while the suite ran: {status}");
        }
        end(self.child)
    }
}

fn end(mut child: Child) -> Result<()> {
    child.kill()?;
    child.wait()?;
    Ok(())
}

/// On a thread of its own, because a read from a pipe knows no deadline.
fn first_line(stdout: ChildStdout) -> Result<String> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let mut line = String::new();
        let read = BufReader::new(stdout).read_line(&mut line);
        // Nobody listens any more after the deadline.
        let _ = sender.send(read.map(|_| line));
    });
    let line = receiver
        .recv_timeout(START_WITHIN)
        .context("nothing was announced")?;
    Ok(line?)
}
