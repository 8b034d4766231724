//! The frames of the target that reached this host, and which of them IP takes.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};

use super::facts::{CheckedTarget, Facts, FlowFacts};
use crate::iface::Address;
use crate::target::is_control_block;

/// A source address that no sender can have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Martian {
    /// A multicast address.
    Group,
    /// An address of the loopback interface.
    Loopback,
    /// All hosts, or all hosts of a network of this host.
    Broadcast,
    /// That of a host without an address.
    Unspecified,
}

impl Facts {
    /// The frames of the target that reached the expected interface, in no virtual LAN: of its
    /// group, its port and its sources. Fragments behind the first are among them.
    pub fn flows_here(&self) -> impl Iterator<Item = &FlowFacts> {
        let CheckedTarget { port, sources, .. } = &self.target;
        let wanted = move |flow: &&FlowFacts| {
            flow.port.is_none_or(|known| known == *port)
                && (sources.is_empty() || sources.contains(&flow.source))
        };
        self.flows_of_group().filter(wanted)
    }

    /// Those frames that the kernel takes, as far as their header goes. With IPv4 it does not take
    /// those from an address of this host: a second wire to the same network brings what this host
    /// sends back to it.
    pub fn flows_to_take(&self) -> impl Iterator<Item = &FlowFacts> {
        let own = |source| {
            self.interfaces.iter().any(|link| link.addresses.iter().any(|own| own.ip == source))
        };
        self.flows_here().filter(move |flow| match flow.source {
            _ if flow.flaw.is_some() => false,
            _ if self.is_loopback(&flow.iface) => true,
            _ if self.martian(flow).is_some() => false,
            IpAddr::V4(_) => !own(flow.source),
            IpAddr::V6(_) => true,
        })
    }

    /// How many of those frames were not heard, by their source: at least so many, because a train
    /// of datagrams may be one frame. None of fragments, of which several make a datagram.
    pub fn losses_here(&self) -> impl Iterator<Item = (IpAddr, u64)> {
        let mut lost: BTreeMap<IpAddr, u64> = BTreeMap::new();
        for flow in self.flows_to_take().filter(|flow| !flow.fragments) {
            *lost.entry(flow.source).or_default() += flow.frames;
        }
        for heard in self.heard_where_expected() {
            if let Some(lost) = lost.get_mut(&heard.source.ip()) {
                *lost = lost.saturating_sub(heard.datagrams);
            }
        }
        lost.into_iter().filter(|(_, lost)| *lost > 0)
    }

    /// What the source of these frames is, if it is no address that a sender can have, so that IP
    /// drops them before any firewall sees them (net/ipv4/route.c, ip_mc_validate_source;
    /// net/ipv6/ip6_input.c, ip6_rcv_core).
    pub fn martian(&self, flow: &FlowFacts) -> Option<Martian> {
        if self.is_loopback(&flow.iface) {
            return None;
        }
        match flow.source {
            source if source.is_multicast() => Some(Martian::Group),
            source if source.is_loopback() => Some(Martian::Loopback),
            IpAddr::V4(Ipv4Addr::BROADCAST) => Some(Martian::Broadcast),
            // A host that has no address yet may report memberships, and speak to its link.
            IpAddr::V4(source) if source.octets()[0] == 0 => {
                Some(Martian::Unspecified).filter(|_| !is_control_block(self.target.group))
            }
            // Without a reverse-path filter no source is looked up.
            IpAddr::V4(source) => {
                let looks_up = self.link(&flow.iface).is_none_or(|link| link.rp_filter != Some(0));
                (looks_up && self.has_broadcast(source)).then_some(Martian::Broadcast)
            }
            // Linux takes the unspecified address and those mapped from IPv4.
            IpAddr::V6(_) => None,
        }
    }

    /// Whether this is the broadcast address of a network of this host.
    fn has_broadcast(&self, address: Ipv4Addr) -> bool {
        self.interfaces.iter().flat_map(|link| &link.addresses).any(|own| match own {
            Address { ip: IpAddr::V4(ip), prefix: Some(prefix @ 1..=30) } => {
                address.to_bits() == ip.to_bits() | (u32::MAX >> prefix)
            }
            _ => false,
        })
    }

    fn is_loopback(&self, iface: &str) -> bool {
        self.link(iface).is_some_and(|link| link.loopback)
    }

    /// The same whatever their port and their source.
    pub fn flows_of_group(&self) -> impl Iterator<Item = &FlowFacts> {
        // A tagged frame is seen on the interface below, and then, where there is one, on that of
        // its virtual LAN.
        let ours = |flow: &&FlowFacts| {
            !flow.others && flow.vlan.is_none() && self.is_expected(&flow.iface)
        };
        self.frames.iter().flat_map(|frames| &frames.flows).filter(ours)
    }

    /// How many frames those are; `None` where frames are not seen.
    pub fn frames_here(&self) -> Option<u64> {
        self.frames.as_ref().map(|_| self.flows_here().map(|flow| flow.frames).sum())
    }
}
