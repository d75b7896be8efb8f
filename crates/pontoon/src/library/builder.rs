//! From servers to a gateway.

use std::sync::Arc;
use std::time::Duration;

use pontoon_broker::Endpoint;
use pontoon_config::Limits;
use pontoon_downstream::{ExtraPath, RouteError, Settings};
use pontoon_policy::{AccountLimits, Authority, Gauge, OriginGuard, Policy};
use pontoon_supervise::Environment;
use pontoon_upstream::HttpError;
use thiserror::Error;

use super::{Gateway, Server};

/// Why a gateway cannot be built.
#[derive(Debug, Error)]
pub enum BuildError {
    /// The addresses of the servers clash, or there is no server.
    #[error("the addresses cannot be laid out: {0}")]
    Addresses(#[from] AddressError),
    /// A remote server cannot even be tried.
    #[error("the remote server {name}: {source}")]
    Remote {
        /// The server's name.
        name: String,
        /// What is wrong.
        source: HttpError,
    },
    /// Neither a host nor a host with a port.
    #[error("{0:?} is no host; write example.com or example.com:8080")]
    Host(String),
    /// Not an origin.
    #[error("{0:?} is no origin; write https://example.com")]
    Origin(String),
    /// The default is none of the servers.
    #[error("the default server {0:?} is none of those that were added")]
    UnknownDefault(String),
}

/// What is wrong with the addresses of the servers.
#[derive(Debug, Error)]
#[error(transparent)]
pub struct AddressError(RouteError);

/// Collects what a [`Gateway`] serves, and how.
#[derive(Debug)]
#[must_use]
pub struct GatewayBuilder {
    servers: Vec<Server>,
    default: Option<String>,
    hosts: Vec<String>,
    origins: Vec<String>,
    any_host: bool,
    settings: Settings,
}

impl GatewayBuilder {
    pub(super) fn new() -> Self {
        Self {
            servers: Vec::new(),
            default: None,
            hosts: Vec::new(),
            origins: Vec::new(),
            any_host: false,
            settings: Settings::default(),
        }
    }

    /// Adds a server.
    pub fn server(mut self, server: Server) -> Self {
        self.servers.push(server);
        self
    }

    /// Which of several servers is at `/mcp` and `/sse` as well. A single one is in any case.
    pub fn default_server(mut self, name: impl Into<String>) -> Self {
        self.default = Some(name.into());
        self
    }

    /// All addresses begin with this, such as `/tools`.
    pub fn path_prefix(mut self, prefix: impl Into<String>) -> Self {
        self.settings.prefix = prefix.into();
        self
    }

    /// What stands before the path in the eyes of clients and is gone when a request comes here: what a proxy strips,
    /// or a router that nests the service.
    pub fn public_prefix(mut self, prefix: impl Into<String>) -> Self {
        self.settings.public_prefix = prefix.into();
        self
    }

    /// A `Host` that is served besides `localhost`, `127.0.0.1` and `[::1]`: the check keeps a web page from reaching a
    /// local server by a name of its own (DNS rebinding).
    pub fn allow_host(mut self, host: impl Into<String>) -> Self {
        self.hosts.push(host.into());
        self
    }

    /// Every `Host` is served. Only where who may call is checked otherwise, or the listener is not local at all.
    pub fn allow_any_host(mut self) -> Self {
        self.any_host = true;
        self
    }

    /// An `Origin` whose web pages may call, besides those of this machine.
    pub fn allow_origin(mut self, origin: impl Into<String>) -> Self {
        self.origins.push(origin.into());
        self
    }

    /// How often a silent stream gets a comment, so that nothing on the way gives up on it; `None` for never. 15 seconds
    /// if it is not set.
    pub fn keep_alive(mut self, period: Option<Duration>) -> Self {
        self.settings.keep_alive = period;
        self
    }

    /// Largest request body, in bytes. 4 MiB if it is not set.
    pub fn max_body_bytes(mut self, bytes: usize) -> Self {
        self.settings.max_body_bytes = bytes;
        self
    }

    /// Puts it together. Commands with a lease for each session start one process to have it ready.
    ///
    /// # Errors
    /// [`BuildError`]: what is wrong, and where.
    ///
    /// # Panics
    /// Outside of a tokio runtime.
    pub fn build(self) -> Result<Gateway, BuildError> {
        let guard = self.guard()?;
        let default = match &self.default {
            None => (self.servers.len() == 1).then_some(0),
            Some(name) => match self.servers.iter().position(|server| server.name == *name) {
                Some(index) => Some(index),
                None => return Err(BuildError::UnknownDefault(name.clone())),
            },
        };
        let mut settings = self.settings;
        settings.extra_paths = self.servers.iter().flat_map(extra_paths).collect();
        let limits = Limits::default();
        let processes = Gauge::new("max_processes", limits.max_processes);
        let outer: Environment = pontoon_config::Environment::current().variables().collect();
        let outer = Arc::new(outer);
        let hosted = self.servers.into_iter().map(|server| {
            let endpoint = server.settings();
            Ok((endpoint, server.connector(&outer)?))
        });
        let hosted = hosted.collect::<Result<Vec<_>, BuildError>>()?;
        // Nothing is started before everything is known to be right, but for the addresses.
        let endpoints = hosted.into_iter().map(|(settings, connector)| {
            Arc::new(Endpoint::new(settings, connector, Arc::clone(&processes)))
        });
        let policy = Policy::new(limits.max_in_flight).with_account_limits(AccountLimits {
            calls: limits.max_in_flight_per_session,
            listeners: limits.max_listeners_per_principal,
        });
        let gateway =
            pontoon_downstream::Gateway::new(settings, Arc::new(policy), guard, endpoints.collect(), default);
        Ok(Gateway::running(gateway.map_err(AddressError)?))
    }

    fn guard(&self) -> Result<OriginGuard, BuildError> {
        let mut guard = OriginGuard::loopback();
        if self.any_host {
            guard = guard.with_any_host();
        }
        for host in &self.hosts {
            let authority: Authority = host.parse().map_err(|_| BuildError::Host(host.clone()))?;
            guard = guard.with_host(authority);
        }
        for origin in &self.origins {
            let more = guard.with_origin(origin);
            guard = more.map_err(|_| BuildError::Origin(origin.clone()))?;
        }
        Ok(guard)
    }
}

fn extra_paths(server: &Server) -> impl Iterator<Item = ExtraPath> {
    server.paths.iter().map(|path| ExtraPath {
        server: server.name.clone(),
        path: path.clone(),
    })
}
