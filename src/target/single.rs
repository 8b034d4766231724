//! One address and port.

use std::net::IpAddr;

use super::is_link_scoped;

/// The group and port that `mcast send` and `mcast recv` use by default.
pub const DEFAULT_TARGET: &str = "224.202.20.30:54321";

/// The UDP port of a target without a port.
pub const DEFAULT_PORT: u16 = 54321;

/// One address and port: an element of a [`super::TargetRange`].
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Target {
    /// A group in 224.0.0.0/4 (RFC 1112) or ff00::/8 (RFC 4291, 2.7); else a unicast or broadcast
    /// address.
    pub group: IpAddr,
    /// The UDP port, never 0.
    pub port: u16,
    /// The only accepted source (RFC 4607); `None` accepts all.
    pub source: Option<IpAddr>,
    /// The zone of a scoped IPv6 address (RFC 4007): an interface's name or index, as typed.
    pub zone: Option<String>,
}

impl Target {
    /// Whether the address is meaningful only with an interface ([`is_link_scoped`]).
    pub fn needs_zone(&self) -> bool {
        is_link_scoped(self.group)
    }
}
