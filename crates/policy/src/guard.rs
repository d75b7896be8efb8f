//! Which `Origin` and `Host` a listener accepts.
//!
//! A page that a browser shows can send requests to any address, and DNS
//! rebinding lets it read the answers. Servers therefore MUST validate
//! `Origin` (2026-07-28, Streamable HTTP, "Security & Endpoint"); checking
//! `Host` against the names that the listener is meant for closes the rest.

use std::net::IpAddr;
use std::str::FromStr;

use http::header::{HOST, ORIGIN};
use http::{HeaderMap, HeaderValue, Uri};

#[cfg(test)]
mod tests;

/// A host with an optional port, as in `Host` and `Origin`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Authority {
    host: String,
    port: Option<u16>,
}

/// An origin of the allow-list that could not be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no origin: write scheme://host or scheme://host:port")]
pub struct InvalidOrigin(pub String);

/// Why a request was turned away before anything else was looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GuardError {
    /// `Host` is missing, repeated, malformed, or disagrees with the target.
    #[error("the Host header must name one host, and the same one as the request target")]
    MalformedHost,
    /// `Host` names something that this listener does not serve.
    #[error("this listener does not serve that Host; add it to allowed_hosts")]
    ForeignHost,
    /// `Origin` is repeated or malformed, or not on the allow-list.
    #[error("requests from that Origin are not allowed; add it to allowed_origins")]
    ForeignOrigin,
}

/// The allow-lists of one listener.
#[derive(Clone, Debug)]
pub struct OriginGuard {
    hosts: Hosts,
    literals: Literals,
    origins: Vec<Origin>,
    null_origin: NullOrigin,
}

/// Which addresses are accepted where `Host` is not a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Literals {
    Loopback,
    Any,
}

/// Whether pages without an origin (sandboxed frames, local files) are served.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum NullOrigin {
    Refused,
    Accepted,
}

#[derive(Clone, Debug)]
enum Hosts {
    Any,
    Listed(Vec<Authority>),
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Origin {
    scheme: String,
    authority: Authority,
}

impl OriginGuard {
    /// Accepts loopback names with any port as `Host` and as `Origin`, plus
    /// what is added.
    pub fn loopback() -> Self {
        Self {
            hosts: Hosts::Listed(Vec::new()),
            literals: Literals::Loopback,
            origins: Vec::new(),
            null_origin: NullOrigin::Refused,
        }
    }

    /// Accepts any well-formed `Host`: for a listener whose names are checked
    /// by something in front of it.
    #[must_use]
    pub fn with_any_host(mut self) -> Self {
        self.hosts = Hosts::Any;
        self
    }

    /// Also accepts any address, but no further name: for a listener that
    /// others reach. DNS rebinding needs a name.
    #[must_use]
    pub fn with_any_address(mut self) -> Self {
        self.literals = Literals::Any;
        self
    }

    /// Also accepts `Origin: null`.
    #[must_use]
    pub fn with_null_origin(mut self) -> Self {
        self.null_origin = NullOrigin::Accepted;
        self
    }

    /// Also accepts this `Host`; without a port, with any port.
    #[must_use]
    pub fn with_host(mut self, host: Authority) -> Self {
        if let Hosts::Listed(hosts) = &mut self.hosts {
            hosts.push(host);
        }
        self
    }

    /// Also accepts this `Origin`, such as `https://app.example.com`.
    ///
    /// # Errors
    ///
    /// [`InvalidOrigin`] if it cannot be read.
    pub fn with_origin(mut self, origin: &str) -> Result<Self, InvalidOrigin> {
        self.origins
            .push(Origin::parse(origin).ok_or_else(|| InvalidOrigin(origin.to_owned()))?);
        Ok(self)
    }

    /// Checks a request; returns the accepted origin, which CORS answers name.
    ///
    /// # Errors
    ///
    /// [`GuardError`]: answer 400 to a malformed host, 403 to the others.
    pub fn check<'h>(
        &self,
        target: &Uri,
        headers: &'h HeaderMap,
    ) -> Result<Option<&'h HeaderValue>, GuardError> {
        self.check_host(target, headers)?;
        self.check_origin(headers)
    }

    fn check_host(&self, target: &Uri, headers: &HeaderMap) -> Result<(), GuardError> {
        let host = single(headers, &HOST).ok_or(GuardError::MalformedHost)?;
        let host = host.to_str().ok().and_then(|host| host.parse::<Authority>().ok());
        let host = host.ok_or(GuardError::MalformedHost)?;
        if let Some(authority) = target.authority()
            && authority.as_str().parse() != Ok(host.clone())
        {
            return Err(GuardError::MalformedHost);
        }
        let listed = match &self.hosts {
            Hosts::Any => true,
            Hosts::Listed(hosts) => hosts.iter().any(|allowed| allowed.covers(&host)),
        };
        let literal = self.literals == Literals::Any && host.address().is_some();
        if listed || literal || host.is_loopback() {
            Ok(())
        } else {
            Err(GuardError::ForeignHost)
        }
    }

    fn check_origin<'h>(&self, headers: &'h HeaderMap) -> Result<Option<&'h HeaderValue>, GuardError> {
        if !headers.contains_key(ORIGIN) {
            return Ok(None);
        }
        let value = single(headers, &ORIGIN).ok_or(GuardError::ForeignOrigin)?;
        if self.null_origin == NullOrigin::Accepted && value == "null" {
            return Ok(Some(value));
        }
        let origin = value
            .to_str()
            .ok()
            .and_then(Origin::parse)
            .ok_or(GuardError::ForeignOrigin)?;
        let local = origin.authority.is_loopback() && matches!(origin.scheme.as_str(), "http" | "https");
        if local || self.origins.contains(&origin) {
            Ok(Some(value))
        } else {
            Err(GuardError::ForeignOrigin)
        }
    }
}

/// The value of a header that must occur exactly once.
fn single<'h>(headers: &'h HeaderMap, name: &http::HeaderName) -> Option<&'h HeaderValue> {
    let mut values = headers.get_all(name).iter();
    let first = values.next()?;
    values.next().is_none().then_some(first)
}

impl Authority {
    /// Whether this entry of an allow-list accepts `host`.
    fn covers(&self, host: &Self) -> bool {
        self.host == host.host && (self.port.is_none() || self.port == host.port)
    }

    /// `localhost` or a loopback address.
    fn is_loopback(&self) -> bool {
        self.host == "localhost" || self.address().is_some_and(|address| address.is_loopback())
    }

    /// The address, if the host is not a name.
    fn address(&self) -> Option<IpAddr> {
        let literal = self
            .host
            .strip_prefix('[')
            .and_then(|host| host.strip_suffix(']'));
        let address: IpAddr = literal.unwrap_or(&self.host).parse().ok()?;
        Some(address.to_canonical())
    }
}

/// Text that is not `host` or `host:port`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a host, host:port or [address]:port")]
pub struct InvalidAuthority;

impl FromStr for Authority {
    type Err = InvalidAuthority;

    /// Strict on purpose: no user, no path, no trailing dot, no empty port.
    fn from_str(text: &str) -> Result<Self, InvalidAuthority> {
        let (host, port) = split_port(text).ok_or(InvalidAuthority)?;
        let port = match port {
            None => None,
            Some(digits) if digits.len() <= 5 && digits.bytes().all(|byte| byte.is_ascii_digit()) => {
                Some(digits.parse().map_err(|_| InvalidAuthority)?)
            }
            Some(_) => return Err(InvalidAuthority),
        };
        let host = host.to_ascii_lowercase();
        if is_address_literal(&host) || is_name(&host) {
            Ok(Self { host, port })
        } else {
            Err(InvalidAuthority)
        }
    }
}

fn split_port(text: &str) -> Option<(&str, Option<&str>)> {
    if text.starts_with('[') {
        let (host, rest) = text.split_at(text.find(']')? + 1);
        return match rest {
            "" => Some((host, None)),
            _ => Some((host, Some(rest.strip_prefix(':')?))),
        };
    }
    Some(match text.split_once(':') {
        None => (text, None),
        Some((host, port)) => (host, Some(port)),
    })
}

fn is_address_literal(host: &str) -> bool {
    let literal = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
    literal.is_some_and(|literal| literal.parse::<std::net::Ipv6Addr>().is_ok())
}

fn is_name(host: &str) -> bool {
    let label = |label: &str| {
        !label.is_empty()
            && label
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
    };
    host.len() <= 253 && host.split('.').all(label)
}

impl Origin {
    /// A serialized origin: `scheme://host[:port]`, nothing before or behind.
    fn parse(text: &str) -> Option<Self> {
        let (scheme, authority) = text.split_once("://")?;
        let mut authority: Authority = authority.parse().ok()?;
        let scheme = scheme.to_ascii_lowercase();
        authority.port = authority.port.or(match scheme.as_str() {
            "http" => Some(80),
            "https" => Some(443),
            _ => None,
        });
        let well_formed = scheme.starts_with(|first: char| first.is_ascii_lowercase())
            && scheme
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.'));
        well_formed.then_some(Self { scheme, authority })
    }
}
