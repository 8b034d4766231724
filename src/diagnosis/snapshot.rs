//! What this host is like at one moment: what needs no listening.

use std::net::IpAddr;

use super::facts::{Facts, LinkFacts, SystemLimits};
use super::firewall::{Ruleset, Way};
use super::{FirewallFacts, firewall};
use crate::host;
use crate::host::{Counters, Groups, PortUser};
use crate::iface::{Family, Interface};

/// What is compared with what is seen later.
pub struct HostSnapshot {
    /// The kernel's counters.
    pub counters: Option<Counters>,
    /// The sockets on the port.
    pub port_users: Option<Vec<PortUser>>,
}

impl HostSnapshot {
    /// Of this moment.
    pub fn take(port: u16, family: Family) -> Self {
        HostSnapshot { counters: host::counters(), port_users: host::users_of(port, family) }
    }

    /// Writes into `facts` what happened since.
    pub fn compare(&self, facts: &mut Facts) {
        let now = HostSnapshot::take(facts.target.port, facts.family());
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
pub fn links(interfaces: &[Interface], group: IpAddr, before: &Groups) -> Vec<LinkFacts> {
    let mtus = host::mtus();
    let family = Family::of(group);
    let link = |iface: &Interface| LinkFacts {
        name: iface.name.clone(),
        index: iface.index,
        up: iface.up,
        carrier: iface.carrier(),
        multicast: iface.multicast,
        loopback: iface.loopback,
        addresses: iface.addresses.clone(),
        ipv6_disabled: host::ipv6_disabled(&iface.name),
        mtu: mtus.get(&iface.index).copied(),
        version: if family == Family::V4 {
            before.igmp_version(iface.index)
        } else {
            host::mld_version(&iface.name)
        },
        // Linux shows no version of MLD but a forced one (see host::mld_version).
        forced_version: if family == Family::V4 {
            host::forced_igmp_version(&iface.name)
        } else {
            host::forced_mld_version(&iface.name)
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
pub fn limits(family: Family) -> SystemLimits {
    let (groups, sources) = host::membership_limits(family);
    SystemLimits { groups, sources, rcvbuf: host::most_rcvbuf() }
}

/// Looks whether the group is among those that the kernel lists for the expected interface.
pub fn look_for_membership(facts: &mut Facts, groups: &host::Groups) {
    let Some(link) = facts.expected() else { return };
    let seen = groups
        .of(link.index)
        .map(|groups| groups.iter().any(|joined| joined.group == facts.target.group));
    facts.membership.seen = seen.filter(|_| facts.membership.error.is_none());
}

/// Looks at the bridges of this host, and at the rules of its firewall that concern the target.
pub fn look_at_firewall(facts: &mut Facts) {
    facts.bridges = host::bridges();
    facts.bridge_netfilter = host::bridge_netfilter(facts.family());
    facts.firewall.legacy = host::has_legacy_rules();
    let rules =
        host::ruleset().map_err(|unread| unread.to_string()).and_then(|json| Ruleset::parse(&json));
    let rules = match (rules, host::ruleset_listing()) {
        (Ok(rules), Ok(text)) => rules.with_listing(&text),
        (Ok(rules), Err(_)) => rules,
        (Err(why), _) => {
            facts.firewall.unread = Some(why);
            return;
        }
    };
    // Rules may mind the source; of several the first is as good as any.
    let source = facts.flows_here().map(|flow| flow.source).next();
    let wanted = if let [one] = facts.target.sources[..] { Some(one) } else { None };
    let flow = |iface: &str| firewall::Flow {
        iface: iface.to_owned(),
        source: source.or(wanted),
        wanted,
        group: facts.target.group,
        port: facts.target.port,
        fragments: facts.flows_here().any(|flow| flow.fragments),
    };
    let inbound =
        facts.judged().map(|iface| rules.drops(&flow(iface), Way::In)).unwrap_or_default();
    let bridges = facts
        .bridges
        .iter()
        .flatten()
        .map(|bridge| (bridge.name.clone(), rules.drops(&flow(&bridge.name), Way::Bridged)));
    let bridged = bridges.filter(|(_, drops)| !drops.is_empty()).collect();
    facts.firewall =
        FirewallFacts { read: true, inbound, bridged, ..std::mem::take(&mut facts.firewall) };
}
