//! Transport streams of tests, laid out by ISO/IEC 13818-1.

use std::collections::HashMap;

use crate::format::ts::{PACKET_LEN, crc32};

pub type Bytes = [u8; PACKET_LEN];

/// The PIDs of the sample program.
pub const PMT_PID: u16 = 0x1000;
pub const VIDEO: u16 = 0x100;
pub const AUDIO: u16 = 0x101;

/// Writes packets with continuous counters.
#[derive(Default)]
pub struct Writer {
    counters: HashMap<u16, u8>,
    written: u64,
}

impl Writer {
    /// A packet with a payload of its own and possibly a PCR.
    pub fn media(&mut self, pid: u16, pcr: Option<u64>) -> Bytes {
        self.written += 1;
        let mut payload = [0x55; 184];
        payload[100..108].copy_from_slice(&self.written.to_be_bytes());
        match pcr {
            None => self.packet(pid, false, &[], &payload),
            Some(pcr) => self.packet(pid, false, &pcr_field(pcr), &payload),
        }
    }

    /// A packet that begins a PES packet with a PTS.
    pub fn pes(&mut self, pid: u16) -> Bytes {
        self.packet(pid, true, &[], &[0, 0, 1, 0xe0, 0, 0, 0x80, 0x80, 5, 0x21, 0, 1, 0, 1])
    }

    /// A packet without payload.
    pub fn bare(&mut self, pid: u16) -> Bytes {
        let counter = self.counters.get(&pid).map_or(15, |next| (next + 15) % 16);
        let mut bytes = [0xff; PACKET_LEN];
        let [high, low] = pid.to_be_bytes();
        bytes[..6].copy_from_slice(&[0x47, high, low, 0x20 | counter, 183, 0]);
        bytes
    }

    /// A null packet.
    pub fn null(&mut self) -> Bytes {
        let mut bytes = [0xff; PACKET_LEN];
        bytes[..4].copy_from_slice(&[0x47, 0x1f, 0xff, 0x10]);
        bytes
    }

    /// A PAT with the sample program.
    pub fn pat(&mut self) -> Bytes {
        let [high, low] = PMT_PID.to_be_bytes();
        self.section(0, &section(0, 7, &[0, 1, 0xe0 | high, low]))
    }

    /// The PMT of the sample program: H.264 with the PCR, and AAC.
    pub fn pmt(&mut self) -> Bytes {
        let mut body = vec![0xe1, 0x00, 0xf0, 0x00];
        body.extend([0x1b, 0xe1, 0x00, 0xf0, 0x00]);
        body.extend([0x0f, 0xe1, 0x01, 0xf0, 0x00]);
        self.section(PMT_PID, &section(2, 1, &body))
    }

    /// An SDT with the name and the provider of the sample program.
    pub fn sdt(&mut self, name: &str, provider: &str) -> Bytes {
        let mut text = vec![1, provider.len() as u8];
        text.extend(provider.bytes());
        text.push(name.len() as u8);
        text.extend(name.bytes());
        let mut body = vec![0, 1, 0xff, 0, 1, 0xfc, 0x80, text.len() as u8 + 2];
        body.extend([0x48, text.len() as u8]);
        body.extend(text);
        self.section(0x11, &section(0x42, 7, &body))
    }

    /// A packet with a section.
    pub fn section(&mut self, pid: u16, section: &[u8]) -> Bytes {
        let mut payload = vec![0];
        payload.extend(section);
        payload.resize(184, 0xff);
        self.packet(pid, true, &[], &payload)
    }

    /// A packet with the content of its adaptation field, and as much of the payload as fits.
    fn packet(&mut self, pid: u16, starts: bool, adaptation: &[u8], payload: &[u8]) -> Bytes {
        let counter = self.counters.entry(pid).or_default();
        let [high, low] = pid.to_be_bytes();
        let mut bytes = vec![0x47, high | if starts { 0x40 } else { 0 }, low, 0x10 | *counter];
        *counter = (*counter + 1) % 16;
        if !adaptation.is_empty() {
            bytes[3] |= 0x20;
            bytes.push(adaptation.len() as u8);
            bytes.extend(adaptation);
        }
        bytes.extend(
            payload.iter().copied().chain(std::iter::repeat(0xff)).take(PACKET_LEN - bytes.len()),
        );
        bytes.try_into().unwrap()
    }
}

/// The content of an adaptation field with a PCR in 27 MHz ticks.
fn pcr_field(pcr: u64) -> [u8; 7] {
    let field = ((pcr / 300) << 15) | 0x7e00 | (pcr % 300);
    let [_, _, bytes @ ..] = field.to_be_bytes();
    let mut content = [0x10; 7];
    content[1..].copy_from_slice(&bytes);
    content
}

/// A section with the long syntax and its checksum.
pub fn section(table: u8, extension: u16, body: &[u8]) -> Vec<u8> {
    let len = (body.len() + 9) as u16 | 0xb000;
    let mut bytes = vec![table];
    bytes.extend(len.to_be_bytes());
    bytes.extend(extension.to_be_bytes());
    bytes.extend([0xc1, 0, 0]);
    bytes.extend(body);
    let crc = crc32(&bytes);
    bytes.extend(crc.to_be_bytes());
    bytes
}

/// A stream of 1,000 packets a second: tables each 100 ms, a PCR each 20 ms, one null packet in ten.
/// The first packet is the PAT, the second the PMT, and the third the SDT.
pub fn constant_rate(packets: u64) -> Vec<Bytes> {
    let mut writer = Writer::default();
    let write = |n: u64| match (n % 100, n % 20) {
        (0, _) => writer.pat(),
        (1, _) => writer.pmt(),
        (2, _) => writer.sdt("Name", "Provider"),
        (_, 5) => writer.media(VIDEO, Some(n * 27_000)),
        (_, 6) => writer.pes(VIDEO),
        (_, 7) => writer.pes(AUDIO),
        (_, 8 | 9) => writer.null(),
        (of, _) if of % 3 == 0 => writer.media(AUDIO, None),
        _ => writer.media(VIDEO, None),
    };
    (0..packets).map(write).collect()
}
