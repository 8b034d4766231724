//! A TARGET of the command line: a range of addresses and ports.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use super::{DEFAULT_PORT, Target};

/// The maximum number of targets in one run.
pub const MOST_TARGETS: u64 = 65_536;

/// A range of addresses, each with a range of ports: `224.202.20.30:54321`, `239.0.0.0+100:5000`,
/// `10.0.0.5@232.1.1.1:5000-5003`, `[ff02::1%eth0]:5000`. Or all addresses of this host. The
/// grammar is in `parse.rs`. A range has at most [`MOST_TARGETS`] targets.
///
/// The `Display` of a range parses to an equal range.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct TargetRange {
    pub(super) source: Option<IpAddr>,
    pub(super) first: IpAddr,
    /// The number of addresses, from 1.
    pub(super) groups: u32,
    /// The first and the last port; the first is never 0.
    pub(super) ports: (u16, u16),
    pub(super) zone: Option<String>,
    /// All addresses of this host, of both families.
    pub(super) both: bool,
}

impl TargetRange {
    /// All addresses of this host, IPv4 and IPv6, at these ports.
    pub(super) fn any(ports: (u16, u16)) -> Self {
        let first = Ipv4Addr::UNSPECIFIED.into();
        TargetRange { source: None, first, groups: 1, ports, zone: None, both: true }
    }

    /// Whether it is the unspecified address of IPv4, of IPv6, or of both.
    pub fn is_any(&self) -> bool {
        self.first.is_unspecified()
    }

    /// Whether it is the unspecified address of both families.
    pub fn is_any_of_both(&self) -> bool {
        self.both
    }

    /// The first address.
    pub fn first(&self) -> IpAddr {
        self.first
    }

    /// The source of an SSM target.
    pub fn source(&self) -> Option<IpAddr> {
        self.source
    }

    /// The number of targets: addresses times ports.
    pub fn count(&self) -> u64 {
        let families = 1 + u64::from(self.both);
        u64::from(self.groups) * (u64::from(self.ports.1 - self.ports.0) + 1) * families
    }

    /// Whether it holds `group`; the ports do not matter.
    pub fn has_group(&self, group: IpAddr) -> bool {
        let offset = match (self.first, group) {
            _ if self.both => return true,
            (first, group) if first.is_unspecified() => {
                return first.is_ipv4() == group.is_ipv4();
            }
            (IpAddr::V4(first), IpAddr::V4(group)) => {
                group.to_bits().checked_sub(first.to_bits()).map(u128::from)
            }
            (IpAddr::V6(first), IpAddr::V6(group)) => group.to_bits().checked_sub(first.to_bits()),
            _ => None,
        };
        offset.is_some_and(|offset| offset < u128::from(self.groups))
    }

    /// Whether it holds `port`; the groups do not matter.
    pub fn has_port(&self, port: u16) -> bool {
        (self.ports.0..=self.ports.1).contains(&port)
    }

    /// Whether an address and port is one of the targets, whatever its source and its interface.
    pub fn covers(&self, to: SocketAddr) -> bool {
        self.has_port(to.port()) && self.has_group(to.ip())
    }

    /// The zone of a scoped IPv6 address, as typed.
    pub fn zone(&self) -> Option<&str> {
        self.zone.as_deref()
    }

    /// All targets, in the order of their addresses.
    pub fn targets(&self) -> impl Iterator<Item = Target> + '_ {
        let (first, last) = self.ports;
        let groups = (0..self.groups).map(|offset| nth(self.first, offset));
        let both = self.both.then_some(Ipv6Addr::UNSPECIFIED.into());
        groups.chain(both).flat_map(move |group| {
            (first..=last).map(move |port| Target {
                group,
                port,
                source: self.source,
                zone: self.zone.clone(),
            })
        })
    }
}

impl Default for TargetRange {
    fn default() -> Self {
        let first = Ipv4Addr::new(224, 202, 20, 30).into();
        TargetRange {
            source: None,
            first,
            groups: 1,
            ports: (DEFAULT_PORT, DEFAULT_PORT),
            zone: None,
            both: false,
        }
    }
}

impl fmt::Display for TargetRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.source {
            Some(IpAddr::V4(source)) => write!(f, "{source}@")?,
            Some(IpAddr::V6(source)) => write!(f, "[{source}]@")?,
            None => {}
        }
        match (self.first, &self.zone) {
            _ if self.both => write!(f, "*")?,
            (IpAddr::V4(first), _) => write!(f, "{first}")?,
            (IpAddr::V6(first), None) => write!(f, "[{first}]")?,
            (IpAddr::V6(first), Some(zone)) => write!(f, "[{first}%{zone}]")?,
        }
        if self.groups > 1 {
            write!(f, "+{}", self.groups)?;
        }
        match self.ports {
            (first, last) if first == last => write!(f, ":{first}"),
            (first, last) => write!(f, ":{first}-{last}"),
        }
    }
}

/// The address `offset` after `first`. It wraps at the end of the family, which no valid range
/// reaches.
pub(super) fn nth(first: IpAddr, offset: u32) -> IpAddr {
    match first {
        IpAddr::V4(first) => Ipv4Addr::from_bits(first.to_bits().wrapping_add(offset)).into(),
        IpAddr::V6(first) => {
            Ipv6Addr::from_bits(first.to_bits().wrapping_add(offset.into())).into()
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn covers(range: &str, to: &str) -> bool {
        let range: TargetRange = range.parse().expect("a target");
        range.covers(to.parse().expect("an address and port"))
    }

    #[test]
    fn a_range_covers_its_addresses_and_ports() {
        for (range, to, is_covered) in [
            ("239.1.1.1:5000", "239.1.1.1:5000", true),
            ("239.1.1.1:5000", "239.1.1.1:5001", false),
            ("239.1.1.1:5000", "239.1.1.2:5000", false),
            ("239.1.1.1+4:5000-5003", "239.1.1.4:5003", true),
            ("239.1.1.1+4:5000-5003", "239.1.1.5:5003", false),
            ("10.0.0.5@232.1.1.1:5000", "232.1.1.1:5000", true),
            ("10.0.0.5:5000", "10.0.0.5:5000", true),
            ("[ff15::1]+2:5000", "[ff15::2]:5000", true),
            ("[ff15::1]+2:5000", "[ff15::3]:5000", false),
            ("udp://:5000", "[ff15::3]:5000", true),
            ("udp://:5000", "10.0.0.5:5000", true),
            ("0.0.0.0:5000", "[ff15::3]:5000", false),
            ("[::]:5000", "[ff15::3]:5000", true),
        ] {
            assert_eq!(covers(range, to), is_covered, "{range} {to}");
        }
    }

    proptest! {
        #[test]
        fn a_range_covers_what_it_lists(first in 1..250_u8, groups in 1..5_u32, other: [u8; 2]) {
            let range: TargetRange = format!("239.1.1.{first}+{groups}:5000").parse().unwrap();
            let to = SocketAddr::from(([239, 1, other[0] % 2, other[1]], 5000));
            let is_listed = range.targets().any(|target| target.group == to.ip());
            prop_assert_eq!(range.covers(to), is_listed);
        }
    }
}
