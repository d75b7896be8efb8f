//! What is asked, and what it may cost.

use std::time::Duration;

use bytes::Bytes;

/// What is asked of the server, at each connection anew.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventRequest {
    /// GET, unless said otherwise.
    pub method: String,
    /// Sent as JSON unless a header `Content-Type` says otherwise.
    pub body: Bytes,
    /// The first connection resumes after this id, if it is not empty.
    pub last_event_id: String,
}

impl Default for EventRequest {
    fn default() -> Self {
        Self {
            method: "GET".to_owned(),
            body: Bytes::new(),
            last_event_id: String::new(),
        }
    }
}

/// Limits of a stream that is followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SourceSettings {
    /// A larger event is skipped, in bytes. Default 16 MiB.
    pub max_event: usize,
    /// How long a connection may take to come up. Default 10 s.
    pub connect_timeout: Duration,
    /// How long a stream may be silent before it is given up and opened again. Default: for ever.
    pub silence: Option<Duration>,
    /// Connections in a row that may bring nothing. 0 never comes back: the end of the stream is the end. Default: any
    /// number. The first connection must succeed in any case.
    pub max_failures: u32,
    /// How long is waited before coming back, where the stream gave no delay. Default 1 s. Each connection that brings
    /// nothing doubles it.
    pub first_pause: Duration,
    /// Doubling leads to no longer pause than this. The server may ask for longer ones, up to one hour. Default 30 s.
    pub max_pause: Duration,
}

impl SourceSettings {
    /// The shortest pause, whatever the server asks for.
    pub const MIN_PAUSE: Duration = Duration::from_millis(50);
}

impl Default for SourceSettings {
    fn default() -> Self {
        Self {
            max_event: 16 << 20,
            connect_timeout: Duration::from_secs(10),
            silence: None,
            max_failures: u32::MAX,
            first_pause: Duration::from_secs(1),
            max_pause: Duration::from_secs(30),
        }
    }
}
