//! What can be set of a hub, with defaults.

use std::time::Duration;

use pontoon_session::SessionId;

/// Switches and limits of a [`Hub`](super::Hub).
#[derive(Clone, Copy, Debug)]
pub struct HubSettings {
    /// Most clients at once. Default 10 000.
    pub max_clients: usize,
    /// Most bytes that wait for one client; one that would have more is cut off and can come back. Default 1 MiB.
    pub queue_bytes: usize,
    /// Most bytes of events that are kept for clients that come back. Default 1 MiB.
    pub replay_bytes: usize,
    /// Largest event, in bytes. Default 1 MiB.
    pub max_event_bytes: usize,
    /// How often a silent stream says that it lives; `None` for never. Default 15 s.
    pub keep_alive: Option<Duration>,
    /// In what way. Default [`Ping::Comment`].
    pub ping: Ping,
    /// What clients are told to wait before they come back; `None` leaves it to them. Default 5 s.
    pub retry: Option<Duration>,
    /// Where the ids of events get the part from that tells this hub from others: the operating system's random
    /// source, except where a run must repeat itself exactly.
    pub epoch: fn() -> SessionId,
}

/// How a silent stream says that it lives.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Ping {
    /// By a comment, which no page sees.
    #[default]
    Comment,
    /// By an event called `ping`, for pages that want to know that the stream lives.
    Event,
}

impl Default for HubSettings {
    fn default() -> Self {
        Self {
            max_clients: 10_000,
            queue_bytes: 1 << 20,
            replay_bytes: 1 << 20,
            max_event_bytes: 1 << 20,
            keep_alive: Some(Duration::from_secs(15)),
            ping: Ping::Comment,
            retry: Some(Duration::from_secs(5)),
            epoch: SessionId::random,
        }
    }
}
