use proptest::prelude::*;

use super::*;

fn message(level: i32, kind: i32, data: &[u8]) -> Vec<u8> {
    let mut bytes = (HEADER + data.len()).to_ne_bytes().to_vec();
    bytes.extend(level.to_ne_bytes());
    bytes.extend(kind.to_ne_bytes());
    bytes.extend(data);
    bytes.resize(bytes.len().next_multiple_of(WORD), 0);
    bytes
}

fn decoded(bytes: &[u8]) -> (Meta, Extra) {
    let mut meta = Meta::unknown();
    let extra = read(bytes, &mut meta);
    (meta, extra)
}

/// As a system of 64 bits and little-endian numbers writes them: IP_PKTINFO, IP_TOS and IP_TTL of
/// a datagram to 224.202.20.30 on interface 12.
#[cfg(all(target_pointer_width = "64", target_endian = "little"))]
#[test]
fn ipv4_has_destination_interface_class_and_ttl() {
    let bytes = [
        [24, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 19, 0, 0, 0, 224, 202, 20, 30, 12, 0, 0, 0],
        [20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 0xb8, 0, 0, 0, 0, 0, 0, 0],
        [20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0, 0, 0, 7, 0, 0, 0, 0, 0, 0, 0],
    ]
    .concat();
    let (meta, extra) = decoded(&bytes);
    assert_eq!(meta.destination, Some("224.202.20.30".parse().unwrap()));
    assert_eq!((meta.ifindex, meta.ttl, meta.dscp()), (Some(12), Some(7), Some(46)));
    assert_eq!((extra, meta.kernel_time), (Extra::default(), false));
}

/// IPV6_PKTINFO, IPV6_HOPLIMIT and IPV6_TCLASS of a datagram to ff15::1 on interface 3.
#[cfg(all(target_pointer_width = "64", target_endian = "little"))]
#[test]
fn ipv6_has_destination_interface_class_and_hop_limit() {
    let bytes = [
        &[36, 0, 0, 0, 0, 0, 0, 0, 41, 0, 0, 0, 19, 0, 0, 0][..],
        &[0xff, 0x15, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 3, 0, 0, 0, 0, 0, 0, 0],
        &[20, 0, 0, 0, 0, 0, 0, 0, 41, 0, 0, 0, 21, 0, 0, 0, 64, 0, 0, 0, 0, 0, 0, 0],
        // The last one has no padding.
        &[20, 0, 0, 0, 0, 0, 0, 0, 41, 0, 0, 0, 39, 0, 0, 0, 0x2a, 0, 0, 0],
    ]
    .concat();
    let (meta, _) = decoded(&bytes);
    assert_eq!(meta.destination, Some("ff15::1".parse().unwrap()));
    assert_eq!((meta.ifindex, meta.ttl), (Some(3), Some(64)));
    assert_eq!((meta.dscp(), meta.ecn()), (Some(10), Some(2)));
}

#[test]
fn trains_and_timestamps_are_read() {
    let mut bytes = message(IPPROTO_UDP, UDP_COALESCED_INFO, &1472_u32.to_ne_bytes());
    bytes.extend(message(99, 99, b"from a newer system"));
    bytes.extend(message(SOL_SOCKET, SO_TIMESTAMP, &123_456_789_012_u64.to_ne_bytes()));
    let (meta, extra) = decoded(&bytes);
    assert_eq!(extra, Extra { segment: Some(1472), ticks: Some(123_456_789_012) });
    assert_eq!(meta, Meta::unknown(), "the counter alone gives no time");
}

#[test]
fn the_ttl_has_either_number() {
    for kind in [IP_TTL, IP_HOPLIMIT] {
        assert_eq!(decoded(&message(IPPROTO_IP, kind, &9_i32.to_ne_bytes())).0.ttl, Some(9));
        assert_eq!(decoded(&message(IPPROTO_IP, kind, &256_i32.to_ne_bytes())).0.ttl, None);
    }
}

#[test]
fn an_index_of_zero_is_unknown() {
    let (meta, _) = decoded(&message(IPPROTO_IP, IP_PKTINFO, &[239, 1, 1, 1, 0, 0, 0, 0]));
    assert_eq!((meta.destination, meta.ifindex), (Some([239, 1, 1, 1].into()), None));
}

#[test]
fn both_families_of_source_are_read() {
    let mut name = [0; 28];
    name[..2].copy_from_slice(&AF_INET.to_ne_bytes());
    name[2..8].copy_from_slice(&[0x9c, 0x40, 10, 0, 0, 100]);
    assert_eq!(source(&name[..16]).unwrap().to_string(), "10.0.0.100:40000");
    name[..2].copy_from_slice(&AF_INET6.to_ne_bytes());
    name[8..24].copy_from_slice(&"fe80::9".parse::<Ipv6Addr>().unwrap().octets());
    name[24..28].copy_from_slice(&2_u32.to_ne_bytes());
    assert_eq!(source(&name).unwrap().to_string(), "[fe80::9%2]:40000");
    assert_eq!((source(&name[..27]), source(&[0; 28]), source(&[])), (None, None, None));
}

proptest! {
    #[test]
    fn arbitrary_bytes_do_not_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        decoded(&bytes);
        source(&bytes);
    }

    #[test]
    fn an_invalid_length_ends_the_iteration(
        len: usize,
        rest in proptest::collection::vec(any::<u8>(), 0..64),
    ) {
        let mut bytes = len.to_ne_bytes().to_vec();
        bytes.extend(rest);
        prop_assert!(Messages(&bytes).count() <= bytes.len() / HEADER + 1);
    }

    #[test]
    fn the_order_of_messages_does_not_matter(
        ttl: u8,
        class: u8,
        index in 1..u32::MAX,
        ticks: u64,
        group: [u8; 4],
        turn in 0..4_usize,
    ) {
        let info = [&group[..], &index.to_ne_bytes()].concat();
        let mut messages = [
            message(IPPROTO_IP, IP_TTL, &i32::from(ttl).to_ne_bytes()),
            message(IPPROTO_IP, IP_TOS, &i32::from(class).to_ne_bytes()),
            message(IPPROTO_IP, IP_PKTINFO, &info),
            message(SOL_SOCKET, SO_TIMESTAMP, &ticks.to_ne_bytes()),
        ];
        messages.rotate_left(turn);
        let (meta, extra) = decoded(&messages.concat());
        prop_assert_eq!((meta.ttl, meta.traffic_class), (Some(ttl), Some(class)));
        prop_assert_eq!((meta.destination, meta.ifindex), (Some(group.into()), Some(index)));
        prop_assert_eq!(extra, Extra { segment: None, ticks: Some(ticks) });
    }
}
