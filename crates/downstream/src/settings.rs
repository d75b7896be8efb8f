//! What can be set, with defaults.

use std::time::Duration;

use crate::channel::EventChannel;
use pontoon_jsonrpc::Limits;
use pontoon_policy::TrustedProxies;
use pontoon_session::{SessionId, SessionLimits, StreamLimits};

/// How strictly the `Accept` header of a Streamable HTTP request is read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AcceptPolicy {
    /// Every client is served: a header that is missing, `*/*` or lists only
    /// one type works, and 406 is never answered.
    #[default]
    Lenient,
    /// A POST must list `application/json` and `text/event-stream`, a GET the
    /// latter; anything else is answered with 406, as the official SDKs do.
    Strict,
}

/// A further path of one server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExtraPath {
    /// The server's name.
    pub server: String,
    /// The path, such as `/api/mcp`.
    pub path: String,
}

/// What is done for clients that were written against something else than the specification. All of it is off unless
/// it is asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Compat {
    /// HTTP+SSE sends an event `connect` behind `endpoint`.
    pub legacy_connect_event: bool,
    /// A POST of a client that has a GET stream is answered with 202, and the reply comes on that stream. A
    /// client without a session may open one.
    pub get_channel_responses: bool,
    /// A method that MCP does not have is the name of a tool, and its params are the arguments.
    pub direct_tool_methods: bool,
}

/// All switches and limits of the client side.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Path under which every address is mounted, such as `/tools`; empty for none.
    pub prefix: String,
    /// Path that a proxy in front removes; it only appears in the `endpoint`
    /// event of HTTP+SSE, which clients resolve against the public address.
    pub public_prefix: String,
    /// Who is believed in `X-Forwarded-For` and `X-Forwarded-Prefix`; the latter stands for `public_prefix`.
    pub trusted_proxies: TrustedProxies,
    /// Further paths at which servers are served over Streamable HTTP. They
    /// stand below the prefix.
    pub extra_paths: Vec<ExtraPath>,
    /// How strictly `Accept` is read.
    pub accept: AcceptPolicy,
    /// How often a silent stream carries a comment; `None` for never.
    pub keep_alive: Option<Duration>,
    /// How long a request may stay unanswered before its response opens as a
    /// stream, so that nothing on the way gives up on it. Only for clients
    /// that list both types in `Accept`.
    pub stream_after: Duration,
    /// What streams tell clients to wait before they reconnect.
    pub retry: Duration,
    /// Largest request body, in bytes.
    pub max_body_bytes: usize,
    /// Largest request head, in bytes: request line and headers. At least 8 KiB.
    pub max_header_bytes: usize,
    /// Most header lines of a request.
    pub max_headers: usize,
    /// Time for a request head, from its first byte to its last.
    pub header_timeout: Duration,
    /// Time for a request body, from the end of the head.
    pub body_timeout: Duration,
    /// Bytes per second that a request body must bring on average; looked at
    /// after five seconds.
    pub min_body_rate: usize,
    /// How long a connection may rest between requests.
    pub idle_timeout: Duration,
    /// How long sent bytes may stay unacknowledged, or a full window closed,
    /// before the connection is given up. Also bounds how long a client that
    /// vanished goes unnoticed, counted from the next keep-alive comment.
    pub write_timeout: Duration,
    /// Connections in all.
    pub max_connections: usize,
    /// Connections of one address.
    pub max_connections_per_address: usize,
    /// Where the ids of sessions come from: the operating system's random
    /// source, except where a run must repeat itself exactly.
    pub session_ids: fn() -> SessionId,
    /// Bounds on sessions.
    pub sessions: SessionLimits,
    /// Bounds on the streams of one session, and on exchanges without one.
    pub streams: StreamLimits,
    /// Bounds on messages.
    pub messages: Limits,
    /// The event channel, if there is one.
    pub events: Option<EventChannel>,
    /// For clients that were written against something else than the specification.
    pub compat: Compat,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            prefix: String::new(),
            public_prefix: String::new(),
            trusted_proxies: TrustedProxies::default(),
            extra_paths: Vec::new(),
            accept: AcceptPolicy::Lenient,
            keep_alive: Some(Duration::from_secs(15)),
            stream_after: Duration::from_secs(10),
            retry: Duration::from_secs(1),
            max_body_bytes: 4 * 1024 * 1024,
            max_header_bytes: 32 * 1024,
            max_headers: 100,
            header_timeout: Duration::from_secs(10),
            body_timeout: Duration::from_secs(30),
            min_body_rate: 240,
            idle_timeout: Duration::from_secs(75),
            write_timeout: Duration::from_secs(30),
            max_connections: 10_000,
            max_connections_per_address: 1024,
            session_ids: SessionId::random,
            sessions: SessionLimits {
                total: 10_000,
                per_principal: 256,
                idle: Duration::from_secs(5 * 60),
                age: Duration::from_secs(24 * 60 * 60),
            },
            streams: StreamLimits {
                queue_bytes: 8 * 1024 * 1024,
                replay_bytes: 256 * 1024,
                streams: 64,
            },
            messages: Limits::CLIENT,
            events: None,
            compat: Compat::default(),
        }
    }
}
