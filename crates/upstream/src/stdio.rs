//! Servers that are child processes and speak on their standard streams, one message on each line.
//! (MCP 2025-11-25, basic/transports, "stdio"; the same in every revision.)

mod clean;
mod decoder;
mod handle;
mod inlet;
mod reader;
mod shared;
mod task;

use std::sync::Arc;
use std::time::Duration;

use pontoon_supervise::{ChildToken, CommandSpec, Environment, Grace, Process};

use crate::connection::Idle;
use crate::connector::{BoxFuture, ConnectError, Connector};
pub use decoder::{Heard, Skipped, StdioDecoder};
use handle::IdleProcess;

/// Limits of a connection to a child process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StdioSettings {
    /// A longer line from the server is skipped, in bytes. Default 16 MiB.
    pub max_line: usize,
    /// Bytes waiting for the server to read them; one message may exceed it when nothing else waits. Default 8 MiB.
    pub max_queue: usize,
    /// If the server takes none of the waiting bytes for so long it is given up. Default 30 s.
    pub write_deadline: Duration,
    /// How long the process is given to stop.
    pub grace: Grace,
}

impl Default for StdioSettings {
    fn default() -> Self {
        Self {
            max_line: 16 << 20,
            max_queue: 8 << 20,
            write_deadline: Duration::from_secs(30),
            grace: Grace::default(),
        }
    }
}

/// Starts a command and talks to it on its standard streams.
#[derive(Debug)]
pub struct Stdio {
    name: Arc<str>,
    spec: CommandSpec,
    environment: Arc<Environment>,
    settings: StdioSettings,
}

impl Stdio {
    /// `name` is the server's name in the log; `environment` is our own, of which the child gets what the
    /// command's allow-list lets through.
    pub fn new(
        name: impl Into<Arc<str>>,
        spec: CommandSpec,
        environment: Arc<Environment>,
        settings: StdioSettings,
    ) -> Self {
        Self {
            name: name.into(),
            spec,
            environment,
            settings,
        }
    }

    async fn spawn(&self) -> Result<Idle, ConnectError> {
        let name = Arc::clone(&self.name);
        let process = Process::spawn(&self.spec, &self.environment, name, random_token()).await?;
        Ok(Idle::new(IdleProcess::new(process, &self.name, self.settings)))
    }
}

impl Connector for Stdio {
    fn connect(&self) -> BoxFuture<'_, Result<Idle, ConnectError>> {
        Box::pin(self.spawn())
    }

    /// The program without its arguments, which may be secrets.
    fn describe(&self) -> String {
        self.spec.program().to_string_lossy().into_owned()
    }
}

fn random_token() -> ChildToken {
    let mut random = [0; 16];
    getrandom::fill(&mut random).expect("the system has randomness once it has booted");
    ChildToken::new(u128::from_ne_bytes(random))
}
