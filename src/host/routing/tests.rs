//! Bytes as each system writes them.

use std::net::IpAddr;

use proptest::prelude::*;

use super::{Layout, LinkState, Message, get, messages, reply_to};

const LAYOUTS: [Layout; 2] = [Layout::FREEBSD, Layout::MACOS];

/// A message: the length, the version, the type, and the fields at their offsets.
fn message(kind: u8, length: usize, fields: &[(usize, &[u8])], addresses: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0; length];
    for (at, field) in fields {
        bytes[*at..at + field.len()].copy_from_slice(field);
    }
    bytes.extend(addresses);
    let length = u16::try_from(bytes.len()).unwrap();
    bytes[..2].copy_from_slice(&length.to_ne_bytes());
    (bytes[2], bytes[3]) = (5, kind);
    bytes
}

/// An address in the space that the system gives it.
fn padded(layout: &Layout, address: &[u8]) -> Vec<u8> {
    let mut bytes = address.to_vec();
    bytes.resize(layout.space(address.len()), 0);
    bytes
}

fn sockaddr_in(ip: [u8; 4]) -> Vec<u8> {
    [&[16, 2, 0, 0][..], &ip, &[0; 8]].concat()
}

fn sockaddr_in6(layout: &Layout, ip: &str) -> Vec<u8> {
    let family = if *layout == Layout::FREEBSD { 28 } else { 30 };
    let ip: std::net::Ipv6Addr = ip.parse().unwrap();
    [&[28, family, 0, 0, 0, 0, 0, 0][..], &ip.octets(), &[0; 4]].concat()
}

/// The name and the Ethernet address of an interface.
fn sockaddr_dl(layout: &Layout, index: u16, name: &[u8], mac: [u8; 6]) -> Vec<u8> {
    let head = [&[0, 18][..], &index.to_ne_bytes(), &[6, name.len() as u8, 6, 0]].concat();
    let mut bytes = [&head, name, &mac[..]].concat();
    bytes.resize(bytes.len().max(usize::from(layout.sockaddr_dl)), 0);
    bytes[0] = bytes.len() as u8;
    bytes
}

fn ip(text: &str) -> Option<IpAddr> {
    Some(text.parse().unwrap())
}

fn read(bytes: &[u8], layout: &Layout) -> Vec<Message> {
    messages(bytes, layout).collect()
}

/// An interface in a list: 1500 bytes, 1 Gbit/s, the counters 1 to 10, 11 drops on sending.
fn link(layout: &Layout, state: u8) -> Vec<u8> {
    let at = layout.link;
    let mut data = vec![6, 0, 0, 0, 0, 0, 0, 0];
    if let Some(place) = at.state {
        data[place] = state;
    }
    data.extend(1500_u32.to_ne_bytes());
    data.extend(0_u32.to_ne_bytes());
    data.extend(1_000_000_000_u64.to_ne_bytes());
    (1..=10_u64).for_each(|counter| data.extend(counter.to_ne_bytes()));
    let (place, size) = at.send_drops;
    let drops = match size {
        8 => 11_u64.to_ne_bytes().to_vec(),
        _ => 11_u32.to_ne_bytes().to_vec(),
    };
    let addresses = padded(layout, &sockaddr_dl(layout, 3, b"em0", [2, 0, 0, 0, 0, 1]));
    let fields: [(usize, &[u8]); 4] = [
        (4, &0x10_u32.to_ne_bytes()),
        (12, &3_u16.to_ne_bytes()),
        (at.data, &data),
        (place, &drops),
    ];
    message(at.kind, at.header, &fields, &addresses)
}

#[test]
fn an_interface_has_its_data() {
    for layout in LAYOUTS {
        let bytes = link(&layout, 2);
        let [Message::Link(found)] = &read(&bytes, &layout)[..] else { panic!("{layout:?}") };
        let LinkState { index, link_type, carrier, mtu, baudrate, counters, send_drops, .. } =
            found;
        assert_eq!((*index, *link_type, *mtu, *baudrate), (3, 6, 1500, 1_000_000_000));
        assert_eq!(*counters, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
        assert_eq!(*send_drops, 11, "{layout:?}");
        let shown = (layout == Layout::FREEBSD).then_some(true);
        assert_eq!(*carrier, shown, "macOS does not show it");
        let link = found.link.as_ref().unwrap();
        assert_eq!(
            (link.index, &link.name[..], &link.address[..]),
            (3, &b"em0"[..], &[2, 0, 0, 0, 0, 1][..])
        );
    }
}

#[test]
fn an_unknown_carrier_is_not_a_missing_one() {
    let carrier = |state| match &read(&link(&Layout::FREEBSD, state), &Layout::FREEBSD)[..] {
        [Message::Link(link)] => link.carrier,
        other => panic!("{other:?}"),
    };
    assert_eq!([0, 1, 2].map(carrier), [None, Some(false), Some(true)]);
}

#[test]
fn addresses_are_read_behind_their_padding() {
    for layout in LAYOUTS {
        // A netmask of 255.255.255.0 is truncated to its significant bytes, and an empty one
        // occupies one unit.
        for (mask, present) in [
            (padded(&layout, &[7, 2, 0, 0, 255, 255, 255]), 0x34_u32),
            (padded(&layout, &[0]), 0x34),
            (Vec::new(), 0x30),
        ] {
            for (address, expected) in [
                (sockaddr_in([10, 0, 0, 1]), "10.0.0.1"),
                // The second word is the index of the interface, as KAME's stack embeds it.
                (sockaddr_in6(&layout, "fe80:3::1"), "fe80::1"),
                (sockaddr_in6(&layout, "fd00::1"), "fd00::1"),
            ] {
                let addresses = [
                    mask.clone(),
                    padded(&layout, &sockaddr_dl(&layout, 3, b"em0", [2, 0, 0, 0, 0, 1])),
                    padded(&layout, &address),
                ];
                let fields: [(usize, &[u8]); 2] =
                    [(4, &present.to_ne_bytes()), (12, &3_u16.to_ne_bytes())];
                for (kind, added) in [(0x0c, true), (0x0d, false)] {
                    let bytes = message(kind, 20, &fields, &addresses.concat());
                    let wanted = Message::Address { index: 3, ip: ip(expected), added };
                    assert_eq!(read(&bytes, &layout), [wanted], "{layout:?}");
                }
            }
        }
    }
}

#[test]
fn memberships_are_read_from_the_list() {
    for layout in LAYOUTS {
        let (kind, header) = layout.member;
        let member = |group: &[u8]| {
            let addresses = [
                padded(&layout, &sockaddr_dl(&layout, 2, b"en0", [2, 0, 0, 0, 0, 1])),
                padded(&layout, group),
            ];
            let fields: [(usize, &[u8]); 2] =
                [(4, &0x30_u32.to_ne_bytes()), (12, &2_u16.to_ne_bytes())];
            message(kind, header, &fields, &addresses.concat())
        };
        let bytes = [
            member(&sockaddr_in([239, 1, 1, 1])),
            member(&sockaddr_in6(&layout, "ff02:2::fb")),
            // The membership of the link itself has an Ethernet address.
            member(&sockaddr_dl(&layout, 2, b"", [1, 0, 0x5e, 1, 1, 1])),
        ];
        let groups = [ip("239.1.1.1"), ip("ff02::fb"), None];
        let wanted = groups.map(|group| Message::Member { index: 2, group });
        assert_eq!(read(&bytes.concat(), &layout), wanted, "{layout:?}");
    }
}

#[test]
fn arrivals_and_departures_are_of_freebsd() {
    let announce = |what: u16| {
        let fields: [(usize, &[u8]); 3] =
            [(4, &7_u16.to_ne_bytes()), (6, b"epair0a"), (22, &what.to_ne_bytes())];
        message(0x11, 24, &fields, &[])
    };
    let bytes = [announce(0), announce(1)].concat();
    let departed: Vec<bool> = read(&bytes, &Layout::FREEBSD)
        .iter()
        .map(|message| match message {
            Message::Announced(announced) => announced.departed && announced.index == 7,
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(departed, [false, true]);
    let other = Message::Other { kind: Some(0x11) };
    assert_eq!(read(&bytes, &Layout::MACOS), [other.clone(), other]);
}

#[test]
fn a_route_is_the_reply_to_its_request() {
    for layout in LAYOUTS {
        for address in ["239.1.1.1", "ff15::1", "10.0.0.7"] {
            let request = get(address.parse().unwrap(), 77, &layout);
            assert_eq!(request.len(), usize::from(u16::from_ne_bytes([request[0], request[1]])));
            assert_eq!(request.len() % 4, 0);
            // The kernel returns the message with the interface, the process and the source.
            let addresses = [
                padded(&layout, &sockaddr_in([239, 1, 1, 1])),
                padded(&layout, &sockaddr_in([10, 0, 0, 254])),
                padded(&layout, &sockaddr_dl(&layout, 2, b"em0", [0; 6])),
                padded(&layout, &sockaddr_in([10, 0, 0, 1])),
            ];
            let fields: [(usize, &[u8]); 5] = [
                (4, &2_u16.to_ne_bytes()),
                (8, &0x43_u32.to_ne_bytes()),
                (12, &0x33_u32.to_ne_bytes()),
                (16, &1234_i32.to_ne_bytes()),
                (20, &77_i32.to_ne_bytes()),
            ];
            let reply = message(4, layout.route, &fields, &addresses.concat());
            let bytes = [request, reply].concat();
            let found = reply_to(&bytes, 1234, 77, &layout).expect("a reply");
            assert_eq!((found.index, found.error, found.flags), (2, 0, 0x43));
            assert_eq!((found.gateway, found.source), (ip("10.0.0.254"), ip("10.0.0.1")));
            assert_eq!(reply_to(&bytes, 1235, 77, &layout), None, "of another process");
            assert_eq!(reply_to(&bytes, 1234, 78, &layout), None, "of another request");
        }
    }
}

#[test]
fn unknown_versions_and_types_are_skipped() {
    for layout in LAYOUTS {
        let fields: [(usize, &[u8]); 1] = [(12, &3_u16.to_ne_bytes())];
        let mut old = message(0x0e, 24, &fields, &[]);
        old[2] = 4;
        let bytes = [old, message(0x7f, 8, &[], &[]), message(0x0e, 24, &fields, &[])].concat();
        let wanted = [
            Message::Other { kind: None },
            Message::Other { kind: Some(0x7f) },
            Message::Changed { index: 3 },
        ];
        assert_eq!(read(&bytes, &layout), wanted);
        assert_eq!(read(&bytes[..bytes.len() - 1], &layout), wanted[..2], "cut short");
    }
}

proptest! {
    #[test]
    fn arbitrary_bytes_do_not_panic_and_end(
        bytes in proptest::collection::vec(any::<u8>(), 0..600),
        kind in 0_u8..0x16,
        cut in 0_usize..300,
    ) {
        for layout in LAYOUTS {
            prop_assert!(messages(&bytes, &layout).count() <= bytes.len() / 4);
            let mut whole = bytes.clone();
            whole.resize(whole.len().max(24), 0);
            let length = u16::try_from(whole.len()).unwrap();
            whole[..2].copy_from_slice(&length.to_ne_bytes());
            (whole[2], whole[3]) = (5, kind);
            prop_assert_eq!(messages(&whole, &layout).count(), 1);
            let cut = cut.min(whole.len());
            prop_assert!(messages(&whole[..cut], &layout).count() <= 1);
        }
    }

    #[test]
    fn a_request_is_for_its_address(octets: [u8; 16], v6: bool, number: i32) {
        let address = if v6 {
            IpAddr::from(octets)
        } else {
            IpAddr::from([octets[0], octets[1], octets[2], octets[3]])
        };
        for layout in LAYOUTS {
            let request = get(address, number, &layout);
            let found = reply_to(&request, 0, number, &layout);
            prop_assert_eq!(found.map(|reply| reply.error), Some(0));
            let at = layout.route + if v6 { 8 } else { 4 };
            let length = if v6 { 16 } else { 4 };
            prop_assert_eq!(&request[at..at + length], &octets[..length]);
        }
    }
}
