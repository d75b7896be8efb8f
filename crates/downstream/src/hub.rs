//! A hub of events: named events to many clients that only listen, such as pages with an `EventSource`.
//!
//! This is no MCP transport, and nothing of it appears on one: MCP streams carry `endpoint` and `message` events
//! alone. It shares their parts: each client is an [`Outbox`] that a response's body reads.

mod clients;
mod event;
mod journal;
mod settings;

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::{Bytes, BytesMut};
use http::Response;
use pontoon_jsonrpc::{ErrorObject, Raw, encode};
use pontoon_policy::{Gauge, LimitReached, Slot};
use pontoon_session::{Outbox, Rejected, Retention};

pub use clients::{ClientId, ClientState, InvalidClientId};
pub use event::HubEvent;
pub use settings::{HubSettings, Ping};

use crate::event as events;
use crate::response::{self, ResponseBody};
use crate::sse_body::{EventStream, Framing, Hold, Pace};
use clients::{Client, Clients};
use journal::{Journal, Missed};

#[cfg(test)]
mod tests;

/// Characters of a random id that tell one hub from another.
const EPOCH: usize = 12;

/// Sends events to clients, one by one or all at once. Cheap to clone.
///
/// Nothing here waits: events are queued, each client's connection takes them as it can. A client that does not
/// keep up is cut off with an `error` event, and goes on where it was when it comes back with `Last-Event-ID`, as
/// `EventSource` does by itself.
///
/// ```
/// use pontoon_downstream::{ClientId, Hub, HubEvent, HubSettings};
///
/// let hub = Hub::new(HubSettings::default());
/// let page = ClientId::new("page-1")?;
/// // The answer to its GET, to be served by hyper or axum.
/// let response = hub.connect(&page, None)?;
/// assert_eq!(response.headers()["content-type"], "text/event-stream");
/// hub.send_event(&page, &HubEvent::new("progress", r#"{"done":3}"#))?;
/// assert_eq!(hub.broadcast(&HubEvent::new("news", "hello"))?, 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Hub(Arc<Shared>);

struct Shared {
    settings: HubSettings,
    /// Held while an event goes out, so that all clients see all events in one order.
    journal: Mutex<Journal>,
    clients: Clients,
    slots: Arc<Gauge>,
    cut_off: AtomicU64,
}

/// Why an event was not queued.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotSent {
    /// No client of that id is connected.
    #[error("no client of that id is connected")]
    Unknown,
    /// The client does not read fast enough, and was cut off.
    #[error("the client does not read fast enough")]
    TooSlow,
    /// The event is larger than the hub takes.
    #[error("the event is larger than {0} bytes")]
    TooLarge(usize),
}

impl Hub {
    /// A hub without clients.
    pub fn new(settings: HubSettings) -> Self {
        let epoch = (settings.epoch)().to_text();
        Self(Arc::new(Shared {
            journal: Mutex::new(Journal::new(&epoch[..EPOCH], settings.replay_bytes)),
            clients: Clients::default(),
            slots: Gauge::new("max_clients", settings.max_clients),
            cut_off: AtomicU64::new(0),
            settings,
        }))
    }

    /// Registers a client and makes the response to its GET: an event stream that begins with `connect`. `last` is
    /// its `Last-Event-ID`: what it missed since is sent again. An earlier client of the same id is disconnected.
    ///
    /// The data of `connect` is `{"connected":true}`, and says with `resumed` whether everything since `last` was there.
    ///
    /// # Errors
    ///
    /// [`LimitReached`]: answer 503.
    pub fn connect(&self, id: &ClientId, last: Option<&str>) -> Result<Response<ResponseBody>, LimitReached> {
        self.connect_counted(id, last, None)
    }

    /// As [`Hub::connect`]; `place` is given back when the client is gone.
    pub(crate) fn connect_counted(
        &self,
        id: &ClientId,
        last: Option<&str>,
        place: Option<Slot>,
    ) -> Result<Response<ResponseBody>, LimitReached> {
        let slot = self.0.slots.acquire()?;
        let settings = &self.0.settings;
        let journal = self.0.lock();
        let missed = last.map(|last| journal.missed(last, id));
        let backlog = missed.as_ref().map_or(0, Missed::bytes);
        // What is replayed is kept in any case: it takes no room of what comes.
        let outbox = Outbox::endless(settings.queue_bytes.saturating_add(backlog), Retention::None);
        let opening = self.0.opening(&journal, last, missed.as_ref());
        for frame in missed.into_iter().flat_map(|missed| missed.frames) {
            outbox.push(frame).expect("there is room for what was missed");
        }
        let client = Client::new(id.clone(), Arc::clone(&outbox));
        let earlier = self.0.clients.insert(&client);
        drop(journal);
        if let Some(earlier) = earlier {
            self.0.clients.end(&earlier);
        }
        let seat = Seat {
            hub: Arc::clone(&self.0),
            client,
            _slots: (slot, place),
        };
        let pace = Pace {
            keep_alive: settings.keep_alive,
            retry: None,
        };
        let stream = EventStream::new(outbox.reader(), None, pace)
            .framed(Framing::Frames(settings.ping))
            .opening_with(&opening)
            .holding(Box::new(seat));
        tracing::debug!(client = %id, resumes = last.is_some(), "an event client connects");
        Ok(response::events(stream))
    }

    /// Sends an event to one client.
    ///
    /// # Errors
    ///
    /// [`NotSent`].
    pub fn send_event(&self, to: &ClientId, event: &HubEvent<'_>) -> Result<(), NotSent> {
        self.0.check(event)?;
        let mut journal = self.0.lock();
        let client = self.0.clients.get(to).filter(|client| client.is_connected());
        let client = client.ok_or(NotSent::Unknown)?;
        let frame = journal.enter(event, Some(to));
        self.0.push(&client, frame)
    }

    /// Sends a JSON-RPC response as a `message` event.
    ///
    /// # Errors
    ///
    /// [`NotSent`].
    pub fn send_json_rpc_response(
        &self,
        to: &ClientId,
        response: &pontoon_jsonrpc::Response,
    ) -> Result<(), NotSent> {
        let response = response.to_bytes();
        self.send_event(to, &HubEvent::of_bytes("message", &response))
    }

    /// Sends a JSON-RPC notification as a `notification` event.
    ///
    /// # Errors
    ///
    /// [`NotSent`].
    pub fn send_notification(
        &self,
        to: &ClientId,
        method: &str,
        params: Option<&Raw>,
    ) -> Result<(), NotSent> {
        let message = encode::notification(method, params);
        self.send_event(to, &HubEvent::of_bytes("notification", &message))
    }

    /// Tells one client of an error, as an `error` event. A page's listener for `error` hears broken connections
    /// too; those have no data.
    ///
    /// # Errors
    ///
    /// [`NotSent`].
    pub fn send_error(&self, to: &ClientId, error: &ErrorObject) -> Result<(), NotSent> {
        let message = encode::error(None, error);
        self.send_event(to, &HubEvent::of_bytes("error", &message))
    }

    /// Sends an event to all clients, encoded once; returns how many there are that got it. It never waits: clients
    /// that have no room for it are cut off.
    ///
    /// # Errors
    ///
    /// [`NotSent::TooLarge`].
    pub fn broadcast(&self, event: &HubEvent<'_>) -> Result<usize, NotSent> {
        self.0.check(event)?;
        let mut journal = self.0.lock();
        let frame = journal.enter(event, None);
        let mut sent = 0;
        self.0.clients.for_each(|client| {
            sent += usize::from(self.0.push(client, frame.clone()).is_ok());
        });
        Ok(sent)
    }

    /// Broadcasts a JSON-RPC notification as a `notification` event, or as `progress` if that is what it is.
    pub fn mirror(&self, notification: &pontoon_jsonrpc::Notification) {
        let name = match &*notification.method {
            pontoon_mcp::method::PROGRESS => "progress",
            _ => "notification",
        };
        if self.client_count() == 0 && self.0.settings.replay_bytes == 0 {
            return;
        }
        let message = notification.to_bytes();
        // What is too large is told by nobody: the call that it belongs to has it.
        let _ = self.broadcast(&HubEvent::of_bytes(name, &message));
    }

    /// Ends a client's stream behind what is queued for it; false if it was not connected.
    pub fn disconnect(&self, id: &ClientId) -> bool {
        let client = self.0.clients.get(id);
        client.is_some_and(|client| self.0.clients.end(&client))
    }

    /// Ends all streams behind what is queued for them.
    pub fn disconnect_all(&self) {
        self.0.clients.for_each(|client| {
            self.0.clients.end(client);
        });
    }

    /// Whether a client of this id gets what is sent to it.
    pub fn is_connected(&self, id: &ClientId) -> bool {
        self.state(id) < ClientState::Closing
    }

    /// How far the connection of a client has come.
    pub fn state(&self, id: &ClientId) -> ClientState {
        let client = self.0.clients.get(id);
        client.map_or(ClientState::Closed, |client| client.state())
    }

    /// Clients that are connected.
    pub fn client_count(&self) -> usize {
        self.0.clients.connected()
    }

    /// Clients that were cut off since the start because they did not keep up.
    pub fn cut_off(&self) -> u64 {
        self.0.cut_off.load(Ordering::Relaxed)
    }

    /// Clients that were refused since the start.
    pub fn refused(&self) -> u64 {
        self.0.slots.refused()
    }

    /// The id of the latest event that has a number: a client that comes back with it has missed nothing.
    pub fn last_event_id(&self) -> String {
        self.0.lock().position()
    }
}

impl fmt::Debug for Hub {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hub")
            .field("clients", &self.client_count())
            .finish_non_exhaustive()
    }
}

impl Missed {
    fn bytes(&self) -> usize {
        self.frames.iter().map(Bytes::len).sum()
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Journal> {
        self.journal.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn check(&self, event: &HubEvent<'_>) -> Result<(), NotSent> {
        let limit = self.settings.max_event_bytes;
        match event.size() > limit {
            true => Err(NotSent::TooLarge(limit)),
            false => Ok(()),
        }
    }

    fn push(&self, client: &Client, frame: Bytes) -> Result<(), NotSent> {
        self.clients.push(client, frame).map_err(|rejected| match rejected {
            Rejected::Overflow => {
                let cut_off = self.cut_off.fetch_add(1, Ordering::Relaxed) + 1;
                // The 1st, 2nd, 4th and so on: a crowd that sleeps does not fill the log.
                if cut_off.is_power_of_two() {
                    let limit = self.settings.queue_bytes;
                    tracing::warn!(client = %client.id, limit, cut_off, error = %NotSent::TooSlow, "an event client was cut off");
                }
                NotSent::TooSlow
            }
            Rejected::Ended => NotSent::Unknown,
        })
    }

    /// Where the client is, before there is anything to say: an id without data reaches no page. Then `connect`.
    fn opening(&self, journal: &Journal, last: Option<&str>, missed: Option<&Missed>) -> BytesMut {
        let mut opening = BytesMut::new();
        let data = match missed {
            None => r#"{"connected":true}"#,
            Some(Missed { complete: true, .. }) => r#"{"connected":true,"resumed":true}"#,
            Some(Missed { complete: false, .. }) => r#"{"connected":true,"resumed":false}"#,
        };
        let resumed = missed.is_some_and(|missed| missed.complete || !missed.frames.is_empty());
        let position = match last {
            Some(last) if resumed => last.to_owned(),
            _ => journal.position(),
        };
        events::position(&mut opening, &position, self.settings.retry);
        opening.extend_from_slice(&HubEvent::new("connect", data).encode(None));
        opening
    }
}

/// A client's place in the hub, for as long as its stream lasts.
struct Seat {
    hub: Arc<Shared>,
    client: Arc<Client>,
    _slots: (Slot, Option<Slot>),
}

impl Hold for Seat {
    fn opened(&self) {
        self.client.opened();
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        tracing::debug!(client = %self.client.id, state = ?self.client.state(), "the stream of an event client is over");
        self.hub.clients.remove(&self.client);
    }
}
