//! What was sent, in order, for those who come back.

use std::collections::VecDeque;

use bytes::Bytes;

use super::ClientId;
use super::event::{HubEvent, Identity};

/// What one kept event costs beside its bytes.
const OVERHEAD: usize = 64;

/// The counter of events and the latest of them. Whoever holds it decides what comes next.
#[derive(Debug)]
pub(super) struct Journal {
    /// Tells this hub's ids from those of another, such as the one before a restart.
    epoch: Box<str>,
    /// The number of the latest event.
    latest: u64,
    /// The number of the latest event that is no longer kept.
    forgotten: u64,
    kept: VecDeque<Kept>,
    bytes: usize,
    limit: usize,
}

#[derive(Debug)]
struct Kept {
    number: u64,
    /// Where somebody else chose it.
    given: Option<Box<str>>,
    /// `None` for all.
    to: Option<ClientId>,
    frame: Bytes,
}

/// What a client that comes back missed.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Missed {
    pub(super) frames: Vec<Bytes>,
    /// Whether nothing is lacking between its last event and now.
    pub(super) complete: bool,
}

impl Journal {
    pub(super) fn new(epoch: &str, limit: usize) -> Self {
        Self {
            epoch: epoch.into(),
            latest: 0,
            forgotten: 0,
            kept: VecDeque::new(),
            bytes: 0,
            limit,
        }
    }

    /// Encodes an event once for all who get it, and keeps it if it has an id.
    pub(super) fn enter(&mut self, event: &HubEvent<'_>, to: Option<&ClientId>) -> Bytes {
        let given = match &event.identity {
            Identity::None => return event.encode(None),
            Identity::Counted => None,
            Identity::Given(id) => Some(&**id),
        };
        self.latest += 1;
        let frame = match given {
            Some(id) => event.encode(Some(id)),
            None => event.encode(Some(&self.position())),
        };
        self.bytes += cost(&frame);
        self.kept.push_back(Kept {
            number: self.latest,
            given: given.map(Into::into),
            to: to.cloned(),
            frame: frame.clone(),
        });
        self.evict();
        frame
    }

    fn evict(&mut self) {
        while self.bytes > self.limit {
            let oldest = self.kept.pop_front().expect("bytes belong to kept events");
            self.bytes -= cost(&oldest.frame);
            self.forgotten = oldest.number;
        }
    }

    /// The id of the latest event: who comes back with it has missed nothing.
    pub(super) fn position(&self) -> String {
        format!("{}-{}", self.epoch, self.latest)
    }

    /// What `client` missed since `last`. An id that is none of this hub's has missed everything, and nothing is
    /// replayed for it.
    pub(super) fn missed(&self, last: &str, client: &ClientId) -> Missed {
        let Some(last) = self.number_of(last, client) else {
            return Missed {
                frames: Vec::new(),
                complete: false,
            };
        };
        let behind = self.kept.partition_point(|kept| kept.number <= last);
        let mine = self.kept.range(behind..).filter(|kept| kept.is_for(client));
        Missed {
            frames: mine.map(|kept| kept.frame.clone()).collect(),
            complete: last >= self.forgotten,
        }
    }

    fn number_of(&self, id: &str, client: &ClientId) -> Option<u64> {
        let counted = || {
            let number = id.strip_prefix(&*self.epoch)?.strip_prefix('-')?;
            let is_plain = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
            let number = is_plain.then(|| number.parse().ok()).flatten()?;
            (number <= self.latest).then_some(number)
        };
        let given = || {
            let newest_first = self.kept.iter().rev();
            let mut mine = newest_first.filter(|kept| kept.is_for(client));
            mine.find(|kept| kept.given.as_deref() == Some(id))
                .map(|kept| kept.number)
        };
        counted().or_else(given)
    }
}

impl Kept {
    fn is_for(&self, client: &ClientId) -> bool {
        self.to.as_ref().is_none_or(|to| to == client)
    }
}

fn cost(frame: &Bytes) -> usize {
    frame.len() + OVERHEAD
}
