//! Where a server is, as a client is told.

use anyhow::{Context as _, bail};
use clap::ValueEnum;
use pontoon_config::ServerName;
use serde::Serialize;
use url::Url;

/// One server at one address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Spot {
    /// What clients are to call it.
    pub(crate) name: String,
    pub(crate) url: String,
    pub(crate) transport: Transport,
    /// What clients are to send with every request.
    pub(crate) headers: Vec<(String, String)>,
}

/// What a client is to speak.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Transport {
    /// Streamable HTTP
    Http,
    /// HTTP+SSE, for clients of before 2025
    Sse,
}

impl Spot {
    pub(crate) fn new(name: &str, url: &str, transport: Transport) -> Self {
        Self {
            name: name.to_owned(),
            url: url.to_owned(),
            transport,
            headers: Vec::new(),
        }
    }

    /// An address that was given.
    pub(crate) fn at(
        url: &str,
        name: Option<&ServerName>,
        transport: Option<Transport>,
    ) -> anyhow::Result<Self> {
        let parsed = Url::parse(url).context("the url is no address")?;
        if !matches!(parsed.scheme(), "http" | "https") {
            bail!("the url is no http or https address");
        }
        let usual = match parsed.path().ends_with("/sse") {
            true => Transport::Sse,
            false => Transport::Http,
        };
        let name = name.map_or_else(|| name_of(&parsed), ToString::to_string);
        // As the standard writes it: nothing that a shell or a page could take for something else.
        Ok(Self::new(&name, parsed.as_str(), transport.unwrap_or(usual)))
    }
}

/// Ours have their name before the last part of the path; others are called by their host.
fn name_of(url: &Url) -> String {
    let parts: Vec<_> = url.path_segments().into_iter().flatten().collect();
    let named = match parts.as_slice() {
        [.., name, "mcp" | "sse"] => ServerName::new(name).ok(),
        _ => None,
    };
    let by_host = || ServerName::from_free_text(url.host_str().unwrap_or_default());
    let name = named.or_else(by_host);
    name.map_or_else(|| "remote".to_owned(), |name| name.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_names_its_server_and_its_transport() {
        for (url, name, transport) in [
            ("http://127.0.0.1:3000/files/mcp", "files", Transport::Http),
            ("https://mcp.example.com/mcp", "mcp-example-com", Transport::Http),
            ("https://example.com/a/news/sse?key=1", "news", Transport::Sse),
            ("https://example.com/", "example-com", Transport::Http),
        ] {
            let spot = Spot::at(url, None, None).expect("it is an address");
            assert_eq!((spot.name.as_str(), spot.transport), (name, transport), "{url}");
        }
        for url in ["example.com/mcp", "file:///x", ""] {
            assert!(Spot::at(url, None, None).is_err(), "{url}");
        }
    }
}
