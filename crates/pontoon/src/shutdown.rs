//! Stopping: the first signal asks for good order, the second ends it now.

use anyhow::Context;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// What the running program watches. Clone is cheap, all clones see the same.
#[derive(Clone, Debug, Default)]
pub(crate) struct Shutdown {
    /// No new work; finish what runs, within the drain time.
    pub(crate) drain: CancellationToken,
    /// Leave at once.
    pub(crate) leave: CancellationToken,
}

/// The signals that ask to stop. A closed terminal (SIGHUP) is one of them: dying of it would leave children behind.
pub(crate) struct Signals {
    terminate: Signal,
    interrupt: Signal,
    hangup: Signal,
}

impl Signals {
    /// From here on the signals no longer kill the process. Needs a tokio runtime.
    pub(crate) fn catch() -> anyhow::Result<Self> {
        let catch = |kind| signal(kind).context("cannot catch signals");
        Ok(Self {
            terminate: catch(SignalKind::terminate())?,
            interrupt: catch(SignalKind::interrupt())?,
            hangup: catch(SignalKind::hangup())?,
        })
    }

    /// Passes signals on to `shutdown` until the second.
    pub(crate) async fn forward(mut self, shutdown: Shutdown) {
        let name = self.next().await;
        tracing::info!(signal = name, "stopping; a second signal stops at once");
        shutdown.drain.cancel();
        let name = self.next().await;
        tracing::warn!(signal = name, "stopping at once");
        shutdown.leave.cancel();
    }

    async fn next(&mut self) -> &'static str {
        tokio::select! {
            _ = self.terminate.recv() => "SIGTERM",
            _ = self.interrupt.recv() => "SIGINT",
            _ = self.hangup.recv() => "SIGHUP",
        }
    }
}
