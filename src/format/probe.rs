//! The format of a measured datagram: 48 bytes in network byte order, then a pattern. A checksum
//! covers all of it.
//!
//! | offset | size | field |
//! | --- | --- | --- |
//! | 0 | 4 | magic `MCST` |
//! | 4 | 1 | version, 1 |
//! | 5 | 1 | kind: 0 data, 1 end, 2 reply, 3 report |
//! | 6 | 2 | flags: bit 0 a reply is wanted, bit 1 the sender's clock is synchronised, bit 2 reports are wanted |
//! | 8 | 8 | stream: random, one a run |
//! | 16 | 8 | sequence from 0, one count for each target and interface; in an end, how many data datagrams went there |
//! | 24 | 8 | send time, ns since the Unix epoch |
//! | 32 | 1 | TTL or hop limit as sent |
//! | 33 | 1 | traffic class as sent |
//! | 34 | 2 | payload length as sent |
//! | 36 | 4 | CRC-32C (RFC 3720, 12.1) of the whole payload with this field zero |
//! | 40 | 8 | host: a hash of the kernel's boot id, 0 where there is none |
//!
//! [`super::exchange`] has the bodies of requests, replies and reports.

/// The length of the header, and of the smallest probe, in bytes.
pub const MIN_LEN: usize = 48;

/// The number of end markers.
pub const ENDS: u32 = 5;

/// The time between two end markers.
pub const END_INTERVAL: std::time::Duration = std::time::Duration::from_millis(20);

/// The highest accepted sequence number, which no run reaches.
pub const MOST: u64 = u64::MAX / 4;

const MAGIC: &[u8; 4] = b"MCST";
const VERSION: u8 = 1;
const REPLY_WANTED: u16 = 1;
const SYNCHRONISED: u16 = 2;
const REPORT_WANTED: u16 = 4;
/// A receiver recognises a probe, its stream and its length by the bytes before this one.
pub const CRC_START: usize = 36;

const CRC: std::ops::Range<usize> = CRC_START..40;

/// The purpose of a probe.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProbeKind {
    /// A datagram of the stream.
    Data,
    /// The end of the stream.
    End,
    /// The reply to a probe that requested it.
    Reply,
    /// What a receiver has received of a stream that requested reports.
    Report,
}

impl ProbeKind {
    /// Whether such a probe belongs to the stream of a sender. Replies and reports answer one.
    pub fn is_of_stream(self) -> bool {
        matches!(self, ProbeKind::Data | ProbeKind::End)
    }
}

/// A measured datagram.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Probe {
    /// The purpose.
    pub kind: ProbeKind,
    /// The sender requests a reply.
    pub reply_wanted: bool,
    /// The sender requests reports on the stream.
    pub report_wanted: bool,
    /// The sender's clock follows a reference (adjtimex(2)).
    pub synchronised: bool,
    /// The random number of the run.
    pub stream: u64,
    /// The number from 0; in an end, the number of data datagrams.
    pub sequence: u64,
    /// The send time in ns since the Unix epoch, by the sender's clock.
    pub sent: u64,
    /// The TTL or hop limit as sent.
    pub ttl: u8,
    /// The traffic class as sent: DSCP and ECN.
    pub traffic_class: u8,
    /// The sending host until its next boot: equal numbers other than 0 mean the same clock.
    pub host: u64,
}

/// The result of reading a payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reading {
    /// Any other payload.
    Plain,
    /// A valid probe.
    Probe(Probe),
    /// An invalid probe. The stream is its unverified stream number, if the payload is long enough.
    Damaged(Damage, Option<u64>),
}

/// The reason why a probe is invalid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Damage {
    /// The payload is shorter than sent.
    Truncated,
    /// The checksum or the length is wrong, or the sequence is beyond [`MOST`].
    Corrupt,
    /// An unknown version or kind.
    Unsupported,
}

impl Damage {
    /// The name in JSON and in text.
    pub fn name(self) -> &'static str {
        match self {
            Damage::Truncated => "truncated",
            Damage::Corrupt => "corrupt",
            Damage::Unsupported => "unsupported",
        }
    }
}

/// Reads a payload. `cut`: the system reported that the datagram was longer.
pub fn read(payload: &[u8], cut: bool) -> Reading {
    let Some(version) = payload.strip_prefix(MAGIC).and_then(|rest| rest.first()) else {
        return Reading::Plain;
    };
    if *version != VERSION {
        return Reading::Damaged(Damage::Unsupported, None);
    }
    let Some(header) = payload.first_chunk::<MIN_LEN>() else {
        return Reading::Damaged(Damage::Truncated, None);
    };
    let stream = u64::from_be_bytes(field(header, 8));
    let len = usize::from(u16::from_be_bytes(field(header, 34)));
    if cut || payload.len() < len {
        return Reading::Damaged(Damage::Truncated, Some(stream));
    }
    if payload.len() != len || u32::from_be_bytes(field(header, CRC.start)) != checksum(payload) {
        return Reading::Damaged(Damage::Corrupt, Some(stream));
    }
    let kind = match header[5] {
        0 => ProbeKind::Data,
        1 => ProbeKind::End,
        2 => ProbeKind::Reply,
        3 => ProbeKind::Report,
        _ => return Reading::Damaged(Damage::Unsupported, Some(stream)),
    };
    let sequence = u64::from_be_bytes(field(header, 16));
    if sequence > MOST {
        return Reading::Damaged(Damage::Corrupt, Some(stream));
    }
    let flags = u16::from_be_bytes(field(header, 6));
    Reading::Probe(Probe {
        kind,
        reply_wanted: flags & REPLY_WANTED != 0,
        report_wanted: flags & REPORT_WANTED != 0,
        synchronised: flags & SYNCHRONISED != 0,
        stream,
        sequence,
        sent: u64::from_be_bytes(field(header, 24)),
        ttl: header[32],
        traffic_class: header[33],
        host: u64::from_be_bytes(field(header, 40)),
    })
}

/// Writes probes of one length.
#[derive(Clone, Debug)]
pub struct Writer {
    /// Each byte behind the header is its own offset, modulo 256.
    pattern: Vec<u8>,
    tail: Tail,
}

impl Writer {
    /// Writes probes of `len` bytes, at least [`MIN_LEN`].
    pub fn new(len: u16) -> Self {
        Writer::with_body(len, &[])
    }

    /// As [`Writer::new`], with `body` behind the header. The pattern fills the rest.
    #[inline]
    pub fn with_body(len: u16, body: &[u8]) -> Self {
        let len = usize::from(len).max(MIN_LEN + body.len());
        let mut pattern: Vec<u8> = (0..len).map(|offset| offset as u8).collect();
        pattern[MIN_LEN..][..body.len()].copy_from_slice(body);
        Writer { tail: Tail::new(&pattern[MIN_LEN..]), pattern }
    }

    /// The length of each probe in bytes, never 0.
    #[expect(clippy::len_without_is_empty, reason = "none is empty")]
    pub fn len(&self) -> usize {
        self.pattern.len()
    }

    /// Writes a probe to `bytes`, whose length is [`Writer::len`].
    pub fn write(&self, probe: &Probe, bytes: &mut [u8]) {
        bytes.copy_from_slice(&self.pattern);
        self.rewrite(probe, bytes);
    }

    /// Writes a probe over another one of this writer: they differ only in the header.
    #[inline]
    pub fn rewrite(&self, probe: &Probe, bytes: &mut [u8]) {
        write_header(probe, bytes);
        let crc = self.tail.append_to(crc32c::crc32c(&bytes[..MIN_LEN]));
        bytes[CRC].copy_from_slice(&crc.to_be_bytes());
    }

    /// A probe in a new buffer.
    pub fn bytes(&self, probe: &Probe) -> Vec<u8> {
        let mut bytes = self.pattern.clone();
        self.write(probe, &mut bytes);
        bytes
    }
}

/// Writes the header over the first bytes, with a checksum of zero.
#[inline]
fn write_header(probe: &Probe, bytes: &mut [u8]) {
    let len = u16::try_from(bytes.len()).unwrap_or(u16::MAX);
    let header: &mut [u8; MIN_LEN] = bytes.first_chunk_mut().expect("a header has MIN_LEN bytes");
    header[..4].copy_from_slice(MAGIC);
    header[4] = VERSION;
    header[5] = match probe.kind {
        ProbeKind::Data => 0,
        ProbeKind::End => 1,
        ProbeKind::Reply => 2,
        ProbeKind::Report => 3,
    };
    let flag = |set: bool, bit: u16| if set { bit } else { 0 };
    let flags = flag(probe.reply_wanted, REPLY_WANTED)
        | flag(probe.synchronised, SYNCHRONISED)
        | flag(probe.report_wanted, REPORT_WANTED);
    header[6..8].copy_from_slice(&flags.to_be_bytes());
    header[8..16].copy_from_slice(&probe.stream.to_be_bytes());
    header[16..24].copy_from_slice(&probe.sequence.to_be_bytes());
    header[24..32].copy_from_slice(&probe.sent.to_be_bytes());
    header[32] = probe.ttl;
    header[33] = probe.traffic_class;
    header[34..36].copy_from_slice(&len.to_be_bytes());
    header[40..48].copy_from_slice(&probe.host.to_be_bytes());
    header[CRC].fill(0);
}

/// A probe with `body` behind the header, of their length. A [`Writer`] pays off only for many.
pub fn datagram(probe: &Probe, body: &[u8]) -> Vec<u8> {
    let mut bytes = [&[0; MIN_LEN], body].concat();
    write_header(probe, &mut bytes);
    let crc = checksum(&bytes);
    bytes[CRC].copy_from_slice(&crc.to_be_bytes());
    bytes
}

/// The constant part behind the header. A CRC is linear: that of two parts is that of the second,
/// combined with that of the first shifted past the second, which is a table for one length. The
/// cost of a probe does not depend on its length.
#[derive(Clone, Debug)]
struct Tail {
    crc: u32,
    /// For each byte of a CRC, from the lowest, and each of its values: the CRC after the tail.
    passed: Box<[[u32; 256]; 4]>,
}

impl Tail {
    fn new(tail: &[u8]) -> Self {
        let mut passed = Box::new([[0; 256]; 4]);
        for (place, table) in passed.iter_mut().enumerate() {
            let bits: [u32; 8] = std::array::from_fn(|bit| {
                crc32c::crc32c_combine(1 << (8 * place + bit), 0, tail.len())
            });
            for (value, entry) in table.iter_mut().enumerate() {
                *entry =
                    (0..8).filter(|bit| value >> bit & 1 == 1).fold(0, |all, bit| all ^ bits[bit]);
            }
        }
        Tail { crc: crc32c::crc32c(tail), passed }
    }

    /// The CRC of data with the CRC `crc`, followed by the tail.
    fn append_to(&self, crc: u32) -> u32 {
        let ([first, second, third, fourth], [a, b, c, d]) = (crc.to_le_bytes(), &*self.passed);
        self.crc
            ^ a[usize::from(first)]
            ^ b[usize::from(second)]
            ^ c[usize::from(third)]
            ^ d[usize::from(fourth)]
    }
}

/// The checksum of a payload of at least [`MIN_LEN`] bytes, with the checksum field as zero.
fn checksum(payload: &[u8]) -> u32 {
    // Each call of the library has a price: a short payload takes one, from a copy.
    let mut start = [0; 128];
    let (begin, rest) = payload.split_at(payload.len().min(start.len()));
    let start = &mut start[..begin.len()];
    start.copy_from_slice(begin);
    start[CRC].fill(0);
    let crc = crc32c::crc32c(start);
    if rest.is_empty() { crc } else { crc32c::crc32c_append(crc, rest) }
}

/// A field of a header. Its place is a constant, and the compiler removes the checks.
#[inline(always)]
fn field<const LEN: usize>(header: &[u8; MIN_LEN], at: usize) -> [u8; LEN] {
    let mut field = [0; LEN];
    field.copy_from_slice(&header[at..at + LEN]);
    field
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn probe() -> Probe {
        Probe {
            kind: ProbeKind::Data,
            reply_wanted: false,
            report_wanted: false,
            synchronised: true,
            stream: 0x0102_0304_0506_0708,
            sequence: 0x1112_1314_1516_1718,
            sent: 0x2122_2324_2526_2728,
            ttl: 0x31,
            traffic_class: 0x32,
            host: 0x4142_4344_4546_4748,
        }
    }

    #[test]
    fn every_field_has_its_documented_offset() {
        let bytes = Writer::new(50).bytes(&probe());
        let mut expected = b"MCST\x01\x00\x00\x02".to_vec();
        expected.extend((1..=8).chain(0x11..=0x18).chain(0x21..=0x28));
        expected.extend([0x31, 0x32, 0, 50]);
        assert_eq!(&bytes[..36], expected);
        assert_eq!(&bytes[40..], [0x41, 0x42, 0x43, 0x44, 0x45, 0x46, 0x47, 0x48, 48, 49]);
        let mut without = bytes.clone();
        without[CRC].fill(0);
        assert_eq!(bytes[CRC], crc32c::crc32c(&without).to_be_bytes());
    }

    #[test]
    fn the_checksum_is_crc_32c() {
        // RFC 3720, B.4: 32 bytes of zeroes, and the bytes 0 to 31; and the check value of the CRC
        // catalogues.
        assert_eq!(crc32c::crc32c(&[0; 32]), 0x8a91_36aa);
        assert_eq!(
            crc32c::crc32c(&std::array::from_fn::<u8, 32, _>(|byte| byte as u8)),
            0x46dd_794e
        );
        assert_eq!(crc32c::crc32c(b"123456789"), 0xe306_9283);
    }

    #[test]
    fn each_invalid_probe_has_its_reason() {
        let bytes = Writer::new(100).bytes(&probe());
        let stream = Some(probe().stream);
        let changed = |at: usize, to: u8| {
            let mut bytes = bytes.clone();
            bytes[at] = to;
            read(&bytes, false)
        };
        assert_eq!(read(&bytes, false), Reading::Probe(probe()));
        assert_eq!(changed(0, b'm'), Reading::Plain);
        assert_eq!(changed(4, 9), Reading::Damaged(Damage::Unsupported, None));
        assert_eq!(
            changed(5, 77),
            Reading::Damaged(Damage::Corrupt, stream),
            "the checksum speaks first"
        );
        assert_eq!(changed(99, 0), Reading::Damaged(Damage::Corrupt, stream));
        assert_eq!(
            changed(35, 99),
            Reading::Damaged(Damage::Corrupt, stream),
            "longer than it states"
        );
        assert_eq!(
            changed(35, 101),
            Reading::Damaged(Damage::Truncated, stream),
            "shorter than it states"
        );
        assert_eq!(read(&bytes[..99], false), Reading::Damaged(Damage::Truncated, stream));
        assert_eq!(read(&bytes, true), Reading::Damaged(Damage::Truncated, stream));
        assert_eq!(read(&bytes[..47], false), Reading::Damaged(Damage::Truncated, None));
        assert_eq!(read(b"MCST", false), Reading::Plain);
        let mut kind = bytes.clone();
        kind[5] = 77;
        let crc = checksum(&kind);
        kind[CRC].copy_from_slice(&crc.to_be_bytes());
        assert_eq!(
            read(&kind, false),
            Reading::Damaged(Damage::Unsupported, stream),
            "a kind of the future, with a right checksum"
        );
    }

    proptest! {
        #[test]
        fn a_written_probe_is_read_again(
            (stream, sequence, sent, host) in any::<(u64, u64, u64, u64)>(),
            (ttl, traffic_class, reply_wanted, report_wanted, synchronised)
                in any::<(u8, u8, bool, bool, bool)>(),
            (kind, len) in (0..4_usize, 0..2000_u16),
        ) {
            let kinds = [ProbeKind::Data, ProbeKind::End, ProbeKind::Reply, ProbeKind::Report];
            let kind = kinds[kind];
            let probe = Probe {
                kind,
                reply_wanted,
                report_wanted,
                synchronised,
                stream,
                sequence: sequence / 4,
                sent,
                ttl,
                traffic_class,
                host,
            };
            let writer = Writer::new(len);
            let mut bytes = writer.bytes(&Probe { stream: 5, ..probe });
            writer.rewrite(&probe, &mut bytes);
            prop_assert_eq!(&bytes, &writer.bytes(&probe));
            prop_assert_eq!(bytes.len(), usize::from(len).max(MIN_LEN));
            prop_assert_eq!(read(&bytes, false), Reading::Probe(probe));
        }

        #[test]
        fn a_flipped_bit_is_detected(at in 0..100_usize, bit in 0..8_u8) {
            let mut bytes = Writer::new(100).bytes(&probe());
            bytes[at] ^= 1 << bit;
            prop_assert!(!matches!(read(&bytes, false), Reading::Probe(_)));
        }

        #[test]
        fn nothing_panics(
            mut bytes in proptest::collection::vec(any::<u8>(), 0..200),
            magic: bool,
            cut: bool,
        ) {
            if magic {
                bytes.splice(..bytes.len().min(5), *b"MCST\x01");
            }
            let _ = read(&bytes, cut);
        }
    }
}
