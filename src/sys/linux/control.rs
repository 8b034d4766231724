//! Linux control messages and socket addresses. No `unsafe`: the kernel's bytes are read as bytes.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV6};

use libc::{self, c_int};

use crate::sys::meta::Meta;
use crate::units::UnixTime;
use crate::units::bytes::take;

/// One and a half times the size of all requested control messages (168 bytes for IPv6).
pub const CONTROL_LEN: usize = 256;

/// A control buffer with the alignment that the kernel requires.
#[derive(Clone, Copy)]
#[repr(C, align(8))]
pub struct Control(pub [u8; CONTROL_LEN]);

/// The length of the longest socket address of IP, `sockaddr_in6`.
pub const NAME_LEN: usize = 28;

/// A socket address in the kernel's form: `sockaddr_storage`.
#[derive(Clone, Copy)]
#[repr(C, align(8))]
pub struct Name(pub [u8; 128]);

/// Iterates over control messages: `(level, type, data)`. Stops at the first that does not fit.
pub struct Messages<'a>(pub &'a [u8]);

const WORD: usize = size_of::<usize>();
const HEADER: usize = WORD + 2 * size_of::<c_int>();

impl<'a> Iterator for Messages<'a> {
    type Item = (c_int, c_int, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let bytes = self.0;
        let len = usize::from_ne_bytes(take(bytes, 0)?);
        if len < HEADER || len > bytes.len() {
            self.0 = &[];
            return None;
        }
        self.0 = bytes.get(len.next_multiple_of(WORD)..).unwrap_or(&[]);
        Some((int(bytes, WORD)?, int(bytes, WORD + 4)?, &bytes[HEADER..len]))
    }
}

fn int(bytes: &[u8], at: usize) -> Option<c_int> {
    take(bytes, at).map(c_int::from_ne_bytes)
}

/// The source address.
pub fn source(bytes: &[u8]) -> Option<SocketAddr> {
    let port = take(bytes, 2).map(u16::from_be_bytes)?;
    match c_int::from(take(bytes, 0).map(u16::from_ne_bytes)?) {
        libc::AF_INET => Some(SocketAddr::from((Ipv4Addr::from(take::<4>(bytes, 4)?), port))),
        libc::AF_INET6 => {
            let scope = take(bytes, 24).map(u32::from_ne_bytes)?;
            Some(SocketAddrV6::new(Ipv6Addr::from(take::<16>(bytes, 8)?), port, 0, scope).into())
        }
        _ => None,
    }
}

/// Reads the metadata of a datagram or a train into `meta`. Returns the length of each datagram of
/// a train (UDP_GRO, udp(7)).
pub fn read(control: &[u8], meta: &mut Meta) -> Option<usize> {
    let mut segment = None;
    for (level, kind, data) in Messages(control) {
        match (level, kind) {
            (libc::SOL_UDP, libc::UDP_GRO) => {
                segment = int(data, 0).and_then(|len| usize::try_from(len).ok())
            }
            (libc::SOL_SOCKET, libc::SCM_TIMESTAMPNS) => {
                if let Some(time) = timestamp(data) {
                    (meta.time, meta.kernel_time) = (time, true);
                }
            }
            (libc::IPPROTO_IP, libc::IP_PKTINFO) => {
                // struct in_pktinfo: interface, local address, destination address
                meta.ifindex = take(data, 0).map(u32::from_ne_bytes);
                meta.destination =
                    take::<4>(data, 8).map(|bytes| IpAddr::from(Ipv4Addr::from(bytes)));
            }
            (libc::IPPROTO_IPV6, libc::IPV6_PKTINFO) => {
                meta.destination =
                    take::<16>(data, 0).map(|bytes| IpAddr::from(Ipv6Addr::from(bytes)));
                meta.ifindex = take(data, 16).map(u32::from_ne_bytes);
            }
            (libc::IPPROTO_IP, libc::IP_TTL)
            | (libc::IPPROTO_IPV6, libc::IPV6_HOPLIMIT | libc::IPV6_TCLASS) => {
                let value = int(data, 0).and_then(|value| u8::try_from(value).ok());
                if kind == libc::IPV6_TCLASS && level == libc::IPPROTO_IPV6 {
                    meta.traffic_class = value;
                } else {
                    meta.ttl = value;
                }
            }
            (libc::IPPROTO_IP, libc::IP_TOS) => meta.traffic_class = data.first().copied(),
            _ => {}
        }
    }
    segment
}

#[inline]
#[allow(clippy::useless_conversion, reason = "32 bits on some systems")]
pub fn timestamp(data: &[u8]) -> Option<UnixTime> {
    // struct timespec: two words of the kernel's time type
    let seconds = i64::from(libc::time_t::from_ne_bytes(take(data, 0)?));
    let nanos = i64::from(libc::c_long::from_ne_bytes(take(data, size_of::<libc::time_t>())?));
    let time = UnixTime::from_nanos(seconds.checked_mul(1_000_000_000)?.checked_add(nanos)?);
    Some(time).filter(|time| *time >= UnixTime::default())
}

/// The length of a control message with a timestamp.
const TIME_LEN: usize =
    HEADER + (size_of::<libc::time_t>() + size_of::<libc::c_long>()).next_multiple_of(WORD);

/// The time of the first control message, if that is a timestamp and only it differs from
/// `previous`. (The kernel puts it first, and most datagrams repeat the rest.)
#[inline]
pub fn only_time_differs(control: &[u8], previous: &[u8]) -> Option<UnixTime> {
    let ((header, data), rest) = (control.get(..TIME_LEN)?.split_at(HEADER), &control[TIME_LEN..]);
    let before = previous.get(..TIME_LEN)?;
    let is_time = int(header, WORD)? == libc::SOL_SOCKET
        && int(header, WORD + 4)? == libc::SCM_TIMESTAMPNS
        && take(header, 0).map(usize::from_ne_bytes)? <= TIME_LEN;
    if is_time && header == &before[..HEADER] && rest == &previous[TIME_LEN..] {
        timestamp(data)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn message(level: c_int, kind: c_int, data: &[u8]) -> Vec<u8> {
        let mut bytes = (HEADER + data.len()).to_ne_bytes().to_vec();
        bytes.extend(level.to_ne_bytes());
        bytes.extend(kind.to_ne_bytes());
        bytes.extend(data);
        bytes.resize(bytes.len().next_multiple_of(WORD), 0);
        bytes
    }

    #[test]
    fn each_message_fills_its_field() {
        let mut bytes = message(libc::IPPROTO_IP, libc::IP_TTL, &7_i32.to_ne_bytes());
        bytes.extend(message(libc::IPPROTO_IP, libc::IP_TOS, &[0xb8]));
        bytes.extend(message(99, 99, b"from a newer kernel"));
        bytes.extend(message(libc::SOL_UDP, libc::UDP_GRO, &1472_i32.to_ne_bytes()));
        let mut pktinfo = 3_i32.to_ne_bytes().to_vec();
        pktinfo.extend([10, 0, 0, 101, 239, 1, 1, 1]);
        bytes.extend(message(libc::IPPROTO_IP, libc::IP_PKTINFO, &pktinfo));
        let mut meta = Meta::unknown();
        assert_eq!(read(&bytes, &mut meta), Some(1472));
        assert_eq!((meta.ttl, meta.traffic_class), (Some(7), Some(0xb8)));
        assert_eq!((meta.ifindex, meta.destination), (Some(3), Some("239.1.1.1".parse().unwrap())));
        assert_eq!(meta.dscp(), Some(46));
    }

    #[test]
    fn both_families_of_source_are_read() {
        let mut name = Name([0; 128]);
        name.0[..2].copy_from_slice(&(libc::AF_INET as u16).to_ne_bytes());
        name.0[2..8].copy_from_slice(&[0x9c, 0x40, 10, 0, 0, 100]);
        assert_eq!(source(&name.0).unwrap().to_string(), "10.0.0.100:40000");
        name.0[..2].copy_from_slice(&(libc::AF_INET6 as u16).to_ne_bytes());
        name.0[8..24].copy_from_slice(&"fe80::9".parse::<Ipv6Addr>().unwrap().octets());
        name.0[24..28].copy_from_slice(&2_u32.to_ne_bytes());
        assert_eq!(source(&name.0).unwrap().to_string(), "[fe80::9%2]:40000");
    }

    /// A timestamp of `seconds` and `nanos`, then the other messages of a datagram.
    fn with_time(seconds: libc::time_t, nanos: libc::c_long, ttl: i32) -> Vec<u8> {
        let time = [seconds.to_ne_bytes(), nanos.to_ne_bytes()].concat();
        let mut bytes = message(libc::SOL_SOCKET, libc::SCM_TIMESTAMPNS, &time);
        bytes.extend(message(libc::IPPROTO_IP, libc::IP_TTL, &ttl.to_ne_bytes()));
        bytes
    }

    #[test]
    fn a_repeated_message_has_another_time() {
        let previous = with_time(5, 6, 7);
        let time = UnixTime::from_nanos(8_000_000_009);
        assert_eq!(only_time_differs(&with_time(8, 9, 7), &previous), Some(time));
        assert_eq!(only_time_differs(&with_time(8, 9, 8), &previous), None, "another TTL");
        assert_eq!(only_time_differs(&previous[TIME_LEN..], &previous[TIME_LEN..]), None);
        assert_eq!(only_time_differs(&[], &[]), None);
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_do_not_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            read(&bytes, &mut Meta::unknown());
            only_time_differs(&bytes, &bytes);
        }

        #[test]
        fn a_repetition_reads_like_the_whole(
            before in any::<(u32, u32, u8)>(),
            now in any::<(u32, u32, u8)>(),
        ) {
            let bytes = |(seconds, nanos, ttl): (u32, u32, u8)| {
                with_time(seconds as _, (nanos % 1_000_000_000) as _, i32::from(ttl % 2))
            };
            let (before, now) = (bytes(before), bytes(now));
            let (mut known, mut whole) = (Meta::unknown(), Meta::unknown());
            read(&before, &mut known);
            read(&now, &mut whole);
            if let Some(time) = only_time_differs(&now, &before) {
                known.time = time;
                prop_assert_eq!(known, whole);
            } else {
                prop_assert!(known.ttl != whole.ttl);
            }
        }

        #[test]
        fn an_invalid_length_ends_the_iteration(
            len: usize,
            rest in proptest::collection::vec(any::<u8>(), 0..64),
        ) {
            let mut bytes = len.to_ne_bytes().to_vec();
            bytes.extend(rest);
            prop_assert!(Messages(&bytes).count() <= bytes.len() / HEADER + 1);
        }
    }
}
