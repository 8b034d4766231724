//! How a datagram arrived.

use std::net::{IpAddr, SocketAddr};
use std::time::SystemTime;

/// How a datagram arrived.
#[derive(Clone, Copy, Debug)]
pub struct Arrival<'a> {
    /// The sender, without the zone.
    pub source: SocketAddr,
    /// The name of the interface that the zone of a link-local source stands for.
    pub zone: Option<&'a str>,
    /// The destination group.
    pub group: IpAddr,
    /// The destination UDP port.
    pub port: u16,
    /// The interface it arrived on, by index and by name.
    pub iface: Option<(u32, &'a str)>,
    /// The kernel's timestamp, or the program's if the kernel has none.
    pub time: SystemTime,
    /// The time of the read, if the kernel has a timestamp.
    pub read: Option<SystemTime>,
    /// The TTL or hop limit that was left.
    pub ttl: Option<u8>,
    /// The traffic class.
    pub traffic_class: Option<u8>,
    /// The length of its payload in bytes.
    pub len: usize,
}
