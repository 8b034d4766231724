//! One address and port.

use std::net::IpAddr;

use super::is_link_scoped;

/// The group and port where `mcast send` and `mcast recv` meet when none is named.
pub const DEFAULT_TARGET: &str = "224.202.20.30:54321";

/// The UDP port of a target that names none.
pub const DEFAULT_PORT: u16 = 54321;

/// One address and port: what a [`TargetRange`] of one says, or one of many that it stands for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Target {
    /// A group in 224.0.0.0/4 (RFC 1112) or ff00::/8 (RFC 4291, 2.7); else a unicast or broadcast
    /// address.
    pub group: IpAddr,
    /// The UDP port, never 0.
    pub port: u16,
    /// The one source that is listened to (RFC 4607); any where `None`.
    pub source: Option<IpAddr>,
    /// The zone of a scoped IPv6 address (RFC 4007): an interface's name or index, as typed.
    pub zone: Option<String>,
}

impl Target {
    /// Whether the address means something only together with an interface ([`is_link_scoped`]).
    pub fn needs_zone(&self) -> bool {
        is_link_scoped(self.group)
    }
}
