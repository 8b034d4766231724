//! The interface chosen for a target, and the reach of an address.

use std::net::{IpAddr, Ipv4Addr};

use super::{Interface, Link};

/// The interface chosen for a target, with the source address for it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Via {
    pub name: String,
    pub index: u32,
    /// The address of the target's family: the one that the user named, else the first one. A
    /// receiver may have none.
    pub address: Option<IpAddr>,
    /// The user named this address; datagrams must carry it.
    pub pinned: bool,
    /// The user named the interface; otherwise the route decided.
    pub named: bool,
    /// The flag MULTICAST is not set. `lo` never has it and carries multicast nevertheless.
    pub no_multicast: bool,
    pub link: Link,
}

impl Via {
    pub fn vrf(&self) -> Option<&str> {
        self.link.vrf(&self.name)
    }

    /// The choice of `iface` for a target of the family of `like`, with the address `pinned` or the
    /// first one.
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
    /// All interfaces; no index stands for them.
    pub fn any() -> Self {
        Via { name: "any".to_owned(), index: 0, address: None, ..Via::default() }
    }

    pub fn is_any(&self) -> bool {
        self.index == 0
    }
}

/// The kernel's route to an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Route {
    pub index: u32,
    /// The kernel has no reason to prefer this interface: IPv6 has an equal `ff00::/8` route for
    /// each interface and uses the first.
    pub arbitrary: bool,
}

/// The reach of an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Cast {
    /// All members of a group.
    Multicast,
    /// All hosts on a network: 255.255.255.255, or the last address of an interface's network (RFC
    /// 919).
    Broadcast,
    /// One host.
    Unicast,
}

impl Cast {
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
