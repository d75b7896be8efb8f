//! The program under test, asked what it holds.

use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tokio::sync::mpsc::{self, Receiver};

use super::{Arguments, servers};
use crate::process::Program;

/// Little, but what it holds.
const LOG: &str = "error,pontoon::status=info";
/// How long it may take to tell what it holds, and to stop.
const PATIENCE: Duration = Duration::from_secs(20);
/// Answers to the question that wait to be read.
const WAITING: usize = 16;

/// A running gateway.
pub(super) struct Gateway {
    pub(super) program: Program,
    address: SocketAddr,
    told: Receiver<Value>,
    file: PathBuf,
}

impl Gateway {
    /// Starts it with the servers of the soak.
    pub(super) fn start(arguments: &Arguments) -> anyhow::Result<Self> {
        let file = servers::configuration(&arguments.child)?;
        let mut command = Command::new(&arguments.pontoon);
        command
            .args(["serve", "--listen", "127.0.0.1:0", "--json", "--log", LOG])
            .arg("--config")
            .arg(&file)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut program = Program::start(&mut command)?;
        let (stdout, stderr) = (program.stdout()?, program.stderr()?);
        let (tell, told) = mpsc::channel(WAITING);
        std::thread::spawn(move || {
            for line in BufReader::new(stderr).lines().map_while(Result::ok) {
                let line: Value = serde_json::from_str(&line).unwrap_or_default();
                if line["message"] == "status" && tell.blocking_send(line).is_err() {
                    return;
                }
            }
        });
        let mut line = String::new();
        BufReader::new(stdout).read_line(&mut line)?;
        let announced: Value = serde_json::from_str(&line).with_context(|| format!("it printed {line:?}"))?;
        let url = announced["listening"].as_str().context("it printed no address")?;
        let address = url.trim_start_matches("http://").parse()?;
        Ok(Self {
            program,
            address,
            told,
            file,
        })
    }

    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    /// The line of its log that says what it holds.
    pub(super) async fn status(&mut self) -> anyhow::Result<Value> {
        self.signal(Signal::USR1)?;
        let told = tokio::time::timeout(PATIENCE, self.told.recv()).await;
        told.context("it does not tell what it holds")?
            .context("the gateway ended")
    }

    /// Stops it in good order.
    pub(super) fn stop(mut self) -> anyhow::Result<()> {
        self.signal(Signal::TERM)?;
        let deadline = Instant::now() + PATIENCE;
        let status = loop {
            if let Some(status) = self.program.ended()? {
                break status;
            }
            ensure!(Instant::now() < deadline, "it does not stop at SIGTERM");
            std::thread::sleep(Duration::from_millis(20));
        };
        ensure!(status.success(), "it ended with {status}");
        Ok(())
    }

    fn signal(&self, signal: Signal) -> anyhow::Result<()> {
        let pid = Pid::from_raw(i32::try_from(self.program.pid())?).context("a child has a pid")?;
        Ok(kill_process(pid, signal)?)
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        // A file left behind harms nobody.
        let _ = std::fs::remove_file(&self.file);
    }
}
