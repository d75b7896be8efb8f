//! Origins, hosts and base addresses: as much of a URL as settings need, and no more.

use std::net::Ipv6Addr;

use crate::node::Node;
use crate::section::Refused;

pub(crate) const TAKES_ORIGINS: &str = "a list of origins, scheme://host or scheme://host:port without a path, such as \"https://app.example\", or \"null\"";
pub(crate) const TAKES_HOSTS: &str =
    "a list of host names with or without a port, such as \"mcp.example.com\" or \"box.local:3000\"";
pub(crate) const TAKES_URL: &str =
    "an http or https address without user, query or fragment, such as \"https://mcp.example.com\"";

pub(crate) const TAKES_ENDPOINT: &str =
    "an http or https address without user and fragment, such as \"https://mcp.example.com/mcp\"";

/// The address of an endpoint. Never shown: it may hold secrets.
pub(crate) fn endpoint(text: &str) -> Result<String, Refused> {
    let refused = || Refused::because("is no such address");
    let (scheme, rest) = split_scheme(text).ok_or_else(refused)?;
    if scheme != "http" && scheme != "https" {
        return Err(refused());
    }
    let (host, path) = rest
        .find(['/', '?', '#'])
        .map_or((rest, ""), |at| rest.split_at(at));
    if host.contains('@') {
        return Err(refused().hint("credentials belong into `headers`"));
    }
    let is_plain = |c: char| c.is_ascii_graphic() && !matches!(c, '#' | '"' | '<' | '>' | '\\' | '`');
    if !path.chars().all(is_plain) {
        return Err(refused());
    }
    let host = authority(host).ok_or_else(refused)?;
    Ok(format!("{scheme}://{host}{path}"))
}

/// An origin in its one canonical form: lower case, no default port.
pub(crate) fn origin(node: &Node) -> Result<String, Refused> {
    let text = node.as_str().ok_or_else(|| Refused::value(node))?;
    match text {
        "null" => return Ok(text.to_owned()),
        "*" => {
            return Err(
                Refused::value(node).hint("any page of the web could then use these servers; list the pages")
            );
        }
        _ => {}
    }
    let (scheme, rest) = split_scheme(text).ok_or_else(|| Refused::value(node))?;
    if rest.contains('/') {
        return Err(Refused::value(node).hint("an origin ends after the host and port"));
    }
    let authority = authority(rest).ok_or_else(|| Refused::value(node))?;
    let default_port = match scheme.as_str() {
        "http" => ":80",
        "https" => ":443",
        _ => "",
    };
    let shown = authority.strip_suffix(default_port).unwrap_or(&authority);
    Ok(format!("{scheme}://{shown}"))
}

/// `host` or `host:port`, lower case.
pub(crate) fn host(node: &Node) -> Result<String, Refused> {
    let text = node.as_str().ok_or_else(|| Refused::value(node))?;
    if text.contains("://") {
        return Err(Refused::value(node).hint("a host has no scheme; leave `https://` away"));
    }
    authority(text).ok_or_else(|| Refused::value(node))
}

/// A base address without a slash at the end, so that paths can be appended.
pub(crate) fn base(node: &Node) -> Result<String, Refused> {
    let text = node.as_str().ok_or_else(|| Refused::value(node))?;
    let refused = || Refused::value(node);
    let (scheme, rest) = split_scheme(text).ok_or_else(refused)?;
    if scheme != "http" && scheme != "https" {
        return Err(refused());
    }
    let (host, path) = rest.find('/').map_or((rest, ""), |at| rest.split_at(at));
    let is_path_char =
        |c: char| c.is_ascii_graphic() && !matches!(c, '?' | '#' | '"' | '<' | '>' | '\\' | '`');
    if !path.chars().all(is_path_char) {
        return Err(refused());
    }
    let host = authority(host).ok_or_else(refused)?;
    Ok(format!("{scheme}://{host}{}", path.trim_end_matches('/')))
}

fn split_scheme(text: &str) -> Option<(String, &str)> {
    let (scheme, rest) = text.split_once("://")?;
    let is_scheme_char = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.');
    let is_scheme =
        scheme.starts_with(|c: char| c.is_ascii_alphabetic()) && scheme.chars().all(is_scheme_char);
    is_scheme.then(|| (scheme.to_ascii_lowercase(), rest))
}

/// `host[:port]` with a host that is a name, an IPv4 address or an IPv6 address in brackets. No user, no escapes.
fn authority(text: &str) -> Option<String> {
    let port_at = match text.rfind(':') {
        Some(at) if text.find(']').is_none_or(|bracket| bracket < at) => at,
        _ => text.len(),
    };
    let (host, port) = text.split_at(port_at);
    let port_is_fine = port.is_empty() || port[1..].parse::<u16>().is_ok_and(|port| port > 0);
    (port_is_fine && is_host(host)).then(|| text.to_ascii_lowercase())
}

fn is_host(host: &str) -> bool {
    if let Some(address) = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')) {
        return address.parse::<Ipv6Addr>().is_ok();
    }
    let is_label_char = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    host.split('.')
        .all(|label| !label.is_empty() && label.chars().all(is_label_char))
}
