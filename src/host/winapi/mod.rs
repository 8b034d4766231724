//! The state that Windows shows, by the IP Helper functions.

mod addresses;
mod counters;
mod firewall;
mod groups;
mod links;
mod route;

pub use addresses::inet6_addresses;
pub use counters::{link_counters, system_counters};
pub use firewall::windows_firewall;
pub use groups::groups;
pub use links::{link_speed, links, mtus};
pub use route::{next_hop, route_to};

pub use super::absent::{
    bridges, has_netlink, igmp_version, interfaces_without_netlink, may_capture, may_see_firewall,
    queues, ruleset, ruleset_listing,
};
