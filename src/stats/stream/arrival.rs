//! The circumstances of an arrival.

use std::net::{IpAddr, SocketAddr};
use std::num::NonZeroU64;

use crate::net::Datagram;
use crate::target::without_zone;
use crate::units::UnixTime;

/// The circumstances of an arrival.
#[derive(Clone, Copy, Debug)]
pub struct Arrival<'a> {
    /// The sender's address, without the zone.
    pub source: SocketAddr,
    /// The interface of a link-local source.
    pub zone: Option<&'a str>,
    /// The group of the endpoint.
    pub group: IpAddr,
    /// The UDP port of the endpoint.
    pub port: u16,
    /// The arrival interface, by index and name.
    pub iface: Option<(u32, &'a str)>,
    /// The kernel timestamp, or the time of the read if the kernel has none.
    pub time: UnixTime,
    /// The time of the read, if there is a kernel timestamp.
    pub read: Option<UnixTime>,
    /// The remaining TTL or hop limit.
    pub ttl: Option<u8>,
    /// The traffic class.
    pub traffic_class: Option<u8>,
    /// The payload length in bytes.
    pub len: usize,
    /// The number of its origin, if known: consecutive arrivals with equal numbers have the same
    /// source, zone, group, port and interface.
    pub origin: Option<NonZeroU64>,
}

impl<'a> From<&Datagram<'a>> for Arrival<'a> {
    #[inline]
    fn from(datagram: &Datagram<'a>) -> Self {
        let Datagram { payload, meta, endpoint, iface, zone, read, origin } = *datagram;
        Arrival {
            source: without_zone(meta.source),
            zone,
            group: datagram.group(),
            port: endpoint.port,
            iface: meta.ifindex.zip(iface),
            time: meta.time,
            read: meta.kernel_time.then_some(read),
            ttl: meta.ttl,
            traffic_class: meta.traffic_class,
            len: payload.len(),
            origin: Some(origin),
        }
    }
}
