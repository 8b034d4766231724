//! The content of a packet: membership queries and PIM hellos.

use std::net::IpAddr;
use std::time::Duration;

/// The content of a packet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// A UDP datagram, or the first fragment of one.
    Udp {
        source_port: u16,
        port: u16,
        /// The payload length of the whole datagram, also in its first fragment. A train that the
        /// kernel has not split yet counts as one datagram.
        len: usize,
        /// The checksum field is not 0.
        summed: bool,
    },
    /// A later fragment of a UDP datagram, without ports.
    LaterFragment,
    /// A querier asks for members.
    Query(Query),
    /// A host reports its memberships.
    Report {
        /// Of IGMP (1 to 3), or of MLD (1 or 2).
        version: u8,
        /// The groups of all captured records, including those that the host leaves.
        groups: Vec<IpAddr>,
    },
    /// A host leaves a group by a separate message (IGMPv2, RFC 2236, 2.1; MLDv1, RFC 2710, 3.1).
    Leave(IpAddr),
    PimHello(PimHello),
    Other,
}

/// A membership query of IGMP or MLD.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Query {
    /// Of IGMP (1 to 3), or of MLD (1 or 2).
    pub version: u8,
    /// The group of the query; `None` for a general query.
    pub group: Option<IpAddr>,
    /// The time within which members answer.
    pub max_response: Duration,
    /// The query interval (QQIC, RFC 3376, 4.1.7), if stated.
    pub interval: Option<Duration>,
    /// The robustness variable (QRV, RFC 3376, 4.1.6), if stated.
    pub robustness: Option<u8>,
}

/// A multicast router announces itself. The options are those of the captured part.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PimHello {
    /// How many seconds the router counts as a neighbour after this hello: 0 if it stops PIM, 65535
    /// if it never expires.
    pub hold_time: Option<u16>,
    /// The highest becomes the designated router.
    pub dr_priority: Option<u32>,
    /// A random number of each start of PIM on the interface.
    pub generation: Option<u32>,
    /// The other addresses of the interface.
    pub addresses: Vec<IpAddr>,
}
