//! `[server.NAME]`: one server to host.

mod builtin;
mod command;
mod era;
mod keys;
mod remote;
mod texts;

use std::path::Path;
use std::time::Duration;

pub use builtin::{Builtin, Hn, Newsnow};
pub use command::{Command, Lease, LeaseKind};
pub use era::Era;
pub(crate) use keys::KEYS;
pub use remote::{Remote, RemoteError, Transport};
pub(crate) use texts::argument as text_with_variables;

use super::limits::Timeouts;
use super::{Section, table_of};
use crate::environment::Environment;
use crate::fault::{Fault, Faults, Span};
use crate::node::{Entry, Node, Table};
use crate::section::limits::Limits;
use crate::value::name::{NameError, ServerName};
use crate::value::path::{self, RoutePath};
use crate::value::{duration, plain};

/// One server and how it is reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Server {
    /// Its name in URLs.
    pub name: ServerName,
    /// What runs.
    pub upstream: Upstream,
    /// What it speaks. A built-in server speaks everything.
    pub era: Era,
    /// Extra paths that serve it over Streamable HTTP, below the path prefix.
    pub paths: Vec<RoutePath>,
    /// Time it has to answer a call; each progress notification starts it anew.
    pub call_timeout: Duration,
    /// Time a call may take in all, however much progress it reports.
    pub max_call_timeout: Duration,
}

/// What a server is made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Upstream {
    /// A program that speaks MCP on its standard input and output.
    Command(Command),
    /// A server behind a URL.
    Remote(Remote),
    /// A server inside Pontoon.
    Builtin(Builtin),
}

impl Upstream {
    fn speaks_sse(&self) -> bool {
        matches!(self, Self::Remote(remote) if remote.transport == Transport::Sse)
    }
}

impl Server {
    /// A server with the defaults of `limits`.
    pub fn new(name: ServerName, upstream: Upstream, limits: &Limits) -> Self {
        Self {
            name,
            upstream,
            era: Era::Auto,
            paths: Vec::new(),
            call_timeout: limits.call_timeout,
            max_call_timeout: limits.max_call_timeout,
        }
    }

    /// Reads `[server.NAME]`.
    pub(crate) fn read(entry: &Entry, context: &Context<'_>, faults: &mut Faults) -> Option<Marked> {
        let name = faults.keep(name_of(entry));
        let path = format!("server.{}", entry.key);
        let table = faults.keep(table_at(&path, &entry.node));
        let marked = Self::read_table(&path, name.clone(), (&entry.key_span, table?), context, faults);
        name.and(marked)
    }

    /// Reads the table of a server, whose `name` is `None` when it was refused: the rest is checked all the same.
    pub(crate) fn read_table(
        path: &str,
        name: Option<ServerName>,
        (key_span, table): (&Span, &Table),
        context: &Context<'_>,
        faults: &mut Faults,
    ) -> Option<Marked> {
        let section = Section::open(path, table, KEYS, faults);
        let limits = context.limits;
        let upstream = upstream(&section, key_span, context, faults);
        let era = section
            .read("era", faults, |node| plain::choice(node, era::ERAS))
            .unwrap_or_default();
        if era == Era::Modern && upstream.as_ref().is_some_and(Upstream::speaks_sse) {
            let why = "needs another `transport`: HTTP+SSE is older than 2026-07-28";
            faults.push(section.contradiction("era", why));
        }
        let call_timeout = section
            .read("call_timeout", faults, duration::parse)
            .unwrap_or(limits.call_timeout);
        let max_call_timeout = section
            .read("max_call_timeout", faults, duration::parse)
            .unwrap_or(limits.max_call_timeout);
        Timeouts {
            call: call_timeout,
            max_call: max_call_timeout,
        }
        .check(&section, faults);
        let paths = section
            .read("paths", faults, |node| plain::list(node, path::parse))
            .unwrap_or_default();
        let is_default = section.read("default", faults, plain::switch).unwrap_or_default();
        let server = Self {
            name: name?,
            upstream: upstream?,
            era,
            paths,
            call_timeout,
            max_call_timeout,
        };
        Some(Marked {
            server,
            is_default,
            span: Some(key_span.clone()),
        })
    }
}

/// A server and what only matters until the whole configuration is put together.
#[derive(Clone, Debug)]
pub(crate) struct Marked {
    pub(crate) server: Server,
    /// The file says `default = true`.
    pub(crate) is_default: bool,
    /// Where it was named; `None` for the command line.
    pub(crate) span: Option<Span>,
}

/// The table at `path`, or a problem that says what stands there.
pub(crate) fn table_at<'n>(path: &str, node: &'n Node) -> Result<&'n Table, Fault> {
    table_of(node).map_err(|refused| {
        Fault::at(node.span.clone(), format!("`{path}` {}", refused.why))
            .allowed("a table of the server's settings")
    })
}

/// What every server section is read with.
pub(crate) struct Context<'a> {
    pub(crate) environment: &'a Environment,
    pub(crate) limits: &'a Limits,
    /// Relative paths start here: where the file is.
    pub(crate) directory: &'a Path,
}

fn name_of(entry: &Entry) -> Result<ServerName, Fault> {
    ServerName::new(&entry.key).map_err(|error| {
        let hint = match error {
            NameError::Form => {
                ServerName::from_free_text(&entry.key).map(|name| format!("`{name}` would do"))
            }
            NameError::Reserved => Some(format!("`{}-server` would do", entry.key)),
        };
        Fault::at(
            entry.key_span.clone(),
            format!("`{}` cannot name a server: {error}", entry.key),
        )
        .maybe_hint(hint)
    })
}

fn upstream(
    section: &Section<'_>,
    key_span: &Span,
    context: &Context<'_>,
    faults: &mut Faults,
) -> Option<Upstream> {
    const KINDS: [&str; 3] = ["command", "url", "builtin"];
    let mut present = KINDS
        .into_iter()
        .filter_map(|kind| Some((kind, section.key_span(kind)?)));
    match (present.next(), present.next()) {
        (Some(("command", _)), None) => command::read(section, context, faults).map(Upstream::Command),
        (Some(("url", _)), None) => remote::read(section, context, faults).map(Upstream::Remote),
        (Some(_), None) => builtin::read(section, faults).map(Upstream::Builtin),
        (Some((kind, _)), Some((other, span))) => {
            let key = section.dotted(other);
            faults.push(Fault::at(
                span,
                format!("`{key}` beside `{kind}`: it is one or the other"),
            ));
            None
        }
        // A misspelt `command` is reported already.
        (None, _) if section.has_unknown_keys() => None,
        (None, _) => {
            let message = format!("`{}` says nothing about what to run", section.path());
            let hint =
                "give it a `command`, the `url` of a remote server, or a `builtin` such as \"showcase\"";
            faults.push(Fault::at(key_span.clone(), message).hint(hint));
            None
        }
    }
}
