//! The control messages and socket addresses of macOS and FreeBSD.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV6};

use super::dialect::{
    AF_INET, Dialect, IP_RECVDSTADDR, IP_RECVIF, IPPROTO_IP, IPPROTO_IPV6, IPV6_HOPLIMIT,
    IPV6_PKTINFO, SCM_TIMESTAMP, SOL_SOCKET,
};
use crate::sys::meta::Meta;
use crate::units::UnixTime;
use crate::units::bytes::take;

/// The size of `struct cmsghdr`: length, level and type.
const HEADER: usize = 12;

/// Iterates over control messages: `(level, type, data)`. Stops at the first that does not fit.
struct Messages<'a> {
    bytes: &'a [u8],
    align: usize,
}

impl<'a> Iterator for Messages<'a> {
    type Item = (i32, i32, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let bytes = std::mem::take(&mut self.bytes);
        // The length includes the header and its padding, but no padding behind the data.
        let len = usize::try_from(u32::from_ne_bytes(take(bytes, 0)?)).ok()?;
        let data = bytes.get(HEADER.next_multiple_of(self.align)..len)?;
        self.bytes = bytes.get(len.next_multiple_of(self.align)..).unwrap_or(&[]);
        Some((int(bytes, 4)?, int(bytes, 8)?, data))
    }
}

fn int(bytes: &[u8], at: usize) -> Option<i32> {
    take(bytes, at).map(i32::from_ne_bytes)
}

/// Reads the metadata of a datagram into `meta`.
pub fn read(control: &[u8], dialect: &Dialect, meta: &mut Meta) {
    for (level, kind, data) in (Messages { bytes: control, align: dialect.align }) {
        match level {
            SOL_SOCKET => read_time(kind, data, dialect, meta),
            IPPROTO_IP => read_v4(kind, data, dialect, meta),
            IPPROTO_IPV6 => read_v6(kind, data, dialect, meta),
            _ => {}
        }
    }
}

fn read_time(kind: i32, data: &[u8], dialect: &Dialect, meta: &mut Meta) {
    let time = match kind {
        SCM_TIMESTAMP => timestamp(data, dialect.seconds, dialect.micros, 1000),
        kind if dialect.realtime == Some(kind) => {
            timestamp(data, dialect.seconds, dialect.nanos, 1)
        }
        _ => None,
    };
    if let Some(time) = time {
        (meta.time, meta.kernel_time) = (time, true);
    }
}

/// `struct timeval` or `struct timespec`: seconds, and a fraction in units of `unit` ns.
fn timestamp(data: &[u8], seconds: usize, fraction: usize, unit: i64) -> Option<UnixTime> {
    let nanos = signed(data, seconds, fraction)?.checked_mul(unit)?;
    let seconds = signed(data, 0, seconds)?;
    let time = UnixTime::from_nanos(seconds.checked_mul(1_000_000_000)?.checked_add(nanos)?);
    Some(time).filter(|time| *time >= UnixTime::default())
}

/// A number of 4 or 8 bytes.
fn signed(data: &[u8], at: usize, size: usize) -> Option<i64> {
    if size == 8 { take(data, at).map(i64::from_ne_bytes) } else { int(data, at).map(i64::from) }
}

fn read_v4(kind: i32, data: &[u8], dialect: &Dialect, meta: &mut Meta) {
    let address = |at| take::<4>(data, at).map(|bytes| IpAddr::from(Ipv4Addr::from(bytes)));
    match kind {
        IP_RECVDSTADDR => meta.destination = address(0).or(meta.destination),
        // struct sockaddr_dl: length, family, index
        IP_RECVIF => {
            let index = take(data, 2).map(u16::from_ne_bytes).map(u32::from);
            meta.ifindex = known(index).or(meta.ifindex);
        }
        // struct in_pktinfo: interface, local address, destination address
        kind if dialect.pktinfo == Some(kind) => {
            meta.destination = address(8).or(meta.destination);
            meta.ifindex = known(take(data, 0).map(u32::from_ne_bytes)).or(meta.ifindex);
        }
        kind if kind == dialect.ttl => meta.ttl = small(data),
        kind if kind == dialect.tos => meta.traffic_class = small(data),
        _ => {}
    }
}

fn read_v6(kind: i32, data: &[u8], dialect: &Dialect, meta: &mut Meta) {
    match kind {
        // struct in6_pktinfo: destination address, interface
        IPV6_PKTINFO => {
            meta.destination = take::<16>(data, 0).map(|bytes| Ipv6Addr::from(bytes).into());
            meta.ifindex = known(take(data, 16).map(u32::from_ne_bytes));
        }
        IPV6_HOPLIMIT => meta.ttl = small(data),
        kind if kind == dialect.traffic_class => meta.traffic_class = small(data),
        _ => {}
    }
}

/// The kernel writes 0 if the interface is gone.
fn known(index: Option<u32>) -> Option<u32> {
    index.filter(|index| *index != 0)
}

/// A TTL or traffic class: one byte for IPv4, an int for IPv6.
fn small(data: &[u8]) -> Option<u8> {
    match data {
        [byte] => Some(*byte),
        _ => int(data, 0).and_then(|value| u8::try_from(value).ok()),
    }
}

/// The source address: `struct sockaddr_in` or `struct sockaddr_in6`, which begin with their length.
pub fn source(name: &[u8], dialect: &Dialect) -> Option<SocketAddr> {
    let port = take(name, 2).map(u16::from_be_bytes)?;
    match *name.get(1)? {
        AF_INET => Some((Ipv4Addr::from(take::<4>(name, 4)?), port).into()),
        family if family == dialect.family_v6 => {
            let scope = take(name, 24).map(u32::from_ne_bytes)?;
            Some(SocketAddrV6::new(Ipv6Addr::from(take::<16>(name, 8)?), port, 0, scope).into())
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests;
