//! Builds membership reports of IGMP and MLD. Pure.

use std::net::{Ipv4Addr, Ipv6Addr};

use super::checksum::checksum;
use super::membership::{MLD_REPORT_V1, MLD_REPORT_V2, REPORT_V1, REPORT_V2, REPORT_V3};

/// The destination of IGMPv3 reports (RFC 3376, 4.2.14).
pub const ALL_IGMPV3_ROUTERS: Ipv4Addr = Ipv4Addr::new(224, 0, 0, 22);

/// The destination of MLDv2 reports (RFC 3810, 5.2.14).
pub const ALL_MLDV2_ROUTERS: Ipv6Addr = Ipv6Addr::new(0xff02, 0, 0, 0, 0, 0, 0, 0x16);

/// "The interface has a filter mode of EXCLUDE" (RFC 3376, 4.2.12): without sources, it accepts
/// all.
const MODE_IS_EXCLUDE: u8 = 2;

/// An IPv4 packet with an IGMPv3 report: `source` is a member of the group for all sources (RFC
/// 3376, 4.2).
pub fn igmp_v3_report(source: Ipv4Addr, group: Ipv4Addr) -> Vec<u8> {
    let mut message = vec![REPORT_V3, 0, 0, 0, 0, 0, 0, 1, MODE_IS_EXCLUDE, 0, 0, 0];
    message.extend(group.octets());
    igmp_packet(source, ALL_IGMPV3_ROUTERS, message)
}

/// The same for IGMPv1 or IGMPv2 (RFC 2236, 2), sent to the group itself.
pub fn igmp_old_report(version: u8, source: Ipv4Addr, group: Ipv4Addr) -> Vec<u8> {
    let mut message = vec![if version == 1 { REPORT_V1 } else { REPORT_V2 }, 0, 0, 0];
    message.extend(group.octets());
    igmp_packet(source, group, message)
}

/// Adds a header: TTL 1, precedence internetwork control, and the router alert option (RFC 3376, 4;
/// RFC 2113).
fn igmp_packet(source: Ipv4Addr, destination: Ipv4Addr, mut message: Vec<u8>) -> Vec<u8> {
    const HEADER: usize = 24;
    const ROUTER_ALERT: [u8; 4] = [0x94, 4, 0, 0];
    let sum = checksum(&message);
    message[2..4].copy_from_slice(&sum);
    let mut packet = vec![0x40 | (HEADER / 4) as u8, 0xc0];
    packet.extend(((HEADER + message.len()) as u16).to_be_bytes());
    // No identification, but DF; TTL, protocol, and a zero checksum.
    packet.extend([0, 0, 0x40, 0, 1, 2, 0, 0]);
    packet.extend(source.octets());
    packet.extend(destination.octets());
    packet.extend(ROUTER_ALERT);
    let sum = checksum(&packet);
    packet[10..12].copy_from_slice(&sum);
    packet.extend(message);
    packet
}

/// An IPv6 packet with an MLDv2 report: `source` is a member of the group for all sources (RFC
/// 3810, 5.2).
pub fn mld_v2_report(source: Ipv6Addr, group: Ipv6Addr) -> Vec<u8> {
    let mut message = vec![MLD_REPORT_V2, 0, 0, 0, 0, 0, 0, 1, MODE_IS_EXCLUDE, 0, 0, 0];
    message.extend(group.octets());
    mld_packet(source, ALL_MLDV2_ROUTERS, message)
}

/// The same for MLDv1 (RFC 2710, 3), sent to the group itself.
pub fn mld_v1_report(source: Ipv6Addr, group: Ipv6Addr) -> Vec<u8> {
    let mut message = vec![MLD_REPORT_V1, 0, 0, 0, 0, 0, 0, 0];
    message.extend(group.octets());
    mld_packet(source, group, message)
}

/// Adds headers: hop limit 1, and the router alert option (RFC 3810, 5; RFC 2711).
fn mld_packet(source: Ipv6Addr, destination: Ipv6Addr, mut message: Vec<u8>) -> Vec<u8> {
    const ICMPV6: u8 = 58;
    /// Next header and length, router alert, and two bytes of padding.
    const HOP_BY_HOP: [u8; 8] = [ICMPV6, 0, 5, 2, 0, 0, 1, 0];
    // The ICMPv6 checksum covers a pseudo-header (RFC 8200, 8.1).
    let mut summed = [source.octets(), destination.octets()].concat();
    summed.extend((message.len() as u32).to_be_bytes());
    summed.extend([0, 0, 0, ICMPV6]);
    summed.extend(&message);
    message[2..4].copy_from_slice(&checksum(&summed));
    let mut packet = vec![0x60, 0, 0, 0];
    packet.extend(((HOP_BY_HOP.len() + message.len()) as u16).to_be_bytes());
    packet.extend([0, 1]);
    packet.extend(source.octets());
    packet.extend(destination.octets());
    packet.extend(HOP_BY_HOP);
    packet.extend(message);
    packet
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::net::wire::packet::tests::hex;
    use crate::net::wire::{Packet, What};
    use crate::sys::{IPV4, IPV6};

    #[test]
    fn an_igmp_report_matches_that_of_the_kernel() {
        let (source, group) = (Ipv4Addr::new(10, 0, 0, 101), Ipv4Addr::new(239, 1, 1, 1));
        let v3 = igmp_v3_report(source, group);
        // Captured from Linux, except for the record type (there CHANGE_TO_EXCLUDE, 4).
        let message = "22 00 eb fb 00 00 00 01 02 00 00 00 ef 01 01 01";
        assert_eq!(v3[24..], hex(message));
        assert_eq!(v3[..10], hex("46 c0 00 28 00 00 40 00 01 02"));
        assert_eq!(v3[12..24], hex("0a 00 00 65 e0 00 00 16 94 04 00 00"));
        assert_eq!(
            (checksum(&v3[..24]), checksum(&v3[24..])),
            ([0; 2], [0; 2]),
            "what is right sums up to nothing"
        );
        let v2 = igmp_old_report(2, source, group);
        assert_eq!(v2[12..24], hex("0a 00 00 65 ef 01 01 01 94 04 00 00"));
        assert_eq!((v2[24], checksum(&v2[..24]), checksum(&v2[24..])), (0x16, [0; 2], [0; 2]));
        assert_eq!(igmp_old_report(1, source, group)[24], 0x12);
    }

    #[test]
    fn an_mld_report_matches_that_of_the_kernel() {
        let (source, group) = ("fe80::1".parse().unwrap(), "ff15::1234".parse().unwrap());
        let v2 = mld_v2_report(source, group);
        assert_eq!(v2[..8], hex("60 00 00 00 00 24 00 01"));
        assert_eq!(v2[40..50], hex("3a 00 05 02 00 00 01 00 8f 00"));
        // fe80 + 1 + ff02 + 16, 1c + 3a, 8f00 + 1 + 200 + ff15 + 1234 = 3a039; with the carry a03c,
        // inverted.
        assert_eq!(v2[50..52], hex("5f c3"));
        let v1 = mld_v1_report(source, group);
        assert_eq!(v1[24..40], v1[56..72], "to the group itself");
    }

    proptest! {
        #[test]
        fn a_built_packet_is_read_again(
            source: u32,
            group in 0xe000_0000_u32..0xf000_0000,
            source6: u128,
            group6: u128,
            version in 1_u8..=2,
        ) {
            let (source, group) = (Ipv4Addr::from(source), Ipv4Addr::from(group));
            for (bytes, to, version) in [
                (igmp_v3_report(source, group), ALL_IGMPV3_ROUTERS, 3),
                (igmp_old_report(version, source, group), group, version),
            ] {
                let packet = Packet::parse(IPV4, &bytes).unwrap();
                prop_assert_eq!(
                    (packet.source, packet.destination, packet.ttl),
                    (source.into(), to.into(), 1)
                );
                prop_assert_eq!(packet.what, What::Report { version, groups: vec![group.into()] });
                prop_assert_eq!(Packet::length(IPV4, &bytes), Some(bytes.len()));
                prop_assert_eq!((checksum(&bytes[..24]), checksum(&bytes[24..])), ([0; 2], [0; 2]));
            }
            let (source, group) = (Ipv6Addr::from(source6), Ipv6Addr::from(group6 | 0xff << 120));
            for (bytes, to, version) in [
                (mld_v2_report(source, group), ALL_MLDV2_ROUTERS, 2),
                (mld_v1_report(source, group), group, 1),
            ] {
                let packet = Packet::parse(IPV6, &bytes).unwrap();
                prop_assert_eq!(
                    (packet.source, packet.destination, packet.ttl),
                    (source.into(), to.into(), 1)
                );
                prop_assert_eq!(packet.what, What::Report { version, groups: vec![group.into()] });
                prop_assert_eq!(Packet::length(IPV6, &bytes), Some(bytes.len()));
            }
        }
    }
}
