//! A received datagram with its metadata.

use std::net::IpAddr;
use std::num::NonZeroU64;

use crate::sys::Meta;
use crate::target::Endpoint;
use crate::units::UnixTime;

/// A received datagram.
#[derive(Clone, Copy, Debug)]
pub struct Datagram<'a> {
    /// A slice of the inbox's buffer.
    pub payload: &'a [u8],
    pub meta: &'a Meta,
    /// The endpoint of the receiving socket.
    pub endpoint: &'a Endpoint,
    /// The name of the arrival interface.
    pub iface: Option<&'a str>,
    /// The interface of a link-local source.
    pub zone: Option<&'a str>,
    /// The time of the read.
    pub read: UnixTime,
    /// The number of its origin: consecutive datagrams with equal numbers have the same source,
    /// endpoint and interface.
    pub origin: NonZeroU64,
}

impl Datagram<'_> {
    /// The destination address.
    pub fn group(&self) -> IpAddr {
        let group = self.endpoint.group;
        if group.is_unspecified() { self.meta.destination.unwrap_or(group) } else { group }
    }
}
