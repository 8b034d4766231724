//! The measured stream of `mcast check --listen`.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

/// A measured stream that was sent to several addresses.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Path {
    /// The sender.
    pub source: IpAddr,
    /// The counts of each address.
    pub legs: Vec<Leg>,
}

/// The part of a measured stream to one address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Leg {
    /// The destination.
    pub to: IpAddr,
    /// The kind of the destination.
    pub kind: LegKind,
    /// How many datagrams were sent; `None` if none arrived to show it.
    pub sent: Option<u64>,
    /// How many arrived.
    pub received: u64,
    /// The TTL or hop limit that was sent, and the smallest that was received.
    pub ttl: Option<(u8, u8)>,
    /// The interface on which they arrived.
    pub iface: Option<String>,
}

/// The kind of a leg's destination.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LegKind {
    /// The target's group.
    Group,
    /// A group of 224.0.0.0/24, which switches flood to all ports (RFC 4541, 2.1.2).
    Flooded,
    /// An address of this host.
    Unicast,
}
