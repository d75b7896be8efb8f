//! Who is told that a resource changed, and the task that finds out, which lives as long as somebody
//! is subscribed.

use std::{
    collections::{HashMap, hash_map::Entry},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, Weak,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use futures_util::future::join_all;
use rmcp::{
    ErrorData, Peer, RoleServer,
    model::{ResourceUpdatedNotificationParam, SubscriptionFilter},
    service::{SubscriptionContext, SubscriptionSink},
};
use tokio::{sync::mpsc, task::AbortHandle};

/// Resources watched at once by one server, over all its clients: each costs requests or a connection.
const MAX_WATCHED: usize = 256;
/// Subscribers of one resource.
const MAX_SUBSCRIBERS: usize = 16_384;
/// How long one subscriber may take to accept a notification before it misses it.
const PATIENCE: Duration = Duration::from_secs(1);

/// Finds out about changes.
pub(crate) trait Observe: Clone + Send + Sync + 'static {
    /// Sends to `changed` whenever the resource changed; ends only when the receiver does. Sending
    /// never waits: a change that is told already need not be told twice.
    fn observe(&self, uri: String, changed: mpsc::Sender<()>) -> impl Future<Output = ()> + Send;
}

/// The subscribers of a server's resources. Clones share them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Watchers {
    watched: Arc<Mutex<HashMap<String, Watched>>>,
    next: Arc<AtomicU64>,
}

#[derive(Debug)]
struct Watched {
    subscribers: HashMap<u64, Subscriber>,
    observer: AbortHandle,
}

#[derive(Clone, Debug)]
enum Subscriber {
    /// `resources/subscribe` (up to 2025-11-25).
    Session(Peer<RoleServer>),
    /// `subscriptions/listen` (from 2026-07-28).
    Listener(SubscriptionSink),
}

/// A subscription; ends when dropped.
#[derive(Debug)]
pub(crate) struct Ticket {
    uri: String,
    key: u64,
    watched: Weak<Mutex<HashMap<String, Watched>>>,
}

/// The subscriptions of one legacy session.
#[derive(Clone, Debug, Default)]
pub(crate) struct SessionTickets(Arc<Mutex<HashMap<String, Ticket>>>);

impl SessionTickets {
    /// Subscribes the session's one peer; a second time is the same subscription.
    pub(crate) fn subscribe(
        &self,
        watchers: &Watchers,
        observer: &impl Observe,
        uri: String,
        peer: Peer<RoleServer>,
    ) -> Result<(), ErrorData> {
        let mut tickets = locked(&self.0);
        if let Entry::Vacant(place) = tickets.entry(uri) {
            let ticket = watchers.join(observer, place.key(), Subscriber::Session(peer))?;
            place.insert(ticket);
        }
        Ok(())
    }

    pub(crate) fn unsubscribe(&self, uri: &str) {
        let ticket = locked(&self.0).remove(uri);
        drop(ticket);
    }
}

impl Watchers {
    /// Serves one `subscriptions/listen` to its end.
    pub(crate) async fn listen(
        &self,
        observer: &impl Observe,
        context: SubscriptionContext,
    ) -> Result<(), ErrorData> {
        let uris = context.accepted().resource_subscriptions.clone();
        let mut tickets = Vec::new();
        for uri in uris.into_iter().flatten() {
            let sink = context.sink().clone();
            tickets.push(self.join(observer, &uri, Subscriber::Listener(sink))?);
        }
        context.cancelled().await;
        Ok(())
    }

    fn join(&self, observer: &impl Observe, uri: &str, subscriber: Subscriber) -> Result<Ticket, ErrorData> {
        let key = self.next.fetch_add(1, Ordering::Relaxed);
        let mut watched = locked(&self.watched);
        if let Some(resource) = watched.get_mut(uri) {
            if resource.subscribers.len() >= MAX_SUBSCRIBERS {
                return Err(too_many(MAX_SUBSCRIBERS, "subscribers of this resource"));
            }
            resource.subscribers.insert(key, subscriber);
        } else {
            if watched.len() >= MAX_WATCHED {
                return Err(too_many(MAX_WATCHED, "watched resources"));
            }
            let task = tokio::spawn(self.clone().watch(observer.clone(), uri.to_owned()));
            let resource = Watched {
                subscribers: HashMap::from([(key, subscriber)]),
                observer: task.abort_handle(),
            };
            watched.insert(uri.to_owned(), resource);
        }
        Ok(Ticket {
            uri: uri.to_owned(),
            key,
            watched: Arc::downgrade(&self.watched),
        })
    }

    async fn watch(self, observer: impl Observe, uri: String) {
        // One place: changes that come while subscribers are being told are told once, afterwards.
        let (changed, mut changes) = mpsc::channel(1);
        let observing = observer.observe(uri.clone(), changed);
        let telling = async {
            while changes.recv().await.is_some() {
                self.tell(&uri).await;
            }
        };
        tokio::join!(observing, telling);
    }

    async fn tell(&self, uri: &str) {
        let subscribers: Vec<_> = match locked(&self.watched).get(uri) {
            Some(resource) => resource.subscribers.values().cloned().collect(),
            None => return,
        };
        tracing::debug!(uri, subscribers = subscribers.len(), "a resource changed");
        // One slow subscriber misses a notification; it delays nobody else for long.
        let telling = subscribers
            .iter()
            .map(|it| tokio::time::timeout(PATIENCE, it.tell(uri)));
        join_all(telling).await;
    }
}

impl Subscriber {
    async fn tell(&self, uri: &str) {
        // Whoever cannot be told has gone, and its ticket with it.
        match self {
            Self::Session(peer) => {
                let update = ResourceUpdatedNotificationParam::new(uri);
                let _ = peer.notify_resource_updated(update).await;
            }
            Self::Listener(sink) => {
                let _ = sink.notify_resource_updated(uri).await;
            }
        }
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        let Some(watched) = self.watched.upgrade() else {
            return;
        };
        let mut watched = locked(&watched);
        let Some(resource) = watched.get_mut(&self.uri) else {
            return;
        };
        resource.subscribers.remove(&self.key);
        if resource.subscribers.is_empty() {
            resource.observer.abort();
            watched.remove(&self.uri);
        }
    }
}

/// What of a requested filter a server of resources can serve: updates of URIs that it knows.
pub(crate) fn accepted(
    requested: &SubscriptionFilter,
    is_known: impl Fn(&str) -> bool,
) -> SubscriptionFilter {
    let mut accepted = SubscriptionFilter::new();
    if let Some(uris) = &requested.resource_subscriptions {
        accepted.resource_subscriptions = Some(uris.iter().filter(|uri| is_known(uri)).cloned().collect());
    }
    accepted
}

fn too_many(most: usize, what: &str) -> ErrorData {
    ErrorData::internal_error(
        format!("there are {most} {what} already; unsubscribe from one first"),
        None,
    )
}

/// The maps stay whole whatever panicked while holding them: each change is one call.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
