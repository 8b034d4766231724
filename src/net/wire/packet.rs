//! The parser of IPv4 and IPv6 packets: addresses, header errors and content. Pure.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use serde::{Deserialize, Serialize};

use super::pim::pim;
use super::{What, membership};
use crate::sys::{IPV4, IPV6};
use crate::units::bytes::{take, u16_at};

/// A packet of IPv4 or IPv6.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Packet {
    pub source: IpAddr,
    pub destination: IpAddr,
    /// The remaining TTL or hop limit.
    pub ttl: u8,
    /// The packet is a fragment, the first or a later one.
    pub fragment: bool,
    pub what: What,
    /// The header error for which IP drops the packet.
    pub flaw: Option<Flaw>,
}

/// A header error, for which IP drops the packet before the firewall processes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Flaw {
    /// The version or a length is invalid.
    Header,
    /// The IPv4 header checksum is wrong.
    Checksum,
    /// The packet is shorter than it states.
    Truncated,
    /// The packet has a source route, which IP does not accept for multicast (RFC 1112, 6.1; RFC
    /// 8200, 4.4).
    SourceRoute,
}

impl Packet {
    /// Reads a packet from its captured beginning. `protocol` is the EtherType: 0x0800 for IPv4,
    /// 0x86dd for IPv6. `None` for other bytes.
    pub fn parse(protocol: u16, bytes: &[u8]) -> Option<Packet> {
        match protocol {
            IPV4 => ipv4(bytes),
            IPV6 => ipv6(bytes),
            _ => None,
        }
    }

    fn with_bad_header(source: IpAddr, destination: IpAddr, ttl: u8) -> Packet {
        let (what, flaw) = (What::Other, Some(Flaw::Header));
        Packet { source, destination, ttl, fragment: false, what, flaw }
    }

    /// The stated length with the header; `None` if there is none.
    pub fn length(protocol: u16, bytes: &[u8]) -> Option<usize> {
        match protocol {
            IPV4 => Some(usize::from(u16_at(bytes, 2)?)),
            // Zero means a jumbogram (RFC 2675).
            IPV6 => Some(usize::from(u16_at(bytes, 4).filter(|len| *len > 0)?) + IPV6_HEADER),
            _ => None,
        }
    }
}

const UDP: u8 = 17;
const PIM: u8 = 103;
const IPV6_HEADER: usize = 40;

/// RFC 791, 3.1.
fn ipv4(bytes: &[u8]) -> Option<Packet> {
    const IGMP: u8 = 2;
    const MORE_FRAGMENTS: u16 = 0x2000;
    const OFFSET: u16 = 0x1fff;
    let first = *bytes.first()?;
    let (header, total) = (usize::from(first & 0xf) * 4, usize::from(u16_at(bytes, 2)?));
    let [ttl, protocol] = take(bytes, 8)?;
    let address = |at| take::<4>(bytes, at).map(|octets| IpAddr::from(Ipv4Addr::from(octets)));
    let (source, destination) = (address(12)?, address(16)?);
    if first >> 4 != 4 || header < 20 || total < header {
        return Some(Packet::with_bad_header(source, destination, ttl));
    }
    let fragments = u16_at(bytes, 6)?;
    let fragment = fragments & (MORE_FRAGMENTS | OFFSET) != 0;
    // Short frames have padding behind the packet.
    let payload = bytes[..bytes.len().min(total)].get(header..).unwrap_or(&[]);
    let what = match protocol {
        UDP if fragments & OFFSET != 0 => Some(What::LaterFragment),
        UDP => udp(payload),
        PIM if !fragment => pim(payload),
        IGMP if !fragment => membership::igmp(payload, total - header),
        _ => None,
    };
    let flaw = bytes.get(..header).and_then(ipv4_flaw);
    Some(Packet { source, destination, ttl, fragment, what: what.unwrap_or(What::Other), flaw })
}

/// The error of a complete IPv4 header with valid lengths.
fn ipv4_flaw(header: &[u8]) -> Option<Flaw> {
    let words =
        header.chunks_exact(2).map(|word| u32::from(u16::from_be_bytes([word[0], word[1]])));
    let sum: u32 = words.sum();
    // RFC 1071: the sum including the checksum has only ones. Two folds suffice for 60 bytes.
    let folded = (sum & 0xffff) + (sum >> 16);
    if (folded & 0xffff) + (folded >> 16) != 0xffff {
        return Some(Flaw::Checksum);
    }
    names_a_route(&header[20..]).then_some(Flaw::SourceRoute)
}

/// Whether the IPv4 options contain a loose or a strict source route (RFC 791, 3.1).
fn names_a_route(mut options: &[u8]) -> bool {
    const END: u8 = 0;
    const NO_OPERATION: u8 = 1;
    const LOOSE: u8 = 131;
    const STRICT: u8 = 137;
    loop {
        match options {
            [] | [END, ..] => return false,
            [LOOSE | STRICT, ..] => return true,
            [NO_OPERATION, rest @ ..] => options = rest,
            [_, len, ..] if *len >= 2 => {
                options = options.get(usize::from(*len)..).unwrap_or(&[]);
            }
            _ => return false,
        }
    }
}

/// RFC 8200, 3.
fn ipv6(bytes: &[u8]) -> Option<Packet> {
    let [_, ttl] = take(bytes, 6)?;
    let address = |at| take::<16>(bytes, at).map(|octets| IpAddr::from(Ipv6Addr::from(octets)));
    let (source, destination) = (address(8)?, address(24)?);
    if bytes.first()? >> 4 != 6 {
        return Some(Packet::with_bad_header(source, destination, ttl));
    }
    let total = Packet::length(IPV6, bytes).unwrap_or(bytes.len());
    let mut packet =
        Packet { source, destination, ttl, fragment: false, what: What::Other, flaw: None };
    if let Some(what) = ipv6_payload(&bytes[..bytes.len().min(total)], total, &mut packet) {
        packet.what = what;
    }
    Some(packet)
}

/// Follows the extension headers (RFC 8200, 4) to the content; MLD always has one, with the router
/// alert. Notes the properties of the headers in `packet`.
fn ipv6_payload(bytes: &[u8], total: usize, packet: &mut Packet) -> Option<What> {
    const HOP_BY_HOP: u8 = 0;
    const ROUTING: u8 = 43;
    const FRAGMENT: u8 = 44;
    const ICMPV6: u8 = 58;
    const DESTINATION: u8 = 60;
    const MORE_FRAGMENTS: u16 = 1;
    let (mut next, mut at, mut later) = (*bytes.get(6)?, IPV6_HEADER, false);
    loop {
        match next {
            UDP if later => return Some(What::LaterFragment),
            // Later headers are only in the first fragment.
            _ if later => return None,
            HOP_BY_HOP | ROUTING | DESTINATION => {
                if next == ROUTING {
                    packet.flaw = Some(Flaw::SourceRoute);
                }
                let [following, words] = take(bytes, at)?;
                (next, at) = (following, at + 8 * (usize::from(words) + 1));
            }
            FRAGMENT => {
                let place = u16_at(bytes, at + 2)?;
                later = place >> 3 != 0;
                packet.fragment |= later || place & MORE_FRAGMENTS != 0;
                (next, at) = (*bytes.get(at)?, at + 8);
            }
            UDP => return udp(bytes.get(at..)?),
            PIM if !packet.fragment => return pim(bytes.get(at..)?),
            ICMPV6 if !packet.fragment => {
                return membership::mld(bytes.get(at..)?, total.checked_sub(at)?);
            }
            _ => return None,
        }
    }
}

/// RFC 768.
fn udp(bytes: &[u8]) -> Option<What> {
    const HEADER: usize = 8;
    let len = usize::from(u16_at(bytes, 4)?).saturating_sub(HEADER);
    Some(What::Udp {
        source_port: u16_at(bytes, 0)?,
        port: u16_at(bytes, 2)?,
        len,
        summed: u16_at(bytes, 6) != Some(0),
    })
}

#[cfg(test)]
pub(super) mod tests;
