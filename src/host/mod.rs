//! What this host says of itself: its interfaces, routes, memberships, counters, ports, bridges,
//! firewall and settings. Nothing here changes them.

mod bridges;
mod clock;
mod counters;
mod firewall;
mod groups;
mod interfaces;
pub mod limits;
#[cfg(target_os = "linux")]
pub mod netlink;
pub mod open_files;
mod ports;
mod process;
mod route;
mod settings;

pub use bridges::{Bridge, bridge_netfilter, bridges};
pub use clock::{host_id, is_synchronised};
pub use counters::{Counters, LinkCounters, counters};
pub use firewall::{has_legacy_rules, may_capture, may_see_firewall, ruleset, ruleset_listing};
pub use groups::{Groups, groups, igmp_version, mld_version};
pub use interfaces::{interfaces, mtus};
pub use limits::{Ipv6, MOST_RCVBUF, ipv6_of, membership_limits, most_rcvbuf};
pub use open_files::restore_for as restore_limits_for;
pub use ports::{PortUser, others_than, users_of};
pub use process::processor_time;
pub use route::route_to;
pub use settings::{forced_igmp_version, ipv6_disabled, rp_filter};
