//! What was seen: plain data, so that the reasoning can be tested, and repeated elsewhere, without
//! a network.
//!
//! `None` is what the system did not tell, or what needed more rights than there were.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};

use serde::{Deserialize, Serialize};

use super::firewall::DropRule;
use crate::host::{Bridge, LinkCounters, PortUser};
use crate::iface::{Address, Family, Link, Master};
use crate::net::wire::Flaw;
use crate::target::{Filter, Listen};

/// Everything that was seen. What a newer mcast would have seen besides is taken as not told, so
/// that records stay readable.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Facts {
    /// The system: `linux`, `macos`, `windows`, as Rust names them.
    pub system: String,
    /// The group that was asked about.
    pub target: CheckedTarget,
    /// The interface where it is expected; `None` where nobody named one and several would do.
    pub iface: Option<String>,
    /// The user named that interface.
    pub named: bool,
    /// How long was listened, in seconds.
    pub seconds: f64,
    /// What this process may look at.
    pub rights: Rights,
    /// The interfaces of this host.
    pub interfaces: Vec<LinkFacts>,
    /// The interface of the kernel's route to the group; `None` where there is no route.
    pub route: Option<String>,
    /// Sockets that are bound to no VRF receive from all of them (udp_l3mdev_accept).
    pub l3mdev_accept: Option<bool>,
    /// What became of the join.
    pub membership: MembershipFacts,
    /// What the system allows.
    pub limits: SystemLimits,
    /// What this host heard of itself.
    pub self_test: Option<SelfTestFacts>,
    /// What came, by interface and sender.
    pub heard: Vec<SenderFacts>,
    /// How many datagrams found the receive buffers of this program full.
    pub own_drops: Option<u64>,
    /// The sockets that hold the port; those of this program say so. `drops` is what they dropped
    /// meanwhile.
    pub port_users: Option<Vec<PortUser>>,
    /// How many sockets of other programs are bound to the group at other ports: one of them may
    /// be what has joined it.
    pub other_sockets: Option<usize>,
    /// By how much the kernel's counters rose meanwhile: `Ip.InReceives`, `Udp.IgnoredMulti`. What
    /// did not rise is not there.
    pub counters: Option<BTreeMap<String, u64>>,
    /// What reached the interfaces, before IP and the firewall.
    pub frames: Option<FrameFacts>,
    /// The firewall's rules that concern the target.
    pub firewall: FirewallFacts,
    /// The bridges of this host.
    pub bridges: Option<Vec<Bridge>>,
    /// The kernel hands frames that cross a bridge to the firewall of IP (br_netfilter); `None`
    /// where it does not know how.
    pub bridge_netfilter: Option<bool>,
    /// How many frames of the target came in the second after this host had reported its
    /// membership anew; `None` where it did not, and where they began so late that the report
    /// cannot have brought them.
    pub after_report: Option<u64>,
    /// How many datagrams that no socket wanted came after the group was left; `None` if that was
    /// not tested.
    pub ignored_after_leave: Option<IgnoredAfterLeave>,
    /// A sender was waited for, that was to send to several addresses at once.
    pub waited: bool,
    /// The user says that somebody sends the group.
    pub expects_traffic: bool,
    /// What came of it.
    pub path: Option<Path>,
    /// A receiver asks why it hears nothing, and looks in passing: nothing is sent, and nothing is
    /// joined for it.
    pub receiving: bool,
    /// How many more targets it listens to.
    pub more: usize,
    /// The receiver had heard something, and then no more.
    pub stopped: Option<Stopped>,
}

/// The group that was asked about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckedTarget {
    /// The group.
    pub group: IpAddr,
    /// The UDP port.
    pub port: u16,
    /// The sources that are heard; any where there are none.
    pub sources: Vec<IpAddr>,
}

/// What this process may look at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rights {
    /// Frames (CAP_NET_RAW).
    pub capture: bool,
    /// The rules of the firewall (CAP_NET_ADMIN).
    pub firewall: bool,
    /// Netlink sockets are forbidden.
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
    /// Its wire carries.
    pub carrier: Option<bool>,
    /// It says that it can carry multicast.
    pub multicast: bool,
    /// The loopback interface.
    pub loopback: bool,
    /// Its addresses.
    pub addresses: Vec<Address>,
    /// IPv6 is switched off there (disable_ipv6).
    pub ipv6_disabled: Option<bool>,
    /// Its MTU in bytes.
    pub mtu: Option<u32>,
    /// The version of IGMP, or of MLD for an IPv6 group, that it speaks.
    pub version: Option<u8>,
    /// The version of IGMP, or of MLD for an IPv6 group, that an administrator forced upon it.
    pub forced_version: Option<u8>,
    /// Reverse-path filtering in effect (0 off, 1 strict, 2 loose: RFC 3704).
    pub rp_filter: Option<u8>,
    /// The target was joined there for this check.
    pub joined: bool,
    /// How many sockets of other programs were members of the group before.
    pub members_before: Option<u32>,
    /// By how much its counters rose meanwhile.
    pub counters: Option<LinkCounters>,
    /// How it is built.
    pub link: Link,
}

/// What became of the join on the expected interface.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct MembershipFacts {
    /// Why it failed.
    pub error: Option<String>,
    /// What to try then.
    pub tip: Option<String>,
    /// The port could not be bound: another program holds it alone.
    pub port_taken: bool,
    /// This process may not bind the port, which is below 1024. The group is joined all the same.
    pub port_not_permitted: bool,
    /// The kernel lists the group on that interface.
    pub seen: Option<bool>,
    /// How many interfaces were left out, because they are too many, or because one of them could
    /// not be joined on.
    pub left_out: usize,
}

/// What the system allows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct SystemLimits {
    /// Groups a socket (IPv4).
    pub groups: Option<u64>,
    /// Sources of one group.
    pub sources: Option<u64>,
    /// Bytes of receive buffer.
    pub rcvbuf: Option<u64>,
}

/// What this host heard of what it sent to itself, without anything leaving it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct SelfTestFacts {
    /// The interface that it was sent by.
    pub iface: Option<String>,
    /// How many datagrams were sent.
    pub sent: u64,
    /// How many of them came back.
    pub heard: u64,
    /// It went to the very port that was asked about; else to another, since a program listens
    /// there.
    pub same_port: bool,
    /// Why it could not be sent.
    pub error: Option<String>,
    /// The error is the firewall's: not permitted.
    pub refused: bool,
    /// What to try then.
    pub tip: Option<String>,
    /// By how much the kernel's counters rose meanwhile.
    pub counters: Option<BTreeMap<String, u64>>,
}

/// What came from one sender on one interface.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SenderFacts {
    /// The interface; `None` where the system does not tell.
    pub iface: Option<String>,
    /// The sender.
    pub source: SocketAddr,
    /// How many datagrams.
    pub datagrams: u64,
    /// The smallest TTL or hop limit that was left.
    pub ttl: Option<u8>,
    /// The longest payload in bytes.
    pub longest: usize,
}

/// What reached the interfaces of this host, as a packet socket sees it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct FrameFacts {
    /// Frames of the group that was asked about.
    pub flows: Vec<FlowFacts>,
    /// Queries for members.
    pub queries: Vec<Queries>,
    /// How many multicast frames of other groups each interface had.
    pub others: BTreeMap<String, u64>,
    /// The multicast routers of each interface that said a PIM hello.
    pub pim_routers: Vec<(String, IpAddr)>,
    /// How many frames this program was too slow to look at.
    pub missed: u64,
}

/// Frames of the group from one sender on one interface.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FlowFacts {
    /// The interface.
    pub iface: String,
    /// The sender.
    pub source: IpAddr,
    /// The UDP port; `None` for fragments behind the first.
    pub port: Option<u16>,
    /// The tag of the virtual LAN that they carry.
    pub vlan: Option<u16>,
    /// That tag is a provider's (802.1ad).
    #[serde(default)]
    pub provider_tag: bool,
    /// The virtual LAN of a second tag within it.
    #[serde(default)]
    pub inner_vlan: Option<u16>,
    /// The kernel takes them for somebody else's.
    pub others: bool,
    /// They are fragments.
    pub fragments: bool,
    /// They have no UDP checksum, which IPv6 does not permit.
    #[serde(default)]
    pub unsummed: bool,
    /// Why IP drops them, by their header.
    #[serde(default)]
    pub flaw: Option<Flaw>,
    /// How many.
    pub frames: u64,
    /// The smallest TTL or hop limit that was left.
    pub ttl: u8,
    /// The longest IP packet in bytes.
    pub longest: usize,
}

/// Queries for members from one querier on one interface.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Queries {
    /// The interface.
    pub iface: String,
    /// Who asks.
    pub querier: IpAddr,
    /// The version of IGMP or MLD.
    pub version: u8,
    /// How often it says that it asks, in seconds.
    pub interval: Option<u64>,
    /// How many were heard.
    pub count: u64,
}

/// The firewall's rules that concern the target.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct FirewallFacts {
    /// The rules could be read.
    pub read: bool,
    /// Why not.
    pub unread: Option<String>,
    /// There are rules of the older iptables, which are not read.
    pub legacy: bool,
    /// What drops the target on its way in, in the order in which it is met.
    pub inbound: Vec<DropRule>,
    /// The same of the queries of IGMP or MLD that ask for all groups.
    pub queries: Vec<DropRule>,
    /// The same of the queries that ask for the group alone.
    pub group_queries: Vec<DropRule>,
    /// What drops this host's reports of the group on their way out.
    pub reports: Vec<DropRule>,
    /// What drops it on its way across a bridge, by the name of the bridge.
    pub bridged: BTreeMap<String, Vec<DropRule>>,
    /// The same of the queries of IGMP or MLD, and of the reports that answer them.
    pub bridged_messages: BTreeMap<String, Vec<DropRule>>,
}

/// What came of a measured stream that was sent to several addresses at once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Path {
    /// Who sent it.
    pub source: IpAddr,
    /// Where to.
    pub legs: Vec<Leg>,
}

/// What came to one address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Leg {
    /// The address.
    pub to: IpAddr,
    /// What sort of address it is.
    pub kind: LegKind,
    /// How many datagrams left for it, where its sender could say so.
    pub sent: Option<u64>,
    /// How many came.
    pub received: u64,
    /// The TTL or hop limit that they left with, and the smallest that was left.
    pub ttl: Option<(u8, u8)>,
    /// The interface that they came on.
    pub iface: Option<String>,
}

/// What sort of address a leg leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LegKind {
    /// The group that was asked about.
    Group,
    /// A group of 224.0.0.0/24, which switches send to every port (RFC 4541, 2.1.2).
    Flooded,
    /// An address of this host.
    Unicast,
}

/// What came to no socket while the group was left.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct IgnoredAfterLeave {
    /// For how long it was left, in seconds.
    pub seconds: f64,
    /// How many datagrams came, less the broadcasts.
    pub ignored: u64,
}

/// A receiver had heard something, and then no more.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Stopped {
    /// How many datagrams it had heard.
    pub datagrams: u64,
    /// For how many seconds they came.
    pub flowed: f64,
    /// For how many seconds nothing has come since.
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
    /// What a receiver listens to.
    pub fn of(listen: &Listen) -> Self {
        let sources = match &*listen.filter {
            Filter::Include(sources) => sources.clone(),
            Filter::Any | Filter::Exclude(_) => Vec::new(),
        };
        CheckedTarget { group: listen.at.group, port: listen.at.port, sources }
    }

    /// What to type to look into it.
    pub fn check(&self, iface: Option<&str>) -> String {
        let iface = iface.map(|iface| format!(" --iface {iface}")).unwrap_or_default();
        format!("mcast check {self}{iface}")
    }

    /// What a sender is given: it has no source to choose.
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
    /// The interface where the target is expected.
    pub fn expected(&self) -> Option<&LinkFacts> {
        self.link(self.iface.as_deref()?)
    }

    /// The interface whose way through the firewall is looked at: the expected one, else that by
    /// which this host sent to itself.
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

    /// Whether the target is of IPv6, and that is switched off on an interface: nothing of it comes
    /// or goes there, and nobody has to explain that any more.
    pub fn is_switched_off(&self, link: &LinkFacts) -> bool {
        !self.is_ipv4() && link.ipv6_disabled == Some(true)
    }

    /// Whether this is the expected interface, or, where none is, one of those that would do: where
    /// the target was joined. What comes to another is no loss.
    pub fn is_expected(&self, name: &str) -> bool {
        match &self.iface {
            Some(expected) => expected == name,
            None => self.link(name).is_none_or(|link| link.joined),
        }
    }

    /// The bridge that the expected interface is a port of. IP sees nothing of what comes in by a
    /// port: it belongs to the bridge.
    pub fn bridge_above(&self) -> Option<&Bridge> {
        let name = self.iface.as_ref()?;
        self.bridges.iter().flatten().find(|bridge| bridge.ports.contains(name))
    }

    /// The interface that the expected one is a port or a member of, and that IP listens on.
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

    /// How many datagrams came where they were expected. Where the system does not tell the
    /// interface, all of them.
    pub fn heard_here(&self) -> u64 {
        self.heard_where_expected().map(|heard| heard.datagrams).sum()
    }

    /// Who was heard where it was expected. Where the system does not tell the interface, all of
    /// them.
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

    /// How many multicast datagrams came that no socket wanted.
    pub fn ignored_multicast(&self) -> u64 {
        self.counters.as_ref().map_or(0, |counters| self.ignored_in(counters))
    }

    /// The same by these counters. With IPv4 broadcasts count as well.
    pub fn ignored_in(&self, counters: &BTreeMap<String, u64>) -> u64 {
        if self.is_ipv4() {
            let broadcasts = rise_in(counters, "IpExt.InBcastPkts");
            rise_in(counters, "Udp.IgnoredMulti").saturating_sub(broadcasts)
        } else {
            rise_in(counters, "Udp6.IgnoredMulti")
        }
    }

    /// By how much a counter rose: that of IPv4, or that of IPv6 where the target is of it.
    pub fn rise(&self, v4: &str, v6: &str) -> u64 {
        self.counters
            .as_ref()
            .map_or(0, |counters| rise_in(counters, if self.is_ipv4() { v4 } else { v6 }))
    }
}

/// By how much a counter rose, among those that did.
pub fn rise_in(counters: &BTreeMap<String, u64>, name: &str) -> u64 {
    counters.get(name).copied().unwrap_or(0)
}

/// Fewer than these in that time may be of one who sends seldom.
pub const STREAM: u64 = 3;
