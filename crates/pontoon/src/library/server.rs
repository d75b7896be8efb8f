//! What is served.

use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use pontoon_broker::{EndpointSettings, Era, Hosting, LeasePolicy};
use pontoon_supervise::{CommandSpec, Environment};
use pontoon_upstream::{
    Connector, Http, HttpSettings, HttpTarget, HttpTransport, InProcess, InProcessSettings, Stdio,
    StdioSettings,
};
use rmcp::ServerHandler;

use super::BuildError;

/// Who shares a running server.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Lease {
    /// Each session has one of its own, and so has each principal (or address) without sessions. The default.
    #[default]
    Session,
    /// Each principal (or address) has one.
    Principal,
    /// All clients use one.
    Shared,
}

/// One server to be hosted. Not a thing is started before [`build`](super::GatewayBuilder::build).
pub struct Server {
    pub(super) name: String,
    kind: Kind,
    lease: Lease,
    call_timeout: Option<Duration>,
    pub(super) paths: Vec<String>,
}

enum Kind {
    InProcess(Arc<dyn Connector>),
    Command(CommandSpec, Vec<(OsString, OsString)>),
    Remote(HttpTarget),
    Connected(Arc<dyn Connector>),
}

impl Server {
    /// A server written with `rmcp`: `factory` makes a handler for each session, and for each request without one.
    pub fn in_process<F, H>(name: impl Into<String>, factory: F) -> Self
    where
        F: Fn() -> H + Send + Sync + 'static,
        H: ServerHandler,
    {
        let name = name.into();
        let connector = InProcess::new(name.as_str(), factory, InProcessSettings::default());
        Self::new(name, Kind::InProcess(Arc::new(connector)))
    }

    /// As [`Server::in_process`], where clones of `handler` share their state: what one client changes, all see.
    pub fn in_process_shared<H>(name: impl Into<String>, handler: H) -> Self
    where
        H: ServerHandler + Clone,
    {
        Self::in_process(name, move || handler.clone())
    }

    /// A command that speaks MCP on its standard input and output. Of this process's environment it sees what every
    /// program needs (`PATH`, `HOME`, the locale and the like), and what [`env`](Self::env) adds.
    pub fn command<A>(name: impl Into<String>, program: impl Into<OsString>, arguments: A) -> Self
    where
        A: IntoIterator<Item: Into<OsString>>,
    {
        let spec = CommandSpec::new(program).args(arguments);
        Self::new(name.into(), Kind::Command(spec, Vec::new()))
    }

    /// A server behind a URL, of whatever transport and revision.
    pub fn remote(name: impl Into<String>, url: impl Into<String>) -> Self {
        let target = HttpTarget {
            url: url.into(),
            ..HttpTarget::default()
        };
        Self::new(name.into(), Kind::Remote(target))
    }

    /// A server that is reached in a way of your own. It is asked what it speaks.
    pub fn connected_by(name: impl Into<String>, connector: impl Connector) -> Self {
        Self::new(name.into(), Kind::Connected(Arc::new(connector)))
    }

    fn new(name: String, kind: Kind) -> Self {
        Self {
            name,
            kind,
            lease: Lease::default(),
            call_timeout: None,
            paths: Vec::new(),
        }
    }

    /// Who shares a running server. Servers in this process have a connection for each session in any case.
    #[must_use]
    pub fn lease(mut self, lease: Lease) -> Self {
        self.lease = lease;
        self
    }

    /// How long a call may take without a sign of progress. 60 seconds if it is not set; in all a call may take ten
    /// minutes, or as long as this if that is more.
    #[must_use]
    pub fn call_timeout(mut self, timeout: Duration) -> Self {
        self.call_timeout = Some(timeout);
        self
    }

    /// One more address, such as `/api/mcp`, that serves what `/NAME/mcp` does.
    #[must_use]
    pub fn path(mut self, path: impl Into<String>) -> Self {
        self.paths.push(path.into());
        self
    }

    /// A variable for a [command](Self::command); of no meaning for others.
    #[must_use]
    pub fn env(mut self, name: impl Into<OsString>, value: impl Into<OsString>) -> Self {
        if let Kind::Command(_, variables) = &mut self.kind {
            variables.push((name.into(), value.into()));
        }
        self
    }

    /// The directory a [command](Self::command) starts in; of no meaning for others.
    #[must_use]
    pub fn directory(mut self, directory: impl Into<PathBuf>) -> Self {
        if let Kind::Command(spec, _) = &mut self.kind {
            *spec = spec.clone().cwd(directory);
        }
        self
    }

    /// A header for every request to a [remote](Self::remote) server; of no meaning for others. Its value may be a
    /// secret: it is never shown.
    #[must_use]
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        if let Kind::Remote(target) = &mut self.kind {
            target.headers.push((name.into(), value.into()));
        }
        self
    }

    pub(super) fn settings(&self) -> EndpointSettings {
        let policy = match self.lease {
            Lease::Session => LeasePolicy::Session,
            Lease::Principal => LeasePolicy::Principal,
            Lease::Shared => LeasePolicy::Shared,
        };
        let hosting = match self.kind {
            Kind::InProcess(_) => Hosting::InProcess,
            Kind::Command(..) | Kind::Connected(_) => Hosting::Command(policy),
            Kind::Remote(_) => Hosting::Remote(policy),
        };
        let mut settings = EndpointSettings {
            era: Era::Auto,
            ..EndpointSettings::new(self.name.as_str(), hosting)
        };
        if policy != LeasePolicy::Session || !matches!(self.kind, Kind::Command(..)) {
            settings.warm = 0;
        }
        if policy == LeasePolicy::Shared {
            // The one server never stops for want of calls.
            settings.idle = Duration::MAX;
        }
        if let Some(timeout) = self.call_timeout {
            settings.timeouts.call = timeout;
            settings.timeouts.call_max = settings.timeouts.call_max.max(timeout);
        }
        settings
    }

    pub(super) fn connector(self, outer: &Arc<Environment>) -> Result<Arc<dyn Connector>, BuildError> {
        let name = self.name;
        match self.kind {
            Kind::InProcess(connector) | Kind::Connected(connector) => Ok(connector),
            Kind::Command(mut spec, variables) => {
                for (variable, value) in variables {
                    spec = spec.env(variable, value);
                }
                let settings = StdioSettings::default();
                Ok(Arc::new(Stdio::new(name, spec, Arc::clone(outer), settings)))
            }
            Kind::Remote(target) => {
                let settings = HttpSettings::default();
                let http = Http::new(name.as_str(), &target, HttpTransport::Auto, settings);
                match http {
                    Ok(http) => Ok(Arc::new(http)),
                    Err(source) => Err(BuildError::Remote { name, source }),
                }
            }
        }
    }
}

impl std::fmt::Debug for Server {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let kind = match self.kind {
            Kind::InProcess(_) => "in process",
            Kind::Command(..) => "command",
            Kind::Remote(_) => "remote",
            Kind::Connected(_) => "connected",
        };
        f.debug_struct("Server")
            .field("name", &self.name)
            .field("kind", &kind)
            .finish_non_exhaustive()
    }
}
