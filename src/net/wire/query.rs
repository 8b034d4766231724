//! What a packet carries, and what a querier asks.

use std::net::IpAddr;
use std::time::Duration;

/// What a packet carries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// A UDP datagram, or the first fragment of one.
    Udp {
        /// The port it was sent from.
        source_port: u16,
        /// The port it is for.
        port: u16,
        /// The length of its payload; that of the whole datagram, where this is a fragment. A
        /// train that the kernel has not cut yet counts as one.
        len: usize,
        /// It has a checksum: the field for it is not 0.
        summed: bool,
    },
    /// A later fragment of a UDP datagram: it tells no port.
    LaterFragment,
    /// Somebody asks who is a member.
    Query(Query),
    /// Somebody says what it is a member of.
    Report {
        /// Of IGMP (1 to 3), or of MLD (1 or 2).
        version: u8,
        /// The groups of all its records, as far as they were captured: also those of which it
        /// says that it has left them.
        groups: Vec<IpAddr>,
    },
    /// A multicast router says that it is there (PIM, RFC 7761, 4.9.2).
    PimHello,
    /// Anything else.
    Other,
}

/// A membership query of IGMP or MLD.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Query {
    /// Of IGMP (1 to 3), or of MLD (1 or 2).
    pub version: u8,
    /// The group it asks for; `None` for all of them.
    pub group: Option<IpAddr>,
    /// How long members may take to answer.
    pub max_response: Duration,
    /// How often it asks (QQIC, RFC 3376, 4.1.7), where it says.
    pub interval: Option<Duration>,
    /// How many losses it allows for (QRV, RFC 3376, 4.1.6), where it says.
    pub robustness: Option<u8>,
}
