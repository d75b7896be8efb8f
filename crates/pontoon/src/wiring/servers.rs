//! The servers' part of the configuration.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use pontoon_broker::{Endpoint, EndpointSettings, Hosting, LeasePolicy};
use pontoon_config::{Command, Era, Lease, LeaseKind, Limits, Remote, Server, Transport, Upstream};
use pontoon_downstream::Hub;
use pontoon_policy::Gauge;
use pontoon_supervise::{CommandSpec, Environment, Grace, Inherit};
use pontoon_translate::Timeouts;
use pontoon_upstream::{Connector, Http, HttpSettings, HttpTarget, HttpTransport, Stdio, StdioSettings};

use super::builtin;

/// One hosted server; its warm processes start now.
pub(crate) fn endpoint(
    server: &Server,
    limits: &Limits,
    outer: &Arc<Environment>,
    processes: &Arc<Gauge>,
    mirror: Option<Hub>,
) -> anyhow::Result<Arc<Endpoint>> {
    let connector = connector(server, limits, outer)?;
    let settings = EndpointSettings {
        mirror,
        ..endpoint_settings(server, limits)
    };
    Ok(Arc::new(Endpoint::new(
        settings,
        connector,
        Arc::clone(processes),
    )))
}

/// How one server is hosted.
pub(crate) fn endpoint_settings(server: &Server, limits: &Limits) -> EndpointSettings {
    let settings = match &server.upstream {
        Upstream::Command(command) => command_settings(server, command, limits),
        Upstream::Remote(remote) => remote_settings(server, remote, limits),
        Upstream::Builtin(_) => EndpointSettings {
            timeouts: timeouts(server, limits, limits.start_timeout),
            ..EndpointSettings::new(server.name.as_str(), Hosting::InProcess)
        },
    };
    EndpointSettings {
        era: era(server),
        drain: limits.drain_timeout,
        max_parked: limits.max_parked,
        max_parked_per_principal: limits.max_parked_per_principal,
        max_in_flight_per_session: limits.max_in_flight_per_session,
        ..settings
    }
}

/// The way to bring a server up.
pub(crate) fn connector(
    server: &Server,
    limits: &Limits,
    outer: &Arc<Environment>,
) -> anyhow::Result<Arc<dyn Connector>> {
    match &server.upstream {
        Upstream::Command(command) => {
            let inherit = Inherit::default();
            Ok(Arc::new(stdio(server, command, limits, outer, inherit)))
        }
        Upstream::Remote(remote) => Ok(Arc::new(http(server, remote, limits)?)),
        Upstream::Builtin(builtin) => builtin::connector(builtin, server.name.as_str(), limits),
    }
}

fn era(server: &Server) -> pontoon_broker::Era {
    match (server.era, &server.upstream) {
        // There is nothing to find out: HTTP+SSE is older than 2026-07-28.
        (Era::Auto, Upstream::Remote(remote)) if remote.transport == Transport::Sse => {
            pontoon_broker::Era::Legacy
        }
        (Era::Auto, _) => pontoon_broker::Era::Auto,
        (Era::Legacy, _) => pontoon_broker::Era::Legacy,
        (Era::Modern, _) => pontoon_broker::Era::Modern,
    }
}

fn timeouts(server: &Server, limits: &Limits, open: Duration) -> Timeouts {
    Timeouts {
        open,
        parked: limits.question_timeout,
        call: server.call_timeout,
        call_max: server.max_call_timeout,
    }
}

fn command_settings(server: &Server, command: &Command, limits: &Limits) -> EndpointSettings {
    let policy = match &command.lease {
        Lease::Session { .. } => LeasePolicy::Session,
        Lease::Principal { .. } => LeasePolicy::Principal,
        Lease::Shared => LeasePolicy::Shared,
    };
    let defaults = EndpointSettings::new(server.name.as_str(), Hosting::Command(policy));
    let settings = EndpointSettings {
        timeouts: timeouts(server, limits, command.start_timeout),
        ..defaults
    };
    match command.lease {
        Lease::Session {
            warm,
            max_processes,
            idle_timeout,
        } => EndpointSettings {
            warm,
            max_processes,
            idle: idle_timeout,
            ..settings
        },
        Lease::Principal {
            max_processes,
            idle_timeout,
        } => EndpointSettings {
            warm: 0,
            max_processes,
            idle: idle_timeout,
            ..settings
        },
        // The one process never stops for want of calls.
        Lease::Shared => EndpointSettings {
            max_processes: limits.max_processes,
            idle: Duration::MAX,
            ..settings
        },
    }
}

fn remote_settings(server: &Server, remote: &Remote, limits: &Limits) -> EndpointSettings {
    let (policy, idle) = match remote.lease {
        LeaseKind::Session => (LeasePolicy::Session, remote.idle_timeout),
        LeaseKind::Principal => (LeasePolicy::Principal, remote.idle_timeout),
        // The one session never ends for want of calls.
        LeaseKind::Shared => (LeasePolicy::Shared, Duration::MAX),
    };
    EndpointSettings {
        timeouts: timeouts(server, limits, remote.start_timeout),
        max_processes: limits.max_sessions,
        idle,
        ..EndpointSettings::new(server.name.as_str(), Hosting::Remote(policy))
    }
}

fn http(server: &Server, remote: &Remote, limits: &Limits) -> anyhow::Result<Http> {
    let name = server.name.as_str();
    let extra_ca = match &remote.ca_file {
        Some(file) => {
            let pem = std::fs::read(file);
            Some(pem.with_context(|| {
                format!("cannot read the ca_file of the server {name}: {}", file.display())
            })?)
        }
        None => None,
    };
    let target = HttpTarget {
        url: remote.url.clone(),
        headers: remote.headers.clone().into_iter().collect(),
        extra_ca,
    };
    let defaults = HttpSettings::default();
    let settings = HttpSettings {
        max_message: limits.max_line_bytes,
        max_queue: limits.max_queue_bytes,
        connect_timeout: defaults.connect_timeout.min(remote.start_timeout),
        stop_timeout: remote.stop_timeout,
        ..defaults
    };
    let transport = match remote.transport {
        Transport::Auto => HttpTransport::Auto,
        Transport::Streamable => HttpTransport::Streamable,
        Transport::Sse => HttpTransport::Sse,
    };
    Http::new(name, &target, transport, settings).with_context(|| format!("the remote server {name}"))
}

/// A command, which sees of our own environment what `inherit` lets through.
pub(crate) fn stdio(
    server: &Server,
    command: &Command,
    limits: &Limits,
    outer: &Arc<Environment>,
    inherit: Inherit,
) -> Stdio {
    let mut spec = CommandSpec::new(&command.program)
        .args(&command.args)
        .inherit(inherit);
    for (name, value) in &command.env {
        spec = spec.env(name, value);
    }
    if let Some(directory) = &command.cwd {
        spec = spec.cwd(directory);
    }
    let settings = StdioSettings {
        max_line: limits.max_line_bytes,
        max_queue: limits.max_queue_bytes,
        write_deadline: limits.write_timeout,
        grace: Grace {
            eof: command.stop_timeout,
            term: command.stop_timeout,
        },
    };
    Stdio::new(server.name.as_str(), spec, Arc::clone(outer), settings)
}
