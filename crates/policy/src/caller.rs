//! The principal behind a request.

use std::fmt;
use std::net::IpAddr;

/// Who is calling, as far as it was established.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Principal {
    /// No authentication is configured.
    Anonymous,
}

/// On whose account limits count.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Account {
    /// Whoever comes from this address: nobody was asked who they are.
    Address(IpAddr),
}

/// The principal of a request and the address it came from: that of its connection, or what a trusted proxy says.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Caller {
    principal: Principal,
    address: IpAddr,
}

impl Caller {
    /// A caller that nobody asked for credentials. IPv4-mapped addresses
    /// count as the IPv4 address that they stand for.
    pub fn anonymous(address: IpAddr) -> Self {
        Self {
            principal: Principal::Anonymous,
            address: address.to_canonical(),
        }
    }

    /// The principal.
    pub fn principal(&self) -> &Principal {
        &self.principal
    }

    /// Where the request came from.
    pub fn address(&self) -> IpAddr {
        self.address
    }

    /// On whose account limits count: the principal, or the address as long
    /// as nobody is authenticated.
    pub fn account(&self) -> Account {
        match &self.principal {
            Principal::Anonymous => Account::Address(self.address),
        }
    }
}

impl fmt::Display for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Address(address) => address.fmt(f),
        }
    }
}

impl fmt::Display for Principal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Anonymous => f.write_str("anonymous"),
        }
    }
}
