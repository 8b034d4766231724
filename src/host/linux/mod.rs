//! The state that only Linux shows: from route netlink, /proc and nft.

mod bridges;
mod firewall;
mod groups;
mod interfaces;
mod links;
mod netlink;
mod route;
mod speed;

pub use bridges::bridges;
pub use firewall::{may_capture, may_see_firewall, ruleset, ruleset_listing};
pub use groups::{groups, igmp_version};
pub use interfaces::{has_netlink, interfaces_without_netlink};
pub use links::links;
pub use netlink::{mtus, queues};
pub use route::{next_hop, route_to};
pub use speed::link_speed;

pub use super::counters::no_link_counters as link_counters;
pub use super::if_inet6::addresses as inet6_addresses;
pub use super::windows_firewall::absent as windows_firewall;
