//! The only part of mcast that touches the network.
//!
//! [`Outbox`] sends and [`Inbox`] receives; [`interfaces`] and [`route_to`] ask the system what the
//! choice of an interface rests on, [`groups`] and [`igmp_version`] what it has joined and how it
//! says so. Errors carry the operation that failed ([`NetError`]).
//!
//! Why something is not heard is told by [`Frames`] (what reaches the interfaces), [`counters()`]
//! (where it was lost), [`users_of`] (who holds the port), and [`rp_filter`] and its like (what is
//! set); [`report_membership()`] tries whether a switch has forgotten a member.

mod bridges;
mod channel;
mod clock;
mod counters;
mod datagram;
mod departure;
mod drops;
mod error;
mod firewall;
mod frames;
mod groups;
mod ifaces;
mod inbox;
mod limits;
mod load;
mod membership;
#[cfg(target_os = "linux")]
mod netlink;
mod outbox;
mod packing;
mod ports;
mod report_membership;
mod route;
mod self_test;
mod settings;
mod socket;
mod wait;
mod watch;
pub(crate) mod wire;

pub use bridges::{Bridge, BridgeMember, bridge_netfilter, bridges};
pub use clock::{be_punctual, host_id, is_synchronised};
pub use counters::{Counters, LinkCounters, counters};
pub use datagram::Datagram;
pub use departure::{Departure, Failure};
pub use drops::KernelDrops;
pub use error::{NetError, Operation, describe};
pub use firewall::{
    Unread, has_legacy_rules, may_capture, may_see_firewall, ruleset, ruleset_listing,
};
pub use frames::{Frame, Frames};
pub use groups::{Groups, groups, igmp_version, mld_version};
pub use ifaces::{interfaces, mtus};
pub use inbox::{Inbox, Rcvbuf};
pub use limits::{
    Ipv6, MOST_RCVBUF, ipv6_of, membership_limits, most_rcvbuf, restore_for as restore_limits_for,
};
pub use load::Load;
pub use outbox::Outbox;
pub use ports::{PortUser, others_than, users_of};
pub use report_membership::report_membership;
pub use route::route_to;
pub use self_test::{Decoy, SelfTest};
pub use settings::{forced_igmp_version, ipv6_disabled, rp_filter, rp_filter_of};
pub use socket::SendOptions;
pub use wait::{Wake, wait};
pub use watch::{Moved, Moves};
