//! Which proxies are believed when they say for whom they ask.
//!
//! Anybody can write `X-Forwarded-For`. It means something only on a connection from a proxy that is known to set it, and
//! of its entries only those that such proxies wrote: each appends the address it was reached from, so the list is read
//! from its end, as long as what is there is a proxy that is trusted itself.

use std::net::{IpAddr, SocketAddr};

use http::{HeaderMap, HeaderName};

#[cfg(test)]
mod tests;

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// Addresses that share their first bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    address: IpAddr,
    bits: u8,
}

/// The proxies whose word counts; by default none.
#[derive(Clone, Debug, Default)]
pub struct TrustedProxies(Vec<Network>);

impl Network {
    /// The addresses whose first `bits` are those of `address`; `None` if it does not have so many. A network of
    /// IPv4-mapped addresses is the IPv4 network that it stands for.
    pub fn new(address: IpAddr, bits: u8) -> Option<Self> {
        let plain = address.to_canonical();
        let prefix = length(address) - length(plain);
        match bits.checked_sub(prefix) {
            Some(bits) if bits <= length(plain) => Some(Self { address: plain, bits }),
            // Wider than what IPv4-mapped addresses share.
            None => Some(Self { address, bits }),
            Some(_) => None,
        }
    }

    /// Whether the address is one of them. IPv4-mapped addresses are the IPv4 address that they stand for.
    pub fn contains(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        let differing = match (self.address, address) {
            (IpAddr::V4(own), IpAddr::V4(other)) => (own.to_bits() ^ other.to_bits()).leading_zeros(),
            (IpAddr::V6(own), IpAddr::V6(other)) => (own.to_bits() ^ other.to_bits()).leading_zeros(),
            _ => return false,
        };
        differing >= u32::from(self.bits)
    }
}

fn length(address: IpAddr) -> u8 {
    match address {
        IpAddr::V4(_) => 32,
        IpAddr::V6(_) => 128,
    }
}

impl TrustedProxies {
    /// These and no others.
    pub fn new(networks: Vec<Network>) -> Self {
        Self(networks)
    }

    /// Whether what comes from this address may speak for others.
    pub fn trusts(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| network.contains(address))
    }

    /// For whom a request on a connection from `peer` asks: the last address in `X-Forwarded-For` that is no trusted
    /// proxy. Behind an entry that cannot be read nobody is known; the proxy that passed it on is meant.
    pub fn client(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        let mut client = peer;
        let lines = headers.get_all(FORWARDED_FOR).iter().rev();
        let mut entries = lines.flat_map(|line| line.as_bytes().rsplit(|byte| *byte == b','));
        while self.trusts(client) {
            match entries.next().and_then(read) {
                Some(address) => client = address,
                None => break,
            }
        }
        client.to_canonical()
    }
}

/// An address, or one with a port as some proxies write it.
fn read(entry: &[u8]) -> Option<IpAddr> {
    let text = std::str::from_utf8(entry).ok()?.trim();
    let bare = text.strip_prefix('[').and_then(|text| text.strip_suffix(']'));
    let address = bare.unwrap_or(text).parse().ok();
    address.or_else(|| text.parse::<SocketAddr>().ok().map(|address| address.ip()))
}
