//! The state of this host at one moment: facts that need no listening.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::FirewallFacts;
use super::facts::WindowsFirewallFacts;
use super::facts::{Facts, LinkFacts, SystemLimits};
use super::firewall::{Carries, Flow, Ruleset, Way};
use super::windows_firewall::{Inbound, Program, judge};
use crate::host;
use crate::host::{Counters, Groups, LinkCounters, PortUser};
use crate::iface::{Family, Interface};

/// The state before listening, to compare with the state after it.
pub struct HostSnapshot {
    /// The counters of UDP and IP, with the names of macOS and FreeBSD.
    system: Option<BTreeMap<String, u64>>,
    /// The kernel's counters.
    pub counters: Option<Counters>,
    /// The counters of the interfaces by name, if the system shows them apart from the others.
    pub links: BTreeMap<String, LinkCounters>,
    /// The sockets on the port.
    pub port_users: Option<Vec<PortUser>>,
}

impl HostSnapshot {
    /// Reads the state.
    pub fn take(port: u16, family: Family) -> Self {
        HostSnapshot {
            system: host::system_counters(),
            counters: host::counters(),
            links: host::link_counters(),
            port_users: host::users_of(port, family),
        }
    }

    /// Writes the changes since then into `facts`.
    pub fn compare(&self, facts: &mut Facts) {
        let now = HostSnapshot::take(facts.target.port, facts.family());
        compare_counters(self.counters.as_ref(), now.counters.as_ref(), facts);
        for link in &mut facts.interfaces {
            if let (Some(before), Some(now)) =
                (self.links.get(&link.name), now.links.get(&link.name))
            {
                link.counters = now.since(before);
            }
        }
        let system = self.system.as_ref().zip(now.system.as_ref());
        facts.system_counters = system.map(|(before, now)| host::increase(before, now));
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

/// The facts about the interfaces that matter for this group. `before`: the memberships before the
/// check.
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
        // Linux shows only a forced version of MLD (see host::mld_version).
        forced_version: if family == Family::V4 {
            host::forced_igmp_version(&iface.name)
        } else {
            host::forced_mld_version(&iface.name)
        },
        rp_filter: host::rp_filter(&iface.name),
        joined: false,
        members_before: before.of(iface.index).and_then(|groups| {
            let joined = groups.iter().find(|joined| joined.group == group);
            joined.map_or(Some(0), |joined| joined.users)
        }),
        counters: None,
        link: iface.link.clone(),
    };
    interfaces.iter().map(link).collect()
}

/// The interface of the kernel's route to a group.
pub fn route(group: IpAddr, interfaces: &[Interface]) -> Option<String> {
    let route = host::route_to(group, interfaces)?;
    interfaces.iter().find(|iface| iface.index == route.index).map(|iface| iface.name.clone())
}

/// The system's limits for a group of this family.
pub fn limits(family: Family) -> SystemLimits {
    let (groups, sources) = host::membership_limits(family);
    SystemLimits { groups, sources, rcvbuf: host::most_rcvbuf() }
}

/// Finds out whether the kernel lists the group for the expected interface.
pub fn look_for_membership(facts: &mut Facts, groups: &host::Groups) {
    let Some(link) = facts.expected() else { return };
    let seen = groups
        .of(link.index)
        .map(|groups| groups.iter().any(|joined| joined.group == facts.target.group));
    facts.membership.seen = seen.filter(|_| facts.membership.error.is_none());
}

/// Judges the rules of Windows Firewall for this program.
fn look_at_windows_firewall(facts: &mut Facts) {
    let policy = match host::windows_firewall() {
        Ok(policy) => policy,
        Err(error) => {
            facts.firewall.unread = Some(error.to_string());
            return;
        }
    };
    let path = std::env::current_exe().unwrap_or_default();
    let program = Program::new(&path.display().to_string(), variables());
    let inbound = Inbound {
        program,
        port: facts.target.port,
        group: facts.target.group,
        source: if let [one] = facts.target.sources[..] { Some(one) } else { None },
    };
    facts.firewall.windows = Some(WindowsFirewallFacts {
        program: inbound.program.path().to_owned(),
        rules: policy.rules.len(),
        profiles: judge(&policy, &inbound),
    });
}

/// The environment variables that are text.
fn variables() -> impl Iterator<Item = (String, String)> {
    std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
}

/// Reads the bridges of this host and the firewall's rules that concern the target.
pub fn look_at_firewall(facts: &mut Facts) {
    if facts.system == "windows" {
        return look_at_windows_firewall(facts);
    }
    facts.bridges = host::bridges();
    facts.bridge_netfilter = host::bridge_netfilter(facts.family());
    facts.firewall.legacy = host::has_legacy_rules();
    facts.firewall.present = host::packet_filters();
    facts.firewall.pf_enabled = host::pf_enabled();
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
    let mut found = FirewallFacts { read: true, ..facts.firewall.clone() };
    for bridge in facts.bridges.iter().flatten() {
        let data = rules.drops(&data_flow(facts, &bridge.name), Way::Bridged);
        let [queries, _, reports] = membership_flows(facts, &bridge.name)
            .map(|messages| rules.drops(&messages, Way::Bridged));
        for (found, drops) in
            [(&mut found.bridged, data), (&mut found.bridged_messages, [queries, reports].concat())]
        {
            if !drops.is_empty() {
                found.insert(bridge.name.clone(), drops);
            }
        }
    }
    if let Some(iface) = facts.judged() {
        found.inbound = rules.drops(&data_flow(facts, iface), Way::In);
        let [general, of_group, report] = membership_flows(facts, iface);
        found.queries = rules.drops(&general, Way::In);
        found.group_queries = rules.drops(&of_group, Way::In);
        found.reports = rules.drops(&report, Way::Out);
    }
    facts.firewall = found;
}

/// The datagrams of the target on an interface. Rules may match the source: of several sources,
/// this is the one that lost most.
fn data_flow(facts: &Facts, iface: &str) -> Flow {
    let source = facts.losses_here().max_by_key(|(_, lost)| *lost).map(|(source, _)| source);
    let wanted = if let [one] = facts.target.sources[..] { Some(one) } else { None };
    Flow {
        iface: iface.to_owned(),
        ports: facts.ports_of(iface),
        source: source.or(wanted),
        wanted,
        group: facts.target.group,
        carries: Carries::Udp {
            port: facts.target.port,
            fragments: facts.flows_here().any(|flow| flow.fragments),
        },
    }
}

/// The messages of IGMP or MLD that keep the membership of the target on an interface: queries to
/// all hosts, queries to the group, and this host's reports.
fn membership_flows(facts: &Facts, iface: &str) -> [Flow; 3] {
    let querier = facts
        .frames
        .iter()
        .flat_map(|frames| &frames.queries)
        .find(|queries| queries.iface == iface)
        .map(|queries| queries.querier);
    let link = facts.link(iface);
    let own = link.iter().flat_map(|link| &link.addresses).map(|address| address.ip);
    let own = own.into_iter().find(|own| match own {
        IpAddr::V4(_) => facts.is_ipv4(),
        // RFC 3810, 5.2.13.
        IpAddr::V6(own) => !facts.is_ipv4() && own.is_unicast_link_local(),
    });
    let group = facts.target.group;
    let version = link.and_then(|link| link.version).unwrap_or(if facts.is_ipv4() { 3 } else { 2 });
    let (all_hosts, all_routers): (IpAddr, IpAddr) = match facts.is_ipv4() {
        true => (Ipv4Addr::new(224, 0, 0, 1).into(), Ipv4Addr::new(224, 0, 0, 22).into()),
        false => (
            Ipv6Addr::new(0xff02, 0, 0, 0, 0, 0, 0, 1).into(),
            Ipv6Addr::new(0xff02, 0, 0, 0, 0, 0, 0, 0x16).into(),
        ),
    };
    // The newest version reports to the routers, older ones to the group itself.
    let is_newest = version >= if facts.is_ipv4() { 3 } else { 2 };
    let reports_to = if is_newest { all_routers } else { group };
    let flow = |source, to, carries| Flow {
        iface: iface.to_owned(),
        ports: facts.ports_of(iface),
        source,
        wanted: None,
        group: to,
        carries,
    };
    [
        flow(querier, all_hosts, Carries::Query),
        flow(querier, group, Carries::Query),
        flow(own, reports_to, Carries::Report(version)),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnosis::facts::{CheckedTarget, FrameFacts, Queries};
    use crate::iface::Address;

    /// The destination and the kind of each message, for a group on an interface with this version.
    fn messages(group: &str, version: Option<u8>) -> Vec<(String, Carries)> {
        let target = CheckedTarget { group: group.parse().unwrap(), ..CheckedTarget::default() };
        let link = LinkFacts { name: "e0".to_owned(), version, ..LinkFacts::default() };
        let facts = Facts { target, interfaces: vec![link], ..Facts::default() };
        let flows = membership_flows(&facts, "e0");
        flows.map(|flow| (flow.group.to_string(), flow.carries)).to_vec()
    }

    #[test]
    fn the_version_sets_the_destination_of_reports() {
        for (group, version, to, number) in [
            ("239.1.1.1", Some(3), "224.0.0.22", 3),
            ("239.1.1.1", None, "224.0.0.22", 3),
            ("239.1.1.1", Some(2), "239.1.1.1", 2),
            ("239.1.1.1", Some(1), "239.1.1.1", 1),
            ("ff15::1", Some(2), "ff02::16", 2),
            ("ff15::1", None, "ff02::16", 2),
            ("ff15::1", Some(1), "ff15::1", 1),
        ] {
            let all = if group.contains(':') { "ff02::1" } else { "224.0.0.1" };
            assert_eq!(
                messages(group, version),
                [
                    (all.to_owned(), Carries::Query),
                    (group.to_owned(), Carries::Query),
                    (to.to_owned(), Carries::Report(number))
                ],
                "{group} {version:?}"
            );
        }
    }

    #[test]
    fn messages_have_the_addresses_of_the_querier_and_this_host() {
        let addresses = ["10.0.0.101", "fd00::101", "fe80::101"]
            .map(|ip| Address { ip: ip.parse().unwrap(), prefix: Some(64) });
        let link = LinkFacts {
            name: "e0".to_owned(),
            addresses: addresses.to_vec(),
            ..LinkFacts::default()
        };
        let queries = |iface: &str, querier: &str| Queries {
            iface: iface.to_owned(),
            querier: querier.parse().unwrap(),
            version: 3,
            interval: None,
            count: 1,
        };
        for (group, querier, own) in
            [("239.1.1.1", "10.0.0.1", "10.0.0.101"), ("ff15::1", "fe80::1", "fe80::101")]
        {
            let target =
                CheckedTarget { group: group.parse().unwrap(), ..CheckedTarget::default() };
            let queries = vec![queries("e1", "10.9.9.9"), queries("e0", querier)];
            let frames = Some(FrameFacts { queries, ..FrameFacts::default() });
            let facts =
                Facts { target, frames, interfaces: vec![link.clone()], ..Facts::default() };
            let sources = membership_flows(&facts, "e0").map(|flow| flow.source);
            let expected = [querier, querier, own].map(|address| Some(address.parse().unwrap()));
            assert_eq!(sources, expected, "{group}");
        }
    }
}
