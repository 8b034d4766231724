//! Protocols beside streams of audio, video and light.

use crate::format::fields::{bytes, u8, u16, u32};

/// SAP (RFC 2974, 6): version 1 and a session description, at the offset that the header states.
pub fn sap(payload: &[u8]) -> bool {
    const IPV6: u8 = 0x10;
    let Some([flags, auth]) = bytes(payload, 0) else { return false };
    let source = if flags & IPV6 == 0 { 4 } else { 16 };
    let rest = payload.get(4 + source + 4 * usize::from(auth)..).unwrap_or(&[]);
    let is_sdp = |text: &[u8]| text.starts_with(b"v=0\r") || text.starts_with(b"v=0\n");
    flags >> 5 == 1 && (is_sdp(rest) || rest.starts_with(b"application/sdp\0"))
}

/// RTCP (RFC 3550, 6.1): a compound packet that begins with a report and fills the datagram.
pub fn rtcp(payload: &[u8]) -> bool {
    const SENDER_REPORT: u8 = 200;
    const RECEIVER_REPORT: u8 = 201;
    let mut at = 0;
    while at < payload.len() {
        let (Some([first, kind]), Some(words)) = (bytes(payload, at), u16(payload, at + 2)) else {
            return false;
        };
        let words = usize::from(words);
        let blocks = 6 * usize::from(first & 0x1f);
        let least = match kind {
            SENDER_REPORT => Some(6 + blocks),
            RECEIVER_REPORT => Some(1 + blocks),
            _ => None,
        };
        if first >> 6 != 2
            || !(192..=213).contains(&kind)
            || least.is_some_and(|least| words < least)
        {
            return false;
        }
        // A report alone needs its exact length.
        let is_alone = payload.len() == 4 + 4 * words;
        if at == 0 && (least.is_none() || (is_alone && least != Some(words))) {
            return false;
        }
        at += 4 + 4 * words;
    }
    at == payload.len() && at > 0
}

/// PTP version 1 (IEEE 1588-2002, 7.3): both versions and the subdomain. Dante uses it.
pub fn ptp_v1(payload: &[u8]) -> bool {
    const VERSIONS: u32 = 0x0001_0001;
    u32(payload, 0) == Some(VERSIONS)
        && matches!(bytes(payload, 4), Some([b'_', b'D' | b'A', b'F' | b'L', b'L' | b'T']))
}

/// PTP version 2 (IEEE 1588-2019, 13.3): the version and the length.
pub fn ptp(payload: &[u8]) -> bool {
    let Some([kind, version]) = bytes(payload, 0) else { return false };
    let len = u16(payload, 2).map_or(0, usize::from);
    version & 0xf == 2 && kind & 0xf <= 13 && (34..=payload.len()).contains(&len)
}

/// Art-Net (Art-Net 4): the id.
pub fn artnet(payload: &[u8]) -> bool {
    payload.starts_with(b"Art-Net\0")
}

/// The preamble of ACN over UDP (ANSI E1.17), and the root vector that follows.
fn acn_vector(payload: &[u8]) -> Option<u32> {
    const PREAMBLE: &[u8] = b"\0\x10\0\0ASC-E1.17\0\0\0";
    payload.starts_with(PREAMBLE).then(|| u32(payload, 18)).flatten()
}

/// sACN (ANSI E1.31, 5.5): data.
pub fn sacn(payload: &[u8]) -> bool {
    acn_vector(payload) == Some(4)
}

/// sACN (ANSI E1.31, 6.4): universe discovery.
pub fn sacn_discovery(payload: &[u8]) -> bool {
    acn_vector(payload) == Some(8) && u32(payload, 40) == Some(2)
}

/// sACN (ANSI E1.31, 6.3): synchronisation.
pub fn sacn_sync(payload: &[u8]) -> bool {
    acn_vector(payload) == Some(8) && u32(payload, 40) == Some(1)
}

/// Any other use of ACN.
pub fn acn(payload: &[u8]) -> bool {
    acn_vector(payload).is_some()
}

/// SPEAD (version 4): the magic number, the widths of item pointers (8 bytes in total) and the
/// number of items.
pub fn spead(payload: &[u8]) -> bool {
    let Some([magic, version, id, address]) = bytes(payload, 0) else { return false };
    let items = u16(payload, 6).map_or(usize::MAX, usize::from);
    (magic, version) == (0x53, 4)
        && (1..8).contains(&id)
        && u16::from(id) + u16::from(address) == 8
        && u16(payload, 4) == Some(0)
        && (1..=payload.len() / 8).contains(&items)
}

/// VITA 49.2 (5.1): the packet size in words, which the header states.
pub fn vita49(payload: &[u8]) -> bool {
    const TYPES: u8 = 7;
    u8(payload, 0).is_some_and(|first| first >> 4 <= TYPES)
        && u16(payload, 2)
            .is_some_and(|words| words >= 2 && usize::from(words) * 4 == payload.len())
}

/// VITA 49.1: the frame that wraps VITA 49 packets.
pub fn vita49_frame(payload: &[u8]) -> bool {
    payload.starts_with(b"VRLP")
}
