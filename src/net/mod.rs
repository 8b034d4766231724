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
mod departure;
mod error;
mod firewall;
mod frames;
mod groups;
mod ifaces;
mod igmp;
mod inbox;
mod limits;
mod load;
mod membership;
#[cfg(target_os = "linux")]
mod netlink;
mod outbox;
mod packet;
mod packing;
mod ports;
mod report_membership;
mod route;
mod self_test;
mod settings;
mod socket;
mod sys;
mod wait;
mod watch;

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, SocketAddrV4};
use std::time::SystemTime;

pub use bridges::{Bridge, BridgeMember, bridge_netfilter, bridges};
pub use clock::{host_id, is_synchronised};
pub use counters::{Counters, LinkCounters, counters};
pub use departure::{Departure, Failure};
pub use error::{NetError, Operation, describe};
pub use firewall::{
    Unread, has_legacy_rules, may_capture, may_see_firewall, ruleset, ruleset_listing,
};
pub use frames::{Frame, Frames, Towards};
pub use groups::{Groups, groups, igmp_version, mld_version};
pub use ifaces::{interfaces, mtus};
pub use inbox::{Inbox, Rcvbuf};
pub use limits::{
    Ipv6, MOST_RCVBUF, ipv6_of, membership_limits, most_rcvbuf, restore_for as restore_limits_for,
};
pub use load::Load;
pub use outbox::Outbox;
pub use packet::{Packet, Query, What};
pub use ports::{PortUser, others_than, users_of};
pub use report_membership::report_membership;
pub use route::route_to;
pub use self_test::{Decoy, SelfTest};
pub use settings::{forced_igmp_version, ipv6_disabled, rp_filter, rp_filter_of};
pub use socket::SendOptions;
#[cfg(unix)]
pub(crate) use sys::write_now;
pub use wait::{Wake, wait};
pub use watch::{Moved, Moves};

use crate::target::Endpoint;

/// Lets this thread wake up when it wanted to, and not up to 50 us later together with others.
pub fn be_punctual() {
    if let Err(error) = sys::be_punctual() {
        tracing::debug!(%error, "the timers of this thread cannot be made more exact");
    }
}

/// The most datagrams in one train: UDP_MAX_SEGMENTS of include/linux/udp.h; older kernels take 64.
pub const LONGEST_TRAIN: usize = 128;

/// The largest payload of a UDP datagram: 65,535 less the headers (RFC 768; RFC 8200 has no IPv4
/// header to pay for).
pub fn max_payload(group: IpAddr) -> usize {
    if group.is_ipv4() { 65_507 } else { 65_527 }
}

/// How the system is asked: with everything it can tell, or only with what every system has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Backend {
    /// On Linux: many datagrams a call, each with the kernel's time, TTL, traffic class,
    /// destination, interface and drops. Elsewhere the same as [`Backend::Portable`].
    Native(Batching),
    /// One datagram a call through socket2, with its source alone.
    Portable,
}

impl Default for Backend {
    fn default() -> Self {
        Backend::Native(Batching::default())
    }
}

impl Backend {
    /// Whether the system is asked for everything it can tell.
    pub fn is_native(self) -> bool {
        matches!(self, Backend::Native(_))
    }
}

/// How many datagrams are handed over at once. It makes no difference but speed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Batching {
    /// The most datagrams a call; with `offload`, the most buffers a call.
    pub most: usize,
    /// One buffer may carry several datagrams of one length: the kernel, or the interface, cuts it
    /// (UDP_SEGMENT), and what arrived together is handed over together (UDP_GRO, udp(7)).
    pub offload: bool,
}

impl Default for Batching {
    fn default() -> Self {
        Batching { most: Self::MOST, offload: true }
    }
}

impl Batching {
    /// 16 to 64 datagrams amortise the cost of a call; more only cost memory.
    pub const MOST: usize = 64;
}

/// How many datagrams the kernel had no room for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KernelDrops {
    /// So many.
    pub count: u64,
    /// Neither more: a train of datagrams that was dropped as one counts as one.
    pub exact: bool,
}

impl Default for KernelDrops {
    /// None.
    fn default() -> Self {
        KernelDrops { count: 0, exact: true }
    }
}

impl fmt::Display for KernelDrops {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "{}{}", if self.exact { "" } else { "at least " }, self.count)
    }
}

impl std::ops::Add for KernelDrops {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        KernelDrops { count: self.count + other.count, exact: self.exact && other.exact }
    }
}

/// One datagram that was received.
#[derive(Clone, Copy, Debug)]
pub struct Datagram<'a> {
    /// What it carried, in the inbox's own buffer.
    pub payload: &'a [u8],
    /// What the system told of it.
    pub meta: &'a Meta,
    /// Where it was heard: the target whose socket took it.
    pub endpoint: &'a Endpoint,
    /// The name of the interface it arrived on.
    pub iface: Option<&'a str>,
    /// When the program had it.
    pub read: SystemTime,
}

/// What the system tells of a received datagram. `None` is what this platform does not tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Meta {
    /// Who sent it.
    pub source: SocketAddr,
    /// The address it was sent to (IP_PKTINFO; IPV6_PKTINFO, RFC 3542, 6.1).
    pub destination: Option<IpAddr>,
    /// The index of the interface it arrived on (same source).
    pub ifindex: Option<u32>,
    /// When the kernel took it (SO_TIMESTAMPNS); the program's own clock, read on receipt, where
    /// the kernel does not say.
    pub time: SystemTime,
    /// The time is the kernel's.
    pub kernel_time: bool,
    /// The TTL or hop limit that was left.
    pub ttl: Option<u8>,
    /// The traffic class: DSCP and ECN (RFC 2474, RFC 3168).
    pub traffic_class: Option<u8>,
    /// How many datagrams this socket's kernel queue had dropped when this one was queued
    /// (SO_RXQ_OVFL).
    pub drops: Option<u32>,
    /// It had not dropped more: see [`KernelDrops`].
    pub drops_exact: bool,
    /// The payload was longer than the buffer, and is cut (MSG_TRUNC).
    pub truncated: bool,
}

/// The source of a datagram whose source the system did not tell.
pub(crate) const UNKNOWN_SOURCE: SocketAddr =
    SocketAddr::V4(SocketAddrV4::new(Ipv4Addr::UNSPECIFIED, 0));

impl Meta {
    /// A datagram of which nothing is known yet.
    pub(crate) fn unknown() -> Self {
        Meta {
            source: UNKNOWN_SOURCE,
            destination: None,
            ifindex: None,
            time: SystemTime::UNIX_EPOCH,
            kernel_time: false,
            ttl: None,
            traffic_class: None,
            drops: None,
            drops_exact: true,
            truncated: false,
        }
    }

    /// The DSCP, the upper six bits of the traffic class (RFC 2474).
    pub fn dscp(&self) -> Option<u8> {
        self.traffic_class.map(|class| class >> 2)
    }
}
