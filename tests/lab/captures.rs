//! Captures that tests write.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

/// A datagram in a capture.
#[derive(Clone, Debug)]
pub struct Record {
    /// The time in microseconds since 2026-11-18 11:06:40 UTC.
    pub micros: u64,
    pub source: SocketAddr,
    pub to: SocketAddr,
    pub payload: Vec<u8>,
}

const START: u64 = 1_795_000_000;

/// A datagram from 10.0.0.5:4000.
pub fn record(micros: u64, to: &str, payload: &[u8]) -> Record {
    let source = SocketAddr::from(([10, 0, 0, 5], 4000));
    Record { micros, source, to: to.parse().expect("an address and port"), payload: payload.into() }
}

/// Datagrams of text to 239.1.1.1:5000, one each 10 ms.
pub fn text_datagrams(count: u64) -> Vec<Record> {
    (0..count)
        .map(|n| record(n * 10_000, "239.1.1.1:5000", format!("text {n}").as_bytes()))
        .collect()
}

/// An RTP datagram of one source, whose clock has 90 kHz.
pub fn rtp(micros: u64, to: &str, number: u16) -> Record {
    let mut payload = vec![0x80, 96];
    payload.extend(number.to_be_bytes());
    payload.extend(((micros * 9 / 100) as u32).to_be_bytes());
    payload.extend([0xaa, 0xbb, 0xcc, 0xdd]);
    payload.extend([0; 100]);
    record(micros, to, &payload)
}

/// The packet of a record: raw IPv4 with UDP and without a UDP checksum.
pub fn packet(record: &Record) -> Vec<u8> {
    let address = |address: SocketAddr| match address.ip() {
        IpAddr::V4(address) => address,
        IpAddr::V6(_) => Ipv4Addr::UNSPECIFIED,
    };
    let len = 28 + record.payload.len() as u16;
    let mut packet = vec![0x45, 0];
    packet.extend(len.to_be_bytes());
    packet.extend([0, 0, 0x40, 0, 4, 17, 0, 0]);
    packet.extend(address(record.source).octets());
    packet.extend(address(record.to).octets());
    for number in [record.source.port(), record.to.port(), len - 20, 0] {
        packet.extend(number.to_be_bytes());
    }
    packet.extend(&record.payload);
    packet
}

/// A pcap file in microseconds, big-endian, of raw IP.
pub fn pcap(records: &[Record]) -> Vec<u8> {
    let mut file = Vec::new();
    for number in [0xa1b2_c3d4_u32, 0x0002_0004, 0, 0, 65_535, 101] {
        file.extend(number.to_be_bytes());
    }
    for record in records {
        let (packet, time) = (packet(record), START * 1_000_000 + record.micros);
        let len = packet.len() as u32;
        for number in [(time / 1_000_000) as u32, (time % 1_000_000) as u32, len, len] {
            file.extend(number.to_be_bytes());
        }
        file.extend(packet);
    }
    file
}

/// A pcapng file of raw IP, with records of numbered interfaces.
pub fn pcapng(interfaces: &[&str], records: &[(u32, Record)]) -> Vec<u8> {
    let mut file = block(
        0x0a0d_0d0a,
        &[&0x1a2b_3c4d_u32.to_le_bytes(), &1_u32.to_le_bytes(), &u64::MAX.to_le_bytes()],
    );
    for name in interfaces {
        let option = [&2_u16.to_le_bytes()[..], &(name.len() as u16).to_le_bytes()].concat();
        let padded = padded(name.as_bytes());
        file.extend(block(1, &[&[101, 0, 0, 0, 0, 0, 0, 0], &option, &padded, &[0; 4]]));
    }
    for (interface, record) in records {
        let (packet, time) = (packet(record), START * 1_000_000 + record.micros);
        let len = packet.len() as u32;
        let numbers = [*interface, (time >> 32) as u32, time as u32, len, len];
        let numbers: Vec<u8> = numbers.iter().flat_map(|number| number.to_le_bytes()).collect();
        file.extend(block(6, &[&numbers, &padded(&packet)]));
    }
    file
}

fn padded(bytes: &[u8]) -> Vec<u8> {
    let mut padded = bytes.to_vec();
    padded.resize(bytes.len().next_multiple_of(4), 0);
    padded
}

fn block(kind: u32, parts: &[&[u8]]) -> Vec<u8> {
    let body = parts.concat();
    let len = (body.len() as u32 + 12).to_le_bytes();
    [&kind.to_le_bytes()[..], &len, &body, &len].concat()
}
