//! The program under test, started for one revision.

use std::fs::File;
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

pub(super) struct Gateway {
    child: Child,
    url: String,
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
    /// Starts it on a free port and waits until it listens; what it logs goes to `log`.
    pub(super) fn start(binary: &Path, log: &Path) -> Result<Self> {
        let mut command = Command::new(binary);
        command.args(["serve", "--builtin", SERVER, "--listen", "127.0.0.1:0", "--json"]);
        command.stdin(Stdio::null()).stdout(Stdio::piped());
        command.stderr(File::create(log)?);
        let mut child = command
            .spawn()
            .with_context(|| format!("cannot start {}", binary.display()))?;
        let stdout = child.stdout.take().expect("stdout is piped");
        match announced(stdout) {
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
            bail!("the gateway ended while the suite ran: {status}");
        }
        end(self.child)
    }
}

fn end(mut child: Child) -> Result<()> {
    child.kill()?;
    child.wait()?;
    Ok(())
}

/// Reads the first line. On a thread of its own, because a read from a pipe knows no deadline.
fn announced(stdout: ChildStdout) -> Result<String> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let mut line = String::new();
        let read = BufReader::new(stdout).read_line(&mut line);
        // Nobody listens any more after the deadline.
        let _ = sender.send(read.map(|_| line));
    });
    let line = receiver
        .recv_timeout(START_WITHIN)
        .context("the gateway announced nothing")??;
    let mut announcement: Announcement =
        serde_json::from_str(&line).with_context(|| format!("the gateway announced {line:?}"))?;
    let addresses = announcement.servers.remove(SERVER);
    Ok(addresses.context("the gateway does not serve showcase")?.mcp)
}
