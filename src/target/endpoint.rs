//! A target on an interface: where datagrams are sent to, or where they are received and from
//! which sources.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, SocketAddrV6};
use std::sync::Arc;

use super::is_link_scoped;
use crate::iface::{Cast, Via};

/// A group, a port and an interface: where datagrams are heard, or where they are sent. Or a
/// unicast or broadcast address in the place of the group.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Endpoint {
    /// The group, or the other address.
    pub group: IpAddr,
    /// The UDP port.
    pub port: u16,
    /// How many hear it.
    pub cast: Cast,
    /// The interface. Endpoints of one interface share it.
    pub via: Arc<Via>,
}

/// Something to listen to: an endpoint, and the sources that are heard there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listen {
    /// Where.
    pub at: Endpoint,
    /// From whom.
    pub filter: Arc<Filter>,
}

/// The sources that are heard (RFC 3376, 3.1; RFC 3810, 4.1).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Filter {
    /// Anybody.
    Any,
    /// These only: a source-specific join (RFC 4607) where it is one.
    Include(Vec<IpAddr>),
    /// Anybody but these.
    Exclude(Vec<IpAddr>),
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self.group {
            IpAddr::V6(group) if is_link_scoped(self.group) => {
                write!(f, "[{group}%{}]:{}", self.via.name, self.port)
            }
            group => write!(f, "{}", SocketAddr::new(group, self.port)),
        }
    }
}

impl Endpoint {
    /// The socket address of the group, with its scope where it has one.
    pub fn socket_addr(&self) -> SocketAddr {
        match self.group {
            IpAddr::V4(_) => SocketAddr::new(self.group, self.port),
            IpAddr::V6(group) => SocketAddrV6::new(group, self.port, 0, self.scope()).into(),
        }
    }

    /// Whether only what arrives on the interface is meant: always so for a group, and for other
    /// addresses where the user named the interface.
    pub fn minds_interface(&self) -> bool {
        self.cast == Cast::Multicast || self.via.named || self.group == Ipv4Addr::BROADCAST
    }

    /// The scope id that the system wants beside the address: only IPv6 addresses that are bound to
    /// a link have one.
    fn scope(&self) -> u32 {
        if is_link_scoped(self.group) { self.via.index } else { 0 }
    }
}

impl Filter {
    /// Whether a source is heard.
    pub fn admits(&self, source: IpAddr) -> bool {
        match self {
            Filter::Any => true,
            Filter::Include(sources) => sources.contains(&source),
            Filter::Exclude(sources) => !sources.contains(&source),
        }
    }
}
