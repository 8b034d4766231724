//! RTP (RFC 3550, 5.1): media in real time. 12 bytes in network byte order, then the payload.
//!
//! | offset | size | field |
//! | --- | --- | --- |
//! | 0 | 1 | version 2 (2 bits), padding, extension, number of contributing sources (4 bits) |
//! | 1 | 1 | marker, payload type (7 bits) |
//! | 2 | 2 | sequence |
//! | 4 | 4 | timestamp, in ticks of the media clock |
//! | 8 | 4 | SSRC: the sender, at random |
//! | 12 | | contributing sources, then the header extension |

use super::fields;
use super::numbered::{Numbering, Unit};

/// The length of the fixed header in bytes.
pub const MIN_LEN: usize = 12;

/// The numbers of RTP: 16 bits, from a random one.
pub const NUMBERING: Numbering = Numbering::bits(16, Unit::Datagrams);

/// How ST 2110-20 and -40 number their datagrams: the payload begins with 16 upper bits (RFC 4175,
/// RFC 8331).
pub const EXTENDED_NUMBERING: Numbering = Numbering::bits(32, Unit::Datagrams);

const PADDING: u8 = 0x20;
const EXTENSION: u8 = 0x10;

/// An RTP datagram.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rtp<'a> {
    /// The marker, often on the last datagram of a video frame.
    pub marker: bool,
    /// The payload type.
    pub payload_type: u8,
    /// The sequence number.
    pub sequence: u16,
    /// The sampling time in ticks of the media clock, from a random one.
    pub timestamp: u32,
    /// The random number of the sender.
    pub ssrc: u32,
    /// The payload, without padding.
    pub payload: &'a [u8],
}

/// The fixed header of a datagram without marker, padding, extension and contributing sources. The
/// payload type has seven bits.
pub fn header(payload_type: u8, sequence: u16, timestamp: u32, ssrc: u32) -> [u8; MIN_LEN] {
    let [n0, n1] = sequence.to_be_bytes();
    let [t0, t1, t2, t3] = timestamp.to_be_bytes();
    let [s0, s1, s2, s3] = ssrc.to_be_bytes();
    [2 << 6, payload_type & 0x7f, n0, n1, t0, t1, t2, t3, s0, s1, s2, s3]
}

/// Reads a payload. Any two bits look like a version: a single datagram proves little.
#[inline]
pub fn read(payload: &[u8]) -> Option<Rtp<'_>> {
    let (header, rest) = payload.split_first_chunk::<MIN_LEN>()?;
    let [flags, second, sequence @ .., t0, t1, t2, t3, s0, s1, s2, s3] = *header;
    let payload_type = second & 0x7f;
    // RTCP uses these numbers on the same port (RFC 5761, 4).
    if flags >> 6 != 2 || (64..96).contains(&payload_type) {
        return None;
    }
    let payload = if flags & 0x3f == 0 { rest } else { without_options(flags, rest)? };
    Some(Rtp {
        marker: second & 0x80 != 0,
        payload_type,
        sequence: u16::from_be_bytes(sequence),
        timestamp: u32::from_be_bytes([t0, t1, t2, t3]),
        ssrc: u32::from_be_bytes([s0, s1, s2, s3]),
        payload,
    })
}

/// The payload without the contributing sources, the extension and the padding.
fn without_options(flags: u8, rest: &[u8]) -> Option<&[u8]> {
    let mut payload = rest.get(4 * usize::from(flags & 0x0f)..)?;
    if flags & EXTENSION != 0 {
        let words = usize::from(fields::u16(payload, 2)?);
        payload = payload.get(4 + 4 * words..)?;
    }
    if flags & PADDING != 0 {
        // The last byte counts the padding, itself included.
        let padding = usize::from(*payload.last()?);
        let end = payload.len().checked_sub(padding).filter(|_| padding > 0)?;
        payload = payload.get(..end)?;
    }
    Some(payload)
}

/// The SSRC of the stream that a RIST retransmission repeats: a retransmission sets the lowest bit
/// (VSF TR-06-1, 5.3.3). Only an SSRC that is known without it makes it one.
pub fn retransmitted_ssrc(ssrc: u32) -> Option<u32> {
    (ssrc & 1 == 1).then_some(ssrc & !1)
}

/// The payload type of transport streams (RFC 3551, 6).
pub const MP2T: u8 = 33;

/// The clock of transport streams in Hz.
pub const MP2T_CLOCK_HZ: u32 = 90_000;

/// A payload type with a fixed meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StaticType {
    /// The name of the encoding.
    pub encoding: &'static str,
    /// The media clock in Hz.
    pub clock_hz: u32,
}

/// The meaning of a payload type (RFC 3551, 6); `None` if a session assigns it.
pub fn static_type(payload_type: u8) -> Option<StaticType> {
    let (encoding, clock_hz) = match payload_type {
        0 => ("PCMU", 8_000),
        3 => ("GSM", 8_000),
        4 => ("G723", 8_000),
        5 => ("DVI4", 8_000),
        6 => ("DVI4", 16_000),
        7 => ("LPC", 8_000),
        8 => ("PCMA", 8_000),
        // It has 16,000 samples a second. The clock of half the rate is an old error (4.5.2).
        9 => ("G722", 8_000),
        10 | 11 => ("L16", 44_100),
        12 => ("QCELP", 8_000),
        13 => ("CN", 8_000),
        14 => ("MPA", 90_000),
        15 => ("G728", 8_000),
        16 => ("DVI4", 11_025),
        17 => ("DVI4", 22_050),
        18 => ("G729", 8_000),
        25 => ("CelB", 90_000),
        26 => ("JPEG", 90_000),
        28 => ("nv", 90_000),
        31 => ("H261", 90_000),
        32 => ("MPV", 90_000),
        MP2T => ("MP2T", MP2T_CLOCK_HZ),
        34 => ("H263", 90_000),
        _ => return None,
    };
    Some(StaticType { encoding, clock_hz })
}

#[cfg(test)]
mod tests;
