//! The facts that a check gathers: plain data. The rules can be tested, and repeated on another
//! host, without a network.
//!
//! `None` means that the system does not show the fact, or that this process lacks the rights.

mod frames;
mod path;

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};

use serde::{Deserialize, Serialize};

pub use frames::{FlowFacts, FrameFacts, PimRouter, Queries};
pub use path::{Leg, LegKind, Path};

use super::firewall::DropRule;
use super::windows_firewall::ProfileVerdict;
use crate::host::{Bridge, LinkCounters, PortUser};
use crate::iface::{Address, Family, Link, Master};
use crate::target::{Filter, Listen};

/// All facts. A fact that is missing in an older record is unknown: records stay readable.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Facts {
    /// The system: `linux`, `macos`, `windows`, as Rust names them.
    pub system: String,
    /// The system with its version, on systems whose rules depend on it: `macOS 15.1`.
    pub system_version: Option<String>,
    /// The target of the check.
    pub target: CheckedTarget,
    /// The expected interface; `None` if neither the user nor a route selects one.
    pub iface: Option<String>,
    /// The user named the expected interface.
    pub named: bool,
    /// The listening time in seconds.
    pub seconds: f64,
    /// The rights of this process.
    pub rights: Rights,
    /// The interfaces of this host.
    pub interfaces: Vec<LinkFacts>,
    /// The interface of the kernel's route to the group; `None` without a route.
    pub route: Option<String>,
    /// The router of the kernel's route to the source, if it is on the expected interface.
    pub next_hop: Option<IpAddr>,
    /// Sockets that are bound to no VRF receive from all of them (udp_l3mdev_accept).
    pub l3mdev_accept: Option<bool>,
    /// The result of the join.
    pub membership: MembershipFacts,
    /// The limits of the system.
    pub limits: SystemLimits,
    /// The test with datagrams to this host itself.
    pub self_test: Option<SelfTestFacts>,
    /// The received datagrams, by interface and sender.
    pub heard: Vec<SenderFacts>,
    /// How many datagrams the kernel dropped because this program's receive buffers were full.
    pub own_drops: Option<u64>,
    /// The sockets on the port, with those of this program. `drops` counts from the start of
    /// listening.
    pub port_users: Option<Vec<PortUser>>,
    /// How many sockets of other programs are bound to the group on other ports: one of them may be
    /// the member.
    pub other_sockets: Option<usize>,
    /// The increase of the kernel's counters while listening: `Ip.InReceives`, `Udp.IgnoredMulti`.
    /// Unchanged counters are left out.
    pub counters: Option<BTreeMap<String, u64>>,
    /// The increase of the counters of UDP and IP on macOS, FreeBSD and Windows while listening, with
    /// the names of these systems: `udp.fullsock` is `udps_fullsock`, `udp.InErrors` is `dwInErrors`.
    /// Unchanged counters are left out.
    pub system_counters: Option<BTreeMap<String, u64>>,
    /// The frames on the interfaces, before IP and the firewall.
    pub frames: Option<FrameFacts>,
    /// The firewall's rules that concern the target.
    pub firewall: FirewallFacts,
    /// The bridges of this host.
    pub bridges: Option<Vec<Bridge>>,
    /// The kernel passes frames that cross a bridge to the IP firewall (br_netfilter); `None` if it
    /// does not support that.
    pub bridge_netfilter: Option<bool>,
    /// How many frames of the target arrived in the second after this host reported its membership
    /// again; `None` if it did not, or if they began too late to be an effect of the report.
    pub after_report: Option<u64>,
    /// How many datagrams without a socket arrived after the group was left; `None` if that was not
    /// tested.
    pub ignored_after_leave: Option<IgnoredAfterLeave>,
    /// `--listen`: the check waited for a sender of a measured stream to several addresses.
    pub waited: bool,
    /// `--expect-traffic`: the absence of datagrams is a fault.
    pub expects_traffic: bool,
    /// The measured stream that arrived.
    pub path: Option<Path>,
    /// These are the facts of a receiver without datagrams, gathered without sending or joining.
    pub receiving: bool,
    /// The number of further targets of the receiver.
    pub more: usize,
    /// The receiver's stream that stopped.
    pub stopped: Option<Stopped>,
}

/// The target of a check.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckedTarget {
    /// The group.
    pub group: IpAddr,
    /// The UDP port.
    pub port: u16,
    /// The sources to receive from; empty for any source.
    pub sources: Vec<IpAddr>,
}

/// The rights of this process.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rights {
    /// It may capture frames (CAP_NET_RAW).
    pub capture: bool,
    /// It may read the rules of the firewall (CAP_NET_ADMIN).
    pub firewall: bool,
    /// It may not open netlink sockets.
    #[serde(default)]
    pub no_netlink: bool,
}

/// An interface.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct LinkFacts {
    /// Its name.
    pub name: String,
    /// Its index.
    pub index: u32,
    /// Administratively up.
    pub up: bool,
    /// It has a carrier.
    pub carrier: Option<bool>,
    /// It has the flag MULTICAST.
    pub multicast: bool,
    /// The loopback interface.
    pub loopback: bool,
    /// Its addresses.
    pub addresses: Vec<Address>,
    /// IPv6 is disabled on it (disable_ipv6).
    pub ipv6_disabled: Option<bool>,
    /// Its MTU in bytes.
    pub mtu: Option<u32>,
    /// Its version of IGMP, or of MLD for an IPv6 group.
    pub version: Option<u8>,
    /// The version of IGMP, or of MLD for an IPv6 group, that a sysctl forces.
    pub forced_version: Option<u8>,
    /// The effective rp_filter (0 off, 1 strict, 2 loose: RFC 3704).
    pub rp_filter: Option<u8>,
    /// This check joined the target on it.
    pub joined: bool,
    /// How many sockets of other programs were members of the group before.
    pub members_before: Option<u32>,
    /// The increase of its counters while listening.
    pub counters: Option<LinkCounters>,
    /// Its kind and its master.
    pub link: Link,
}

/// The result of the join on the expected interface.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct MembershipFacts {
    /// The error, if the join failed.
    pub error: Option<String>,
    /// The tip for that error.
    pub tip: Option<String>,
    /// The port could not be bound: another program holds it exclusively.
    pub port_taken: bool,
    /// This process may not bind the port, which is below 1024. It joined the group on another
    /// port.
    pub port_not_permitted: bool,
    /// The kernel lists the group on that interface.
    pub seen: Option<bool>,
    /// How many interfaces were left out, because there are too many, or because a join failed.
    pub left_out: usize,
}

/// The limits of the system.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct SystemLimits {
    /// Groups per socket (IPv4).
    pub groups: Option<u64>,
    /// Sources per group.
    pub sources: Option<u64>,
    /// Bytes of receive buffer.
    pub rcvbuf: Option<u64>,
}

/// The self-test: datagrams from this host to itself, which do not leave it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct SelfTestFacts {
    /// The interface that sent them.
    pub iface: Option<String>,
    /// How many were sent.
    pub sent: u64,
    /// How many came back.
    pub heard: u64,
    /// They went to the port of the target. If a program listens there, they go to an unused port.
    pub same_port: bool,
    /// The error, if sending failed.
    pub error: Option<String>,
    /// The error is EPERM, from the firewall.
    pub refused: bool,
    /// The error is EHOSTUNREACH.
    pub unreachable: bool,
    /// The tip for that error.
    pub tip: Option<String>,
    /// The increase of the kernel's counters during the test.
    pub counters: Option<BTreeMap<String, u64>>,
}

/// The datagrams from one sender on one interface.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SenderFacts {
    /// The interface; `None` if the system does not show it.
    pub iface: Option<String>,
    /// The sender.
    pub source: SocketAddr,
    /// How many datagrams arrived.
    pub datagrams: u64,
    /// The smallest TTL or hop limit that was left.
    pub ttl: Option<u8>,
    /// The longest payload in bytes.
    pub longest: usize,
}

/// The firewall's rules that concern the target.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct FirewallFacts {
    /// The rules could be read.
    pub read: bool,
    /// The reason if they could not be read.
    pub unread: Option<String>,
    /// There are rules of legacy iptables, which mcast does not read.
    pub legacy: bool,
    /// Packet filters of macOS and FreeBSD that are present: `pf`, `ipfw`. mcast does not read their
    /// rules.
    pub present: Vec<String>,
    /// pf is enabled. `None` if mcast may not read that.
    pub pf_enabled: Option<bool>,
    /// The rules that drop the target on input, in the order of evaluation.
    pub inbound: Vec<DropRule>,
    /// The rules that drop general queries of IGMP or MLD on input.
    pub queries: Vec<DropRule>,
    /// The rules that drop group-specific queries on input.
    pub group_queries: Vec<DropRule>,
    /// The rules that drop this host's reports of the group on output.
    pub reports: Vec<DropRule>,
    /// The rules that drop the target between the ports of a bridge, by the bridge's name.
    pub bridged: BTreeMap<String, Vec<DropRule>>,
    /// The rules that drop queries and reports between the ports of a bridge.
    pub bridged_messages: BTreeMap<String, Vec<DropRule>>,
    /// The effect of Windows Firewall on the target.
    pub windows: Option<WindowsFirewallFacts>,
}

/// The effect of Windows Firewall on the target.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct WindowsFirewallFacts {
    /// The path of the program that receives.
    pub program: String,
    /// How many rules were read.
    pub rules: usize,
    /// The effect of each profile.
    pub profiles: Vec<ProfileVerdict>,
}

/// The datagrams without a socket after the group was left.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct IgnoredAfterLeave {
    /// The time without a membership, in seconds.
    pub seconds: f64,
    /// How many datagrams arrived, without broadcasts.
    pub ignored: u64,
}

/// A stream that arrived at a receiver and then stopped.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Stopped {
    /// How many datagrams arrived.
    pub datagrams: u64,
    /// How many seconds the datagrams arrived.
    pub flowed: f64,
    /// The seconds without datagrams since then.
    pub silent: f64,
}

impl Default for CheckedTarget {
    fn default() -> Self {
        CheckedTarget {
            group: std::net::Ipv4Addr::UNSPECIFIED.into(),
            port: 0,
            sources: Vec::new(),
        }
    }
}

impl CheckedTarget {
    /// The target of a receiver.
    pub fn of(listen: &Listen) -> Self {
        let sources = match &*listen.filter {
            Filter::Include(sources) => sources.clone(),
            Filter::Any | Filter::Exclude(_) => Vec::new(),
        };
        CheckedTarget { group: listen.at.group, port: listen.at.port, sources }
    }

    /// The command that checks this target.
    pub fn check(&self, iface: Option<&str>) -> String {
        let iface = iface.map(|iface| format!(" --iface {iface}")).unwrap_or_default();
        format!("mcast check {self}{iface}")
    }

    /// The target for a sender, without a source.
    pub fn to_send(&self) -> SocketAddr {
        SocketAddr::new(self.group, self.port)
    }
}

impl std::fmt::Display for CheckedTarget {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        if let [source] = self.sources[..] {
            write!(f, "{}@", crate::target::bracketed(source))?;
        }
        write!(f, "{}", SocketAddr::new(self.group, self.port))
    }
}

impl Facts {
    /// The expected interface.
    pub fn expected(&self) -> Option<&LinkFacts> {
        self.link(self.iface.as_deref()?)
    }

    /// The interface for which the firewall's rules are evaluated: the expected one, else that of
    /// the self-test.
    pub fn judged(&self) -> Option<&str> {
        self.iface.as_deref().or_else(|| self.self_test.as_ref()?.iface.as_deref())
    }

    /// The interface of this name.
    pub fn link(&self, name: &str) -> Option<&LinkFacts> {
        self.interfaces.iter().find(|link| link.name == name)
    }

    /// The family of the target.
    pub fn family(&self) -> Family {
        Family::of(self.target.group)
    }

    /// Whether the target is of IPv4.
    pub fn is_ipv4(&self) -> bool {
        self.target.group.is_ipv4()
    }

    /// Whether the target is an IPv6 group, and IPv6 is disabled on this interface. Another finding
    /// reports that.
    pub fn is_switched_off(&self, link: &LinkFacts) -> bool {
        !self.is_ipv4() && link.ipv6_disabled == Some(true)
    }

    /// Whether this is the expected interface. Without one, this holds for all interfaces on which
    /// the target was joined.
    pub fn is_expected(&self, name: &str) -> bool {
        match &self.iface {
            Some(expected) => expected == name,
            None => self.link(name).is_none_or(|link| link.joined),
        }
    }

    /// The bridge that the expected interface is a port of. The bridge takes the frames of its
    /// ports before IP sees them.
    pub fn bridge_above(&self) -> Option<&Bridge> {
        let name = self.iface.as_ref()?;
        self.bridges.iter().flatten().find(|bridge| bridge.ports.contains(name))
    }

    /// The interface that the expected one is a port or member of, and on which IP receives.
    pub fn upper(&self) -> Option<Master> {
        let by_link = self.expected().and_then(|link| link.link.upper().cloned());
        let by_bridge = || {
            let name = self.bridge_above()?.name.clone();
            Some(Master { name, kind: Some("bridge".to_owned()) })
        };
        by_link.or_else(by_bridge)
    }

    /// The VRF of the expected interface.
    pub fn vrf(&self) -> Option<&str> {
        self.expected().and_then(|link| link.link.vrf(&link.name))
    }

    /// How many datagrams arrived on the expected interface. If the system does not show the
    /// interface, all datagrams count.
    pub fn heard_here(&self) -> u64 {
        self.heard_where_expected().map(|heard| heard.datagrams).sum()
    }

    /// The senders on the expected interface. If the system does not show the interface, all
    /// senders count.
    pub fn heard_where_expected(&self) -> impl Iterator<Item = &SenderFacts> {
        self.heard
            .iter()
            .filter(|heard| heard.iface.as_deref().is_none_or(|iface| self.is_expected(iface)))
    }

    /// The ports of an interface that is a bridge.
    pub fn ports_of(&self, iface: &str) -> Vec<String> {
        let bridge = self.bridges.iter().flatten().find(|bridge| bridge.name == iface);
        bridge.map(|bridge| bridge.ports.clone()).unwrap_or_default()
    }

    /// How many multicast datagrams arrived for which there is no socket.
    pub fn ignored_multicast(&self) -> u64 {
        self.counters.as_ref().map_or(0, |counters| self.ignored_in(counters))
    }

    /// The same, from these counters. For IPv4 the kernel counts broadcasts too.
    pub fn ignored_in(&self, counters: &BTreeMap<String, u64>) -> u64 {
        if self.is_ipv4() {
            let broadcasts = rise_in(counters, "IpExt.InBcastPkts");
            rise_in(counters, "Udp.IgnoredMulti").saturating_sub(broadcasts)
        } else {
            rise_in(counters, "Udp6.IgnoredMulti")
        }
    }

    /// The increase of a counter: `v4` or `v6`, by the target's family.
    pub fn rise(&self, v4: &str, v6: &str) -> u64 {
        self.counters
            .as_ref()
            .map_or(0, |counters| rise_in(counters, if self.is_ipv4() { v4 } else { v6 }))
    }
}

/// The increase of a counter.
pub fn rise_in(counters: &BTreeMap<String, u64>, name: &str) -> u64 {
    counters.get(name).copied().unwrap_or(0)
}

/// Fewer datagrams in this time may come from a sender that sends seldom.
pub const STREAM: u64 = 3;
