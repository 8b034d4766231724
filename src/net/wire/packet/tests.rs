use proptest::prelude::*;

use super::*;

/// The bytes of a hex dump.
pub fn hex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text.bytes().filter(u8::is_ascii_hexdigit).collect();
    let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap();
    digits.chunks_exact(2).map(byte).collect()
}

/// 10.0.0.100:40000 to 239.1.1.1:54321, "hello world", TTL 1, with padding to 60 bytes.
const IPV4_UDP: &str = "45 00 00 27 1a 2b 40 00 01 11 65 35 0a 00 00 64 ef 01 01 01
                        9c 40 d4 31 00 13 5e ed 68 65 6c 6c 6f 20 77 6f 72 6c 64 00 00 00 00 \
                        00 00 00";

/// [fe80::1]:40000 to [ff15::1234]:54321, "hi", 5 hops.
const IPV6_UDP: &str = "60 00 00 00 00 0a 11 05 fe80000000000000 0000000000000001 \
                        ff15000000000000 0000000000001234
                        9c 40 d4 31 00 0a 5e ed 68 69";

fn parsed(protocol: u16, text: &str) -> Packet {
    Packet::parse(protocol, &hex(text)).unwrap_or_else(|| panic!("no packet: {text}"))
}

const HELLO: What = What::Udp { source_port: 40_000, port: 54_321, len: 11, summed: true };

#[test]
fn an_ipv4_datagram_has_ports_and_a_length() {
    let packet = Packet {
        source: "10.0.0.100".parse().unwrap(),
        destination: "239.1.1.1".parse().unwrap(),
        ttl: 1,
        fragment: false,
        what: HELLO,
        flaw: None,
    };
    assert_eq!(parsed(IPV4, IPV4_UDP), packet);
    assert_eq!(Packet::length(IPV4, &hex(IPV4_UDP)), Some(39), "without what pads the frame");
}

#[test]
fn ipv4_options_are_skipped() {
    let text = IPV4_UDP
        .replace("45 00 00 27", "46 00 00 2b")
        .replace("ef 01 01 01", "ef 01 01 01 94 04 00 00");
    assert_eq!(parsed(IPV4, &text).what, HELLO);
}

#[test]
fn only_the_first_ipv4_fragment_has_ports() {
    let first = parsed(IPV4, &IPV4_UDP.replace("1a 2b 40 00", "1a 2b 20 00"));
    assert_eq!((first.fragment, first.what), (true, HELLO));
    for later in ["1a 2b 20 b9", "1a 2b 00 b9"] {
        let later = parsed(IPV4, &IPV4_UDP.replace("1a 2b 40 00", later));
        assert_eq!((later.fragment, later.what), (true, What::LaterFragment));
    }
    let other = parsed(IPV4, &IPV4_UDP.replace("40 00 01 11", "00 b9 01 01"));
    assert_eq!((other.fragment, other.what), (true, What::Other), "a fragment of something else");
}

#[test]
fn an_ipv6_datagram_has_ports_and_a_length() {
    let packet = parsed(IPV6, IPV6_UDP);
    assert_eq!(
        (packet.source, packet.destination),
        ("fe80::1".parse().unwrap(), "ff15::1234".parse().unwrap())
    );
    assert_eq!((packet.ttl, packet.fragment), (5, false));
    assert_eq!(packet.what, What::Udp { source_port: 40_000, port: 54_321, len: 2, summed: true });
    assert_eq!(Packet::length(IPV6, &hex(IPV6_UDP)), Some(50));
}

#[test]
fn extension_headers_are_skipped() {
    let with = |headers: &str| {
        IPV6_UDP.replace("00 0a 11 05", "00 1a 00 05").replace("9c 40", &format!("{headers} 9c 40"))
    };
    let udp = What::Udp { source_port: 40_000, port: 54_321, len: 2, summed: true };
    // Hop-by-hop, then destination options.
    let packet = parsed(IPV6, &with("3c 00 01 04 00 00 00 00 11 00 01 04 00 00 00 00"));
    assert_eq!((packet.fragment, packet.what), (false, udp.clone()));
    // Hop-by-hop, then a fragment header: the first, an atomic one (RFC 6946), a later one, and a
    // later one that begins with more headers.
    for (header, fragment, what) in [
        ("11 00 00 01 00 00 00 07", true, udp.clone()),
        ("11 00 00 00 00 00 00 07", false, udp),
        ("11 00 05 a8 00 00 00 07", true, What::LaterFragment),
        ("3c 00 05 a8 00 00 00 07", true, What::Other),
    ] {
        let packet = parsed(IPV6, &with(&format!("2c 00 01 04 00 00 00 00 {header}")));
        assert_eq!((packet.fragment, packet.what), (fragment, what), "{header}");
    }
}

#[test]
fn truncated_and_other_packets_are_no_datagrams() {
    let bytes = hex(IPV4_UDP);
    assert_eq!(Packet::parse(IPV4, &bytes[..19]), None);
    assert_eq!(Packet::parse(IPV4, &bytes[..25]).unwrap().what, What::Other);
    assert_eq!(Packet::parse(0x0806, &bytes), None);
    for odd in ["44 00 00 27", "65 00 00 27", "45 00 00 13"] {
        let packet = parsed(IPV4, &IPV4_UDP.replace("45 00 00 27", odd));
        assert_eq!((packet.flaw, packet.what), (Some(Flaw::Header), What::Other), "{odd}");
    }
    assert_eq!(parsed(IPV6, &IPV6_UDP.replace("60 00", "70 00")).flaw, Some(Flaw::Header));
    assert_eq!(
        parsed(IPV4, &IPV4_UDP.replace("00 27", "00 14")).what,
        What::Other,
        "what pads a frame is no datagram"
    );
    assert_eq!(parsed(IPV4, &IPV4_UDP.replace("01 11", "01 84")).what, What::Other);
    assert_eq!(
        parsed(IPV4, &IPV4_UDP.replace("00 13 5e ed", "00 03 5e ed")).what,
        What::Udp { len: 0, source_port: 40_000, port: 54_321, summed: true }
    );
}

#[test]
fn a_header_error_is_detected() {
    let flaw = |text: &str| parsed(IPV4, text).flaw;
    assert_eq!(flaw(IPV4_UDP), None);
    assert_eq!(flaw(&IPV4_UDP.replace("01 11 65 35", "01 11 65 36")), Some(Flaw::Checksum));
    assert_eq!(flaw(&IPV4_UDP.replace("01 11 65", "02 11 65")), Some(Flaw::Checksum));
    // With two words of options: a loose and a strict source route, and a router alert, each with
    // its RFC 1071 checksum.
    for (options, checksum, route) in [
        ("01 83 07 04 0a 00 00 09", "50 9d", true),
        ("89 07 04 0a 00 00 09 00", "cd 1b", true),
        ("94 04 00 00 00 00 00 00", "cf 28", false),
    ] {
        let text = IPV4_UDP
            .replace("45 00 00 27", "47 00 00 2f")
            .replace("65 35", checksum)
            .replace("ef 01 01 01", &format!("ef 01 01 01 {options}"));
        let packet = parsed(IPV4, &text);
        assert_eq!(packet.what, HELLO);
        assert_eq!(packet.flaw, route.then_some(Flaw::SourceRoute), "{options}");
    }
    let routed = IPV6_UDP
        .replace("00 0a 11 05", "00 12 2b 05")
        .replace("9c 40", "11 00 00 01 00 00 00 00 9c 40");
    assert_eq!(parsed(IPV6, &routed).flaw, Some(Flaw::SourceRoute));
}

#[test]
fn a_zero_udp_checksum_means_none() {
    for (protocol, text) in [(IPV4, IPV4_UDP), (IPV6, IPV6_UDP)] {
        let summed =
            |text: &str| matches!(parsed(protocol, text).what, What::Udp { summed: true, .. });
        assert!(summed(text) && !summed(&text.replace("5e ed", "00 00")), "{text}");
    }
}

proptest! {
    #[test]
    fn arbitrary_bytes_do_not_panic(
        protocol in prop_oneof![Just(IPV4), Just(IPV6), any::<u16>()],
        bytes in proptest::collection::vec(any::<u8>(), 0..300),
    ) {
        let _ = (Packet::parse(protocol, &bytes), Packet::length(protocol, &bytes));
    }

    #[test]
    fn a_packet_with_odd_bytes_does_not_panic(
        ipv4: bool,
        protocol in prop_oneof![Just(2_u8), Just(17), Just(0), Just(44), Just(58), Just(103)],
        kind in prop_oneof![Just(0x11_u8), Just(0x22), Just(130), Just(143), Just(0x20)],
        rest in proptest::collection::vec(any::<u8>(), 0..120),
        cut in 0_usize..160,
    ) {
        let (mut bytes, at) = if ipv4 { (hex(IPV4_UDP), 9) } else { (hex(IPV6_UDP), 6) };
        bytes[at] = protocol;
        bytes.truncate(if ipv4 { 20 } else { 40 });
        bytes[if ipv4 { 3 } else { 5 }] = 200;
        bytes.push(kind);
        bytes.extend(rest);
        bytes.truncate(cut);
        let protocol = if ipv4 { IPV4 } else { IPV6 };
        prop_assert_eq!(
            Packet::parse(protocol, &bytes).is_some(),
            cut >= if ipv4 { 20 } else { 40 } && bytes.len() >= if ipv4 { 20 } else { 40 }
        );
    }
}
