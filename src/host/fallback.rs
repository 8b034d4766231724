//! Systems other than Linux, with the signatures of `linux`: what they do not show is unknown.

use std::collections::BTreeMap;
use std::io;

use super::bridges::Bridge;
use super::firewall::Unread;
use super::groups::Groups;
pub use super::route::route_by_connect as route_to;

pub fn bridges() -> Option<Vec<Bridge>> {
    None
}

pub fn groups() -> Groups {
    Groups::default()
}

pub fn igmp_version(_ifname: &str) -> Option<u8> {
    None
}

pub fn link_speed(_ifname: &str, _index: u32) -> Option<u64> {
    None
}

pub fn mtus() -> BTreeMap<u32, u32> {
    BTreeMap::new()
}

pub fn queues(_index: u32) -> io::Result<Vec<String>> {
    Ok(Vec::new())
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
