//! The interfaces of this host.

use std::net::IpAddr;

use serde::Serialize;

use super::json::display_some;
use crate::iface::{Flag, Joined, MacAddr};
use crate::verdict::Verdict;

/// An interface of this host.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct InterfaceInfo {
    /// The name.
    pub name: String,
    /// The name that its driver gives it; `null` if the system has none.
    pub description: Option<String>,
    /// The index.
    pub ifindex: u32,
    /// It is administratively up.
    pub up: bool,
    /// It has a carrier; `null` if it is down.
    pub carrier: Option<bool>,
    /// The MULTICAST flag is set.
    pub multicast: bool,
    /// It is the loopback interface.
    pub loopback: bool,
    /// It connects to one other host.
    pub point_to_point: bool,
    /// All flags.
    pub flags: Vec<Flag>,
    /// The kind, as `ip -d link` prints it: `bond`, `vlan`; `null` for a network card.
    pub kind: Option<String>,
    /// The bridge, bond, team or VRF that it is a port or a member of.
    pub master: Option<String>,
    /// The VRF that it is in.
    pub vrf: Option<String>,
    /// The MTU.
    pub mtu_bytes: Option<u32>,
    /// The Ethernet address.
    #[serde(serialize_with = "display_some")]
    pub mac: Option<MacAddr>,
    /// The addresses, in the system's order.
    pub addresses: Vec<AddressInfo>,
    /// The IGMP version in use; `null` if the interface is down.
    pub igmp_version: Option<u8>,
    /// The MLD version in use; `null` if the interface is down or has no IPv6.
    pub mld_version: Option<u8>,
    /// The groups that the host has joined on it, by address.
    pub groups: Option<Vec<Joined>>,
}

/// An address of an interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct AddressInfo {
    /// The address.
    pub address: IpAddr,
    /// The length of its network's prefix in bits.
    pub prefix: Option<u8>,
}

/// The last event of `mcast ifaces`.
#[derive(Debug, Serialize)]
pub struct IfacesSummary {
    /// The number of interfaces.
    pub interfaces: usize,
    /// The number of changes; `null` without `--watch`.
    pub changes: Option<u64>,
    /// The exit status and its reasons.
    pub verdict: Verdict,
}

#[cfg(test)]
impl InterfaceInfo {
    /// An Ethernet interface that is up, without addresses and groups.
    pub fn sample(name: &str, ifindex: u32) -> Self {
        InterfaceInfo {
            name: name.to_owned(),
            description: None,
            ifindex,
            up: true,
            carrier: Some(true),
            multicast: true,
            loopback: false,
            point_to_point: false,
            flags: vec![Flag::Up, Flag::Multicast],
            kind: None,
            master: None,
            vrf: None,
            mtu_bytes: Some(1500),
            mac: Some(MacAddr([2, 0xfc, 0, 0, 0, 1])),
            addresses: Vec::new(),
            igmp_version: Some(3),
            mld_version: Some(2),
            groups: Some(Vec::new()),
        }
    }
}
