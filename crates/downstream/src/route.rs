//! Which path leads where.

use std::collections::HashMap;
use std::sync::Arc;

use crate::settings::ExtraPath;

/// What is served at a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Route {
    /// Index of the server.
    pub(crate) server: usize,
    pub(crate) endpoint: Endpoint,
}

/// The transports' endpoints.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Endpoint {
    /// Streamable HTTP of every revision.
    Mcp,
    /// The stream of HTTP+SSE, and where its client posts to.
    Sse {
        /// As the client sees it: an absolute path.
        messages: Arc<str>,
    },
    /// Where an HTTP+SSE client posts to.
    Messages,
}

/// Why the addresses cannot be laid out.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RouteError {
    /// There is nothing to serve.
    #[error("no server is configured")]
    NoServer,
    /// Two servers or paths claim one address.
    #[error("the path {0} is claimed twice; rename a server or change extra_paths")]
    Claimed(String),
    /// A path is not usable as one.
    #[error("{0:?} is no path: write /segments without a query, and without a slash at the end")]
    Malformed(String),
    /// The default is none of the servers.
    #[error("the default server is none of the configured ones")]
    UnknownDefault,
    /// An extra path belongs to no server.
    #[error("the path {path} is for {server:?}, which is none of the configured servers")]
    UnknownServer {
        /// The path.
        path: String,
        /// The name that no server has.
        server: String,
    },
}

/// Where the addresses stand.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Layout<'a> {
    /// The servers' names, in order.
    pub(crate) names: &'a [Arc<str>],
    /// Index of the one that is also served without its name.
    pub(crate) default: Option<usize>,
    pub(crate) prefix: &'a str,
    /// What a proxy strips in front of the prefix.
    pub(crate) public_prefix: &'a str,
    /// Further Streamable HTTP paths.
    pub(crate) extra: &'a [ExtraPath],
}

/// All paths that are served.
#[derive(Clone, Debug, Default)]
pub(crate) struct Routes(HashMap<Box<str>, Route>);

impl Routes {
    /// Lays out the addresses.
    ///
    /// # Errors
    ///
    /// [`RouteError`] names the path that cannot be.
    pub(crate) fn new(layout: &Layout<'_>) -> Result<Self, RouteError> {
        if layout.names.is_empty() {
            return Err(RouteError::NoServer);
        }
        check(layout.prefix)?;
        check(layout.public_prefix)?;
        let mut routes = Self::default();
        for (server, name) in layout.names.iter().enumerate() {
            routes.add_server(layout, &format!("/{name}"), server)?;
        }
        if let Some(server) = layout.default {
            if server >= layout.names.len() {
                return Err(RouteError::UnknownDefault);
            }
            routes.add_server(layout, "", server)?;
        }
        for extra in layout.extra {
            let server = layout.names.iter().position(|name| **name == *extra.server);
            let server = server.ok_or_else(|| RouteError::UnknownServer {
                path: extra.path.clone(),
                server: extra.server.clone(),
            })?;
            let endpoint = Endpoint::Mcp;
            routes.add(
                format!("{}{}", layout.prefix, extra.path),
                Route { server, endpoint },
            )?;
        }
        Ok(routes)
    }

    fn add_server(&mut self, layout: &Layout<'_>, base: &str, server: usize) -> Result<(), RouteError> {
        let base = format!("{}{base}", layout.prefix);
        let messages: Arc<str> = format!("{base}/messages").into();
        self.add(
            format!("{base}/mcp"),
            Route {
                server,
                endpoint: Endpoint::Mcp,
            },
        )?;
        self.add(
            format!("{base}/sse"),
            Route {
                server,
                endpoint: Endpoint::Sse { messages },
            },
        )?;
        self.add(
            format!("{base}/messages"),
            Route {
                server,
                endpoint: Endpoint::Messages,
            },
        )
    }

    fn add(&mut self, path: String, route: Route) -> Result<(), RouteError> {
        check(&path)?;
        match self.0.insert(path.clone().into(), route) {
            None => Ok(()),
            Some(_) => Err(RouteError::Claimed(path)),
        }
    }

    /// The route of a path. One slash at the end is ignored, never redirected
    /// away: clients drop bodies and headers when they follow.
    pub(crate) fn find(&self, path: &str) -> Option<&Route> {
        self.0.get(path.strip_suffix('/').unwrap_or(path))
    }
}

/// Empty, or `/` before each of its segments.
pub(crate) fn check(path: &str) -> Result<(), RouteError> {
    let visible =
        |byte: u8| byte.is_ascii_graphic() && !matches!(byte, b'?' | b'#' | b'"' | b'\\' | b'<' | b'>');
    let segments =
        path.is_empty() || path.starts_with('/') && path.split('/').skip(1).all(|part| !part.is_empty());
    if segments && path.bytes().all(visible) {
        Ok(())
    } else {
        Err(RouteError::Malformed(path.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(names: &[&str]) -> Vec<Arc<str>> {
        names.iter().map(|name| Arc::from(*name)).collect()
    }

    fn layout(names: &[Arc<str>]) -> Layout<'_> {
        Layout {
            names,
            default: Some(0),
            prefix: "",
            public_prefix: "",
            extra: &[],
        }
    }

    fn messages_of(routes: &Routes, path: &str) -> String {
        match &routes.find(path).unwrap().endpoint {
            Endpoint::Sse { messages } => messages.to_string(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn each_server_has_its_name_and_the_default_has_none_as_well() {
        let names = names(&["one", "two"]);
        let routes = Routes::new(&layout(&names)).unwrap();
        for (path, server) in [("/one/mcp", 0), ("/two/mcp", 1), ("/mcp", 0), ("/mcp/", 0)] {
            assert_eq!(
                routes.find(path),
                Some(&Route {
                    server,
                    endpoint: Endpoint::Mcp
                }),
                "{path}"
            );
        }
        assert_eq!(routes.find("/messages").unwrap().endpoint, Endpoint::Messages);
        assert_eq!(messages_of(&routes, "/sse"), "/messages");
        assert_eq!(messages_of(&routes, "/two/sse"), "/two/messages");
        for path in [
            "",
            "/",
            "/three/mcp",
            "/mcp//",
            "//mcp",
            "/MCP",
            "/one",
            "/one/mcp/x",
        ] {
            assert_eq!(routes.find(path), None, "{path}");
        }
    }

    #[test]
    fn a_prefix_stands_before_everything() {
        let names = names(&["one"]);
        let extra = [ExtraPath {
            server: "one".to_owned(),
            path: "/api/mcp".to_owned(),
        }];
        let layout = Layout {
            prefix: "/tools",
            public_prefix: "/public",
            extra: &extra,
            ..layout(&names)
        };
        let routes = Routes::new(&layout).unwrap();
        assert_eq!(messages_of(&routes, "/tools/sse"), "/tools/messages");
        assert_eq!(routes.find("/tools/api/mcp").unwrap().endpoint, Endpoint::Mcp);
        assert_eq!(routes.find("/api/mcp"), None);
        assert_eq!(routes.find("/mcp"), None);
    }

    #[test]
    fn what_cannot_be_laid_out_is_refused() {
        let twice = names(&["one", "one"]);
        assert_eq!(
            Routes::new(&layout(&twice)).unwrap_err(),
            RouteError::Claimed("/one/mcp".into())
        );
        assert_eq!(Routes::new(&layout(&[])).unwrap_err(), RouteError::NoServer);
        let one = names(&["one"]);
        let unknown = Layout {
            default: Some(1),
            ..layout(&one)
        };
        assert_eq!(Routes::new(&unknown).unwrap_err(), RouteError::UnknownDefault);
        for prefix in ["tools", "/tools/", "/a//b", "/a?b", "/a\nb", "/ä"] {
            let malformed = Layout {
                prefix,
                ..layout(&one)
            };
            assert_eq!(
                Routes::new(&malformed).unwrap_err(),
                RouteError::Malformed(prefix.into())
            );
        }
    }
}
