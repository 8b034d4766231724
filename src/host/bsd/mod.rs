//! The state that macOS and FreeBSD show, by sysctl(3) and the routing socket (route(4)).

mod counted;
mod groups;
mod links;
mod packet_filter;
mod route;
mod settings;

pub use super::absent::{
    bridges, has_netlink, inet6_addresses, interfaces_without_netlink, may_capture,
    may_see_firewall, queues, ruleset, ruleset_listing, windows_firewall,
};
pub use counted::{link_counters, system_counters};
pub use groups::{groups, igmp_version, mld_version};
pub use links::{carriers, link_speed, links, mtus};
pub use packet_filter::{packet_filters, pf_enabled};
pub use route::{next_hop, route_to};
pub use settings::{most_sources, number, system};
