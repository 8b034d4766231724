//! Frames that reached an interface, before IP and the firewall.

use std::collections::BTreeMap;
use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use crate::net::wire::Flaw;

/// The frames that a packet socket received on the interfaces of this host.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct FrameFacts {
    /// Frames of the target's group.
    pub flows: Vec<FlowFacts>,
    /// Membership queries.
    pub queries: Vec<Queries>,
    /// The number of multicast frames of other groups, by interface.
    pub others: BTreeMap<String, u64>,
    /// The interface and address of each router that sent a PIM hello.
    pub pim_routers: Vec<(String, IpAddr)>,
    /// How many frames this program was too slow to read.
    pub missed: u64,
}

/// Frames of the group from one sender on one interface.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FlowFacts {
    /// The interface.
    pub iface: String,
    /// The sender.
    pub source: IpAddr,
    /// The UDP port; `None` for fragments behind the first.
    pub port: Option<u16>,
    /// The VLAN of their tag.
    pub vlan: Option<u16>,
    /// The tag is a provider tag (802.1ad).
    #[serde(default)]
    pub provider_tag: bool,
    /// The VLAN of a second, inner tag.
    #[serde(default)]
    pub inner_vlan: Option<u16>,
    /// Their destination is another host, by the kernel's packet type.
    pub others: bool,
    /// They are fragments.
    pub fragments: bool,
    /// They have no UDP checksum, which IPv6 forbids.
    #[serde(default)]
    pub unsummed: bool,
    /// The flaw of their header for which IP drops them.
    #[serde(default)]
    pub flaw: Option<Flaw>,
    /// How many frames arrived.
    pub frames: u64,
    /// The smallest TTL or hop limit that was left.
    pub ttl: u8,
    /// The longest IP packet in bytes.
    pub longest: usize,
}

/// Membership queries from one querier on one interface.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Queries {
    /// The interface.
    pub iface: String,
    /// The querier.
    pub querier: IpAddr,
    /// The version of IGMP or MLD.
    pub version: u8,
    /// The query interval that it announces, in seconds.
    pub interval: Option<u64>,
    /// How many queries arrived.
    pub count: u64,
}
