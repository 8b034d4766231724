//! The bridges of this host, with their multicast state.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

/// A bridge of this host.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, Eq, Default)]
pub struct Bridge {
    pub name: String,
    pub index: u32,
    /// The names of its ports.
    pub ports: Vec<String>,
    /// Forwards a group only to ports with members (`mcast_snooping`).
    pub snooping: bool,
    /// Queries for members if there is no other querier (`mcast_querier`).
    pub querier: bool,
    /// The other IGMP querier that the bridge detected.
    pub other_querier: Option<IpAddr>,
    /// The other MLD querier.
    pub other_querier_of_ipv6: Option<IpAddr>,
    /// The IGMP version of its queries.
    pub igmp_version: Option<u8>,
    /// The MLD version of its queries.
    pub mld_version: Option<u8>,
    /// Bridged IPv4 datagrams pass the firewall, by the setting of this bridge;
    /// [`super::bridge_netfilter`] has the global setting.
    pub nf_call_iptables: bool,
    /// The same for IPv6.
    pub nf_call_ip6tables: bool,
    /// The detected memberships.
    pub members: Vec<BridgeMember>,
}

/// A group that a bridge forwards to a port.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
pub struct BridgeMember {
    /// The port with members, or the bridge itself for members on this host.
    pub port: String,
    pub group: IpAddr,
    /// The only source of the membership.
    pub source: Option<IpAddr>,
    /// Configured manually; does not expire.
    pub permanent: bool,
}
