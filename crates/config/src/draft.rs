//! A configuration on its way: what the file says, what the command line adds, and the check of the whole.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::net::SocketAddr;
use std::path::Path;

use crate::config::Config;
use crate::environment::Environment;
use crate::error::ConfigError;
use crate::fault::{Fault, Faults, Span};
use crate::node::{Entry, Format, Table, Value};
use crate::section::compat::{self, Compat};
use crate::section::events::{self, Events};
use crate::section::limits::{self, Limits};
use crate::section::listener::{self, DEFAULT_KEEP_ALIVE, DEFAULT_LISTEN, Listener};
use crate::section::server::{Builtin, Context, Marked, Server, Upstream};
use crate::section::{Section, desktop};
use crate::source::Source;
use crate::value::address::is_wildcard;
use crate::value::name::ServerName;
use crate::value::path::RoutePath;

/// Largest configuration file that is read, in bytes.
pub const MAX_FILE_BYTES: u64 = 1 << 20;

/// A configuration on its way. Starts empty or as a file, takes what the command line says, and ends with
/// [`finish`](Self::finish), which looks at the whole.
#[derive(Debug, Default)]
pub struct Draft {
    source: Option<Source>,
    listen_span: Option<Span>,
    listener: Listener,
    events: Events,
    compat: Compat,
    limits: Limits,
    servers: Vec<Marked>,
    notes: Vec<String>,
}

impl Draft {
    /// Reads a file: `pontoon.toml`, or the `mcpServers` JSON of a desktop client, whichever its content is.
    ///
    /// # Errors
    ///
    /// The file cannot be read, is larger than [`MAX_FILE_BYTES`], or is refused as in [`parse`](Self::parse).
    pub fn load(path: &Path, environment: &Environment) -> Result<Self, ConfigError> {
        let failed = |source| ConfigError::Read {
            path: path.to_owned(),
            source,
        };
        let mut text = String::new();
        // One byte more than allowed is enough to know.
        let file = File::open(path).map_err(failed)?;
        file.take(MAX_FILE_BYTES + 1)
            .read_to_string(&mut text)
            .map_err(failed)?;
        if text.len() as u64 > MAX_FILE_BYTES {
            return Err(ConfigError::TooLarge {
                path: path.to_owned(),
                limit: MAX_FILE_BYTES,
            });
        }
        let absolute = std::path::absolute(path).map_err(failed)?;
        let directory = absolute.parent().unwrap_or(Path::new(""));
        Self::read(
            Source::new(&path.display().to_string(), &text),
            directory,
            environment,
        )
    }

    /// Reads the text of a file called `name`. Relative paths in it stay relative.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with the text, at once.
    pub fn parse(name: &str, text: &str, environment: &Environment) -> Result<Self, ConfigError> {
        Self::read(Source::new(name, text), Path::new(""), environment)
    }

    fn read(source: Source, directory: &Path, environment: &Environment) -> Result<Self, ConfigError> {
        let mut faults = Faults::default();
        let format = Format::of(source.text());
        let mut draft = Self::default();
        if let Some(root) = faults.keep(format.parse(source.text())) {
            match format {
                Format::Toml => draft.read_toml(&root, directory, environment, &mut faults),
                Format::Json => draft.read_json(&root, directory, environment, &mut faults),
            }
        }
        draft.source = Some(source);
        draft.refuse_if_any(faults)
    }

    fn read_toml(&mut self, root: &Table, directory: &Path, environment: &Environment, faults: &mut Faults) {
        let section = Section::open("", root, listener::KEYS, faults);
        self.listener = Listener::read(&section, faults);
        self.listen_span = section.get("listen").map(|node| node.span.clone());
        if let Some(table) = table_in(&section, "limits") {
            self.limits = Limits::read(&Section::open("limits", table, limits::KEYS, faults), faults);
        }
        if let Some(table) = table_in(&section, "events") {
            let section = Section::open("events", table, events::KEYS, faults);
            self.events = Events::read(&section, environment, faults);
        }
        if let Some(table) = table_in(&section, "compat") {
            self.compat = Compat::read(&Section::open("compat", table, compat::KEYS, faults), faults);
        }
        let context = Context {
            environment,
            limits: &self.limits,
            directory,
        };
        if let Some(table) = table_in(&section, "server") {
            let read = |entry: &Entry| Server::read(entry, &context, faults);
            self.servers = table.entries.iter().filter_map(read).collect();
        }
    }

    fn read_json(&mut self, root: &Table, directory: &Path, environment: &Environment, faults: &mut Faults) {
        let context = Context {
            environment,
            limits: &self.limits,
            directory,
        };
        self.servers = desktop::read(root, &context, &mut self.notes, faults);
    }

    /// The limits so far, for servers that the command line adds.
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Listens there, whatever the file says.
    pub fn listen(&mut self, address: SocketAddr) {
        self.listener.listen = Some(address);
        self.listen_span = None;
    }

    /// Permits a wildcard address.
    pub fn allow_wildcard(&mut self) {
        self.listener.allow_wildcard = true;
    }

    /// Hosts one server more.
    pub fn add_server(&mut self, server: Server) {
        self.servers.push(Marked {
            server,
            is_default: false,
            span: None,
        });
    }

    /// Checks the whole: the address, the names, the paths, the default. Without any server, `showcase` is the one.
    ///
    /// # Errors
    ///
    /// Everything that contradicts itself, at once.
    pub fn finish(self) -> Result<Config, ConfigError> {
        let mut faults = Faults::default();
        self.check_address(&mut faults);
        self.check_names(&mut faults);
        self.check_paths(&mut faults);
        let names = self.servers.iter().map(|marked| marked.server.name.as_str());
        let mut names: Vec<_> = names.collect();
        if names.is_empty() {
            names.push(Builtin::Showcase.name());
        }
        self.events.check(&names, &mut faults);
        let default_server = self.default_server(&mut faults);
        let Self {
            listener,
            events,
            compat,
            limits,
            mut servers,
            notes,
            ..
        } = self.refuse_if_any(faults)?;
        if servers.is_empty() {
            let server = Server::new(showcase_name(), Upstream::Builtin(Builtin::Showcase), &limits);
            servers.push(Marked {
                server,
                is_default: true,
                span: None,
            });
        }
        let servers: Vec<Server> = servers.into_iter().map(|marked| marked.server).collect();
        Ok(Config {
            listen: listener.listen.unwrap_or(DEFAULT_LISTEN),
            path_prefix: listener.path_prefix,
            accept: listener.accept,
            keep_alive: listener.keep_alive.unwrap_or(Some(DEFAULT_KEEP_ALIVE)),
            allowed_hosts: with_public_host(listener.allowed_hosts, listener.public_url.as_deref()),
            public_url: listener.public_url,
            allowed_origins: listener.allowed_origins,
            trusted_proxies: listener.trusted_proxies,
            events,
            compat,
            limits,
            default_server: default_server.or_else(|| only_name(&servers)),
            servers,
            notes,
        })
    }

    fn refuse_if_any(self, faults: Faults) -> Result<Self, ConfigError> {
        if faults.is_empty() {
            return Ok(self);
        }
        Err(ConfigError::Invalid {
            problems: faults.into_problems(self.source.as_ref()),
        })
    }

    fn check_address(&self, faults: &mut Faults) {
        let address = self.listener.listen.unwrap_or(DEFAULT_LISTEN);
        if is_wildcard(address) && !self.listener.allow_wildcard {
            let message = format!(
                "`listen` {address} is every interface of this machine: anyone who reaches it could use the servers"
            );
            faults.push(Fault::maybe_at(self.listen_span.clone(), message).hint(
                "if that is what you want, say `--allow-wildcard`, or `allow_wildcard = true` in the file",
            ));
        }
    }

    fn check_names(&self, faults: &mut Faults) {
        let mut seen = Vec::new();
        for Marked { server, span, .. } in &self.servers {
            if seen.contains(&&server.name) {
                let message = format!("two servers are called `{}`", server.name);
                faults.push(
                    Fault::maybe_at(span.clone(), message)
                        .hint("names are the paths of servers; give each its own"),
                );
            }
            seen.push(&server.name);
        }
    }

    fn check_paths(&self, faults: &mut Faults) {
        let mut owners: BTreeMap<&RoutePath, &ServerName> = BTreeMap::new();
        for Marked { server, span, .. } in &self.servers {
            for path in &server.paths {
                let taken = owners.insert(path, &server.name);
                let why = match taken {
                    Some(owner) => format!(
                        "`{path}` of the server `{}` is a path of `{owner}` already",
                        server.name
                    ),
                    None if self.is_own_route(path) => {
                        format!(
                            "`{path}` of the server `{}` is an address of Pontoon itself",
                            server.name
                        )
                    }
                    None => continue,
                };
                faults.push(Fault::maybe_at(span.clone(), why).hint("give it another path"));
            }
        }
    }

    /// `/mcp` and its like, and everything of the form `/NAME/mcp` for a server that is there.
    fn is_own_route(&self, path: &RoutePath) -> bool {
        const ROUTES: &[&str] = &["mcp", "sse", "messages"];
        let path = &path.as_str()[1..];
        match path.split_once('/') {
            None => ROUTES.contains(&path),
            Some(("sse", "connect")) => true,
            Some((name, route)) => {
                ROUTES.contains(&route)
                    && self
                        .servers
                        .iter()
                        .any(|marked| marked.server.name.as_str() == name)
            }
        }
    }

    fn default_server(&self, faults: &mut Faults) -> Option<ServerName> {
        let mut marked = self.servers.iter().filter(|marked| marked.is_default);
        let first = marked.next();
        for Marked { server, span, .. } in marked {
            let message = format!(
                "`{}` is marked as the default, but another server is too",
                server.name
            );
            faults.push(Fault::maybe_at(span.clone(), message).hint("keep one `default = true`"));
        }
        first.map(|marked| marked.server.name.clone())
    }
}

/// The table at a key of the root, if it is one: what else stands there was reported.
fn table_in<'a>(section: &Section<'a>, name: &str) -> Option<&'a Table> {
    match &section.get(name)?.value {
        Value::Table(table) => Some(table),
        _ => None,
    }
}

/// Clients that use the public address name its host.
fn with_public_host(mut hosts: Vec<String>, public_url: Option<&str>) -> Vec<String> {
    let authority = public_url
        .and_then(|url| url.split("://").nth(1))
        .and_then(|rest| rest.split('/').next());
    hosts.extend(authority.map(str::to_owned).filter(|host| !hosts.contains(host)));
    hosts
}

fn showcase_name() -> ServerName {
    ServerName::new(Builtin::Showcase.name()).expect("the names of built-in servers are names of servers")
}

fn only_name(servers: &[Server]) -> Option<ServerName> {
    match servers {
        [server] => Some(server.name.clone()),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
