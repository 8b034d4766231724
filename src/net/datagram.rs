//! A received datagram with its metadata.

use std::net::IpAddr;
use std::time::SystemTime;

use crate::sys::Meta;
use crate::target::Endpoint;

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
    pub read: SystemTime,
}

impl Datagram<'_> {
    /// The destination address.
    pub fn group(&self) -> IpAddr {
        let group = self.endpoint.group;
        if group.is_unspecified() { self.meta.destination.unwrap_or(group) } else { group }
    }
}
