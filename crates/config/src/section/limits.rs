//! `[limits]`: the bound of everything that could grow.

use std::time::Duration;

use super::{Key, Section};
use crate::fault::{Fault, Faults};
use crate::node::{Node, Value};
use crate::value::{count, duration, size};

/// One line per limit makes its field, its default, its reader and its row in the reference.
///
/// The kind is the module of `value` that reads it and says what it may be.
macro_rules! limits {
    ($( $(#[doc = $doc:literal])+ $kind:ident $name:ident = $default:literal; )+) => {
        /// The bounds of everything that could grow: sizes in bytes, times as durations, the rest counts.
        ///
        /// `docs/configuration.md` lists them with their defaults.
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub struct Limits {
            $( $(#[doc = $doc])+ pub $name: $kind::Output, )+
        }

        /// Every limit, for the reader and the reference.
        pub(crate) const KEYS: &[Key] = &[$(
            Key {
                name: stringify!($name),
                takes: $kind::TAKES,
                default: $default,
                example: $default,
                doc: concat!($($doc),+),
            },
        )+];

        impl Default for Limits {
            fn default() -> Self {
                Self { $( $name: $kind::parse(&literal($default)).expect("the default is a value of its kind"), )+ }
            }
        }

        impl Limits {
            fn read_keys(&mut self, section: &Section<'_>, faults: &mut Faults) {
                $( if let Some(value) = section.read(stringify!($name), faults, $kind::parse) {
                    self.$name = value;
                } )+
            }
        }
    };
}

limits! {
    /// Largest body of a request, and so the largest message a client can send.
    size max_body_bytes = "\"4MiB\"";
    /// Largest head of a request: the request line and all headers together. At least 8 KiB.
    size max_header_bytes = "\"32KiB\"";
    /// Most header lines of a request.
    count max_headers = "100";
    /// Time a client has to send the head of a request, from its first byte to its last.
    duration header_timeout = "\"10s\"";
    /// Time a client has to send the body of a request.
    duration body_timeout = "\"30s\"";
    /// Bytes per second that the body of a request must bring on average, looked at after five seconds.
    count min_body_rate = "240";
    /// Time a connection may rest between two requests.
    duration connection_idle_timeout = "\"75s\"";
    /// Time a client may leave a stream unread while something waits for it, before the connection is cut.
    duration write_timeout = "\"30s\"";
    /// Connections in all.
    count max_connections = "10000";
    /// Connections from one address.
    count max_connections_per_address = "1024";
    /// Sessions in all.
    count max_sessions = "10000";
    /// Sessions of one principal (without authentication: of one client address).
    count max_sessions_per_principal = "256";
    /// A session ends when its client sent nothing for so long and holds no stream open.
    duration session_idle_timeout = "\"5m\"";
    /// A session ends at this age, whatever happens on it.
    duration session_max_age = "\"24h\"";
    /// Streams of one session that are open or kept for replay.
    count max_streams_per_session = "64";
    /// Calls in flight in all.
    count max_in_flight = "10000";
    /// Calls in flight of one session or, without a session, of one principal.
    count max_in_flight_per_session = "256";
    /// Streams of `subscriptions/listen` (2026-07-28) of one principal.
    count max_listeners_per_principal = "256";
    /// Calls of one server that wait for 2026-07-28 clients which were asked something. Each holds what its server holds.
    count max_parked = "1000";
    /// The same of one principal.
    count max_parked_per_principal = "100";
    /// Bytes that wait for one client on one stream, and for one server on its input.
    size max_queue_bytes = "\"8MiB\"";
    /// Bytes of messages already sent that one stream keeps for a client that resumes.
    size max_event_log_bytes = "\"256KiB\"";
    /// Child processes in all. `max_processes` of a server bounds that server alone.
    count max_processes = "256";
    /// Largest message of a server: the longest line taken from a command's output, and the largest answer of a built-in server.
    size max_line_bytes = "\"16MiB\"";
    /// Time a server has to answer a call; each progress notification starts it anew.
    duration call_timeout = "\"60s\"";
    /// Time a call may take in all, however much progress it reports.
    duration max_call_timeout = "\"10m\"";
    /// Time a 2026-07-28 client has to bring the answers to what it was asked.
    duration question_timeout = "\"5m\"";
    /// Time a server's process has from its start to its answer to `initialize`. Long enough for a package runner that downloads first.
    duration start_timeout = "\"60s\"";
    /// Time a process has to leave after its input was closed, and again after SIGTERM, before SIGKILL.
    duration stop_timeout = "\"2s\"";
    /// Time that calls in flight have to finish when Pontoon itself is told to stop.
    duration drain_timeout = "\"10s\"";
}

/// hyper reads the head into one buffer and insists on this size.
const MIN_HEADER_BYTES: usize = 8 * 1024;

impl Limits {
    pub(crate) fn read(section: &Section<'_>, faults: &mut Faults) -> Self {
        let mut limits = Self::default();
        limits.read_keys(section, faults);
        if limits.max_header_bytes < MIN_HEADER_BYTES {
            faults.push(section.contradiction("max_header_bytes", "must be at least 8KiB"));
        }
        let call = Timeouts {
            call: limits.call_timeout,
            max_call: limits.max_call_timeout,
        };
        call.check(section, faults);
        limits
    }
}

/// The two bounds of a call, which only make sense in one order.
#[derive(Clone, Copy)]
pub(super) struct Timeouts {
    pub(super) call: Duration,
    pub(super) max_call: Duration,
}

impl Timeouts {
    pub(super) fn check(self, section: &Section<'_>, faults: &mut Faults) {
        if self.call > self.max_call {
            let key = if section.key_span("call_timeout").is_some() {
                "call_timeout"
            } else {
                "max_call_timeout"
            };
            let why = format!(
                "makes call_timeout ({:?}) longer than max_call_timeout ({:?})",
                self.call, self.max_call
            );
            faults.push(section.contradiction(key, &why));
        }
    }
}

impl Section<'_> {
    /// A problem with a value that is fine alone but not beside another.
    pub(super) fn contradiction(&self, name: &str, why: &str) -> Fault {
        let span = self.get(name).map(|node| node.span.clone());
        Fault::maybe_at(span, format!("`{}` {why}", self.dotted(name)))
    }
}

/// The node a default would be if it stood in a file.
fn literal(default: &str) -> Node {
    let value = match default.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
        Some(text) => Value::String(text.to_owned()),
        None => Value::Integer(default.parse().expect("a default is a string or an integer")),
    };
    Node { span: 0..0, value }
}
