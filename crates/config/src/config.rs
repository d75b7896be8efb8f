//! The finished configuration.

use std::net::SocketAddr;
use std::time::Duration;

use crate::section::compat::Compat;
use crate::section::events::Events;
use crate::section::limits::Limits;
use crate::section::server::Server;
use crate::value::name::ServerName;
use crate::value::network::Network;
use crate::value::path::RoutePath;

/// Everything `pontoon serve` is told, checked and complete: no value has to be looked at twice.
///
/// Made by [`Draft::finish`](crate::Draft::finish).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// Where to listen. A wildcard address only if that was permitted.
    pub listen: SocketAddr,
    /// The listener's address as clients see it, without a slash at the end; may have a path.
    pub public_url: Option<String>,
    /// Every route is mounted below it.
    pub path_prefix: Option<RoutePath>,
    /// How strict to be with `Accept`.
    pub accept: Accept,
    /// How often a silent stream gets a comment; `None` for never.
    pub keep_alive: Option<Duration>,
    /// Values of `Host` to serve beside the obvious ones, `host` or `host:port`, lower case; with that of `public_url`.
    pub allowed_hosts: Vec<String>,
    /// Origins of web pages to serve beside loopback ones, canonical: lower case, no default port; or `null`.
    pub allowed_origins: Vec<String>,
    /// Proxies that may say for whom they ask.
    pub trusted_proxies: Vec<Network>,
    /// The event channel.
    pub events: Events,
    /// What is done for clients that were written against something else than the specification.
    pub compat: Compat,
    /// The bounds of everything that could grow.
    pub limits: Limits,
    /// The servers to host, at least one, in the order they were given, with distinct names and paths.
    pub servers: Vec<Server>,
    /// The server that is at `/mcp`, `/sse` and `/messages` as well.
    pub default_server: Option<ServerName>,
    /// What was skipped or changed while reading, for the log.
    pub notes: Vec<String>,
}

/// How strict to be with the `Accept` header of a POST.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Accept {
    /// Answer whatever it says, in a type it takes where it names one.
    #[default]
    Lenient,
    /// Refuse with 406 what does not list both `application/json` and `text/event-stream`.
    Strict,
}
