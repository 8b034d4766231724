//! The interface chosen for a target, and how far an address reaches.

use std::net::{IpAddr, Ipv4Addr};

use super::{Interface, Link};

/// The interface chosen for a target, with the address that datagrams carry there.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Via {
    /// The interface's name.
    pub name: String,
    /// The interface's index.
    pub index: u32,
    /// The interface's address of the target's family: the one named by the user, else its first.
    /// A receiver may do without.
    pub address: Option<IpAddr>,
    /// The user selected this address: datagrams must carry it.
    pub pinned: bool,
    /// The user selected the interface, not the route.
    pub named: bool,
    /// The interface's flag MULTICAST is off; `lo` has none, and still carries multicast.
    pub no_multicast: bool,
    /// How the interface is built.
    pub link: Link,
}

impl Via {
    /// The VRF that the interface belongs to.
    pub fn vrf(&self) -> Option<&str> {
        self.link.vrf(&self.name)
    }

    /// The interface chosen for a target of the family of `like`: with this address, else with its
    /// first.
    pub fn of(iface: &Interface, like: IpAddr, pinned: Option<IpAddr>, named: bool) -> Self {
        Via {
            name: iface.name.clone(),
            index: iface.index,
            address: pinned.or_else(|| iface.address_like(like)),
            pinned: pinned.is_some(),
            named,
            no_multicast: !iface.multicast && !iface.loopback,
            link: iface.link.clone(),
        }
    }
}

impl Via {
    /// Every interface, which no index stands for.
    pub fn any() -> Self {
        Via { name: "any".to_owned(), index: 0, address: None, ..Via::default() }
    }

    /// Whether it stands for every interface.
    pub fn is_any(&self) -> bool {
        self.index == 0
    }
}

/// The kernel's route to an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Route {
    /// The index of the interface it leaves by.
    pub index: u32,
    /// The kernel had no reason to prefer this interface: IPv6 keeps an equal `ff00::/8` route for
    /// each interface and takes the first.
    pub arbitrary: bool,
}

/// The receivers of an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Cast {
    /// The members of a group.
    Multicast,
    /// All hosts of a network: 255.255.255.255, or the last address of an interface's network (RFC
    /// 919).
    Broadcast,
    /// One.
    Unicast,
}

impl Cast {
    /// The kind of an address on this host.
    pub fn of(address: IpAddr, interfaces: &[Interface]) -> Cast {
        if address.is_multicast() {
            Cast::Multicast
        } else if address == Ipv4Addr::BROADCAST
            || interfaces.iter().any(|iface| iface.has_broadcast(address))
        {
            Cast::Broadcast
        } else {
            Cast::Unicast
        }
    }
}
