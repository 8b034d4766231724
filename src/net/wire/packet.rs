//! What a packet of IPv4 or IPv6 is, read from the bytes at its beginning: who sent it to whom, and
//! what it carries. Pure.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::{What, membership};
use crate::sys::{IPV4, IPV6};
use crate::units::bytes::{take, u16_at};

/// A packet of IPv4 or IPv6.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Packet {
    /// Who sent it, by its own word.
    pub source: IpAddr,
    /// Whom it is for.
    pub destination: IpAddr,
    /// The TTL or hop limit that is left.
    pub ttl: u8,
    /// It is a part of a longer packet, the first or a later one.
    pub fragment: bool,
    /// What it carries.
    pub what: What,
}

impl Packet {
    /// Reads a packet from its beginning, which may be all that there is of it. `protocol` is that
    /// of the frame: 0x0800 for IPv4, 0x86dd for IPv6. `None` where the bytes are none of it.
    pub fn parse(protocol: u16, bytes: &[u8]) -> Option<Packet> {
        match protocol {
            IPV4 => ipv4(bytes),
            IPV6 => ipv6(bytes),
            _ => None,
        }
    }

    /// The length that the packet says it has, header and all. `None` where it does not say.
    pub fn length(protocol: u16, bytes: &[u8]) -> Option<usize> {
        match protocol {
            IPV4 => Some(usize::from(u16_at(bytes, 2)?)),
            // A jumbogram says 0 here (RFC 2675).
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
    if first >> 4 != 4 || header < 20 || total < header {
        return None;
    }
    let [ttl, protocol] = take(bytes, 8)?;
    let address = |at| take::<4>(bytes, at).map(|octets| IpAddr::from(Ipv4Addr::from(octets)));
    let (source, destination) = (address(12)?, address(16)?);
    let fragments = u16_at(bytes, 6)?;
    let fragment = fragments & (MORE_FRAGMENTS | OFFSET) != 0;
    // What pads a short frame is none of the packet.
    let payload = bytes[..bytes.len().min(total)].get(header..).unwrap_or(&[]);
    let what = match protocol {
        UDP if fragments & OFFSET != 0 => Some(What::LaterFragment),
        UDP => udp(payload),
        PIM if !fragment => pim(payload),
        IGMP if !fragment => membership::igmp(payload, total - header),
        _ => None,
    };
    Some(Packet { source, destination, ttl, fragment, what: what.unwrap_or(What::Other) })
}

/// RFC 8200, 3.
fn ipv6(bytes: &[u8]) -> Option<Packet> {
    if bytes.first()? >> 4 != 6 {
        return None;
    }
    let [_, ttl] = take(bytes, 6)?;
    let address = |at| take::<16>(bytes, at).map(|octets| IpAddr::from(Ipv6Addr::from(octets)));
    let (source, destination) = (address(8)?, address(24)?);
    let total = Packet::length(IPV6, bytes).unwrap_or(bytes.len());
    let mut fragment = false;
    let what = ipv6_payload(&bytes[..bytes.len().min(total)], total, &mut fragment);
    Some(Packet { source, destination, ttl, fragment, what: what.unwrap_or(What::Other) })
}

/// Follows the extension headers (RFC 8200, 4) to what the packet carries. MLD always has one
/// before it, with the router alert.
fn ipv6_payload(bytes: &[u8], total: usize, fragment: &mut bool) -> Option<What> {
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
            // What else follows the first fragment's headers stands only there.
            _ if later => return None,
            HOP_BY_HOP | ROUTING | DESTINATION => {
                let [following, words] = take(bytes, at)?;
                (next, at) = (following, at + 8 * (usize::from(words) + 1));
            }
            FRAGMENT => {
                let place = u16_at(bytes, at + 2)?;
                later = place >> 3 != 0;
                *fragment |= later || place & MORE_FRAGMENTS != 0;
                (next, at) = (*bytes.get(at)?, at + 8);
            }
            UDP => return udp(bytes.get(at..)?),
            PIM if !*fragment => return pim(bytes.get(at..)?),
            ICMPV6 if !*fragment => {
                return membership::mld(bytes.get(at..)?, total.checked_sub(at)?);
            }
            _ => return None,
        }
    }
}

/// RFC 7761, 4.9: version 2, and the type of a hello.
fn pim(bytes: &[u8]) -> Option<What> {
    (*bytes.first()? == 0x20).then_some(What::PimHello)
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
