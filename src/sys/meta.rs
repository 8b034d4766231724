//! What the system says of a received datagram.

use std::net::{IpAddr, Ipv4Addr, SocketAddr, SocketAddrV4};
use std::time::SystemTime;

/// What the system tells of a received datagram. `None` is what this platform does not tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Meta {
    /// Who sent it.
    pub source: SocketAddr,
    /// The address it was sent to (IP_PKTINFO; IPV6_PKTINFO, RFC 3542, 6.1).
    pub destination: Option<IpAddr>,
    /// The index of the interface it arrived on (same source).
    pub ifindex: Option<u32>,
    /// When the kernel took it (SO_TIMESTAMPNS); the program's own clock, read on receipt, where
    /// the kernel does not say.
    pub time: SystemTime,
    /// The time is the kernel's.
    pub kernel_time: bool,
    /// The TTL or hop limit that was left.
    pub ttl: Option<u8>,
    /// The traffic class: DSCP and ECN (RFC 2474, RFC 3168).
    pub traffic_class: Option<u8>,
    /// How many datagrams this socket's kernel queue had dropped when this one was queued
    /// (SO_RXQ_OVFL).
    pub drops: Option<u32>,
    /// It had not dropped more: see [`KernelDrops`].
    pub drops_exact: bool,
    /// The payload was longer than the buffer, and is cut (MSG_TRUNC).
    pub truncated: bool,
}

/// The source of a datagram whose source the system did not tell.
pub const UNKNOWN_SOURCE: SocketAddr = SocketAddr::V4(SocketAddrV4::new(Ipv4Addr::UNSPECIFIED, 0));

impl Meta {
    /// A datagram of which nothing is known yet.
    pub(crate) fn unknown() -> Self {
        Meta {
            source: UNKNOWN_SOURCE,
            destination: None,
            ifindex: None,
            time: SystemTime::UNIX_EPOCH,
            kernel_time: false,
            ttl: None,
            traffic_class: None,
            drops: None,
            drops_exact: true,
            truncated: false,
        }
    }

    /// The DSCP, the upper six bits of the traffic class (RFC 2474).
    pub fn dscp(&self) -> Option<u8> {
        self.traffic_class.map(|class| class >> 2)
    }

    /// The ECN codepoint, the lower two bits of the traffic class (RFC 3168, 5).
    pub fn ecn(&self) -> Option<u8> {
        self.traffic_class.map(|class| class & 3)
    }
}
