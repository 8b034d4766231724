//! What a system does not show, with the signatures of `linux`: everything is unknown.

use std::collections::BTreeMap;
use std::io;
use std::net::IpAddr;

use super::bridges::Bridge;
pub use super::counters::no_link_counters as link_counters;
use super::firewall::Unread;
use super::groups::Groups;
pub use super::if_inet6::addresses as inet6_addresses;
use super::queues::Queue;
pub use super::route::route_by_connect as route_to;
pub use super::windows_firewall::absent as windows_firewall;
use crate::iface::{Interface, Link};

pub fn bridges() -> Option<Vec<Bridge>> {
    None
}

pub fn groups() -> Groups {
    Groups::default()
}

pub fn igmp_version(_ifname: &str) -> Option<u8> {
    None
}

/// Other systems do not need netlink.
pub fn has_netlink() -> bool {
    true
}

pub fn interfaces_without_netlink() -> io::Result<Vec<Interface>> {
    Err(io::ErrorKind::Unsupported.into())
}

pub fn next_hop(_address: IpAddr) -> Option<(IpAddr, u32)> {
    None
}

pub fn links(_interfaces: &[Interface]) -> BTreeMap<u32, Link> {
    BTreeMap::new()
}

pub fn link_speed(_ifname: &str, _index: u32) -> Option<u64> {
    None
}

pub fn mtus() -> BTreeMap<u32, u32> {
    BTreeMap::new()
}

pub fn queues(_index: u32) -> io::Result<Vec<Queue>> {
    Err(io::ErrorKind::Unsupported.into())
}

pub fn ruleset() -> Result<String, Unread> {
    Err(Unread::NoTool)
}

pub fn ruleset_listing() -> Result<String, Unread> {
    Err(Unread::NoTool)
}

pub fn may_see_firewall() -> bool {
    false
}

pub fn may_capture() -> bool {
    false
}
