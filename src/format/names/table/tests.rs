//! Hand-made datagrams by the published specifications, and datagrams that have no name.

use std::collections::BTreeMap;
use std::net::IpAddr;

use proptest::prelude::*;

use super::super::industry::crc_ccitt;
use super::*;
use crate::format::kind::How;

fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

fn id(name: Option<&'static Name>) -> &'static str {
    name.map_or("", |name| name.id)
}

fn filled(start: &[u8], len: usize) -> Vec<u8> {
    let mut payload = start.to_vec();
    payload.resize(len, 0x5a);
    payload
}

fn zeroed(start: &[u8], len: usize) -> Vec<u8> {
    let mut payload = start.to_vec();
    payload.resize(len, 0);
    payload
}

/// Datagrams that are named at any port.
fn certain() -> Vec<(&'static str, Vec<u8>)> {
    let mut synchrophasor = vec![0xaa, 0x01, 0, 24];
    synchrophasor.resize(22, 7);
    let crc = crc_ccitt(&synchrophasor).to_be_bytes();
    synchrophasor.extend(crc);
    let acn = |root: u32, framing: u32| {
        let mut packet = b"\0\x10\0\0ASC-E1.17\0\0\0\x70\x6e".to_vec();
        packet.extend(root.to_be_bytes());
        packet.resize(40, 1);
        packet.extend(framing.to_be_bytes());
        packet
    };
    let collectd = b"\0\0\0\x09host\0\0\x01\0\x0c\0\0\0\0\0\0\0\x05\0\x02\0\x08cpu\0";
    vec![
        ("rtps", filled(b"RTPS\x02\x02\x01\x10", 40)),
        ("lcm", b"LC02\0\0\0\x01TEST\0data".to_vec()),
        ("lcm", filled(b"LC03\0\0\0\x01\0\x01\0\0\0\0\0\0\0\0\0\x03", 100)),
        // A data frame of 50 bytes, which takes 64.
        ("aeron", filled(b"\x32\0\0\0\0\xc0\x01\0", 64)),
        ("aeron", zeroed(b"\0\0\0\0\0\xc0\x01\0", 32)),
        ("aeron", filled(b"\x28\0\0\0\0\0\x05\0", 40)),
        ("spead", zeroed(b"\x53\x04\x03\x05\0\0\0\x02", 24)),
        ("vita49_frame", filled(b"VRLP", 32)),
        ("sap", b"\x20\0\x12\x34\x0a\0\0\x01application/sdp\0v=0\r\n".to_vec()),
        ("sap", [&zeroed(b"\x30\0\x12\x34", 20)[..], b"v=0\r\n"].concat()),
        ("rtcp", zeroed(b"\x80\xc8\0\x06", 28)),
        (
            "rtcp",
            [&zeroed(b"\x80\xc9\0\x01", 8)[..], b"\x81\xca\0\x02\0\0\0\x05\x01\x01a\0"].concat(),
        ),
        ("ptp_v1", filled(b"\0\x01\0\x01_DFLT\0", 124)),
        ("artnet", b"Art-Net\0\0\x20\0\x0e".to_vec()),
        ("sacn", acn(4, 2)),
        ("sacn_discovery", acn(8, 2)),
        ("sacn_sync", acn(8, 1)),
        ("acn", acn(1, 2)),
        ("knxnet_ip", filled(b"\x06\x10\x05\x30\0\x11", 17)),
        ("someip_sd", filled(b"\xff\xff\x81\0\0\0\0\x24", 44)),
        ("enip_io", filled(b"\x02\0\x02\x80\x08\0\x01\x02\x03\x04\x05\0\0\0\xb1\0\x06\0", 24)),
        // 5 bytes of data, padded to 8.
        ("trdp", zeroed(b"\0\0\0\x01\x01\0Pd\0\0\0\x09\0\0\0\0\0\0\0\0\0\0\0\x05", 48)),
        ("asterix", b"\x30\0\x06\xf0\x01\x02\x30\0\x07\xf0\x01\x02\x03".to_vec()),
        ("dis", zeroed(b"\x07\x01\x01\x01\0\0\0\0\0\x90\0\0", 144)),
        ("iec61162_450", b"UdPbC\0\\s:GP0001*5A\\$GPZDA".to_vec()),
        ("c37_118", synchrophasor),
        ("ssdp", b"NOTIFY * HTTP/1.1\r\nHOST: 239.255.255.250:1900\r\n\r\n".to_vec()),
        ("ssdp", b"M-SEARCH * HTTP/1.1\r\nMAN: \"ssdp:discover\"\r\n\r\n".to_vec()),
        (
            "ws_discovery",
            b"<?xml version=\"1.0\"?><s:E d=\"http://schemas.xmlsoap.org/ws/2005/04/discovery\">"
                .to_vec(),
        ),
        ("syncthing", filled(b"\x2e\xa7\xd9\x0b", 40)),
        ("bittorrent_lsd", b"BT-SEARCH * HTTP/1.1\r\n".to_vec()),
        ("minecraft", b"[MOTD]A world[/MOTD][AD]5555[/AD]".to_vec()),
        ("collectd", collectd.to_vec()),
        ("tomcat", filled(b"TRIBES-B\x01\0", 60)),
        ("json", b"{\"sensor\": 7, \"value\": 21.5}\n".to_vec()),
        ("text", "Temperatur 21,5 °C, Luftfeuchte 40 %\n".as_bytes().to_vec()),
    ]
}

/// Datagrams that are named only at their usual port.
fn at_port() -> Vec<(&'static str, &'static str, u16, Vec<u8>)> {
    let dns = b"\0\0\0\0\0\x01\0\0\0\0\0\0\x05_http\x04_tcp\x05local\0\0\x0c\0\x01".to_vec();
    // ODATA with 4 bytes of data.
    let mut pgm = zeroed(b"\x13\x88\x15\xb3\x04\0\0\0\x01\x02\x03\x04\x05\x06\0\x04", 28);
    let sum: u32 =
        pgm.chunks(2).map(|pair| u32::from(u16::from_be_bytes([pair[0], pair[1]]))).sum();
    pgm[6..8].copy_from_slice(&(!(sum as u16)).to_be_bytes());
    vec![
        ("mdns", "224.0.0.251", 5353, dns.clone()),
        ("mdns", "ff02::fb", 5353, dns.clone()),
        ("llmnr", "224.0.0.252", 5355, dns),
        ("epgm", "239.192.1.1", 5555, pgm),
        ("uftp", "230.4.4.1", 1044, filled(b"\x50\x01\0\x01", 40)),
        ("norm", "224.1.2.3", 6003, filled(b"\x12\x06\0\x01", 60)),
        ("flute", "238.1.1.95", 40085, filled(b"\x10\xa0\x04\0", 60)),
        ("opc_ua_pubsub", "224.0.2.14", 4840, filled(b"\xf1", 40)),
        ("vita49", "239.1.1.1", 4991, filled(b"\x18\x60\0\x0a", 40)),
        ("ptp", "224.0.1.129", 319, filled(b"\0\x12\0\x2c", 44)),
        ("asterix", "239.1.1.1", 8600, b"\x30\0\x06\xf0\x01\x02".to_vec()),
        ("mavlink", "239.1.1.1", 14550, filled(b"\xfd\x09\0\0\x01\x01\x01", 21)),
        ("plex", "239.0.0.250", 32414, b"M-SEARCH * HTTP/1.1\r\n\r\n".to_vec()),
        ("slp", "239.255.255.253", 427, filled(b"\x02\x01\0\0\x1e", 30)),
        ("coap", "224.0.1.187", 5683, b"\x40\x01\x12\x34\xbb.well-known".to_vec()),
        ("dhcpv6", "ff02::1:2", 547, b"\x01\x12\x34\x56\0\x08\0\x02\0\0".to_vec()),
        ("ntp", "224.0.1.1", 123, zeroed(b"\x25\x02\x06\xec", 48)),
        ("ubiquiti", "233.89.188.1", 10001, b"\x01\0\0\0".to_vec()),
        ("ganglia", "239.2.11.71", 8649, zeroed(b"\0\0\0\x80\0\0\0\x04host", 40)),
        ("hsrp", "224.0.0.2", 1985, zeroed(b"\0\0\x10\x03", 20)),
        ("hsrp", "224.0.0.102", 1985, zeroed(b"\x01\x28\x02\0", 52)),
        ("glbp", "224.0.0.102", 3222, zeroed(b"\x01\0\0\x01", 60)),
        ("rip", "224.0.0.9", 520, zeroed(b"\x02\x02\0\0", 24)),
        ("ripng", "ff02::9", 521, zeroed(b"\x02\x01\0\0", 24)),
        ("babel", "ff02::1:6", 6696, zeroed(b"\x2a\x02\0\x08", 12)),
        ("ldp", "224.0.0.2", 646, zeroed(b"\0\x01\0\x1e", 34)),
        ("vxlan", "239.1.1.1", 4789, zeroed(b"\x08\0\0\0\0\0\x64\0abcdefghijkl\x08\0", 60)),
    ]
}

#[test]
fn content_names_a_datagram_at_any_port() {
    for (expected, payload) in certain() {
        let name = by_content(&payload);
        assert_eq!(id(name), expected, "{payload:02x?}");
        assert_ne!(name.unwrap().how, How::Port);
        assert_eq!(id(by_content_at(&payload, ip("239.9.9.9"), 9)), expected);
    }
}

#[test]
fn a_weak_sign_needs_the_usual_port() {
    for (expected, group, port, payload) in at_port() {
        assert_eq!(id(by_content_at(&payload, ip(group), port)), expected, "{payload:02x?}");
        assert_ne!(id(by_content_at(&payload, ip("239.9.9.9"), 9)), expected);
        assert_eq!(id(by_port(ip(group), port)), expected);
    }
}

#[test]
fn each_sign_has_a_sample() {
    let mut signs = BTreeMap::new();
    for protocol in PROTOCOLS.iter().filter(|protocol| protocol.fits.is_some()) {
        signs.insert((protocol.found.id, protocol.alone), false);
    }
    for (id, _) in certain() {
        signs.insert((id, true), true);
    }
    for (id, ..) in at_port() {
        signs.insert((id, false), true);
    }
    assert!(signs.values().all(|shown| *shown), "{signs:?}");
}

#[test]
fn a_port_only_suggests_a_name() {
    for (expected, group, port) in [
        ("rtps", "239.255.0.1", 7400),
        ("sap", "224.2.127.254", 9875),
        ("lbm", "224.10.10.12", 14400),
        ("dante", "239.255.7.9", 4321),
        ("jgroups", "224.0.75.75", 7500),
        ("epgm", "239.1.1.1", 7500),
        ("hazelcast", "224.2.2.3", 54327),
        ("corosync", "239.1.1.1", 5405),
        ("enip_io", "239.192.4.1", 2222),
        ("", "239.1.1.1", 2222),
        ("", "ff15::1", 4321),
        ("", "239.1.1.1", 5000),
    ] {
        let name = by_port(ip(group), port);
        assert_eq!(id(name), expected, "{group}:{port}");
        assert!(name.is_none_or(|name| name.how == How::Port));
    }
}

#[test]
fn ids_are_snake_case_and_titles_are_unique() {
    let mut titles = BTreeMap::new();
    for name in all() {
        let is_snake = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'_';
        assert!(name.id.bytes().all(is_snake), "{}", name.id);
        let other = titles.insert(name.title, name.id);
        assert!(other.is_none_or(|id| id == name.id), "{}", name.title);
    }
}

#[test]
fn fillers_and_measured_formats_have_no_name() {
    let mut probe = b"MCST\x01\0".to_vec();
    probe.extend((0..58).map(|n| n as u8));
    let rtp = [&b"\x80\x60\x12\x34\0\0\0\x01\xde\xad\xbe\xef"[..], &[0x55; 1200]].concat();
    let ts = [&b"\x47\x01\0\x10"[..], &[0xff; 184]].concat().repeat(7);
    for payload in [probe, rtp, ts] {
        assert_eq!(by_content(&payload), None);
    }
    for len in 0..1500 {
        for byte in [0, 1, 0x20, 0x41, 0x80, 0xff] {
            assert_eq!(by_content(&vec![byte; len]), None, "{len} times {byte:#x}");
        }
        let counting: Vec<u8> = (0..len).map(|n| n as u8).collect();
        assert_eq!(by_content(&counting), None, "{len}");
        let numbered = [&(len as u32).to_be_bytes()[..], &vec![0; len]].concat();
        assert_eq!(by_content(&numbered), None, "{len}");
        let numbered = [&(len as u32).to_le_bytes()[..], &vec![0; len]].concat();
        assert_eq!(by_content(&numbered), None, "{len}");
    }
}

#[test]
fn short_texts_have_no_name() {
    assert_eq!(by_content(b"hello world"), None);
    assert_eq!(id(by_content(b"hello world, hello multicast\0\0\0\0")), "text");
    assert_eq!(by_content(b"hello world, hello \x1b[31mmulticast"), None);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn chance_gives_no_name(payload in proptest::collection::vec(any::<u8>(), 0..1500)) {
        prop_assert_eq!(by_content(&payload), None);
    }

    #[test]
    fn rtp_has_no_name(
        payload in proptest::collection::vec(any::<u8>(), 12..1400),
        kind in prop_oneof![0..35_u8, 96..128_u8],
    ) {
        let mut payload = payload;
        (payload[0], payload[1]) = (0x80, kind);
        prop_assert_eq!(by_content(&payload), None);
    }

    #[test]
    fn cut_and_changed_datagrams_do_not_panic(
        sample in any::<prop::sample::Index>(),
        cut in any::<prop::sample::Index>(),
        at in any::<prop::sample::Index>(),
        byte: u8,
        port: u16,
    ) {
        let mut samples: Vec<Vec<u8>> = certain().into_iter().map(|(_, payload)| payload).collect();
        samples.extend(at_port().into_iter().map(|(_, _, _, payload)| payload));
        let mut payload = sample.get(&samples).clone();
        let position = at.index(payload.len());
        payload[position] = byte;
        payload.truncate(cut.index(payload.len() + 1));
        let _ = (by_content(&payload), by_content_at(&payload, ip("224.0.0.2"), port));
        for protocol in &PROTOCOLS {
            let _ = protocol.is(&payload);
        }
    }
}
