//! A target on an interface, and the sources to receive from.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, SocketAddrV6};
use std::sync::Arc;

use super::is_link_scoped;
use crate::iface::{Cast, Via};

/// A group, a port and an interface; instead of the group there may be a unicast or broadcast
/// address.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Endpoint {
    /// The group, or a unicast or broadcast address.
    pub group: IpAddr,
    /// The UDP port.
    pub port: u16,
    /// The reach of the address.
    pub cast: Cast,
    /// The interface. Endpoints of one interface share it.
    pub via: Arc<Via>,
}

/// An endpoint to receive from, with a source filter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listen {
    /// The endpoint.
    pub at: Endpoint,
    /// The source filter. Listens with equal filters share it.
    pub filter: Arc<Filter>,
}

/// A source filter (RFC 3376, 3.1; RFC 3810, 4.1).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Filter {
    /// All sources.
    Any,
    /// Only these sources: a source-specific join (RFC 4607) if the group is an SSM group.
    Include(Vec<IpAddr>),
    /// All sources except these.
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
    /// The socket address of the group, with its scope id if the address needs one.
    pub fn socket_addr(&self) -> SocketAddr {
        match self.group {
            IpAddr::V4(_) => SocketAddr::new(self.group, self.port),
            IpAddr::V6(group) => SocketAddrV6::new(group, self.port, 0, self.scope()).into(),
        }
    }

    /// Whether datagrams on other interfaces are ignored: always for a group, and for other
    /// addresses if the user named the interface.
    pub fn minds_interface(&self) -> bool {
        self.cast == Cast::Multicast || self.via.named || self.group == Ipv4Addr::BROADCAST
    }

    /// Only an IPv6 address of a link has a scope id.
    fn scope(&self) -> u32 {
        if is_link_scoped(self.group) { self.via.index } else { 0 }
    }
}

impl Filter {
    /// Whether the filter accepts a source.
    pub fn admits(&self, source: IpAddr) -> bool {
        match self {
            Filter::Any => true,
            Filter::Include(sources) => sources.contains(&source),
            Filter::Exclude(sources) => !sources.contains(&source),
        }
    }
}
