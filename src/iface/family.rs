//! The version of IP.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The version of IP, and with it the protocol of memberships: IGMP or MLD.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Family {
    /// IPv4, with IGMP.
    V4,
    /// IPv6, with MLD.
    V6,
}

impl Family {
    /// The family of an address.
    pub fn of(address: IpAddr) -> Self {
        if address.is_ipv4() { Family::V4 } else { Family::V6 }
    }

    /// `v4` for IPv4, `v6` for IPv6.
    pub fn pick<T>(self, v4: T, v6: T) -> T {
        match self {
            Family::V4 => v4,
            Family::V6 => v6,
        }
    }

    /// The address that means "any".
    pub fn unspecified(self) -> IpAddr {
        self.pick(Ipv4Addr::UNSPECIFIED.into(), Ipv6Addr::UNSPECIFIED.into())
    }

    /// The largest payload of a UDP datagram in bytes: 65,535 less the headers (RFC 768; RFC 8200
    /// has no IPv4 header to pay for).
    pub fn max_payload(self) -> usize {
        self.pick(65_507, 65_527)
    }

    /// The protocol by which hosts report memberships.
    pub fn membership_protocol(self) -> &'static str {
        self.pick("IGMP", "MLD")
    }
}

impl fmt::Display for Family {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(self.pick("IPv4", "IPv6"))
    }
}
