//! Who is told of changes: the one peer of a legacy session, and every modern subscription.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use futures_util::future::join_all;
use rmcp::{
    ErrorData, Peer, RoleServer,
    model::ResourceUpdatedNotificationParam,
    service::{ServiceError, SubscriptionSendError, SubscriptionSink},
};

/// Modern subscriptions open at once on one server, which all stateless clients share. More than the
/// connections that a gateway takes by default, so that its own limits are those that count.
const MAX_SUBSCRIPTIONS: usize = 16_384;
/// How long one subscriber may take to accept a notification before it misses it.
const PATIENCE: Duration = Duration::from_secs(1);

/// Something a subscriber may want to know.
#[derive(Clone, Copy, Debug)]
pub(super) enum Change<'a> {
    Tools,
    Prompts,
    Resources,
    Updated(&'a str),
}

/// Everyone to be told of a [`Change`].
#[derive(Debug, Default)]
pub(super) struct Audience {
    /// `resources/subscribe` (up to 2025-11-25). A server has one legacy session, so one peer per
    /// URI; only URIs of resources get here, which bounds it.
    watched: Mutex<HashMap<String, Peer<RoleServer>>>,
    /// `subscriptions/listen` (from 2026-07-28).
    seats: Arc<Mutex<HashMap<u64, SubscriptionSink>>>,
    next_seat: AtomicU64,
}

impl Audience {
    pub(super) fn watch(&self, uri: String, peer: Peer<RoleServer>) {
        locked(&self.watched).insert(uri, peer);
    }

    pub(super) fn unwatch(&self, uri: &str) {
        locked(&self.watched).remove(uri);
    }

    /// Joins a subscription until the returned seat is dropped.
    pub(super) fn seat(&self, sink: SubscriptionSink) -> Result<Seat, ErrorData> {
        let mut seats = locked(&self.seats);
        if seats.len() >= MAX_SUBSCRIPTIONS {
            let message = format!("there are {MAX_SUBSCRIPTIONS} subscriptions already; close one first");
            return Err(ErrorData::internal_error(message, None));
        }
        let key = self.next_seat.fetch_add(1, Ordering::Relaxed);
        seats.insert(key, sink);
        Ok(Seat {
            key,
            seats: Arc::clone(&self.seats),
        })
    }

    /// Tells everyone who asked. `caller` is the legacy session in which the change was made: it
    /// hears of changed lists without asking.
    pub(super) async fn tell(&self, change: Change<'_>, caller: Option<&Peer<RoleServer>>) {
        let sinks: Vec<_> = locked(&self.seats).values().cloned().collect();
        let modern = join_all(sinks.iter().map(|sink| async {
            // One slow subscriber misses a notification; it delays nobody else for long. A refusal
            // means that it did not ask for this kind.
            let _ = tokio::time::timeout(PATIENCE, tell_subscription(sink, change)).await;
        }));
        let legacy = async {
            let peer = match change {
                Change::Updated(uri) => locked(&self.watched).get(uri).cloned(),
                _ => caller.cloned(),
            };
            if let Some(peer) = peer {
                let _ = tokio::time::timeout(PATIENCE, tell_peer(&peer, change)).await;
            }
        };
        tokio::join!(modern, legacy);
    }
}

async fn tell_subscription(sink: &SubscriptionSink, change: Change<'_>) -> Result<(), SubscriptionSendError> {
    match change {
        Change::Tools => sink.notify_tool_list_changed().await,
        Change::Prompts => sink.notify_prompt_list_changed().await,
        Change::Resources => sink.notify_resource_list_changed().await,
        Change::Updated(uri) => sink.notify_resource_updated(uri).await,
    }
}

async fn tell_peer(peer: &Peer<RoleServer>, change: Change<'_>) -> Result<(), ServiceError> {
    match change {
        Change::Tools => peer.notify_tool_list_changed().await,
        Change::Prompts => peer.notify_prompt_list_changed().await,
        Change::Resources => peer.notify_resource_list_changed().await,
        Change::Updated(uri) => {
            peer.notify_resource_updated(ResourceUpdatedNotificationParam::new(uri))
                .await
        }
    }
}

/// A place in the audience; given up when dropped.
#[derive(Debug)]
pub(super) struct Seat {
    key: u64,
    seats: Arc<Mutex<HashMap<u64, SubscriptionSink>>>,
}

impl Drop for Seat {
    fn drop(&mut self) {
        locked(&self.seats).remove(&self.key);
    }
}

/// The maps stay whole whatever panicked while holding them: each change is one call.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
