//! Link layers: from a frame to its IP packet.

use super::omitted::Reason;
use super::order::ByteOrder;
use crate::units::bytes::{take, u16_at};

const IPV4: u16 = 0x0800;
const IPV6: u16 = 0x86dd;

/// What the link layer states about an IP packet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Link {
    /// The capturing host sent it.
    pub outgoing: bool,
    /// The outermost VLAN id that is not 0.
    pub vlan: Option<u16>,
    /// The index of the interface on the capturing host.
    pub device: Option<u32>,
    /// A switch mirrored the frame and cut it.
    pub is_cut: bool,
}

/// Why a frame has no IP packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flaw {
    /// It ends within a header.
    Short,
    /// It can never have a datagram, for this reason.
    Omit(Reason),
}

const NOT_IP: Flaw = Flaw::Omit(Reason::NotIp);

/// The IP packet of a frame, with everything behind it. `order` is the byte order of the capturing
/// host.
pub fn ip_packet<'a>(
    link_type: u16,
    order: ByteOrder,
    frame: &'a [u8],
    link: &mut Link,
) -> Result<&'a [u8], Flaw> {
    match link_type {
        0 | 108 => loopback(frame, link),
        1 => ethernet(frame, link),
        12 | 14 | 101 | 228 | 229 => Ok(frame),
        113 => cooked(frame, link),
        239 => netfilter_log(order, frame, link),
        276 => cooked_2(frame, link),
        _ => Err(Flaw::Omit(Reason::LinkType(link_type))),
    }
}

/// The IP packet of an Ethernet frame.
pub fn ethernet<'a>(frame: &'a [u8], link: &mut Link) -> Result<&'a [u8], Flaw> {
    let kind = u16_at(frame, 12).ok_or(Flaw::Short)?;
    by_type(kind, behind(frame, 14)?, link)
}

/// Removes the headers between the link layer and IP, by the EtherType.
pub fn by_type<'a>(mut kind: u16, mut bytes: &'a [u8], link: &mut Link) -> Result<&'a [u8], Flaw> {
    loop {
        (kind, bytes) = match kind {
            IPV4 | IPV6 => return Ok(bytes),
            // IEEE 802.1Q, 802.1ad, and a number from before the standard.
            0x8100 | 0x88a8 | 0x9100 => {
                let tag = u16_at(bytes, 0).ok_or(Flaw::Short)?;
                link.vlan = link.vlan.or(Some(tag & 0xfff).filter(|id| *id != 0));
                (u16_at(bytes, 2).ok_or(Flaw::Short)?, behind(bytes, 4)?)
            }
            // PPPoE (RFC 2516), and the protocols of PPP.
            0x8864 => match u16_at(bytes, 6).ok_or(Flaw::Short)? {
                0x0021 => (IPV4, behind(bytes, 8)?),
                0x0057 => (IPV6, behind(bytes, 8)?),
                _ => return Err(NOT_IP),
            },
            0x8847 | 0x8848 => below_labels(bytes)?,
            // A length (IEEE 802.3), and then the EtherType behind a SNAP header.
            0..=1500 if bytes.starts_with(&[0xaa, 0xaa, 3, 0, 0, 0]) => {
                (u16_at(bytes, 6).ok_or(Flaw::Short)?, behind(bytes, 8)?)
            }
            _ => return Err(NOT_IP),
        };
    }
}

/// MPLS (RFC 3032). No label states the content: the first bits show it (RFC 4928).
fn below_labels(mut bytes: &[u8]) -> Result<(u16, &[u8]), Flaw> {
    const BOTTOM: u8 = 1;
    loop {
        let [.., flags, _] = take::<4>(bytes, 0).ok_or(Flaw::Short)?;
        bytes = behind(bytes, 4)?;
        if flags & BOTTOM != 0 {
            break;
        }
    }
    match bytes.first().ok_or(Flaw::Short)? >> 4 {
        // Both versions of IP have one meaning here.
        4 | 6 => Ok((IPV4, bytes)),
        // An Ethernet pseudowire, behind a control word (RFC 4448).
        0 => {
            let frame = behind(bytes, 4)?;
            Ok((u16_at(frame, 12).ok_or(Flaw::Short)?, behind(frame, 14)?))
        }
        _ => Err(NOT_IP),
    }
}

/// LINKTYPE_NULL and LINKTYPE_LOOP: the address family, in the order of the capturing host or of
/// the network. Both have files in either order.
fn loopback<'a>(frame: &'a [u8], link: &mut Link) -> Result<&'a [u8], Flaw> {
    // IPv4 everywhere; IPv6 on Linux, Windows, BSD, FreeBSD and macOS.
    const FAMILIES: [u32; 6] = [2, 10, 23, 24, 28, 30];
    let family = take(frame, 0).map(u32::from_be_bytes).ok_or(Flaw::Short)?;
    let packet = behind(frame, 4)?;
    if FAMILIES.contains(&family) || FAMILIES.contains(&family.swap_bytes()) {
        Ok(packet)
    } else {
        // A few writers put an EtherType there, as Wireshark accepts.
        by_type((family & 0xffff) as u16, packet, link)
    }
}

/// The packet type of packets that the capturing host sent (`PACKET_OUTGOING`).
const OUTGOING: u8 = 4;

/// LINKTYPE_LINUX_SLL.
fn cooked<'a>(frame: &'a [u8], link: &mut Link) -> Result<&'a [u8], Flaw> {
    let kind = u16_at(frame, 14).ok_or(Flaw::Short)?;
    link.outgoing = u16_at(frame, 0) == Some(OUTGOING.into());
    by_type(kind, behind(frame, 16)?, link)
}

/// LINKTYPE_LINUX_SLL2.
fn cooked_2<'a>(frame: &'a [u8], link: &mut Link) -> Result<&'a [u8], Flaw> {
    let kind = u16_at(frame, 0).ok_or(Flaw::Short)?;
    link.device = take(frame, 4).map(u32::from_be_bytes);
    link.outgoing = frame.get(10) == Some(&OUTGOING);
    by_type(kind, behind(frame, 20)?, link)
}

/// LINKTYPE_NFLOG: attributes in the order of the capturing host, behind a header of four bytes.
fn netfilter_log<'a>(order: ByteOrder, frame: &'a [u8], link: &mut Link) -> Result<&'a [u8], Flaw> {
    const PACKET_HEADER: u16 = 1;
    const PAYLOAD: u16 = 9;
    const LOCAL_OUT: u8 = 3;
    let mut attributes = behind(frame, 4)?;
    loop {
        let len = usize::from(order.u16_at(attributes, 0).ok_or(Flaw::Short)?);
        let kind = order.u16_at(attributes, 2).ok_or(Flaw::Short)?;
        let end = len.min(attributes.len());
        // A length of less than its own header would never end.
        let value = attributes.get(4..end).ok_or(Flaw::Omit(Reason::Malformed))?;
        match kind {
            PACKET_HEADER => link.outgoing = value.get(2) == Some(&LOCAL_OUT),
            PAYLOAD => return Ok(value),
            _ => {}
        }
        attributes = behind(attributes, (len + 3) & !3)?;
    }
}

/// The bytes behind a header of this length.
pub fn behind(bytes: &[u8], header: usize) -> Result<&[u8], Flaw> {
    bytes.get(header..).ok_or(Flaw::Short)
}
