//! Properties of an address: its Ethernet address, its scope, its range.

use std::net::{IpAddr, Ipv4Addr};

use crate::iface::MacAddr;

/// The destination address of Ethernet frames to `group`; `None` for a unicast address, whose
/// frames carry the receiver's address.
///
/// IPv4: 01:00:5e and the low 23 bits (RFC 1112, 6.4): 32 groups share an address.
/// IPv6: 33:33 and the low 32 bits (RFC 2464, 7).
pub fn ethernet_address(group: IpAddr) -> Option<MacAddr> {
    match group {
        IpAddr::V4(Ipv4Addr::BROADCAST) => Some(MacAddr([0xff; 6])),
        _ if !group.is_multicast() => None,
        IpAddr::V4(group) => {
            let [_, b, c, d] = group.octets();
            Some(MacAddr([0x01, 0x00, 0x5e, b & 0x7f, c, d]))
        }
        IpAddr::V6(group) => {
            let [.., a, b, c, d] = group.octets();
            Some(MacAddr([0x33, 0x33, a, b, c, d]))
        }
    }
}

/// Whether an address exists on every link: IPv6 groups of scope 1 and 2 (RFC 4291, 2.7; RFC 4007,
/// 6), and link-local unicast (fe80::/10).
pub fn is_link_scoped(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(_) => false,
        IpAddr::V6(address) if address.is_multicast() => {
            matches!(address.octets()[1] & 0x0f, 1 | 2)
        }
        IpAddr::V6(address) => address.is_unicast_link_local(),
    }
}

/// Whether a group belongs to the control protocols of one network: 224.0.0.0/24, the Local Network
/// Control Block (RFC 5771, 4), or ff02::/16, the link-local scope of IPv6 (RFC 4291, 2.7).
pub fn is_control_block(group: IpAddr) -> bool {
    match group {
        IpAddr::V4(group) => group.octets()[..3] == [224, 0, 0],
        IpAddr::V6(group) => group.segments()[0] == 0xff02,
    }
}

/// Whether a group is in the SSM range: 232.0.0.0/8 or ff3x::/32 (RFC 4607, 1).
pub fn is_source_specific(group: IpAddr) -> bool {
    match group {
        IpAddr::V4(group) => group.octets()[0] == 232,
        IpAddr::V6(group) => {
            let [first, flags, third, fourth, ..] = group.octets();
            first == 0xff && flags & 0xf0 == 0x30 && third == 0 && fourth == 0
        }
    }
}

/// An address in front of a port or a range: IPv6 in brackets.
pub fn bracketed(address: IpAddr) -> String {
    if address.is_ipv4() { address.to_string() } else { format!("[{address}]") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_map_to_ethernet_addresses() {
        for (group, mac) in [
            ("224.202.20.30", "01:00:5e:4a:14:1e"),
            ("239.202.20.30", "01:00:5e:4a:14:1e"),
            ("224.128.0.1", "01:00:5e:00:00:01"),
            ("ff02::1:ff12:3456", "33:33:ff:12:34:56"),
            ("255.255.255.255", "ff:ff:ff:ff:ff:ff"),
        ] {
            assert_eq!(
                ethernet_address(group.parse().unwrap()).unwrap().to_string(),
                mac,
                "{group}"
            );
        }
        assert_eq!(ethernet_address("10.0.0.1".parse().unwrap()), None);
    }

    #[test]
    fn link_scoped_addresses_exist_on_every_link() {
        for (address, scoped) in [
            ("ff01::1", true),
            ("ff02::fb", true),
            ("ff32::1", true),
            ("fe80::1", true),
            ("ff05::2", false),
            ("2001:db8::1", false),
            ("224.0.0.1", false),
        ] {
            assert_eq!(is_link_scoped(address.parse().unwrap()), scoped, "{address}");
        }
    }

    #[test]
    fn each_family_has_one_control_block() {
        for (group, control) in [
            ("224.0.0.1", true),
            ("224.0.0.255", true),
            ("224.0.1.1", false),
            ("239.0.0.1", false),
            ("ff02::fb", true),
            ("ff12::1", false),
            ("ff05::2", false),
        ] {
            assert_eq!(is_control_block(group.parse().unwrap()), control, "{group}");
        }
    }

    #[test]
    fn ssm_ranges_are_those_of_rfc_4607() {
        for (group, ssm) in [
            ("232.0.0.0", true),
            ("232.255.255.255", true),
            ("233.0.0.0", false),
            ("ff3e::8000:1", true),
            ("ff35::1", true),
            ("ff3e:20::1", false),
            ("ff15::1", false),
            ("10.0.0.1", false),
        ] {
            assert_eq!(is_source_specific(group.parse().unwrap()), ssm, "{group}");
        }
    }
}
