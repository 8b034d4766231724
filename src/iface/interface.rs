//! An interface of this host, with its addresses, flags and memberships.

use std::net::{IpAddr, Ipv4Addr};

use serde::{Deserialize, Serialize};

use super::{Link, MacAddr};

/// One interface of this host.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Interface {
    /// Its name, as `ip link` shows it.
    pub name: String,
    /// Its index, from 1.
    pub index: u32,
    /// Its addresses, in the system's order: the first of a family is the one it sends from.
    pub addresses: Vec<Address>,
    /// The labels of its IPv4 addresses (`eth0:1`), with the address of each.
    pub labels: Vec<(String, IpAddr)>,
    /// Its Ethernet address, if any.
    pub mac: Option<MacAddr>,
    /// Administratively up (IFF_UP).
    pub up: bool,
    /// It can carry multicast (IFF_MULTICAST). `lo` lacks the flag, but carries multicast.
    pub multicast: bool,
    /// The loopback interface.
    pub loopback: bool,
    /// Its flags, if the system reports them.
    pub flags: Vec<Flag>,
    /// How it is built, as far as the system shows it.
    pub link: Link,
}

/// A capability or state of an interface: the IFF_ flags of netdevice(7), spelt out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Flag {
    /// Administratively up (IFF_UP).
    Up,
    /// It has broadcast (IFF_BROADCAST).
    Broadcast,
    /// A loopback interface (IFF_LOOPBACK).
    Loopback,
    /// It leads to one other host (IFF_POINTOPOINT).
    PointToPoint,
    /// It works (IFF_RUNNING).
    Running,
    /// It does not resolve addresses (IFF_NOARP).
    NoArp,
    /// It takes every frame (IFF_PROMISC).
    Promiscuous,
    /// It takes the frames of every group (IFF_ALLMULTI).
    AllMulticast,
    /// Able to carry multicast (IFF_MULTICAST).
    Multicast,
    /// Its wire carries (IFF_LOWER_UP); Linux only.
    LowerUp,
    /// It waits for an event, for example 802.1X authentication (IFF_DORMANT); Linux only.
    Dormant,
}

/// A group that an interface is a member of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Joined {
    /// The group.
    pub group: IpAddr,
    /// How many sockets of this host hold the membership; the kernel itself counts as one.
    pub users: u32,
}

/// An address of an interface, with the length of its network's prefix.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Address {
    /// The address.
    pub ip: IpAddr,
    /// The prefix length in bits, if the system reports it.
    pub prefix: Option<u8>,
}

impl Address {
    /// The broadcast address of its network: all ones behind the prefix (RFC 919, 7). Networks of
    /// one or two hosts have none (RFC 3021).
    pub fn broadcast(&self) -> Option<Ipv4Addr> {
        match (self.ip, self.prefix) {
            (IpAddr::V4(ip), Some(prefix)) if (1..=30).contains(&prefix) && !ip.is_loopback() => {
                Some(Ipv4Addr::from_bits(ip.to_bits() | (u32::MAX >> prefix)))
            }
            _ => None,
        }
    }
}

impl Interface {
    /// Whether it has a carrier. `None` if it is down or the system does not report it.
    pub fn carrier(&self) -> Option<bool> {
        (cfg!(target_os = "linux") && self.up).then(|| self.flags.contains(&Flag::LowerUp))
    }

    /// The first address of the same family as `like`.
    pub fn address_like(&self, like: IpAddr) -> Option<IpAddr> {
        self.addresses.iter().map(|address| address.ip).find(|ip| ip.is_ipv4() == like.is_ipv4())
    }

    /// Whether this is one of its addresses. The whole of 127.0.0.0/8 belongs to the loopback
    /// interface (RFC 1122, 3.2.1.3).
    pub fn has(&self, ip: IpAddr) -> bool {
        let all_of_loopback = self.loopback && matches!(ip, IpAddr::V4(ip) if ip.is_loopback());
        all_of_loopback || self.addresses.iter().any(|address| address.ip == ip)
    }

    /// The address that has this label.
    pub fn labelled(&self, label: &str) -> Option<IpAddr> {
        self.labels.iter().find(|(known, _)| known == label).map(|(_, address)| *address)
    }

    /// Whether this is the broadcast address of one of its networks.
    pub fn has_broadcast(&self, ip: IpAddr) -> bool {
        self.addresses.iter().filter_map(Address::broadcast).any(|broadcast| broadcast == ip)
    }

    /// Whether it can carry datagrams to and from a group of this family: up, able to multicast,
    /// with an address.
    pub fn is_able(&self, group: IpAddr) -> bool {
        self.up && self.multicast && self.address_like(group).is_some()
    }

    /// Whether `--iface all` stands for it: the interface above a port of a bridge or a member of a
    /// bond does in its place.
    pub fn is_one_of_all(&self, group: IpAddr) -> bool {
        self.is_able(group) && self.link.upper().is_none()
    }
}
