//! The state of this host: its interfaces, routes, memberships, counters, ports, bridges, firewall
//! and settings. Nothing here changes them.
//!
//! `imp` reads the state that each system shows in its own way; `absent` returns that it is
//! unknown. `os` is shared by all Unix systems; Windows has its counterpart.

#[cfg(not(target_os = "linux"))]
#[allow(dead_code, unused_imports, reason = "a system replaces the parts that it has")]
mod absent;
mod address_states;
mod bridges;
mod clock;
mod commands;
mod counters;
mod firewall;
mod groups;
mod if_inet6;
#[cfg(any(target_os = "linux", test))]
mod igmp_table;
#[cfg_attr(target_os = "linux", path = "linux/mod.rs")]
#[cfg_attr(any(target_os = "macos", target_os = "freebsd"), path = "bsd/mod.rs")]
#[cfg_attr(windows, path = "winapi/mod.rs")]
#[cfg_attr(
    not(any(target_os = "linux", target_os = "macos", target_os = "freebsd", windows)),
    path = "fallback.rs"
)]
mod imp;
#[cfg(unix)]
mod interface_list;
mod interfaces;
#[cfg(any(target_os = "macos", target_os = "freebsd", test))]
mod link_media;
#[cfg(any(target_os = "macos", target_os = "freebsd", test))]
mod link_types;
#[cfg_attr(unix, path = "unix/mod.rs")]
#[cfg_attr(windows, path = "windows/mod.rs")]
mod os;
#[cfg(any(target_os = "macos", target_os = "freebsd", test))]
mod pf_status;
mod ports;
mod proc_net;
mod queues;
mod route;
pub mod routing;
pub mod sysctl;
mod system_counters;
mod windows_firewall;

pub use address_states::{is_duplicate, is_tentative};
pub use bridges::Bridge;
pub use clock::{host_id, is_synchronised};
pub use commands::Commands;
pub use counters::{CounterTables, Counters, LinkCounters, counters};
#[cfg(all(test, target_os = "linux"))]
pub use firewall::Unread;
pub use firewall::has_legacy_rules;
pub use groups::Groups;
pub use imp::{
    bridges, groups, has_netlink, igmp_version, link_counters, link_speed, may_capture,
    may_see_firewall, mtus, next_hop, queues, route_to, ruleset, ruleset_listing, windows_firewall,
};
pub use interfaces::interfaces;
pub use os::{cpu_time, open_files, restore_limits_for, sockets_for};
pub use ports::{PortUser, SocketTables, others_than, socket_drops, users_of};
pub use queues::Queue;
pub use sysctl::{
    Ipv6, L3MDEV_ACCEPT, MOST_RCVBUF, bridge_netfilter, forced_igmp_version, forced_mld_version,
    ipv6_disabled, ipv6_of, l3mdev_accept, membership_limits, mld_version, most_rcvbuf, rp_filter,
    system,
};
pub use system_counters::{increase, packet_filters, pf_enabled, system_counters};
pub use windows_firewall::{FirewallPolicy, Profile, ProfileSettings, Store, StoredRule};
