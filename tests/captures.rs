//! Captures that are built byte by byte: formats, link layers, and the records that are left out.

#[path = "../fuzz/bodies/captures.rs"]
mod captures;

use std::io::Read;

use mcast::capture::{Captured, Checksum, Interface, ReadError, Reader};
use pcap_parser::traits::{PcapNGPacketBlock, PcapReaderIterator};
use pcap_parser::{Block, PcapBlockOwned, PcapError, PcapNGReader};
use proptest::prelude::*;

use captures::capture_file::{File, PacketBlock, pcap};
use captures::packets::{Datagram, LINK_TYPES, TUNNELS, VARIANTS, frame, tunnelled};

const MICROSECONDS: u32 = 0xa1b2_c3d4;
const NANOSECONDS: u32 = 0xa1b2_3c4d;
const KUZNETZOV: u32 = 0xa1b2_cd34;

const ETHERNET: u16 = 1;

fn ipv4(payload: &[u8]) -> Datagram {
    datagram("10.0.0.5:40000", "239.1.1.1:5000", payload)
}

fn ipv6(payload: &[u8]) -> Datagram {
    datagram("[fd00::5]:40000", "[ff3e::8000:1]:5000", payload)
}

fn datagram(source: &str, destination: &str, payload: &[u8]) -> Datagram {
    Datagram {
        source: source.parse().unwrap(),
        destination: destination.parse().unwrap(),
        ttl: 7,
        traffic_class: 0xb9,
        payload: payload.to_vec(),
    }
}

/// An Ethernet frame.
fn ethernet(datagram: &Datagram) -> Vec<u8> {
    frame(ETHERNET, 0, false, &datagram.packet(0)).unwrap()
}

/// A pcap file with whole frames, a second apart.
fn pcap_of(link_type: u32, frames: &[Vec<u8>]) -> Vec<u8> {
    let mut file = pcap(false, MICROSECONDS, link_type);
    for (second, frame) in (1_700_000_000..).zip(frames) {
        file.record((second, 5), 0, frame, frame.len());
    }
    file.bytes
}

/// A section with an Ethernet interface.
fn section(big_endian: bool) -> File {
    let mut file = File::default();
    file.section(big_endian);
    file.interface(ETHERNET, 0, Some(9), 0);
    file
}

/// All datagrams, as `show` renders them, and what was left out.
fn read_as<T>(bytes: &[u8], show: impl Fn(&Captured) -> T) -> (Vec<T>, String) {
    let mut reader = Reader::new(bytes);
    let mut shown = Vec::new();
    while let Some(captured) = reader.next_datagram().unwrap() {
        shown.push(show(&captured));
    }
    let omitted = reader.omitted().reasons().map(|(reason, count)| format!("{count} {reason}"));
    (shown, omitted.collect::<Vec<_>>().join(", "))
}

fn payloads(bytes: &[u8]) -> (Vec<String>, String) {
    read_as(bytes, |captured| String::from_utf8_lossy(captured.payload).into_owned())
}

fn nanos(bytes: &[u8]) -> Vec<Option<i64>> {
    read_as(bytes, |captured| captured.time.map(|time| time.nanos())).0
}

/// The first error, and the datagrams before it.
fn error(bytes: &[u8]) -> (usize, String) {
    let mut reader = Reader::new(bytes);
    let mut datagrams = 0;
    loop {
        match reader.next_datagram() {
            Ok(Some(_)) => datagrams += 1,
            Ok(None) => panic!("no error after {datagrams} datagrams"),
            Err(error) => return (datagrams, error.to_string()),
        }
    }
}

#[test]
fn each_link_layer_gives_the_whole_datagram() {
    for link_type in LINK_TYPES {
        for (variant, big_endian) in (0..VARIANTS).flat_map(|v| [(v, false), (v, true)]) {
            for datagram in [ipv4(b"hello"), ipv6(b"hello"), ipv4(b""), ipv6(b"")] {
                let packet = datagram.packet(variant);
                let Some(frame) = frame(link_type, variant, big_endian, &packet) else { continue };
                let mut file = pcap(big_endian, MICROSECONDS, link_type.into());
                file.record((1, 0), 0, &frame, frame.len());
                let context = format!("link type {link_type}, variant {variant}, {datagram:?}");
                let (datagrams, omitted) = read_as(&file.bytes, |captured| {
                    assert_eq!(captured.checksum, Checksum::Right, "{context}");
                    let Captured { source, destination, ttl, traffic_class, payload, .. } =
                        *captured;
                    let payload = payload.to_vec();
                    Datagram { source, destination, ttl, traffic_class, payload }
                });
                assert_eq!((datagrams, omitted), (vec![datagram], String::new()), "{context}");
            }
        }
    }
}

/// The addresses of a tunnel.
fn outer(kind: u8) -> Datagram {
    if kind & 1 == 0 {
        datagram("192.0.2.1:1", "192.0.2.2:1", b"")
    } else {
        datagram("[2001:db8::1]:1", "[2001:db8::2]:1", b"")
    }
}

#[test]
fn a_tunnel_gives_the_datagram_in_it() {
    for (kind, inner) in (0..60).flat_map(|kind| [(kind, ipv4(b"hello")), (kind, ipv6(b"hello"))]) {
        let outer = outer(kind / TUNNELS);
        let packet = inner.packet(0);
        let whole = vec![outer.tunnel(kind, &packet)];
        // Mirrored frames are often longer than the MTU of the path.
        let fragments = outer.fragments_of(tunnelled(kind, &packet), 7, 24, 0);
        for packets in [whole, fragments] {
            let (datagrams, omitted) = read_as(&pcap_of(101, &packets), |captured| {
                assert_eq!(captured.checksum, Checksum::Right, "{kind}");
                let Captured { source, destination, ttl, traffic_class, payload, .. } = *captured;
                Datagram { source, destination, ttl, traffic_class, payload: payload.to_vec() }
            });
            let expected = (vec![inner.clone()], String::new());
            assert_eq!((datagrams, omitted), expected, "kind {kind}");
        }
    }
}

#[test]
fn fragments_in_a_tunnel_are_one_datagram() {
    let fragments = ipv4(&[7; 100]).fragments(7, 64, 0);
    let packets: Vec<Vec<u8>> = fragments.iter().map(|packet| outer(0).tunnel(5, packet)).collect();
    let (datagrams, omitted) = read_as(&pcap_of(101, &packets), |captured| captured.payload.len());
    assert_eq!((datagrams, omitted), (vec![100], String::new()));
    let twice = outer(0).fragments_of(tunnelled(5, &fragments[0]), 8, 64, 0);
    assert_eq!(payloads(&pcap_of(101, &twice)).1, "1 with missing fragments");
}

#[test]
fn a_mirrored_frame_may_be_cut() {
    let inner = ipv4(b"hello");
    let mut mirrored = outer(0).tunnel(5, &inner.packet(0));
    // The outer header, GRE with a number, and the bit for a cut frame.
    mirrored[20 + 8 + 2] |= 4;
    assert_eq!(payloads(&pcap_of(101, &[mirrored.clone()])).0, ["hello"]);
    mirrored.pop();
    let len = mirrored.len() as u16;
    mirrored[2..4].copy_from_slice(&len.to_be_bytes());
    let (datagrams, omitted) = payloads(&pcap_of(101, &[mirrored]));
    assert_eq!((datagrams.len(), omitted.as_str()), (0, "1 cut by the snap length"));
}

#[test]
fn nested_tunnels_and_unknown_ones_are_left_out() {
    let mut nested = ipv4(b"hello").packet(0);
    for level in 1..=5 {
        nested = outer(0).tunnel(0, &nested);
        let expected = if level < 5 { (1, "") } else { (0, "1 not UDP") };
        let (datagrams, omitted) = payloads(&pcap_of(101, &[nested.clone()]));
        assert_eq!((datagrams.len(), omitted.as_str()), expected, "{level} levels");
    }
    let packet = outer(0).tunnel(1, &ipv4(b"hello").packet(0));
    let changed = |at: usize, value: u8| {
        let mut packet = packet.clone();
        packet[20 + at] = value;
        packet
    };
    // Source routes, the version of PPTP, and a protocol that is no IP.
    let packets = [changed(0, 0x40), changed(1, 1), changed(3, 6)];
    assert_eq!(payloads(&pcap_of(101, &packets)).1, "1 not IP, 2 not UDP");
}

#[test]
fn the_link_layer_states_vlan_device_and_direction() {
    let details = |link_type, variant| {
        let frame = frame(link_type, variant, false, &ipv4(b"hello").packet(0)).unwrap();
        let file = pcap_of(link_type.into(), &[frame]);
        read_as(&file, |captured| (captured.vlan, captured.device, captured.outgoing)).0[0]
    };
    assert_eq!(details(1, 0), (None, None, false));
    assert_eq!(details(1, 2), (Some(7), None, false));
    assert_eq!(details(1, 3), (Some(5), None, false));
    assert_eq!(details(1, 4), (Some(9), None, false));
    assert_eq!(details(113, 4), (None, None, true));
    assert_eq!(details(276, 4), (None, Some(3), true));
    assert_eq!(details(276, 2), (None, Some(3), false));
}

#[test]
fn each_variant_of_pcap_has_its_times() {
    let frame = ethernet(&ipv4(b"hello"));
    for big_endian in [false, true] {
        for (magic, more, expected) in [
            (MICROSECONDS, 0, 2_000_123_000),
            (NANOSECONDS, 0, 2_000_000_123),
            (KUZNETZOV, 8, 2_000_123_000),
        ] {
            // The upper bits state a frame check sequence.
            let mut file = pcap(big_endian, magic, 0x3000_0001);
            file.record((2, 123), more, &frame, frame.len());
            assert_eq!(nanos(&file.bytes), [Some(expected)], "{magic:#x}");
        }
    }
}

#[test]
fn a_section_resets_the_byte_order_and_the_interfaces() {
    let frame = ethernet(&ipv4(b"hello"));
    let mut file = File::default();
    for (big_endian, resolution, offset, expected) in
        [(false, None, 0, 5000), (true, Some(9), 2, 2_000_000_005), (true, Some(0x81), -1, 0)]
    {
        file.section(big_endian);
        file.interface(ETHERNET, 0, resolution, offset);
        let ticks = if resolution == Some(0x81) { 2 } else { 5 };
        file.packet(PacketBlock::Enhanced, 0, ticks, &frame, (frame.len(), None));
        assert_eq!(nanos(&file.bytes).last(), Some(&Some(expected)));
    }
    file.section(false);
    file.packet(PacketBlock::Enhanced, 0, 5, &frame, (frame.len(), None));
    let (datagrams, error) = error(&file.bytes);
    assert_eq!(datagrams, 3);
    assert!(error.ends_with("a packet of interface 0, which the capture does not describe"));
}

#[test]
fn the_same_interface_of_the_next_section_keeps_its_position() {
    let frame = ethernet(&ipv4(b"hello"));
    let mut file = section(false);
    file.interface(101, 0, None, 0);
    file.packet(PacketBlock::Enhanced, 0, 5, &frame, (frame.len(), None));
    // A recording that was continued, and one with another link type.
    for link_type in [ETHERNET, 276, ETHERNET] {
        file.section(true);
        file.interface(link_type, 0, None, 0);
        if link_type == ETHERNET {
            file.packet(PacketBlock::Enhanced, 0, 5, &frame, (frame.len(), None));
        }
    }
    let mut reader = Reader::new(&file.bytes[..]);
    let mut positions = Vec::new();
    while let Some(captured) = reader.next_datagram().unwrap() {
        positions.push(captured.interface);
    }
    assert_eq!(positions, [0, 0, 3]);
    let link_types = reader.interfaces().iter().map(|interface| interface.link_type);
    assert_eq!(link_types.collect::<Vec<_>>(), [1, 101, 276, 1]);
    assert_eq!(reader.interfaces()[0].name.as_deref(), Some("eth0"));
}

#[test]
fn simple_packets_have_no_time_and_old_ones_have() {
    let frame = ethernet(&ipv4(b"hello"));
    for big_endian in [false, true] {
        let mut file = section(big_endian);
        for kind in [PacketBlock::Simple, PacketBlock::Old, PacketBlock::Enhanced] {
            file.packet(kind, 0, 1 << 40, &frame, (frame.len(), None));
        }
        assert_eq!(nanos(&file.bytes), [None, Some(1 << 40), Some(1 << 40)]);
    }
}

#[test]
fn the_snap_length_bounds_simple_packets() {
    let frame = ethernet(&ipv4(b"hello"));
    let mut file = File::default();
    file.section(false);
    file.interface(ETHERNET, 30, None, 0);
    file.packet(PacketBlock::Simple, 0, 0, &frame[..30], (frame.len(), None));
    assert_eq!(payloads(&file.bytes), (vec![], "1 cut by the snap length".to_owned()));
}

#[test]
fn flags_and_statistics_state_direction_and_drops() {
    let frame = ethernet(&ipv4(b"hello"));
    let mut file = section(true);
    file.packet(PacketBlock::Enhanced, 0, 1, &frame, (frame.len(), Some(9)));
    file.packet(PacketBlock::Enhanced, 0, 2, &frame, (frame.len(), Some(10)));
    // The interface and the system dropped packets.
    file.block(5, |block| {
        (0..3).for_each(|_| block.u32(0));
        block.option(5, &3_u64.to_be_bytes());
        block.option(7, &4_u64.to_be_bytes());
    });
    // A block of the old kind states the drops before it.
    file.block(2, |block| {
        for number in [7, 0, 3, frame.len() as u32, frame.len() as u32] {
            block.u32(number);
        }
        block.bytes.extend(&frame);
    });
    let mut reader = Reader::new(&file.bytes[..]);
    let mut outgoing = Vec::new();
    while let Some(captured) = reader.next_datagram().unwrap() {
        outgoing.push(captured.outgoing);
    }
    assert_eq!(outgoing, [false, true, false]);
    assert_eq!((reader.interfaces()[0].dropped, reader.dropped()), (Some(7), 7));
}

#[test]
fn a_pcap_file_has_one_interface_and_states_its_progress() {
    let file = pcap_of(1, &[ethernet(&ipv4(b"1")), ethernet(&ipv6(b"2"))]);
    let mut reader = Reader::new(&file[..]);
    assert_eq!((reader.times(), reader.records(), reader.position()), (None, 0, 0));
    while reader.next_datagram().unwrap().is_some() {}
    let interface = Interface { link_type: ETHERNET, ..Interface::default() };
    assert_eq!(reader.interfaces(), [interface]);
    let times = reader.times().map(|(first, last)| (first.nanos(), last.nanos()));
    assert_eq!(times, Some((1_700_000_000_000_005_000, 1_700_000_001_000_005_000)));
    assert_eq!((reader.records(), reader.position(), reader.cut()), (2, file.len() as u64, None));
}

#[test]
fn ip_bounds_the_datagram_and_not_the_frame() {
    let mut padded = ethernet(&ipv4(b"1"));
    padded.resize(60, 0xee);
    // Segmentation offload: no length in the IP header.
    let mut offloaded = ethernet(&ipv4(b"2"));
    offloaded[16..18].fill(0);
    // Options of UDP (RFC 9868) behind the datagram.
    let mut with_options = ethernet(&ipv4(b"3456"));
    with_options[39] -= 3;
    let file = pcap_of(1, &[padded, offloaded, with_options]);
    assert_eq!(payloads(&file), (vec!["1".into(), "2".into(), "3".into()], String::new()));
}

#[test]
fn records_without_a_datagram_are_counted_by_reason() {
    let mut arp = vec![1; 12];
    arp.extend([8, 6, 0, 1]);
    let whole = ethernet(&ipv4(b"hello"));
    let changed = |at: usize, value: u8| {
        let mut frame = whole.clone();
        frame[at] = value;
        frame
    };
    let frames = [
        arp,
        // ICMP, which may quote a datagram.
        changed(23, 1),
        // A version, a header length, a packet length and datagram lengths that are impossible.
        changed(14, 0x55),
        changed(14, 0x44),
        changed(17, 10),
        changed(39, 7),
        changed(39, 200),
        vec![1; 5],
        whole.clone(),
    ];
    let (datagrams, omitted) = payloads(&pcap_of(1, &frames));
    assert_eq!(datagrams, ["hello"]);
    assert_eq!(omitted, "1 not IP, 1 not UDP, 6 malformed");

    let (datagrams, omitted) = payloads(&pcap_of(127, std::slice::from_ref(&whole)));
    assert_eq!(
        (datagrams.len(), omitted.as_str()),
        (0, "1 of link type 127 (IEEE 802.11 with radiotap header)")
    );

    let mut file = section(false);
    for link_type in 1000..1020 {
        file.interface(link_type, 0, None, 0);
        file.packet(PacketBlock::Enhanced, link_type - 999, 0, &whole, (whole.len(), None));
    }
    let (_, omitted) = payloads(&file.bytes);
    assert!(omitted.ends_with("1 of link type 1015, 4 of further link types"), "{omitted}");
}

#[test]
fn a_datagram_that_the_snap_length_cut_is_left_out() {
    let mut trailed = ethernet(&ipv4(b"hello"));
    let whole = trailed.len();
    trailed.extend([0; 20]);
    let mut file = pcap(false, MICROSECONDS, 1);
    for kept in [1, 20, 40, whole - 1, whole, whole + 5] {
        file.record((1, 0), 0, &trailed[..kept], trailed.len());
    }
    let (datagrams, omitted) = payloads(&file.bytes);
    assert_eq!((datagrams.len(), omitted.as_str()), (2, "4 cut by the snap length"));
}

#[test]
fn fragments_of_two_interfaces_are_separate_datagrams() {
    for datagram in [ipv4(&[b'x'; 100]), ipv6(&[b'x'; 100])] {
        let mut file = section(false);
        file.interface(ETHERNET, 0, Some(9), 0);
        for (number, packet) in datagram.fragments(9, 64, 2).iter().enumerate() {
            let frame = frame(ETHERNET, 2, false, packet).unwrap();
            for interface in 0..2 {
                let time = number as u64;
                file.packet(PacketBlock::Enhanced, interface, time, &frame, (frame.len(), None));
            }
        }
        let (found, omitted) = read_as(&file.bytes, |captured| {
            assert_eq!(captured.checksum, Checksum::Right);
            (captured.interface, captured.payload.len(), captured.time.map(|time| time.nanos()))
        });
        // The time is that of the last fragment.
        let last = Some(datagram.fragments(9, 64, 2).len() as i64 - 1);
        assert_eq!(found, [(0, 100, last), (1, 100, last)]);
        assert_eq!(omitted, "");
    }
}

#[test]
fn incomplete_fragments_count_once() {
    let packets = ipv4(&[b'x'; 300]).fragments(9, 64, 0);
    let frames: Vec<_> =
        packets[1..].iter().map(|packet| frame(ETHERNET, 0, false, packet).unwrap()).collect();
    assert_eq!(payloads(&pcap_of(1, &frames)), (vec![], "1 with missing fragments".to_owned()));
}

#[test]
fn a_checksum_is_right_wrong_or_absent() {
    let checksums = |bytes: &[u8]| read_as(bytes, |captured| captured.checksum).0;
    let (right, mut wrong, mut absent) =
        (ethernet(&ipv4(b"odd")), ethernet(&ipv6(b"even")), ethernet(&ipv4(b"")));
    wrong[60] ^= 1;
    absent[40..42].fill(0);
    let file = pcap_of(1, &[right.clone(), wrong, absent]);
    assert_eq!(checksums(&file), [Checksum::Right, Checksum::Wrong, Checksum::Absent]);
    let many = checksums(&pcap_of(1, &vec![right; 5000]));
    assert_eq!((many[0], many[4999]), (Checksum::Right, Checksum::Unchecked));
}

#[test]
fn a_cut_last_record_keeps_those_before() {
    let frame = ethernet(&ipv4(b"hello"));
    let mut pcapng = section(false);
    for _ in 0..2 {
        pcapng.packet(PacketBlock::Enhanced, 0, 0, &frame, (frame.len(), None));
    }
    for file in [pcap_of(1, &[frame.clone(), frame.clone()]), pcapng.bytes] {
        let mut cuts = Vec::new();
        for len in file.len() - 40..file.len() {
            let mut reader = Reader::new(&file[..len]);
            assert!(reader.next_datagram().unwrap().is_some());
            assert!(reader.next_datagram().unwrap().is_none());
            cuts.push(reader.cut());
        }
        // All of them are within the second record.
        assert!(cuts[0].is_some() && cuts.iter().all(|cut| *cut == cuts[0]), "{cuts:?}");
    }
}

#[test]
fn damage_ends_with_its_position() {
    let frame = ethernet(&ipv4(b"hello"));
    let first = 24 + 16 + frame.len();
    for (damage, message) in
        [(&[0xff; 16], "a record of 4294967295 bytes"), (&[0x00; 16], "zeroes instead of a record")]
    {
        let mut file = pcap_of(1, std::slice::from_ref(&frame));
        file.extend(damage);
        assert_eq!(error(&file), (1, format!("it is damaged at byte {first}: {message}")));
    }
    let mut file = section(false);
    file.packet(PacketBlock::Enhanced, 0, 0, &frame, (frame.len(), None));
    let before = file.bytes.len();
    file.packet(PacketBlock::Enhanced, 0, 0, &frame, (frame.len(), None));
    let block = file.bytes.len() - before;
    for (at, value, message) in [
        (4, 0, "a block of 0 bytes".to_owned()),
        (4, 9, "a block of 9 bytes".to_owned()),
        (block - 4, 0, format!("a block of {block} bytes whose end states 0 bytes")),
        (8, 1, "a packet of interface 1, which the capture does not describe".to_owned()),
        (21, 1, "a block that exceeds its length".to_owned()),
    ] {
        let mut damaged = file.bytes.clone();
        damaged[before + at] = value;
        let expected = format!("it is damaged at byte {before}: {message}");
        assert_eq!(error(&damaged), (1, expected));
    }
}

#[test]
fn other_files_are_refused_by_name() {
    for (bytes, expected) in [
        (&b""[..], "it is empty"),
        (b"\x1f\x8b\x08", "it is compressed with gzip"),
        (b"snoop\0\0\0\0\0\0\x02", "it is in the snoop format; mcast reads pcap and pcapng"),
        (b"0000  01 00 5e 01", "it is a hex dump, not a capture"),
        (
            b"\xa1\xb2\xc3\xd4\0\x02\0\x04",
            "it is damaged at byte 0: the file ends within its header",
        ),
        (
            b"\x0a\x0d\x0d\x0a\x1c\0\0\0abcd",
            "it is damaged at byte 0: a section without a byte order",
        ),
    ] {
        assert_eq!(error(bytes), (0, expected.to_owned()));
    }
    let mut old = pcap_of(1, &[]);
    old[6] = 3;
    assert_eq!(error(&old), (0, "pcap version 2.3 is not supported".to_owned()));
    let mut future = section(false).bytes;
    future[12] = 2;
    assert_eq!(error(&future), (0, "pcapng version 2.0 is not supported".to_owned()));
}

/// A signature decides before the input has more bytes.
#[test]
fn a_compressed_stream_is_refused_at_once() {
    struct Pipe(bool);
    impl Read for Pipe {
        fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
            if std::mem::replace(&mut self.0, true) {
                return Err(std::io::ErrorKind::WouldBlock.into());
            }
            into[..4].copy_from_slice(b"\x1f\x8b\x08\0");
            Ok(4)
        }
    }
    assert!(matches!(Reader::new(Pipe(false)).next_datagram(), Err(ReadError::Foreign(_))));
}

#[test]
fn long_blocks_are_passed_over_without_memory() {
    let frame = ethernet(&ipv4(b"hello"));
    let mut file = section(false);
    file.block(0x0bad, |block| block.bytes.resize(3 << 20, 1));
    file.packet(PacketBlock::Enhanced, 0, 0, &vec![1; 2 << 20], (2 << 20, None));
    file.packet(PacketBlock::Enhanced, 0, 0, &frame, (frame.len(), None));
    assert_eq!(payloads(&file.bytes), (vec!["hello".to_owned()], "1 malformed".to_owned()));
}

#[test]
fn a_reader_pauses_in_a_capture_without_datagrams() {
    let mut frame = ethernet(&ipv4(&[0; 60_000]));
    frame[23] = 6;
    let file = pcap_of(1, &vec![frame; 600]);
    let mut reader = Reader::new(&file[..]);
    let mut pauses = 0;
    while let Err(error) = reader.next_datagram() {
        assert!(matches!(error, ReadError::Pause) && error.is_temporary());
        pauses += 1;
    }
    assert_eq!((pauses, reader.records()), (2, 600));
}

/// The bytes of all enhanced packets, by another reader.
fn frames_by_pcap_parser(bytes: &[u8]) -> Vec<Vec<u8>> {
    let mut reader = PcapNGReader::new(1 << 16, bytes).unwrap();
    let mut frames = Vec::new();
    loop {
        match reader.next() {
            Ok((offset, block)) => {
                if let PcapBlockOwned::NG(Block::EnhancedPacket(packet)) = block {
                    frames.push(packet.packet_data().to_vec());
                }
                reader.consume(offset);
            }
            Err(PcapError::Eof) => return frames,
            Err(PcapError::Incomplete(_)) => reader.refill().unwrap(),
            Err(error) => panic!("{error:?}"),
        }
    }
}

proptest! {
    #[test]
    fn arbitrary_bytes_end(bytes in proptest::collection::vec(any::<u8>(), 0..500), magic: u8) {
        let magic: &[u8] = match magic % 4 {
            0 => b"\x0a\x0d\x0d\x0a\x1c\0\0\0\x4d\x3c\x2b\x1a\x01\0\0\0\xff\xff\xff\xff\xff\xff\xff\xff\x1c\0\0\0",
            1 => b"\xd4\xc3\xb2\xa1\x02\0\x04\0\0\0\0\0\0\0\0\0\0\0\x04\0\x01\0\0\0",
            2 => b"\xa1\xb2\x3c\x4d\0\x02\0\x04\0\0\0\0\0\0\0\0\0\x04\0\0\0\0\0\x65",
            _ => b"",
        };
        captures::run(&[magic, &bytes].concat());
    }

    #[test]
    fn programs_give_their_datagrams(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        captures::run(&bytes);
    }

    #[test]
    fn another_reader_finds_the_same_payloads(
        lens in proptest::collection::vec(0_usize..2000, 1..20),
        big_endian: bool,
    ) {
        let mut file = section(big_endian);
        for (time, len) in lens.iter().enumerate() {
            let frame = ethernet(&ipv4(&vec![time as u8; *len]));
            file.packet(PacketBlock::Enhanced, 0, time as u64, &frame, (frame.len(), Some(1)));
        }
        let expected: Vec<Vec<u8>> = frames_by_pcap_parser(&file.bytes)
            .iter()
            .map(|frame| {
                let sliced = etherparse::SlicedPacket::from_ethernet(frame).unwrap();
                let Some(etherparse::TransportSlice::Udp(udp)) = sliced.transport else {
                    panic!("{sliced:?}");
                };
                udp.payload().to_vec()
            })
            .collect();
        prop_assert_eq!(read_as(&file.bytes, |captured| captured.payload.to_vec()).0, expected);
    }
}
