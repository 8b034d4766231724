//! The IP and UDP headers of a datagram whose payload is all that the kernel delivered.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use super::Recorded;
use crate::net::wire::checksum::{Sum, checksum};

/// The lengths of the headers of UDP (RFC 768), IPv4 without options (RFC 791) and IPv6 (RFC 8200).
const UDP: usize = 8;
const IPV4: usize = 20;
const IPV6: usize = 40;

/// The protocol number of UDP.
const PROTOCOL: u8 = 17;

/// The rebuilt headers, and the part of the payload that they cover.
pub struct Headers<'a> {
    bytes: [u8; IPV6 + UDP],
    len: usize,
    pub payload: &'a [u8],
}

impl Headers<'_> {
    pub fn bytes(&self) -> &[u8] {
        &self.bytes[..self.len]
    }
}

/// Rebuilds the headers of a datagram. A payload that is longer than a datagram can be is cut.
pub fn rebuild<'a>(datagram: &Recorded<'a>) -> Headers<'a> {
    let (source, destination) = (datagram.source.ip(), datagram.destination.ip());
    match (source, destination) {
        (IpAddr::V4(source), IpAddr::V4(destination)) => v4(datagram, source, destination),
        // An unknown source is the unspecified address of IPv4.
        (IpAddr::V4(_), IpAddr::V6(destination)) => {
            v6(datagram, Ipv6Addr::UNSPECIFIED, destination)
        }
        (IpAddr::V6(_), IpAddr::V4(destination)) => {
            v4(datagram, Ipv4Addr::UNSPECIFIED, destination)
        }
        (IpAddr::V6(source), IpAddr::V6(destination)) => v6(datagram, source, destination),
    }
}

/// No identification, but DF (RFC 6864, 4.1).
fn v4<'a>(datagram: &Recorded<'a>, source: Ipv4Addr, destination: Ipv4Addr) -> Headers<'a> {
    let payload = cut(datagram.payload, usize::from(u16::MAX) - IPV4 - UDP);
    let total = (IPV4 + UDP + payload.len()) as u16;
    let mut ip = [0; IPV4];
    (ip[0], ip[1]) = (0x45, datagram.traffic_class.unwrap_or(0));
    ip[2..4].copy_from_slice(&total.to_be_bytes());
    ip[6] = 0x40;
    (ip[8], ip[9]) = (datagram.ttl.unwrap_or(0), PROTOCOL);
    ip[12..16].copy_from_slice(&source.octets());
    ip[16..20].copy_from_slice(&destination.octets());
    let sum = checksum(&ip);
    ip[10..12].copy_from_slice(&sum);
    with_udp(&ip, &ip[12..], datagram, payload)
}

/// Without extension headers and flow label.
fn v6<'a>(datagram: &Recorded<'a>, source: Ipv6Addr, destination: Ipv6Addr) -> Headers<'a> {
    let payload = cut(datagram.payload, usize::from(u16::MAX) - UDP);
    let class = datagram.traffic_class.unwrap_or(0);
    let mut ip = [0; IPV6];
    (ip[0], ip[1]) = (0x60 | class >> 4, class << 4);
    ip[4..6].copy_from_slice(&((UDP + payload.len()) as u16).to_be_bytes());
    (ip[6], ip[7]) = (PROTOCOL, datagram.ttl.unwrap_or(0));
    ip[8..24].copy_from_slice(&source.octets());
    ip[24..40].copy_from_slice(&destination.octets());
    with_udp(&ip, &ip[8..], datagram, payload)
}

/// Adds the header of UDP. Its checksum covers a pseudo-header with the `addresses` (RFC 768; RFC
/// 8200, 8.1); zero is sent as all ones.
fn with_udp<'a>(
    ip: &[u8],
    addresses: &[u8],
    datagram: &Recorded<'a>,
    payload: &'a [u8],
) -> Headers<'a> {
    let len = ((UDP + payload.len()) as u16).to_be_bytes();
    let mut udp = [0; UDP];
    udp[..2].copy_from_slice(&datagram.source.port().to_be_bytes());
    udp[2..4].copy_from_slice(&datagram.destination.port().to_be_bytes());
    udp[4..6].copy_from_slice(&len);
    let pseudo = Sum::default().add(addresses).add(&[0, PROTOCOL, len[0], len[1]]);
    let sum = match pseudo.add(&udp).add(payload).checksum() {
        [0, 0] => [0xff; 2],
        sum => sum,
    };
    udp[6..8].copy_from_slice(&sum);
    let mut bytes = [0; IPV6 + UDP];
    bytes[..ip.len()].copy_from_slice(ip);
    bytes[ip.len()..ip.len() + UDP].copy_from_slice(&udp);
    Headers { bytes, len: ip.len() + UDP, payload }
}

fn cut(payload: &[u8], most: usize) -> &[u8] {
    payload.get(..most).unwrap_or(payload)
}

/// The length of the headers of a datagram to this destination.
pub fn len(destination: SocketAddr) -> usize {
    UDP + if destination.is_ipv4() { IPV4 } else { IPV6 }
}
