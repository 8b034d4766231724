//! Tunnels: from an IP packet to the IP packet in it. Switches mirror traffic in ERSPAN.

use super::ip::{self, Packet};
use super::link::{self, Flaw, Link};
use super::omitted::Reason;
use crate::units::bytes::{take, u16_at};

/// IP in IP (RFC 2003) and IPv6 in IP (RFC 4213).
const IPV4: u8 = 4;
const IPV6: u8 = 41;
/// RFC 2784.
const GRE: u8 = 47;

/// The most tunnels in each other.
const MOST_NESTED: usize = 4;

const NOT_UDP: Flaw = Flaw::Omit(Reason::NotUdp);

/// Whether a protocol of IP is a tunnel.
pub fn is_tunnel(protocol: u8) -> bool {
    matches!(protocol, IPV4 | IPV6 | GRE)
}

/// The innermost packet, or a fragment before it. Adds the facts of mirrored frames to `link`.
pub fn innermost<'a>(mut packet: Packet<'a>, link: &mut Link) -> Result<Packet<'a>, Flaw> {
    for _ in 0..MOST_NESTED {
        if packet.fragment.is_some() || !is_tunnel(packet.protocol) {
            return Ok(packet);
        }
        let content = match packet.protocol {
            GRE => below_gre(packet.content, link)?,
            _ => packet.content,
        };
        packet = ip::packet(content)?;
    }
    if is_tunnel(packet.protocol) { Err(NOT_UDP) } else { Ok(packet) }
}

/// GRE (RFC 2784, 2.1; RFC 2890, 2), and the frames in it.
fn below_gre<'a>(bytes: &'a [u8], link: &mut Link) -> Result<&'a [u8], Flaw> {
    const CHECKSUM: u16 = 0x8000;
    const ROUTING: u16 = 0x4000;
    const KEY: u16 = 0x2000;
    const SEQUENCE: u16 = 0x1000;
    const VERSION: u16 = 7;
    const ERSPAN: u16 = 0x88be;
    const ERSPAN_3: u16 = 0x22eb;
    /// An Ethernet frame.
    const BRIDGED: u16 = 0x6558;
    let flags = u16_at(bytes, 0).ok_or(Flaw::Short)?;
    let kind = u16_at(bytes, 2).ok_or(Flaw::Short)?;
    if flags & (ROUTING | VERSION) != 0 {
        return Err(NOT_UDP);
    }
    let fields = [CHECKSUM, KEY, SEQUENCE].map(|field| usize::from(flags & field != 0));
    let content = link::behind(bytes, 4 + 4 * fields.iter().sum::<usize>())?;
    match kind {
        BRIDGED => link::ethernet(content, link),
        // Type I has no header, and no number of GRE.
        ERSPAN if flags & SEQUENCE == 0 => link::ethernet(content, link),
        ERSPAN => {
            link.is_cut |= is_truncated(content);
            link::ethernet(link::behind(content, 8)?, link)
        }
        ERSPAN_3 => mirrored(content, link),
        _ => link::by_type(kind, content, link),
    }
}

/// ERSPAN of type III (draft-foschiano-erspan-03): a header, perhaps one of the platform, and
/// an Ethernet frame or an IP packet.
fn mirrored<'a>(bytes: &'a [u8], link: &mut Link) -> Result<&'a [u8], Flaw> {
    const ETHERNET: u16 = 0;
    const IP: u16 = 2;
    link.is_cut |= is_truncated(bytes);
    let flags = u16_at(bytes, 10).ok_or(Flaw::Short)?;
    let has_platform = flags & 1 != 0;
    let content = link::behind(bytes, if has_platform { 20 } else { 12 })?;
    match flags >> 10 & 0x1f {
        ETHERNET => link::ethernet(content, link),
        IP => Ok(content),
        _ => Err(NOT_UDP),
    }
}

/// The switch cut the frame (bit T of types II and III).
fn is_truncated(header: &[u8]) -> bool {
    take(header, 2).is_some_and(|[flags]| flags & 4 != 0)
}
