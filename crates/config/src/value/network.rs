//! Addresses of proxies, alone or by the network.

use std::net::IpAddr;

use crate::node::Node;
use crate::section::Refused;

pub(crate) const TAKES: &str =
    "a list of IP addresses and networks such as \"127.0.0.1\", \"10.1.0.0/16\" or \"fd00::/8\"";

/// The addresses whose first bits are those of one of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    /// One of them; the bits after the first ones are zero.
    pub address: IpAddr,
    /// How many bits all have in common, at most those of the address.
    pub bits: u8,
}

pub(crate) fn parse(node: &Node) -> Result<Network, Refused> {
    let text = node.as_str().ok_or_else(|| Refused::value(node))?;
    let (address, bits) = match text.split_once('/') {
        Some((address, bits)) => (address, Some(bits)),
        None => (text, None),
    };
    let address: IpAddr = address
        .parse()
        .map_err(|_| Refused::value(node).hint("no name is ever looked up"))?;
    let all = match address {
        IpAddr::V4(_) => 32,
        IpAddr::V6(_) => 128,
    };
    let bits = match bits.map(str::parse) {
        None => all,
        Some(Ok(bits)) if bits <= all => bits,
        Some(_) => {
            return Err(Refused::value(node).hint(format!("behind the slash goes a number up to {all}")));
        }
    };
    let network = Network { address, bits };
    match network.beyond() {
        0 => Ok(network),
        _ => Err(Refused::value(node).hint("the address has bits beyond those that count")),
    }
}

impl Network {
    /// What the address has beyond the bits that count.
    fn beyond(&self) -> u128 {
        let mask = |length: u32| !(!0_u128).checked_shl(length - u32::from(self.bits)).unwrap_or(0);
        match self.address {
            IpAddr::V4(address) => u128::from(address.to_bits()) & mask(32),
            IpAddr::V6(address) => address.to_bits() & mask(128),
        }
    }
}
