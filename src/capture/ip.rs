//! IP packets and UDP datagrams.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::link::Flaw;
use super::omitted::Reason;
use crate::units::bytes::{take, u16_at};

/// The protocol number of UDP.
pub const UDP: u8 = 17;

const MALFORMED: Flaw = Flaw::Omit(Reason::Malformed);

/// An IP packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Packet<'a> {
    pub header: Header,
    /// The protocol of the content.
    pub protocol: u8,
    /// The captured bytes of the content, without bytes behind the packet.
    pub content: &'a [u8],
    /// The content is longer than the captured bytes.
    pub cut: bool,
    pub fragment: Option<Fragment>,
}

/// The fields that all fragments share, or those of the first one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    pub source: IpAddr,
    pub destination: IpAddr,
    /// The TTL or hop limit.
    pub ttl: u8,
    pub traffic_class: u8,
}

/// The place of a fragment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fragment {
    pub id: u32,
    /// In bytes.
    pub offset: u16,
    pub is_last: bool,
}

/// A UDP datagram.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Udp<'a> {
    pub source_port: u16,
    pub port: u16,
    /// The header and the payload.
    pub bytes: &'a [u8],
}

/// The length of a UDP header.
pub const UDP_HEADER: usize = 8;

/// Reads the packet at the front.
pub fn packet(bytes: &[u8]) -> Result<Packet<'_>, Flaw> {
    match bytes.first().ok_or(Flaw::Short)? >> 4 {
        4 => ipv4(bytes),
        6 => ipv6(bytes),
        _ => Err(MALFORMED),
    }
}

/// RFC 791, 3.1.
fn ipv4(bytes: &[u8]) -> Result<Packet<'_>, Flaw> {
    const LEAST: usize = 20;
    const MORE: u16 = 0x2000;
    const OFFSET: u16 = 0x1fff;
    let fixed: [u8; LEAST] = take(bytes, 0).ok_or(Flaw::Short)?;
    let [first, traffic_class, _, _, _, _, _, _, ttl, protocol, ..] = fixed;
    let number = |at| u16_at(&fixed, at).unwrap_or_default();
    let (header_len, place) = (usize::from(first & 0xf) * 4, number(6));
    let len = match usize::from(number(2)) {
        // The network card splits the packet and writes the length (TCP segmentation offload).
        0 => bytes.len(),
        len => len,
    };
    if header_len < LEAST || len < header_len {
        return Err(MALFORMED);
    }
    let address = |at| IpAddr::from(Ipv4Addr::from(take(&fixed, at).unwrap_or_default()));
    let header = Header { source: address(12), destination: address(16), ttl, traffic_class };
    let fragment = (place & (MORE | OFFSET) != 0).then_some(Fragment {
        id: number(4).into(),
        offset: (place & OFFSET) * 8,
        is_last: place & MORE == 0,
    });
    let content = bytes.get(header_len..len.min(bytes.len())).ok_or(Flaw::Short)?;
    let packet = Packet { header, protocol, content, cut: len > bytes.len(), fragment };
    if fragment.is_some() { Ok(packet) } else { packet.below_extensions() }
}

/// RFC 8200, 3.
fn ipv6(bytes: &[u8]) -> Result<Packet<'_>, Flaw> {
    const LEN: usize = 40;
    const NOTHING: u8 = 59;
    let fixed: [u8; LEN] = take(bytes, 0).ok_or(Flaw::Short)?;
    let [first, second, _, _, _, _, protocol, ttl, ..] = fixed;
    let len = match usize::from(u16_at(&fixed, 4).unwrap_or_default()) {
        // A jumbogram (RFC 2675), or segmentation offload.
        0 if protocol != NOTHING => bytes.len(),
        len => LEN + len,
    };
    let address = |at| IpAddr::from(Ipv6Addr::from(take::<16>(&fixed, at).unwrap_or_default()));
    let traffic_class = first << 4 | second >> 4;
    let header = Header { source: address(8), destination: address(24), ttl, traffic_class };
    let content = bytes.get(LEN..len.min(bytes.len())).ok_or(Flaw::Short)?;
    Packet { header, protocol, content, cut: len > bytes.len(), fragment: None }.below_extensions()
}

impl<'a> Packet<'a> {
    /// Removes the extension headers (RFC 8200, 4; RFC 4302; RFC 6275) before the first fragment
    /// header or the content.
    pub fn below_extensions(mut self) -> Result<Packet<'a>, Flaw> {
        const HOP_BY_HOP: u8 = 0;
        const ROUTING: u8 = 43;
        const FRAGMENT: u8 = 44;
        const AUTHENTICATION: u8 = 51;
        const DESTINATION: u8 = 60;
        const MOBILITY: u8 = 135;
        let is_ipv6 = self.header.source.is_ipv6();
        loop {
            let words = || self.content.get(1).map(|words| usize::from(*words));
            let len = match self.protocol {
                AUTHENTICATION => words().map(|words| 4 * (words + 2)),
                FRAGMENT if is_ipv6 => Some(8),
                HOP_BY_HOP | ROUTING | DESTINATION | MOBILITY if is_ipv6 => {
                    words().map(|words| 8 * (words + 1))
                }
                _ => return Ok(self),
            };
            let split = len.and_then(|len| self.content.split_at_checked(len));
            let (extension, rest) = split.ok_or(if self.cut { Flaw::Short } else { MALFORMED })?;
            let is_fragment = self.protocol == FRAGMENT;
            self.protocol = extension.first().copied().unwrap_or_default();
            self.content = rest;
            if is_fragment {
                self.fragment = fragment(extension);
                if self.fragment.is_some() {
                    return Ok(self);
                }
            }
        }
    }

    /// Whether a fragment with this protocol is of a UDP datagram, as far as it states that.
    pub fn may_be_udp(&self) -> bool {
        match self.protocol {
            UDP | 51 => true,
            0 | 43 | 60 | 135 => self.header.source.is_ipv6(),
            _ => false,
        }
    }

    /// The UDP datagram of a whole packet.
    pub fn udp(&self) -> Result<Udp<'a>, Flaw> {
        if self.protocol != UDP {
            return Err(Flaw::Omit(Reason::NotUdp));
        }
        let beyond = if self.cut { Flaw::Short } else { MALFORMED };
        let number = |at| u16_at(self.content, at).ok_or(beyond);
        let len = match usize::from(number(4)?) {
            // A jumbogram (RFC 2675, 4).
            0 if !self.cut => self.content.len(),
            len => len,
        };
        if len < UDP_HEADER {
            return Err(MALFORMED);
        }
        let bytes = self.content.get(..len).ok_or(beyond)?;
        Ok(Udp { source_port: number(0)?, port: number(2)?, bytes })
    }
}

/// The place of a fragment of IPv6 (RFC 8200, 4.5); `None` if it is the only one (RFC 6946).
fn fragment(extension: &[u8]) -> Option<Fragment> {
    const MORE: u16 = 1;
    let (place, id) = (u16_at(extension, 2)?, take(extension, 4)?);
    (place & !6 != 0).then_some(Fragment {
        id: u32::from_be_bytes(id),
        offset: place & !7,
        is_last: place & MORE == 0,
    })
}

impl<'a> Udp<'a> {
    pub fn payload(&self) -> &'a [u8] {
        self.bytes.get(UDP_HEADER..).unwrap_or_default()
    }
}
