//! Middleware, reliable multicast and clusters.

use crate::format::fields::{bytes, u8, u16, u16_le, u32, u32_le};

/// RTPS (OMG DDSI-RTPS, 8.3.3): the protocol and major version 2.
pub fn rtps(payload: &[u8]) -> bool {
    payload.starts_with(b"RTPS\x02") && payload.len() >= 16
}

/// LCM: a short message with the name of its channel, or a fragment.
pub fn lcm(payload: &[u8]) -> bool {
    match bytes(payload, 0) {
        Some([b'L', b'C', b'0', b'2']) => {
            u8(payload, 8).is_some_and(|first| first.is_ascii_graphic())
        }
        Some([b'L', b'C', b'0', b'3']) => {
            let (number, all) = (u16(payload, 16), u16(payload, 18));
            number.zip(all).is_some_and(|(number, all)| number < all)
        }
        _ => false,
    }
}

/// Aeron: frames of version 0 and a known type, whose lengths add up. A heartbeat has the length 0.
pub fn aeron(payload: &[u8]) -> bool {
    const PADDING: u16 = 0;
    const DATA: u16 = 1;
    const RESPONSE: u16 = 7;
    const ALIGNMENT: usize = 32;
    const SHORTEST: usize = 28;
    // Begin and end of a fragment.
    const WHOLE: u8 = 0xc0;
    let mut at = 0;
    while at < payload.len() {
        let (Some(len), Some([0, flags]), Some(kind)) =
            (u32_le(payload, at), bytes(payload, at + 4), u16_le(payload, at + 6))
        else {
            return false;
        };
        if len == 0 {
            return at == 0 && payload.len() == ALIGNMENT && kind == DATA && flags & WHOLE == WHOLE;
        }
        let Ok(len) = usize::try_from(len) else { return false };
        if len < SHORTEST || len > payload.len() - at || kind > RESPONSE {
            return false;
        }
        match kind {
            DATA => at += len.next_multiple_of(ALIGNMENT),
            PADDING if at > 0 => at += len.next_multiple_of(ALIGNMENT),
            PADDING => return false,
            _ => return at == 0 && len == payload.len(),
        }
    }
    at == payload.len() && at > 0
}

/// UFTP (version 4 and 5) with its message types.
pub fn uftp(payload: &[u8]) -> bool {
    matches!(bytes(payload, 0), Some([0x40 | 0x50, 1..=26])) && payload.len() >= 16
}

/// NORM (RFC 5740, 4.1): version 1, a type, and a header length in words.
pub fn norm(payload: &[u8]) -> bool {
    let Some([first, words]) = bytes(payload, 0) else { return false };
    let header = usize::from(words) * 4;
    first >> 4 == 1 && (1..=6).contains(&(first & 0xf)) && (12..=payload.len()).contains(&header)
}

/// ALC over LCT (RFC 5651, 5.1), as in FLUTE: version 1, reserved bits, and a header length in
/// words.
pub fn alc(payload: &[u8]) -> bool {
    let Some([first, second, words]) = bytes(payload, 0) else { return false };
    let header = usize::from(words) * 4;
    first >> 4 == 1 && second & 0x0c == 0 && (12..=payload.len()).contains(&header)
}

/// PGM in UDP (RFC 3208, 8): a type, a length, and the checksum over all of it.
pub fn epgm(payload: &[u8]) -> bool {
    const TYPES: [u8; 12] = [0, 1, 2, 4, 5, 6, 8, 9, 10, 11, 12, 13];
    let (Some(kind), Some(len)) = (u8(payload, 4), u16(payload, 14)) else { return false };
    let words = payload.chunks(2).map(|pair| match pair {
        [high, low] => u32::from(u16::from_be_bytes([*high, *low])),
        [high] => u32::from(*high) << 8,
        _ => 0,
    });
    // RFC 1071. A datagram has fewer than 2^15 words.
    let sum: u32 = words.sum();
    let folded = (sum & 0xffff) + (sum >> 16);
    let is_summed = (folded & 0xffff) + (folded >> 16) == 0xffff;
    TYPES.contains(&kind) && usize::from(len) + 16 <= payload.len() && is_summed
}

/// The parts of a collectd datagram: a host name first, and lengths that add up.
pub fn collectd(payload: &[u8]) -> bool {
    const HOST: u16 = 0;
    const NUMBERED: [u16; 16] =
        [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0x100, 0x101, 0x200, 0x210, 0x211, 0x212];
    let (mut at, mut parts) = (0, 0);
    while at < payload.len() {
        let (Some(kind), Some(len @ 5..)) = (u16(payload, at), u16(payload, at + 2)) else {
            return false;
        };
        let end = at + usize::from(len);
        let is_text = kind == HOST && u8(payload, end - 1) == Some(0);
        if !NUMBERED.contains(&kind) || (at == 0 && !is_text) {
            return false;
        }
        (at, parts) = (end, parts + 1);
    }
    at == payload.len() && parts > 1
}

/// Ganglia 3.1: a message type, and a host name in XDR (RFC 4506, 4.11).
pub fn ganglia(payload: &[u8]) -> bool {
    let name = u32(payload, 4).and_then(|len| usize::try_from(len).ok());
    u32(payload, 0).is_some_and(|kind| (128..=137).contains(&kind))
        && name.is_some_and(|len| (1..payload.len()).contains(&len))
}

/// Tomcat's cluster membership: the begin mark of a member.
pub fn tomcat(payload: &[u8]) -> bool {
    payload.starts_with(b"TRIBES-B\x01\0")
}

/// OPC UA PubSub with UADP (OPC 10000-14, 7.2.4.4): version 1.
pub fn opc_ua(payload: &[u8]) -> bool {
    u8(payload, 0).is_some_and(|first| first & 0xf == 1) && payload.len() >= 8
}
