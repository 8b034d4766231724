//! The interfaces of this host.

use std::net::IpAddr;

use serde::Serialize;

use super::json::display_some;
use crate::iface::{Flag, Joined, MacAddr};
use crate::verdict::Verdict;

/// An interface of this host.
#[derive(Clone, Debug, Serialize)]
pub struct InterfaceInfo {
    /// Its name.
    pub name: String,
    /// Its index.
    pub ifindex: u32,
    /// Administratively up.
    pub up: bool,
    /// Its wire carries; `null` where it is down.
    pub carrier: Option<bool>,
    /// Able to carry multicast.
    pub multicast: bool,
    /// The loopback interface.
    pub loopback: bool,
    /// It leads to one other host.
    pub point_to_point: bool,
    /// All its flags.
    pub flags: Vec<Flag>,
    /// Its kind, as `ip -d link` prints it: `bond`, `vlan`; `null` for a network card.
    pub kind: Option<String>,
    /// The bridge, bond, team or VRF that it belongs to.
    pub master: Option<String>,
    /// The VRF that it belongs to.
    pub vrf: Option<String>,
    /// Its MTU.
    pub mtu_bytes: Option<u32>,
    /// Its Ethernet address.
    #[serde(serialize_with = "display_some")]
    pub mac: Option<MacAddr>,
    /// Its addresses, in the system's order.
    pub addresses: Vec<AddressInfo>,
    /// The version of IGMP that it speaks; `null` where it is down.
    pub igmp_version: Option<u8>,
    /// The version of MLD that it speaks; `null` where it is down or has no IPv6.
    pub mld_version: Option<u8>,
    /// The groups that it is a member of, by address.
    pub groups: Option<Vec<Joined>>,
}

/// An address of an interface.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct AddressInfo {
    /// The address.
    pub address: IpAddr,
    /// The length of its network's prefix in bits.
    pub prefix: Option<u8>,
}

/// What a list of the interfaces came to.
#[derive(Debug, Serialize)]
pub struct IfacesSummary {
    /// How many interfaces there are.
    pub interfaces: usize,
    /// What it proved.
    pub verdict: Verdict,
}
