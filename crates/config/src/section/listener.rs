//! The keys at the top of the file: the listener, and how clients are met there.

use std::net::SocketAddr;
use std::time::Duration;

use super::{Key, Section, table_of};
use crate::config::Accept;
use crate::fault::Faults;
use crate::value::{address, duration, network, path, plain, url};
use crate::{Network, RoutePath};

pub(crate) const DEFAULT_LISTEN: SocketAddr =
    SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 3000);

pub(crate) const DEFAULT_KEEP_ALIVE: Duration = Duration::from_secs(15);

const ACCEPT: &[(&str, Accept)] = &[("lenient", Accept::Lenient), ("strict", Accept::Strict)];

pub(crate) const KEYS: &[Key] = &[
    Key {
        name: "listen",
        takes: address::TAKES,
        default: "\"127.0.0.1:3000\"",
        example: "\"[::1]:8080\"",
        doc: "Where to listen. Port 0 lets the system choose a free one.",
    },
    Key {
        name: "allow_wildcard",
        takes: "true or false",
        default: "false",
        example: "true",
        doc: "Permits `listen` to name every interface of the machine (`0.0.0.0`, `[::]`), where anyone who can reach it can use the servers.",
    },
    Key {
        name: "public_url",
        takes: url::TAKES_URL,
        default: "",
        example: "\"https://mcp.example.com\"",
        doc: "The listener's address as clients see it, where a proxy or tunnel stands in between. Its host is then an allowed host. If the proxy strips a path, that path belongs here.",
    },
    Key {
        name: "path_prefix",
        takes: path::TAKES,
        default: "",
        example: "\"/tools\"",
        doc: "Mounts every address below this path.",
    },
    Key {
        name: "accept",
        takes: "\"lenient\" or \"strict\"",
        default: "\"lenient\"",
        example: "\"strict\"",
        doc: "What to do with a POST whose `Accept` header does not list both types the specification asks for: answer it, or refuse it with 406.",
    },
    Key {
        name: "keep_alive",
        takes: duration::TAKES_OR_OFF,
        default: "\"15s\"",
        example: "0",
        doc: "How often a comment is sent on a stream that is otherwise silent, so that nothing on the way closes it.",
    },
    Key {
        name: "allowed_hosts",
        takes: url::TAKES_HOSTS,
        default: "[]",
        example: "[\"mcp.example.com\", \"box.local:3000\"]",
        doc: "Values of the `Host` header that are served, besides loopback names, the host of `public_url` and, when listening on more than loopback, IP addresses. Without a port, any port matches.",
    },
    Key {
        name: "allowed_origins",
        takes: url::TAKES_ORIGINS,
        default: "[]",
        example: "[\"https://app.example\", \"null\"]",
        doc: "Web pages whose scripts may use the servers, besides pages from loopback addresses.",
    },
    Key {
        name: "trusted_proxies",
        takes: network::TAKES,
        default: "[]",
        example: "[\"127.0.0.1\", \"10.1.0.0/16\"]",
        doc: "Proxies that are believed when they say for whom they ask: `X-Forwarded-For` names the client whose limits count, and `X-Forwarded-Prefix` the path that was stripped, instead of that of `public_url`. From anybody else these are ignored.",
    },
    Key {
        name: "events",
        takes: "a table, see [events]",
        default: "",
        example: "{}",
        doc: "The event channel at `/sse/connect`: see [The event channel](events.md).",
    },
    Key {
        name: "compat",
        takes: "a table, see [compat]",
        default: "",
        example: "{}",
        doc: "For clients that were written against something else than the specification.",
    },
    Key {
        name: "limits",
        takes: "a table, see [limits]",
        default: "",
        example: "{}",
        doc: "The bounds of everything that could grow.",
    },
    Key {
        name: "server",
        takes: "tables, see [server.NAME]",
        default: "",
        example: "{}",
        doc: "The servers to host. Without any, the built-in `showcase`.",
    },
];

/// The top of the file, still without its tables.
#[derive(Clone, Debug, Default)]
pub(crate) struct Listener {
    pub(crate) listen: Option<SocketAddr>,
    pub(crate) allow_wildcard: bool,
    pub(crate) public_url: Option<String>,
    pub(crate) path_prefix: Option<RoutePath>,
    pub(crate) accept: Accept,
    pub(crate) keep_alive: Option<Option<Duration>>,
    pub(crate) allowed_hosts: Vec<String>,
    pub(crate) allowed_origins: Vec<String>,
    pub(crate) trusted_proxies: Vec<Network>,
}

impl Listener {
    pub(crate) fn read(section: &Section<'_>, faults: &mut Faults) -> Self {
        for tables in ["events", "compat", "limits", "server"] {
            section.read(tables, faults, |node| table_of(node).map(|_| ()));
        }
        Self {
            listen: section.read("listen", faults, address::parse),
            allow_wildcard: section
                .read("allow_wildcard", faults, plain::switch)
                .unwrap_or_default(),
            public_url: section.read("public_url", faults, url::base),
            path_prefix: section.read("path_prefix", faults, path::parse),
            accept: section
                .read("accept", faults, |node| plain::choice(node, ACCEPT))
                .unwrap_or_default(),
            keep_alive: section.read("keep_alive", faults, duration::parse_or_off),
            allowed_hosts: section
                .read("allowed_hosts", faults, |node| plain::list(node, url::host))
                .unwrap_or_default(),
            allowed_origins: section
                .read("allowed_origins", faults, |node| plain::list(node, url::origin))
                .unwrap_or_default(),
            trusted_proxies: section
                .read("trusted_proxies", faults, |node| {
                    plain::list(node, network::parse)
                })
                .unwrap_or_default(),
        }
    }
}
