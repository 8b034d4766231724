//! The addresses behind the header of a message.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::layout::Layout;
use crate::units::bytes::take;

/// AF_INET (sys/socket.h), equal on FreeBSD and macOS.
pub const INET: u8 = 2;

/// AF_LINK of FreeBSD and macOS.
pub const LINK: u8 = 18;

/// AF_INET6 of FreeBSD.
const INET6_FREEBSD: u8 = 28;

/// AF_INET6 of macOS.
const INET6_MACOS: u8 = 30;

/// The most addresses of a message (RTAX_MAX, net/route.h).
const MOST: usize = 8;

/// An address of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SocketAddress {
    /// An IP address, without the scope that the kernel embeds.
    Ip(IpAddr),
    /// The name and the number of an interface, or the address of its link.
    Link(LinkAddress),
    /// Empty, truncated or of another family.
    Other,
}

/// `struct sockaddr_dl` (net/if_dl.h).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LinkAddress {
    /// The index of the interface; 0 if it is not stated.
    pub index: u32,
    /// The type of the link (net/if_types.h); 6 is Ethernet.
    pub link_type: u8,
    /// The name of the interface; may be empty.
    pub name: Vec<u8>,
    /// The address of the link; may be empty.
    pub address: Vec<u8>,
}

/// The addresses that the bits of `present` announce, by their position (RTAX_DST is 0).
pub fn addresses(bytes: &[u8], present: u32, layout: &Layout) -> [Option<SocketAddress>; MOST] {
    let mut rest = bytes;
    let mut found: [Option<SocketAddress>; MOST] = Default::default();
    for (position, place) in found.iter_mut().enumerate() {
        if present & (1 << position) == 0 {
            continue;
        }
        let Some(length) = rest.first().map(|length| usize::from(*length)) else { break };
        *place = Some(address(rest.get(..length).unwrap_or(rest), layout));
        rest = rest.get(layout.space(length)..).unwrap_or_default();
    }
    found
}

fn address(bytes: &[u8], layout: &Layout) -> SocketAddress {
    let inet6 = if layout.announce.is_some() { INET6_FREEBSD } else { INET6_MACOS };
    let read = match bytes.get(1).copied() {
        Some(INET) => {
            take(bytes, 4).map(|ip: [u8; 4]| SocketAddress::Ip(Ipv4Addr::from(ip).into()))
        }
        Some(family) if family == inet6 => take(bytes, 8)
            .map(|ip: [u8; 16]| SocketAddress::Ip(without_scope(Ipv6Addr::from(ip)).into())),
        Some(LINK) => link(bytes).map(SocketAddress::Link),
        _ => None,
    };
    read.unwrap_or(SocketAddress::Other)
}

/// KAME's stack, which both systems have, keeps the index of the interface in the second word of an
/// address with link-local or interface-local scope, and may export it.
fn without_scope(address: Ipv6Addr) -> Ipv6Addr {
    let mut words = address.segments();
    let is_scoped = words[0] & 0xffc0 == 0xfe80 || matches!(words[0] & 0xff0f, 0xff01 | 0xff02);
    if is_scoped {
        words[1] = 0;
    }
    Ipv6Addr::from(words)
}

fn link(bytes: &[u8]) -> Option<LinkAddress> {
    const NAME: usize = 8;
    let index = u16::from_ne_bytes(take(bytes, 2)?);
    let [link_type, name, address] = take(bytes, 4)?;
    let end_of_name = NAME + usize::from(name);
    Some(LinkAddress {
        index: u32::from(index),
        link_type,
        name: bytes.get(NAME..end_of_name).unwrap_or_default().to_vec(),
        address: bytes
            .get(end_of_name..end_of_name + usize::from(address))
            .unwrap_or_default()
            .to_vec(),
    })
}

/// Writes `struct sockaddr_in` or `sockaddr_in6` of an address.
pub fn write(address: IpAddr, layout: &Layout) -> Vec<u8> {
    match address {
        IpAddr::V4(ip) => {
            let mut bytes = vec![16, INET, 0, 0];
            bytes.extend(ip.octets());
            bytes.resize(16, 0);
            bytes
        }
        IpAddr::V6(ip) => {
            let inet6 = if layout.announce.is_some() { INET6_FREEBSD } else { INET6_MACOS };
            let mut bytes = vec![layout.sockaddr_in6, inet6, 0, 0, 0, 0, 0, 0];
            bytes.extend(ip.octets());
            bytes.resize(usize::from(layout.sockaddr_in6), 0);
            bytes
        }
    }
}
