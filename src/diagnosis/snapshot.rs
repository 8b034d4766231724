//! What this host is like at one moment: what needs no listening.

use std::net::IpAddr;

use super::facts::{Facts, Link, SystemLimits};
use crate::host::{Counters, Groups, PortUser};
use crate::iface::Interface;
use crate::{host, plan};

/// What is compared with what is seen later.
pub struct Snapshot {
    /// The kernel's counters.
    pub counters: Option<Counters>,
    /// The sockets on the port.
    pub port_users: Option<Vec<PortUser>>,
}

impl Snapshot {
    /// Of this moment.
    pub fn take(port: u16, ipv4: bool) -> Self {
        Snapshot { counters: host::counters(), port_users: host::users_of(port, ipv4) }
    }

    /// Writes into `facts` what happened since.
    pub fn compare(&self, facts: &mut Facts) {
        let now = Snapshot::take(facts.target.port, facts.is_ipv4());
        compare_counters(self.counters.as_ref(), now.counters.as_ref(), facts);
        let before = |inode: u64| {
            self.port_users
                .iter()
                .flatten()
                .find(|user| user.inode == inode)
                .map_or(0, |user| user.drops)
        };
        let since = |user: PortUser| PortUser {
            drops: user.drops.saturating_sub(before(user.inode)),
            ..user
        };
        facts.other_sockets = host::others_than(facts.target.port, facts.target.group);
        facts.port_users = now.port_users.map(|users| users.into_iter().map(since).collect());
    }
}

/// Writes into `facts` by how much the kernel's counters rose.
pub fn compare_counters(before: Option<&Counters>, after: Option<&Counters>, facts: &mut Facts) {
    if let (Some(before), Some(after)) = (before, after) {
        facts.counters = Some(after.since(before));
        facts
            .interfaces
            .iter_mut()
            .for_each(|link| link.counters = after.of_link(before, &link.name));
    }
}

/// The interfaces, as far as they concern a group of this family. `before` are the groups that this
/// host had joined before the check.
pub fn links(interfaces: &[Interface], group: IpAddr, before: &Groups) -> Vec<Link> {
    let mtus = host::mtus();
    let ipv4 = group.is_ipv4();
    let link = |iface: &Interface| Link {
        name: iface.name.clone(),
        index: iface.index,
        up: iface.up,
        carrier: iface.carrier(),
        multicast: iface.multicast,
        loopback: iface.loopback,
        addresses: iface.addresses.clone(),
        ipv6_disabled: host::ipv6_disabled(&iface.name),
        mtu: mtus.get(&iface.index).copied(),
        version: if ipv4 {
            before.igmp_version(iface.index)
        } else {
            host::mld_version(&iface.name)
        },
        // Linux shows no version of MLD but a forced one (see host::mld_version).
        forced_version: if ipv4 {
            host::forced_igmp_version(&iface.name)
        } else {
            host::mld_version(&iface.name).filter(|version| *version < 2)
        },
        rp_filter: host::rp_filter(&iface.name),
        joined: false,
        members_before: before.of(iface.index).map(|groups| {
            groups.iter().find(|joined| joined.group == group).map_or(0, |joined| joined.users)
        }),
        counters: None,
    };
    interfaces.iter().map(link).collect()
}

/// The interface of the kernel's route to a group.
pub fn route(group: IpAddr, interfaces: &[Interface]) -> Option<String> {
    let route = host::route_to(group, interfaces)?;
    interfaces.iter().find(|iface| iface.index == route.index).map(|iface| iface.name.clone())
}

/// What the system allows a group of this family.
pub fn limits(ipv4: bool) -> SystemLimits {
    let (groups, sources) = host::membership_limits(ipv4);
    SystemLimits { groups, sources, rcvbuf: host::most_rcvbuf() }
}

/// What is known before anything is joined.
pub fn facts(plan: &plan::Check, interfaces: &[Interface], before: &Groups) -> Facts {
    let target = &plan.target;
    let iface = plan.expected.as_ref().map(|via| via.name.clone());
    Facts {
        system: std::env::consts::OS.to_owned(),
        target: super::Asked {
            group: target.group,
            port: target.port,
            sources: target.source.into_iter().collect(),
        },
        iface,
        named: plan.named,
        rights: super::Rights { capture: host::may_capture(), firewall: host::may_see_firewall() },
        interfaces: links(interfaces, target.group, before),
        route: route(target.group, interfaces),
        limits: limits(target.group.is_ipv4()),
        waited: plan.beside.is_some(),
        ..Facts::default()
    }
}
