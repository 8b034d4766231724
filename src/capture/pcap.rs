//! The headers of pcap files (draft-ietf-opsawg-pcap).

use super::error::{Damage, Format, ReadError};
use super::order::ByteOrder;
use super::resolution::Resolution;
use crate::units::UnixTime;
use crate::units::bytes::take;

/// The length of a file header.
pub const HEADER: usize = 24;

/// The most bytes of a record. No program captures more of a packet than 256 KiB.
pub const MOST_RECORD: u32 = 1 << 20;

/// The variant of a pcap file.
#[derive(Clone, Copy, Debug)]
pub struct Pcap {
    pub order: ByteOrder,
    pub link_type: u16,
    nanoseconds: bool,
    /// The length of a record header.
    pub record_header: usize,
}

/// A record header.
#[derive(Clone, Copy, Debug)]
pub struct RecordHeader {
    pub time: UnixTime,
    /// The captured bytes.
    pub len: usize,
    /// The packet was longer.
    pub cut: bool,
}

/// The byte order, whether times have nanoseconds, and the length of a record header, by the magic
/// number.
pub fn variant(magic: [u8; 4]) -> Option<(ByteOrder, bool, usize)> {
    let known = |number| {
        Some(match number {
            0xa1b2_c3d4_u32 => (false, 16),
            0xa1b2_3c4d => (true, 16),
            // Alexey Kuznetzov's patch: interface, protocol and packet type follow.
            0xa1b2_cd34 => (false, 24),
            _ => return None,
        })
    };
    let little = known(u32::from_le_bytes(magic)).map(|found| (ByteOrder::Little, found));
    let found = little.or_else(|| Some((ByteOrder::Big, known(u32::from_be_bytes(magic))?)));
    found.map(|(order, (nanoseconds, record_header))| (order, nanoseconds, record_header))
}

impl Pcap {
    /// Reads a file header; `None` if the bytes are no file header.
    ///
    /// # Errors
    /// The version is unknown.
    pub fn read(header: &[u8]) -> Result<Option<Pcap>, ReadError> {
        let Some((order, nanoseconds, record_header)) = take(header, 0).and_then(variant) else {
            return Ok(None);
        };
        let fields = (order.u16_at(header, 4), order.u16_at(header, 6), order.u32_at(header, 20));
        let (Some(major), Some(minor), Some(link_type)) = fields else { return Ok(None) };
        // Before 2.4, the two lengths of a record are sometimes swapped.
        if major != 2 || minor < 4 {
            return Err(ReadError::Version { format: Format::Pcap, major, minor });
        }
        // The upper bits state the length of the frame check sequence.
        let link_type = (link_type & 0xffff) as u16;
        Ok(Some(Pcap { order, link_type, nanoseconds, record_header }))
    }

    /// Reads the record header at the front.
    pub fn record(&self, bytes: &[u8]) -> Result<RecordHeader, Damage> {
        let number = |at| self.order.u32_at(bytes, at).unwrap_or_default();
        let (seconds, fraction, len, original) = (number(0), number(4), number(8), number(12));
        if len > MOST_RECORD {
            return Err(Damage::RecordLength(len));
        }
        // A recorder that was stopped hard leaves zeroes.
        if (seconds, fraction, len, original) == (0, 0, 0, 0) {
            return Err(Damage::Zeroes);
        }
        let (resolution, per_second) = if self.nanoseconds {
            (Resolution::NANOSECONDS, 1_000_000_000)
        } else {
            (Resolution::MICROSECONDS, 1_000_000)
        };
        let time = resolution.time(u64::from(seconds) * per_second + u64::from(fraction));
        Ok(RecordHeader { time, len: len as usize, cut: len < original })
    }
}
