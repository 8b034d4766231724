//! Datagrams of other senders, laid out by their specifications: the fields that mcast reads, and
//! filling.

/// The seconds between 1970 and the start of the programs.
pub const EPOCH: u32 = 1_700_000_000;

/// A payload that is written field by field.
#[derive(Default)]
struct Payload(Vec<u8>);

impl Payload {
    fn bytes(mut self, bytes: &[u8]) -> Self {
        self.0.extend_from_slice(bytes);
        self
    }

    fn u8(self, value: u8) -> Self {
        self.bytes(&[value])
    }

    fn u16(self, value: u16) -> Self {
        self.bytes(&value.to_be_bytes())
    }

    fn u32(self, value: u32) -> Self {
        self.bytes(&value.to_be_bytes())
    }

    /// Zeroes up to this length.
    fn up_to(mut self, len: usize) -> Vec<u8> {
        self.0.resize(self.0.len().max(len), 0);
        self.0
    }
}

/// RTP (RFC 3550, 5.1) without extension or padding.
pub fn rtp(payload_type: u8, sequence: u16, timestamp: u32, ssrc: u32, content: &[u8]) -> Vec<u8> {
    let payload = Payload::default().u8(0x80).u8(payload_type).u16(sequence);
    payload.u32(timestamp).u32(ssrc).bytes(content).up_to(0)
}

/// An RTCP sender report (RFC 3550, 6.4.1), and a BYE if `bye`.
pub fn rtcp(ssrc: u32, timestamp: u32, packets: u32, bye: bool) -> Vec<u8> {
    let report = Payload::default().u8(0x80).u8(200).u16(6).u32(ssrc);
    let report = report.u32(EPOCH.wrapping_add(2_208_988_800)).u32(0).u32(timestamp);
    let report = report.u32(packets).u32(packets.wrapping_mul(100));
    let report = if bye { report.u8(0x81).u8(203).u16(1).u32(ssrc) } else { report };
    report.up_to(0)
}

/// A packet of a transport stream (ISO 13818-1, 2.4.3.2). With `pcr` it has an adaptation field.
pub fn ts_packet(pid: u16, counter: u8, has_payload: bool, pcr: Option<u64>) -> [u8; 188] {
    let mut packet = [0xff; 188];
    let control = u8::from(has_payload) << 4 | u8::from(pcr.is_some() || !has_payload) << 5;
    packet[0] = 0x47;
    packet[1..3].copy_from_slice(&(pid & 0x1fff).to_be_bytes());
    packet[3] = control | counter & 15;
    if control & 0x20 != 0 {
        packet[4] = if has_payload { 7 } else { 183 };
        packet[5] = if pcr.is_some() { 0x10 } else { 0 };
    }
    if let Some(pcr) = pcr {
        let (base, extension) = (pcr / 300 % (1 << 33), pcr % 300);
        let bits = base << 15 | 0x7e00 | extension;
        packet[6..12].copy_from_slice(&bits.to_be_bytes()[2..]);
    }
    packet
}

/// A PAT with one program, whose PMT is on PID 0x1000. The checksum is right.
pub fn pat(counter: u8, program: u16) -> [u8; 188] {
    let mut packet = ts_packet(0, counter, true, None);
    packet[1] |= 0x40;
    let head = [0, 0, 0xb0, 13, 0, 1, 0xc1, 0, 0];
    packet[4..13].copy_from_slice(&head);
    packet[13..15].copy_from_slice(&program.to_be_bytes());
    packet[15..17].copy_from_slice(&0xf000_u16.to_be_bytes());
    let sum = crc32_mpeg(&packet[5..17]);
    packet[17..21].copy_from_slice(&sum.to_be_bytes());
    packet
}

fn crc32_mpeg(bytes: &[u8]) -> u32 {
    bytes.iter().fold(u32::MAX, |sum, byte| {
        (0..8).fold(sum ^ u32::from(*byte) << 24, |sum, _| {
            if sum >> 31 == 0 { sum << 1 } else { sum << 1 ^ 0x04c1_1db7 }
        })
    })
}

/// MoldUDP64 1.00 with messages of two bytes; none is a heartbeat.
pub fn mold(session: u8, first: u64, count: u8) -> Vec<u8> {
    let payload = Payload::default().bytes(b"session00").u8(b'0' | session & 7);
    let payload = payload.bytes(&first.to_be_bytes()).u16(count.into());
    (0..count).fold(payload, |payload, _| payload.u16(2).bytes(b"AB")).up_to(0)
}

/// iperf 2.0.10 or newer. A negative number ends the stream.
pub fn iperf(number: i64, seconds: u32, micros: u32) -> Vec<u8> {
    let payload = Payload::default().u32(number as u32).u32(seconds).u32(micros % 1_000_000);
    payload.u32((number >> 32) as u32).u32(0x4801_0098).up_to(64)
}

/// mgen 4 and 5.
pub fn mgen(flow: u32, number: u32, seconds: u32) -> Vec<u8> {
    let payload = Payload::default().u16(64).u8(2).u8(8).u32(flow).u32(number).u32(seconds);
    payload.u32(0).u16(5001).u8(1).u8(4).bytes(&[239, 1, 1, 7]).up_to(64)
}

/// sockperf; bit 2 of the flags marks a warm-up.
pub fn sockperf(number: u64, flags: u8) -> Vec<u8> {
    Payload::default().bytes(&number.to_be_bytes()).u16(flags.into()).u32(64).up_to(64)
}

/// A text of mcjoin or msend.
pub fn text(mcjoin: bool, number: u32) -> Vec<u8> {
    let line = if mcjoin {
        format!("Sender PID 1, MC group 239.1.1.1 count: {number}, freq: 100")
    } else {
        format!("Message {number:x}")
    };
    Payload(line.into_bytes()).up_to(100)
}

/// Streaming ACN (ANSI E1.31) with all 512 slots.
pub fn sacn(cid: u8, universe: u16, sequence: u8, options: u8) -> Vec<u8> {
    let payload = Payload::default().u16(0x10).u16(0).bytes(b"ASC-E1.17\0\0\0").u16(0x726e).u32(4);
    let payload = payload.bytes(&[cid; 16]).u16(0x7258).u32(2).bytes(&[b'a'; 32]);
    let payload = payload.bytes(&[0; 32]).u8(100).u16(0).u8(sequence).u8(options).u16(universe);
    payload.u16(0x720b).u8(2).u8(0xa1).u16(0).u16(1).u16(0x201).u8(0).up_to(638)
}

/// A DMX datagram of Art-Net 4.
pub fn artnet(universe: u8, sequence: u8) -> Vec<u8> {
    let payload = Payload::default().bytes(b"Art-Net\0").u16(0x50).u16(14).u8(sequence).u8(0);
    payload.u8(universe).u8(0).u16(2).up_to(20)
}

/// A Sync, or an Announce if `announce`, of PTP version 2 (IEEE 1588-2008).
pub fn ptp(announce: bool, clock: u8, sequence: u16) -> Vec<u8> {
    let (kind, len) = if announce { (0xb, 64) } else { (0, 44) };
    let payload = Payload::default().u8(kind).u8(2).u16(len).u8(0).u8(0).u16(0x200);
    let payload = payload.bytes(&[0; 12]).bytes(&[clock; 8]).u16(1).u16(sequence);
    payload.up_to(len.into())
}
