//! A received datagram, and what the system says of it.

use std::net::IpAddr;
use std::time::SystemTime;

use crate::sys::Meta;
use crate::target::Endpoint;

/// One datagram that was received.
#[derive(Clone, Copy, Debug)]
pub struct Datagram<'a> {
    /// What it carried, in the inbox's own buffer.
    pub payload: &'a [u8],
    /// What the system told of it.
    pub meta: &'a Meta,
    /// Where it was heard: the target whose socket took it.
    pub endpoint: &'a Endpoint,
    /// The name of the interface it arrived on.
    pub iface: Option<&'a str>,
    /// The name of the interface that the zone of a link-local source stands for.
    pub zone: Option<&'a str>,
    /// When the program had it.
    pub read: SystemTime,
}

impl Datagram<'_> {
    /// The group, or the other address, that the datagram was sent to.
    pub fn group(&self) -> IpAddr {
        let group = self.endpoint.group;
        if group.is_unspecified() { self.meta.destination.unwrap_or(group) } else { group }
    }
}
