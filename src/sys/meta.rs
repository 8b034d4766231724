//! The metadata of a received datagram.

use std::net::{IpAddr, Ipv4Addr, SocketAddr, SocketAddrV4};

use crate::units::UnixTime;

/// The metadata of a received datagram. `None` means that this system does not report it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Meta {
    /// The source address and port.
    pub source: SocketAddr,
    /// The destination address (IP_PKTINFO, IP_RECVDSTADDR; IPV6_PKTINFO, RFC 3542, 6.1).
    pub destination: Option<IpAddr>,
    /// The index of the arrival interface (IP_PKTINFO, IP_RECVIF, IPV6_PKTINFO).
    pub ifindex: Option<u32>,
    /// The kernel timestamp (SO_TIMESTAMPNS, SO_TIMESTAMP), or the time of the read if the kernel has
    /// none.
    pub time: UnixTime,
    /// The time is a kernel timestamp.
    pub kernel_time: bool,
    /// The remaining TTL or hop limit.
    pub ttl: Option<u8>,
    /// The traffic class: DSCP and ECN (RFC 2474, RFC 3168).
    pub traffic_class: Option<u8>,
    /// The payload exceeded the buffer and is truncated (MSG_TRUNC).
    pub truncated: bool,
}

/// The source of a datagram without a reported source.
pub const UNKNOWN_SOURCE: SocketAddr = SocketAddr::V4(SocketAddrV4::new(Ipv4Addr::UNSPECIFIED, 0));

impl Meta {
    /// Metadata without content.
    pub(crate) fn unknown() -> Self {
        Meta {
            source: UNKNOWN_SOURCE,
            destination: None,
            ifindex: None,
            time: UnixTime::default(),
            kernel_time: false,
            ttl: None,
            traffic_class: None,
            truncated: false,
        }
    }

    /// The DSCP: the upper six bits of the traffic class (RFC 2474).
    pub fn dscp(&self) -> Option<u8> {
        self.traffic_class.map(|class| class >> 2)
    }

    /// The ECN codepoint: the lower two bits of the traffic class (RFC 3168, 5).
    pub fn ecn(&self) -> Option<u8> {
        self.traffic_class.map(|class| class & 3)
    }
}
