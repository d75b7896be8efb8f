//! Brings up servers in memory.
//!
//! For tests with `start_paused`: what takes time here takes none for real.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use pontoon_supervise::SpawnError;
use pontoon_upstream::{BoxFuture, ConnectError, Connector, Idle};

use super::server::{Manners, Ready, Server, Tongue};

/// What becomes of the next connection.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Next {
    /// There is no such program.
    Missing,
    /// The code that starts it panics.
    Panics,
    /// It takes its time to start.
    Slow(Duration),
    /// It ends as soon as it is spoken to.
    EndsAtOnce,
    /// It takes nothing from the beginning, and lives on.
    Deaf,
    /// It ends as soon as it has answered the handshake.
    EndsAfterHandshake,
    /// It takes its time to answer the handshake.
    Thinks(Duration),
    /// It never says a word.
    Silent,
    /// The same, and it takes a while to end.
    SilentAndLingers(Duration),
    /// It refuses the handshake.
    Refuses,
    /// It takes a while to end.
    Lingers(Duration),
}

/// Servers answer politely unless something else was planned.
#[derive(Default)]
pub(crate) struct Fake {
    plans: Mutex<VecDeque<Next>>,
    tongue: Mutex<Tongue>,
    servers: Mutex<Vec<Arc<Server>>>,
    attempts: AtomicUsize,
    common: AtomicUsize,
}

impl Fake {
    /// Says what becomes of the next connections, in order.
    pub(crate) fn plan(&self, next: impl IntoIterator<Item = Next>) {
        self.plans.lock().unwrap().extend(next);
    }

    /// Says what the servers speak that are started from now on.
    pub(crate) fn speak(&self, tongue: Tongue) {
        *self.tongue.lock().unwrap() = tongue;
    }

    /// The server with this number, from 0.
    pub(crate) fn server(&self, number: usize) -> Arc<Server> {
        Arc::clone(&self.servers.lock().unwrap()[number])
    }

    /// Servers that were started.
    pub(crate) fn started(&self) -> usize {
        self.servers.lock().unwrap().len()
    }

    /// Servers of which something is left.
    pub(crate) fn running(&self) -> usize {
        self.servers
            .lock()
            .unwrap()
            .iter()
            .filter(|server| !server.is_gone())
            .count()
    }

    /// How often a connection was asked for.
    pub(crate) fn attempts(&self) -> usize {
        self.attempts.load(Ordering::Relaxed)
    }

    /// How many of these were for all clients without a session.
    pub(crate) fn common(&self) -> usize {
        self.common.load(Ordering::Relaxed)
    }

    async fn bring_up(&self) -> Result<Idle, ConnectError> {
        self.attempts.fetch_add(1, Ordering::Relaxed);
        let next = self.plans.lock().unwrap().pop_front();
        let manners = match next {
            Some(Next::Missing) => {
                return Err(ConnectError::Spawn(SpawnError::NoSuchFile {
                    program: "/nowhere".into(),
                }));
            }
            Some(Next::Panics) => panic!("planned"),
            Some(Next::Slow(time)) => {
                tokio::time::sleep(time).await;
                Manners::default()
            }
            Some(Next::EndsAtOnce) => Manners {
                ends_at_once: true,
                ..Manners::default()
            },
            Some(Next::Deaf) => Manners {
                deaf: true,
                ..Manners::default()
            },
            Some(Next::EndsAfterHandshake) => Manners {
                ends_after_handshake: true,
                ..Manners::default()
            },
            Some(Next::Thinks(thinks)) => Manners {
                thinks,
                ..Manners::default()
            },
            Some(Next::Silent) => Manners {
                silent: true,
                ..Manners::default()
            },
            Some(Next::SilentAndLingers(lingers)) => Manners {
                silent: true,
                lingers,
                ..Manners::default()
            },
            Some(Next::Refuses) => Manners {
                refuses: true,
                ..Manners::default()
            },
            Some(Next::Lingers(lingers)) => Manners {
                lingers,
                ..Manners::default()
            },
            None => Manners::default(),
        };
        let tongue = *self.tongue.lock().unwrap();
        let mut servers = self.servers.lock().unwrap();
        let server = Server::new(servers.len(), Manners { tongue, ..manners });
        servers.push(Arc::clone(&server));
        Ok(Idle::new(Ready(server)))
    }
}

impl Connector for Fake {
    fn connect(&self) -> BoxFuture<'_, Result<Idle, ConnectError>> {
        Box::pin(self.bring_up())
    }

    fn connect_common(&self) -> BoxFuture<'_, Result<Idle, ConnectError>> {
        self.common.fetch_add(1, Ordering::Relaxed);
        self.connect()
    }

    fn describe(&self) -> String {
        "a fake".to_owned()
    }
}
