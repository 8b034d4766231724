//! The checksum of UDP (RFC 768; RFC 8200, 8.1).

use std::net::IpAddr;

use super::captured::Checksum;
use super::ip::{Header, UDP, Udp};
use crate::units::bytes::take;

/// Checks the checksum of a datagram, or only whether it has one.
pub fn check(header: &Header, udp: &Udp, whole: bool) -> Checksum {
    const AT: usize = 6;
    match take(udp.bytes, AT) {
        Some([0, 0]) => Checksum::Absent,
        _ if !whole => Checksum::Unchecked,
        _ if is_right(header, udp) => Checksum::Right,
        _ => Checksum::Wrong,
    }
}

/// The sum of the pseudo header and the datagram, with its checksum, has only ones.
fn is_right(header: &Header, udp: &Udp) -> bool {
    let addresses = match (header.source, header.destination) {
        (IpAddr::V4(source), IpAddr::V4(destination)) => {
            sum(&source.octets()) + sum(&destination.octets())
        }
        (IpAddr::V6(source), IpAddr::V6(destination)) => {
            sum(&source.octets()) + sum(&destination.octets())
        }
        _ => return false,
    };
    let mut sum = addresses + u64::from(UDP) + udp.bytes.len() as u64 + sum(udp.bytes);
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    sum == 0xffff
}

/// The sum of all words of 16 bits, in network order.
fn sum(bytes: &[u8]) -> u64 {
    let mut words = bytes.chunks_exact(2);
    let sum: u64 =
        words.by_ref().map(|word| take(word, 0).map_or(0, u16::from_be_bytes)).map(u64::from).sum();
    sum + words.remainder().first().map_or(0, |last| u64::from(*last) << 8)
}
