//! Who is spoken to: a multicast group and a UDP port, as a person writes them.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use thiserror::Error;

/// The group and port where `mcast send` and `mcast recv` meet when none is named.
pub const DEFAULT_TARGET: &str = "224.202.20.30:54321";

/// The UDP port of a target that names none.
pub const DEFAULT_PORT: u16 = 54321;

/// A multicast group and port: `224.202.20.30:54321`, `[ff15::1234]:5000`, `[ff02::1%eth0]:5000`.
///
/// Printing a target and reading it back gives an equal target.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Target {
    /// The group: in 224.0.0.0/4 (RFC 1112) or ff00::/8 (RFC 4291, 2.7).
    pub group: IpAddr,
    /// The UDP port, never 0.
    pub port: u16,
    /// The zone of a scoped IPv6 group (RFC 4007): an interface's name or index, as typed.
    pub zone: Option<String>,
}

/// Why a text is not a target. Each message names the part that is wrong and shows a right one.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum TargetError {
    /// There is nothing before the port, or nothing at all.
    #[error("it names no group; try 224.202.20.30:54321 or [ff15::1234]:5000")]
    NoGroup,
    /// The part before the port is not an address.
    #[error("'{0}' is not an IP address; try 224.202.20.30:54321 or [ff15::1234]:5000")]
    NotAnAddress(String),
    /// The address is unicast or broadcast.
    #[error("{0} is not a multicast group (224.0.0.0 to 239.255.255.255, or ff00::/8); try 239.1.1.1:5000")]
    NotAGroup(IpAddr),
    /// IPv6 scope 0.
    #[error("{0} has the reserved scope 0, and travels nowhere (RFC 4291, 2.7); try [ff15::1234]:5000")]
    ReservedScope(IpAddr),
    /// The port is missing, not a number, 0, or above 65535.
    #[error("'{0}' is not a UDP port (1 to 65535); try {DEFAULT_TARGET}")]
    BadPort(String),
    /// `[` without `]`.
    #[error("the bracket is not closed; try [ff15::1234]:5000")]
    OpenBracket,
    /// Something other than a port follows `]`.
    #[error("'{0}' follows the bracket where a port should; try [ff15::1234]:5000")]
    AfterBracket(String),
    /// A zone on an IPv4 group, or an empty one.
    #[error("'%{0}' is not a zone here: an IPv6 group takes the name or index of an interface, as in [ff02::1%eth0]:5000")]
    BadZone(String),
}

impl Target {
    /// Whether the group means something only together with an interface ([`is_link_scoped`]).
    pub fn needs_zone(&self) -> bool {
        is_link_scoped(self.group)
    }
}

impl Default for Target {
    fn default() -> Self {
        Target { group: Ipv4Addr::new(224, 202, 20, 30).into(), port: DEFAULT_PORT, zone: None }
    }
}

impl FromStr for Target {
    type Err = TargetError;

    fn from_str(text: &str) -> Result<Self, TargetError> {
        let (host, port) = split_port(text)?;
        let (address, zone) = match host.split_once('%') {
            Some((address, zone)) => (address, Some(zone)),
            None => (host, None),
        };
        if address.is_empty() {
            return Err(TargetError::NoGroup);
        }
        let group: IpAddr = address.parse().map_err(|_| TargetError::NotAnAddress(address.to_owned()))?;
        if !group.is_multicast() {
            return Err(TargetError::NotAGroup(group));
        }
        if matches!(group, IpAddr::V6(group) if group.octets()[1] & 0x0f == 0) {
            return Err(TargetError::ReservedScope(group));
        }
        if let Some(zone) = zone {
            let unfit = |c: char| c.is_whitespace() || c.is_control() || matches!(c, '%' | '[' | ']' | '/');
            if group.is_ipv4() || zone.is_empty() || zone.contains(unfit) {
                return Err(TargetError::BadZone(zone.to_owned()));
            }
        }
        Ok(Target { group, port: port.map_or(Ok(DEFAULT_PORT), parse_port)?, zone: zone.map(str::to_owned) })
    }
}

/// Splits a target into its address (with a zone, without brackets) and the text of its port.
fn split_port(text: &str) -> Result<(&str, Option<&str>), TargetError> {
    if let Some(inner) = text.strip_prefix('[') {
        let (host, rest) = inner.split_once(']').ok_or(TargetError::OpenBracket)?;
        return match rest.strip_prefix(':') {
            Some(port) => Ok((host, Some(port))),
            None if rest.is_empty() => Ok((host, None)),
            None => Err(TargetError::AfterBracket(rest.to_owned())),
        };
    }
    // More than one colon and no bracket: a bare IPv6 address, which has no room for a port.
    match text.split_once(':') {
        Some((host, port)) if !port.contains(':') => Ok((host, Some(port))),
        _ => Ok((text, None)),
    }
}

fn parse_port(text: &str) -> Result<u16, TargetError> {
    match text.parse::<u16>() {
        Ok(port) if port != 0 && !text.starts_with('+') => Ok(port),
        _ => Err(TargetError::BadPort(text.to_owned())),
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.group, &self.zone) {
            (IpAddr::V4(group), _) => write!(f, "{group}:{}", self.port),
            (IpAddr::V6(group), None) => write!(f, "[{group}]:{}", self.port),
            (IpAddr::V6(group), Some(zone)) => write!(f, "[{group}%{zone}]:{}", self.port),
        }
    }
}

/// An Ethernet (EUI-48) address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MacAddr(pub [u8; 6]);

impl fmt::Display for MacAddr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b, c, d, e, g] = self.0;
        write!(f, "{a:02x}:{b:02x}:{c:02x}:{d:02x}:{e:02x}:{g:02x}")
    }
}

/// The Ethernet address that frames to `group` carry.
///
/// IPv4: 01:00:5e and the low 23 bits (RFC 1112, 6.4), so 32 groups share an address.
/// IPv6: 33:33 and the low 32 bits (RFC 2464, 7).
pub fn ethernet_address(group: IpAddr) -> MacAddr {
    match group {
        IpAddr::V4(group) => {
            let [_, b, c, d] = group.octets();
            MacAddr([0x01, 0x00, 0x5e, b & 0x7f, c, d])
        }
        IpAddr::V6(group) => {
            let [.., a, b, c, d] = group.octets();
            MacAddr([0x33, 0x33, a, b, c, d])
        }
    }
}

/// Whether a group exists on every link apart: IPv6 scopes 1 and 2 (RFC 4291, 2.7; RFC 4007, 6).
pub fn is_link_scoped(group: IpAddr) -> bool {
    matches!(group, IpAddr::V6(group) if matches!(group.octets()[1] & 0x0f, 1 | 2))
}

/// The address that means "any" in the family of `address`.
pub fn unspecified(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
        IpAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn parse(text: &str) -> Result<Target, TargetError> {
        text.parse()
    }

    #[test]
    fn the_default_is_what_its_text_says() {
        assert_eq!(parse(DEFAULT_TARGET).unwrap(), Target::default());
    }

    #[test]
    fn a_group_alone_gets_the_default_port() {
        assert_eq!(parse("239.1.1.1").unwrap().port, DEFAULT_PORT);
        assert_eq!(parse("ff15::1234").unwrap().to_string(), "[ff15::1234]:54321");
        assert_eq!(parse("[ff15::1234]").unwrap(), parse("ff15::1234").unwrap());
    }

    #[test]
    fn a_zone_stands_inside_the_bracket() {
        let target = parse("[ff02::1%eth0]:5000").unwrap();
        assert_eq!((target.port, target.zone.as_deref()), (5000, Some("eth0")));
        assert_eq!(parse("ff02::1%3").unwrap().zone.as_deref(), Some("3"));
    }

    #[test]
    fn each_wrong_part_is_named() {
        for (text, part) in [
            ("", "names no group"),
            (":5000", "names no group"),
            ("hello", "'hello' is not an IP address"),
            ("239.1.1.300:1", "'239.1.1.300' is not an IP address"),
            ("10.0.0.1:5000", "10.0.0.1 is not a multicast group"),
            ("[2001:db8::1]:5000", "2001:db8::1 is not a multicast group"),
            ("[ff00::1]:5000", "ff00::1 has the reserved scope 0"),
            ("239.1.1.1:0", "'0' is not a UDP port"),
            ("239.1.1.1:70000", "'70000' is not a UDP port"),
            ("239.1.1.1:+80", "'+80' is not a UDP port"),
            ("239.1.1.1:", "'' is not a UDP port"),
            ("[ff15::1:5000", "bracket is not closed"),
            ("[ff15::1]5000", "'5000' follows the bracket"),
            ("239.1.1.1%eth0:5000", "'%eth0' is not a zone here"),
            ("[ff02::1%]:5000", "'%' is not a zone here"),
        ] {
            let error = parse(text).unwrap_err().to_string();
            assert!(error.contains(part), "{text}: {error}");
            assert!(error.contains("5000") || error.contains("54321"), "{text}: shows no right one: {error}");
        }
    }

    #[test]
    fn groups_map_to_ethernet_as_the_rfcs_say() {
        for (group, mac) in [
            ("224.202.20.30", "01:00:5e:4a:14:1e"),
            ("239.202.20.30", "01:00:5e:4a:14:1e"),
            ("224.128.0.1", "01:00:5e:00:00:01"),
            ("ff02::1:ff12:3456", "33:33:ff:12:34:56"),
        ] {
            assert_eq!(ethernet_address(group.parse().unwrap()).to_string(), mac, "{group}");
        }
    }

    #[test]
    fn only_the_two_narrowest_scopes_need_a_zone() {
        for (group, needs) in [("ff01::1", true), ("ff02::fb", true), ("ff32::1", true), ("ff05::2", false), ("224.0.0.1", false)]
        {
            assert_eq!(parse(group).unwrap().needs_zone(), needs, "{group}");
        }
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "\\PC*") {
            let _ = parse(&text);
        }

        #[test]
        fn near_misses_do_not_panic(text in "[\\[\\]:%.+@/0-9a-f-]{0,40}") {
            if let Ok(target) = parse(&text) {
                prop_assert_eq!(parse(&target.to_string()).unwrap(), target);
            }
        }

        #[test]
        fn every_group_prints_back(bits: u128, v4: bool, port in 1..=u16::MAX, zone in proptest::option::of("[a-z][a-z0-9.-]{0,14}")) {
            let group: IpAddr = if v4 {
                Ipv4Addr::from_bits(0xe000_0000 | (bits as u32 >> 4)).into()
            } else {
                Ipv6Addr::from_bits(0xff << 120 | 1 << 112 | bits >> 8).into()
            };
            let target = Target { group, port, zone: zone.filter(|_| !v4) };
            prop_assert_eq!(parse(&target.to_string()).unwrap(), target);
        }
    }
}
