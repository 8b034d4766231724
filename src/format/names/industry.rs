//! Protocols of factories, buildings, vehicles, ships, radars, power grids and simulations.

use crate::format::fields::{bytes, u8, u16, u16_le, u32};

/// KNXnet/IP (ISO 22510, 7.2): header length 6, version 1.0, a service family and the length.
pub fn knx(payload: &[u8]) -> bool {
    let Some([6, 0x10, family, service]) = bytes(payload, 0) else { return false };
    u16(payload, 4).is_some_and(|len| usize::from(len) == payload.len())
        && matches!(family, 2..=5 | 7 | 9)
        && (service <= 0x14 || (0x20..0x60).contains(&service))
}

/// SOME/IP service discovery (AUTOSAR PRS_SOMEIPServiceDiscoveryProtocol): its message id and
/// length.
pub fn someip_sd(payload: &[u8]) -> bool {
    const MESSAGE: u32 = 0xffff_8100;
    let len = u32(payload, 4).and_then(|len| usize::try_from(len).ok());
    u32(payload, 0) == Some(MESSAGE)
        && len.is_some_and(|len| len >= 8 && len.checked_add(8) == Some(payload.len()))
}

/// EtherNet/IP implicit messages (CIP volume 2, 2-6): a sequenced address item and a data item that
/// ends the datagram.
pub fn enip_io(payload: &[u8]) -> bool {
    const ITEMS: u16 = 2;
    const SEQUENCED_ADDRESS: u16 = 0x8002;
    const CONNECTED_DATA: u16 = 0x00b1;
    const HEADER: usize = 18;
    [0, 2, 4, 14].map(|at| u16_le(payload, at))
        == [ITEMS, SEQUENCED_ADDRESS, 8, CONNECTED_DATA].map(Some)
        && u16_le(payload, 16).is_some_and(|len| usize::from(len) + HEADER == payload.len())
}

/// TRDP process data and messages (IEC 61375-2-3, A.6): version 1, a type, and the length of the
/// data, which is padded to four bytes.
pub fn trdp(payload: &[u8]) -> bool {
    const PROCESS_HEADER: usize = 40;
    const MESSAGE_HEADER: usize = 116;
    let header = match bytes(payload, 6) {
        Some([b'P', b'd' | b'p' | b'r' | b'e']) => PROCESS_HEADER,
        Some([b'M', b'n' | b'r' | b'p' | b'q' | b'c' | b'e']) => MESSAGE_HEADER,
        _ => return false,
    };
    let data = u32(payload, 20).and_then(|len| usize::try_from(len).ok());
    let len = data.and_then(|len| len.checked_next_multiple_of(4)?.checked_add(header));
    u16(payload, 4).is_some_and(|version| version >> 8 == 1) && len == Some(payload.len())
}

/// The categories of ASTERIX that EUROCONTROL publishes.
const CATEGORIES: [u8; 30] = [
    1, 2, 4, 7, 8, 9, 10, 11, 15, 16, 17, 18, 19, 20, 21, 23, 25, 30, 31, 32, 34, 48, 62, 63, 65,
    129, 150, 205, 240, 247,
];

/// The blocks of an ASTERIX datagram (EUROCONTROL-SPEC-0149, 4): categories, and lengths that add
/// up. Returns the number of blocks.
fn asterix_blocks(payload: &[u8]) -> Option<usize> {
    // The first item of a record is the source, which each record has.
    const HAS_SOURCE: u8 = 0x80;
    let (mut at, mut blocks) = (0, 0);
    while at < payload.len() {
        let (category, len) = (u8(payload, at)?, u16(payload, at + 1)?);
        let has_source = u8(payload, at + 3)? & HAS_SOURCE != 0;
        if !CATEGORIES.contains(&category) || len < 6 || !has_source {
            return None;
        }
        (at, blocks) = (at + usize::from(len), blocks + 1);
    }
    (at == payload.len() && blocks > 0).then_some(blocks)
}

/// ASTERIX with one block or more.
pub fn asterix(payload: &[u8]) -> bool {
    asterix_blocks(payload).is_some()
}

/// ASTERIX with at least two blocks of one category and one source.
pub fn asterix_alone(payload: &[u8]) -> bool {
    let category = u8(payload, 0);
    asterix_blocks(payload).is_some_and(|blocks| blocks > 1)
        && u16(payload, 1).is_some_and(|len| u8(payload, usize::from(len)) == category)
}

/// DIS (IEEE 1278.1, 5.2.19): a version, a PDU type of the stated family, and the length of the PDU,
/// or of all PDUs of the datagram.
pub fn dis(payload: &[u8]) -> bool {
    const HEADER: usize = 12;
    let mut at = 0;
    while at < payload.len() {
        let Some([version, _, kind, family]) = bytes(payload, at) else { return false };
        let len = u16(payload, at + 8).map_or(0, usize::from);
        // The status exists since version 7; the padding is zero.
        let padding = u8(payload, at + 11);
        if !(4..=7).contains(&version)
            || dis_family(kind) != Some(family)
            || len < HEADER
            || padding != Some(0)
        {
            return false;
        }
        at += len;
    }
    at == payload.len() && at > 0
}

/// The family of a PDU type (SISO-REF-010).
fn dis_family(kind: u8) -> Option<u8> {
    Some(match kind {
        1 | 4 | 66 | 67 | 72 => 1,
        2 | 3 | 68 | 69 => 2,
        5..=10 => 3,
        25..=27 | 31 | 32 => 4,
        11..=22 => 5,
        23 | 24 | 28..=30 => 6,
        33..=36 => 7,
        37..=40 => 8,
        41..=45 => 9,
        51..=65 => 10,
        46..=50 => 11,
        70 | 71 => 13,
        _ => return None,
    })
}

/// IEC 61162-450 (7): the token of a datagram of sentences, of files or of network reports.
pub fn iec61162_450(payload: &[u8]) -> bool {
    [b"UdPbC\0", b"RaUdP\0", b"RrUdP\0", b"NkPgN\0"].iter().any(|token| payload.starts_with(*token))
}

/// A frame of synchrophasors (IEEE C37.118.2, 6.2): the type, the length and the CRC.
pub fn c37_118(payload: &[u8]) -> bool {
    let Some([0xaa, kind]) = bytes(payload, 0) else { return false };
    let Some((frame, crc)) = payload.split_last_chunk::<2>() else { return false };
    kind >> 4 <= 5
        && (1..=2).contains(&(kind & 0xf))
        && u16(payload, 2).is_some_and(|len| usize::from(len) == payload.len())
        && crc_ccitt(frame) == u16::from_be_bytes(*crc)
}

/// CRC-CCITT: polynomial 0x1021, from 0xffff, not reflected.
pub fn crc_ccitt(bytes: &[u8]) -> u16 {
    bytes.iter().fold(0xffff, |crc, byte| {
        (0..8).fold(crc ^ u16::from(*byte) << 8, |crc, _| {
            let shifted = crc << 1;
            if crc & 0x8000 == 0 { shifted } else { shifted ^ 0x1021 }
        })
    })
}

/// The frames of MAVLink 1 and 2, whose lengths add up.
pub fn mavlink(payload: &[u8]) -> bool {
    const SIGNED: u8 = 1;
    let mut at = 0;
    while at < payload.len() {
        at += match bytes(payload, at) {
            Some([0xfe, len, _]) => usize::from(len) + 8,
            Some([0xfd, len, flags @ 0..=SIGNED]) => {
                usize::from(len) + 12 + 13 * usize::from(flags & SIGNED)
            }
            _ => return false,
        };
    }
    at == payload.len() && at > 0
}
