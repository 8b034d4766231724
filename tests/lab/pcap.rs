//! Captures that tests write themselves: pcap with nanoseconds and raw IP, or pcapng with Ethernet
//! on several interfaces.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::PathBuf;
use std::time::{SystemTime, UNIX_EPOCH};

/// One datagram of a capture.
#[derive(Clone, Debug)]
pub struct Sent {
    /// Nanoseconds since the first datagram of the capture.
    pub time: i64,
    /// The interface of the capture.
    pub interface: u32,
    pub source: SocketAddr,
    pub to: SocketAddr,
    pub ttl: u8,
    pub class: u8,
    pub payload: Vec<u8>,
}

/// The time of the first datagram.
const EPOCH: i64 = 1_790_000_000_000_000_000;

/// A datagram from 192.0.2.5 at a time in microseconds.
pub fn datagram(micros: i64, to: &str, payload: impl AsRef<[u8]>) -> Sent {
    let to: SocketAddr = to.parse().expect("an address");
    let source: IpAddr = match to {
        SocketAddr::V4(_) => Ipv4Addr::new(192, 0, 2, 5).into(),
        SocketAddr::V6(_) => Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 5).into(),
    };
    Sent {
        time: micros * 1000,
        interface: 0,
        source: SocketAddr::new(source, 4000),
        to,
        ttl: 7,
        class: 0,
        payload: payload.as_ref().to_vec(),
    }
}

/// The IP packet of a datagram, without a UDP checksum in IPv4.
fn packet(sent: &Sent) -> Vec<u8> {
    let length = u16::try_from(sent.payload.len() + 8).expect("a datagram");
    let mut packet = match (sent.source.ip(), sent.to.ip()) {
        (IpAddr::V4(source), IpAddr::V4(to)) => {
            let total = (length + 20).to_be_bytes();
            let [high, low] = total;
            let head = [0x45, sent.class, high, low, 0, 0, 0x40, 0, sent.ttl, 17, 0, 0];
            [&head[..], &source.octets(), &to.octets()].concat()
        }
        (IpAddr::V6(source), IpAddr::V6(to)) => {
            let [high, low] = length.to_be_bytes();
            let head = [0x60 | sent.class >> 4, sent.class << 4, 0, 0, high, low, 17, sent.ttl];
            [&head[..], &source.octets(), &to.octets()].concat()
        }
        mixed => panic!("{mixed:?}"),
    };
    for field in [sent.source.port(), sent.to.port(), length, 0] {
        packet.extend(field.to_be_bytes());
    }
    [packet, sent.payload.clone()].concat()
}

/// A pcap file with these datagrams.
pub fn pcap(datagrams: &[Sent]) -> Vec<u8> {
    let mut file = Vec::new();
    for field in [0xa1b2_3c4d_u32, 0x0004_0002, 0, 0, 262_144, 101] {
        file.extend(field.to_le_bytes());
    }
    for sent in datagrams {
        let (packet, time) = (packet(sent), EPOCH + sent.time);
        let length = packet.len() as u32;
        let [seconds, nanos] = [time.div_euclid(1_000_000_000), time.rem_euclid(1_000_000_000)];
        for field in [seconds as u32, nanos as u32, length, length] {
            file.extend(field.to_le_bytes());
        }
        file.extend(packet);
    }
    file
}

fn block(kind: u32, mut body: Vec<u8>) -> Vec<u8> {
    body.resize(body.len().next_multiple_of(4), 0);
    let length = (body.len() as u32 + 12).to_le_bytes();
    [&kind.to_le_bytes()[..], &length, &body, &length].concat()
}

fn option(code: u16, value: &[u8]) -> Vec<u8> {
    let length = (value.len() as u16).to_le_bytes();
    let mut option = [&code.to_le_bytes()[..], &length, value].concat();
    option.resize(option.len().next_multiple_of(4), 0);
    option
}

/// A pcapng file with these datagrams, and with these interfaces.
pub fn pcapng(interfaces: &[&str], datagrams: &[Sent]) -> Vec<u8> {
    let section = [&0x1a2b_3c4d_u32.to_le_bytes()[..], &[1, 0, 0, 0], &[0xff; 8]].concat();
    let mut file = block(0x0a0d_0d0a, section);
    for name in interfaces {
        let link = [&[101, 0, 0, 0][..], &262_144_u32.to_le_bytes()].concat();
        let options = [option(2, name.as_bytes()), option(9, &[9]), vec![0; 4]].concat();
        file.extend(block(1, [link, options].concat()));
    }
    for sent in datagrams {
        let (packet, time) = (packet(sent), (EPOCH + sent.time) as u64);
        let length = packet.len() as u32;
        let mut body = Vec::new();
        for field in [sent.interface, (time >> 32) as u32, time as u32, length, length] {
            body.extend(field.to_le_bytes());
        }
        file.extend(block(6, [body, packet].concat()));
    }
    file
}

/// A file that is removed when the test ends.
pub struct Saved(PathBuf);

impl Saved {
    pub fn new(name: &str, bytes: &[u8]) -> Saved {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock").as_nanos();
        let path = std::env::temp_dir().join(format!("mcast-{}-{now}-{name}", std::process::id()));
        std::fs::write(&path, bytes).expect("a file");
        Saved(path)
    }

    pub fn path(&self) -> &str {
        self.0.to_str().expect("UTF-8")
    }
}

impl Drop for Saved {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}
