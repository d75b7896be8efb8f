//! What a trusted proxy says about the request it passes on.

use std::net::IpAddr;

use http::{HeaderMap, HeaderName, HeaderValue};

use crate::Settings;
use crate::route;

const FORWARDED_PREFIX: HeaderName = HeaderName::from_static("x-forwarded-prefix");

/// For whom a request asks, and what was removed from its path.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Forwarded<'a> {
    pub(crate) client: IpAddr,
    pub(crate) prefix: &'a str,
}

impl<'a> Forwarded<'a> {
    /// Without a proxy that is trusted: the other end of the connection, and what is configured.
    pub(crate) fn of(settings: &'a Settings, peer: IpAddr, headers: &'a HeaderMap) -> Self {
        let proxies = &settings.trusted_proxies;
        let told = || only(headers)?.to_str().ok().and_then(prefix);
        let prefix = proxies.trusts(peer).then(told).flatten();
        Self {
            client: proxies.client(peer, headers),
            prefix: prefix.unwrap_or(&settings.public_prefix),
        }
    }
}

/// Of two lines one may be the client's, which the proxy let through.
fn only(headers: &HeaderMap) -> Option<&HeaderValue> {
    let mut lines = headers.get_all(FORWARDED_PREFIX).iter();
    lines.next().filter(|_| lines.next().is_none())
}

/// A path like one that is configured; with a slash at its end, as some write it. What starts like another host is none.
fn prefix(text: &str) -> Option<&str> {
    let path = text.strip_suffix('/').unwrap_or(text);
    route::check(path).is_ok().then_some(path)
}

#[cfg(test)]
mod tests {
    use pontoon_policy::{Network, TrustedProxies};

    use super::*;

    fn prefix_from(peer: &str, value: &'static str) -> String {
        let trusted = Network::new(IpAddr::from([127, 0, 0, 1]), 32).expect("it has so many bits");
        let settings = Settings {
            public_prefix: "/configured".to_owned(),
            trusted_proxies: TrustedProxies::new(vec![trusted]),
            ..Settings::default()
        };
        let headers = HeaderMap::from_iter([(FORWARDED_PREFIX, HeaderValue::from_static(value))]);
        let peer = peer.parse().expect("an address");
        Forwarded::of(&settings, peer, &headers).prefix.to_owned()
    }

    #[test]
    fn a_trusted_proxy_names_the_prefix_and_nobody_else() {
        assert_eq!(prefix_from("127.0.0.1", "/tools"), "/tools");
        assert_eq!(prefix_from("127.0.0.1", "/a/b/"), "/a/b");
        assert_eq!(prefix_from("127.0.0.1", "/"), "");
        assert_eq!(prefix_from("203.0.113.9", "/tools"), "/configured");
    }

    #[test]
    fn of_two_prefixes_none_is_believed() {
        let mut headers = HeaderMap::new();
        for value in ["/client", "/proxy"] {
            headers.append(FORWARDED_PREFIX, HeaderValue::from_static(value));
        }
        assert_eq!(only(&headers), None);
    }

    #[test]
    fn what_is_no_path_is_ignored() {
        for value in [
            "tools",
            "//evil.example",
            "https://evil.example",
            "/a?b",
            "/a b",
            "/a, /b",
        ] {
            assert_eq!(prefix_from("127.0.0.1", value), "/configured", "{value}");
        }
    }
}
