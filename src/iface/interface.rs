//! An interface of this host, with its addresses, flags and memberships.

use std::net::{IpAddr, Ipv4Addr};

use serde::{Deserialize, Serialize};

use super::{Link, MacAddr};

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Interface {
    /// As `ip link` shows it.
    pub name: String,
    /// The name that its driver gives it; Windows only.
    pub description: Option<String>,
    /// From 1.
    pub index: u32,
    /// In the system's order: the first of a family is the source address.
    pub addresses: Vec<Address>,
    /// Labels of IPv4 addresses (`eth0:1`), each with its address.
    pub labels: Vec<(String, IpAddr)>,
    pub mac: Option<MacAddr>,
    /// Administratively up (IFF_UP).
    pub up: bool,
    /// IFF_MULTICAST; `lo` carries multicast without it.
    pub multicast: bool,
    pub loopback: bool,
    /// As far as the system shows them.
    pub flags: Vec<Flag>,
    /// It has a carrier, on a system that shows this without a flag.
    pub shown_carrier: Option<bool>,
    pub link: Link,
}

/// The IFF_ flags of netdevice(7).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Flag {
    /// Administratively up (IFF_UP).
    Up,
    /// IFF_BROADCAST.
    Broadcast,
    /// IFF_LOOPBACK.
    Loopback,
    /// The link leads to one other host (IFF_POINTOPOINT).
    PointToPoint,
    /// Operational (IFF_RUNNING).
    Running,
    /// Does not resolve addresses (IFF_NOARP).
    NoArp,
    /// Receives every frame (IFF_PROMISC).
    Promiscuous,
    /// Receives the frames of every group (IFF_ALLMULTI).
    AllMulticast,
    /// IFF_MULTICAST.
    Multicast,
    /// Has a carrier (IFF_LOWER_UP); Linux only.
    LowerUp,
    /// Waits for an external event, for example 802.1X authentication (IFF_DORMANT); Linux only.
    Dormant,
}

/// The membership of an interface in a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Joined {
    pub group: IpAddr,
    /// The sockets of this host with this membership; the kernel itself counts as one. `None` if the
    /// system does not show their number.
    pub users: Option<u32>,
}

/// An address of an interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Address {
    pub ip: IpAddr,
    /// The prefix length in bits, if the system shows it.
    pub prefix: Option<u8>,
}

impl Address {
    /// The broadcast address: all ones behind the prefix (RFC 919, 7). Networks of one or two hosts
    /// have none (RFC 3021).
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
    /// `None` if the interface is down, or the system does not show its carrier.
    pub fn carrier(&self) -> Option<bool> {
        let by_flag = cfg!(target_os = "linux").then(|| self.flags.contains(&Flag::LowerUp));
        by_flag.or(self.shown_carrier).filter(|_| self.up)
    }

    /// The first address of the same family as `like`.
    pub fn address_like(&self, like: IpAddr) -> Option<IpAddr> {
        self.addresses.iter().map(|address| address.ip).find(|ip| ip.is_ipv4() == like.is_ipv4())
    }

    /// The whole of 127.0.0.0/8 belongs to the loopback interface (RFC 1122, 3.2.1.3).
    pub fn has(&self, ip: IpAddr) -> bool {
        let all_of_loopback = self.loopback && matches!(ip, IpAddr::V4(ip) if ip.is_loopback());
        all_of_loopback || self.addresses.iter().any(|address| address.ip == ip)
    }

    /// The address with this label.
    pub fn labelled(&self, label: &str) -> Option<IpAddr> {
        self.labels.iter().find(|(known, _)| known == label).map(|(_, address)| *address)
    }

    /// Whether `ip` is the broadcast address of one of its networks.
    pub fn has_broadcast(&self, ip: IpAddr) -> bool {
        self.addresses.iter().filter_map(Address::broadcast).any(|broadcast| broadcast == ip)
    }

    /// Whether it can carry a group of this family: up, with multicast and an address.
    pub fn is_able(&self, group: IpAddr) -> bool {
        self.up && self.multicast && self.address_like(group).is_some()
    }

    /// Whether `--iface all` includes it. A port of a bridge and a member of a bond are excluded:
    /// the interface above them takes their frames.
    pub fn is_one_of_all(&self, group: IpAddr) -> bool {
        self.is_able(group) && self.link.upper().is_none()
    }
}
