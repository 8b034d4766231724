//! The content of a recording.

use std::net::SocketAddr;

use crate::iface::Cast;
use crate::units::UnixTime;

/// A UDP datagram to record.
#[derive(Clone, Copy, Debug)]
pub struct Recorded<'a> {
    /// The time of its arrival.
    pub time: UnixTime,
    /// The name of the interface that it arrived on, if it is known.
    pub iface: Option<&'a str>,
    /// The sender's address. A scope id is not recorded: the interface implies it.
    pub source: SocketAddr,
    /// The group or address, and the port.
    pub destination: SocketAddr,
    /// The kind of the destination. Only an interface shows that an address is a broadcast address.
    pub cast: Cast,
    /// The remaining TTL or hop limit; if it is unknown, the recording has 0.
    pub ttl: Option<u8>,
    /// The traffic class: DSCP and ECN (RFC 2474, RFC 3168); if it is unknown, the recording has 0.
    pub traffic_class: Option<u8>,
    /// The UDP payload.
    pub payload: &'a [u8],
    /// This host sent it.
    pub outgoing: bool,
}

/// What a recording states about itself.
#[derive(Clone, Debug, Default)]
pub struct About {
    /// The program with its version: `mcast 0.2.0`.
    pub program: String,
    /// The operating system with its version: `Linux 6.1.0`.
    pub os: String,
    /// Comments, each a text of its own.
    pub comments: Vec<String>,
}

impl About {
    /// A recording by this program on an operating system, with its command line.
    pub fn mcast(os: String, line: &str) -> Self {
        let headers = "mcast recorded the payloads of these datagrams and rebuilt their IP and UDP \
                       headers, with right checksums: there are no link-layer headers, IP options \
                       and fragments. A TTL of 0 means that the system did not report it.";
        About {
            program: format!("mcast {}", env!("CARGO_PKG_VERSION")),
            os,
            comments: vec![headers.to_owned(), format!("Command line: {line}")],
        }
    }
}
