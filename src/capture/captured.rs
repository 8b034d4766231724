//! A UDP datagram of a capture.

use std::net::SocketAddr;

use crate::units::UnixTime;

/// A UDP datagram of a capture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Captured<'a> {
    /// The time of its record, or of the record with its last fragment. `None` if the record has no
    /// time (simple packet blocks of pcapng).
    pub time: Option<UnixTime>,
    /// The position of its interface in [`Reader::interfaces`](super::Reader::interfaces).
    pub interface: usize,
    /// The index of the interface on the capturing host, if the link layer states it
    /// (LINKTYPE_LINUX_SLL2). A capture on all interfaces has one entry in
    /// [`Reader::interfaces`](super::Reader::interfaces) and different indexes.
    pub device: Option<u32>,
    /// The outermost VLAN id, from 1.
    pub vlan: Option<u16>,
    /// The sender's address. IPv6 addresses have no scope id.
    pub source: SocketAddr,
    /// The group or address, and the port.
    pub destination: SocketAddr,
    /// The TTL or hop limit in the capture.
    pub ttl: u8,
    /// The traffic class: DSCP and ECN (RFC 2474, RFC 3168).
    pub traffic_class: u8,
    /// The UDP payload.
    pub payload: &'a [u8],
    /// The capturing host sent it, by the link layer or by the flags of its record.
    pub outgoing: bool,
    /// The state of the UDP checksum.
    pub checksum: Checksum,
}

/// The state of a UDP checksum (RFC 768).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Checksum {
    /// It is right.
    Right,
    /// It is wrong; in a capture by the sending host, the network card may have added it later.
    Wrong,
    /// The datagram has none.
    Absent,
    /// It was not checked: a reader checks only the first datagrams.
    Unchecked,
}

/// An interface of a capture. A pcap file has one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Interface {
    /// Its name, if the capture states it.
    pub name: Option<String>,
    /// Its description, if the capture states it. On Windows, the name is a GUID.
    pub description: Option<String>,
    /// The link type (LINKTYPE_ values).
    pub link_type: u16,
    /// How many packets the capturing system dropped here until now, if the capture states it
    /// (interface statistics blocks of pcapng).
    pub dropped: Option<u64>,
}
