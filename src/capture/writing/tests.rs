//! The output of a writer, read by the parsers of other projects.

use std::net::{Ipv6Addr, SocketAddr};

use etherparse::{NetSlice, SlicedPacket, TransportSlice};
use pcap_parser::pcapng::{Block, PcapNGOption};
use pcap_parser::traits::PcapReaderIterator;
use pcap_parser::{OptionCode, PcapBlockOwned, PcapError, PcapNGReader};
use proptest::prelude::*;

use super::{About, Recorded, Writer, whole_blocks};
use crate::iface::Cast;
use crate::units::UnixTime;

/// A datagram, as it is recorded and as it is read.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Datagram {
    nanos: i64,
    iface: Option<String>,
    source: SocketAddr,
    destination: SocketAddr,
    cast: Cast,
    ttl: u8,
    traffic_class: u8,
    payload: Vec<u8>,
    dropped: u64,
}

impl Datagram {
    fn recorded(&self) -> Recorded<'_> {
        Recorded {
            time: UnixTime::from_nanos(self.nanos),
            iface: self.iface.as_deref(),
            source: self.source,
            destination: self.destination,
            cast: self.cast,
            ttl: Some(self.ttl),
            traffic_class: Some(self.traffic_class),
            payload: &self.payload,
            outgoing: false,
        }
    }
}

/// The content of a file.
#[derive(Debug, Default, PartialEq, Eq)]
struct Content {
    comments: Vec<String>,
    program: String,
    datagrams: Vec<Datagram>,
    /// (position, delivered, dropped)
    statistics: Vec<(u32, u64, Option<u64>)>,
}

fn about() -> About {
    let comments = vec!["headers rebuilt".to_owned(), "mcast recv 'ü'".to_owned()];
    About { program: "mcast 1".to_owned(), os: "Linux 6".to_owned(), comments }
}

fn option<'a>(options: &'a [PcapNGOption<'a>], code: OptionCode) -> Option<&'a [u8]> {
    let option = options.iter().find(|option| option.code == code)?;
    Some(valued(option))
}

/// The value of an option without its padding.
fn valued<'a>(option: &'a PcapNGOption<'a>) -> &'a [u8] {
    &option.value[..usize::from(option.len)]
}

fn number(bytes: &[u8]) -> u64 {
    bytes.iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte))
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

fn read(file: &[u8]) -> Content {
    let (mut content, mut interfaces) = (Content::default(), Vec::new());
    let mut reader = PcapNGReader::new(1 << 20, file).unwrap();
    loop {
        match reader.next() {
            Ok((len, PcapBlockOwned::NG(block))) => {
                assert_eq!(len % 4, 0);
                take(&block, &mut interfaces, &mut content);
                reader.consume(len);
            }
            Ok(_) => panic!("a block of pcap"),
            Err(PcapError::Eof) => return content,
            Err(PcapError::Incomplete(_)) => reader.refill().unwrap(),
            Err(error) => panic!("{error:?}"),
        }
    }
}

fn take(block: &Block, interfaces: &mut Vec<Option<String>>, content: &mut Content) {
    match block {
        Block::SectionHeader(header) => {
            interfaces.clear();
            let comments =
                header.options.iter().filter(|option| option.code == OptionCode::Comment);
            content.comments = comments.map(|option| text(valued(option))).collect();
            content.program = text(option(&header.options, OptionCode::ShbUserAppl).unwrap());
        }
        Block::InterfaceDescription(interface) => {
            assert_eq!((interface.linktype.0, interface.if_tsresol), (101, 9));
            interfaces.push(option(&interface.options, OptionCode::IfName).map(text));
        }
        Block::EnhancedPacket(packet) => {
            assert_eq!(packet.caplen, packet.origlen);
            let nanos = u64::from(packet.ts_high) << 32 | u64::from(packet.ts_low);
            let bytes = &packet.data[..packet.caplen as usize];
            let flags = number(option(&packet.options, OptionCode(2)).unwrap());
            let dropped = option(&packet.options, OptionCode(4)).map_or(0, number);
            let iface = interfaces[packet.if_id as usize].clone();
            content.datagrams.push(packet_of(bytes, nanos as i64, iface, flags, dropped));
        }
        Block::InterfaceStatistics(statistics) => {
            let of = |code| option(&statistics.options, OptionCode(code)).map(number);
            let (delivered, dropped) = (of(8).unwrap(), of(7));
            assert_eq!(of(4), dropped.map(|dropped| dropped + delivered));
            content.statistics.push((statistics.if_id, delivered, dropped));
        }
        other => panic!("{other:?}"),
    }
}

/// Reads a packet, whose checksums must be right.
fn packet_of(
    bytes: &[u8],
    nanos: i64,
    iface: Option<String>,
    flags: u64,
    dropped: u64,
) -> Datagram {
    let packet = SlicedPacket::from_ip(bytes).unwrap();
    let Some(TransportSlice::Udp(udp)) = packet.transport else { panic!("no UDP") };
    let (payload, ports) = (udp.payload(), (udp.source_port(), udp.destination_port()));
    let header = udp.to_header();
    let (source, destination, ttl, traffic_class) = match packet.net.unwrap() {
        NetSlice::Ipv4(ip) => {
            let ip = ip.header();
            assert_eq!(ip.header_checksum(), ip.to_header().calc_header_checksum());
            let (source, destination) = (ip.source_addr(), ip.destination_addr());
            let sum = header.calc_checksum_ipv4_raw(ip.source(), ip.destination(), payload);
            assert_eq!((sum.unwrap(), ip.identification()), (header.checksum, 0));
            assert!(ip.dont_fragment() && !ip.more_fragments());
            let class = ip.dcp().value() << 2 | ip.ecn().value();
            (source.into(), destination.into(), ip.ttl(), class)
        }
        NetSlice::Ipv6(ip) => {
            let ip = ip.header();
            let (source, destination) = (ip.source(), ip.destination());
            let sum = header.calc_checksum_ipv6_raw(source, destination, payload);
            assert_eq!(sum.unwrap(), header.checksum);
            let (source, destination) = (ip.source_addr(), ip.destination_addr());
            (source.into(), destination.into(), ip.hop_limit(), ip.traffic_class())
        }
        NetSlice::Arp(_) => panic!("ARP"),
    };
    assert_eq!(flags & 3, 1, "inbound");
    Datagram {
        nanos,
        iface,
        source: SocketAddr::new(source, ports.0),
        destination: SocketAddr::new(destination, ports.1),
        cast: [Cast::Unicast, Cast::Multicast, Cast::Broadcast][(flags >> 2) as usize - 1],
        ttl,
        traffic_class,
        payload: payload.to_vec(),
        dropped,
    }
}

fn datagram() -> Datagram {
    Datagram {
        nanos: 1_700_000_000_123_456_789,
        iface: Some("eth0".to_owned()),
        source: SocketAddr::from(([10, 0, 0, 5], 4000)),
        destination: SocketAddr::from(([239, 1, 1, 1], 5000)),
        cast: Cast::Multicast,
        ttl: 4,
        traffic_class: 0xb8,
        payload: b"hello".to_vec(),
        dropped: 0,
    }
}

#[test]
fn an_empty_file_has_an_interface() {
    let mut writer = Writer::new(about());
    writer.begin(UnixTime::default());
    writer.end(UnixTime::from_nanos(1));
    let content = read(writer.bytes());
    assert_eq!((content.comments, content.program), (about().comments, about().program));
    assert_eq!((content.datagrams, content.statistics), (vec![], vec![(0, 0, None)]));
}

#[test]
fn the_longest_and_the_shortest_datagram_fit() {
    let mut writer = Writer::new(about());
    writer.begin(UnixTime::default());
    let datagrams = [0, 65_507].map(|len| Datagram { payload: vec![7; len], ..datagram() });
    datagrams.iter().for_each(|datagram| writer.add(&datagram.recorded()));
    writer.end(UnixTime::default());
    assert_eq!(read(writer.bytes()).datagrams, datagrams);
}

#[test]
fn a_payload_that_no_datagram_has_is_cut() {
    let mut writer = Writer::new(about());
    writer.begin(UnixTime::default());
    let long = Datagram { payload: vec![7; 70_000], ..datagram() };
    writer.add(&long.recorded());
    assert_eq!(read(writer.bytes()).datagrams[0].payload.len(), 65_507);
}

#[test]
fn a_source_of_another_family_is_unspecified() {
    let mut writer = Writer::new(about());
    writer.begin(UnixTime::default());
    let group = SocketAddr::from((Ipv6Addr::from_bits(0xff15 << 112 | 1), 5000));
    writer.add(&Datagram { destination: group, ..datagram() }.recorded());
    let source = read(writer.bytes()).datagrams[0].source;
    assert_eq!(source, SocketAddr::from((Ipv6Addr::UNSPECIFIED, 4000)));
}

#[test]
fn each_file_has_all_interfaces_and_its_own_counters() {
    let mut writer = Writer::new(about());
    writer.add_interface(Some("lo"));
    writer.note_drops(0);
    writer.begin(UnixTime::default());
    writer.take(Vec::new());
    writer.note_drops(3);
    writer.add(&datagram().recorded());
    writer.end(UnixTime::default());
    writer.take(Vec::new());

    writer.begin(UnixTime::default());
    writer.note_drops(5);
    writer.end(UnixTime::default());
    assert_eq!(writer.size(), writer.bytes().len() as u64);
    let content = read(writer.bytes());
    assert_eq!(content.statistics, [(0, 0, Some(0)), (1, 0, Some(5))]);
}

#[test]
fn whole_blocks_end_before_a_cut_one() {
    let mut writer = Writer::new(about());
    writer.begin(UnixTime::default());
    writer.add(&datagram().recorded());
    let first = writer.bytes().len();
    writer.add(&datagram().recorded());
    let bytes = writer.bytes();
    assert_eq!(whole_blocks(bytes), (bytes.len(), 2));
    assert_eq!(whole_blocks(&bytes[..bytes.len() - 1]), (first, 1));
    assert_eq!(whole_blocks(&bytes[..first + 7]), (first, 1));
    assert_eq!(whole_blocks(&[]), (0, 0));
}

#[test]
fn a_long_comment_is_cut_between_characters() {
    let comments = vec!["ü".repeat(100_000)];
    let mut writer = Writer::new(About { comments, ..about() });
    writer.begin(UnixTime::default());
    assert!(read(writer.bytes()).comments[0].len() <= 16 * 1024);
}

fn address(v6: bool) -> BoxedStrategy<SocketAddr> {
    match v6 {
        true => any::<([u8; 16], u16)>().prop_map(SocketAddr::from).boxed(),
        false => any::<([u8; 4], u16)>().prop_map(SocketAddr::from).boxed(),
    }
}

fn any_datagram() -> impl Strategy<Value = Datagram> {
    let addresses = any::<bool>().prop_flat_map(|v6| (address(v6), address(v6)));
    let casts = [Cast::Unicast, Cast::Multicast, Cast::Broadcast];
    (
        0..i64::MAX,
        prop::option::of("[a-z]{1,3}"),
        addresses,
        prop::sample::select(casts.to_vec()),
        any::<(u8, u8)>(),
        prop::collection::vec(any::<u8>(), 0..2000),
        prop_oneof![Just(0), any::<u64>().prop_map(|dropped| dropped >> 8)],
    )
        .prop_map(|(nanos, iface, (source, destination), cast, class, payload, dropped)| {
            let (ttl, traffic_class) = class;
            Datagram {
                nanos,
                iface,
                source,
                destination,
                cast,
                ttl,
                traffic_class,
                payload,
                dropped,
            }
        })
}

proptest! {
    #[test]
    fn other_parsers_read_the_same_datagrams(
        datagrams in prop::collection::vec(any_datagram(), 0..20),
    ) {
        let mut writer = Writer::new(about());
        writer.begin(UnixTime::default());
        for datagram in &datagrams {
            writer.note_drops(datagram.dropped);
            let most = writer.size_with(&datagram.recorded());
            let known = writer.interfaces.len();
            writer.add(&datagram.recorded());
            prop_assert!(writer.interfaces.len() > known || writer.size() <= most);
        }
        writer.end(UnixTime::default());
        let content = read(writer.bytes());
        prop_assert_eq!(&content.datagrams, &datagrams);
        let delivered: u64 = content.statistics.iter().map(|(_, delivered, _)| delivered).sum();
        prop_assert_eq!(delivered, datagrams.len() as u64);
        let dropped: u64 = content.statistics.iter().filter_map(|(.., dropped)| *dropped).sum();
        prop_assert_eq!(dropped, datagrams.iter().map(|datagram| datagram.dropped).sum::<u64>());
    }
}
