//! The frames of the target that reached this host, and those of them that IP accepts.

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
    /// The address of a host without an address.
    Unspecified,
}

impl Facts {
    /// The frames of the target on the expected interface, without a VLAN tag: of its group, port
    /// and sources. Fragments after the first are included.
    pub fn flows_here(&self) -> impl Iterator<Item = &FlowFacts> {
        let CheckedTarget { port, sources, .. } = &self.target;
        let wanted = move |flow: &&FlowFacts| {
            flow.port.is_none_or(|known| known == *port)
                && (sources.is_empty() || sources.contains(&flow.source))
        };
        self.flows_of_group().filter(wanted)
    }

    /// The frames whose header the kernel accepts. For IPv4 it drops frames from an address of this
    /// host: a second interface in the same network receives the host's own datagrams.
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

    /// The number of frames that were not delivered, by source. It is a minimum, because a frame
    /// may hold several datagrams (UDP_SEGMENT). Fragments do not count.
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

    /// The kind of an invalid source, for which IP drops frames before a firewall sees them
    /// (net/ipv4/route.c, ip_mc_validate_source; net/ipv6/ip6_input.c, ip6_rcv_core).
    pub fn martian(&self, flow: &FlowFacts) -> Option<Martian> {
        if self.is_loopback(&flow.iface) {
            return None;
        }
        match flow.source {
            source if source.is_multicast() => Some(Martian::Group),
            source if source.is_loopback() => Some(Martian::Loopback),
            IpAddr::V4(Ipv4Addr::BROADCAST) => Some(Martian::Broadcast),
            // A host without an address may send membership reports, and use link-local groups.
            IpAddr::V4(source) if source.octets()[0] == 0 => {
                Some(Martian::Unspecified).filter(|_| !is_control_block(self.target.group))
            }
            // Without a reverse-path filter the kernel does not look up sources.
            IpAddr::V4(source) => {
                let looks_up = self.link(&flow.iface).is_none_or(|link| link.rp_filter != Some(0));
                (looks_up && self.has_broadcast(source)).then_some(Martian::Broadcast)
            }
            // Linux accepts the unspecified address and IPv4-mapped addresses.
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

    /// The frames of the group on the expected interface, with any port and source.
    pub fn flows_of_group(&self) -> impl Iterator<Item = &FlowFacts> {
        // A tagged frame appears on the lower interface, and again on the interface of its VLAN if
        // there is one.
        let ours = |flow: &&FlowFacts| {
            !flow.others && flow.vlan.is_none() && self.is_expected(&flow.iface)
        };
        self.frames.iter().flat_map(|frames| &frames.flows).filter(ours)
    }

    /// The number of the target's frames; `None` without capture.
    pub fn frames_here(&self) -> Option<u64> {
        self.frames.as_ref().map(|_| self.flows_here().map(|flow| flow.frames).sum())
    }
}
