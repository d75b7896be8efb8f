//! Making servers ready.

use std::future::Future;
use std::pin::Pin;

use pontoon_supervise::SpawnError;
use thiserror::Error;

use crate::connection::Idle;

/// A future behind a pointer, for traits that are used as objects.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Knows how to bring up one configured server, as often as asked.
pub trait Connector: Send + Sync + 'static {
    /// Makes one instance ready. Cancelling the future leaves nothing behind.
    fn connect(&self) -> BoxFuture<'_, Result<Idle, ConnectError>>;

    /// Makes ready what all clients without a session use: state that one of their requests leaves behind is
    /// there for the next, whichever connection it takes. Where one connection serves them all anyway this is
    /// the same as [`connect`](Self::connect).
    fn connect_common(&self) -> BoxFuture<'_, Result<Idle, ConnectError>> {
        self.connect()
    }

    /// What is run, for logs and start-up messages. Contains no secret.
    fn describe(&self) -> String;
}

/// Why a server could not be made ready.
#[derive(Debug, Error)]
pub enum ConnectError {
    /// The process could not be started.
    #[error("the server could not be started: {0}")]
    Spawn(#[from] SpawnError),
}

impl ConnectError {
    /// A stable token for metrics and for `data.reason` of errors.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::Spawn(_) => "upstream_start_failed",
        }
    }
}
