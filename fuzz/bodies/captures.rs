//! Capture files, read at once and in pieces: arbitrary bytes, and files that a program builds and
//! damages.
//!
//! Bytes that begin as a capture are read as one. All others are a program: each instruction adds a
//! datagram, a block or damage. An undamaged file returns each of its datagrams.

#[path = "bytes.rs"]
mod bytes;
#[path = "capture_file.rs"]
pub mod capture_file;
#[path = "packets.rs"]
pub mod packets;
#[path = "trickle.rs"]
mod trickle;

use std::io::Read;
use std::net::SocketAddr;

use mcast::capture::{Captured, Checksum, ReadError, Reader};
use mcast::input::Place;

use self::bytes::Bytes;
use self::capture_file::{File, PacketBlock, pcap};
use self::packets::{Datagram, LINK_TYPES, frame};
use self::trickle::Trickle;

/// A limit for the run time: more instructions reach no further states.
const MOST_INSTRUCTIONS: u32 = 300;

/// The memory of incomplete packets, in bytes, and a fragment more.
const MOST_FRAGMENTS: usize = (64 << 20) + (1 << 17);

/// The longest record, in bytes.
const MOST_PAYLOAD: usize = 1 << 20;

/// Reads a capture, or builds one and reads it.
///
/// # Panics
/// If a reader contradicts itself, another reader of the same bytes, or the program.
pub fn run(bytes: &[u8]) {
    const BEGINNINGS: [&[u8]; 8] = [
        b"\xa1\xb2\xc3\xd4",
        b"\xd4\xc3\xb2\xa1",
        b"\xa1\xb2\x3c\x4d",
        b"\x4d\x3c\xb2\xa1",
        b"\xa1\xb2\xcd\x34",
        b"\x34\xcd\xb2\xa1",
        b"\x0a\x0d\x0d\x0a",
        b"\x1f\x8b",
    ];
    if BEGINNINGS.iter().any(|magic| bytes.starts_with(magic)) {
        check(bytes);
        return;
    }
    let built = build(&mut Bytes(bytes));
    let read = check(&built.file.bytes);
    if built.damaged {
        return;
    }
    assert_eq!(read.error, None, "an undamaged file is read: {built:?}");
    assert_eq!(read.datagrams, built.datagrams);
}

/// The content of a capture.
#[derive(Debug, Default, PartialEq, Eq)]
struct Content {
    datagrams: Vec<(Datagram, Option<i64>, bool)>,
    others: u64,
    records: u64,
    interfaces: usize,
    cut: Option<u64>,
    error: Option<String>,
}

/// Reads a capture at once and in pieces.
fn check(bytes: &[u8]) -> Content {
    let whole = read(bytes, bytes.len());
    let seed = bytes.iter().fold(1, |seed: u64, byte| seed.wrapping_mul(31) + u64::from(*byte));
    let most = if bytes.len() < 4096 { 1 + seed % 40 } else { 1 + seed % 4000 };
    assert_eq!(read(Trickle::new(bytes, seed, most), bytes.len()), whole);
    whole
}

fn read(input: impl Read, len: usize) -> Content {
    let mut reader = Reader::new(input);
    let mut content = Content::default();
    // Each call returns a datagram of at least a header, or waits once for each piece.
    for _ in 0..=4 * len + 4 {
        match reader.next_datagram() {
            Ok(Some(captured)) => content.datagrams.push(datagram(&captured)),
            Ok(None) => {
                check_end(&reader, len, &mut content);
                return content;
            }
            Err(error) if error.is_temporary() => {}
            Err(error) => {
                let tip = error.tip("mcast recv --read", &Place::Standard);
                assert!(!matches!(error, ReadError::Io(_)), "{error}");
                assert!(tip.is_none_or(|tip| !tip.is_empty()));
                content.error = Some(error.to_string());
                assert!(matches!(reader.next_datagram(), Ok(None)), "an error is the end");
                check_end(&reader, len, &mut content);
                return content;
            }
        }
        assert!(reader.fragment_bytes() <= MOST_FRAGMENTS, "{} bytes", reader.fragment_bytes());
    }
    panic!("no end after {} datagrams", content.datagrams.len());
}

fn datagram(captured: &Captured) -> (Datagram, Option<i64>, bool) {
    let Captured { source, destination, ttl, traffic_class, payload, .. } = *captured;
    assert_eq!(source.is_ipv4(), destination.is_ipv4());
    assert!(payload.len() <= MOST_PAYLOAD && captured.vlan.is_none_or(|id| id < 4096));
    let payload = payload.to_vec();
    let datagram = Datagram { source, destination, ttl, traffic_class, payload };
    (datagram, captured.time.map(|time| time.nanos()), captured.checksum == Checksum::Right)
}

fn check_end<R: Read>(reader: &Reader<R>, len: usize, content: &mut Content) {
    let datagrams = content.datagrams.len() as u64;
    let (records, others) = (reader.records(), reader.omitted().total());
    let named: u64 = reader.omitted().reasons().map(|(_, count)| count).sum();
    assert_eq!(named, others);
    // The fragments of a datagram count together.
    assert!(datagrams + others <= records, "{datagrams} and {others} of {records}");
    assert!(reader.position() <= len as u64 && reader.fragment_bytes() == 0);
    assert!(reader.cut().is_none_or(|cut| cut <= len as u64));
    assert!(reader.interfaces().len() <= len / 20 + 1);
    let (cut, interfaces) = (reader.cut(), reader.interfaces().len());
    *content = Content { others, records, interfaces, cut, ..std::mem::take(content) };
}

/// A file, and what it holds.
#[derive(Debug)]
struct Built {
    file: File,
    format: Format,
    link_type: u16,
    /// The datagrams in order, with their times in ns and whether the checksum is right.
    datagrams: Vec<(Datagram, Option<i64>, bool)>,
    damaged: bool,
    /// In ns from the Unix epoch.
    now: u64,
    id: u16,
}

/// The format, with the record header's additional length, or with the resolution.
#[derive(Clone, Copy, Debug)]
enum Format {
    Pcap { nanoseconds: bool, more: usize },
    Pcapng { resolution: Option<u8>, offset: i64 },
}

fn build(bytes: &mut Bytes) -> Built {
    let [kind, link_type, order] = bytes.array();
    let link_type = LINK_TYPES[usize::from(link_type) % LINK_TYPES.len()];
    let big_endian = order & 1 != 0;
    let magic = [0xa1b2_c3d4, 0xa1b2_3c4d, 0xa1b2_cd34][usize::from(kind % 3)];
    let format = if kind < 128 {
        let more = if magic == 0xa1b2_cd34 { 8 } else { 0 };
        Format::Pcap { nanoseconds: magic == 0xa1b2_3c4d, more }
    } else {
        let resolution = [None, Some(9), Some(0x94), Some(3)][usize::from(kind % 4)];
        Format::Pcapng { resolution, offset: [0, 0, -5, 1_000_000_000][usize::from(order >> 6)] }
    };
    let mut file = pcap(big_endian, magic, u32::from(link_type) | u32::from(order & 2) << 28);
    if let Format::Pcapng { resolution, offset } = format {
        file = File::default();
        file.section(big_endian);
        file.interface(link_type, 0, resolution, offset);
    }
    let now = 1_700_000_000_000_000_000;
    let datagrams = Vec::new();
    let mut built = Built { file, format, link_type, datagrams, damaged: false, now, id: 0 };
    for _ in 0..MOST_INSTRUCTIONS {
        if bytes.0.is_empty() {
            break;
        }
        built.step(bytes);
    }
    built
}

impl Built {
    fn step(&mut self, bytes: &mut Bytes) {
        let [instruction, detail] = bytes.array();
        self.now += u64::from(detail) << (detail % 24);
        match instruction % 16 {
            0..=5 => {
                let datagram = datagram_of(instruction >> 4, detail, bytes);
                self.add(&[datagram.packet(detail % 5)], detail, instruction, &datagram);
            }
            6..=8 => {
                let datagram = datagram_of(instruction >> 4, detail, bytes);
                let [size, order] = bytes.array();
                self.id = self.id.wrapping_add(1);
                let size = 8 * (1 + usize::from(size % 16));
                let mut packets = datagram.fragments(self.id, size, detail % 5);
                if order & 1 != 0 {
                    packets.reverse();
                }
                if order & 2 != 0 && packets.len() > 1 {
                    // A copy is harmless.
                    packets.insert(0, packets[0].clone());
                }
                self.add(&packets, detail, instruction, &datagram);
            }
            9 => self.other_blocks(detail, bytes),
            10 => self.new_section(detail),
            11 => self.cut_frame(detail, bytes),
            12 => self.damage(bytes),
            13 if detail & 7 == 0 => {
                self.damaged = true;
                let len = self.file.bytes.len();
                self.file.bytes.truncate(len - usize::from(bytes.u8()).min(len));
            }
            14 if detail & 3 == 0 => {
                self.damaged = true;
                let many = bytes.u8();
                self.file.bytes.extend(bytes.take(many.into()));
            }
            15 if detail & 1 == 0 => {
                let datagram = datagram_of(instruction >> 4, detail, bytes);
                let outer = datagram_of(instruction >> 5, detail, bytes);
                let packet = outer.tunnel(detail >> 1, &datagram.packet(detail % 3));
                self.add(&[packet], detail, instruction, &datagram);
            }
            _ => {
                let many = bytes.u8();
                let frame = bytes.take(many.into());
                self.damaged = true;
                self.record(&frame, frame.len(), instruction);
            }
        }
    }

    /// Adds the packets of a datagram.
    fn add(&mut self, packets: &[Vec<u8>], variant: u8, block: u8, datagram: &Datagram) {
        let frames: Option<Vec<_>> = packets
            .iter()
            .map(|packet| frame(self.link_type, variant, self.file.big_endian, packet))
            .collect();
        let Some(frames) = frames else { return };
        let mut time = None;
        for frame in &frames {
            time = self.record(frame, frame.len(), block);
        }
        self.datagrams.push((datagram.clone(), time, true));
    }

    /// Writes a record. Returns its time.
    fn record(&mut self, frame: &[u8], original: usize, block: u8) -> Option<i64> {
        const SECOND: u64 = 1_000_000_000;
        match self.format {
            Format::Pcap { nanoseconds, more } => {
                let (unit, nanos) =
                    if nanoseconds { (1, self.now % SECOND) } else { (1000, self.now % SECOND) };
                let fraction = (nanos / unit) as u32;
                self.file.record(((self.now / SECOND) as u32, fraction), more, frame, original);
                Some((self.now / unit * unit) as i64)
            }
            Format::Pcapng { resolution, offset } => {
                let kind = match block >> 4 & 7 {
                    0 => PacketBlock::Simple,
                    1 => PacketBlock::Old,
                    _ => PacketBlock::Enhanced,
                };
                let ticks = match resolution {
                    None => self.now / 1000,
                    Some(9) => self.now,
                    Some(3) => self.now / 1_000_000,
                    _ => (u128::from(self.now) << 20).div_euclid(u128::from(SECOND)) as u64,
                };
                let flags = (block & 128 != 0).then_some(u32::from(block & 3));
                self.file.packet(kind, 0, ticks, frame, (original, flags));
                let nanos = match resolution {
                    None => ticks * 1000,
                    Some(9) => ticks,
                    Some(3) => ticks * 1_000_000,
                    _ => ((u128::from(ticks) * u128::from(SECOND)) >> 20) as u64,
                };
                let time = nanos as i64 + offset * SECOND as i64;
                (kind != PacketBlock::Simple).then_some(time)
            }
        }
    }

    /// Blocks without packets; in pcap, an empty record.
    fn other_blocks(&mut self, detail: u8, bytes: &mut Bytes) {
        let many = bytes.u8();
        let content = bytes.take(many.into());
        if let Format::Pcapng { .. } = self.format {
            let kind = [4, 10, 0x0bad, 0x8000_0001][usize::from(detail % 4)];
            self.file.block(kind, |block| block.bytes.extend(content));
        } else {
            self.record(&[], 0, 0);
        }
    }

    /// A section in another byte order, whose interface is the same.
    fn new_section(&mut self, detail: u8) {
        let Format::Pcapng { resolution, offset } = self.format else { return };
        self.file.section(detail & 2 != 0);
        self.file.interface(self.link_type, 0, resolution, offset);
    }

    /// A datagram that the snap length cuts: it is left out.
    fn cut_frame(&mut self, detail: u8, bytes: &mut Bytes) {
        let datagram = datagram_of(0, 1, bytes);
        let packet = datagram.packet(0);
        // Bytes behind the packet may be cut.
        let Some(frame) = frame(self.link_type, 0, self.file.big_endian, &packet) else { return };
        let cut = 1 + usize::from(detail) % (frame.len() - 1);
        // Simple packets have no captured length.
        self.record(&frame[..frame.len() - cut], frame.len(), 0xf0);
    }

    fn damage(&mut self, bytes: &mut Bytes) {
        let at = usize::from(bytes.u16());
        let value = bytes.u8();
        let len = self.file.bytes.len();
        if len > 0 && value != 0 {
            self.damaged = true;
            self.file.bytes[at % len] ^= value;
        }
    }
}

fn datagram_of(kind: u8, detail: u8, bytes: &mut Bytes) -> Datagram {
    let [len, ttl, traffic_class, port] = bytes.array();
    let port = 5000 + u16::from(port);
    let (source, destination) = if kind & 1 == 0 {
        (SocketAddr::from(([10, 0, 0, detail], 40_000)), SocketAddr::from(([239, 1, 1, 1], port)))
    } else {
        let group = [0xff3e, 0, 0, 0, 0, 0, 0x8000, 1];
        let host = [0xfd00, 0, 0, 0, 0, 0, 0, detail.into()];
        (SocketAddr::from((host, 40_000)), SocketAddr::from((group, port)))
    };
    let payload = vec![ttl ^ detail; usize::from(len) * usize::from(1 + detail % 8)];
    Datagram { source, destination, ttl, traffic_class, payload }
}
