//! Protocols that find services and configure hosts.

use crate::format::fields::{bytes, u8, u16, u32};

/// A message of the domain name system (RFC 1035, 4.1) with at least one record, as in mDNS (RFC
/// 6762) and LLMNR (RFC 4795).
pub fn dns(payload: &[u8]) -> bool {
    const OPCODE: u16 = 0x7800;
    // Reserved in DNS, mDNS and LLMNR.
    const RESERVED: u16 = 0x0040;
    const MOST_RECORDS: u64 = 1000;
    let Some(flags) = u16(payload, 2) else { return false };
    let counts = [4, 6, 8, 10].map(|at| u16(payload, at).map_or(u64::MAX, u64::from));
    let records = counts.into_iter().fold(0_u64, u64::saturating_add);
    flags & (OPCODE | RESERVED) == 0
        && (1..=MOST_RECORDS).contains(&records)
        && has_name(payload, 12)
}

/// Whether a name of labels and its type are at this offset (RFC 1035, 4.1.2). The first name of a
/// message is never compressed.
fn has_name(payload: &[u8], mut at: usize) -> bool {
    const LONGEST_LABEL: u8 = 63;
    const LONGEST_NAME: usize = 255;
    let end = at + LONGEST_NAME;
    while at < end {
        match u8(payload, at) {
            Some(0) => return payload.len() >= at + 5,
            Some(len @ ..=LONGEST_LABEL) => at += 1 + usize::from(len),
            _ => return false,
        }
    }
    false
}

/// SSDP (UPnP Device Architecture 2.0, 1): an HTTP header.
pub fn ssdp(payload: &[u8]) -> bool {
    [&b"NOTIFY * HTTP/1."[..], b"M-SEARCH * HTTP/1.", b"HTTP/1.1 200 OK\r\n"]
        .iter()
        .any(|start| payload.starts_with(start))
}

/// Plex GDM: SSDP at another port, with HTTP/1.0.
pub fn plex(payload: &[u8]) -> bool {
    payload.starts_with(b"M-SEARCH * HTTP/1.") || payload.starts_with(b"HTTP/1.0 200 OK\r\n")
}

/// WS-Discovery (OASIS, 1.1 and the draft of 2005): XML that names its namespace.
pub fn ws_discovery(payload: &[u8]) -> bool {
    const SEARCHED: usize = 4096;
    let start = payload.get(..SEARCHED).unwrap_or(payload);
    let mentions = |name: &[u8]| start.windows(name.len()).any(|part| part == name);
    start.trim_ascii_start().starts_with(b"<")
        && (mentions(b"ws/2005/04/discovery") || mentions(b"ws-dd/ns/discovery"))
}

/// Syncthing's local discovery, version 4: the magic number 0x2EA7D90B.
pub fn syncthing(payload: &[u8]) -> bool {
    u32(payload, 0) == Some(0x2ea7_d90b)
}

/// BitTorrent's local service discovery (BEP 14).
pub fn bittorrent(payload: &[u8]) -> bool {
    payload.starts_with(b"BT-SEARCH * HTTP/1.")
}

/// A game that is open to the network.
pub fn minecraft(payload: &[u8]) -> bool {
    payload.starts_with(b"[MOTD]") && payload.trim_ascii_end().ends_with(b"[/AD]")
}

/// Ubiquiti's device discovery: version 1 or 2, a command, and the length of the rest.
pub fn ubiquiti(payload: &[u8]) -> bool {
    matches!(u8(payload, 0), Some(1 | 2))
        && u16(payload, 2).is_some_and(|len| usize::from(len) + 4 == payload.len())
}

/// DHCPv6 (RFC 8415, 7.3 and 8): a message type, and options that add up to the length.
pub fn dhcpv6(payload: &[u8]) -> bool {
    const RELAYED: [u8; 2] = [12, 13];
    const RELAY_HEADER: usize = 34;
    let Some(kind @ 1..=36) = u8(payload, 0) else { return false };
    let options = if RELAYED.contains(&kind) { RELAY_HEADER } else { 4 };
    let mut at = options;
    while at < payload.len() {
        let Some(len) = u16(payload, at + 2) else { return false };
        at += 4 + usize::from(len);
    }
    at == payload.len() && at > options
}

/// CoAP (RFC 7252, 3): version 1, a token of at most 8 bytes, and a code of a known class.
pub fn coap(payload: &[u8]) -> bool {
    let Some([first, code]) = bytes(payload, 0) else { return false };
    let (token, class) = (first & 0xf, code >> 5);
    first >> 6 == 1 && token <= 8 && matches!(class, 0 | 2 | 4 | 5) && payload.len() >= 4
}

/// SLP (RFC 2608, 8): version 2, a function, and the length.
pub fn slp(payload: &[u8]) -> bool {
    let Some([version, function, high, middle, low]) = bytes(payload, 0) else { return false };
    let len = u32::from_be_bytes([0, high, middle, low]);
    version == 2 && (1..=11).contains(&function) && usize::try_from(len) == Ok(payload.len())
}

/// NTP (RFC 5905, 7.3): version 1 to 4 and mode 1 to 5, with a stratum below 17.
pub fn ntp(payload: &[u8]) -> bool {
    let Some([first, stratum]) = bytes(payload, 0) else { return false };
    let (version, mode) = (first >> 3 & 7, first & 7);
    payload.len() >= 48 && (1..=4).contains(&version) && (1..=5).contains(&mode) && stratum <= 16
}
