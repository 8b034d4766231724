//! Protocols of routers and tunnels. All of them need their usual port.

use crate::format::fields::{bytes, u8, u16};

/// HSRP version 1 (RFC 2281, 5.1; opcode 3 is an advertisement), or version 2: a TLV of the group
/// state.
pub fn hsrp(payload: &[u8]) -> bool {
    const STATES: [u8; 6] = [0, 1, 2, 4, 8, 16];
    match bytes(payload, 0) {
        Some([0, 0..=2, state]) => STATES.contains(&state) && payload.len() >= 20,
        Some([0, 3, _]) => payload.len() >= 10,
        Some([1, len, version]) => len == 40 && version == 2,
        _ => false,
    }
}

/// GLBP: version 1, without a specification.
pub fn glbp(payload: &[u8]) -> bool {
    u8(payload, 0) == Some(1) && payload.len() >= 12
}

/// RIP (RFC 2453, 4): a command, a version, zero, and entries of 20 bytes.
pub fn rip(payload: &[u8]) -> bool {
    entries(payload) && matches!(bytes(payload, 0), Some([1 | 2, 1 | 2, 0, 0]))
}

/// RIPng (RFC 2080, 2.1).
pub fn ripng(payload: &[u8]) -> bool {
    entries(payload) && matches!(bytes(payload, 0), Some([1 | 2, 1, 0, 0]))
}

fn entries(payload: &[u8]) -> bool {
    payload.len() >= 24 && (payload.len() - 4) % 20 == 0
}

/// Babel (RFC 8966, 4.2): the magic number 42, version 2 and the length of the body.
pub fn babel(payload: &[u8]) -> bool {
    let body = u16(payload, 2).map_or(usize::MAX, usize::from);
    bytes(payload, 0) == Some([42, 2]) && body.saturating_add(4) <= payload.len()
}

/// LDP (RFC 5036, 3.1): version 1 and the length of the PDU.
pub fn ldp(payload: &[u8]) -> bool {
    let len = u16(payload, 2).map_or(0, usize::from);
    u16(payload, 0) == Some(1) && len >= 6 && len + 4 == payload.len()
}

/// VXLAN (RFC 7348, 5): the flag of a valid network identifier, zeros, and an Ethernet frame of a
/// common type.
pub fn vxlan(payload: &[u8]) -> bool {
    const INNER_TYPE: usize = 8 + 12;
    const LONGEST_LENGTH_FIELD: u16 = 1500;
    bytes(payload, 0) == Some([8, 0, 0, 0])
        && u8(payload, 7) == Some(0)
        && u16(payload, INNER_TYPE).is_some_and(|kind| {
            matches!(kind, 0x0800 | 0x0806 | 0x86dd | 0x8100 | 0x88a8 | 0x88cc | 0x8847)
                || kind <= LONGEST_LENGTH_FIELD
        })
}
