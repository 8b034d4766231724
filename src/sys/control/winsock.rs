//! The control messages and socket addresses of Windows.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV6};

use crate::sys::meta::Meta;
use crate::units::bytes::take;

// ws2def.h
const AF_INET: u16 = 2;
const AF_INET6: u16 = 23;
const SOL_SOCKET: i32 = 0xffff;
const IPPROTO_IP: i32 = 0;
const IPPROTO_UDP: i32 = 17;
const IPPROTO_IPV6: i32 = 41;
// ws2ipdef.h
const IP_TOS: i32 = 3;
const IP_TTL: i32 = 4;
const IP_PKTINFO: i32 = 19;
/// The number of IP_RECVTTL, too.
const IP_HOPLIMIT: i32 = 21;
const IPV6_PKTINFO: i32 = 19;
const IPV6_HOPLIMIT: i32 = 21;
const IPV6_TCLASS: i32 = 39;
const UDP_COALESCED_INFO: i32 = 3;
// mstcpip.h
const SO_TIMESTAMP: i32 = 0x300a;

/// `WSACMSGHDR`: a `SIZE_T` and two `INT`. It and the data behind it are aligned to the `SIZE_T`.
const WORD: usize = size_of::<usize>();
const HEADER: usize = WORD + 8;

/// What a datagram has besides its [`Meta`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Extra {
    /// The length of each datagram of a train but the last (UDP_COALESCED_INFO).
    pub segment: Option<usize>,
    /// The timestamp (SO_TIMESTAMP), as a value of a counter.
    #[cfg_attr(not(windows), allow(dead_code, reason = "only Windows counts ticks"))]
    pub ticks: Option<u64>,
}

/// Iterates over control messages: `(level, type, data)`. Stops at the first that does not fit.
struct Messages<'a>(&'a [u8]);

impl<'a> Iterator for Messages<'a> {
    type Item = (i32, i32, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let bytes = std::mem::take(&mut self.0);
        // The length includes the header, but no padding behind the data.
        let len = usize::from_ne_bytes(take(bytes, 0)?);
        let data = bytes.get(HEADER..len)?;
        self.0 = bytes.get(len.next_multiple_of(WORD)..).unwrap_or(&[]);
        Some((int(bytes, WORD)?, int(bytes, WORD + 4)?, data))
    }
}

fn int(bytes: &[u8], at: usize) -> Option<i32> {
    take(bytes, at).map(i32::from_ne_bytes)
}

/// An `INT` with the value of a byte: TTL, hop limit or traffic class.
fn small(data: &[u8]) -> Option<u8> {
    int(data, 0).and_then(|value| u8::try_from(value).ok())
}

/// Reads the metadata of a datagram or a train into `meta`, except for its time.
pub fn read(control: &[u8], meta: &mut Meta) -> Extra {
    let mut extra = Extra::default();
    for (level, kind, data) in Messages(control) {
        match (level, kind) {
            // in_pktinfo: destination address, interface
            (IPPROTO_IP, IP_PKTINFO) => {
                meta.destination = take::<4>(data, 0).map(|bytes| Ipv4Addr::from(bytes).into());
                meta.ifindex = known(take(data, 4));
            }
            // in6_pktinfo: likewise
            (IPPROTO_IPV6, IPV6_PKTINFO) => {
                let address = take::<16>(data, 0).map(Ipv6Addr::from);
                meta.destination = address.map(IpAddr::from);
                meta.ifindex = known(take(data, 16));
            }
            (IPPROTO_IP, IP_TTL | IP_HOPLIMIT) | (IPPROTO_IPV6, IPV6_HOPLIMIT) => {
                meta.ttl = small(data);
            }
            (IPPROTO_IP, IP_TOS) | (IPPROTO_IPV6, IPV6_TCLASS) => meta.traffic_class = small(data),
            (IPPROTO_UDP, UDP_COALESCED_INFO) => {
                let len = take(data, 0).map(u32::from_ne_bytes);
                extra.segment = len.and_then(|len| usize::try_from(len).ok());
            }
            (SOL_SOCKET, SO_TIMESTAMP) => extra.ticks = take(data, 0).map(u64::from_ne_bytes),
            _ => {}
        }
    }
    extra
}

/// An index of an interface. No interface has the index 0.
fn known(bytes: Option<[u8; 4]>) -> Option<u32> {
    bytes.map(u32::from_ne_bytes).filter(|index| *index != 0)
}

/// The source address: `SOCKADDR_IN` or `SOCKADDR_IN6`.
pub fn source(name: &[u8]) -> Option<SocketAddr> {
    let port = take(name, 2).map(u16::from_be_bytes)?;
    match take(name, 0).map(u16::from_ne_bytes)? {
        AF_INET => Some((Ipv4Addr::from(take::<4>(name, 4)?), port).into()),
        AF_INET6 => {
            let scope = take(name, 24).map(u32::from_ne_bytes)?;
            Some(SocketAddrV6::new(Ipv6Addr::from(take::<16>(name, 8)?), port, 0, scope).into())
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests;
