//! `[events]`: the event channel at `/sse/connect`.

use std::fmt;
use std::time::Duration;

use super::{Key, Refused, Section, server::text_with_variables};
use crate::environment::Environment;
use crate::fault::Faults;
use crate::node::Node;
use crate::value::{count, duration, plain, size};

const DEFAULT_RETRY: Duration = Duration::from_secs(5);
const DEFAULT_KEEP_ALIVE: Duration = Duration::from_secs(15);
const DEFAULT_CLIENTS: usize = 10_000;
const DEFAULT_CLIENTS_PER_ADDRESS: usize = 64;
const DEFAULT_BYTES: usize = 1 << 20;

const PINGS: &[(&str, EventPing)] = &[("comment", EventPing::Comment), ("event", EventPing::Event)];
const CARRIERS: &[(&str, TokenCarrier)] = &[("query", TokenCarrier::Query), ("cookie", TokenCarrier::Cookie)];

pub(crate) const KEYS: &[Key] = &[
    Key {
        name: "enable",
        takes: "true or false",
        default: "false",
        example: "true",
        doc: "Serves the event channel. Without it the rest of this table means nothing.",
    },
    Key {
        name: "mirror",
        takes: "a list of names of servers",
        default: "[]",
        example: "[]",
        doc: "Servers whose progress, log messages and changes everybody on the channel sees, whoever made the call.",
    },
    Key {
        name: "token",
        takes: "text of 16 to 256 of A-Z, a-z, 0-9, -, ., _ and ~; `${NAME}` is replaced",
        default: "",
        example: "\"0123456789abcdef\"",
        doc: "What a client has to show, as `Authorization: Bearer`. Without it everybody who reaches the listener may listen.",
    },
    Key {
        name: "token_in",
        takes: "a list of \"query\" and \"cookie\"",
        default: "[]",
        example: "[\"cookie\"]",
        doc: "Where else the token may stand, since an `EventSource` sends no headers: in the query as `token`, or in the cookie `pontoon_events`. An address is written into logs and histories: prefer the cookie.",
    },
    Key {
        name: "keep_alive",
        takes: duration::TAKES_OR_OFF,
        default: "\"15s\"",
        example: "0",
        doc: "How often a silent stream says that it lives.",
    },
    Key {
        name: "ping",
        takes: "\"comment\" or \"event\"",
        default: "\"comment\"",
        example: "\"event\"",
        doc: "In what way: a comment that no page sees, or an event called `ping`.",
    },
    Key {
        name: "retry",
        takes: duration::TAKES,
        default: "\"5s\"",
        example: "\"1s\"",
        doc: "How long clients are told to wait before they come back.",
    },
    Key {
        name: "max_clients",
        takes: count::TAKES,
        default: "10000",
        example: "100",
        doc: "Clients in all.",
    },
    Key {
        name: "max_clients_per_address",
        takes: count::TAKES,
        default: "64",
        example: "8",
        doc: "Clients from one address.",
    },
    Key {
        name: "max_queue_bytes",
        takes: size::TAKES,
        default: "\"1MiB\"",
        example: "\"64KiB\"",
        doc: "Bytes that wait for one client. One that would have more is cut off, and goes on where it was when it comes back.",
    },
    Key {
        name: "max_replay_bytes",
        takes: size::TAKES,
        default: "\"1MiB\"",
        example: "\"16MiB\"",
        doc: "Bytes of events that are kept, once for all clients, for those that come back with `Last-Event-ID`.",
    },
];

/// The event channel.
#[derive(Clone, PartialEq, Eq)]
pub struct Events {
    /// Whether it is served.
    pub enable: bool,
    /// Names of the servers whose notifications appear on it.
    pub mirror: Vec<String>,
    /// What a client has to show.
    pub token: Option<String>,
    /// Where it may stand beside `Authorization`.
    pub token_in: Vec<TokenCarrier>,
    /// How often a silent stream says that it lives.
    pub keep_alive: Option<Duration>,
    /// In what way.
    pub ping: EventPing,
    /// How long clients wait before they come back.
    pub retry: Duration,
    /// Most clients.
    pub max_clients: usize,
    /// Most clients of one address.
    pub max_clients_per_address: usize,
    /// Most bytes that wait for one client.
    pub max_queue_bytes: usize,
    /// Most bytes of events that are kept.
    pub max_replay_bytes: usize,
}

/// How a silent stream says that it lives.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum EventPing {
    /// By a comment.
    #[default]
    Comment,
    /// By an event called `ping`.
    Event,
}

/// Where the token of the event channel may stand beside `Authorization`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenCarrier {
    /// In the query.
    Query,
    /// In a cookie.
    Cookie,
}

impl Default for Events {
    fn default() -> Self {
        Self {
            enable: false,
            mirror: Vec::new(),
            token: None,
            token_in: Vec::new(),
            keep_alive: Some(DEFAULT_KEEP_ALIVE),
            ping: EventPing::Comment,
            retry: DEFAULT_RETRY,
            max_clients: DEFAULT_CLIENTS,
            max_clients_per_address: DEFAULT_CLIENTS_PER_ADDRESS,
            max_queue_bytes: DEFAULT_BYTES,
            max_replay_bytes: DEFAULT_BYTES,
        }
    }
}

impl Events {
    pub(crate) fn read(section: &Section<'_>, environment: &Environment, faults: &mut Faults) -> Self {
        let default = Self::default();
        let token_span = section.key_span("token").unwrap_or_default();
        // Points at the name: the value is a secret.
        let secret = |node: &Node| token(node, environment).map_err(|refused| refused.at(token_span));
        let carrier = |node: &Node| plain::choice(node, CARRIERS);
        let events = Self {
            enable: section.read("enable", faults, plain::switch).unwrap_or_default(),
            mirror: section
                .read("mirror", faults, |node| plain::list(node, plain::text))
                .unwrap_or_default(),
            token: section.read("token", faults, secret),
            token_in: section
                .read("token_in", faults, |node| plain::list(node, carrier))
                .unwrap_or_default(),
            keep_alive: section
                .read("keep_alive", faults, duration::parse_or_off)
                .unwrap_or(default.keep_alive),
            ping: section
                .read("ping", faults, |node| plain::choice(node, PINGS))
                .unwrap_or_default(),
            retry: section
                .read("retry", faults, duration::parse)
                .unwrap_or(default.retry),
            max_clients: section
                .read("max_clients", faults, count::parse)
                .unwrap_or(default.max_clients),
            max_clients_per_address: section
                .read("max_clients_per_address", faults, count::parse)
                .unwrap_or(default.max_clients_per_address),
            max_queue_bytes: section
                .read("max_queue_bytes", faults, size::parse)
                .unwrap_or(default.max_queue_bytes),
            max_replay_bytes: section
                .read("max_replay_bytes", faults, size::parse)
                .unwrap_or(default.max_replay_bytes),
        };
        if events.token.is_none() && !events.token_in.is_empty() && section.key_span("token").is_none() {
            faults.push(section.contradiction("token_in", "needs a `token`"));
        }
        events
    }

    /// Checks that every server that is mirrored is one of `names`.
    pub(crate) fn check(&self, names: &[&str], faults: &mut Faults) {
        for name in self.mirror.iter().filter(|name| !names.contains(&name.as_str())) {
            let message =
                format!("`events.mirror` names the server `{name}`, which is none of the configured ones");
            faults.push(crate::fault::Fault::maybe_at(None, message).allowed(names.join(", ")));
        }
    }
}

/// A token that needs no escapes wherever it stands, and that nobody guesses.
fn token(node: &Node, environment: &Environment) -> Result<String, Refused> {
    let token = text_with_variables(node, environment)?;
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~');
    match (16..=256).contains(&token.len()) && token.bytes().all(is_plain) {
        true => Ok(token),
        false => Err(Refused::because("is no token that is long and plain enough")),
    }
}

impl fmt::Debug for Events {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Events")
            .field("enable", &self.enable)
            .field("mirror", &self.mirror)
            .field("has_token", &self.token.is_some())
            .field("token_in", &self.token_in)
            .finish_non_exhaustive()
    }
}
