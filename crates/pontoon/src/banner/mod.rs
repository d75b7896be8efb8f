//! What is said once the listener is bound: where everything is, and how to connect to it.

mod human;
mod machine;
mod snippets;

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use pontoon_config::{Config, Lease, LeaseKind, Server, Upstream};

use crate::snippet::{Spot, Transport};

/// The addresses of a running Pontoon.
#[derive(Clone, Debug)]
pub(crate) struct Announcement {
    /// The listener itself, as a client on this machine reaches it.
    listening: String,
    /// Set if the listener is on every interface.
    wildcard: Option<SocketAddr>,
    endpoints: Vec<Endpoint>,
}

/// One server as clients see it.
#[derive(Clone, Debug)]
struct Endpoint {
    name: String,
    /// What runs, for people.
    runs: String,
    is_default: bool,
    /// Under the server's own name.
    own: Addresses,
    /// The shortest: without a name if it is the default.
    best: Addresses,
    /// Extra paths.
    extra: Vec<String>,
}

/// Where a server is.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
struct Addresses {
    mcp: String,
    sse: String,
}

impl Addresses {
    fn below(base: &str) -> Self {
        Self {
            mcp: format!("{base}/mcp"),
            sse: format!("{base}/sse"),
        }
    }
}

impl Announcement {
    /// `address` is where the listener was bound, with the port it got.
    pub(crate) fn new(config: &Config, address: SocketAddr) -> Self {
        let listening = format!(
            "http://{}",
            SocketAddr::new(reachable(address.ip()), address.port())
        );
        let prefix = config.path_prefix.as_ref().map_or("", |path| path.as_str());
        let base = format!("{}{prefix}", config.public_url.as_ref().unwrap_or(&listening));
        let endpoint = |server| {
            Endpoint::new(
                server,
                &base,
                config.default_server.as_ref() == Some(&server.name),
            )
        };
        Self {
            wildcard: address.ip().to_canonical().is_unspecified().then_some(address),
            endpoints: config.servers.iter().map(endpoint).collect(),
            listening,
        }
    }
}

impl Endpoint {
    fn new(server: &Server, base: &str, is_default: bool) -> Self {
        let own = Addresses::below(&format!("{base}/{}", server.name));
        Self {
            name: server.name.to_string(),
            runs: describe(&server.upstream),
            is_default,
            best: if is_default {
                Addresses::below(base)
            } else {
                own.clone()
            },
            own,
            extra: server.paths.iter().map(|path| format!("{base}{path}")).collect(),
        }
    }
}

impl Announcement {
    /// Every server at its best address for this transport.
    pub(crate) fn spots(&self, transport: Transport) -> Vec<Spot> {
        let spot = |endpoint: &Endpoint| match transport {
            Transport::Http => endpoint.streamable(),
            Transport::Sse => Spot::new(&endpoint.name, &endpoint.best.sse, Transport::Sse),
        };
        self.endpoints.iter().map(spot).collect()
    }
}

impl Endpoint {
    fn streamable(&self) -> Spot {
        Spot::new(&self.name, &self.best.mcp, Transport::Http)
    }
}

/// Clients cannot connect to "every interface".
fn reachable(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(Ipv4Addr::UNSPECIFIED) => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(Ipv6Addr::UNSPECIFIED) => Ipv6Addr::LOCALHOST.into(),
        _ => address,
    }
}

/// The program without its arguments: they may hold secrets.
pub(crate) fn describe(upstream: &Upstream) -> String {
    match upstream {
        Upstream::Builtin(_) => "built in".to_owned(),
        Upstream::Remote(remote) => match remote.lease {
            LeaseKind::Session => format!("{}, a session for each of ours", remote.origin()),
            LeaseKind::Principal => format!("{}, a session for each principal", remote.origin()),
            LeaseKind::Shared => format!("{}, one session for all", remote.origin()),
        },
        Upstream::Command(command) => {
            let program = command.program.display();
            match command.lease {
                Lease::Session { .. } => format!("{program}, a process for each session"),
                Lease::Principal { .. } => format!("{program}, a process for each principal"),
                Lease::Shared => format!("{program}, one process for all"),
            }
        }
    }
}

#[cfg(test)]
mod tests;
