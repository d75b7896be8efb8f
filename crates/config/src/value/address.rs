//! The address to listen on.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use crate::node::Node;
use crate::section::Refused;

pub(crate) const TAKES: &str =
    "an IP address and a port: \"127.0.0.1:3000\", \"[::1]:3000\", \"localhost:3000\"";

/// Why a text is no address to listen on. Its `Display` says what would be one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ListenError {
    /// A port without an address would mean "every interface" to many programs and "loopback" to others.
    #[error(
        "the address is missing; write 127.0.0.1:{0} for this machine only, or 0.0.0.0:{0} for every interface"
    )]
    PortOnly(u16),
    /// An address without a port.
    #[error("the port is missing; write {0}:3000")]
    AddressOnly(String),
    /// A host name: which of its addresses is meant is not ours to guess.
    #[error("it takes an IP address, not a host name (only `localhost` is known)")]
    HostName,
    /// Anything else.
    #[error("it is not of the form ADDRESS:PORT, such as 127.0.0.1:3000, [::1]:3000 or localhost:3000")]
    Malformed,
}

/// Reads `ADDRESS:PORT`. `localhost` is 127.0.0.1; no name is ever looked up. Port 0 lets the system choose.
///
/// # Errors
///
/// Says what is missing, see [`ListenError`].
pub fn parse_listen(text: &str) -> Result<SocketAddr, ListenError> {
    if let Ok(address) = text.parse() {
        return Ok(address);
    }
    if let Ok(address) = text.trim_matches(['[', ']']).parse::<IpAddr>() {
        return Err(ListenError::AddressOnly(match address {
            IpAddr::V4(address) => address.to_string(),
            IpAddr::V6(address) => format!("[{address}]"),
        }));
    }
    if let Ok(port) = text.strip_prefix(':').unwrap_or(text).parse() {
        return Err(ListenError::PortOnly(port));
    }
    match text
        .rsplit_once(':')
        .map(|(host, port)| (host, port.parse::<u16>()))
    {
        Some(("localhost", Ok(port))) => Ok((Ipv4Addr::LOCALHOST, port).into()),
        Some((host, Ok(_))) if is_host_name(host) => Err(ListenError::HostName),
        None if text == "localhost" => Err(ListenError::AddressOnly(text.to_owned())),
        _ => Err(ListenError::Malformed),
    }
}

pub(crate) fn parse(node: &Node) -> Result<SocketAddr, Refused> {
    let text = node.as_str().ok_or_else(|| Refused::value(node))?;
    parse_listen(text).map_err(|error| Refused::value(node).hint(error.to_string()))
}

/// Does the address mean every interface? Looks through `::ffff:0.0.0.0` as well.
pub(crate) fn is_wildcard(address: SocketAddr) -> bool {
    address.ip().to_canonical().is_unspecified()
}

fn is_host_name(host: &str) -> bool {
    let is_label_char = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '.';
    host.starts_with(|c: char| c.is_ascii_alphabetic()) && host.chars().all(is_label_char)
}
