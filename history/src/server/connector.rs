//! Brings up servers in memory, or fails to.

use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use pontoon_supervise::SpawnError;
use pontoon_upstream::{BoxFuture, ConnectError, Connector, Idle};

use super::{Ready, Server};
use crate::books::{Books, Who};
use crate::dice::Dice;

/// A start that takes so long may be given up.
const TOO_SLOW: Duration = Duration::from_secs(1);

/// How a server behaves beyond what requests tell it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Manners {
    /// What becomes of its handshake.
    pub handshake: Handshake,
    /// How long it takes to end.
    pub lingers: Duration,
}

/// What becomes of a handshake.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Handshake {
    /// It is answered.
    #[default]
    Polite,
    /// It is answered after a while.
    Slow(Duration),
    /// The server ends instead.
    Ends,
    /// It is answered, and then the server ends.
    AnsweredThenEnds,
    /// Nothing is ever said.
    Silent,
    /// It is answered with an error.
    Refused,
}

/// How what a server says reaches the gateway.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// All of it on one pipe.
    Pipe,
    /// What a request causes, in the answer to that request.
    Answers,
}

/// The servers of one house.
pub struct Scripted {
    house: usize,
    way: Way,
    books: Arc<Books>,
    /// Counts the servers of all houses.
    numbers: Arc<AtomicU16>,
    /// `None` where nothing goes wrong.
    faults: Option<Mutex<Dice>>,
}

impl Scripted {
    /// A connector for `house`; `faults` decide what goes wrong with its servers.
    pub fn new(
        house: usize,
        way: Way,
        books: Arc<Books>,
        numbers: Arc<AtomicU16>,
        faults: Option<Dice>,
    ) -> Self {
        Self {
            house,
            way,
            books,
            numbers,
            faults: faults.map(Mutex::new),
        }
    }

    async fn bring_up(&self) -> Result<Idle, ConnectError> {
        let number = self.numbers.fetch_add(1, Ordering::Relaxed);
        let (delay, manners) = self.plan();
        let is_polite = manners.is_some_and(|manners| manners.handshake == Handshake::Polite);
        if !is_polite || delay > TOO_SLOW {
            let now = self.books.now();
            self.books.open().failed_starts.push((now, self.house));
        }
        self.books.line(
            Who::Server(number),
            format!("is started at house {}: {manners:?} after {delay:?}", self.house),
        );
        tokio::time::sleep(delay).await;
        match manners {
            Some(manners) => Ok(Idle::new(Ready(Server::new(
                number,
                self.house,
                self.way,
                manners,
                Arc::clone(&self.books),
            )))),
            None => Err(ConnectError::Spawn(SpawnError::NoSuchFile {
                program: "/nowhere".into(),
            })),
        }
    }

    /// How long the next start takes, and how its server behaves if there is one.
    fn plan(&self) -> (Duration, Option<Manners>) {
        let Some(faults) = &self.faults else {
            return (Duration::from_millis(3), Some(Manners::default()));
        };
        let mut dice = faults.lock().unwrap_or_else(PoisonError::into_inner);
        let delay = match dice.roll(12) {
            0 => Duration::from_millis(dice.millis(500, 3_000)),
            _ => Duration::from_millis(dice.millis(0, 20)),
        };
        if dice.once_in(15) {
            return (delay, None);
        }
        let handshake = match dice.roll(30) {
            0 => Handshake::Ends,
            1 => Handshake::AnsweredThenEnds,
            2 => Handshake::Silent,
            3 => Handshake::Refused,
            4 | 5 => Handshake::Slow(Duration::from_millis(dice.millis(50, 1_500))),
            _ => Handshake::Polite,
        };
        let lingers = Duration::from_millis(if dice.once_in(4) { dice.millis(1, 900) } else { 0 });
        (delay, Some(Manners { handshake, lingers }))
    }
}

impl Connector for Scripted {
    fn connect(&self) -> BoxFuture<'_, Result<Idle, ConnectError>> {
        Box::pin(self.bring_up())
    }

    fn describe(&self) -> String {
        format!("the servers of house {}", self.house)
    }
}
