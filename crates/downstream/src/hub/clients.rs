//! Who is there.

use std::collections::HashMap;
use std::fmt;
use std::hash::{BuildHasher as _, RandomState};
use std::sync::atomic::{AtomicU8, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use pontoon_session::{Aborted, Outbox, Rejected, SessionId};

/// A broadcast looks at one of them at a time, so that who comes and goes meanwhile does not wait for all of it.
const SHARDS: usize = 16;
/// Longest id of a client, in bytes.
const LONGEST_ID: usize = 256;

/// Names a client of a hub. Whoever connects it answers for it being this client: events that were sent to this id
/// alone are replayed to whoever comes back with it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ClientId(Arc<str>);

/// Text that names no client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a client's id is 1 to 256 bytes without control characters")]
pub struct InvalidClientId;

impl ClientId {
    /// An id of the application's choice.
    ///
    /// # Errors
    ///
    /// [`InvalidClientId`] if it is empty, too long, or holds control characters.
    pub fn new(id: &str) -> Result<Self, InvalidClientId> {
        if id.is_empty() || id.len() > LONGEST_ID || id.contains(char::is_control) {
            return Err(InvalidClientId);
        }
        Ok(Self(id.into()))
    }

    /// An id that nobody can guess.
    pub fn random() -> Self {
        Self::from(SessionId::random())
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<SessionId> for ClientId {
    fn from(id: SessionId) -> Self {
        Self(id.to_text().into())
    }
}

impl fmt::Display for ClientId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// How far the connection of a client has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ClientState {
    /// It is registered; nothing was sent to it yet.
    Connecting,
    /// Its stream is being written.
    Open,
    /// Its stream ends behind what was queued for it, or was cut because the client was too slow.
    Closing,
    /// It is not there.
    Closed,
}

/// One client that is, or was, there.
#[derive(Debug)]
pub(super) struct Client {
    pub(super) id: ClientId,
    pub(super) outbox: Arc<Outbox>,
    state: AtomicU8,
}

impl Client {
    pub(super) fn new(id: ClientId, outbox: Arc<Outbox>) -> Arc<Self> {
        Arc::new(Self {
            id,
            outbox,
            state: AtomicU8::new(ClientState::Connecting as u8),
        })
    }

    pub(super) fn state(&self) -> ClientState {
        match self.state.load(Ordering::Acquire) {
            0 => ClientState::Connecting,
            1 => ClientState::Open,
            2 => ClientState::Closing,
            _ => ClientState::Closed,
        }
    }

    pub(super) fn is_connected(&self) -> bool {
        self.state() < ClientState::Closing
    }

    /// The first bytes are on their way.
    pub(super) fn opened(&self) {
        let _ = self.state.compare_exchange(
            ClientState::Connecting as u8,
            ClientState::Open as u8,
            Ordering::AcqRel,
            Ordering::Acquire,
        );
    }

    /// Goes on to a later state; true if the client was connected until now.
    fn leave(&self, to: ClientState) -> bool {
        self.state.fetch_max(to as u8, Ordering::AcqRel) < ClientState::Closing as u8
    }
}

/// All clients of a hub, by id.
#[derive(Debug, Default)]
pub(super) struct Clients {
    shards: [Mutex<HashMap<ClientId, Arc<Client>>>; SHARDS],
    hasher: RandomState,
    connected: AtomicUsize,
}

impl Clients {
    /// Takes a client in; gives back the one that had its id.
    pub(super) fn insert(&self, client: &Arc<Client>) -> Option<Arc<Client>> {
        let earlier = self
            .shard(&client.id)
            .insert(client.id.clone(), Arc::clone(client));
        self.connected.fetch_add(1, Ordering::Relaxed);
        earlier
    }

    pub(super) fn get(&self, id: &ClientId) -> Option<Arc<Client>> {
        self.shard(id).get(id).cloned()
    }

    /// Ends a client's stream behind what is queued for it; true if it was connected.
    pub(super) fn end(&self, client: &Client) -> bool {
        let was_connected = self.leave(client, ClientState::Closing);
        if was_connected {
            client.outbox.abort(Aborted::Closed);
        }
        was_connected
    }

    /// The stream of a client is gone: forgets it, unless another has its id by now.
    pub(super) fn remove(&self, client: &Arc<Client>) {
        self.leave(client, ClientState::Closed);
        let mut shard = self.shard(&client.id);
        if shard
            .get(&client.id)
            .is_some_and(|there| Arc::ptr_eq(there, client))
        {
            shard.remove(&client.id);
        }
    }

    /// Queues a frame for a client. One that has no room for it is cut off.
    pub(super) fn push(&self, client: &Client, frame: bytes::Bytes) -> Result<(), Rejected> {
        if !client.is_connected() {
            return Err(Rejected::Ended);
        }
        client.outbox.push(frame).inspect_err(|_| {
            self.leave(client, ClientState::Closing);
        })
    }

    /// Calls `each` with every client, and holds no lock meanwhile: to wake a reader may be to drop it.
    pub(super) fn for_each(&self, mut each: impl FnMut(&Client)) {
        for shard in &self.shards {
            let clients: Vec<_> = lock(shard).values().cloned().collect();
            clients.iter().for_each(|client| each(client));
        }
    }

    /// Clients that are connected.
    pub(super) fn connected(&self) -> usize {
        self.connected.load(Ordering::Relaxed)
    }

    fn leave(&self, client: &Client, to: ClientState) -> bool {
        let was_connected = client.leave(to);
        if was_connected {
            self.connected.fetch_sub(1, Ordering::Relaxed);
        }
        was_connected
    }

    fn shard(&self, id: &ClientId) -> MutexGuard<'_, HashMap<ClientId, Arc<Client>>> {
        let hash = self.hasher.hash_one(id);
        let index = usize::try_from(hash % SHARDS as u64).expect("there are few shards");
        lock(&self.shards[index])
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
