//! The bridges of this host: what they know of multicast groups.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

/// A bridge of this host.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, Eq, Default)]
pub struct Bridge {
    /// Its name.
    pub name: String,
    /// Its interface index.
    pub index: u32,
    /// The interfaces that are its ports.
    pub ports: Vec<String>,
    /// It carries a group to those ports alone that asked for it (`mcast_snooping`).
    pub snooping: bool,
    /// It asks for members itself, where no other querier does (`mcast_querier`).
    pub querier: bool,
    /// The other querier that it knows of, for groups of IPv4.
    pub other_querier: Option<IpAddr>,
    /// The same for groups of IPv6.
    pub other_querier_of_ipv6: Option<IpAddr>,
    /// The version of IGMP that it asks with.
    pub igmp_version: Option<u8>,
    /// The version of MLD that it asks with.
    pub mld_version: Option<u8>,
    /// Bridged IPv4 datagrams pass the firewall, by the setting of this bridge;
    /// [`super::bridge_netfilter`] tells that of all.
    pub nf_call_iptables: bool,
    /// The same of IPv6.
    pub nf_call_ip6tables: bool,
    /// Who asked for which group.
    pub members: Vec<BridgeMember>,
}

/// A group that is carried to a port of a bridge.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
pub struct BridgeMember {
    /// The port, or the bridge itself: then it is this host that asked.
    pub port: String,
    /// The group.
    pub group: IpAddr,
    /// The only source that was asked for, where it was one.
    pub source: Option<IpAddr>,
    /// It was entered by hand, and does not age.
    pub permanent: bool,
}
