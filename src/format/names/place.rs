//! The usual groups and ports of a protocol.

use std::net::{IpAddr, Ipv4Addr};

/// The usual port or ports of a protocol, on some groups or on any.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    groups: Groups,
    /// The first and the last port.
    ports: (u16, u16),
}

#[derive(Clone, Copy, Debug)]
enum Groups {
    Any,
    /// From the first to the last address.
    V4(Ipv4Addr, Ipv4Addr),
}

impl Place {
    /// A port, on any group.
    pub const fn port(port: u16) -> Self {
        Place::ports(port, port)
    }

    /// Ports, on any group.
    pub const fn ports(first: u16, last: u16) -> Self {
        Place { groups: Groups::Any, ports: (first, last) }
    }

    /// The same ports, but only on one IPv4 group.
    pub const fn on(self, a: u8, b: u8, c: u8, d: u8) -> Self {
        self.within([a, b, c, d], [a, b, c, d])
    }

    /// The same ports, but only on a range of IPv4 groups.
    pub const fn within(self, first: [u8; 4], last: [u8; 4]) -> Self {
        let [a, b, c, d] = first;
        let [e, f, g, h] = last;
        let groups = Groups::V4(Ipv4Addr::new(a, b, c, d), Ipv4Addr::new(e, f, g, h));
        Place { groups, ..self }
    }

    /// Whether it names its groups.
    pub fn is_specific(&self) -> bool {
        matches!(self.groups, Groups::V4(..))
    }

    /// Whether datagrams to `group` and `port` are at this place.
    pub fn holds(&self, group: IpAddr, port: u16) -> bool {
        let (first, last) = self.ports;
        let on_group = match (self.groups, group) {
            (Groups::Any, _) => true,
            (Groups::V4(first, last), IpAddr::V4(group)) => (first..=last).contains(&group),
            (Groups::V4(..), IpAddr::V6(_)) => false,
        };
        on_group && (first..=last).contains(&port)
    }
}
