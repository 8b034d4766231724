//! How a datagram arrived.

use std::net::{IpAddr, SocketAddr};
use std::time::SystemTime;

/// How a datagram arrived.
#[derive(Clone, Copy, Debug)]
pub struct Arrival<'a> {
    /// Who sent it, without the zone.
    pub source: SocketAddr,
    /// The name of the interface that the zone of a link-local source stands for.
    pub zone: Option<&'a str>,
    /// The group it was heard on.
    pub group: IpAddr,
    /// The UDP port it was heard on.
    pub port: u16,
    /// The interface it arrived on, by index and by name.
    pub iface: Option<(u32, &'a str)>,
    /// When the kernel took it; where it does not say, when the program did.
    pub time: SystemTime,
    /// When the program read it, where the kernel said when it had taken it.
    pub read: Option<SystemTime>,
    /// The TTL or hop limit that was left.
    pub ttl: Option<u8>,
    /// The traffic class.
    pub traffic_class: Option<u8>,
    /// The length of its payload in bytes.
    pub len: usize,
}
