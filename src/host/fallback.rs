//! A system without a module of its own: everything is unknown.

pub use super::absent::{
    bridges, groups, has_netlink, igmp_version, inet6_addresses, interfaces_without_netlink,
    link_counters, link_speed, links, may_capture, may_see_firewall, mtus, next_hop, queues,
    route_to, ruleset, ruleset_listing, windows_firewall,
};
